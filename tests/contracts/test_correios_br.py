"""Correios' own WSDLs, recorded replies and code tables, held against our WSDLs, envelopes, readers and codes."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from adapters.carriers.correios_br import ADAPTER, codes
from adapters.carriers.correios_br.client import WSDL
from adapters.carriers.correios_br.mapping import plain
from adapters.toolkit.http import Reply
from schemas.errors import AdapterError, CredentialsRejected, OutcomeUnknown, Refused
from schemas.tracking import TrackingStatus, ZoneSource
from tests.contracts.wsdl import NS, differences, leaves, written

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared/contracts/carriers/correios_br"
FIXTURES = ROOT / "fixtures/carriers/correios_br"
SERVICES = {"reverse": "logisticaReversaWS", "tracking": "Rastro"}

needs_contract = pytest.mark.skipif(not REAL.is_dir(), reason="the carrier's own files are not kept in this repository")


def sample(name: str) -> bytes:
    return (REAL / "samples" / name).read_bytes()


def read(kind: str, content: bytes, *, creates: bool = False) -> Any:
    return ADAPTER.readers[kind](Reply(200, content, {}, creates))


@needs_contract
@pytest.mark.parametrize(("name", "service"), SERVICES.items())
def test_our_wsdl_says_what_the_carriers_says(name: str, service: str) -> None:
    assert differences(WSDL / f"{name}.wsdl", REAL / f"wsdl/{service}.wsdl") == []


@needs_contract
@pytest.mark.parametrize(("name", "service"), SERVICES.items())
def test_the_path_is_the_carriers(name: str, service: str) -> None:
    ours, theirs = (
        etree.parse(path).find(".//s:address", NS).get("location")
        for path in (WSDL / f"{name}.wsdl", REAL / f"wsdl/{service}.wsdl")
    )
    assert ours.startswith("https://")
    assert re.sub(r"^https?://[^/]+", "", ours) == re.sub(r"^https?://[^/]+", "", theirs)


BREAKS = {
    "a name": ('name="id_cliente"', 'name="id_client"'),
    "the order": (
        '<xs:element name="cidade" type="xs:string" minOccurs="0"/>\n        <xs:element name="uf"',
        '<xs:element name="uf" type="xs:string" minOccurs="0"/>\n        <xs:element name="cidade"',
    ),
    "a type": ('name="codigo_erro" type="xs:long"', 'name="codigo_erro" type="xs:string"'),
    "a repetition": (
        'type="tns:coletaReversa" minOccurs="0" maxOccurs="unbounded"',
        'type="tns:coletaReversa" minOccurs="0"',
    ),
    "an operation": ("cancelarPedido", "cancelarPedidos"),
    "a soapAction": ('soapAction=""', 'soapAction="urn:book"'),
}


@needs_contract
@pytest.mark.parametrize("what", BREAKS)
def test_the_comparison_sees(what: str, tmp_path: Path) -> None:
    right, wrong = BREAKS[what]
    text = (WSDL / "reverse.wsdl").read_text()
    assert right in text
    (tmp_path / "broken.wsdl").write_text(text.replace(right, wrong))
    assert differences(tmp_path / "broken.wsdl", REAL / "wsdl/logisticaReversaWS.wsdl")


@needs_contract
@pytest.mark.parametrize(
    "path", sorted(FIXTURES.glob("*/*-request.http")), ids=lambda path: f"{path.parent.name}-{path.name[0]}"
)
def test_every_recorded_request_reads_strictly_by_the_carriers_wsdl(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = path.read_text().partition("\n\n")[2]
    first = etree.fromstring(body.encode())[-1][0]
    name = etree.QName(first).localname
    service = "Rastro" if name == "buscaEventosLista" else "logisticaReversaWS"
    real = zeep.Client(str(REAL / f"wsdl/{service}.wsdl"))
    parsed = zeep.helpers.serialize_object(
        real.service._binding.get(name).input.body.parse(first, real.wsdl.types), dict
    )
    assert not caplog.records  # zeep logs a value it cannot convert and reads None
    assert sorted(leaves(parsed)) == sorted(tag for tag, text in written(first) if text)


@needs_contract
def test_our_order_has_the_elements_of_the_recorded_one() -> None:
    """Nothing but what a recorded order has; what it has and ours lacks is listed here, with the reason."""
    booked = (FIXTURES / "booked/1-request.http").read_text().partition("\n\n")[2]
    ours = {tag for tag, _ in written(etree.fromstring(booked.encode()))}
    theirs = {tag for tag, _ in written(etree.fromstring(sample("reverse-collect-number-request.xml")))}
    assert ours <= theirs
    assert theirs - ours == {
        *("ag", "complemento", "referencia", "ddd_celular", "celular", "sms", "identificacao") , "entrega", "num",
        # reserved numbers, a card per order, extra services, a receipt, check lists, packing material: none of ours
        *("numero", "servico_adicional", "ar", "cklist", "codigo", "qtd"),
    } - ours  # fmt: skip


@needs_contract
def test_the_recorded_authorisation_carries_its_limit() -> None:
    booking = read("booking", sample("legacy-ns-reverse-solicitar-response-success.xml"), creates=True)
    assert (booking.waybill, booking.echoed_ref) == ("373533437", "2102774")
    assert booking.hand_over_by.isoformat() == "2014-04-08T03:00:00+00:00"  # with the 7th over, in Brasília


@needs_contract
@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("legacy-ns-reverse-solicitar-invalid-contract.xml", CredentialsRejected, "109"),
        ("legacy-ns-reverse-solicitar-invalid-declared-value.xml", Refused, "205"),
        ("legacy-ns-reverse-solicitar-response-validation-error.xml", Refused, "117"),
        ("reverse-solicitar-response-inexistent-zipcode.xml", Refused, "113"),
        ("reverse-solicitar-response-not-answered-for-zipcode.xml", Refused, "117"),
        ("legacy-ns-reverse-solicitar-response-unavailable-service.xml", OutcomeUnknown, "210"),
        ("legacy-ns-reverse-solicitar-response-unexpected.xml", OutcomeUnknown, "7657643786578436675843"),
    ],
)
def test_recorded_errors_are_refusals_only_where_the_table_says_so(
    name: str, kind: type[AdapterError], code: str
) -> None:
    with pytest.raises(kind) as raised:
        read("booking", sample(name), creates=True)
    assert raised.value.wire_code == code


@needs_contract
def test_the_recorded_order_waits_at_the_counter() -> None:
    report = read("tracking", sample("legacy-ns-reverse-acompanhar-response-success.xml"))
    (event,) = report.events
    assert (event.waybill, event.status, event.wire_code) == ("1234", TrackingStatus.ANNOUNCED, "55")
    assert (event.occurred_at.isoformat(), event.zone) == ("2015-07-16T14:02:36+00:00", ZoneSource.ASSUMED)


@needs_contract
def test_recorded_scans_are_read_in_the_zone_of_their_state() -> None:
    report = read("tracking", sample("recorded-get-tracking-code-events-0-response.xml"))
    assert [event.wire_code for event in report.events][:3] == ["BDE 23", "OEC 09", "RO 01"]
    last, first = report.events[0], report.events[-1]
    assert (last.status, last.zone) == (TrackingStatus.RETURNED_TO_SENDER, ZoneSource.PLACE)
    assert last.occurred_at.isoformat() == "2018-07-23T12:48:00+00:00"
    assert first.status is TrackingStatus.HANDED_OVER
    assert all(event.status is not TrackingStatus.UNKNOWN for event in report.events)


@needs_contract
def test_no_sample_brings_a_reader_down() -> None:
    for path in sorted((REAL / "samples").iterdir()):
        for kind in ADAPTER.readers:
            try:
                read(kind, path.read_bytes(), creates=kind in ("booking", "pickup", "void", "renewal", "pickup_void"))
            except AdapterError:
                continue


@needs_contract
def test_every_scan_of_the_carriers_table_has_a_word() -> None:
    """And only the one that says neither "collected" nor "delivered" is left unknown on purpose."""
    with (REAL / "status-codes-sro.csv").open(newline="") as file:
        listed = {(row["Tipos"], row["Status"]) for row in csv.DictReader(file)}
    assert listed <= set(codes.EVENTS)
    unknown = {code for code in listed if codes.EVENTS[code] is TrackingStatus.UNKNOWN}
    assert unknown == {("BDE", "35"), ("BDI", "35"), ("BDR", "35")}
    assert set(codes.REASONS) <= set(codes.EVENTS)


@needs_contract
def test_deliveries_and_losses_are_the_tables_own() -> None:
    """What starts or ends a clock is not ours to guess: "delivered" is what the table's text calls handed out."""
    with (REAL / "status-codes-sro.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    texts: dict[TrackingStatus, set[str]] = {}
    for row in rows:
        texts.setdefault(codes.EVENTS[row["Tipos"], row["Status"]], set()).add(plain(row["Descrição"]).strip())
    assert texts[TrackingStatus.DELIVERED] == {"objeto entregue ao destinatario"}
    assert texts[TrackingStatus.RETURNED_TO_SENDER] == {"objeto devolvido ao remetente"}
    assert texts[TrackingStatus.LOST] == {"objeto nao localizado", "objeto roubado"}
    assert all("postado" in text or "coletado" in text for text in texts[TrackingStatus.HANDED_OVER])


@needs_contract
def test_states_of_orders_and_errors_are_the_manuals() -> None:
    manual = json.loads((REAL / "reverse-logistics-codes.json").read_text())
    letters = {code for listed in manual["statuses"].values() for code in listed}
    assert letters <= set(codes.ORDER_STATUSES)
    errors = {error["code"] for error in manual["errors"]}
    ours = set(codes.REFUSALS) | codes.SHUT_ACCOUNT | codes.AWAY | {codes.NOT_CANCELLABLE}
    assert ours <= errors
    # No validation errors: a file that was processed, numbers used already, file processing.
    assert errors - ours == {"3", "10", "195", "1955", "19888"}
    assert not set(codes.REFUSALS) & (codes.SHUT_ACCOUNT | codes.AWAY)
