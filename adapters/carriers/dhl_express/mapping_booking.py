"""A return as DHL Express books it: an import shipment that the consignee's account pays.

The returner is the shipper, the consignee the receiver, and the only account is the payer's. Goods that pass customs carry
an export declaration of type `return` and DHL's invoice for returns. Lengths: MyDHL API 3.1.1, `/shipments`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from textwrap import wrap
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.carriers.dhl_express.codes import COUNTRY_ZONES, IMAGES, PLANNING_ZONES
from adapters.carriers.dhl_express.mapping import decoded, dhl_time, items, named_zone, open_reply, stamp, word
from adapters.carriers.dhl_express.mapping_charges import read_charges
from adapters.toolkit.http import Reply
from schemas.customs import CustomsDeclaration, CustomsItem, Incoterm
from schemas.errors import RefusalCode, Refused, Unintelligible, Unsupported
from schemas.shipments import Booking, BookingRequest, Label, LabelFormat, Parcel
from schemas.values import Address, Money, Party, ReferenceKind, Waybill, tidy

LINE, LINES = 45, 3
ITEMS = 999
PROMISE = "QDDC"
"""Of the kinds of delivery dates, the service commitment: it has clearance in it."""
LARGEST = 10_000_000
ENCODINGS = {LabelFormat.PDF: "pdf", LabelFormat.ZPL: "zpl", LabelFormat.QR: "pdf"}


class Extras(BaseModel):
    """What only DHL Express is told. `staging` keeps a label usable for 3 (PT), 6, 12 or 24 months before its first scan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str | None = None
    planned_time: time = time(16, 0)
    """Local time of day at the shipper's; DHL refuses a moment that has passed."""
    paperless: bool = False
    staging: Literal["PT", "PU", "PV", "PW"] | None = None
    tax_id_type: Literal["VAT", "EOR", "EIN", "GST", "IE", "CNP", "SSN", "STA", "NID"] = "VAT"


def extras_of(request: BookingRequest) -> Extras:
    """Raises Refused for extras that are not DHL's."""
    try:
        return Extras.model_validate(request.extras)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Refused("not an extra of DHL Express", code=RefusalCode.DATA_INVALID, field=f"extras.{where}") from error


def build_booking(request: BookingRequest, account: str) -> dict[str, Any]:
    """The body of `POST /shipments`. Raises Refused for what DHL requires and the request lacks."""
    extras = extras_of(request)
    return {
        "plannedShippingDateAndTime": planned_at(request, extras),
        "pickup": {"isRequested": False},
        "productCode": request.service,
        "getRateEstimates": True,
        "estimatedDeliveryDate": {"isRequested": True, "typeCode": PROMISE},
        "accounts": accounts(request, account),
        **_unless_empty("valueAddedServices", services(request, extras)),
        "outputImageProperties": _images(request),
        "customerReferences": _references(request),
        "customerDetails": {
            "shipperDetails": party(request.shipper, "shipper", extras.tax_id_type),
            "receiverDetails": party(request.consignee, "consignee", extras.tax_id_type),
        },
        "content": _content(request),
        "getAdditionalInformation": [{"typeCode": "linkLabelsByPieces", "isRequested": len(request.parcels) > 1}],
    }


def planned_at(request: BookingRequest, extras: Extras) -> str:
    """The shipping day at its planned hour, in the shipper's offset."""
    country = request.shipper.address.country
    zone = extras.zone or COUNTRY_ZONES.get(country) or PLANNING_ZONES.get(country) or "UTC"
    return dhl_time(datetime.combine(request.ship_on, extras.planned_time, named_zone(zone, "extras.zone")))


def accounts(request: BookingRequest, account: str) -> list[dict[str, str]]:
    """The payer; under DDP the duties too, or they would be asked of the returner."""
    kinds = ["payer", "duties-taxes"] if request.customs and request.customs.incoterm is Incoterm.DDP else ["payer"]
    return [{"typeCode": kind, "number": account} for kind in kinds]


def services(request: BookingRequest, extras: Extras) -> list[dict[str, Any]]:
    """Value-added services: insurance, duties paid, paperless trade, data staging, label-free (QR)."""
    wanted = {
        "DD": bool(request.customs and request.customs.incoterm is Incoterm.DDP),
        "WY": extras.paperless,
        "PZ": request.label_format is LabelFormat.QR,
        extras.staging or "": extras.staging is not None,
    }
    cover = request.insured_value
    insured = [{"serviceCode": "II", "value": cover.amount, "currency": cover.currency}] if cover else []
    return insured + [{"serviceCode": code} for code, on in wanted.items() if on]


