"""What is asked for through a door: book now, void one booking, complete an address, tell or read again, close a task."""

import json
from datetime import date, datetime

from adapters import registry
from gateway.core import Gateway
from gateway.journeys import planning, verdicts
from gateway.journeys.requests import COLLECT_ON
from gateway.rules import lifecycle
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import Conflict, NotFound, Unsupported
from schemas.messages import NoticeKind
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.values import Party

BOOKABLE = frozenset({ReturnStatus.APPROVED, ReturnStatus.BOOKED, ReturnStatus.EXPIRED})
"""Whose shipments decide: a return that is BOOKED with every shipment cancelled may be booked anew."""
OVER = frozenset({ShipmentState.CANCELLED, ShipmentState.EXPIRED})
REMOVED = "removed"
MOST = 10_000
"""Notices that one replay tells again."""
AT_ONCE = 250


async def book_now(tx: Desk, return_id: str) -> str:
    """The return's one planned shipment, due now; its id. Asking again for what is under way gives the same shipment.

    Raises Conflict, naming the state, where it is booked already or something is missing that must be known first.
    """
    row = await tx.returns.get(return_id, lock=True)
    alive = [one for one in await tx.shipments.of_return(return_id) if one.state not in OVER]
    booked = next((one for one in alive if one.state not in lifecycle.ALLOWED[lifecycle.Act.BOOK]), None)
    if booked is not None:
        raise Conflict(f"the return has a shipment in state {booked.state}", state=booked.state)
    if row.status not in BOOKABLE:
        raise Conflict(f"cannot book a return in state {row.status}", state=row.status)
    if any(one.cancel_asked_at is not None for one in alive):
        raise Conflict("the shipment is being cancelled", state="cancelling")
    waiting = next((one for one in alive if one.state == ShipmentState.REQUESTED), None)
    if waiting is not None:
        await tx.wake("book", waiting.id)
        return str(waiting.id)
    if alive:  # refused, and corrected since: the same shipment goes again
        await verdicts.book_again(tx, alive[0].id)
        if (await tx.shipments.get(alive[0].id)).state == ShipmentState.ACTION_REQUIRED:
            raise Conflict(
                "something must be known first", state=(await tx.returns.get(return_id)).review or "followed"
            )
        return str(alive[0].id)
    source = await tx.sources.get(row.source_id)
    shipment_id = await planning.plan(tx, source, await tx.returns.get(return_id))
    if shipment_id is None:
        raise Conflict("something must be known first", state=(await tx.returns.get(return_id)).review or "followed")
    tx.note("booking.asked", shipment_id, chain=return_id)
    return shipment_id


async def collect_on(tx: Desk, shipment_id: str, day: date) -> None:
    """Have the carrier of a planned shipment collect at the returner's on this day. Raises Unsupported where it does not take
    a day with its bookings, and Conflict where it is being booked otherwise."""
    shipment = await tx.shipments.get(shipment_id, lock=True)
    profile = registry.carrier(shipment.carrier).profile
    if profile.extras is None or COLLECT_ON not in profile.extras.model_fields:
        raise Unsupported(f"{profile.name} takes no day of collection with a booking", field=COLLECT_ON)
    if shipment.request.extras.get(COLLECT_ON) == day.isoformat():
        return
    if shipment.state != ShipmentState.REQUESTED or await tx.attempts.holder("booking", shipment.id) is not None:
        raise Conflict("it is being booked already", state=shipment.state)
    extras = {**shipment.request.extras, COLLECT_ON: day.isoformat()}
    await tx.shipments.set(shipment.id, request=shipment.request.model_copy(update={"extras": extras}))
    tx.note("shipment.collected_on", shipment.id, chain=shipment.return_id, after={"day": day.isoformat()})


async def void_shipment(tx: Desk, shipment_id: str) -> None:
    """Stop one shipment; what is booked is voided by its job. Asking twice changes nothing. Raises Conflict."""
    shipment = await tx.shipments.get(shipment_id, lock=True)
    if shipment.state not in (ShipmentState.REQUESTED, ShipmentState.ACTION_REQUIRED):
        lifecycle.require(lifecycle.Act.VOID, shipment.state)
    await planning.cancel_shipments(tx, [shipment])


async def supply_address(tx: Desk, known: Record, returner: Party) -> None:
    """Where the goods are, which the platform did not tell; what waited for it is planned. Raises Conflict."""
    row = await tx.returns.get(known.id, lock=True)
    if row.authorization.returner is not None:
        raise Conflict("the address is known", state=row.status)
    lifecycle.require(lifecycle.Act.CANCEL, row.status)
    await tx.returns.set(row.id, review=None)
    source = await tx.sources.get(row.source_id)
    amended = row.authorization.model_copy(update={"returner": returner})
    await planning.amend_return(tx, source, await tx.returns.get(row.id), amended)


