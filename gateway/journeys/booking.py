"""A planned shipment at the carrier: booked once, voided when it is to be stopped, its label kept.

The `Book` job brings the carrier's side in line with what is wanted: it books what is planned and voids what is cancelled,
one creating call a turn. A turn that finds an attempt still `sending` was cut off, and hands it to the look-up.
"""

import json
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta

from adapters import registry
from adapters.seam import Carrier, FindsBookings, FindsByDay, VoidsBookings
from gateway.core import PAUSED_WAIT, Gateway
from gateway.crash import crash
from gateway.journeys import attempts, following, labels, planning, pricing, quoting, tracking, voiding
from gateway.journeys.attempts import Act, Dead, Found, NotYet
from gateway.journeys.notices import announce, platform_note
from gateway.journeys.reckoning import Reckoned
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.types import read, written
from gateway.store.work import Job
from schemas.errors import Refused
from schemas.messages import NoticeKind
from schemas.shipments import (
    Booking,
    BookingRequest,
    BookingState,
    FoundBooking,
    ShipmentState,
)
from schemas.tracking import TrackingStatus

DOUBT = timedelta(days=1)
"""After a restore, from when an account is opened again: how long returns that come in are looked up before they are booked.
Platforms have told again by then."""
FIRST_LOOK = timedelta(hours=1)
"""A fresh label has no scans to tell of."""


async def book_shipment(gw: Gateway, job: Job) -> None:
    """One turn of a shipment: read what is wanted, make at most one creating call, write what came of it. What was
    booked without a price has one turn more, which asks the carrier for it."""
    async with gw.store.transaction(job.exporter_id) as tx:
        shipment = await tx.claim(job)
        if shipment is None:
            return
        account = await tx.accounts.get(shipment.account_id)
        for_price = await quoting.is_wanted(gw, tx, shipment, account)
        planned = None if for_price else await _next_call(gw, tx, shipment, account)
        turn_ends = gw.turn_ends(registry.carrier(account.carrier).profile.total_seconds, tx.now)
    if for_price:
        await quoting.ask(gw, job, shipment, account, turn_ends)
    if planned is None:
        return
    act, attempt = planned
    outcome = await attempts.carry_out(gw, act, account, attempt, turn_ends)
    crash(f"{act.kind}.before_commit")
    async with gw.store.transaction(job.exporter_id) as tx:
        await tx.returns.get(shipment.return_id, lock=True)  # before the shipment, as whoever stops a return does
        stands = await tx.shipments.get(shipment.id, lock=True)
        again = await attempts.conclude(tx, act, attempt.id, outcome, tries=shipment.tries)
        if act is BOOKING and (stands.cancel_asked_at or _is_unpriced(shipment, outcome.result)):
            again = again or tx.now  # asked to stop while it was under way; or to be priced
        await tx.settle("book", shipment, due_at=again, tries=shipment.tries if again else 0)
    crash(f"{act.kind}.after_commit")


def _is_unpriced(shipment: Record, booked: Booking | None) -> bool:
    return booked is not None and quoting.lacks_price(shipment.carrier, booked)


async def _next_call(gw: Gateway, tx: Desk, shipment: Record, account: Record) -> tuple[Act, Record] | None:
    """The creating call that is due, its intent written down; None where this turn is over already."""
    holder = await tx.attempts.holder("booking", shipment.id)
    if holder is not None and holder.state == "sending":
        await attempts.mark_unknown(tx, BOOKING, holder, None)
        await tx.settle("book", shipment)
        return None
    if holder is not None and holder.state == "unknown":
        await tx.settle("book", shipment)  # resolving it wakes this row again
        return None
    if account.paused or gw.settings.carriers_paused:
        await tx.settle("book", shipment, due_at=tx.now + PAUSED_WAIT, tries=shipment.tries)
        return None
    if await attempts.wait_for_lane(gw, tx, "book", shipment, account):
        return None
    if shipment.cancel_asked_at is not None:
        return await _next_void(tx, shipment, account, holder)
    if holder is not None or shipment.state != ShipmentState.REQUESTED:
        await tx.settle("book", shipment)
        return None
    if await planning.held_back(tx, shipment):
        await tx.settle("book", shipment)
        return None
    if account.doubted_until is not None and await _may_be_booked(tx, shipment, account):
        await doubt(tx, shipment, account)
        await tx.settle("book", shipment)
        return None
    return BOOKING, await _intend(tx, shipment, account)


