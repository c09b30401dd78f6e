"""The customs case of a return: its facts, the reliefs that come into question, and the one that a person confirms."""

from datetime import datetime

from gateway.journeys import customs
from gateway.rules.calendars import end_of, zone_of
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.applying import papers_of
from gateway.web.api.returns import find_return
from gateway.web.api.waiting import deadline_told
from gateway.web.asked_customs import AskedCustoms, SaidRelief
from gateway.web.endpoint import Answer, Call
from gateway.web.told_customs import CandidateTold, CustomsTold
from schemas.acceptance import Clock
from schemas.customs_case import Candidate, CustomsCase, CustomsFacts
from schemas.errors import Conflict


def _candidate(one: Candidate, now: datetime) -> CandidateTold:
    due_by = end_of(one.last_day, zone_of(one.zone)) if one.last_day else None
    return CandidateTold(
        regime=one.regime,
        verdict=one.verdict,
        grounds=one.grounds,
        papers=one.papers,
        needs=one.needs,
        relief=one.relief,
        source=one.source,
        source_on=one.source_on,
        confidence=one.confidence,
        last_day=one.last_day,
        due_at=due_by,
        zone=one.zone,
        seconds_left=max(0, int((due_by - now).total_seconds())) if due_by else None,
    )


async def told(tx: Desk, row: Record) -> CustomsTold:
    case: CustomsCase = row.customs or CustomsCase()
    because: str | None = None
    candidates: tuple[CandidateTold, ...] = ()
    try:
        candidates = tuple(_candidate(one, tx.now) for one in await customs.weigh(tx, row))
    except Conflict as error:
        because = str(error)
    clock = await tx.deadlines.of_clock(Clock.CUSTOMS, row.id)
    waybills = [row.authorization.outbound_waybill, *(one.waybill for one in await tx.shipments.of_return(row.id))]
    return CustomsTold(
        return_id=row.id,
        home=await customs.home_of(tx, row),
        because=because,
        facts=case.facts,
        papers=await customs.papers_of(tx, row),
        waybills=tuple(one for one in waybills if one),
        candidates=candidates,
        regime=case.regime,
        confirmed_at=case.confirmed_at,
        confirmed_by=case.confirmed_by,
        deadline=deadline_told(clock, tx.now) if clock else None,
    )


async def get_customs(call: Call) -> Answer:
    return Answer(await told(call.tx, await find_return(call.tx, call.path["id"])))


async def describe_customs(call: Call) -> Answer:
    """Say the facts; a relief that was confirmed for other facts is not confirmed any more."""
    row, asked = await find_return(call.tx, call.path["id"]), call.asked(AskedCustoms)
    facts = CustomsFacts.model_validate(dict(asked.facts))
    await customs.describe(call.tx, row.id, facts, await papers_of(call.tx, asked.papers))
    return Answer(await told(call.tx, await call.tx.returns.get(row.id)))


async def confirm_customs(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    await customs.confirm(call.tx, row.id, call.asked(SaidRelief).regime)
    return Answer(await told(call.tx, await call.tx.returns.get(row.id)))
