"""UBL and CII: one bill written in both is read alike, and as it was written; what is broken says where."""

import random
import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.invoices.cii import ADAPTER as CII
from adapters.invoices.ubl import ADAPTER as UBL
from adapters.seam import InvoiceReader
from adapters.toolkit import uncefact
from schemas.charges import CarrierInvoice, ChargeType, InvoiceReading
from schemas.errors import AdapterError, Unintelligible, Unsupported
from schemas.values import tidy
from tests.adapters import einvoice_writer as writer
from tests.adapters.einvoice_writer import Bill, Line, Part, Writer

CHARGES = [*uncefact.CHARGE_REASONS, "ZZZ"]
ALLOWANCES = [*uncefact.ALLOWANCE_REASONS, "41"]
NAMES = ["Freight", "Fuel surcharge 12,5 %", "Customs duty outlay", "Moon toll"]
SYNTAXES: list[tuple[type[InvoiceReader], Writer]] = [(UBL, writer.ubl), (CII, writer.cii)]
ONE = Bill(
    "HC-1",
    credit=False,
    lines=(Line("HF100200300", "Freight", 5800, (Part(True, "FC", "", 200), Part(False, "95", "", 100))),),
    parts=(Part(True, "AEV", "Climate", 50),),
    taxes=(1130,),
    prepaid=500,
    rounding=2,
)


def facts(invoice: CarrierInvoice) -> list[tuple[str | None, str, int]]:
    return [(line.waybill, line.type.value, line.money.minor) for line in invoice.lines]


def written(bill: Bill) -> list[tuple[str | None, str, int]]:
    """What the lines must be, in order."""
    sign = -1 if bill.credit else 1
    found: list[tuple[str | None, ChargeType, int]] = []
    for line in bill.lines:
        if line.base or not line.parts:
            found.append((line.waybill, uncefact.type_of_text(line.name), line.base))
        found += [(line.waybill, kind(part), part.signed) for part in line.parts]
    waybills = {one[0] for one in found}
    about = waybills.pop() if len(waybills) == 1 else None
    found += [(about, kind(part), part.signed) for part in bill.parts]
    found += [(about, ChargeType.TAX, tax) for tax in bill.taxes]
    found += [(about, ChargeType.UNKNOWN, -bill.prepaid)] if bill.prepaid else []
    found += [(about, ChargeType.CURRENCY_VARIANCE, bill.rounding)] if bill.rounding else []
    return [(waybill, one.value, sign * minor) for waybill, one, minor in found]


def kind(part: Part) -> ChargeType:
    return uncefact.charge_type(part.code, part.text, allowance=not part.charge)


@settings(deadline=None, max_examples=80)
@given(writer.bills(CHARGES, ALLOWANCES, NAMES))
def test_a_bill_is_read_as_it_was_written_in_either_syntax(bill: Bill) -> None:
    for reader, write in SYNTAXES:
        document = write(bill)
        assert reader().recognises(document[:8192])
        reading = reader().read(document)
        [invoice] = reading.invoices
        assert (invoice.number, reading.problems) == (tidy(bill.number), ())
        assert facts(invoice) == written(bill)
        assert invoice.line_sum == invoice.total.minor == (-1 if bill.credit else 1) * bill.totals["payable"]


