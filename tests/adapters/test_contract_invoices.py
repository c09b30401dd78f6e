"""What the gateway asks of every invoice format: recognised by one reader only, read exactly, and never crashed."""

from pathlib import Path

import pytest

from adapters.seam import InvoiceReader
from schemas.charges import InvoiceReading
from schemas.errors import AdapterError
from tests.adapters.hostile import NOTHING
from tests.adapters.scenarios import Scenario, adapters_of, scenarios_of

HEAD = 8192
SCENARIOS = scenarios_of("invoices")


def document_of(scenario: Scenario) -> bytes:
    found: list[Path] = sorted(scenario.path.glob("document.*"))
    assert len(found) == 1, f"{scenario}: one document.<ext> is needed"
    return found[0].read_bytes()


def reader_of(name: str) -> InvoiceReader:
    return adapters_of("invoices")[name]()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_document_is_read_as_recorded(scenario: Scenario) -> None:
    expected = InvoiceReading.model_validate_json((scenario.path / "then.json").read_text())
    reading = reader_of(scenario.adapter).read(document_of(scenario))
    assert reading.model_dump(mode="json") == expected.model_dump(mode="json")
    assert reading.format == scenario.adapter


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_document_is_recognised_by_its_own_reader_only(scenario: Scenario) -> None:
    head = document_of(scenario)[:HEAD]
    claim = [name for name in adapters_of("invoices") if reader_of(name).recognises(head)]
    assert claim == [scenario.adapter]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_lines_come_to_the_stated_total(scenario: Scenario) -> None:
    """Or the invoice is named in a problem, and will be quarantined."""
    reading = reader_of(scenario.adapter).read(document_of(scenario))
    blocked = {problem.invoice for problem in reading.problems}
    for invoice in reading.invoices:
        if invoice.number not in blocked:
            assert invoice.line_sum == invoice.total.minor, f"{scenario}: invoice {invoice.number}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_hostile_document_harms_nobody(scenario: Scenario) -> None:
    """Cut, flipped and foreign bytes give a reading with problems, or an AdapterError."""
    reader, whole = reader_of(scenario.adapter), document_of(scenario)
    cuts = [whole[: len(whole) * n // 20] for n in range(20)]
    flips = [
        whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        for at in range(0, len(whole), max(len(whole) // 60, 1))
    ]
    swaps = [
        whole.replace(old, new)
        for old, new in ((b"0", b"x"), (b",", b";"), (b"2", b"\xff"), (b"\n", b"\r"), (b".", b","))
    ]
    for document in (*NOTHING, *cuts, *flips, *swaps):
        reader.recognises(document[:HEAD])
        try:
            reading = reader.read(document)
        except AdapterError:
            continue
        assert InvoiceReading.model_validate_json(reading.model_dump_json()) == reading


@pytest.mark.parametrize("name", sorted(adapters_of("invoices")))
def test_format_has_fixtures(name: str) -> None:
    assert any(one.adapter == name for one in SCENARIOS), f"fixtures/invoices/{name} is empty"
