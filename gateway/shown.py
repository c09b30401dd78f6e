"""Canonical values as the JSON that the command line prints: money as decimal strings, instants by RFC 3339."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any

from schemas.charges import CarrierInvoice, Charge, InvoiceReading, Quote
from schemas.errors import AdapterError, Refused
from schemas.messages import Document
from schemas.returns import PlatformEvent
from schemas.shipments import Booking, FoundBooking, Label, Pickup, VoidReceipt
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport
from schemas.values import Money

LISTS: Mapping[str, str] = {
    "find": "bookings",
    "quote": "quotes",
    "label": "labels",
    "find_pickup": "pickups",
    "bills": "documents",
    "find_filing": "filed",
    "find_cover": "filed",
}
"""What the sequence of a reply kind is called; `values` for a kind of an adapter's own."""


def shown_reply(value: object, kind: str) -> Any:
    """What a carrier's reader gave."""
    if kind == "error":
        return {"error": None} if value is None else shown(value)
    if kind == "push":
        return {"events": _all(value), "not_found": []}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return {LISTS.get(kind, "values"): _all(value)}
    return shown(value)


def _all(values: object) -> list[Any]:
    return [shown(value) for value in values] if isinstance(values, Sequence) else []


def instant(value: datetime | None) -> str | None:
    """In UTC, with a Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


@singledispatch
def shown(value: object) -> Any:
    """One canonical value."""
    return str(value)


@shown.register
def _(value: None) -> Any:
    return value


@shown.register
def _(value: AdapterError) -> Any:
    code = str(value.code) if isinstance(value, Refused) else None
    return {
        "error": {
            "class": type(value).__name__,
            "code": code,
            "wire_code": value.wire_code,
            "wire_text": value.wire_text,
        }
    }


@shown.register
def _(value: TrackingReport) -> Any:
    return {"events": _all(value.events), "not_found": list(value.not_found)}


@shown.register
def _(value: TrackingEvent) -> Any:
    return {
        "waybill": value.waybill,
        "status": str(value.status),
        "occurred_at": instant(value.occurred_at),
        "zone": str(value.zone),
        "place": value.place.model_dump(mode="json") if value.place else None,
        "wire_code": value.wire_code,
        "wire_text": value.wire_text,
        "reason": str(value.reason) if value.reason else None,
    }


@shown.register
def _(value: Booking) -> Any:
    return {
        "waybill": value.waybill,
        "parcels": list(value.parcels),
        "labels": _all(value.labels),
        "charges": _all(value.charges),
    }


@shown.register
def _(value: FoundBooking) -> Any:
    return {**shown(value.booking), "state": str(value.booking.state), "created_at": instant(value.created_at)}


@shown.register
def _(value: Label) -> Any:
    return {"format": str(value.format), "size": len(value.content)}


@shown.register
def _(value: Document) -> Any:
    return {"media_type": value.media_type, "name": value.name, "size": len(value.content)}


@shown.register
def _(value: Money) -> Any:
    return {"amount": str(value.amount), "currency": value.currency}


@shown.register
def _(value: Charge) -> Any:
    return {"type": str(value.type), **shown(value.money), "wire_code": value.wire_code}


@shown.register
def _(value: Quote) -> Any:
    return {
        "service": value.service,
        "name": value.name,
        "charges": _all(value.charges),
        "total": shown(value.total),
        "delivery_at": instant(value.delivery_at),
        "pickup_cutoff_at": instant(value.pickup_cutoff_at),
    }


@shown.register
def _(value: VoidReceipt) -> Any:
    return {"outcome": str(value.outcome), "refund": str(value.refund)}


@shown.register
def _(value: Pickup) -> Any:
    return {
        "confirmation": value.confirmation,
        "confirmations": list(value.confirmations),
        "ready_at": instant(value.ready_at),
        "close_at": instant(value.close_at),
        "charges": _all(value.charges),
    }


@shown.register
def _(value: ProofOfDelivery) -> Any:
    return {
        "waybill": value.waybill,
        "signed_by": value.signed_by,
        "delivered_at": instant(value.delivered_at),
        "media_type": value.media_type,
        "size": len(value.content) if value.content is not None else None,
    }


@shown.register
def _(value: PlatformEvent) -> Any:
    return {
        "kind": str(value.kind),
        "rma_id": value.rma_id,
        "order_id": value.order_id,
        "status": str(value.status),
        "wire_status": value.wire_status,
        "items": [{"sku": item.sku, "quantity": item.quantity} for item in value.items],
        "occurred_at": instant(value.occurred_at),
        "waybill": value.waybill,
    }


@shown.register
def _(value: InvoiceReading) -> Any:
    return {
        "format": value.format,
        "carrier": value.carrier,
        "invoices": _all(value.invoices),
        "problems": [problem.model_dump(mode="json") for problem in value.problems],
    }


@shown.register
def _(value: CarrierInvoice) -> Any:
    return {
        "number": value.number,
        "issued_on": value.issued_on.isoformat() if value.issued_on else None,
        "currency": value.total.currency,
        "currency_assumed": value.currency_assumed,
        "total": str(value.total.amount),
        "lines": [
            {
                "waybill": line.waybill,
                "type": str(line.type),
                "wire_code": line.wire_code,
                "description": line.description,
                **shown(line.money),
                **({"informational": True} if line.informational else {}),  # it says something and is not summed
            }
            for line in value.lines
        ],
    }