@settings(deadline=None, max_examples=30)
@given(writer.bills(CHARGES, ALLOWANCES, NAMES), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(bill: Bill, dice: random.Random) -> None:
    mixed = Bill(bill.number, bill.credit, tuple(dice.sample(bill.lines, len(bill.lines))), bill.parts, bill.taxes)
    straight = Bill(bill.number, bill.credit, bill.lines, bill.parts, bill.taxes)
    for reader, write in SYNTAXES:
        [one], [other] = reader().read(write(straight)).invoices, reader().read(write(mixed)).invoices
        assert one.total == other.total
        assert sorted(facts(one), key=str) == sorted(facts(other), key=str)


def problems(reading: InvoiceReading) -> set[tuple[str, int | None, str | None]]:
    return {(problem.code, problem.row, problem.column) for problem in reading.problems}


@pytest.mark.parametrize(
    ("names", "text", "wanted"),
    [
        (("TaxExclusiveAmount", "TaxBasisTotalAmount"), "59.51", {"sum_error"}),
        (("TaxInclusiveAmount", "GrandTotalAmount"), "70.79", {"sum_error"}),
        (("AllowanceTotalAmount", "AllowanceTotalAmount"), "0.01", {"sum_error"}),
        (("PayableAmount", "DuePayableAmount"), "65.83", {"sum_error"}),
        (("PayableAmount", "DuePayableAmount"), "65,82", {"amount_unreadable", "total_missing"}),
        (("PrepaidAmount", "TotalPrepaidAmount"), "5.005", {"amount_unreadable", "sum_error"}),
        (("DocumentCurrencyCode", "InvoiceCurrencyCode"), "EUX", {"currency_unknown"}),
        (("IssueDate", "IssueDateTime"), "2026-13-04", {"date_unreadable"}),
    ],
)
@pytest.mark.parametrize("syntax", [0, 1], ids=["ubl", "cii"])
def test_a_broken_total_is_named(syntax: int, names: tuple[str, str], text: str, wanted: set[str]) -> None:
    (reader, write), name = SYNTAXES[syntax], names[syntax]
    document = re.sub(rf"(<\w+:{name}(?: [^>]*)?>(?:<[^>]*>)?)[^<]+", rf"\g<1>{text}", write(ONE).decode())
    found = problems(reader().read(document.encode()))
    assert {code for code, _, _ in found} == wanted
    if "Amount" in name:
        assert name in {column for _, _, column in found}


@pytest.mark.parametrize(("reader", "write"), SYNTAXES)
def test_a_line_lost_breaks_the_sum(reader: type[InvoiceReader], write: Writer) -> None:
    two = Bill("HC-2", credit=False, lines=(Line("HF1", "Freight", 100), Line("HF2", "Fuel", 10)))
    document = write(two).replace(b">0.10<", b">10 cents<")
    assert document != write(two)
    found = problems(reader().read(document))
    assert {code for code, _, _ in found} == {"amount_unreadable", "sum_error"}
    assert {row for code, row, _ in found if code == "amount_unreadable"} == {2}
    [invoice] = reader().read(document).invoices
    assert [line.waybill for line in invoice.lines] == ["HF1"]


@pytest.mark.parametrize(
    ("text", "waybill"),
    [
        ("Tracking number: HF900100200", "HF900100200"),
        ("Rücksendung, Sendungsnummer 123456789012", "123456789012"),
        ("AWB 9071234567", "9071234567"),
        ("Parcel returned on 2026-10-04", None),
        ("Shipment handling", None),
        ("HF900100200", None),
    ],
)
def test_a_waybill_in_a_text_needs_a_word_before_it(text: str, waybill: str | None) -> None:
    document = writer.ubl(ONE).decode()
    about = "<cac:DocumentReference>"
    document = document[: document.index(about)] + document[document.index("</cac:DocumentReference>") + 24 :]
    noted = document.replace("<cac:InvoiceLine>", f"<cac:InvoiceLine><cbc:Note>{text}</cbc:Note>")
    [invoice] = UBL().read(noted.encode()).invoices
    assert {line.waybill for line in invoice.lines} == {waybill}


@pytest.mark.parametrize(("scheme", "waybill"), [("AAS", "HF100200300"), ("CN", "HF100200300"), ("ABT", None)])
def test_an_object_of_another_scheme_is_a_reference(scheme: str, waybill: str | None) -> None:
    document = writer.ubl(ONE).replace(b"<cbc:ID>HF", f'<cbc:ID schemeID="{scheme}">HF'.encode())
    [invoice] = UBL().read(document).invoices
    assert invoice.lines[0].waybill == waybill
    assert invoice.lines[0].references == (() if waybill else ("HF100200300",))


@pytest.mark.parametrize("name", ["factur-x.xml", "Factur-X.xml", "xrechnung.xml", "ZUGFeRD-invoice.xml"])
@settings(deadline=None, max_examples=5)
@given(bill=writer.bills(CHARGES, ALLOWANCES, NAMES))
def test_a_pdf_carries_the_same_bill(name: str, bill: Bill) -> None:
    document = writer.pdf(writer.cii(bill), name)
    assert CII().recognises(document[:8192])
    assert not UBL().recognises(document[:8192])
    reading = CII().read(document)
    assert facts(reading.invoices[0]) == written(bill)
    assert reading == CII().read(writer.cii(bill))


def test_a_pdf_without_an_invoice_and_what_is_no_pdf_are_refused() -> None:
    whole = writer.pdf(writer.cii(ONE))
    for document in (writer.pdf(b"hello", "notes.txt"), b"%PDF-1.7\n", whole[: len(whole) // 2], whole[:40] * 50):
        with pytest.raises(Unintelligible):
            CII().read(document)


def test_without_the_extra_a_pdf_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(Unsupported, match=r"homeward\[pdf\]"):
        CII().read(b"%PDF-1.7\n")


@pytest.mark.parametrize("reader", [UBL, CII])
@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"x",
        b"<a/>",
        b"<Invoice",
        b"<!DOCTYPE Invoice [<!ENTITY a 'b'>]><Invoice>&a;</Invoice>",
        b"<html><br></html>",
    ],
)
def test_what_is_no_invoice_is_refused(reader: type[InvoiceReader], document: bytes) -> None:
    with pytest.raises(Unintelligible):
        reader().read(document)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(
    ("reader", "write"), [*SYNTAXES, (CII, lambda bill: writer.pdf(writer.cii(bill)))], ids=["ubl", "cii", "pdf"]
)
def test_no_bytes_are_an_exception(seed: int, reader: type[InvoiceReader], write: Callable[[Bill], bytes]) -> None:
    dice = random.Random(seed)
    document = bytearray(write(ONE))
    for _ in range(dice.choice([1, 5, 50])):
        document[dice.randrange(len(document))] = dice.choice(b"\x00<>/\"'&9.-x\xff")
    try:
        reading = reader().read(bytes(document))
    except AdapterError:
        return
    assert InvoiceReading.model_validate_json(reading.model_dump_json()) == reading
