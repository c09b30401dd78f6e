"""Chronopost's logged replies and error samples, and replies of the same forms, through the readers."""

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.carriers.chronopost import ADAPTER, codes
from adapters.toolkit.http import Reply
from schemas.errors import OutcomeUnknown, RefusalCode, Refused, Unavailable, Unintelligible
from schemas.shipments import LabelFormat
from schemas.tracking import TrackingStatus, ZoneSource

REAL = Path(__file__).parents[2].parent / "shared/contracts/carriers/chronopost"

needs_contract = pytest.mark.skipif(not REAL.is_dir(), reason="the carrier's own files are not kept in this repository")


def sample(name: str) -> bytes:
    return (REAL / "samples" / name).read_bytes()


def said(name: str, tag: str) -> list[str]:
    return [element.text for element in etree.fromstring(sample(name)).iter(tag) if element.text]


def read(kind: str, content: bytes, *, creates: bool = False, status: int = 200) -> Any:
    return ADAPTER.readers[kind](Reply(status, content, {}, creates))


@needs_contract
@pytest.mark.parametrize(("name", "labels"), [("live-1parcel-resp-shipping.xml", 0), ("doc-resp-chrono13.xml", 1)])
def test_logged_bookings_are_read(name: str, labels: int) -> None:
    booking = read("booking", sample(name), creates=True)
    assert list(booking.parcels) == said(name, "skybillNumber")
    assert booking.waybill == booking.parcels[0]
    assert [booking.handle] == said(name, "reservationNumber")
    assert [label.format for label in booking.labels] == [LabelFormat.PDF] * labels
    assert booking.label_pending is not bool(labels)


@needs_contract
def test_a_logged_label_is_zpl_though_the_carrier_calls_it_text() -> None:
    name = "live-1parcel-resp-getlabels-z2d.xml"
    (label,) = read("label", sample(name))
    assert said(name, "type") == ["TXT"]
    assert label.format is LabelFormat.ZPL
    assert label.content.startswith(b"^XA")
    assert label.content.rstrip().endswith(b"^XZ")


@needs_contract
def test_a_product_without_a_price_is_not_free() -> None:
    quotes = read("quote", sample("quickcost-response.xml"))
    assert len(quotes) == len(said("quickcost-response.xml", "productCode"))
    (priced,) = [quote for quote in quotes if quote.total is not None]
    assert priced.service == "00"
    assert sum(charge.money.minor for charge in priced.charges) == priced.total.minor == 720
    assert all(not quote.charges for quote in quotes if quote is not priced)


@needs_contract
@pytest.mark.parametrize(("name", "kind", "error", "code"), [
    ("shipping-error.xml", "booking", Refused, RefusalCode.ACCOUNT_INVALID),
    ("cancel-error.xml", "void", Refused, RefusalCode.NOT_FOUND),
    ("track-error.xml", "tracking", Unavailable, None),
])  # fmt: skip
def test_logged_errors_are_read(name: str, kind: str, error: type[Exception], code: RefusalCode | None) -> None:
    with pytest.raises(error) as raised:
        read(kind, sample(name), creates=kind != "tracking")
    told: Any = raised.value
    assert getattr(told, "code", None) is code
    assert [told.wire_code] == said(name, "errorCode")
    assert [told.wire_text] == said(name, "errorMessage")


OWN = {
    "booking": "shipping",
    "label": "getReservedSkybill",
    "tracking": "trackSkybill",
    "void": "cancelSkybill",
    "pickup": "creerEnlevement",
    "pickup_void": "annulerEnlevements",
    "quote": "calculateProducts",
    "proof": "searchPOD",
    "find": "trackWithSenderRef",
}


@needs_contract
@pytest.mark.parametrize("path", sorted((REAL / "samples").glob("*.xml")), ids=lambda path: path.name)
def test_no_reader_takes_another_operations_message(path: Path) -> None:
    operation = etree.QName(etree.parse(path).getroot()[-1][0]).localname
    others = [kind for kind, start in OWN.items() if not re.fullmatch(f"{start}.*Response", operation)]
    assert set(OWN) == set(ADAPTER.readers)
    assert len(others) >= len(OWN) - 1
    for kind in others:
        with pytest.raises(Unintelligible):
            read(kind, path.read_bytes())


