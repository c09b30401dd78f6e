"""What we say to the sandbox carrier. Pure; raises Unsupported for what cannot be said to it."""

from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from adapters.carriers.sandbox_rest import codes
from schemas.customs import CustomsDeclaration
from schemas.errors import Unsupported
from schemas.shipments import BookingRequest, PickupRequest
from schemas.values import Money, Party


def in_path(text: str) -> str:
    """One path segment, whatever is in it."""
    return quote(text, safe="")


def build_token_request(client_id: str, secret: SecretStr) -> bytes:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret.get_secret_value()}
    return urlencode(form).encode()


def build_booking(request: BookingRequest) -> dict[str, Any]:
    """The body of POST /bookings and /quotes. Raises Unsupported for a label that is neither PDF nor ZPL."""
    if request.label_format not in codes.LABELS:
        raise Unsupported("labels are PDF or ZPL", field="label_format")
    return {
        "reference": request.client_ref,
        "service": request.service,
        "ship_on": request.ship_on.isoformat(),
        "from": _party(request.shipper),
        "to": _party(request.consignee),
        "pieces": [
            {
                "grams": parcel.weight.grams,
                "mm": list(parcel.dimensions.model_dump().values()) if parcel.dimensions else None,
                "description": parcel.description,
            }
            for parcel in request.parcels
        ],
        "label_format": codes.LABELS[request.label_format],
        "description": request.description,
        "references": [{"kind": one.kind.value, "value": one.value} for one in request.references],
        "insured": _money(request.insured_value) if request.insured_value else None,
        "customs": _customs(request.customs) if request.customs else None,
    }


def build_pickup(request: PickupRequest) -> dict[str, Any]:
    """The body of POST /pickups; the window as instants with their offset at the place."""
    zone = ZoneInfo(request.zone)
    return {
        "reference": request.client_ref,
        "ready_at": request.ready_at.astimezone(zone).isoformat(),
        "close_at": request.close_at.astimezone(zone).isoformat(),
        "at": _party(request.contact.model_copy(update={"address": request.address})),
        "waybills": list(request.waybills),
        "grams": [parcel.weight.grams for parcel in request.parcels],
        "instructions": request.instructions,
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "name": party.name,
        "company": party.company,
        **party.address.model_dump(mode="json"),
        "phone": party.phone,
        "email": party.email,
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": str(money.amount), "currency": money.currency}


def _customs(customs: CustomsDeclaration) -> dict[str, Any]:
    return {
        "reason": "returned_goods",
        "incoterm": customs.incoterm.value,
        "value": _money(customs.customs_value),
        "invoice_number": customs.invoice_number,
        "outbound_waybill": customs.outbound_waybill,
        "export_mrn": customs.export_mrn,
        "items": [
            {
                "description": item.description,
                "quantity": item.quantity,
                "unit_value": _money(item.unit_value),
                "unit_grams": item.unit_weight.grams,
                "hs_code": item.hs_code,
                "origin": item.origin,
                "sku": item.sku,
            }
            for item in customs.items
        ],
    }
