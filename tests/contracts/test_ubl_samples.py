"""UBL against Peppol's published examples and the synthetic freight invoice."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.invoices.ubl import ADAPTER
from schemas.charges import CarrierInvoice, ChargeType, InvoiceLine
from schemas.values import Money

CONTRACT = Path(__file__).parents[3] / "shared/contracts/invoices"
PEPPOL = CONTRACT / "public_samples/peppol"
pytestmark = pytest.mark.skipif(not CONTRACT.is_dir(), reason="the contracts folder is not here")
EXAMPLES = ["Allowance-example.xml", "base-creditnote-correction.xml", "base-example.xml"]


def read(path: Path) -> CarrierInvoice:
    document = path.read_bytes()
    assert ADAPTER().recognises(document[:8192])
    reading = ADAPTER().read(document)
    assert reading.problems == ()
    [invoice] = reading.invoices
    assert invoice.line_sum == invoice.total.minor
    return invoice


def expected(path: Path, name: str) -> dict[str, Any]:
    told = json.loads((path / "expected.json").read_text())
    return dict(told.get("files", told)[name])


def minor(lines: list[InvoiceLine]) -> int:
    return sum(line.money.minor for line in lines)


@pytest.mark.parametrize("name", EXAMPLES)
def test_peppols_examples(name: str) -> None:
    invoice, about = read(PEPPOL / name), expected(PEPPOL, name)
    sign = -1 if about["type"] == "381" else 1
    assert (invoice.number, str(invoice.issued_on)) == (about["id"], about["issue"])
    assert invoice.total.minor == sign * Money.of(about["payable"], about["currency"]).minor
    items = [line for line in invoice.lines if line.number <= about["lines"]]
    rest = [line for line in invoice.lines if line.number > about["lines"]]
    assert {line.number for line in items} == set(range(1, about["lines"] + 1))
    assert minor(items) == sign * Money.of(about["line_ext"], "EUR").minor
    tax = [line for line in rest if line.type is ChargeType.TAX]
    assert minor(tax) == sign * Money.of(about["tax"], "EUR").minor
    prepaid = [line for line in rest if line.wire_code == "prepaid"]
    parts = [line for line in rest if line not in tax and line not in prepaid]
    assert [
        (line.wire_code if code else None, line.description, str(abs(line.money.amount)), line.money.minor * sign > 0)
        for line, (_, code, _, _) in zip(parts, about["doc_charges"], strict=True)
    ] == [
        (code, text, str(Money.of(amount, "EUR").amount), charge == "true")
        for charge, code, text, amount in about["doc_charges"]
    ]
    assert minor(items) + minor(parts) == sign * Money.of(about["tax_excl"], "EUR").minor


def test_what_was_paid_before_is_apart_and_waits_for_a_person() -> None:
    [prepaid] = [line for line in read(PEPPOL / EXAMPLES[0]).lines if line.wire_code == "prepaid"]
    assert (str(prepaid.money), prepaid.type) == ("-1000.00 EUR", ChargeType.UNKNOWN)


def test_a_credit_note_names_what_it_corrects() -> None:
    assert {line.references for line in read(PEPPOL / EXAMPLES[1]).lines} == {("Snippet1",)}


def test_a_customs_declaration_is_no_waybill() -> None:
    """Its invoiced object has the scheme ABT."""
    assert {line.waybill for line in read(PEPPOL / EXAMPLES[0]).lines} == {None}


def test_the_freight_sample() -> None:
    invoice, about = read(CONTRACT / "synthetic/ubl_invoice.xml"), expected(CONTRACT / "synthetic", "ubl_invoice.xml")
    assert (invoice.number, str(invoice.total)) == (about["invoice"], f"{about['gross']} {about['currency']}")
    *items, tax = invoice.lines
    assert len(items) == about["lines"]
    assert (str(Money.from_minor(minor(items), "EUR").amount), str(tax.money.amount)) == (about["net"], about["tax"])
    kinds = [line.type for line in invoice.lines]
    assert kinds == [ChargeType.FREIGHT, ChargeType.FUEL, ChargeType.DUTY, ChargeType.TAX]
    assert {line.waybill for line in invoice.lines} == {"5031505452"}
