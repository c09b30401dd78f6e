"""Tracking: every event to one door, whether it was polled (`polling.py`) or pushed.

Each distinct event is stored once with the carrier's own code and words. Where a shipment stands is computed from the set of
its events, so neither order nor repetition matters; a notice goes out only when that changes.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from adapters import registry
from gateway.core import Gateway, twice_if_stale
from gateway.journeys import claims, following
from gateway.journeys.notices import announce
from gateway.journeys.reckoning import Reckoned, reckon
from gateway.rules import lifecycle
from gateway.rules.details import Detail
from gateway.rules.polling import next_poll
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import AdapterError, Throttled
from schemas.messages import NoticeKind
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus
from schemas.values import Waybill

log = structlog.get_logger(__name__)
OVER = frozenset({ShipmentState.CANCELLED, ShipmentState.EXPIRED})


async def record(
    gw: Gateway, tx: Desk, shipment_id: str, seen: Sequence[TrackingEvent], origin: str
) -> list[TrackingEvent]:
    """Keep what is new, and let everything known decide where the shipment stands. The events that were new."""
    shipment = await tx.shipments.get(shipment_id, lock=True)
    if shipment.archived_at is not None:  # what it knew is in a file: from what came later alone it would stand wrong
        log.info("tracking.after_archive", shipment=shipment_id, scans=len(seen))
        return []
    of_this_life = await _of_this_life(tx, shipment, seen)
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


async def _of_this_life(tx: Desk, shipment: Record, seen: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Without the scans of whoever had a number before the booking that got it here was sent: a return may have waited for
    months before, or have been booked before."""
    planned = min(shipment.created_at, shipment.booked_at or shipment.created_at)
    booked = shipment.booked_at or planned
    if not any(lifecycle.of_an_earlier_life(event.occurred_at, booked) for event in seen):
        return seen
    acts = await tx.attempts.of_shipments([shipment.id])
    sent = {canonical_number(one.waybill): one.sent_at for one in acts if one.kind == "booking" and one.waybill}
    began = {event.waybill: sent.get(canonical_number(event.waybill), planned) for event in seen}
    return [event for event in seen if not lifecycle.of_an_earlier_life(event.occurred_at, began[event.waybill])]


async def _restate(tx: Desk, shipment: Record, new: Sequence[TrackingEvent]) -> None:
    found = await stand_by_events(tx, shipment)
    standing, state = found.standing, found.state
    if standing.status != shipment.status or state != shipment.state:
        await _changed(tx, shipment, standing, state, found.acts.state)
        if TrackingStatus(shipment.status) in lifecycle.FINAL or shipment.state == ShipmentState.CANCELLED:
            await _look_again(tx, shipment, standing.status, state)
    for event in new:
        if canonical_number(event.waybill) in found.acts.ended:
            await _of_an_ended_booking(tx, shipment, event)
        elif event.reason is not None:
            await _exception(tx, shipment, event)
            await claims.told_by_scan(tx, shipment, event.reason)
    await following.follow(tx, shipment, standing)


async def stand_by_events(tx: Desk, shipment: Record) -> Reckoned:
    """Write down where a shipment stands by what we did with it and all that is known of it. Nobody is told."""
    events, acts = await tx.events.of_shipment(shipment.id), await tx.attempts.of_shipments([shipment.id])
    found = reckon(shipment, acts, events)
    standing, began = found.standing, shipment.booked_at or shipment.created_at
    await tx.shipments.set(
        shipment.id,
        status=standing.status,
        state=found.state,
        handed_over_at=standing.handed_over_at,
        delivered_at=standing.delivered_at,
        heard_at=max([began, *(event.occurred_at for event in found.counting)]),
    )
    if standing.status != shipment.status or found.state != shipment.state:
        await tx.looks.set(shipment.id, status=standing.status, state=found.state)
    return found


async def _of_an_ended_booking(tx: Desk, shipment: Record, event: TrackingEvent) -> None:
    """It tells nothing of the booking that stands. But a label of before that moves was used all the same."""
    if lifecycle.STAGE.get(event.status, 0) >= lifecycle.PHYSICAL:
        number = canonical_number(event.waybill)
        detail = Detail.of("moving_though_void", waybill=event.waybill)
        await tx.tasks.ask("used_after_void", f"used:{shipment.id}:{number[:60]}", detail, shipment.return_id)


async def _changed(
    tx: Desk, shipment: Record, standing: lifecycle.Standing, state: ShipmentState, ours: ShipmentState
) -> None:
    """`ours`: the state that our own acts alone left it in."""
    was_final = TrackingStatus(shipment.status) in lifecycle.FINAL
    tx.note(
        "shipment.corrected" if was_final else "shipment.moved",
        shipment.id,
        chain=shipment.return_id,
        before={"status": shipment.status, "state": shipment.state},
        after={"status": standing.status, "state": state},
    )
    if ours in OVER and state not in OVER:
        detail = Detail.of("moving_though_void", waybill=shipment.waybill)
        await tx.tasks.ask("used_after_void", f"used:{shipment.id}", detail, shipment.return_id)
    await claims.stand(tx, shipment, standing.status)
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


async def _look_again(tx: Desk, shipment: Record, status: TrackingStatus, state: ShipmentState) -> None:
    """What was over, and is not, is looked at again by itself."""
    at = None if state is ShipmentState.CANCELLED else next_poll(status, silent=0, now=tx.now)
    look = await tx.looks.find(shipment.id)
    if at is not None and look is not None and (look.poll_at is None or look.poll_at > at):
        await tx.looks.plan(shipment, at, anew=True)
        await tx.wake("poll", shipment.account_id, at, only_earlier=True)


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
    status = lifecycle.return_status_of(ReturnStatus(row.status), states, row.authorization.status)
    if status != row.status:
        await tx.returns.set(return_id, status=status, updated_at=tx.now)
        tx.note("return.status", return_id, chain=return_id, before={"status": row.status}, after={"status": status})


async def look_now(gw: Gateway, shipment: Record, account: Record) -> TrackingReport | None:
    """One look at one shipment outside the plan, for a limit that is about to be judged: before everything else that waits in
    the lane. None when nobody answers; raises Throttled while the lane has no room even for that."""
    profile = registry.carrier(account.carrier).profile
    carrier = gw.open_carrier(account, turn_ends=gw.turn_ends(profile.total_seconds, gw.clock()), urgent=True)
    try:
        return await twice_if_stale(lambda: carrier.track([Waybill(shipment.waybill)]))
    except Throttled:
        raise
    except AdapterError as error:
        log.info("last_look.failed", shipment=shipment.id, error=type(error).__name__)
        return None


async def refresh(tx: Desk, shipment_id: str) -> datetime:
    """Look as soon as the lane allows. When it is planned for."""
    shipment = await tx.shipments.get(shipment_id)
    await tx.looks.plan(shipment, tx.now)
    await tx.wake("poll", shipment.account_id)
    return tx.now