def package(parcel: Parcel) -> dict[str, Any]:
    """Kilograms and centimetres, as all of DHL's requests take them."""
    size = parcel.dimensions
    if size is None:
        return {"weight": parcel.weight.kg}
    sides = {"length": size.length_mm, "width": size.width_mm, "height": size.height_mm}
    return {"weight": parcel.weight.kg, "dimensions": {name: Decimal(mm).scaleb(-1) for name, mm in sides.items()}}


def place(address: Address, field: str) -> dict[str, str]:
    """Three lines of 45. Raises Unsupported where the address does not fit."""
    lines = [part for line in address.lines for part in wrap(line, LINE)]
    lines = lines if len(lines) <= LINES else wrap(" ".join(address.lines), LINE)
    postal_code = address.postal_code or ""
    if len(lines) > LINES or len(address.city) > LINE or len(postal_code) > 12:
        raise Unsupported("the address is longer than DHL Express can print", field=f"{field}.address")
    region = address.region or ""
    return {
        "postalCode": postal_code,
        "cityName": address.city,
        "countryCode": address.country,
        **({"provinceCode": region} if 2 <= len(region) <= 3 else {}),
        **({"countyName": region} if 3 < len(region) <= LINE else {}),
        **{f"addressLine{number}": line for number, line in enumerate(lines, 1)},
    }


def contact(person: Party, field: str) -> dict[str, str]:
    """Raises Refused without a phone: DHL requires one."""
    if not person.phone:
        raise Refused("DHL Express requires a phone", code=RefusalCode.DATA_MISSING, field=f"{field}.phone")
    email = {"email": person.email} if person.email and len(person.email) <= 70 else {}
    company = (person.company or person.name)[:100]
    return {"phone": person.phone, "companyName": company, "fullName": person.name, **email}


def party(person: Party, field: str, tax_id_type: str) -> dict[str, Any]:
    """Address, contact and, where there is one, the tax number."""
    said: dict[str, Any] = {"postalAddress": place(person.address, field), "contactInformation": contact(person, field)}
    if person.tax_id:
        number = {"typeCode": tax_id_type, "number": person.tax_id[:35], "issuerCountryCode": person.address.country}
        said["registrationNumbers"] = [number]
    return said


def _unless_empty(key: str, values: Sequence[Any]) -> dict[str, Any]:
    return {key: list(values)} if values else {}


def _references(request: BookingRequest) -> list[dict[str, str]]:
    # CU, the consignor's number, is what GET /tracking is later asked with; AAO is the receiver's.
    ours = [{"value": str(request.client_ref), "typeCode": "CU"}]
    return ours + [{"value": value, "typeCode": "AAO"} for value in _authorizations(request)]


def _authorizations(request: BookingRequest) -> list[str]:
    given = (reference.value[:35] for reference in request.references if reference.kind is ReferenceKind.RMA)
    return list(dict.fromkeys(given))


def _images(request: BookingRequest) -> dict[str, Any]:
    if request.label_format not in ENCODINGS:
        raise Unsupported("DHL Express prints labels as PDF, ZPL or QR", field="label_format")
    options: list[dict[str, Any]] = [{"typeCode": "waybillDoc", "isRequested": True}]
    if request.label_format is LabelFormat.QR:
        options = [{"typeCode": "qr-code", "isRequested": True, "encodingFormat": "png"}]
    else:
        options.insert(0, {"typeCode": "label", "templateName": "ECOM26_84_001"})
    if request.customs:
        invoice = {"templateName": "RET_COM_INVOICE_A4_01", "invoiceType": "returns", "languageCode": "eng"}
        options.append({"typeCode": "invoice", "isRequested": True, **invoice})
    return {
        "encodingFormat": ENCODINGS[request.label_format],
        "imageOptions": options,
        "splitTransportAndWaybillDocLabels": True,
    }


def _content(request: BookingRequest) -> dict[str, Any]:
    said: dict[str, Any] = {
        "packages": [
            {**package(parcel), "referenceNumber": number, **_unless_blank("description", parcel.description or "")}
            for number, parcel in enumerate(request.parcels, 1)
        ],
        "isCustomsDeclarable": request.customs is not None,
        "description": tidy(request.description, 70) or "returned goods",
        "incoterm": str(request.customs.incoterm if request.customs else Incoterm.DAP),
        "unitOfMeasurement": "metric",
    }
    if request.customs:
        said["declaredValue"] = request.customs.customs_value.amount
        said["declaredValueCurrency"] = request.customs.customs_value.currency
        said["exportDeclaration"] = _declaration(request, request.customs)
    return said