async def _may_be_booked(tx: Desk, shipment: Record, account: Record) -> bool:
    """Whether what this database was before it was restored may have booked it already: nobody has asked since it was opened
    again, by a booking or a look-up."""
    opened_at, tried = account.doubted_until - DOUBT, await tx.attempts.of_subject("booking", shipment.id)
    if tried and max(tried[-1].sent_at, tried[-1].settled_at or tried[-1].sent_at) >= opened_at:
        return False
    row = await tx.returns.get(shipment.return_id)
    return bool((row.version_at or row.created_at) < account.doubted_until)


async def doubt(tx: Desk, shipment: Record, account: Record) -> None:
    """Look a shipment up at the carrier, as if it had been sent, before it is booked."""
    await attempts.mark_unknown(tx, BOOKING, await _intend(tx, shipment, account), None)


async def _intend(tx: Desk, shipment: Record, account: Record) -> Record:
    """Write down the intent to book a shipment, under the reference of its next attempt."""
    return await attempts.begin(
        tx,
        BOOKING,
        shipment.id,
        account,
        lambda ref: _request(shipment, ref, tx.now),
        first=shipment.request.client_ref,
        return_id=shipment.return_id,
    )


async def _next_void(tx: Desk, shipment: Record, account: Record, holder: Record | None) -> tuple[Act, Record] | None:
    if holder is None:
        await voiding.cancelled(tx, shipment)
        await tx.settle("book", shipment)
        return None
    stopping = await tx.attempts.holder("void", holder.id)
    if stopping is not None:
        if stopping.state == "sending":
            await attempts.mark_unknown(tx, voiding.VOID, stopping, None)
        await tx.settle("book", shipment)
        return None
    if shipment.handed_over_at is not None or not issubclass(registry.carrier(account.carrier), VoidsBookings):
        why = "scanned_already" if shipment.handed_over_at else "takes_no_void"
        await tx.tasks.ask("void_by_hand", f"void:{holder.id}", Detail.of(why), shipment.return_id)
        await tx.settle("book", shipment)
        return None
    said = json.dumps({"waybill": holder.waybill})
    first, chain = client_ref(f"void:{holder.id}", 1), shipment.return_id
    return voiding.VOID, await attempts.begin(
        tx, voiding.VOID, holder.id, account, lambda _: said, first=first, return_id=chain
    )


def _request(shipment: Record, reference: str, now: datetime) -> str:
    request: BookingRequest = shipment.request
    ship_on = max(request.ship_on, now.date())
    if (reference, ship_on) != (request.client_ref, request.ship_on):
        request = request.model_copy(update={"client_ref": reference, "ship_on": ship_on})
    return written(request)


async def _send_booking(carrier: Carrier, attempt: Record) -> Booking:
    return await carrier.book(read(BookingRequest, attempt.request))


async def _vet_booking(tx: Desk, attempt: Record, booking: Booking) -> None:
    """A 2xx is a booking only if it is live, ours, and its waybill is nobody else's (fault-matrix rule 5)."""
    if booking.state is not BookingState.LIVE:
        ours = booking.state is BookingState.VOID and booking.echoed_ref == attempt.client_ref
        raise (Dead if ours else NotYet)(f"the carrier answered with a booking that is {booking.state}")
    if booking.echoed_ref is not None and booking.echoed_ref != attempt.client_ref:
        raise NotYet("the carrier answered with another reference than ours")
    other = await tx.attempts.live_by_waybill(attempt.carrier, booking.waybill)
    if other is not None and other.id != attempt.id:
        raise NotYet("the carrier answered with the waybill of another booking")


