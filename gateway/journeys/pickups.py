"""An exporter's collection: asked for through the API, booked with the carrier like anything else that is created."""

import json
from collections.abc import Awaitable, Sequence
from typing import Any

from adapters import registry
from adapters.seam import BooksPickups, Carrier, FindsByDay, FindsPickups
from gateway.core import PAUSED_WAIT, Gateway
from gateway.crash import crash
from gateway.journeys import attempts
from gateway.journeys.attempts import Act, Found, NotYet
from gateway.journeys.notices import announce
from gateway.rules import lifecycle
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import Conflict, Refused, Unsupported
from schemas.messages import NoticeKind
from schemas.shipments import Pickup, PickupRequest, VoidOutcome, VoidReceipt
from schemas.values import Json


async def request_pickup(tx: Desk, account_id: str, request: PickupRequest, shipment_ids: Sequence[str]) -> str:
    """Plan a collection; its id. Raises Unsupported where the carrier collects nothing, Conflict for a shipment that is not
    booked, NotFound for one that is not this exporter's."""
    account = await tx.accounts.get(account_id)
    if not issubclass(registry.carrier(account.carrier), BooksPickups):
        raise Unsupported(f"{account.carrier} takes no pickup requests", field="account_id")
    if request.ready_at <= tx.now:
        raise Unsupported("the window is in the past", field="ready_at")
    shipments = [await tx.shipments.get(shipment_id) for shipment_id in shipment_ids]
    for shipment in shipments:
        lifecycle.require(lifecycle.Act.COLLECT, shipment.state)
        if shipment.carrier != account.carrier:
            raise Conflict("the shipment is another carrier's", state=str(shipment.state))
    pickup_id = tx.new_id("pku")
    waybills = tuple(shipment.waybill for shipment in shipments if shipment.waybill)
    planned = request.model_copy(
        update={"client_ref": client_ref(pickup_id, 1), "waybills": waybills or request.waybills}
    )
    await tx.pickups.add(
        id=pickup_id,
        account_id=account.id,
        carrier=account.carrier,
        state="requested",
        request=planned,
        shipment_ids=list(shipment_ids),
        created_at=tx.now,
        due_at=tx.now,
    )
    tx.note("pickup.requested", pickup_id, after={"ready_at": request.ready_at.isoformat(), "waybills": list(waybills)})
    tx.go("pickup", pickup_id)
    return pickup_id


async def cancel_pickup(tx: Desk, pickup_id: str) -> None:
    """Stop a collection; its job tells the carrier. Raises Conflict when it is over or stopped already."""
    pickup = await tx.pickups.get(pickup_id, lock=True)
    if pickup.state not in ("requested", "booked"):
        raise Conflict(f"cannot cancel a pickup in state {pickup.state}", state=pickup.state)
    await tx.pickups.set(pickup_id, cancel_asked_at=tx.now)
    tx.note("pickup.cancel_asked", pickup_id)
    await tx.wake("pickup", pickup_id)


async def run_pickup(gw: Gateway, job: Job) -> None:
    """One turn of a collection: book it, or cancel it."""
    async with gw.store.transaction(job.exporter_id) as tx:
        pickup = await tx.claim(job)
        if pickup is None:
            return
        account = await tx.accounts.get(pickup.account_id)
        planned = await _next_call(gw, tx, pickup, account)
        if planned is None:
            return
        act, attempt = planned
        turn_ends = gw.turn_ends(registry.carrier(account.carrier).profile.total_seconds, tx.now)
    outcome = await attempts.carry_out(gw, act, account, attempt, turn_ends)
    crash(f"{act.kind}.before_commit")
    async with gw.store.transaction(job.exporter_id) as tx:
        await tx.pickups.get(pickup.id, lock=True)
        again = await attempts.conclude(tx, act, attempt.id, outcome, tries=pickup.tries)
        stands = await tx.pickups.get(pickup.id)
        if stands.cancel_asked_at and act is PICKUP:  # asked while it was under way: whatever came of it is stopped
            again = tx.now
        await tx.settle("pickup", pickup, due_at=again, tries=pickup.tries if again else 0)
    crash(f"{act.kind}.after_commit")


