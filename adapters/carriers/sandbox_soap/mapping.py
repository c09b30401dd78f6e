"""What the sandbox carrier's SOAP service answers, in our models. Pure."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from adapters.carriers.sandbox_soap import codes
from adapters.toolkit import xml
from adapters.toolkit.soap import fault_text
from schemas.charges import Charge, ChargeType
from schemas.errors import AdapterError, CredentialsRejected, Refused, Unintelligible
from schemas.shipments import Booking, BookingState, FoundBooking, Label, Pickup, VoidReceipt
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Money, Place, Waybill, tidy

Given = ParamSpec("Given")
Read = TypeVar("Read")


def of(
    name: str,
) -> Callable[[Callable[Concatenate[xml.Element, Given], Read]], Callable[Concatenate[xml.Element, Given], Read]]:
    """A reader of one reply element, which lets nothing out but AdapterError."""

    def guard(read: Callable[Concatenate[xml.Element, Given], Read]) -> Callable[Concatenate[xml.Element, Given], Read]:
        @wraps(read)
        def careful(body: xml.Element, /, *args: Given.args, **kwargs: Given.kwargs) -> Read:
            if xml.name_of(body) != name:
                raise Unintelligible(f"not a {name}")
            try:
                return read(body, *args, **kwargs)
            except (ValueError, OverflowError) as error:
                raise Unintelligible(f"{name}: not of the documented form") from error

        return careful

    return guard


def read_fault(fault: xml.Element) -> AdapterError | None:
    """What a Fault's own code means; None for one that stands in no table."""
    code = tidy(xml.text(fault, "detail", "Error", "Code") or "", 100)
    if code in codes.SHUT:
        return CredentialsRejected("the account is not let in", wire_code=code)
    if code not in codes.REFUSALS:
        return None
    field = xml.text(fault, "detail", "Error", "Field")
    return Refused(
        code=codes.REFUSALS[code], wire_code=code, wire_text=fault_text(fault), field=tidy(field) if field else None
    )


@of("CreateShipmentReply")
def read_booking(body: xml.Element) -> Booking:
    shipment = xml.child(body, "Shipment")
    if shipment is None:
        raise Unintelligible("no shipment in the reply")
    return _booking(shipment)


def _booking(shipment: xml.Element) -> Booking:
    return Booking(
        waybill=_waybill(shipment, "Waybill"),
        parcels=tuple(Waybill(tidy(piece.text or "")) for piece in xml.children(shipment, "Piece")),
        label_pending=True,
        echoed_ref=_text(shipment, "Reference"),
        state=codes.STATES.get(xml.required(shipment, "Status"), BookingState.UNKNOWN),
        charges=tuple(_charge(charge) for charge in xml.children(shipment, "Charge")),
    )


def _charge(charge: xml.Element) -> Charge:
    code = tidy(xml.required(charge, "Code"))
    return Charge(
        type=codes.CHARGES.get(code, ChargeType.UNKNOWN),
        money=Money.of(xml.required(charge, "Amount"), xml.required(charge, "Currency")),
        wire_code=code,
        wire_text=_text(charge, "Text"),
    )


def _text(element: xml.Element, *path: str) -> str | None:
    found = xml.text(element, *path)
    return tidy(found) if found else None


def _waybill(element: xml.Element, *path: str) -> Waybill:
    return Waybill(tidy(xml.required(element, *path)))


@of("FindShipmentsReply")
def read_found(body: xml.Element) -> Sequence[FoundBooking]:
    return _found(body)


@of("ListShipmentsReply")
def read_listed(body: xml.Element) -> Sequence[FoundBooking]:
    return _found(body)


def _found(body: xml.Element) -> Sequence[FoundBooking]:
    return tuple(
        FoundBooking(booking=_booking(one), created_at=_stated(xml.text(one, "BookedAt")))
        for one in xml.children(body, "Shipment")
    )


def _stated(text: str | None) -> datetime | None:
    moment = _moment(text)
    return moment if moment is not None and moment.tzinfo is not None else None


