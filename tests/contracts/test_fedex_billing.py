"""Against a real, redacted FedEx download and the synthetic one, and against both of them broken on purpose."""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.invoices.fedex_billing import ADAPTER
from adapters.invoices.fedex_billing.reader import charge_type
from adapters.toolkit.sheets import parsed_amount
from schemas.charges import ChargeType, InvoiceReading

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared/contracts"
FIXTURES = ROOT / "fixtures/invoices/fedex_billing"
needs_contract = pytest.mark.skipif(not CONTRACT.is_dir(), reason="the contracts folder is not here")
REAL = "real_redacted/fedex_billing_online_a.csv"
SYNTHETIC = "synthetic/fedex_billing_online.csv"


def contract(name: str) -> bytes:
    return (CONTRACT / "invoices" / name).read_bytes()


def changed(document: bytes, change: Callable[[list[list[str]]], None], delimiter: str = ",") -> bytes:
    """The same sheet after `change`."""
    rows = list(csv.reader(io.StringIO(document.decode("utf-8"), newline="")))
    change(rows)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def facts(reading: InvoiceReading) -> list[object]:
    return [
        (invoice.number, invoice.total, [(line.waybill, line.type, line.money) for line in invoice.lines])
        for invoice in reading.invoices
    ]


@needs_contract
def test_the_real_file_row_by_row() -> None:
    reading = ADAPTER().read(contract(REAL))
    expected = json.loads(contract("real_redacted/fedex_billing_online_a.expected.json"))["invoices"]
    assert reading.problems == ()
    assert {invoice.number for invoice in reading.invoices} == set(expected)
    for invoice in reading.invoices:
        wanted = expected[invoice.number]
        assert invoice.total.amount == Decimal(wanted["amount_due"])
        assert invoice.line_sum == invoice.total.minor
        assert len({line.number for line in invoice.lines}) == wanted["rows"]
        sums: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for line in invoice.lines:
            sums[line.description] += line.money.amount
            counts[line.description] += 1
        assert sums.pop("Transportation Charge Amount", 0) == Decimal(wanted["sum_transport"])
        assert {text: (counts[text], sums[text]) for text in sums} == {
            text: (count, Decimal(amount)) for text, (count, amount) in wanted["charges"].items()
        }
        assert ChargeType.UNKNOWN not in {line.type for line in invoice.lines}


@needs_contract
def test_account_level_rows_have_no_waybill() -> None:
    lines = {invoice.number: invoice.lines for invoice in ADAPTER().read(contract(REAL)).invoices}
    assert {line.waybill for line in lines["988322353"]} == {None}
    assert all(line.waybill and len(line.waybill) == 12 for line in lines["291044141"])
    assert {line.references[0] for line in lines["988322353"]} == {"1171331"}


@needs_contract
def test_the_synthetic_file() -> None:
    reading = ADAPTER().read(contract(SYNTHETIC))
    expected = json.loads(contract("synthetic/expected.json"))
    about = expected["files"]["fedex_billing_online.csv"]
    [invoice] = reading.invoices
    assert (invoice.number, str(invoice.total.amount)) == (about["invoice"], about["total"])
    assert (reading.problems, invoice.line_sum, invoice.currency_assumed) == ((), invoice.total.minor, True)
    billed = {(line.waybill or "", str(line.money.amount)) for line in invoice.lines}
    for finding in expected["findings"]:
        if finding["invoice"] == invoice.number and finding["finding"] != "voided_billed":
            assert (finding["tracking"], finding["amount"]) in billed
    correction = [line for line in invoice.lines if line.description == "Residential Adjustment"]
    assert [(line.shipped_on, line.service, line.billed_weight) for line in correction] == [(None, None, None)]


@needs_contract
def test_every_listed_charge_text_has_its_type() -> None:
    rows = csv.DictReader(io.StringIO((CONTRACT / "reference/carrier_charge_map.csv").read_text()))
    listed = {row["key"]: row["canonical_type"] for row in rows if row["carrier"] == "fedex" and "(" not in row["key"]}
    assert len(listed) > 30
    for text, kind in listed.items():
        assert charge_type(f" {text.replace('*', ' - Other')}".upper()) == kind, text
    assert charge_type("Zone Fairy Fee") is ChargeType.UNKNOWN


def fewer_pairs(rows: list[list[str]]) -> None:
    rows[:] = [row[:157] + row[-1:] for row in rows]


def more_pairs(rows: list[list[str]]) -> None:
    rows[:] = [row[:-1] + (rows[0][107:109] if row is rows[0] else ["", ""]) * 3 + row[-1:] for row in rows]


def no_note(rows: list[list[str]]) -> None:
    rows[:] = [row[:-1] for row in rows]


def other_order(rows: list[list[str]]) -> None:
    rows[:] = [row[107:-1] + row[:107] + row[-1:] for row in rows]


def cut_trailing_blanks(rows: list[list[str]]) -> None:
    for row in rows[1:]:
        while len(row) > 20 and not row[-1]:
            row.pop()


def empty_rows(rows: list[list[str]]) -> None:
    rows[3:3] = [[], [""] * 210]


def thousands(rows: list[list[str]]) -> None:
    for row in rows[1:]:
        row[5] = f"{Decimal(row[5]):,}"
        row[11] = f"({row[11][1:]})" if row[11].startswith("-") else f"${row[11]}"


