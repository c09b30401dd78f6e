"""Scans, proofs and bills, as the sandbox carrier tells them. Pure."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.carriers.sandbox_rest import codes
from adapters.carriers.sandbox_rest.mapping import (
    Wire,
    Word,
    foreign,
    listed,
    moment_of,
    number_of,
    said,
    stated_instant,
)
from adapters.toolkit.http import Reply
from schemas.messages import Document
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Place


class WirePlace(Wire):
    city: Word | None = None
    country: Word | None = None


class WireEvent(Wire):
    waybill: Word | None = None
    id: Word | None = None
    code: Word
    text: Word | None = None
    at: Word | None = None
    place: WirePlace | None = None
    piece: Word | None = None


class WireShipment(Wire):
    waybill: Word
    events: tuple[WireEvent, ...] = ()


class WireReport(Wire):
    shipments: list[WireShipment]
    unknown: tuple[Word, ...] = ()


class WireProof(Wire):
    waybill: Word
    signed_by: Word | None = None
    delivered_at: Word | None = None
    media_type: Word | None = None
    data: str | None = None


class WireBill(Wire):
    number: Word
    media_type: Word
    data: str


@foreign
def read_report(reply: Reply, zone: str = "UTC") -> TrackingReport:
    """`zone` is the account's: assumed for a stamp without offset."""
    wire = WireReport.model_validate(said(reply))
    events = [_event(event, shipment.waybill, zone) for shipment in wire.shipments for event in shipment.events]
    return TrackingReport(events=tuple(events), not_found=tuple(number_of(one) for one in wire.unknown))


@foreign
def read_push(body: bytes, zone: str = "UTC") -> Sequence[TrackingEvent]:
    """The events of one verified message."""
    wire = [WireEvent.model_validate(one) for one in listed(said(Reply(200, body)), "events")]
    return tuple(_event(one, one.waybill or "", zone) for one in wire)


def _event(wire: WireEvent, waybill: str, zone: str) -> TrackingEvent:
    at, source = _moment(wire.at, zone)
    return TrackingEvent(
        waybill=number_of(waybill),
        status=codes.TRACKING.get(wire.code, TrackingStatus.UNKNOWN),
        occurred_at=at,
        zone=source,
        place=Place(city=wire.place.city, country=wire.place.country) if wire.place else None,
        wire_code=wire.code,
        wire_text=wire.text or "",
        reason=codes.REASONS.get(wire.code),
        event_id=wire.id,
        piece=wire.piece,
        wire_time=wire.at if source is ZoneSource.ASSUMED else None,
    )


def _moment(text: str | None, zone: str) -> tuple[datetime | None, ZoneSource]:
    """The instant and how sure it is; a stamp that is no time stays None beside its text."""
    moment = moment_of(text)
    if moment is None:
        return None, ZoneSource.ASSUMED
    if moment.tzinfo is not None:
        return moment, ZoneSource.STATED
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), ZoneSource.ASSUMED


@foreign
def read_proof(reply: Reply) -> ProofOfDelivery:
    wire = WireProof.model_validate(said(reply))
    return ProofOfDelivery(
        waybill=number_of(wire.waybill),
        signed_by=wire.signed_by,
        delivered_at=stated_instant(wire.delivered_at),
        media_type=wire.media_type,
        content=base64.b64decode(wire.data, validate=True) if wire.data else None,
    )


@foreign
def read_bills(reply: Reply) -> Sequence[Document]:
    bills = [WireBill.model_validate(one) for one in listed(said(reply), "bills")]
    return tuple(
        Document(
            content=base64.b64decode(bill.data, validate=True),
            media_type=bill.media_type,
            name=f"{bill.number}.csv",
        )
        for bill in bills
    )