def result(operation: str, inner: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:{operation}Response xmlns:n="urn:n"><return>{inner}</return></n:{operation}Response></s:Body></s:Envelope>'
    ).encode()


def test_a_two_way_booking_holds_both_numbers() -> None:
    pair = "".join(
        f"<resultMultiParcelValue><skybillNumber>XX{n}FR</skybillNumber></resultMultiParcelValue>" for n in (1, 2)
    )
    booking = read("booking", result("shippingMultiParcelV5", f"<errorCode>0</errorCode>{pair}"), creates=True)
    assert (booking.waybill, booking.parcels, booking.label_pending) == ("XX1FR", ("XX1FR", "XX2FR"), False)


@pytest.mark.parametrize("code", ["1", "2", "29", "36", "37", "908", "4711"])
def test_a_create_is_refused_only_by_codes_that_say_so(code: str) -> None:
    with pytest.raises(OutcomeUnknown):
        read("booking", result("shippingMultiParcelV4", f"<errorCode>{code}</errorCode>"), creates=True)


def test_a_refusal_that_names_a_reservation_is_no_refusal() -> None:
    inner = "<errorCode>33</errorCode><reservationNumber>7</reservationNumber>"
    with pytest.raises(OutcomeUnknown):
        read("booking", result("shippingMultiParcelV4", inner), creates=True)


@pytest.mark.parametrize("code", ["1", "2", "3", "99"])
def test_a_failed_search_is_never_absent(code: str) -> None:
    with pytest.raises((Refused, Unavailable)):
        read("find", result("trackWithSenderRef", f"<errorCode>{code}</errorCode>"))


@pytest.mark.parametrize(("stamp", "at", "zone"), [
    ("2026-07-01T11:20:00+02:00", "2026-07-01T09:20:00+00:00", ZoneSource.STATED),
    ("2026-03-03T06:00:00Z", "2026-03-03T06:00:00+00:00", ZoneSource.STATED),
    ("2026-07-01T11:20:00", "2026-07-01T09:20:00+00:00", ZoneSource.ASSUMED),
    ("2026-01-01T11:20:00.5", "2026-01-01T10:20:00.500000+00:00", ZoneSource.ASSUMED),
    ("0001-01-01T00:00:00+14:00", None, ZoneSource.ASSUMED),
    ("yesterday", None, ZoneSource.ASSUMED),
])  # fmt: skip
def test_times_are_exact_and_say_how_sure_they_are(stamp: str, at: str | None, zone: ZoneSource) -> None:
    inner = (
        "<errorCode>0</errorCode><listEventInfoComp><events><code>D  </code>"
        f"<eventDate>{stamp}</eventDate></events><skybillNumber>X</skybillNumber></listEventInfoComp>"
    )
    (event,) = read("tracking", result("trackSkybillV2", inner)).events
    assert (event.occurred_at and event.occurred_at.isoformat(), event.zone) == (at, zone)
    assert event.wire_time == (None if zone is ZoneSource.STATED else stamp)
    assert (event.wire_code, event.status) == ("D", TrackingStatus.DELIVERED)


def test_no_event_code_has_two_meanings() -> None:
    spelled = " ".join(codes._EVENTS.values()).split()
    assert len(spelled) == len(set(spelled)) == len(codes.EVENTS)
    assert not {"SM", "CL", "DR"} & codes.EVENTS.keys()


def test_an_error_status_says_what_its_envelope_says() -> None:
    told = ADAPTER.read_error(
        Reply(403, result("shippingMultiParcelV4", "<errorCode>32</errorCode>"), {}, creates=True)
    )
    assert isinstance(told, Refused)
    assert told.code is RefusalCode.DATA_INVALID
    assert ADAPTER.read_error(Reply(500, b"<html/>")) is None
