"""The customs case of a return: facts are said, reliefs weighed, and a person confirms one; its period then runs as a clock.

It stands in the return's own row. Whoever opens a case has nothing booked before a relief is confirmed and every fact that it
needs is there. A new fact takes a confirmation back, because it was given to other facts.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from gateway.journeys import applying, clocks, planning
from gateway.journeys.clocks import Subject
from gateway.journeys.notices import announce
from gateway.journeys.requests import Missing
from gateway.rules import customs, deadlines
from gateway.rules.limits import usual_hours
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, WorkingHours
from schemas.customs_case import Candidate, CustomsCase, CustomsFacts, CustomsVerdict
from schemas.errors import Conflict, NotFound
from schemas.messages import NoticeKind
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.terms import Paper

UNKNOWN_HOME = "nobody knows yet where the goods go home to: no designated channel takes them"


async def home_of(tx: Desk, row: Record) -> str | None:
    """The country that the goods go home to: the planned shipment's consignee, else the channel's that would be chosen."""
    planned = [one for one in await tx.shipments.of_return(row.id) if one.state != ShipmentState.CANCELLED]
    if planned:
        return str(planned[-1].request.consignee.address.country)
    channel = await _chosen(tx, row)
    return str(channel.consignee.address.country) if channel else None


async def _chosen(tx: Desk, row: Record) -> Record | None:
    """The channel that would be chosen."""
    returner = row.authorization.returner
    try:
        channel, _ = await planning.channel_for(
            tx, await tx.sources.get(row.source_id), returner.address.country if returner else ""
        )
    except Missing:
        return None
    return channel


async def _hours(tx: Desk, row: Record) -> WorkingHours:
    """When somebody reads a warning: as it was said of the channel, else the usual hours of the exporter's country."""
    planned = [one for one in await tx.shipments.of_return(row.id) if one.state != ShipmentState.CANCELLED]
    channel = await tx.channels.get(planned[-1].channel_id) if planned else await _chosen(tx, row)
    said: WorkingHours | None = channel.limits.working_hours if channel else None
    return said or usual_hours((await tx.exporters.get(tx.exporter_id)).zone)


async def papers_of(tx: Desk, row: Record) -> tuple[Paper, ...]:
    """What was handed in with the application, agreed with the terms, and given to the case itself."""
    application = await tx.applications.of_return(row.id)
    found: list[Paper] = list(row.customs.papers) if row.customs else []
    if application is not None:
        found += application.said.papers
        found += (await tx.terms.get(application.terms_id)).terms.signed if application.terms_id else ()
    return tuple({paper.document_id: paper for paper in found}.values())


async def weigh(tx: Desk, row: Record) -> tuple[Candidate, ...]:
    """Every relief that comes into question, as of now. Raises Conflict where the country is not known."""
    home = await home_of(tx, row)
    if home is None:
        raise Conflict(UNKNOWN_HOME, state="no_channel")
    facts = row.customs.facts if row.customs else CustomsFacts()
    kinds = {paper.kind for paper in await papers_of(tx, row)}
    reliefs = [one for one in customs.RELIEFS if home in one.countries]
    zone = reliefs[0].zone if reliefs else "UTC"
    return customs.candidates(facts, home=home, today=tx.now.astimezone(ZoneInfo(zone)).date(), papers=kinds)


async def describe(tx: Desk, return_id: str, facts: CustomsFacts, papers: Sequence[Paper]) -> None:
    """Say the facts, all of them: the case is what is said last. The papers are added to those that are there."""
    row = await tx.returns.get(return_id, lock=True)
    for paper in papers:
        await applying.check_paper(tx, paper)
    known = row.customs or CustomsCase()
    all_papers = tuple({paper.document_id: paper for paper in (*known.papers, *papers)}.values())
    only_home = facts == known.facts.model_copy(update={"reimported_on": facts.reimported_on})
    case = CustomsCase(facts=facts, papers=all_papers)
    if only_home:
        case = known.model_copy(update={"facts": facts, "papers": all_papers})
    await tx.returns.set(return_id, customs=case, updated_at=tx.now)
    await applying.file_papers(tx, return_id, papers)
    tx.note(
        "customs.described",
        return_id,
        chain=return_id,
        before={"regime": known.regime},
        after={"regime": case.regime, "facts": facts.model_dump(mode="json", exclude_none=True)},
    )
    if known.regime and not case.regime:
        await clocks.cancel_clock(tx, Clock.CUSTOMS, return_id)
    if case.regime and facts.reimported_on:
        await _came_home(tx, return_id, case.regime, facts.reimported_on)


async def _came_home(tx: Desk, return_id: str, regime: str, day: date) -> None:
    """The period is met with the beginning of that day; the later scan at the warehouse may be heard first."""
    at = datetime.combine(day, time(0), ZoneInfo(customs.BY_ID[regime].zone))
    await clocks.met(tx, Clock.CUSTOMS, return_id, at, corrects=True)


async def confirm(tx: Desk, return_id: str, regime: str) -> None:
    """A person says that this relief is to be used. Raises Conflict unless it is possible by what was said."""
    row = await tx.returns.get(return_id, lock=True)
    if row.customs is None:
        raise Conflict("nothing was said of the export yet", state="no_case")
    candidate = next((one for one in await weigh(tx, row) if one.regime == regime), None)
    if candidate is None:
        raise NotFound("no such relief for this return")
    if candidate.verdict is not CustomsVerdict.POSSIBLE:
        raise Conflict("something speaks against it, or is not known", state=candidate.verdict)
    case = row.customs.model_copy(update={"regime": regime, "confirmed_at": tx.now, "confirmed_by": tx.actor})
    await tx.returns.set(return_id, customs=case, updated_at=tx.now)
    last = candidate.last_day.isoformat() if candidate.last_day else None
    said = {"regime": regime, "source": candidate.source, "last_day": last}
    tx.note("customs.confirmed", return_id, chain=return_id, before={"regime": row.customs.regime}, after=said)
    await announce(
        tx, NoticeKind.CUSTOMS_CONFIRMED, said, cause=f"customs:{return_id}:{tx.now.isoformat()}", return_id=return_id
    )
    await _start(tx, row, regime, case.facts)
    if row.status == ReturnStatus.APPROVED:
        await tx.returns.set(return_id, review=None)
        await planning.plan(tx, await tx.sources.get(row.source_id), await tx.returns.get(return_id))


async def _start(tx: Desk, row: Record, regime: str, facts: CustomsFacts) -> None:
    """The period, from the midnight that begins the day of export. A return already home has none to run."""
    relief = customs.BY_ID[regime]
    policy, day = customs.policy_of(relief), relief.starts(facts)
    if policy is None or day is None or facts.reimported_on is not None:
        return
    start = datetime.combine(day, time(0), ZoneInfo(relief.zone))
    terms = deadlines.start(policy, start, relief.zone, working_hours=await _hours(tx, row))
    await clocks.begin(tx, terms, Subject(row.id, row.id))
