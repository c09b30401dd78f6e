"""Voiding a booking: what is not wanted any more must not be carried, and its refund is an outcome of its own.

Never after a known scan, and never where the carrier takes no cancellation: then a person is asked.
"""

import json
from typing import Any

from adapters import registry
from adapters.seam import Carrier, VoidsBookings
from gateway.journeys import clocks, covering
from gateway.journeys.attempts import Act, begin
from gateway.journeys.notices import announce
from gateway.rules import lifecycle
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import Refused
from schemas.messages import NoticeKind
from schemas.returns import ReturnStatus
from schemas.shipments import Booking, ShipmentState, VoidOutcome, VoidReceipt


async def _send_void(carrier: Any, attempt: Record) -> VoidReceipt:
    receipt: VoidReceipt = await carrier.void(json.loads(attempt.request)["waybill"])
    return receipt


async def _vet_void(tx: Desk, attempt: Record, receipt: VoidReceipt) -> None:
    return None


async def _voided(tx: Desk, attempt: Record, receipt: VoidReceipt) -> None:
    booking = await tx.attempts.get(attempt.subject_id, lock=True)
    if receipt.outcome in (VoidOutcome.REJECTED, VoidOutcome.NOT_APPLICABLE):
        await tx.attempts.set(attempt.id, state="refused", wire_code=receipt.wire_code, wire_text=receipt.wire_text)
        detail = Detail.of("not_voided", refusal=receipt.wire_text or receipt.outcome)
        await tx.tasks.ask("void_by_hand", f"void:{booking.id}", detail, attempt.return_id)
        return
    await tx.attempts.set(booking.id, state="void", settled_at=tx.now)
    tx.note(
        "booking.void", booking.id, chain=attempt.return_id, before={"state": booking.state}, after={"state": "void"}
    )
    shipment = await tx.shipments.get(booking.subject_id, lock=True)
    if shipment.waybill == booking.waybill:
        await cancelled(tx, shipment)
    await announce(
        tx,
        NoticeKind.BOOKING_VOIDED,
        {"shipment_id": shipment.id, "waybill": booking.waybill, "refund": receipt.refund},
        cause=f"voided:{booking.id}",
        return_id=attempt.return_id,
    )


async def is_on_its_way(tx: Desk, attempt: Record) -> bool:
    """Whether the parcel was scanned since its void was first sent: then it is not voided any more."""
    booking = await tx.attempts.get(attempt.subject_id)
    shipment = await tx.shipments.get(booking.subject_id)
    return shipment.waybill == booking.waybill and shipment.handed_over_at is not None


async def stop_late(tx: Desk, attempt: Record, booking: Booking) -> bool:
    """What was absent has turned up beside the booking that took its place: void it, by a job of the void's own. False where
    the carrier takes no void, or was asked already and shows it all the same."""
    voids = issubclass(registry.carrier(attempt.carrier), VoidsBookings)
    if not voids or await tx.attempts.of_subject("void", attempt.id):
        return False
    await tx.attempts.set(attempt.id, waybill=booking.waybill, handle=booking.handle)
    await tx.returns.known_as(attempt.return_id, [("waybill", booking.waybill)])
    account, said = await tx.accounts.get(attempt.account_id), json.dumps({"waybill": booking.waybill})
    first = client_ref(f"void:{attempt.id}", 1)
    void = await begin(tx, VOID, attempt.id, account, lambda _: said, first=first, return_id=attempt.return_id)
    await tx.wake("resolve", void.id)
    return True


async def is_of_late_find(tx: Desk, attempt: Record) -> bool:
    """Whether what it voids is no shipment's booking: then no shipment's job asks for it again."""
    return bool((await tx.attempts.get(attempt.subject_id)).state == "absent")


async def cancelled(tx: Desk, shipment: Record) -> None:
    await tx.shipments.set(shipment.id, state=ShipmentState.CANCELLED)
    await tx.looks.set(shipment.id, state=ShipmentState.CANCELLED)
    await tx.looks.plan(shipment, None)
    tx.note(
        "shipment.cancelled",
        shipment.id,
        chain=shipment.return_id,
        before={"state": shipment.state},
        after={"state": ShipmentState.CANCELLED},
    )
    await clocks.not_carried(tx, shipment)
    await covering.stop(tx, shipment.id)


async def _void_refused(tx: Desk, attempt: Record, error: Refused) -> None:
    detail = Detail.of("not_voided", refusal=error.code)
    await tx.tasks.ask("void_by_hand", f"void:{attempt.subject_id}", detail, attempt.return_id)


async def _void_unknown(tx: Desk, attempt: Record) -> None:
    return None  # voiding again is harmless, and the look-up does so


def _no_look_up(carrier: Carrier, attempt: Record) -> None:
    return None


VOID = Act(
    kind="void",
    job="book",
    send=_send_void,
    vet=_vet_void,
    accepted=_voided,
    refused=_void_refused,
    unknown=_void_unknown,
    look_up=_no_look_up,
    repeats=True,
)


async def cancel(tx: Desk, return_id: str) -> None:
    """An exporter stops a return: every shipment is to end without a live booking."""
    row = await tx.returns.get(return_id, lock=True)
    lifecycle.require(lifecycle.Act.CANCEL, row.status)
    shipments = [one for one in await tx.shipments.of_return(return_id) if one.state != ShipmentState.CANCELLED]
    for shipment in shipments:
        if shipment.state not in (ShipmentState.REQUESTED, ShipmentState.ACTION_REQUIRED):
            lifecycle.require(lifecycle.Act.VOID, shipment.state)
        if shipment.cancel_asked_at is None:
            await tx.shipments.set(shipment.id, cancel_asked_at=tx.now)
            await tx.wake("book", shipment.id)
    await tx.returns.set(return_id, status=ReturnStatus.CANCELLED, updated_at=tx.now)
    await clocks.stopped(tx, return_id)
    tx.note(
        "return.cancelled", return_id, chain=return_id, before={"status": row.status}, after={"status": "cancelled"}
    )
    await announce(
        tx, NoticeKind.RETURN_CANCELLED, {"rma_id": row.rma_id}, cause=f"cancelled:{return_id}", return_id=return_id
    )