async def _next_call(gw: Gateway, tx: Desk, pickup: Record, account: Record) -> tuple[Act, Record] | None:
    holder = await tx.attempts.holder("pickup", pickup.id)
    if holder is not None and holder.state in ("sending", "unknown"):
        if holder.state == "sending":
            await attempts.mark_unknown(tx, PICKUP, holder, None)
        await tx.settle("pickup", pickup)
        return None
    if account.paused or gw.settings.carriers_paused:
        await tx.settle("pickup", pickup, due_at=tx.now + PAUSED_WAIT, tries=pickup.tries)
        return None
    if await attempts.wait_for_lane(gw, tx, "pickup", pickup, account):
        return None
    if pickup.cancel_asked_at is not None:
        return await _next_cancel(tx, pickup, account, holder)
    if holder is not None or pickup.state != "requested":
        await tx.settle("pickup", pickup)
        return None
    return PICKUP, await _intend(tx, pickup, account)


async def doubt(tx: Desk, pickup: Record, account: Record) -> None:
    """Look a pickup up at the carrier, as if it had been sent, before it is booked."""
    await attempts.mark_unknown(tx, PICKUP, await _intend(tx, pickup, account), None)


async def _intend(tx: Desk, pickup: Record, account: Record) -> Record:
    return await attempts.begin(
        tx,
        PICKUP,
        pickup.id,
        account,
        lambda ref: _request(pickup, ref),
        first=pickup.request.client_ref,
        return_id=await _return_of(tx, pickup),
    )


async def _next_cancel(tx: Desk, pickup: Record, account: Record, holder: Record | None) -> tuple[Act, Record] | None:
    if holder is None:
        await tx.pickups.set(pickup.id, state="cancelled")
        tx.note("pickup.cancelled", pickup.id)
        await tx.settle("pickup", pickup)
        return None
    stopping = await tx.attempts.holder("pickup_void", holder.id)
    if stopping is not None:
        if stopping.state == "sending":
            await attempts.mark_unknown(tx, CANCEL, stopping, None)
        await tx.settle("pickup", pickup)
        return None
    said = json.dumps(pickup.result)
    first, return_id = client_ref(f"pickup_void:{holder.id}", 1), await _return_of(tx, pickup)
    return CANCEL, await attempts.begin(
        tx, CANCEL, holder.id, account, lambda _: said, first=first, return_id=return_id
    )


def _request(pickup: Record, reference: str) -> str:
    request: PickupRequest = pickup.request
    return request.model_copy(update={"client_ref": reference}).model_dump_json()


async def _return_of(tx: Desk, pickup: Record) -> str | None:
    """The return whose timeline shows the collection: that of its first shipment."""
    first = await tx.shipments.find(pickup.shipment_ids[0]) if pickup.shipment_ids else None
    return first.return_id if first else None


async def _send(carrier: Any, attempt: Record) -> Pickup:
    booked: Pickup = await carrier.book_pickup(PickupRequest.model_validate_json(attempt.request))
    return booked


async def _vet(tx: Desk, attempt: Record, pickup: Pickup) -> None:
    if pickup.echoed_ref is not None and pickup.echoed_ref != attempt.client_ref:
        raise NotYet("the carrier answered with another reference than ours")