async def _booked(tx: Desk, attempt: Record, booking: Booking) -> None:
    shipment = await tx.shipments.get(attempt.subject_id, lock=True)
    row = await tx.returns.get(shipment.return_id)
    first = tx.now + FIRST_LOOK
    heard = await _begin(tx, attempt, shipment, booking, first)
    tx.note("shipment.booked", shipment.id, chain=shipment.return_id, after={"waybill": booking.waybill})
    await tracking.return_stands(tx, shipment.return_id)
    numbers = [("client_ref", attempt.client_ref), *(("waybill", one) for one in {booking.waybill, *booking.parcels})]
    await tx.returns.known_as(shipment.return_id, numbers)
    await tx.inbox.take_up(shipment.carrier, {canonical_number(number) for _, number in numbers})
    label_id = await labels.keep_labels(tx, shipment, booking)
    await pricing.accrue(tx, shipment, attempt, booking)
    await following.start_hand_over(tx, shipment, booking.hand_over_by)
    await following.keep_promise(tx, shipment, booking.promised_on)
    if heard is not None:
        await following.follow(tx, shipment, heard.standing)
    await tx.wake("poll", shipment.account_id, first, only_earlier=True)
    if shipment.cancel_asked_at is not None or quoting.lacks_price(shipment.carrier, booking):
        await tx.wake("book", shipment.id)
    await announce(
        tx,
        NoticeKind.BOOKING_CONFIRMED,
        {
            "shipment_id": shipment.id,
            "carrier": shipment.carrier,
            "waybill": booking.waybill,
            "label_document_id": label_id,
            "platform": platform_note(row.authorization, shipment.carrier, booking.waybill, None),
        },
        cause=f"booked:{attempt.id}",
        return_id=shipment.return_id,
        source_id=row.source_id,
    )


async def _begin(
    tx: Desk, attempt: Record, shipment: Record, booking: Booking, first_look: datetime
) -> Reckoned | None:
    """The shipment stands for this booking, and for none before it. Where it stands, if it was heard of already: before the
    carrier's answer came, or while another booking of it stood."""
    begins = {"state": ShipmentState.BOOKED, "status": TrackingStatus.ANNOUNCED}
    await tx.shipments.set(
        shipment.id,
        **begins,
        waybill=booking.waybill,
        client_ref=attempt.client_ref,
        booked_at=tx.now,
        heard_at=tx.now,
        handed_over_at=None,
        delivered_at=None,
        promised_at=None,
        reason=None,
    )
    await tx.looks.begin(shipment, **begins, waybill=booking.waybill, poll_at=first_look)
    if shipment.status == TrackingStatus.ANNOUNCED:
        return None
    return await tracking.stand_by_events(tx, await tx.shipments.get(shipment.id))


async def _booking_refused(tx: Desk, attempt: Record, error: Refused) -> None:
    await tx.shipments.set(attempt.subject_id, state=ShipmentState.ACTION_REQUIRED, reason=error.code)
    await tx.tasks.ask(
        "booking_refused",
        f"attempt:{attempt.id}",
        Detail.of("refused", refusal=error.code, words=error),
        attempt.return_id,
    )
    await announce(
        tx,
        NoticeKind.BOOKING_REFUSED,
        {
            "shipment_id": attempt.subject_id,
            "carrier": attempt.carrier,
            "reason": error.code,
            "wire_code": error.wire_code,
            "wire_text": error.wire_text,
        },
        cause=f"refused:{attempt.id}",
        return_id=attempt.return_id,
    )


async def _booking_unknown(tx: Desk, attempt: Record) -> None:
    await announce(
        tx,
        NoticeKind.BOOKING_OUTCOME_UNKNOWN,
        {"shipment_id": attempt.subject_id, "carrier": attempt.carrier, "client_ref": attempt.client_ref},
        cause=f"unknown:{attempt.id}",
        return_id=attempt.return_id,
    )


def _look_up(carrier: Carrier, attempt: Record) -> Awaitable[Sequence[Found]] | None:
    if isinstance(carrier, FindsBookings):
        return _found(carrier.find_bookings(attempt.client_ref))
    if isinstance(carrier, FindsByDay):
        return _found(carrier.find_bookings_sent(attempt.client_ref, attempt.sent_at))
    return None


async def _found(looking: Awaitable[Sequence[FoundBooking]]) -> Sequence[Found]:
    return [
        Found(one.booking, one.booking.state is BookingState.LIVE, dead=one.booking.state is BookingState.VOID)
        for one in await looking
    ]


BOOKING = Act(
    kind="booking",
    job="book",
    send=_send_booking,
    vet=_vet_booking,
    accepted=_booked,
    refused=_booking_refused,
    unknown=_booking_unknown,
    look_up=_look_up,
    kept=lambda booking: {"waybill": booking.waybill, "handle": booking.handle},
)
