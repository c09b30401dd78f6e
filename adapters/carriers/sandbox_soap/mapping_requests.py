"""What we say to the sandbox carrier's SOAP service. Pure; raises Unsupported for what cannot be said to it."""

from typing import Any
from zoneinfo import ZoneInfo

from adapters.carriers.sandbox_soap import codes
from schemas.customs import CustomsDeclaration
from schemas.errors import Unsupported
from schemas.shipments import BookingRequest, Parcel, PickupRequest
from schemas.values import Money, Party


def build_order(request: BookingRequest) -> dict[str, Any]:
    """The `Order` of CreateShipment. Raises Unsupported for a label that is neither PDF nor ZPL."""
    if request.label_format not in codes.LABELS:
        raise Unsupported("labels are PDF or ZPL", field="label_format")
    return {
        "Reference": request.client_ref,
        "Service": request.service,
        "ShipDate": request.ship_on,
        "From": _party(request.shipper),
        "To": _party(request.consignee),
        "Piece": [_piece(parcel) for parcel in request.parcels],
        "LabelFormat": codes.LABELS[request.label_format],
        "Description": request.description,
        "OtherReference": [{"Kind": one.kind.value, "Value": one.value} for one in request.references],
        "Insured": _money(request.insured_value) if request.insured_value else None,
        "Customs": _customs(request.customs) if request.customs else None,
    }


def build_pickup(request: PickupRequest) -> dict[str, Any]:
    """The `Pickup` of BookPickup; the window with the offset of the place."""
    zone = ZoneInfo(request.zone)
    return {
        "Reference": request.client_ref,
        "Ready": request.ready_at.astimezone(zone),
        "Close": request.close_at.astimezone(zone),
        "Place": _party(request.contact.model_copy(update={"address": request.address})),
        "Waybill": list(request.waybills),
        "Grams": [parcel.weight.grams for parcel in request.parcels],
        "Instructions": request.instructions,
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "Name": party.name,
        "Company": party.company,
        "Line": list(party.address.lines),
        "City": party.address.city,
        "Region": party.address.region,
        "PostalCode": party.address.postal_code,
        "Country": party.address.country,
        "Phone": party.phone,
        "Email": party.email,
    }


def _piece(parcel: Parcel) -> dict[str, Any]:
    size = parcel.dimensions
    return {
        "Grams": parcel.weight.grams,
        "LengthMm": size.length_mm if size else None,
        "WidthMm": size.width_mm if size else None,
        "HeightMm": size.height_mm if size else None,
        "Description": parcel.description,
    }


def _money(money: Money) -> dict[str, str]:
    return {"Amount": str(money.amount), "Currency": money.currency}


def _customs(customs: CustomsDeclaration) -> dict[str, Any]:
    return {
        "Incoterm": customs.incoterm.value,
        "Value": _money(customs.customs_value),
        "InvoiceNumber": customs.invoice_number,
        "OutboundWaybill": customs.outbound_waybill,
        "ExportMrn": customs.export_mrn,
        "Item": [
            {
                "Description": item.description,
                "Quantity": item.quantity,
                "UnitValue": _money(item.unit_value),
                "UnitGrams": item.unit_weight.grams,
                "HsCode": item.hs_code,
                "Origin": item.origin,
                "Sku": item.sku,
            }
            for item in customs.items
        ],
    }
