"""What Chronopost's tracking service says: events, the proof of delivery, and what stands under one of our references."""

from collections.abc import Mapping, Sequence

from adapters.carriers.chronopost import codes
from adapters.carriers.chronopost.mapping import (
    LANGUAGE,
    Credentials,
    decoded,
    error_code,
    instant,
    read_failure,
    result_of,
    said,
)
from adapters.toolkit import xml
from schemas.errors import RefusalCode, Refused, Unintelligible
from schemas.shipments import Booking, BookingState, FoundBooking
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Place, Waybill, tidy


def build_tracking(waybill: str) -> dict[str, str]:
    """Arguments of `trackSkybillV2`: open to everybody, one number a call."""
    return {"language": LANGUAGE, "skybillNumber": waybill}


def build_numbered(waybill: str, credentials: Credentials) -> dict[str, str]:
    """The arguments that `cancelSkybill` and `searchPOD` share."""
    return {**_account(credentials), "skybillNumber": waybill}


def build_find(reference: str, credentials: Credentials) -> dict[str, str]:
    """Arguments of `trackWithSenderRef`."""
    return {**_account(credentials), "sendersRef": reference}


def _account(credentials: Credentials) -> dict[str, str]:
    return {"accountNumber": credentials.account_number, "password": credentials.secret, "language": LANGUAGE}


def read_tracking(body: xml.Element) -> TrackingReport:
    """Of `trackSkybillV2`. A number without events is not said to be unknown: new ones have none for ten minutes."""
    result = result_of(body, "trackSkybill")
    code = error_code(result)
    if code != "0":
        raise read_failure(code, said(result), codes.TRACKING_REFUSALS)
    history = xml.child(result, "listEventInfoComp")
    scans = _scans(history)
    if not scans:
        return TrackingReport()
    waybill = Waybill(tidy(xml.required(history, "skybillNumber"), 100))
    return TrackingReport(events=tuple(_event(scan, waybill) for scan in scans))


def _scans(history: xml.Element | None) -> list[xml.Element]:
    """The events that say anything; the list may hold empty ones (xsi:nil)."""
    return [] if history is None else [scan for scan in xml.children(history, "events") if len(scan)]


def _event(scan: xml.Element, waybill: Waybill) -> TrackingEvent:
    code = tidy(xml.text(scan, "code") or "", 50)
    stamp = xml.text(scan, "eventDate")
    at, stated = instant(stamp)
    zone = ZoneSource.STATED if stated else ZoneSource.ASSUMED
    return TrackingEvent(
        waybill=waybill,
        status=codes.EVENTS.get(code, TrackingStatus.UNKNOWN),
        occurred_at=at,
        zone=zone,
        place=_place(scan),
        wire_code=code,
        wire_text=tidy(xml.text(scan, "eventLabel") or ""),
        reason=codes.REASONS.get(code),
        wire_time=None if stated or stamp is None else tidy(stamp, 50),
    )


def _place(scan: xml.Element) -> Place | None:
    """The office as the carrier names it; its postal code is the office's too."""
    office = tidy(xml.text(scan, "officeLabel") or "")
    postal = tidy(xml.text(scan, "zipCode") or "", 16)
    city = office if office and office not in codes.NOT_PLACES else None
    return Place(city=city, postal_code=postal or None) if city or postal else None


def read_found(body: xml.Element) -> Sequence[FoundBooking]:
    """Of `trackWithSenderRef`: one match per number. Void where the sender's cancellation is among its events.

    Any error code is raised, never read as "absent".
    """
    result = result_of(body, "trackWithSenderRef")
    code = error_code(result)
    if code != "0":
        raise read_failure(code, said(result), codes.TRACKING_REFUSALS)
    parcels = [parcel for parcel in xml.children(result, "listParcel") if len(parcel)]
    return [_found(parcel) for parcel in parcels]


def _found(parcel: xml.Element) -> FoundBooking:
    waybill = Waybill(tidy(xml.required(parcel, "skybillNumber"), 100))
    events = [_event(scan, waybill) for scan in _scans(parcel)]
    void = any(event.status is TrackingStatus.CANCELLED for event in events)
    state = BookingState.VOID if void else BookingState.LIVE
    times = [event.occurred_at for event in events if event.occurred_at is not None]
    return FoundBooking(
        booking=Booking(waybill=waybill, parcels=(waybill,), state=state), created_at=min(times, default=None)
    )


def with_parcels(found: FoundBooking, others: Sequence[FoundBooking]) -> FoundBooking:
    """The booking with the numbers of its further parcels, each found under a reference of its own."""
    numbers = (*found.booking.parcels, *(other.booking.waybill for other in others))
    return found.model_copy(update={"booking": found.booking.model_copy(update={"parcels": numbers})})


def read_proof(body: xml.Element) -> ProofOfDelivery:
    """Of `searchPOD` (manual, 2.6.2.b), which does not repeat the number: the waybill is left empty for the caller."""
    result = result_of(body, "searchPOD")
    code = error_code(result)
    if code != "0":
        raise read_failure(code, said(result), codes.TRACKING_REFUSALS)
    content = xml.text(result, "pod")
    if content is None:
        status = tidy(xml.text(result, "statusCode") or "", 20)
        because = codes.PROOF_ABSENT.get(status, "no proof of delivery")
        raise Refused(because, code=RefusalCode.NOT_FOUND, wire_code=status or None, wire_text=said(result))
    file = decoded(content)
    return ProofOfDelivery(waybill=Waybill(""), media_type=_type_of(file, codes.PROOF_TYPES), content=file)


def _type_of(file: bytes, types: Mapping[bytes, str]) -> str:
    found = next((kind for start, kind in types.items() if file.startswith(start)), None)
    if found is None:
        raise Unintelligible("a proof of delivery of no format known here")
    return found
