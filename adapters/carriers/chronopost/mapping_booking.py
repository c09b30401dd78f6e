"""Bookings at Chronopost: the request, and what comes back; labels, voids, prices."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from adapters.carriers.chronopost import codes
from adapters.carriers.chronopost.mapping import (
    Collection,
    Credentials,
    Extras,
    centimetres,
    create_error,
    decoded,
    error_code,
    local,
    phone_digits,
    read_failure,
    result_of,
    said,
)
from adapters.toolkit import xml
from schemas.charges import Charge, ChargeType, Quote
from schemas.errors import OutcomeUnknown, RefusalCode, Refused, Unintelligible, Unsupported
from schemas.shipments import (
    Booking,
    BookingRequest,
    Label,
    LabelFormat,
    Parcel,
    RefundState,
    VoidOutcome,
    VoidReceipt,
)
from schemas.values import Money, Party, Waybill, tidy

LABEL_LIMIT = 10_000_000


def build_booking(request: BookingRequest, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `shippingMultiParcelV4` (manual, 2.3.2 and 3.6). Raises Unsupported for what cannot be said to Chronopost.

    The contract holder (`customerValue`) is the consignee, the exporter's side. Several parcels go as one delivery: one
    recipient, the other blocks once per parcel.
    """
    extras = extras_of(request)
    _refuse_customs(request)
    count = len(request.parcels)
    return {
        "esdValue": _collection(extras.collection, request.client_ref) if extras.collection else None,
        "headerValue": credentials.header,
        "shipperValue": [_shipper(request.shipper)] * count,
        "customerValue": _customer(request.consignee),
        "recipientValue": [_recipient(request.consignee)],
        "refValue": [_references(request, extras, rank) for rank in range(1, count + 1)],
        "skybillValue": [_skybill(request, extras, rank, parcel) for rank, parcel in enumerate(request.parcels, 1)],
        "skybillParamsValue": {"duplicata": "N", "mode": _mode(request, extras), "withReservation": "2"},
        "password": credentials.secret,
        "modeRetour": "2",
        "numberOfParcel": str(count),
        "version": "2.0",
        "multiParcel": "Y" if count > 1 else "N",
    }


def extras_of(request: BookingRequest) -> Extras:
    """Raises Refused for extras that are not of Chronopost's form."""
    try:
        return Extras.model_validate(request.extras)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise Refused("extras of another form", code=RefusalCode.DATA_INVALID, field=f"extras.{where}") from error


def parcel_ref(client_ref: str, rank: int) -> str:
    """The reference a parcel is found by: the booking's own for the first, so that two matches are two bookings."""
    return client_ref if rank == 1 else f"{client_ref}-P{rank}"


def _refuse_customs(request: BookingRequest) -> None:
    inside = {request.shipper.address.country, request.consignee.address.country} <= codes.EU
    if request.customs is not None and not inside:
        raise Unsupported("the unit of Chronopost's customs values is not documented", field="customs")


def _mode(request: BookingRequest, extras: Extras) -> str:
    if request.label_format not in codes.LABEL_MODES:
        raise Unsupported(f"no label as {request.label_format}", field="label_format")
    return extras.label_mode or codes.LABEL_MODES[request.label_format]


def _collection(wish: Collection, client_ref: str) -> dict[str, Any]:
    # Sizes are told parcel by parcel in skybillValue; here the manual wants zeros.
    return {
        "closingDateTime": local(wish.close_at, wish.zone),
        "height": "0",
        "length": "0",
        "retrievalDateTime": local(wish.ready_at, wish.zone),
        "shipperBuildingFloor": wish.floor,
        "shipperCarriesCode": wish.door_code,
        "shipperServiceDirection": wish.department,
        "specificInstructions": wish.instructions,
        "width": "0",
        "ltAImprimerParChronopost": False,
        "nombreDePassageMaximum": "1",
        "refEsdClient": client_ref,
    }