def _moment(text: str | None) -> datetime | None:
    """ISO 8601, with or without offset; None where it is no time, or none that can be said in UTC."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment if moment is None or moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@of("CancelShipmentReply")
def read_void(body: xml.Element) -> VoidReceipt:
    return _void(body)


@of("CancelPickupReply")
def read_pickup_void(body: xml.Element) -> VoidReceipt:
    return _void(body)


def _void(body: xml.Element) -> VoidReceipt:
    """An outcome that we do not know is Unintelligible: it may still be live."""
    said = xml.required(body, "Outcome")
    if said not in codes.VOIDS:
        raise Unintelligible("no known outcome of the void")
    outcome = codes.VOIDS[said]
    return VoidReceipt(outcome=outcome, refund=codes.REFUNDS[outcome], wire_code=said)


@of("GetLabelReply")
def read_labels(body: xml.Element) -> Sequence[Label]:
    """Formats we do not know are left out; none at all is Unintelligible."""
    known = [one for one in xml.children(body, "Label") if xml.text(one, "Format") in codes.LABEL_FORMATS]
    if not known:
        raise Unintelligible("no label in the reply")
    return tuple(
        Label(
            format=codes.LABEL_FORMATS[xml.required(one, "Format")],
            content=base64.b64decode(xml.required(one, "Data"), validate=True),
            waybill=_waybill(one, "Piece"),
        )
        for one in known
    )


@of("TrackShipmentsReply")
def read_report(body: xml.Element, zone: str = "UTC") -> TrackingReport:
    """`zone` is the account's: assumed where the country does not say."""
    events: list[TrackingEvent] = []
    for shipment in xml.children(body, "Shipment"):
        if told := [xml.leaves(event) for event in xml.children(shipment, "Event")]:
            waybill = _waybill(shipment, "Waybill")
            events += [_event(one, waybill, zone) for one in told]
    unknown = tuple(Waybill(tidy(one.text)) for one in xml.children(body, "Unknown") if one.text)
    return TrackingReport(events=tuple(events), not_found=unknown)


def _event(told: dict[str, str], waybill: Waybill, zone: str) -> TrackingEvent:
    said = {name: tidy(text) for name, text in told.items() if text}
    code, stamp = said.get("Code"), said.get("LocalTime")
    if code is None:
        raise Unintelligible("no Code in the reply")
    city, country = said.get("City"), said.get("Country")
    at, source = _local(stamp, codes.ZONES.get(country or ""), zone)
    return TrackingEvent(
        waybill=waybill,
        status=codes.TRACKING.get(code, TrackingStatus.UNKNOWN),
        occurred_at=at,
        zone=source,
        place=Place(city=city, country=country) if country or city else None,
        wire_code=code,
        wire_text=said.get("Text", ""),
        reason=codes.REASONS.get(code),
        event_id=said.get("Id"),
        piece=said.get("Piece"),
        wire_time=stamp if source is not ZoneSource.STATED else None,
    )


def _local(stamp: str | None, place_zone: str | None, zone: str) -> tuple[datetime | None, ZoneSource]:
    """A local time by the place's zone, else by the account's. An hour that a clock change repeats is its first."""
    moment = _moment(stamp)
    if moment is None or not 1 < moment.year < 9999:  # at the ends of time a zone leads out of it
        return None, ZoneSource.ASSUMED
    if moment.tzinfo is not None:
        return moment, ZoneSource.STATED
    source = ZoneSource.PLACE if place_zone else ZoneSource.ASSUMED
    return moment.replace(tzinfo=ZoneInfo(place_zone or zone)).astimezone(UTC), source


@of("BookPickupReply")
def read_pickup(body: xml.Element) -> Pickup:
    pickup = xml.child(body, "Pickup")
    if pickup is None:
        raise Unintelligible("no pickup in the reply")
    return _pickup(pickup)


@of("FindPickupsReply")
def read_pickups(body: xml.Element) -> Sequence[Pickup]:
    return tuple(_pickup(one) for one in xml.children(body, "Pickup"))


def _pickup(pickup: xml.Element) -> Pickup:
    return Pickup(
        confirmation=tidy(xml.required(pickup, "Confirmation"), 100),
        ready_at=_stated(xml.text(pickup, "Ready")),
        close_at=_stated(xml.text(pickup, "Close")),
        echoed_ref=_text(pickup, "Reference"),
    )
