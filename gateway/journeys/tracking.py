"""Tracking: one poll a carrier account, in batches, and every event to one door, whether it was polled or pushed.

Each distinct event is stored once with the carrier's own code and words. Where a shipment stands is computed from the set of
its events, so neither order nor repetition matters; a notice goes out only when that changes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from adapters import registry
from gateway.core import Gateway, twice_if_stale
from gateway.crash import crash
from gateway.jobs import back_off, jittered
from gateway.journeys import following
from gateway.journeys.notices import announce
from gateway.rules import lifecycle
from gateway.rules.polling import next_poll
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import AdapterError, CredentialsRejected, CredentialsStale, Throttled
from schemas.messages import NoticeKind
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus
from schemas.values import Waybill

log = structlog.get_logger(__name__)
PAUSED_WAIT = timedelta(minutes=5)
LONGEST_SHUT = timedelta(hours=1)
"""However long a lane is said to be shut: asking it again costs nothing."""
SILENT_AFTER = 3
"""Failed polls in a row after which a carrier counts as silent; said once, and once when it answers again."""


async def poll_account(gw: Gateway, job: Job) -> None:
    """Ask one account's carrier once, about the shipments that are longest overdue."""
    async with gw.store.transaction(job.exporter_id) as tx:
        account = await tx.claim(job)
        if account is None:
            return
        profile = registry.carrier(account.carrier).profile
        batch = await tx.shipments.to_poll(account.id, tx.now, profile.tracking_batch)
        if account.paused or gw.settings.carriers_paused:
            await tx.settle("poll", account, due_at=tx.now + PAUSED_WAIT)
            return
        if not batch:
            await tx.settle("poll", account, due_at=await tx.shipments.next_poll(account.id))
            return
        turn_ends = gw.turn_ends(profile.total_seconds)
    carrier = gw.open_carrier(account, turn_ends=turn_ends)
    try:
        report = await twice_if_stale(lambda: carrier.track([Waybill(shipment.waybill) for shipment in batch]))
    except AdapterError as error:
        await _not_answered(gw, job, account, error)
        return
    crash("poll.before_commit")
    async with gw.store.transaction(job.exporter_id) as tx:
        await _keep_report(gw, tx, account, batch, report)
        await tx.settle("poll", account, due_at=await tx.shipments.next_poll(account.id))
    if account.tries > SILENT_AFTER:
        log.info("carrier.back", account=account.id, carrier=account.carrier)


async def _not_answered(gw: Gateway, job: Job, account: Record, error: AdapterError) -> None:
    """Next turn, later. A carrier that rejects our credentials is not asked again before a person has looked, and one whose
    lane is shut not before it opens: that is no silence of the carrier's."""
    wait, tries = back_off(account.tries), account.tries
    if isinstance(error, Throttled):
        lane = gw.lanes.of(account.lane, registry.carrier(account.carrier).profile.pace, account.zone)
        named = error.retry_at - gw.clock() if error.retry_at else timedelta(0)
        wait = max(wait, min(max(timedelta(seconds=lane.shut_for()), named), LONGEST_SHUT))
        tries -= 1
    elif account.tries == SILENT_AFTER:
        log.warning("carrier.silent", account=account.id, carrier=account.carrier, error=type(error).__name__)
    async with gw.store.transaction(job.exporter_id) as tx:
        if isinstance(error, CredentialsRejected) and not isinstance(error, CredentialsStale):
            await tx.accounts.set(account.id, paused="the carrier rejects the credentials")
            detail = f"{account.carrier}: the carrier rejects the credentials"
            await tx.tasks.ask("account_paused", f"paused:{account.id}:{account.turn}", detail)
        await tx.settle("poll", account, due_at=tx.now + wait, tries=tries)


async def _keep_report(gw: Gateway, tx: Desk, account: Record, batch: Sequence[Record], report: TrackingReport) -> None:
    by_waybill: dict[str, list[TrackingEvent]] = {}
    for event in report.events:
        by_waybill.setdefault(canonical_number(event.waybill), []).append(event)
    for shipment in batch:
        seen = by_waybill.get(canonical_number(shipment.waybill), [])
        new = await record(gw, tx, shipment.id, seen, "poll")
        await _plan_next(tx, shipment.id, silent=0 if new else shipment.silent + 1)
        crash("poll.mid_page")


async def _plan_next(tx: Desk, shipment_id: str, *, silent: int) -> None:
    shipment = await tx.shipments.get(shipment_id)
    limit = min(
        (row.due_by for row in await tx.deadlines.of_return(shipment.return_id) if row.state == "running"), default=None
    )
    at = next_poll(TrackingStatus(shipment.status), silent=silent, now=tx.now, limit_at=limit)
    if shipment.state == ShipmentState.CANCELLED:
        at = None
    poll_at = None if at is None else tx.now + jittered(at - tx.now)
    await tx.shipments.set(shipment.id, poll_at=poll_at, polled_at=tx.now, silent=silent)


