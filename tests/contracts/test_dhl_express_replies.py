"""MyDHL API 3.1.1: prices, pickups and proofs as DHL's samples have them, and what the description allows beside them."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.carriers.dhl_express import ADAPTER, codes, mapping
from adapters.toolkit.http import Reply, sort_reply
from schemas.charges import ChargeType
from schemas.errors import AdapterError, CredentialsRejected, OutcomeUnknown, Unavailable, Unintelligible
from schemas.shipments import LabelFormat, VoidOutcome
from schemas.tracking import ExceptionReason, TrackingStatus, ZoneSource
from schemas.values import Money

SAMPLES = Path(__file__).resolve().parents[3] / "shared/contracts/carriers/dhl_express_mydhl/samples"
needs_contract = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the carriers' contracts are not here")
READ = ADAPTER.readers


def sample(name: str, status: int = 200) -> Reply:
    return Reply(status, (SAMPLES / name).read_bytes())


def of(body: object, status: int = 200, *, creates: bool = False) -> Reply:
    return Reply(status, json.dumps(body).encode(), {}, creates)


@needs_contract
def test_a_price_is_read_in_billing_currency_once() -> None:
    (quote,) = READ["quote"](sample("mydhl-nondocinternationalshipmentratesresponse.json"))
    assert [(charge.type, str(charge.money)) for charge in quote.charges] == [
        (ChargeType.FREIGHT, "130.00 GBP"),
        (ChargeType.PEAK_DEMAND, "0.27 GBP"),
        (ChargeType.FUEL, "27.68 GBP"),
    ]
    assert quote.total == Money.of("157.95", "GBP")


@needs_contract
def test_parts_add_up_to_the_total_and_tax_stands_apart() -> None:
    quotes = READ["quote"](sample("sdk-get-rates.json"))
    split = [quote for quote in quotes if quote.charges]
    assert len(split) >= 3
    for quote in split:
        assert quote.total is not None
        assert sum(charge.money.minor for charge in quote.charges) == quote.total.minor
    assert [(c.type, str(c.money)) for c in split[0].charges][:2] == [
        (ChargeType.FREIGHT, "41.53 EUR"),
        (ChargeType.TAX, "7.89 EUR"),
    ]


@needs_contract
def test_a_price_without_detail_is_summed_up_by_dhl() -> None:
    first, second = READ["quote"](sample("rate-response.json"))
    assert [(c.type, str(c.money), c.wire_code) for c in first.charges] == [(ChargeType.FREIGHT, "23.50 USD", "SPRQT")]
    assert (str(first.total), str(second.total), second.charges) == ("25.99 USD", "35.99 USD", ())


@needs_contract
def test_a_pickup_keeps_every_confirmation() -> None:
    pickup = READ["pickup"](sample("pickup-create-response.json", 201))
    assert pickup.confirmation == "PRG999123456"
    assert pickup.confirmations == ("PRG999123456", "PRG999123457")


@needs_contract
def test_a_proof_is_the_decoded_document() -> None:
    proof = READ["proof"](sample("proof-of-delivery-response.json"))
    assert (proof.media_type, proof.content) == ("application/pdf", b"%PDF-1.4\n")


@needs_contract
def test_a_cancelled_pickup_is_void_and_not_a_pickup() -> None:
    receipt = READ["void"](sample("pickup-cancel-response.json"))
    assert (receipt.outcome, receipt.wire_text) == (VoidOutcome.VOIDED, "cancelled")
    with pytest.raises(Unintelligible):
        READ["pickup"](sample("pickup-cancel-response.json"))


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_cancels(status: int) -> None:
    assert READ["void"](Reply(status, b"")).outcome is VoidOutcome.VOIDED


def test_a_pickup_is_ready_in_the_zone_of_its_place() -> None:
    body = {"dispatchConfirmationNumber": "PRG1", "readyByTime": "09:00", "nextPickupDate": "2026-07-01"}
    pickup = READ["pickup"](of({**body, "warnings": ["late"]}), "Europe/Lisbon")  # type: ignore[call-arg]
    assert (pickup.confirmations, pickup.wire_text) == (("PRG1",), "late")
    assert pickup.ready_at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def scan(code: str, time: str = "10:00:00", area: str = "SHA", at: str = "SHANGHAI-CN", **more: Any) -> dict[str, Any]:
    place = [{"code": area, "description": at}]
    return {"date": "2026-07-03", "time": time, "typeCode": code, "description": code, "serviceArea": place, **more}


def events_of(*events: dict[str, Any], pieces: object = ()) -> Any:
    shipment = {"shipmentTrackingNumber": "1234567890", "status": "Success", "events": events, "pieces": pieces}
    return READ["tracking"](of({"shipments": [shipment]})).events


@pytest.mark.parametrize(
    ("event", "hour", "zone"),
    [
        (scan("PU", GMTOffset="+08:00"), 2, ZoneSource.STATED),
        (scan("PU", GMTOffset="-0500"), 15, ZoneSource.STATED),
        (scan("PU", GMTOffset="GMT+02:00"), 8, ZoneSource.STATED),
        (scan("PU", GMTOffset="soon"), 2, ZoneSource.PLACE),
        (scan("PU"), 2, ZoneSource.PLACE),
        (scan("PU", area="LAX", at="LOS ANGELES GATEWAY,CA-USA"), 17, ZoneSource.PLACE),
        (scan("PU", area="BRU", at="BRUSSELS-BELGIUM"), 8, ZoneSource.PLACE),
        (scan("PU", area="ZZZ", at="SOMEWHERE-US"), 10, ZoneSource.ASSUMED),
    ],
)
def test_an_offset_is_stated_or_the_places_or_assumed(event: dict[str, Any], hour: int, zone: ZoneSource) -> None:
    (read,) = events_of(event)
    assert (read.occurred_at.hour, read.zone) == (hour, zone)
    assert (read.wire_time is None) == (zone is ZoneSource.STATED)


@pytest.mark.parametrize(
    ("description", "place"),
    [
        ("LOS ANGELES GATEWAY,CA-USA", ("LOS ANGELES GATEWAY", "CA", "US")),
        ("Cologne-Bonn", ("Cologne-Bonn", None, None)),
        ("EAST MIDLANDS-GB", ("EAST MIDLANDS", None, "GB")),
        ("", ("SHA", None, None)),
    ],
)
def test_a_place_is_a_city_and_perhaps_a_country(description: str, place: tuple[str | None, ...]) -> None:
    (read,) = events_of(scan("AF", at=description))
    assert (read.place.city, read.place.region, read.place.country) == place


def test_a_piece_adds_only_what_the_shipment_does_not_say() -> None:
    pieces = [
        {"number": n, "trackingNumber": f"JD{n}", "events": [scan("PU"), scan("AF", "12:00:00"), *own]}
        for n, own in ((1, []), (2, [scan("MS", "13:00:00")]), (3, [scan("MS", "13:00:00")]))
    ]
    read = events_of(scan("PU"), scan("AF", "12:00:00"), scan("AF", "12:00:00"), pieces=pieces)
    assert [(event.wire_code, event.piece) for event in read] == [
        ("PU", None),
        ("AF", None),
        ("MS", "JD2"),
        ("MS", "JD3"),
    ]
    assert read[2].reason is ExceptionReason.CARRIER_MISROUTED


def test_an_unknown_code_or_time_stays_what_it_was() -> None:
    (strange,) = events_of({**scan("Q7"), "date": "soon"})
    assert (strange.status, strange.wire_code, strange.occurred_at) == (TrackingStatus.UNKNOWN, "Q7", None)
    assert strange.wire_time == "soon 10:00:00"


def test_a_part_of_a_batch_may_be_unknown() -> None:
    known = {"shipmentTrackingNumber": "1", "status": "Success", "events": []}
    without = {"shipmentTrackingNumber": "2", "status": "No Shipments Found"}
    report = READ["tracking"](of({"shipments": [known, without]}), ("1", "2", "3"))  # type: ignore[call-arg]
    assert report.not_found == ("2", "3")


def test_labels_that_are_links_or_blank_are_left_out() -> None:
    papers = [
        {"typeCode": "label", "imageFormat": "PDF", "content": ""},
        {"typeCode": "label", "imageFormat": "PDF", "url": "https://labels.example/1"},
        {"typeCode": "label", "imageFormat": "PDF", "content": "https://labels.example/1"},
        {"typeCode": "label", "imageFormat": "ZPL", "content": "XlhBXlha"},
    ]
    qr = {"typeCode": "qr-code", "imageFormat": "PNG", "content": "iVBORw0KGgo="}
    pieces = [{"referenceNumber": 1, "trackingNumber": "JD1", "documents": [qr]}]
    body = {"shipmentTrackingNumber": 1234567890, "packages": pieces, "documents": papers, "warnings": ["x"]}
    booking = READ["booking"](of({**body, "dispatchConfirmationNumber": "PRG1"}, 201))
    labels = [(label.format, label.waybill) for label in booking.labels]
    assert labels == [(LabelFormat.ZPL, None), (LabelFormat.QR, "JD1")]
    assert (booking.waybill, booking.pickup_confirmation, booking.label_pending) == ("1234567890", "PRG1", False)


def test_charges_of_a_booking_come_from_one_block() -> None:
    lines = [{"name": "EXPRESS WORLDWIDE", "price": 40.1}, {"name": "FUEL SURCHARGE", "price": 8, "typeCode": "FF"}]
    lines += [
        {"name": "SHIPMENT INSURANCE", "price": 3, "typeCode": "II"},
        {"name": "NEW", "price": 1, "typeCode": "?"},
    ]
    blocks = [
        {"currencyType": kind, "priceCurrency": currency, "price": 52.1, "serviceBreakdown": lines}
        for kind, currency in (("BASEC", "USD"), ("BILLC", "EUR"), ("PULCL", "EUR"))
    ]
    charges = READ["booking"](of({"shipmentTrackingNumber": "1", "shipmentCharges": blocks})).charges
    kinds = [ChargeType.FREIGHT, ChargeType.FUEL, ChargeType.INSURANCE, ChargeType.UNKNOWN]
    assert [charge.type for charge in charges] == kinds
    assert [str(charge.money) for charge in charges] == ["40.10 EUR", "8.00 EUR", "3.00 EUR", "1.00 EUR"]


FAILURE = {
    "instance": "/expressapi/shipments",
    "detail": "999: Process failure occurred.",
    "title": "Error",
    "code": "500",
}


@pytest.mark.parametrize(
    ("status", "creates", "kind", "wire_code"),
    [
        (500, True, OutcomeUnknown, "999"),
        (400, True, OutcomeUnknown, "999"),
        (500, False, Unavailable, "999"),
        (403, True, CredentialsRejected, "999"),
        (409, True, OutcomeUnknown, "999"),
    ],
)
def test_a_failed_process_is_no_refusal(status: int, creates: bool, kind: type[AdapterError], wire_code: str) -> None:
    with pytest.raises(kind) as caught:
        sort_reply(of(FAILURE, status, creates=creates), ADAPTER.read_error)
    assert caught.value.wire_code == wire_code


@pytest.mark.parametrize(
    "content", [b"<html>400</html>", b"", b"[]", b'{"fault":{"faultstring":"x"}}', b'{"status":400}']
)
def test_a_400_in_another_form_refuses_no_booking(content: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        sort_reply(Reply(400, content, {}, creates=True), ADAPTER.read_error)


def test_a_404_that_is_not_dhls_does_not_say_not_found() -> None:
    with pytest.raises(AdapterError):
        READ["tracking"](Reply(404, b"<html>nothing here</html>"))


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in below:
        yield from paths(value, (*path, key))


def broken(body: Any) -> Iterator[Any]:
    """The body with each of its parts in turn replaced by something of another type."""
    for path in paths(body):
        for other in (None, True, [], {}, "\ud800\x00", 10**30, [[{}]], {"a": 1}, "1e999999", "9999-12-31"):
            changed = node = copy.deepcopy([body])
            for step in (whole := (0, *path))[:-1]:
                node = node[step]
            node[whole[-1]] = other
            yield changed[0]


BODIES: dict[str, Any] = {
    "booking": {
        "shipmentTrackingNumber": "1",
        "packages": [{"referenceNumber": 1, "trackingNumber": "JD1", "documents": []}],
        "documents": [{"typeCode": "label", "imageFormat": "PDF", "content": "JVBERg==", "packageReferenceNumber": 1}],
        "shipmentCharges": [{"currencyType": "BILLC", "priceCurrency": "EUR", "price": 1.5, "serviceBreakdown": []}],
    },
    "tracking": {
        "shipments": [{"shipmentTrackingNumber": "1", "events": [scan("PU", GMTOffset="+08:00")], "pieces": []}]
    },
    "void": {"status": "cancelled"},
    "pickup": {"dispatchConfirmationNumbers": ["PRG1"], "readyByTime": "09:00", "nextPickupDate": "2026-07-01"},
    "quote": {
        "products": [
            {
                "productCode": "P",
                "totalPrice": [{"currencyType": "BILLC", "priceCurrency": "EUR", "price": 1.5}],
                "detailedPriceBreakdown": [{"priceCurrency": "EUR", "breakdown": [{"name": "X", "price": 1.5}]}],
                "deliveryCapabilities": {"estimatedDeliveryDateAndTime": "2026-07-01T10:00:00"},
            }
        ]
    },
    "proof": {"documents": [{"encodingFormat": "PDF", "content": "JVBERg=="}]},
    "find": {"shipments": [{"shipmentTrackingNumber": "1", "shipperReferences": [{"value": "A", "typeCode": "CU"}]}]},
}


@pytest.mark.parametrize("kind", READ)
def test_nothing_but_an_adapter_error_comes_out(kind: str) -> None:
    read = 0
    for body in broken(BODIES[kind]):
        with suppress(AdapterError):
            READ[kind](of(body))
            read += 1
    assert read


def test_tables_name_each_code_once_and_zones_that_exist() -> None:
    listed = [code for group in codes._BY_TYPE.values() for code in group.split()]
    assert len(listed) == len(set(listed)) == len(codes.CHARGES)
    assert set(codes.REASONS) <= set(codes.TRACKING)
    for name in {*codes.AREA_ZONES.values(), *codes.COUNTRY_ZONES.values(), *codes.PLANNING_ZONES.values()}:
        mapping.named_zone(name, "zone")
    assert not set(codes.COUNTRY_ZONES) & set(codes.PLANNING_ZONES)