@needs_contract
@pytest.mark.parametrize(
    "change", [fewer_pairs, more_pairs, no_note, other_order, cut_trailing_blanks, empty_rows, thousands]
)
@pytest.mark.parametrize("name", [REAL, SYNTHETIC])
def test_other_shapes_of_the_same_bill(name: str, change: Callable[[list[list[str]]], None]) -> None:
    document = contract(name)
    reading = ADAPTER().read(changed(document, change))
    assert reading.problems == ()
    assert facts(reading) == facts(ADAPTER().read(document))


@needs_contract
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_encodings_and_line_ends(encoding: str, ending: str) -> None:
    text = contract(SYNTHETIC).decode("utf-8").replace("RMA-11-00001", "Rückgabe 1").replace("\r\n", ending)
    document = text.encode(encoding)
    [invoice] = ADAPTER().read(document).invoices
    assert ADAPTER().recognises(document[:8192])
    assert "Rückgabe 1" in invoice.lines[0].references


def one_cent_in_a_net(rows: list[list[str]]) -> None:
    rows[4][11] = str(Decimal(rows[4][11]) + Decimal("0.01"))


def one_cent_in_the_total(rows: list[list[str]]) -> None:
    for row in rows[1:]:
        row[5] = str(Decimal(row[5]) - Decimal("0.01"))


def lost_row(rows: list[list[str]]) -> None:
    del rows[7]


def doubled_row(rows: list[list[str]]) -> None:
    rows.insert(7, list(rows[7]))


def text_for_an_amount(rows: list[list[str]]) -> None:
    rows[5][10] = "n/a"


def fractions_of_a_cent(rows: list[list[str]]) -> None:
    rows[5][10] = "1.005"


@needs_contract
@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (one_cent_in_a_net, {("sum_error", 5, "Net Charge Amount"), ("sum_error", None, "Original Amount Due")}),
        (one_cent_in_the_total, {("sum_error", None, "Original Amount Due")}),
        (lost_row, {("sum_error", None, "Original Amount Due")}),
        (doubled_row, {("sum_error", None, "Original Amount Due")}),
        (text_for_an_amount, {("amount_unreadable", 6, "Transportation Charge Amount")}),
        (fractions_of_a_cent, {("amount_unreadable", 6, "Transportation Charge Amount")}),
    ],
)
def test_a_broken_bill_says_where(change: Callable[[list[list[str]]], None], wanted: set[object]) -> None:
    reading = ADAPTER().read(changed(contract(SYNTHETIC), change))
    assert {(problem.code, problem.row, problem.column) for problem in reading.problems} == wanted
    assert {problem.invoice for problem in reading.problems} == {"400117712"}


@needs_contract
def test_an_open_quote_is_told_and_the_sum_shows_the_loss() -> None:
    lines = contract(SYNTHETIC).split(b"\r\n")
    lines[20] = lines[20].replace(b"Shipper", b'"Shipper', 1)
    codes = {problem.code for problem in ADAPTER().read(b"\r\n".join(lines)).problems}
    assert codes == {"row_broken", "sum_error"}


@needs_contract
def test_several_bills_interleaved() -> None:
    def shuffle(rows: list[list[str]]) -> None:
        rows[1:] = rows[:0:-1]

    reading = ADAPTER().read(changed(contract(REAL), shuffle))
    assert (len(reading.invoices), reading.problems) == (3, ())


@needs_contract
@pytest.mark.parametrize("seed", range(60))
def test_no_bytes_are_an_exception(seed: int) -> None:
    dice = random.Random(seed)
    document = bytearray(contract(SYNTHETIC))
    for _ in range(dice.choice([1, 20, 400])):
        document[dice.randrange(len(document))] = dice.choice(b'\x00\x01",;\n\r\xff9-.')
    reading = ADAPTER().read(bytes(document[: dice.randrange(len(document))]))
    assert InvoiceReading.model_validate_json(reading.model_dump_json()) == reading


@pytest.mark.parametrize("document", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"\x00" * 100, b"%PDF-1.7", b"ISA*00*"])
def test_other_files_are_not_recognised_and_say_so(document: bytes) -> None:
    assert not ADAPTER().recognises(document)
    assert [problem.code for problem in ADAPTER().read(document).problems] == ["header_missing"]


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1,234.50", ".", "1234.50"),
        ("-1,234", ".", "-1234"),
        ("1.234,50", ".", "1234.50"),
        ("12,5", ".", "12.5"),
        ("(3.10)", ".", "-3.10"),
        ("3.10-", ".", "-3.10"),
        ("$ 1,000,000.00", ".", "1000000.00"),
        (".5", ".", "0.5"),
        ("1.234", ",", "1234"),
        ("12.50", ",", "12.50"),
        ("1,23,4", ".", None),
        ("1e3", ".", None),
        ("NaN", ".", None),
        ("--1", ".", None),
        ("٣", ".", None),
    ],
)
def test_amounts(text: str, mark: str, amount: str | None) -> None:
    assert parsed_amount(text, mark) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize("scenario", sorted(path.name for path in FIXTURES.iterdir()))
def test_our_own_bills(scenario: str) -> None:
    document = (FIXTURES / scenario / "document.csv").read_bytes()
    assert ADAPTER().recognises(document[:8192])
    then = InvoiceReading.model_validate_json((FIXTURES / scenario / "then.json").read_bytes())
    assert ADAPTER().read(document) == then