def _unless_blank(key: str, value: str, limit: int = 70) -> dict[str, str]:
    return {key: tidy(value, limit)} if tidy(value, limit) else {}


def _declaration(request: BookingRequest, customs: CustomsDeclaration) -> dict[str, Any]:
    if len(customs.items) > ITEMS:
        raise Unsupported(f"DHL Express takes {ITEMS} lines of goods", field="customs.items")
    papers = [{"typeCode": "MRN", "value": customs.export_mrn[:35]}] if customs.export_mrn else []
    papers += [{"typeCode": "RMA", "value": value} for value in _authorizations(request)]
    return {
        "lineItems": [_line(n, item, customs.customs_value) for n, item in enumerate(customs.items, 1)],
        "invoice": {
            "number": (customs.invoice_number or request.client_ref)[:35],
            "date": (customs.invoice_on or request.ship_on).isoformat(),
            **_unless_empty("customerReferences", papers),
        },
        "exportReason": "return",
        "exportReasonType": "return",
        "shipmentType": "commercial",
    }


def _line(number: int, item: CustomsItem, declared: Money) -> dict[str, Any]:
    if item.unit_value.currency != declared.currency:
        raise Unsupported("DHL Express declares all goods in one currency", field=f"customs.items.{number - 1}")
    weight = item.unit_weight.kg * item.quantity
    # The full code is the consignee country's, where the goods came from; only six digits are the same everywhere.
    codes = {"outbound": item.hs_code[:6], "inbound": item.hs_code} if item.hs_code else {}
    return {
        "number": number,
        "description": item.description,
        "price": item.unit_value.amount,
        "quantity": {"value": item.quantity, "unitOfMeasurement": "PCS"},
        **_unless_empty("commodityCodes", [{"typeCode": kind, "value": code} for kind, code in codes.items()]),
        "exportReasonType": "return",
        "manufacturerCountry": item.origin,
        "weight": {"netValue": weight, "grossValue": weight},
    }


def read_booking(reply: Reply) -> Booking:
    """Waybill, pieces, labels and agreed charges. A label that is a link, empty or broken is left out, not an error."""
    body = open_reply(reply)
    waybill = word(body.get("shipmentTrackingNumber"))
    if not waybill:
        raise Unintelligible("no shipmentTrackingNumber in the reply", wire_code=str(reply.status))
    packages = items(body.get("packages"))
    pieces = {word(part.get("referenceNumber")): word(part.get("trackingNumber")) for part in packages}
    papers = [(paper, pieces.get(word(paper.get("packageReferenceNumber")))) for paper in items(body.get("documents"))]
    papers += [(paper, word(part.get("trackingNumber"))) for part in packages for paper in items(part.get("documents"))]
    read = [(_is_label(paper), label) for paper, piece in papers if (label := _label(paper, piece))]
    return Booking(
        waybill=Waybill(waybill),
        parcels=tuple(Waybill(number) for part in packages if (number := word(part.get("trackingNumber")))),
        labels=tuple(label for is_label, label in read if is_label),
        documents=tuple(label for is_label, label in read if not is_label),
        charges=read_charges(body.get("shipmentCharges")),
        pickup_confirmation=word(body.get("dispatchConfirmationNumber")) or None,
        promised_on=_promised(body.get("estimatedDeliveryDate")),
    )


def _promised(said: Any) -> date | None:
    """The day that DHL commits itself to, at the consignee's; any other kind of estimate promises nothing."""
    found = next(iter(items(said)), {})
    moment = stamp(word(found.get("estimatedDeliveryDate")) + "T00:00")
    return moment.date() if moment and word(found.get("estimatedDeliveryType")) == PROMISE else None


def _is_label(paper: dict[str, Any]) -> bool:
    kind = word(paper.get("typeCode")).lower()
    return kind == "label" or _is_qr(kind)


def _is_qr(kind: str) -> bool:
    return kind.replace("-", "").startswith("qr")


def _label(paper: dict[str, Any], piece: str | None) -> Label | None:
    content = decoded(paper.get("content"))
    known = IMAGES.get(word(paper.get("imageFormat") or paper.get("encodingFormat")).upper())
    form = LabelFormat.QR if _is_qr(word(paper.get("typeCode")).lower()) else known
    if content is None or form is None or len(content) > LARGEST:
        return None
    return Label(format=form, content=content, waybill=Waybill(piece) if piece else None)
