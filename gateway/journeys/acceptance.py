"""Acceptance: limits judged by event time, and the exporter's act with its evidence.

At the end of a limit the carrier is asked once more; what expiry does by default is to ask a person. The acceptance itself
is append-only: a correction is a new version, and the evidence is kept by hash.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from adapters import registry
from adapters.seam import VoidsBookings
from gateway.core import Gateway, may_be_read
from gateway.crash import crash
from gateway.journeys import claims, clocks, following, tracking, verdicts
from gateway.journeys.notices import announce
from gateway.rules import deadlines, lifecycle
from gateway.rules.deadlines import LAST_STAGES
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.acceptance import (
    AcceptanceDecision,
    AcceptanceRecord,
    Clock,
    DeadlineState,
    ExpiryAction,
    Stage,
)
from schemas.errors import Conflict, Throttled
from schemas.messages import NoticeKind
from schemas.returns import DecidedLine, Decision, DecisionKind, ReturnStatus
from schemas.tracking import TrackingReport
from schemas.values import tidy

log = structlog.get_logger(__name__)
STATUS_OF = {
    AcceptanceDecision.ACCEPT: ReturnStatus.ACCEPTED,
    AcceptanceDecision.ACCEPT_WITH_RESERVATION: ReturnStatus.ACCEPTED,
    AcceptanceDecision.PART: ReturnStatus.ACCEPTED,
    AcceptanceDecision.REJECT: ReturnStatus.REJECTED,
    AcceptanceDecision.DISPOSE: ReturnStatus.REJECTED,
}
DECIDES = {
    ExpiryAction.AUTO_ACCEPT: AcceptanceDecision.ACCEPT,
    ExpiryAction.DISPOSE: AcceptanceDecision.DISPOSE,
}
"""What of a policy's actions is a decision of ours to record. To send a parcel back is the carrier's or a person's to do."""
TOLD_AS = {
    AcceptanceDecision.ACCEPT: DecisionKind.ACCEPTED,
    AcceptanceDecision.ACCEPT_WITH_RESERVATION: DecisionKind.RESERVED,
    AcceptanceDecision.PART: DecisionKind.PART,
    AcceptanceDecision.REJECT: DecisionKind.REJECTED,
    AcceptanceDecision.DISPOSE: DecisionKind.REJECTED,
}

LOOKS, SOON, MOMENT = 20, timedelta(minutes=1), timedelta(seconds=5)
"""How often there may be no room in the lane for a last look, and how soon there has to be."""


async def judge_deadline(gw: Gateway, job: Job) -> None:
    """The time of a stage has come: at the end ask the carrier once more, then fire what is still true, each stage once."""
    async with gw.store.transaction(job.exporter_id) as tx:
        row = await tx.claim(job)
        if row is None:
            return
        due = deadlines.due_stages(row.terms, row.fired, tx.now)
        shipment = await tx.shipments.find(row.shipment_id) if row.shipment_id else None
        account = await tx.accounts.get(shipment.account_id) if shipment else None
    report: TrackingReport | None = None
    last = any(stage.name in LAST_STAGES for stage in due)
    if last and shipment and account and shipment.waybill and may_be_read(account):
        try:
            report = await tracking.look_now(gw, shipment, account)
        except Throttled as error:
            if await _put_off(gw, row, error):
                return
    async with gw.store.transaction(job.exporter_id) as tx:
        if report is not None and shipment is not None:
            await tracking.record(gw, tx, shipment.id, report.events, "poll")
        await _fire(tx, row, looked=report is not None)
    crash("deadline.after_fire")


async def _put_off(gw: Gateway, row: Record, error: Throttled) -> bool:
    """Whether there will be room for the last look soon enough: then the limit is judged after it. Where many end with the
    same day, a slow lane takes them one by one."""
    named = (error.retry_at - gw.clock()).total_seconds() if error.retry_at else error.retry_after or 0.0
    if row.tries > LOOKS or named > SOON.total_seconds():
        log.info("last_look.failed", shipment=row.shipment_id, error=type(error).__name__)
        return False
    async with gw.store.transaction(row.exporter_id) as tx:
        await tx.settle("judge", row, due_at=tx.now + max(timedelta(seconds=named), MOMENT), tries=row.tries)
    return True


async def _fire(tx: Desk, claimed: Record, *, looked: bool) -> None:
    theirs = await tx.returns.get(claimed.return_id, lock=True)  # before the limit, as whoever records an act does
    row = await tx.deadlines.get(claimed.id, lock=True)
    if row.state not in clocks.OPEN:
        await tx.settle("judge", claimed)
        return
    due = deadlines.due_stages(row.terms, row.fired, tx.now)
    for stage in due:
        await _fire_stage(tx, row, stage)
    fired = [*row.fired, *(stage.name for stage in due)]
    over = any(stage.name in LAST_STAGES for stage in due)
    await tx.deadlines.change(row, fired=fired, state=DeadlineState.EXPIRED if over else row.state)
    coming = deadlines.next_stage(row.terms, fired)
    if over and coming is None:
        await _lapsed(tx, row, theirs, looked=looked)
    await tx.settle("judge", claimed, due_at=coming.at if coming else None)


