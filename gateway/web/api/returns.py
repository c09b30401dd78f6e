"""Returns: made by hand, found by any number, followed, completed with an address, cancelled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.journeys import answering, applying, asking, handing_in, planning, timeline
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.waiting import deadline_told
from gateway.web.asked import AskedReturn, SuppliedAddress
from gateway.web.asked_applying import SaidWhy
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import MomentTold, Page, ReturnSummary, TimelineTold
from gateway.web.told_return import ReturnTold
from schemas.errors import Conflict, NotFound
from schemas.returns import DecisionKind, ReturnAuthorization, ReturnItem, ReturnStatus
from schemas.values import FORBIDDEN_TEXT


async def find_return(tx: Desk, said: str) -> Record:
    """By our id, or by the exporter's own as `ext:…`. Raises NotFound."""
    if said.startswith("ext:"):
        row = None if FORBIDDEN_TEXT.search(said) else await tx.returns.by_external(said[4:204])
    else:
        row = await tx.returns.find(said) if said.startswith("ret_") and said.isascii() and said.isprintable() else None
    if row is None:
        raise NotFound("no such return")
    return row


def summary(row: Record, limit: Record | None, now: datetime) -> ReturnSummary:
    return ReturnSummary(
        id=row.id,
        external_id=row.external_id,
        rma_id=row.rma_id,
        rma_number=row.authorization.rma_number,
        order_number=row.authorization.order_number or row.authorization.order_id,
        status=row.status,
        review=row.review,
        created_at=row.created_at,
        updated_at=row.updated_at,
        next_deadline=deadline_told(limit, now) if limit else None,
    )


async def _summaries(tx: Desk, rows: Sequence[Record]) -> tuple[ReturnSummary, ...]:
    running = await tx.deadlines.running_of([row.id for row in rows])
    first = {limit.return_id: limit for limit in reversed(running)}
    return tuple(summary(row, first.get(row.id), tx.now) for row in rows)


async def told(tx: Desk, row: Record) -> ReturnTold:
    case = await timeline.case_of(tx, row)
    return ReturnTold.model_validate({**case, "authorization": row.authorization})


async def list_returns(call: Call) -> Answer:
    query, limit = call.query, limit_of(call.query.get("limit"))
    if "q" in query:
        belongs_to = f"search:{call.caller.exporter_id}:{query['q']}:{query.get('status')}"
        after = open_cursor(call.gw, belongs_to, query.get("cursor"))
        found = await call.tx.returns.search(
            query["q"], limit + 1, status=query.get("status"), before=after[1] if after else None
        )
        page, more = cut(call.gw, belongs_to, found, limit, lambda row: row.created_at)
        return Answer(Page[ReturnSummary](data=await _summaries(call.tx, page), next=more))
    belongs_to = f"returns:{call.caller.exporter_id}:{query.get('status')}"
    after = open_cursor(call.gw, belongs_to, query.get("cursor"))
    rows = await call.tx.lists.returns(query.get("status"), after, limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[ReturnSummary](data=await _summaries(call.tx, page), next=more))


async def get_return(call: Call) -> Answer:
    return Answer(await told(call.tx, await find_return(call.tx, call.path["id"])))


async def get_timeline(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    moments = await timeline.moments(call.tx, row.id)
    shown = tuple(MomentTold(at=one.at, source=one.source, kind=one.kind, data=one.data) for one in moments)
    return Answer(TimelineTold(return_id=row.id, moments=shown))


async def check_numbers(tx: Desk, asked: AskedReturn, shop: Record | None = None) -> tuple[Record, str]:
    """The exporter's own source, or the shop that is told of the return, and the return's number there. Raises Conflict
    where one of its numbers is taken."""
    source = shop or await tx.sources.of_platform("manual")
    if source is None:
        raise Conflict("this exporter takes no returns by hand", state="no_manual_source")
    rma_id = asked.rma_id or tx.new_id("rma")
    if shop is not None:
        rma_id = handing_in.reference(shop, rma_id)
    taken = await tx.returns.by_rma(source.id, rma_id)
    if taken is None and asked.external_id:
        taken = await tx.returns.by_external(asked.external_id)
    if taken is not None:
        raise Conflict(f"known already as {taken.id}", state=taken.status)
    return source, rma_id


async def open_by_hand(tx: Desk, asked: AskedReturn) -> Record:
    """A return through the exporter's own hands. Raises Conflict where one of its numbers is taken."""
    source, rma_id = await check_numbers(tx, asked)
    authorization = authorization_of(asked, rma_id)
    return await tx.returns.get(await planning.open_return(tx, source, authorization, external_id=asked.external_id))


def authorization_of(asked: AskedReturn, rma_id: str) -> ReturnAuthorization:
    """The return itself; what an application says beside it stays with the application."""
    said: dict[str, Any] = {name: getattr(asked, name) for name in AskedReturn.model_fields}
    del said["external_id"]
    said["items"] = tuple(ReturnItem.model_validate(dict(item)) for item in asked.items)
    return ReturnAuthorization.model_validate({**said, "rma_id": rma_id, "status": ReturnStatus.APPROVED})


async def create_return(call: Call) -> Answer:
    row = await open_by_hand(call.tx, call.asked(AskedReturn))
    return Answer(await told(call.tx, row), {"Location": f"/v1/returns/{row.id}"})


async def supply_address(call: Call) -> Answer:
    """Give a missing address; what waited for it is planned."""
    known = await find_return(call.tx, call.path["id"])
    await asking.supply_address(call.tx, known, call.asked(SuppliedAddress).returner)
    return Answer(await told(call.tx, await call.tx.returns.get(known.id)))


async def approve_return(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    await answering.answer(call.tx, row.id, DecisionKind.APPROVED)
    return Answer(await told(call.tx, await call.tx.returns.get(row.id)))


async def decline_return(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    await answering.answer(call.tx, row.id, DecisionKind.DECLINED, call.asked(SaidWhy).reason)
    return Answer(await told(call.tx, await call.tx.returns.get(row.id)))


async def cancel_return(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    await applying.cancel(call.tx, row.id)
    return Answer(await told(call.tx, await call.tx.returns.get(row.id)))
