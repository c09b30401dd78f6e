"""Bookings, voids, quotes and pickups, as the sandbox carrier answers them. Pure."""

import base64
from collections.abc import Sequence

from adapters.carriers.sandbox_rest import codes
from adapters.carriers.sandbox_rest.mapping import Wire, Word, foreign, listed, number_of, said, stated_instant, word_of
from adapters.toolkit.http import Reply
from schemas.charges import Charge, ChargeType, Quote
from schemas.errors import Unintelligible
from schemas.shipments import (
    Booking,
    BookingState,
    FoundBooking,
    Label,
    Pickup,
    RefundState,
    Renewal,
    VoidReceipt,
)
from schemas.values import Money, Waybill


class WireMoney(Wire):
    amount: Word
    currency: Word


class WireCharge(WireMoney):
    code: Word
    text: Word = ""


class WireLabel(Wire):
    format: Word
    data: str
    piece: Word | None = None


class WireBooking(Wire):
    waybill: Word
    reference: Word | None = None
    state: Word
    booked_at: str | None = None
    hand_over_by: str | None = None
    pieces: tuple[Word, ...] = ()
    charges: tuple[WireCharge, ...] = ()
    labels: tuple[WireLabel, ...] = ()


class WireQuote(Wire):
    service: Word
    charges: list[WireCharge]
    total: WireMoney | None = None


class WirePickup(Wire):
    confirmation: Word
    reference: Word | None = None
    ready_at: str | None = None
    close_at: str | None = None


@foreign
def read_booking(reply: Reply) -> Booking:
    return _booking(WireBooking.model_validate(said(reply)))


@foreign
def read_found(reply: Reply) -> Sequence[FoundBooking]:
    found = [WireBooking.model_validate(one) for one in listed(said(reply), "bookings")]
    return tuple(FoundBooking(booking=_booking(one), created_at=stated_instant(one.booked_at)) for one in found)


def _booking(wire: WireBooking) -> Booking:
    return Booking(
        waybill=number_of(wire.waybill),
        parcels=tuple(number_of(piece) for piece in wire.pieces),
        labels=tuple(_label(label) for label in wire.labels if label.format in codes.LABEL_FORMATS),
        echoed_ref=wire.reference,
        state=codes.STATES.get(wire.state, BookingState.UNKNOWN),
        charges=tuple(_charge(charge) for charge in wire.charges),
        hand_over_by=stated_instant(wire.hand_over_by),
    )


def _label(wire: WireLabel) -> Label:
    content = base64.b64decode(wire.data, validate=True)
    return Label(
        format=codes.LABEL_FORMATS[wire.format],
        content=content,
        waybill=Waybill(wire.piece) if wire.piece else None,
    )


def _charge(wire: WireCharge) -> Charge:
    return Charge(
        type=codes.CHARGES.get(wire.code, ChargeType.UNKNOWN),
        money=Money.of(wire.amount, wire.currency),
        wire_code=wire.code,
        wire_text=wire.text,
    )


@foreign
def read_void(reply: Reply) -> VoidReceipt:
    """Of a booking or a pickup. An outcome that we do not know is Unintelligible: it may still be live."""
    body = said(reply)
    outcome, refund = word_of(body.get("outcome", "")), body.get("refund")
    if outcome not in codes.VOIDS:
        raise Unintelligible("no known outcome of the void")
    return VoidReceipt(
        outcome=codes.VOIDS[outcome],
        refund=codes.REFUNDS.get(str(refund), RefundState.NOT_APPLICABLE),
        wire_code=outcome,
    )


@foreign
def read_renewal(reply: Reply) -> Renewal:
    """An answer without a limit is Unintelligible: nothing else says until when it is good."""
    body = said(reply)
    until = stated_instant(word_of(body.get("hand_over_by", "")))
    if until is None:
        raise Unintelligible("no limit in the reply to a renewal")
    return Renewal(hand_over_by=until, renewed=body.get("renewed") is True)


@foreign
def read_quotes(reply: Reply) -> Sequence[Quote]:
    quotes = [WireQuote.model_validate(one) for one in listed(said(reply), "quotes")]
    return tuple(
        Quote(
            service=one.service,
            charges=tuple(_charge(charge) for charge in one.charges),
            total=Money.of(one.total.amount, one.total.currency) if one.total else None,
        )
        for one in quotes
    )


@foreign
def read_pickup(reply: Reply) -> Pickup:
    return _pickup(WirePickup.model_validate(said(reply)))


@foreign
def read_pickups(reply: Reply) -> Sequence[Pickup]:
    return tuple(_pickup(WirePickup.model_validate(one)) for one in listed(said(reply), "pickups"))


def _pickup(wire: WirePickup) -> Pickup:
    return Pickup(
        confirmation=wire.confirmation,
        ready_at=stated_instant(wire.ready_at),
        close_at=stated_instant(wire.close_at),
        echoed_ref=wire.reference,
    )