async def _booked(tx: Desk, attempt: Record, pickup: Pickup) -> None:
    row = await tx.pickups.get(attempt.subject_id, lock=True)
    result: Json = pickup.model_dump(mode="json")
    await tx.pickups.set(row.id, state="booked", confirmation=pickup.confirmation, result=result, reason=None)
    tx.note("pickup.booked", row.id, chain=attempt.return_id, after={"confirmation": pickup.confirmation})
    if row.cancel_asked_at is not None:
        await tx.wake("pickup", row.id)
    if attempt.return_id:
        await tx.returns.known_as(attempt.return_id, [("pickup", pickup.confirmation)])
    window = row.request
    await announce(
        tx,
        NoticeKind.PICKUP_CONFIRMED,
        {
            "pickup_id": row.id,
            "carrier": row.carrier,
            "confirmation": pickup.confirmation,
            "ready_at": (pickup.ready_at or window.ready_at).isoformat(),
            "close_at": (pickup.close_at or window.close_at).isoformat(),
        },
        cause=f"pickup:{attempt.id}",
        return_id=attempt.return_id,
    )


async def _refused(tx: Desk, attempt: Record, error: Refused) -> None:
    await tx.pickups.set(attempt.subject_id, state="action_required", reason=error.code)
    await tx.tasks.ask(
        "pickup_refused",
        f"attempt:{attempt.id}",
        Detail.of("refused", refusal=error.code, words=error),
        attempt.return_id,
    )
    await announce(
        tx,
        NoticeKind.PICKUP_REFUSED,
        {
            "pickup_id": attempt.subject_id,
            "reason": error.code,
            "wire_code": error.wire_code,
            "wire_text": error.wire_text,
        },
        cause=f"pickup_refused:{attempt.id}",
        return_id=attempt.return_id,
    )


async def _unknown(tx: Desk, attempt: Record) -> None:
    tx.note("pickup.being_checked", attempt.subject_id, chain=attempt.return_id)


def _look_up(carrier: Carrier, attempt: Record) -> Awaitable[Sequence[Found]] | None:
    if isinstance(carrier, FindsPickups):
        return _found(carrier.find_pickups(attempt.client_ref))
    if isinstance(carrier, FindsByDay):
        return _found(carrier.find_pickups_sent(attempt.client_ref, attempt.sent_at))
    return None


async def _found(looking: Awaitable[Sequence[Pickup]]) -> Sequence[Found]:
    return [Found(pickup, live=True) for pickup in await looking]


PICKUP = Act(
    kind="pickup",
    job="pickup",
    send=_send,
    vet=_vet,
    accepted=_booked,
    refused=_refused,
    unknown=_unknown,
    look_up=_look_up,
    kept=lambda pickup: {"handle": pickup.confirmation[:200]},
)


async def _send_cancel(carrier: Any, attempt: Record) -> VoidReceipt:
    receipt: VoidReceipt = await carrier.cancel_pickup(Pickup.model_validate_json(attempt.request))
    return receipt


async def _vet_cancel(tx: Desk, attempt: Record, receipt: VoidReceipt) -> None:
    return None


async def _cancelled(tx: Desk, attempt: Record, receipt: VoidReceipt) -> None:
    booked = await tx.attempts.get(attempt.subject_id, lock=True)
    if receipt.outcome in (VoidOutcome.REJECTED, VoidOutcome.NOT_APPLICABLE):
        await tx.attempts.set(attempt.id, state="refused", wire_code=receipt.wire_code, wire_text=receipt.wire_text)
        await tx.tasks.ask("cancel_pickup_by_hand", f"pickup_void:{booked.id}", Detail.of("pickup_stands"))
        return
    await tx.attempts.set(booked.id, state="void", settled_at=tx.now)
    await tx.pickups.set(booked.subject_id, state="cancelled")
    tx.note("pickup.cancelled", booked.subject_id, chain=attempt.return_id, after={"state": "cancelled"})


async def _cancel_refused(tx: Desk, attempt: Record, error: Refused) -> None:
    await tx.tasks.ask(
        "cancel_pickup_by_hand",
        f"pickup_void:{attempt.subject_id}",
        Detail.of("pickup_not_cancelled", refusal=error.code),
    )


CANCEL = Act(
    kind="pickup_void",
    job="pickup",
    send=_send_cancel,
    vet=_vet_cancel,
    accepted=_cancelled,
    refused=_cancel_refused,
    repeats=True,
)
