"""Scans, proofs and bills, as the sandbox carrier tells them. Pure."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
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
    word_of,
)
from adapters.toolkit.http import Reply
from schemas.errors import Unintelligible
from schemas.messages import Document
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Place, Waybill, tidy

LONG = 100
"""Names of places above this are not worth remembering."""


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
    body = said(reply)
    events: list[TrackingEvent] = []
    for told in map(_object, listed(body, "shipments")):
        waybill = number_of(word_of(told.get("waybill")))
        events += [_event(one, waybill, zone) for one in listed(told, "events", [])]
    unknown = tuple(number_of(word_of(one)) for one in listed(body, "unknown", []))
    return TrackingReport(events=tuple(events), not_found=unknown)


@foreign
def read_push(body: bytes, zone: str = "UTC") -> Sequence[TrackingEvent]:
    """The events of one verified message."""
    events = listed(said(Reply(200, body)), "events")
    return tuple(_event(one, number_of(_word(_object(one).get("waybill")) or ""), zone) for one in events)


def _event(told: object, waybill: Waybill, zone: str) -> TrackingEvent:
    """A page of a poll has thousands of these: they are read and made by hand."""
    event = _object(told)
    code = _word(event.get("code"))
    if code is None:
        raise Unintelligible("an event without a code")
    at, source, stamp = _moment(event.get("at"), zone)
    return TrackingEvent.proved(
        {
            "waybill": waybill,
            "status": codes.TRACKING.get(code, TrackingStatus.UNKNOWN),
            "occurred_at": at,
            "zone": source,
            "place": _place(event.get("place")),
            "wire_code": code,
            "wire_text": _word(event.get("text")) or "",
            "reason": codes.REASONS.get(code),
            "event_id": _word(event.get("id")),
            "piece": _word(event.get("piece")),
            "wire_time": stamp,
        }
    )


def _object(told: object) -> dict[str, object]:
    if not isinstance(told, dict):
        raise Unintelligible("something else where an object has to be")
    return told


def _word(told: object) -> str | None:
    if isinstance(told, str):
        return tidy(told)
    return None if told is None else word_of(told)


def _place(told: object) -> Place | None:
    if told is None:
        return None
    place = _object(told)
    city, country = place.get("city"), place.get("country")
    if isinstance(city, str) and isinstance(country, str) and len(city) + len(country) < LONG:
        return _hub(city, country)
    return Place(city=_word(city), country=_word(country))


@lru_cache(4096)
def _hub(city: str, country: str) -> Place:
    """They come again and again."""
    return Place(city=tidy(city), country=tidy(country))


def _moment(told: object, zone: str) -> tuple[datetime | None, ZoneSource, str | None]:
    """The instant, how sure it is, and the stamp where anything was assumed; one that is no time stays beside None."""
    text = _word(told)
    moment = moment_of(text)
    if moment is None:
        return None, ZoneSource.ASSUMED, text
    if moment.tzinfo is not None:
        return moment, ZoneSource.STATED, None
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), ZoneSource.ASSUMED, text


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
