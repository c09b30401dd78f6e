"""Scans: shipment-level and piece-level lists of one answer, told apart and put together.

DHL writes date, time and offset as three strings. `GET /tracking` cannot ask for the offset, so mostly there is none, and
the service area of the scan gives the zone. A piece repeats the shipment's scans: those are read once.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.carriers.dhl_express.codes import COUNTRY_NAMES, REASONS, TRACKING
from adapters.carriers.dhl_express.mapping import (
    decoded,
    items,
    local,
    offset_of,
    open_reply,
    read_problem,
    stamp,
    word,
    zone_of,
)
from adapters.toolkit.http import Reply
from schemas.errors import Unintelligible
from schemas.iso import COUNTRIES, HINTS
from schemas.shipments import Booking, FoundBooking
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import ClientRef, Place, Waybill

Parameters = tuple[tuple[str, str], ...]
ABSENT = re.compile(r"(?i)^no\b|not found")
"""A shipment's own `status` where it is not known; else it is `Success`."""
PROOFS = {"PDF": "application/pdf", "PNG": "image/png", "TIFF": "image/tiff", "JPEG": "image/jpeg", "GIF": "image/gif"}


def build_tracking(waybills: Sequence[Waybill]) -> Parameters:
    """The query of `GET /tracking` for up to 200 waybills."""
    asked = tuple(("shipmentTrackingNumber", str(waybill)) for waybill in waybills)
    return (*asked, ("trackingView", "all-checkpoints"), ("levelOfDetail", "all"))


def build_search(client_ref: ClientRef, account: str, view: str) -> Parameters:
    """The query of `GET /tracking` by our reference. No date range: an adapter knows no clock, and it is marked optional."""
    return (
        ("shipmentReference", str(client_ref)),
        ("shipmentReferenceType", "CU"),
        ("shipperAccountNumber", account),
        ("trackingView", view),
        ("levelOfDetail", "all"),
    )


def read_tracking(reply: Reply, asked: Sequence[Waybill] = ()) -> TrackingReport:
    """All scans. Not found is what was asked and is not in the answer, and a shipment whose status says so.

    DHL answers 404 when it knows none of the waybills; its `instance` repeats them.
    """
    if reply.status == 404 and read_problem(reply):
        return TrackingReport(not_found=tuple(asked) or _asked_for(reply))
    shipments = _shipments(reply)
    events = tuple(event for number, part in shipments for event in _events(number, part))
    scanned = {event.waybill for event in events}
    fine = {number for number, part in shipments if not ABSENT.search(word(part.get("status")))}
    known = scanned | fine
    missing = [*asked, *(number for number, _ in shipments)]
    return TrackingReport(events=events, not_found=tuple(dict.fromkeys(n for n in missing if n not in known)))


def read_found(reply: Reply) -> tuple[FoundBooking, ...]:
    """Shipments under our reference: that they exist, not what their labels were. A 404 of DHL's own says there are none."""
    if reply.status == 404 and read_problem(reply):
        return ()
    return tuple(_found(number, part) for number, part in _shipments(reply))


def read_proof(reply: Reply, waybill: Waybill = Waybill("")) -> ProofOfDelivery:
    """The first document that can be decoded; the reply names neither the waybill nor the signatory."""
    body = open_reply(reply)
    if "documents" not in body:
        raise Unintelligible("no documents in the reply", wire_code=str(reply.status))
    for paper in items(body["documents"]):
        content = decoded(paper.get("content"))
        if content:
            form = word(paper.get("encodingFormat") or paper.get("format")).upper()
            return ProofOfDelivery(waybill=waybill, media_type=PROOFS.get(form), content=content)
    return ProofOfDelivery(waybill=waybill)


def _shipments(reply: Reply) -> list[tuple[Waybill, dict[str, Any]]]:
    body = open_reply(reply)
    if not isinstance(body.get("shipments"), (list, dict)):
        raise Unintelligible("no shipments in the reply", wire_code=str(reply.status))
    numbered = ((word(part.get("shipmentTrackingNumber")), part) for part in items(body["shipments"]))
    return [(Waybill(number), part) for number, part in numbered if number]