async def record(
    gw: Gateway, tx: Desk, shipment_id: str, seen: Sequence[TrackingEvent], origin: str
) -> list[TrackingEvent]:
    """Keep what is new, and let everything known decide where the shipment stands. The events that were new."""
    shipment = await tx.shipments.get(shipment_id, lock=True)
    began = min(shipment.created_at, shipment.booked_at or shipment.created_at)
    of_this_life = [event for event in seen if not lifecycle.of_an_earlier_life(event.occurred_at, began)]
    if len(of_this_life) < len(seen):
        log.info("tracking.earlier_life", shipment=shipment_id, scans=len(seen) - len(of_this_life))
    new = await tx.events.add_distinct(shipment_id, of_this_life, origin)
    if not new:
        return []
    tx.stirred.add(shipment.return_id)
    strange = [event for event in new if event.status is TrackingStatus.UNKNOWN]
    if strange:
        await tx.events.count_unknown(shipment.carrier, strange)
        gw.metrics.unknown_codes.labels(shipment.carrier).inc(len(strange))
    await _restate(tx, shipment, new)
    return new


async def _restate(tx: Desk, shipment: Record, new: Sequence[TrackingEvent]) -> None:
    events = await tx.events.of_shipment(shipment.id)
    standing = lifecycle.standing_of(events, len(shipment.request.parcels))
    state = lifecycle.shipment_state_of(ShipmentState(shipment.state), standing.status)
    await tx.shipments.set(
        shipment.id,
        status=standing.status,
        state=state,
        handed_over_at=standing.handed_over_at,
        delivered_at=standing.delivered_at,
    )
    if standing.status != shipment.status or state != shipment.state:
        await _changed(tx, shipment, standing, state)
    for event in new:
        if event.reason is not None:
            await _exception(tx, shipment, event)
    await following.follow(tx, shipment, standing)


async def _changed(tx: Desk, shipment: Record, standing: lifecycle.Standing, state: ShipmentState) -> None:
    was_final = TrackingStatus(shipment.status) in lifecycle.FINAL
    tx.note(
        "shipment.corrected" if was_final else "shipment.moved",
        shipment.id,
        chain=shipment.return_id,
        before={"status": shipment.status, "state": shipment.state},
        after={"status": standing.status, "state": state},
    )
    if shipment.state == ShipmentState.CANCELLED and state != ShipmentState.CANCELLED:
        detail = f"waybill {shipment.waybill} was void and is moving all the same"
        await tx.tasks.ask("used_after_void", f"used:{shipment.id}", detail, shipment.return_id)
    await return_stands(tx, shipment.return_id)
    events = len(await tx.events.of_shipment(shipment.id))
    await announce(
        tx,
        NoticeKind.TRACKING_STATUS_CHANGED,
        {
            "shipment_id": shipment.id,
            "carrier": shipment.carrier,
            "waybill": shipment.waybill,
            "status": standing.status,
            "previous": shipment.status,
        },
        cause=f"status:{shipment.id}:{standing.status}:{events}",
        return_id=shipment.return_id,
    )


async def _exception(tx: Desk, shipment: Record, event: TrackingEvent) -> None:
    at = event.occurred_at or tx.now
    await announce(
        tx,
        NoticeKind.TRACKING_EXCEPTION,
        {
            "shipment_id": shipment.id,
            "waybill": shipment.waybill,
            "reason": event.reason,
            "wire_code": event.wire_code,
            "wire_text": event.wire_text,
            "occurred_at": at.isoformat(),
        },
        cause=f"exception:{shipment.id}:{event.wire_code}:{at.isoformat()}",
        return_id=shipment.return_id,
    )


async def return_stands(tx: Desk, return_id: str) -> None:
    """Let the return's status follow its shipments."""
    row = await tx.returns.get(return_id, lock=True)
    states = [ShipmentState(shipment.state) for shipment in await tx.shipments.of_return(return_id)]
    status = lifecycle.return_status_of(ReturnStatus(row.status), states)
    if status != row.status:
        await tx.returns.set(return_id, status=status, updated_at=tx.now)
        tx.note("return.status", return_id, chain=return_id, before={"status": row.status}, after={"status": status})


async def look_now(gw: Gateway, shipment: Record, account: Record) -> TrackingReport | None:
    """One look at one shipment outside the plan, for a limit that is about to be judged: before everything else that waits in
    the lane. None when nobody answers."""
    profile = registry.carrier(account.carrier).profile
    carrier = gw.open_carrier(account, turn_ends=gw.turn_ends(profile.total_seconds), urgent=True)
    try:
        return await twice_if_stale(lambda: carrier.track([Waybill(shipment.waybill)]))
    except AdapterError as error:
        log.info("last_look.failed", shipment=shipment.id, error=type(error).__name__)
        return None


async def refresh(tx: Desk, shipment_id: str) -> datetime:
    """Look as soon as the lane allows. When it is planned for."""
    shipment = await tx.shipments.get(shipment_id)
    await tx.shipments.set(shipment.id, poll_at=tx.now)
    await tx.wake("poll", shipment.account_id)
    return tx.now