async def _lapsed(tx: Desk, row: Record, theirs: Record, *, looked: bool) -> None:
    """Grace is over as well. What expiry does beyond asking a person needs the exporter's written word, and, where there is a
    carrier to ask, its answer to the last look."""
    if row.clock == Clock.HAND_OVER and looked:
        await _not_handed_over(tx, row)
    decision = DECIDES.get(deadlines.expiry_action(row.terms))
    possible = row.clock == Clock.ACCEPTANCE and theirs.status in lifecycle.ALLOWED[lifecycle.Act.ACCEPT]
    if not possible or decision is None or (row.shipment_id and not looked):
        return
    record = AcceptanceRecord(
        decision=decision,
        decided_at=tx.now,
        decided_by="the exporter's policy",
        source=f"policy:{row.terms.policy.on_expiry}",
    )
    await accept(tx, row.return_id, record)


async def _not_handed_over(tx: Desk, row: Record) -> None:
    """The label was never scanned, and the carrier was asked once more. A booking that can be voided is, if the exporter
    opted in; one that cannot leaves its slot by itself. A scan that is known forbids both."""
    shipment = await tx.shipments.get(row.shipment_id, lock=True)
    holder = await tx.attempts.holder("booking", shipment.id)
    if holder is None or holder.state != "live" or shipment.handed_over_at is not None:
        return
    if not issubclass(registry.carrier(shipment.carrier), VoidsBookings):
        await verdicts.leave_slot(tx, shipment, holder, "lapsed", "the hand-over limit is over and no scan is known")
        await tracking.return_stands(tx, shipment.return_id)
    elif deadlines.expiry_action(row.terms) is ExpiryAction.VOID:
        await tx.shipments.set(shipment.id, cancel_asked_at=tx.now)
        await tx.wake("book", shipment.id)


async def _fire_stage(tx: Desk, row: Record, stage: Stage) -> None:
    late, planned = int((tx.now - stage.at).total_seconds()), stage.at.isoformat()
    last = stage.name in LAST_STAGES
    said = {
        **clocks.said(row.terms, row.clock),
        "stage": stage.name,
        "stage_at": planned,
        "late_by_seconds": late,
    }
    tx.note(f"deadline.fired.{stage.name}", row.id, chain=row.return_id, after={"late": late, "at": planned})
    if last:
        action = deadlines.expiry_action(row.terms)
        said["action"] = action.value
        detail = Detail.of("limit_over", clock=row.clock, due_at=row.due_by, expiry=action)
        await tx.tasks.ask("deadline_missed", clocks.missed_cause(row), detail, row.return_id)
    await announce(
        tx,
        NoticeKind.DEADLINE_MISSED if last else NoticeKind.DEADLINE_REMINDER,
        said,
        cause=f"stage:{row.id}:{stage.name}:{planned}",
        return_id=row.return_id,
    )


async def accept(tx: Desk, return_id: str, record: AcceptanceRecord) -> int:
    """Record the exporter's act as a new version; its number. Judged by when it was decided, not by when we heard."""
    row = await tx.returns.get(return_id, lock=True)
    lifecycle.require(lifecycle.Act.ACCEPT, row.status)
    await _check(tx, row, record)
    late = await clocks.met(tx, Clock.ACCEPTANCE, return_id, record.decided_at)
    await following.claims_stand(tx, return_id, as_agreed=record.decision is AcceptanceDecision.ACCEPT)
    version = await tx.acceptances.next_version(return_id)
    await tx.acceptances.add(
        return_id=return_id, version=version, record=record, late_by_seconds=late, recorded_at=tx.now
    )
    await claims.found_at_dock(tx, row, record)
    status = STATUS_OF[record.decision]
    await tx.returns.set(return_id, status=status, updated_at=tx.now)
    tx.note(
        "acceptance.recorded",
        return_id,
        chain=return_id,
        before={"status": row.status},
        after={"status": status, "version": version, "decision": record.decision, "late": late},
    )
    await _announce_act(tx, row, record, version, late)
    return version


async def _announce_act(tx: Desk, row: Record, record: AcceptanceRecord, version: int, late: int) -> None:
    decision = Decision(
        rma_id=row.rma_id,
        kind=TOLD_AS[record.decision],
        decided_at=record.decided_at,
        reason=tidy(record.reservation, 500) if record.reservation else None,  # a note has lines, a reason has none
        lines=tuple(
            DecidedLine(line_id=one.line_id, quantity=one.quantity, condition=one.condition)
            for one in record.inspections
            if one.quantity
        ),
    )
    await announce(
        tx,
        NoticeKind.ACCEPTANCE_RECORDED,
        {
            "decision": record.decision,
            "decided_at": record.decided_at.isoformat(),
            "version": version,
            "late_by_seconds": late,
            "evidence": [item.sha256 for item in record.evidence],
            "platform": decision.model_dump(mode="json"),
        },
        cause=f"accepted:{row.id}:{version}",
        return_id=row.id,
        source_id=row.source_id,
    )


async def _check(tx: Desk, row: Record, record: AcceptanceRecord) -> None:
    """Lines must be the return's, evidence must be stored and unchanged, and nothing is decided in the future."""
    if record.decided_at > tx.now + timedelta(minutes=5):
        raise Conflict("decided_at lies in the future", state=row.status)
    known = {item.line_id: item.quantity for item in row.authorization.items}
    counted: dict[str, int] = {}
    for inspection in record.inspections:
        counted[inspection.line_id] = counted.get(inspection.line_id, 0) + inspection.quantity
    strange: Sequence[str] = [line for line, quantity in counted.items() if quantity > known.get(line, 0)]
    if strange:
        raise Conflict(f"more than was returned, or not of this return: {', '.join(sorted(strange))}", state=row.status)
    for evidence in record.evidence:
        document = await tx.documents.get(evidence.document_id)
        if document.sha256 != evidence.sha256:
            raise Conflict("the evidence is not the document that is stored", state=row.status)