def _party(prefix: str, party: Party) -> dict[str, Any]:
    address = party.address
    values = {
        "Adress1": address.lines[0],
        "Adress2": ", ".join(address.lines[1:]) or None,
        "City": address.city,
        "ContactName": party.name,
        "Country": address.country,
        "Email": party.email,
        "Name": party.company or party.name,
        "Name2": party.name if party.company else None,
        "Phone": phone_digits(party.phone),
        "PreAlert": "0",
        "ZipCode": address.postal_code,
    }
    return {prefix + name: value for name, value in values.items()}


def _shipper(party: Party) -> dict[str, Any]:
    # The civility is compulsory and not ours to know.
    kind = "1" if party.company else "2"
    return {**_party("shipper", party), "shipperCivility": "M", "shipperType": kind}


def _customer(party: Party) -> dict[str, Any]:
    return {**_party("customer", party), "customerCivility": "M", "printAsSender": "N"}


def _recipient(party: Party) -> dict[str, Any]:
    return {**_party("recipient", party), "recipientType": "1" if party.company else "2"}


def _references(request: BookingRequest, extras: Extras, rank: int) -> dict[str, Any]:
    theirs = next((reference.value[:35] for reference in request.references), None)
    return {"recipientRef": theirs, "shipperRef": parcel_ref(request.client_ref, rank), "idRelais": extras.relay_id}


def _skybill(request: BookingRequest, extras: Extras, rank: int, parcel: Parcel) -> dict[str, Any]:
    size = parcel.dimensions
    return {
        "bulkNumber": str(len(request.parcels)),
        "content1": (parcel.description or request.description)[:45],
        "evtCode": "DC",
        **_insured(request, rank),
        "objectType": "MAR",
        "productCode": request.service.zfill(2),
        "service": extras.service_day,
        "shipDate": f"{request.ship_on.isoformat()}T00:00:00",
        "shipHour": str(extras.ship_hour),
        "skybillRank": str(rank),
        "weight": f"{parcel.weight.kg:f}",
        "weightUnit": "KGM",
        "height": str(centimetres(size.height_mm if size else None)),
        "length": str(centimetres(size.length_mm if size else None)),
        "width": str(centimetres(size.width_mm if size else None)),
        "as": extras.delivery_code,
    }


def _insured(request: BookingRequest, rank: int) -> dict[str, str]:
    """In cents; shared out among the parcels, the odd cents to the first ones."""
    cover = request.insured_value
    if cover is None:
        return {}
    if cover.currency not in codes.INSURED_CURRENCIES:
        raise Unsupported(f"no insurance in {cover.currency}", field="insured_value")
    share, odd = divmod(cover.minor, len(request.parcels))
    return {"insuredCurrency": cover.currency, "insuredValue": str(share + (1 if rank <= odd else 0))}


def read_booking(body: xml.Element) -> Booking:
    """Of the shipping operations, all versions. A reply that names a number is never a refusal, whatever its code says."""
    result = result_of(body, "shipping")
    code, text = error_code(result), said(result)
    blocks = [block for block in xml.children(result, "resultMultiParcelValue") if xml.text(block, "skybillNumber")]
    handle = xml.text(result, "reservationNumber")
    if code != "0" and not blocks and not handle:
        raise create_error(code, text, codes.REFUSALS, codes.SHUT_ACCOUNT)
    if code != "0":
        raise OutcomeUnknown("an error and a number in one reply", wire_code=code, wire_text=text)
    if not blocks:
        raise Unintelligible("no waybill in the reply")
    numbers = tuple(Waybill(tidy(xml.required(block, "skybillNumber"), 100)) for block in blocks)
    files = ((number, xml.text(block, "pdfEtiquette")) for number, block in zip(numbers, blocks, strict=True))
    labels = tuple(label_from(content, number) for number, content in files if content)
    pickup = xml.text(result, "ESDFullNumber") or xml.text(result, "ESDNumber")
    return Booking(
        waybill=numbers[0],
        parcels=numbers,
        labels=labels,
        label_pending=bool(handle) and not labels,
        handle=tidy(handle, 100) if handle else None,
        pickup_confirmation=tidy(pickup, 100) if pickup else None,
    )