def _asked_for(reply: Reply) -> tuple[Waybill, ...]:
    try:
        query = parse_qs(urlsplit(word(reply.json().get("instance"), 8000)).query)
    except ValueError:
        return ()
    return tuple(Waybill(number) for number in query.get("shipmentTrackingNumber", []))


def _events(waybill: Waybill, shipment: dict[str, Any]) -> Iterator[TrackingEvent]:
    """The shipment's own list first; of each piece only what that list does not have."""
    whole = _distinct(shipment.get("events"))
    seen = {_key(event) for event in whole}
    yield from (_event(waybill, event, None) for event in whole)
    for piece in items(shipment.get("pieces")):
        number = word(piece.get("trackingNumber")) or word(piece.get("number")) or None
        own = (event for event in _distinct(piece.get("events")) if _key(event) not in seen)
        yield from (_event(waybill, event, number) for event in own)


def _distinct(events: object) -> list[dict[str, Any]]:
    """Without word-for-word repetitions; the same code at the same moment in other words is another message."""
    return list({(*_key(event), word(event.get("description"))): event for event in items(events)}.values())


def _key(event: dict[str, Any]) -> tuple[str, ...]:
    return (*(word(event.get(name)) for name in ("date", "time", "typeCode")), _area(event)[0])


def _area(event: dict[str, Any]) -> tuple[str, str]:
    area = next(iter(items(event.get("serviceArea"))), {})
    return word(area.get("code")).upper(), word(area.get("description"))


def _event(waybill: Waybill, event: dict[str, Any], piece: str | None) -> TrackingEvent:
    code = word(event.get("typeCode"))
    area, description = _area(event)
    place = read_place(area, description)
    written = " ".join(filter(None, (word(event.get(name), 40) for name in ("date", "time", "GMTOffset"))))
    moment = f"{word(event.get('date'), 40)}T{word(event.get('time'), 40)}"
    stated = offset_of(event.get("GMTOffset"))
    guessed = zone_of(area, place.country if place else None)
    parsed = stamp(moment)
    aware = parsed is not None and parsed.tzinfo is not None
    source = ZoneSource.STATED if parsed and (aware or stated) else ZoneSource.PLACE if guessed else ZoneSource.ASSUMED
    return TrackingEvent(
        waybill=waybill,
        status=TRACKING.get(code, TrackingStatus.UNKNOWN),
        occurred_at=local(moment, stated or guessed or offset_of("Z")),
        zone=source if parsed else ZoneSource.ASSUMED,
        place=place,
        wire_code=code,
        wire_text=word(event.get("description"), 500),
        reason=REASONS.get(code),
        piece=piece,
        wire_time=None if source is ZoneSource.STATED else written or None,
    )


def read_place(area: str, description: str) -> Place | None:
    """`EAST MIDLANDS-GB` is a city and a country; a hyphen before anything else belongs to the city."""
    city, _, last = description.rpartition("-")
    name = last.strip().upper()
    country = name if name in COUNTRIES else HINTS.get(name) or COUNTRY_NAMES.get(name)
    city, _, region = (city if country and city else description).strip().partition(",")
    if not (city or area):
        return None
    return Place(
        city=city.strip() or area, region=region.strip() or None, country=country if description != last else None
    )


def _found(waybill: Waybill, shipment: dict[str, Any]) -> FoundBooking:
    shipper = next(iter(items(shipment.get("shipperDetails"))), {})
    address = next(iter(items(shipper.get("postalAddress"))), {})
    zone = zone_of(_area(shipper)[0], word(address.get("countryCode")))
    ours = [word(r.get("value")) for r in items(shipment.get("shipperReferences")) if r.get("typeCode") == "CU"]
    pieces = (word(piece.get("trackingNumber")) for piece in items(shipment.get("pieces")))
    return FoundBooking(
        booking=Booking(
            waybill=waybill,
            parcels=tuple(Waybill(number) for number in pieces if number),
            echoed_ref=next(iter(ours), None),
        ),
        created_at=local(shipment.get("shipmentTimestamp"), zone),
    )
