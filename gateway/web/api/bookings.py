"""Bookings: one return's shipment at the carrier. Asked for here, made by a job, and said honestly while nobody knows."""

from gateway.journeys import asking, renewing, verdicts
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.returns import open_by_hand
from gateway.web.api.waiting import deadline_told
from gateway.web.asked import AskedBooking, AskedRenewal, FreshBooking, SaidNumber, SaidReason
from gateway.web.endpoint import Answer, Call
from gateway.web.problems import FieldError, Problem
from gateway.web.told import AgreedTold, AttemptTold, BookingTold
from schemas.acceptance import Clock
from schemas.shipments import ShipmentState
from schemas.values import Money


def state_of(shipment: Record, attempts: list[Record]) -> str:
    """What may honestly be said: while an attempt is unknown, nothing else is. A renewal leaves the booking what it is."""
    if any(attempt.state == "unknown" for attempt in attempts if attempt.kind != "renewal"):
        return "being_checked"
    if shipment.state == ShipmentState.ACTION_REQUIRED:
        return "refused"
    if shipment.cancel_asked_at is not None and shipment.state in (ShipmentState.REQUESTED, ShipmentState.BOOKED):
        return "cancelling"
    return "pending" if shipment.state == ShipmentState.REQUESTED else str(shipment.state)


async def attempts_of(tx: Desk, shipment: Record) -> list[Record]:
    """Tries to book it, to void what was booked, and to renew it: each in order."""
    tries: dict[str, list[Record]] = {"booking": [], "void": [], "renewal": []}
    ours = {shipment.id}
    for row in await tx.attempts.of_return(shipment.return_id):
        if row.kind in tries and row.subject_id in ours:
            tries[row.kind].append(row)
            ours.add(row.id)
    return [row for rows in tries.values() for row in rows]


def attempt_told(row: Record) -> AttemptTold:
    return AttemptTold(
        id=row.id,
        kind=row.kind,
        number=row.number,
        client_ref=row.client_ref,
        state=row.state,
        waybill=row.waybill,
        reason=row.reason,
        wire_code=row.wire_code,
        wire_text=row.wire_text,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        look_ups=row.look_ups,
        next_look_at=row.due_at if row.state in ("unknown", "absent") else None,
    )


async def told(tx: Desk, shipment: Record) -> BookingTold:
    attempts = await attempts_of(tx, shipment)
    documents = await tx.documents.of_return(shipment.return_id)
    limits = [one for one in await tx.deadlines.of_return(shipment.return_id) if one.shipment_id in (None, shipment.id)]
    clock = next((one for one in limits if one.clock == Clock.HAND_OVER), None)
    return BookingTold(
        id=shipment.id,
        return_id=shipment.return_id,
        carrier=shipment.carrier,
        service=shipment.request.service,
        state=state_of(shipment, attempts),
        waybill=shipment.waybill,
        reason=shipment.reason,
        booked_at=shipment.booked_at,
        hand_over_by=clock.due_by if clock else None,
        promised_at=shipment.promised_at,
        deadlines=tuple(deadline_told(one, tx.now) for one in limits),
        label_document_ids=tuple(row.id for row in documents if row.kind == "label"),
        attempts=tuple(map(attempt_told, attempts)),
        agreed=tuple(_agreed(row) for row in await tx.accruals.of_shipment(shipment.id) if row.minor),
    )


def _agreed(row: Record) -> AgreedTold:
    money = Money.from_minor(row.minor, row.currency)
    return AgreedTold(type=row.type, money=money, basis=row.basis, tariff_id=row.tariff_id)


async def create_booking(call: Call) -> Answer:
    if isinstance(call.body, AskedBooking):
        day = call.body.collect_on
        shipment = await call.tx.shipments.get(await asking.book_now(call.tx, call.body.return_id))
    else:
        day = call.asked(FreshBooking).collect_on
        row = await open_by_hand(call.tx, call.asked(FreshBooking))
        planned = await call.tx.shipments.of_return(row.id)
        if not planned:
            asked = await call.tx.tasks.of_return(row.id)
            why = next((task.detail for task in asked if task.kind == row.review), "")
            raise Problem("carrier-rejected", errors=[FieldError("", str(row.review), why[:200])])
        shipment = planned[0]
    if day is not None:
        await asking.collect_on(call.tx, shipment.id, day)
    return Answer(await told(call.tx, shipment), {"Location": f"/v1/bookings/{shipment.id}"})


async def get_booking(call: Call) -> Answer:
    return Answer(await told(call.tx, await call.tx.shipments.get(call.id("shp"))))


async def void_booking(call: Call) -> Answer:
    shipment_id = call.id("shp")
    await asking.void_shipment(call.tx, shipment_id)
    return Answer(await told(call.tx, await call.tx.shipments.get(shipment_id)))


async def renew_booking(call: Call) -> Answer:
    """More time for an authorisation that was not used in time. Until when, the carrier says: `hand_over_by`, afterwards."""
    shipment_id = call.id("shp")
    await renewing.renew(call.tx, shipment_id, call.asked(AskedRenewal).days)
    return Answer(await told(call.tx, await call.tx.shipments.get(shipment_id)))


async def release_booking(call: Call) -> Answer:
    """Let a live booking go that the carrier cannot void, with the reason."""
    shipment_id = call.id("shp")
    await verdicts.release(call.tx, shipment_id, call.asked(SaidReason).reason)
    return Answer(await told(call.tx, await call.tx.shipments.get(shipment_id)))


async def say_exists(call: Call) -> Answer:
    """A person knows: it exists at the carrier, under this number."""
    attempt_id = call.id("att")
    await verdicts.exists(call.tx, attempt_id, call.asked(SaidNumber).number)
    return Answer(attempt_told(await call.tx.attempts.get(attempt_id)))


async def say_absent(call: Call) -> Answer:
    """A person knows: it does not exist there. What was wanted is tried again."""
    attempt_id = call.id("att")
    await verdicts.absent(call.tx, attempt_id)
    return Answer(attempt_told(await call.tx.attempts.get(attempt_id)))