def label_from(text: str, waybill: Waybill | None = None) -> Label:
    """What the file is, by how it begins."""
    content = decoded(text)
    if len(content) > LABEL_LIMIT:
        raise Unintelligible("a label over the size limit")
    return Label(format=_format_of(content), content=content, waybill=waybill)


def _format_of(content: bytes) -> LabelFormat:
    head = content[:200].lstrip()
    for start, kind in codes.LABEL_FORMATS.items():
        if head.startswith(start):
            return kind
    # Printer settings may come before the first ^XA; both marks together are nothing but ZPL.
    if b"^XA" in content and b"^XZ" in content:
        return LabelFormat.ZPL
    raise Unintelligible("a label of no format known here")


def read_label(body: xml.Element) -> Sequence[Label]:
    """Of `getReservedSkybillWithTypeAndMode`: one file for all parcels of the reservation."""
    result = result_of(body, "getReservedSkybill")
    code = error_code(result)
    if code != "0":
        raise read_failure(code, said(result), codes.LABEL_REFUSALS)
    return [label_from(xml.required(result, "skybill"))]


def read_void(body: xml.Element) -> VoidReceipt:
    """Of `cancelSkybill` (manual, 2.6.4.b). The answer never speaks of money."""
    result = result_of(body, "cancelSkybill")
    code, text = error_code(result), said(result)
    if code != "0" and code not in codes.NOT_VOIDED:
        raise create_error(code, text, codes.VOID_REFUSALS)
    outcome = VoidOutcome.VOIDED if code == "0" else VoidOutcome.REJECTED
    return VoidReceipt(outcome=outcome, refund=RefundState.NOT_APPLICABLE, wire_code=code, wire_text=text)


def build_quote(request: BookingRequest, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `calculateProducts`: the products open from the returner to the consignee. It knows one parcel only."""
    if len(request.parcels) > 1:
        raise Unsupported("Chronopost prices one parcel at a time", field="parcels")
    start, end, parcel = request.shipper.address, request.consignee.address, request.parcels[0]
    size = parcel.dimensions
    return {
        "accountNumber": credentials.account_number,
        "password": credentials.secret,
        "depCountryCode": start.country,
        "depZipCode": start.postal_code,
        "arrCountryCode": end.country,
        "arrZipCode": end.postal_code,
        "arrCity": end.city,
        "type": "M",
        "weight": f"{parcel.weight.kg:f}",
        "height": str(centimetres(size.height_mm)) if size else None,
        "length": str(centimetres(size.length_mm)) if size else None,
        "width": str(centimetres(size.width_mm)) if size else None,
        "shippingDate": request.ship_on.strftime("%d/%m/%Y"),
    }


def read_quotes(body: xml.Element) -> Sequence[Quote]:
    """Of `calculateProducts`, in euros. Product codes are padded to the two characters that a booking wants."""
    result = result_of(body, "calculateProducts")
    code = error_code(result)
    if code != "0":
        raise read_failure(code, said(result), codes.PRICE_REFUSALS, codes.PRICE_SHUT_ACCOUNT)
    return [_quote(product) for product in xml.children(result, "productList") if xml.text(product, "productCode")]


def _quote(product: xml.Element) -> Quote:
    """A product at zero is open but has no price in this contract: it is no gift, so it carries no total."""
    service = tidy(xml.required(product, "productCode"), 100).zfill(2)
    net, tax, total = (_money(product, name) for name in ("amount", "amountTVA", "amountTTC"))
    if not total.minor:
        return Quote(service=service, name=codes.SERVICES.get(service), charges=())
    charges = (Charge(type=ChargeType.FREIGHT, money=net), Charge(type=ChargeType.TAX, money=tax))
    return Quote(service=service, name=codes.SERVICES.get(service), charges=charges, total=total)


def _money(product: xml.Element, name: str) -> Money:
    try:
        amount = Decimal(xml.required(product, name))
        if not amount.is_finite() or abs(amount) >= 10**9:
            raise Unintelligible(f"{name} is no price")
        return Money.of(amount, "EUR")
    except (InvalidOperation, ValueError) as error:
        raise Unintelligible(f"{name} is no price") from error