async def send_again(tx: Desk, delivery_id: str) -> None:
    """Try a delivery again now, whether it was given up or had arrived: the same id, so the other side can tell. Raises
    Conflict where its endpoint is off."""
    delivery = await tx.deliveries.get(delivery_id, lock=True)
    if delivery.target == "endpoint":
        await _listening(tx, delivery.target_id)
    await tx.deliveries.set(delivery.id, state="waiting", delivered_at=None, tries=0)
    tx.note("delivery.resent", delivery.id, before={"state": delivery.state}, after={"state": "waiting"})
    await tx.wake("deliver", delivery.id)


async def test_endpoint(tx: Desk, endpoint_id: str) -> str:
    """Tell one endpoint, and nobody else, that it can hear us; the delivery's id."""
    await _listening(tx, endpoint_id)
    notice_id, delivery_id = tx.new_id("ntc"), tx.new_id("dlv")
    kind = NoticeKind.ENDPOINT_TEST.value
    said = {"type": kind, "timestamp": tx.now.isoformat(), "data": {"endpoint_id": endpoint_id}}
    body = json.dumps(said, separators=(",", ":"))
    await tx.notices.add(id=notice_id, kind=kind, cause=f"test:{notice_id}", occurred_at=tx.now, body=body)
    await tx.deliveries.add(
        id=delivery_id,
        notice_id=notice_id,
        target="endpoint",
        target_id=endpoint_id,
        state="waiting",
        due_at=tx.now,
    )
    tx.go("deliver", delivery_id)
    return delivery_id


async def remove_endpoint(tx: Desk, endpoint_id: str) -> None:
    """Told no more. The row stays, because deliveries name it; to callers it is gone."""
    endpoint = await tx.endpoints.get(endpoint_id)
    if endpoint.disabled_because == REMOVED:
        raise NotFound("removed")
    await tx.endpoints.set(endpoint_id, enabled=False, disabled_because=REMOVED)
    tx.note("endpoint.removed", endpoint_id, before={"enabled": endpoint.enabled}, after={"enabled": False})


async def _listening(tx: Desk, endpoint_id: str) -> Record:
    endpoint = await tx.endpoints.get(endpoint_id)
    if not endpoint.enabled:
        raise Conflict("the endpoint is off", state="disabled")
    return endpoint


async def enable_endpoint(tx: Desk, endpoint_id: str) -> None:
    """Tell it again from now on, after it was gone or failed for days. What it missed is told by `replay`."""
    endpoint = await tx.endpoints.get(endpoint_id, lock=True)
    if endpoint.disabled_because == REMOVED:
        raise NotFound("removed")
    if not endpoint.enabled:
        await tx.endpoints.set(endpoint_id, enabled=True, disabled_because=None, failing_since=None)
        tx.note("endpoint.enabled", endpoint_id, before={"enabled": False}, after={"enabled": True})


async def replay(tx: Desk, endpoint_id: str, since: datetime, until: datetime) -> int:
    """Tell an endpoint everything of a span of time again, what it never heard and what it did: the same ids, the same bytes.
    How many notices that are. Raises Conflict where it is off, and where they are more than `MOST`."""
    endpoint = await _listening(tx, endpoint_id)
    ids = await tx.notices.between(since, until, endpoint.kinds, MOST + 1)
    if len(ids) > MOST:
        raise Conflict(f"these are more than {MOST} notices: ask for a shorter span", state="too_many")
    for some in range(0, len(ids), AT_ONCE):
        await tx.deliveries.again(endpoint_id, ids[some : some + AT_ONCE])
    said = {"since": since.isoformat(), "until": until.isoformat(), "notices": len(ids)}
    tx.note("endpoint.replayed", endpoint_id, after=said)
    return len(ids)


async def close_task(tx: Desk, task_id: str) -> None:
    """A person says it is done. Raises Conflict where it was."""
    task = await tx.tasks.get(task_id)
    if task.done_at is not None:
        raise Conflict("it is done already", state="done")
    await tx.tasks.set(task_id, done_at=tx.now, done_by=tx.actor)
    tx.note("task.done", task_id, chain=task.return_id, after={"kind": task.kind})


async def redrive(gw: Gateway, exporter_id: str, message_id: str, actor: str) -> None:
    """Read a quarantined message again, after what stood in its way is mended."""
    async with gw.store.transaction(exporter_id, actor) as tx:
        row = await tx.inbox.get(message_id)
        await tx.inbox.set(row.id, state="received", reason=None)
        await tx.tasks.done(f"inbox:{row.id}")
        tx.note("inbox.redriven", row.id, before={"state": row.state}, after={"state": "received"})
        await tx.wake("ingest", row.id)
