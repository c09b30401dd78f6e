"""MyDHL API 3.1.1: our requests against DHL's own schemas, their samples through our readers.

The description is OpenAPI 3.0 and sound but for one thing: a few `enum` lists repeat a value, which JSON Schema forbids.
They are read without the repetition. `nullable` does not occur; the test says so, in case a later version has it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from adapters.carriers.dhl_express import ADAPTER, client, mapping_booking, mapping_pickups, mapping_tracking
from adapters.toolkit.http import Call, Reply, sort_reply
from schemas.customs import CustomsDeclaration, CustomsItem, Incoterm
from schemas.errors import RefusalCode, Refused, Unsupported
from schemas.shipments import BookingRequest, LabelFormat, Parcel, PickupRequest
from schemas.tracking import TrackingStatus, ZoneSource
from schemas.values import Address, ClientRef, Dimensions, Money, Party, Reference, ReferenceKind, Waybill, Weight

CONTRACT = Path(__file__).resolve().parents[3] / "shared/contracts/carriers/dhl_express_mydhl"
if not CONTRACT.is_dir():
    pytest.skip("the carriers' contracts are not here", allow_module_level=True)
MODEL = "supermodelIoLogisticsExpress"
READ = ADAPTER.readers


@cache
def spec() -> dict[str, Any]:
    text = (CONTRACT / "openapi/mydhl-api-3.1.1.json").read_text()
    assert '"nullable"' not in text
    whole: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return whole


def resolved(node: Any) -> Any:
    if isinstance(node, list):
        return [resolved(item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target: Any = spec()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolved(target)
    plain = {key: resolved(value) for key, value in node.items()}
    if isinstance(plain.get("enum"), list):
        plain["enum"] = list(dict.fromkeys(plain["enum"]))
    return plain


def violations(model: str, body: object) -> list[str]:
    schema = resolved(spec()["components"]["schemas"][MODEL + model])
    Draft4Validator.check_schema(schema)
    sent = json.loads(Call.create("x", "POST", "x", json=body).content, parse_float=Decimal)
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in Draft4Validator(schema).iter_errors(sent)]


def reply(name: str, status: int = 200, *, creates: bool = False) -> Reply:
    return Reply(status, (CONTRACT / "samples" / name).read_bytes(), {}, creates)


def returner(**changes: Any) -> Party:
    address = Address(lines=("Rua das Flores 12",), city="Lisboa", postal_code="1200-001", country="PT")
    return Party(name="Ana Exemplo", address=address, phone="+351 210000000", **changes)


CONSIGNEE = Party(
    name="Returns desk",
    company="Example Trading Company of a Long Name " * 4,
    address=Address(
        lines=("Building 7, Example Logistics Park of the Eastern District, Gate 3", "Hangzhou Bay Road 1000"),
        city="Shanghai",
        region="Shanghai",
        postal_code="200120",
        country="CN",
    ),
    phone="+86 2100000000",
    email="desk@returns.example",
    tax_id="91310000000000000X",
)


def goods(lines: int, incoterm: Incoterm = Incoterm.DAP) -> CustomsDeclaration:
    item = CustomsItem(
        description="Cotton shirt, worn once, " + "blue " * 14,
        quantity=3,
        unit_value=Money.of("19.99", "EUR"),
        unit_weight=Weight(grams=333),
        hs_code="6105100000",
        origin="CN",
    )
    value = Money.of(Decimal("19.99") * 3 * lines, "EUR")
    return CustomsDeclaration(
        items=(item,) * lines, incoterm=incoterm, customs_value=value, export_mrn="26CN1234567890"
    )


def request(**changes: Any) -> BookingRequest:
    given: dict[str, Any] = {
        "client_ref": ClientRef("HW-7K2M-1"),
        "service": "P",
        "shipper": returner(),
        "consignee": CONSIGNEE,
        "parcels": (
            Parcel(weight=Weight(grams=1_234), dimensions=Dimensions(length_mm=305, width_mm=200, height_mm=99)),
        ),
        "ship_on": date(2026, 7, 1),
        "references": (Reference(kind=ReferenceKind.RMA, value="RMA-" + "9" * 60),),
    }
    return BookingRequest(**{**given, **changes})


REQUESTS = {
    "plain": request(),
    "three parcels": request(parcels=(Parcel(weight=Weight(grams=500)),) * 3),
    "insured": request(insured_value=Money.of("250.00", "EUR"), customs=goods(1)),
    "insured in yen": request(insured_value=Money.of("25000", "JPY")),
    "999 lines": request(customs=goods(999)),
    "duties paid": request(customs=goods(2, Incoterm.DDP), extras={"paperless": True, "staging": "PT"}),
    "ZPL": request(label_format=LabelFormat.ZPL, description=" x" * 90),
    "QR": request(label_format=LabelFormat.QR, customs=goods(1)),
    "long names": request(shipper=returner(company="Ü" * 200, email="a" * 64 + "@" + "b" * 60 + ".example")),
    "zone of its own": request(extras={"zone": "Atlantic/Azores", "planned_time": "09:30"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_booking_is_what_the_schema_asks_for(name: str) -> None:
    assert violations("CreateShipmentRequest", mapping_booking.build_booking(REQUESTS[name], "961234567")) == []


@pytest.mark.parametrize("name", REQUESTS)
def test_rates_are_what_the_schema_asks_for(name: str) -> None:
    assert violations("RateRequest", mapping_pickups.build_rates(REQUESTS[name], "961234567")) == []


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("consignee", [None, CONSIGNEE])
def test_a_pickup_is_what_the_schema_asks_for(count: int, consignee: Party | None) -> None:
    pickup = PickupRequest(
        client_ref=ClientRef("HW-7K2M-P1"),
        address=returner().address,
        contact=returner(),
        ready_at=datetime(2026, 7, 1, 9, 0, tzinfo=UTC),
        close_at=datetime(2026, 7, 1, 17, 30, tzinfo=UTC),
        zone="Europe/Lisbon",
        waybills=tuple(Waybill(f"123456789{n}") for n in range(count)),
        parcels=(Parcel(weight=Weight(grams=900)), Parcel(weight=Weight(grams=1_100))),
        consignee=consignee,
        location="reception " * 9,
        instructions="ring twice\n" * 60,
    )
    body = mapping_pickups.build_pickup(pickup, "961234567")
    assert violations("PickupRequest", body) == []
    assert body["plannedPickupDateAndTime"] == "2026-07-01T10:00:00 GMT+01:00"
    assert body["closeTime"] == "18:30"
    sent = [shipment.get("shipmentTrackingNumber") for shipment in body["shipmentDetails"]]
    assert all(waybill in sent or waybill in body["remark"] for waybill in pickup.waybills)
    assert sum(len(shipment["packages"]) for shipment in body["shipmentDetails"]) == 2


def test_a_booking_says_what_was_asked() -> None:
    body = mapping_booking.build_booking(REQUESTS["insured"], "961234567")
    assert body["plannedShippingDateAndTime"] == "2026-07-01T16:00:00 GMT+01:00"
    assert body["accounts"] == [{"typeCode": "payer", "number": "961234567"}]
    assert body["valueAddedServices"] == [{"serviceCode": "II", "value": Decimal("250.00"), "currency": "EUR"}]
    assert body["customerReferences"][0] == {"value": "HW-7K2M-1", "typeCode": "CU"}
    assert body["customerDetails"]["shipperDetails"]["contactInformation"]["fullName"] == "Ana Exemplo"
    assert body["content"]["exportDeclaration"]["exportReasonType"] == "return"
    assert body["content"]["incoterm"] == "DAP"
    assert body["content"]["exportDeclaration"]["lineItems"][0]["weight"]["netValue"] == Decimal("0.999")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shipper": returner().model_copy(update={"phone": None})}, "shipper.phone"),
        ({"extras": {"label": "big"}}, "extras.label"),
        ({"extras": {"zone": "Lisbon"}}, "extras.zone"),
        ({"label_format": LabelFormat.PNG}, "label_format"),
        ({"customs": goods(1000)}, "customs.items"),
    ],
)
def test_what_cannot_be_said_is_refused_before_the_call(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as caught:
        mapping_booking.build_booking(request(**changes), "961234567")
    assert caught.value.field == field


def test_an_address_is_folded_or_refused_but_never_cut() -> None:
    lines = mapping_booking.place(CONSIGNEE.address, "consignee")
    assert max(len(lines[f"addressLine{n}"]) for n in (1, 2, 3)) <= 45
    assert " ".join(lines[f"addressLine{n}"] for n in (1, 2, 3)) == " ".join(CONSIGNEE.address.lines)
    with pytest.raises(Unsupported):
        mapping_booking.place(CONSIGNEE.address.model_copy(update={"lines": ("street " * 14,) * 3}), "consignee")


def queries() -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    yield "/tracking", "get", mapping_tracking.build_tracking([Waybill(str(10**9 + n)) for n in range(200)])
    for view in client.VIEWS:
        yield "/tracking", "get", mapping_tracking.build_search(ClientRef("HW-7K2M-1"), "961234567", view)
    yield "/pickups/{dispatchConfirmationNumber}", "delete", mapping_pickups.build_cancel("Returns desk")


@pytest.mark.parametrize(("path", "method", "query"), [*queries()])
def test_queries_are_what_the_description_lists(path: str, method: str, query: tuple[tuple[str, str], ...]) -> None:
    listed = {given["name"]: given for given in resolved(spec()["paths"][path][method]["parameters"])}
    required = {name for name, given in listed.items() if given["in"] == "query" and given.get("required")}
    assert required <= {name for name, _ in query}
    for name, value in query:
        schema = listed[name]["schema"]
        many = schema["type"] == "array"
        sent = [given for key, given in query if key == name] if many else value
        assert listed[name]["in"] == "query"
        assert list(Draft4Validator(schema).iter_errors(sent)) == []
    assert listed["x-version"]["schema"]["default"] == client.INTERFACE


@pytest.mark.parametrize("client_ref", ["A", "HW-7K2M-1", "X" * 20])
def test_a_message_reference_has_a_length_dhl_takes(client_ref: str) -> None:
    assert 28 <= len(client.message_reference(ClientRef(client_ref))) <= 36


def test_a_booking_of_three_pieces_keeps_each_label_with_its_piece() -> None:
    booking = READ["booking"](reply("mydhl-linklabelsbypiecesshipmentresponse.json", 201, creates=True))
    assert booking.waybill == "5374534616"
    assert booking.parcels == tuple(f"JD01460000461723071{n}" for n in (1, 2, 3))
    assert [(label.format, label.waybill) for label in booking.labels] == [
        (LabelFormat.PDF, n) for n in booking.parcels
    ]
    assert len(booking.documents) == 2


@pytest.mark.parametrize(
    ("name", "waybill", "piece"),
    [
        ("mydhl-nondocinternationalshipmentresponse.json", "1103733901", "JD014600004617230770"),
        ("mydhl-pltshipmentresponse.json", "5374534616", "JD014600004617230785"),
    ],
)
def test_a_booking_separates_labels_from_papers(name: str, waybill: str, piece: str) -> None:
    booking = READ["booking"](reply(name, 201, creates=True))
    assert (booking.waybill, booking.parcels) == (waybill, (piece,))
    assert [label.content[:5] for label in booking.labels] == [b"%PDF-"] * 2
    assert [paper.content[:5] for paper in booking.documents] == [b"%PDF-"]


def test_a_validation_answers_201_and_refuses_all_the_same() -> None:
    with pytest.raises(Refused) as caught:
        READ["booking"](reply("mydhl-validatedataonlyshipmentresponse.json", 201, creates=True))
    assert (caught.value.wire_code, caught.value.code) == ("7120", RefusalCode.CUSTOMS_DATA_MISSING)
    assert "7127: The sellerDetails" in (caught.value.wire_text or "")


def test_scans_are_read_once_in_the_zone_of_their_place() -> None:
    sample = "tracking-200-sample-tracking-response-for-shipment-tracking-number.json"
    events = READ["tracking"](reply(sample)).events
    assert len(events) == 13
    assert {event.zone for event in events} == {ZoneSource.PLACE}
    first, last = events[0], events[-1]
    assert (first.status, first.occurred_at) == (
        TrackingStatus.HANDED_OVER,
        datetime(2023, 8, 9, 3, 56, 21, tzinfo=UTC),
    )
    assert (first.place.city, first.place.country) == ("SYDNEY", "AU")
    assert (last.status, last.occurred_at) == (TrackingStatus.DELIVERED, datetime(2023, 8, 9, 23, 59, 23, tzinfo=UTC))
    assert [event.wire_code for event in events].count("RR") == 2
    assert not any(event.piece for event in events)


def test_an_unknown_waybill_is_an_answer() -> None:
    assert READ["tracking"](reply("tracking-error.json", 404)).not_found == ("9356579890",)
    assert READ["find"](reply("tracking-error.json", 404)) == ()


ERRORS = [
    ("shipment-400-incorrect-date.json", 400, RefusalCode.DATE_INVALID, "998"),
    ("shipment-400-invalid-parameter.json", 400, RefusalCode.SERVICE_UNAVAILABLE, "7008"),
    ("shipment-422-schema-validation-error.json", 422, RefusalCode.DATA_INVALID, "422"),
    ("shipment-error.json", 400, RefusalCode.DATA_MISSING, "400"),
    ("tracking-400-invalid-parameter.json", 400, RefusalCode.DATA_INVALID, "400"),
    ("tracking-error.json", 404, RefusalCode.NOT_FOUND, "404"),
    ("mydhl-nondocschemavalidationerrorbbxscreeningshipmentresponse.json", 422, RefusalCode.DATE_INVALID, "422"),
]


@pytest.mark.parametrize(("name", "status", "code", "wire_code"), ERRORS)
def test_an_error_is_refused_with_its_reason(name: str, status: int, code: RefusalCode, wire_code: str) -> None:
    given = reply(name, status, creates=True)
    with pytest.raises(Refused) as caught:
        sort_reply(given, ADAPTER.read_error)
    assert (caught.value.code, caught.value.wire_code) == (code, wire_code)
    assert caught.value.wire_text == " ".join(given.json()["detail"].split())
