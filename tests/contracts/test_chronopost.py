"""Chronopost's own WSDLs, logged calls and samples, held against our WSDLs, envelopes and readers."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from pydantic import SecretStr

from adapters.carriers.chronopost.client import WSDL
from adapters.carriers.chronopost.mapping import Credentials
from adapters.carriers.chronopost.mapping_booking import build_booking
from adapters.toolkit.soap import build_envelope
from schemas.shipments import BookingRequest, Parcel
from schemas.values import Address, ClientRef, Party, Weight
from tests.contracts.wsdl import NS, differences, leaves, written

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared/contracts/carriers/chronopost"
FIXTURES = ROOT / "fixtures/carriers/chronopost"
SERVICES = {"shipping": "ShippingServiceWS", "tracking": "TrackingServiceWS", "quickcost": "QuickcostServiceWS"}
SHIPPING = WSDL / "shipping.wsdl"

needs_contract = pytest.mark.skipif(not REAL.is_dir(), reason="the carrier's own files are not kept in this repository")


@needs_contract
@pytest.mark.parametrize(("name", "service"), SERVICES.items())
def test_our_wsdl_says_what_the_carriers_says(name: str, service: str) -> None:
    assert differences(WSDL / f"{name}.wsdl", REAL / f"wsdl/{service}.wsdl") == []


@needs_contract
@pytest.mark.parametrize(("name", "service"), SERVICES.items())
def test_the_address_is_the_carriers(name: str, service: str) -> None:
    places = [
        etree.parse(path).find(".//s:address", NS).get("location")
        for path in (WSDL / f"{name}.wsdl", REAL / f"wsdl/{service}.wsdl")
    ]
    assert places == [f"https://ws.chronopost.fr/{name}-cxf/{service}"] * 2


BREAKS = {
    "a name": ('name="shipperRef"', 'name="shipperReference"'),
    "the order": (
        '<xs:element name="codePays" type="xs:string" minOccurs="0"/>\n        <xs:element name="codePostal"',
        '<xs:element name="codePostal" type="xs:string" minOccurs="0"/>\n        <xs:element name="codePays"',
    ),
    "a type": ('name="shipHour" type="xs:int"', 'name="shipHour" type="xs:string"'),
    "an occurrence": ('name="mode" type="xs:string" minOccurs="0"', 'name="mode" type="xs:string"'),
    "a repetition": (
        'type="tns:refValueV2" minOccurs="0" maxOccurs="unbounded"',
        'type="tns:refValueV2" minOccurs="0"',
    ),
    "a compulsory element": ('        <xs:element name="numberOfParcel" type="xs:int"/>\n', ""),
    "the namespace": ("http://cxf.shipping.soap.chronopost.fr/", "http://cxf.shipping.soap.chronopost.fr"),
    "the form": ('elementFormDefault="unqualified"', 'elementFormDefault="qualified"'),
    "a soapAction": ('soapAction=""', 'soapAction="urn:book"'),
    "a message part": ('part name="parameters"', 'part name="body"'),
    "an operation": ("shippingMultiParcelV4", "shippingMultiParcelV9"),
}


@needs_contract
@pytest.mark.parametrize("what", BREAKS)
def test_the_comparison_sees(what: str, tmp_path: Path) -> None:
    right, wrong = BREAKS[what]
    text = SHIPPING.read_text()
    assert right in text
    (tmp_path / "broken.wsdl").write_text(text.replace(right, wrong))
    assert differences(tmp_path / "broken.wsdl", REAL / "wsdl/ShippingServiceWS.wsdl")


@needs_contract
@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/*-request.http")), ids=lambda path: f"{path.parent.name}")
def test_every_recorded_request_reads_strictly_by_the_carriers_wsdl(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head, _, body = path.read_text().partition("\n\n")
    service = SERVICES[head.split("/")[1].removesuffix("-cxf")]
    first = etree.fromstring(body.encode())[-1][0]
    real = zeep.Client(str(REAL / f"wsdl/{service}.wsdl"))
    operation = real.service._binding.get(etree.QName(first).localname)
    parsed = zeep.helpers.serialize_object(operation.input.body.parse(first, real.wsdl.types), dict)
    # zeep logs a value it cannot convert and reads None; every value written must arrive.
    assert not caplog.records
    assert sorted(leaves(parsed)) == sorted(tag for tag, text in written(first) if text)


CREDENTIALS = Credentials(account_number="10203040", password=SecretStr("918273"))
RETURNER = Party(
    name="Anna Exemple",
    company="Atelier",
    address=Address(lines=("12 rue des Essais", "Bâtiment B"), city="LYON", postal_code="69003", country="FR"),
    phone="0611223344",
    email="anna@example.org",
)


def request(parcels: int = 1) -> BookingRequest:
    return BookingRequest(
        client_ref=ClientRef("HW-1"),
        service="01",
        shipper=RETURNER,
        consignee=RETURNER,
        parcels=(Parcel(weight=Weight(grams=1010)),) * parcels,
        ship_on=date(2026, 3, 2),
    )


def envelope(parcels: int = 1) -> Any:
    content, _ = build_envelope(SHIPPING, "shippingMultiParcelV4", build_booking(request(parcels), CREDENTIALS))
    return etree.fromstring(content)


def names(root: Any) -> list[str]:
    return [etree.QName(element).localname for element in root.iter(etree.Element)][2:]


# Told in the logged calls and not by us: the country's own name beside its code, and the consignee's reference where the
# return has none.
NOT_OURS = {"shipperCountryName", "customerCountryName", "recipientCountryName", "recipientRef"}


@needs_contract
def test_our_booking_has_every_element_of_the_logged_one_in_its_order() -> None:
    logged = [
        name for name in names(etree.parse(REAL / "samples/live-1parcel-req-shipping.xml")) if name not in NOT_OURS
    ]
    ours = names(envelope())
    assert [name for name in logged if name not in ours] == []
    assert [name for name in ours if name in logged] == logged
    real = names(etree.parse(REAL / "samples/doc-req-chrono13.xml"))
    assert [name for name in ours if name not in real] == []


@needs_contract
def test_an_account_without_sub_account_writes_it_empty_as_the_logged_call_does() -> None:
    logged = etree.parse(REAL / "samples/live-1parcel-req-shipping.xml").find(".//subAccount")
    ours = envelope().find(".//subAccount")
    assert ours is not None
    assert not ours.text
    assert not logged.text


def test_parcels_of_one_booking_share_the_recipient_and_count_up() -> None:
    root = envelope(3)
    assert [len(root.findall(f".//{name}")) for name in ("shipperValue", "recipientValue", "refValue", "skybillValue")] == [
        3, 1, 3, 3,
    ]  # fmt: skip
    assert [element.text for element in root.iter("skybillRank")] == ["1", "2", "3"]
    assert {element.text for element in root.iter("bulkNumber")} == {"3"}
    assert [element.text for element in root.iter("shipperRef")] == ["HW-1", "HW-1-P2", "HW-1-P3"]
    assert root.find(".//multiParcel").text == "Y"


@needs_contract
@pytest.mark.parametrize(("sample", "operation"), [
    ("live-1parcel-req-getlabels-z2d.xml", "getReservedSkybillWithTypeAndMode"),
    ("live-cancel-req-cancelskybill.xml", "cancelSkybill"),
])  # fmt: skip
def test_our_other_requests_have_the_elements_of_the_logged_ones(sample: str, operation: str) -> None:
    scenario = {"getReservedSkybillWithTypeAndMode": "label-fetched", "cancelSkybill": "voided"}[operation]
    body = (FIXTURES / scenario / "1-request.http").read_text().partition("\n\n")[2]
    assert names(etree.fromstring(body.encode())) == names(etree.parse(REAL / f"samples/{sample}"))
