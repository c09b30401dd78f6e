"""X12 210 and EDIFACT INVOIC: what is written is read, whatever the separators; what is broken says where."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.invoices.edifact_invoic import ADAPTER as EDIFACT
from adapters.invoices.x12_210 import ADAPTER as X12
from adapters.invoices.x12_210 import codes as x12_codes
from adapters.toolkit import edi, uncefact
from schemas.charges import ChargeType, InvoiceReading
from schemas.errors import AdapterError, Unintelligible
from schemas.values import tidy
from tests.adapters import edi_writer
from tests.adapters.edi_writer import Bill, Line

X12_CODES = [*filter(None, x12_codes.CHARGES), "ZQX"]
UN_CODES = [*uncefact.CHARGE_REASONS, "ZZZ"]
ONE = [Bill("HF-1", (Line("HF100", "RMA1", "FRT", 5800), Line("HF100", "RMA1", "FUE", 1117)))]


Fact = tuple[str, int, list[tuple[str | None, tuple[str, ...], str | None, int]]]


def facts(reading: InvoiceReading) -> list[Fact]:
    return [
        (
            invoice.number,
            invoice.total.minor,
            [(line.waybill, line.references, line.wire_code, line.money.minor) for line in invoice.lines],
        )
        for invoice in reading.invoices
    ]


def written(bills: list[Bill], sign: int = 1) -> list[Fact]:
    return [
        (
            bill.number,
            sign * bill.minor,
            [(one.waybill, (one.reference,), one.code, sign * one.minor) for one in bill.lines],
        )
        for bill in bills
    ]


@settings(deadline=None, max_examples=60)
@given(
    edi_writer.bills(X12_CODES),
    st.sampled_from([("*", ">", "~\n"), ("|", "^", "\n"), ("\x1d", ":", "\r\n"), ("+", "<", "'")]),
)
def test_x12_is_read_as_it_was_written(bills: list[Bill], marks: tuple[str, str, str]) -> None:
    element, component, end = marks
    for point in (False, True):
        reading = X12().read(edi_writer.x12(bills, element=element, component=component, end=end, point=point))
        assert (facts(reading), reading.problems) == (written(bills), ())
    kinds = [line.type for invoice in reading.invoices for line in invoice.lines]
    unknown = ChargeType.UNKNOWN
    assert kinds == [x12_codes.CHARGES.get(line.code, unknown) for bill in bills for line in bill.lines]


@settings(deadline=None, max_examples=60)
@given(
    edi_writer.bills(UN_CODES, edi_writer.FREE),
    st.sampled_from([("+", ":", "?", "'", "\n"), ("|", "!", "\\", "~", ""), ("\x1d", "\x1f", "@", "\x1c", "\r\n")]),
)
def test_edifact_is_read_as_it_was_written(bills: list[Bill], marks: tuple[str, str, str, str, str]) -> None:
    """Free texts hold any of the separators: the release character sees to it."""
    element, component, release, end, blank = marks
    document = edi_writer.edifact(bills, element=element, component=component, release=release, end=end, blank=blank)
    reading = EDIFACT().read(document)
    assert (facts(reading), reading.problems) == (normal(written(bills)), ())


def normal(wanted: list[Fact]) -> list[Fact]:
    """As `tidy` keeps texts: composed."""
    return [
        (
            tidy(number),
            total,
            [(way, tuple(tidy(one) for one in refs), code, minor) for way, refs, code, minor in lines],
        )
        for number, total, lines in wanted
    ]


@settings(deadline=None, max_examples=30)
@given(edi_writer.bills(UN_CODES))
def test_a_credit_note_gives_back_what_an_invoice_takes(bills: list[Bill]) -> None:
    """But for one that writes its total with a minus: it is signed already."""
    reading = EDIFACT().read(edi_writer.edifact(bills, credit=True))
    wanted = [written([bill], -1 if bill.minor >= 0 else 1)[0] for bill in bills]
    assert (facts(reading), reading.problems) == (wanted, ())


@settings(deadline=None, max_examples=30)
@given(edi_writer.bills(X12_CODES), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(bills: list[Bill], dice: random.Random) -> None:
    mixed = [Bill(bill.number, tuple(dice.sample(bill.lines, len(bill.lines)))) for bill in bills]
    for read, write in ((X12().read, edi_writer.x12), (EDIFACT().read, edi_writer.edifact)):
        straight, shuffled = read(write(bills)), read(write(mixed))
        for one, other in zip(straight.invoices, shuffled.invoices, strict=True):
            assert one.total == other.total
            assert sorted((line.waybill, line.type, line.money.minor) for line in one.lines) == sorted(
                (line.waybill, line.type, line.money.minor) for line in other.lines
            )


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("5800", "5801", {("sum_error", 4, "B307"), ("sum_error", 14, "L305")}),
        ("L3*****6917", "L3*****6918", {("sum_error", 14, "L305")}),
        ("PP*K*20261004*6917", "PP*K*20261004*69l7", {("amount_unreadable", 4, "B307")}),
        ("5800", "58OO", {("amount_unreadable", 9, "L104"), ("sum_error", 4, "B307"), ("sum_error", 14, "L305")}),
        ("SE*13", "SE*12", {("sum_error", 15, "SE01")}),
        ("C3*USD~\n", "", {("sum_error", 14, "SE01")}),
        ("SE*13*0001", "SE*13*0002", {("control_number", 15, "SE02")}),
        ("SE*13*0001~\n", "", {("sum_error", 3, "ST")}),
        ("C3*USD", "C3*USX", {("currency_unknown", 5, "C301")}),
        ("GE*1", "GE*2", {("count_error", 16, "GE01")}),
        ("IEA*1", "IEA*2", {("count_error", 17, "IEA01")}),
        ("IEA*1*000000007~\n", "", {("file_cut", None, "IEA")}),
        ("HF-1", "", {("invoice_number_missing", 4, "B302")}),
        ("*210*", "*214*", {("message_unknown", 3, "ST01")}),
        ("20261004*", "20261304*", {("date_unreadable", 4, "B306")}),
    ],
)
def test_a_broken_x12_bill_says_where(old: str, new: str, wanted: set[object]) -> None:
    document = edi_writer.x12(ONE).decode()
    assert old in document
    problems = X12().read(document.replace(old, new).encode()).problems
    assert {(problem.code, problem.row, problem.column) for problem in problems} == wanted


def test_x12_whole_units_are_found_by_the_total() -> None:
    """Explicit points in one amount: the others may be whole, and the total decides."""
    document = edi_writer.x12(ONE, point=True)
    assert facts(X12().read(document.replace(b"58.00", b"58"))) == written(ONE)
    assert facts(X12().read(document.replace(b"58.00", b"5800"))) == written(ONE)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("MOA+79:69.17", "MOA+79:69.18", {("sum_error", 18, "MOA 79")}),
        ("MOA+77:69.17", "MOA+77:69.18", {("sum_error", 19, "MOA 77")}),
        ("UNT+19", "UNT+20", {("sum_error", 20, "UNT01")}),
        ("UNT+19+1", "UNT+19+2", {("control_number", 20, "UNT02")}),
        ("UNT+19+1'\n", "", {("sum_error", 2, "UNH")}),
        ("UNZ+1", "UNZ+2", {("count_error", 21, "UNZ01")}),
        ("UNZ+1+7'\n", "", {("file_cut", None, "UNZ")}),
        ("MOA+77:69.17", "MOA+1:69.17", {("total_missing", None, "MOA 77")}),
        ("BGM+380+HF-1", "BGM+380", {("invoice_number_missing", 3, "BGM02")}),
        ("INVOIC", "ORDERS", {("message_unknown", 2, "UNH02")}),
    ],
)
def test_a_broken_edifact_bill_says_where(old: str, new: str, wanted: set[object]) -> None:
    document = edi_writer.edifact(ONE).decode()
    assert old in document
    problems = EDIFACT().read(document.replace(old, new).encode()).problems
    assert {(problem.code, problem.row, problem.column) for problem in problems} == wanted


def test_how_lines_are_read_is_asked_of_the_total_where_no_line_total_is_stated() -> None:
    """Two lines of a base and a charge, the charge within the base, beside it, or all that is charged."""
    document = edi_writer.edifact(ONE).decode().replace("MOA+79:69.17'\n", "").replace("UNT+19", "UNT+18")
    for base, total in (("58.00", "69.17"), ("70.00", "81.17"), ("1.00", "69.17")):
        changed = document.replace("MOA+203:58.00", f"MOA+203:{base}").replace("MOA+77:69.17", f"MOA+77:{total}")
        [invoice] = EDIFACT().read(changed.encode()).invoices
        assert invoice.line_sum == invoice.total.minor == int(total.replace(".", ""))
    changed = document.replace("6++FRT'\nMOA+23:58.00", "6++FUE'\nMOA+23:5.00").replace("MOA+77:69.17", "MOA+77:85.34")
    [invoice] = EDIFACT().read(changed.encode()).invoices
    assert [line.money.minor for line in invoice.lines] == [5800, 500, 1117, 1117]


def test_a_code_of_the_senders_own_list_is_not_the_uns() -> None:
    document = edi_writer.edifact(ONE).replace(b"++FRT", b"++FC::91:Fuel surcharge").replace(b"++FUE", b"++FC")
    [invoice] = EDIFACT().read(document).invoices
    assert [line.type for line in invoice.lines] == [ChargeType.FUEL, ChargeType.FREIGHT]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("read", "write"), [(X12().read, edi_writer.x12), (EDIFACT().read, edi_writer.edifact)])
def test_no_bytes_are_an_exception(
    seed: int, read: Callable[[bytes], InvoiceReading], write: Callable[[list[Bill]], bytes]
) -> None:
    dice = random.Random(seed)
    document = bytearray(write(ONE * 3))
    for _ in range(dice.choice([1, 10, 100])):
        document[dice.randrange(len(document))] = dice.choice(b"\x00\x01*~+:'?\n\r\xff9-.")
    try:
        reading = read(bytes(document[: dice.randrange(len(document))]))
    except AdapterError:
        return
    assert InvoiceReading.model_validate_json(reading.model_dump_json()) == reading


@pytest.mark.parametrize(
    "document",
    [b"", b"ISA", b"ISA*00*", b"ISAA" * 60, b"UNA", b"UNA:+.? '", b"UNB", b"UNA++++++UNB+x+", b"UNA:+.?  UNB", b"<a/>"],
)
def test_what_is_no_interchange_is_refused(document: bytes) -> None:
    for read in (edi.x12, edi.edifact):
        if document[:4] != b"UNB":
            with pytest.raises(Unintelligible):
                list(read(document))


def test_caps_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unintelligible, match="bytes"):
        list(edi.edifact(b"UNB+" + b"x" * 30_000 + b"'"))
    with pytest.raises(Unintelligible, match="bytes"):
        list(edi.edifact(b"UNB+" + b"?'" * 15_000 + b"'"))
    monkeypatch.setattr(edi, "MOST", 10)
    with pytest.raises(Unintelligible, match="over 10 segments"):
        list(edi.edifact(b"UNB+x'" + b"FTX+x'" * 20))


def test_releases_release_each_other() -> None:
    [_, free] = edi.edifact(b"UNB+x'FTX+a??+b?+c??'")
    assert (free.at(1), free.at(2)) == ("a?", "b+c?")
