"""What is written in a format is read from it, in whatever hand and order; and what is lost is told."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.invoices.mapped.reader import Mapped
from adapters.registry import invoice_readers
from adapters.seam import InvoiceReader
from schemas.charges import ChargeType, InvoiceReading
from schemas.iso import CURRENCY_DIGITS
from tests.adapters.invoice_writers import LONG_PROFILE, WRITERS, Charge, Hand, Shipment, Written

CODES = {
    "ups_billing": ("FRT/SHP/WWS/069", "FSC/SHP/WWS/FSC", "ACC/SHP/WWS/ZZZ", "GOV/SHP/IMP/201", "FRT/ADJ/VOID/069"),
    "fedex_billing": ("",),
    "dhl_mybill": ("FF", "II", "OO", "ZZ", "XX"),
    "royal_mail": ("",),
    "mapped": ("FR", "FU", "ZZ"),
}
WORDS = st.text('abc é"ü,;|ñß.0 ', max_size=12).map(lambda text: " ".join(text.split()))
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
NUMBERS = st.text("ABC0123456789", min_size=6, max_size=12).filter(lambda text: "E" not in text)
HANDS = st.builds(
    Hand,
    delimiter=st.sampled_from(",;"),
    decimal=st.sampled_from(".,"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    ending=st.sampled_from(["\r\n", "\n", "\r"]),
)


def reader_of(name: str) -> InvoiceReader:
    return Mapped.with_profile(LONG_PROFILE) if name == "mapped" else invoice_readers()[name]()


@st.composite
def bills_of(draw: st.DrawFn, name: str) -> list[Written]:
    """One to three invoices of one to four shipments; pounds for the one that knows nothing else."""
    count = 1 if name == "royal_mail" else draw(st.integers(1, 3))
    numbers = draw(st.lists(NUMBERS, min_size=count, max_size=count, unique=True))
    return [_bill(draw, name, number) for number in numbers]


def _bill(draw: st.DrawFn, name: str, number: str) -> Written:
    currency = "GBP" if name == "royal_mail" else draw(st.sampled_from(["EUR", "JPY", "USD"]))
    digits = CURRENCY_DIGITS[currency]
    amounts = st.integers(-10_000, 10_000_000).map(lambda minor: Decimal(minor).scaleb(-digits))
    charge = st.builds(Charge, st.sampled_from(CODES[name]), WORDS.filter(bool), amounts)
    shipment = st.builds(
        Shipment, NUMBERS, NUMBERS.map("RMA-{}".format), DAYS, st.lists(charge, min_size=1, max_size=5).map(tuple)
    )
    return Written(number, currency, draw(DAYS), tuple(draw(st.lists(shipment, min_size=1, max_size=4))))


CARRIAGE = {"dhl_mybill": "Weight Charge", "fedex_billing": "Transportation Charge Amount"}
"""Where the first charge of a shipment has a column of its own."""


def meant(name: str, bills: Sequence[Written]) -> object:
    """What a reader must find: of every charge its waybill, reference, day, code and amount."""
    found = []
    for bill in bills:
        lines = []
        for one in bill.shipments:
            for place, charge in enumerate(one.charges):
                code = charge.text if name in ("royal_mail", "fedex_billing") else charge.code.split("/")[-1]
                code = CARRIAGE.get(name, code) if place == 0 else code
                waybill, references = (
                    (None, (one.waybill, one.reference)) if name == "royal_mail" else (one.waybill, (one.reference,))
                )
                lines.append((waybill or "", tuple(dict.fromkeys(references)), one.shipped_on, code, charge.amount))
        found.append((bill.number, bill.currency, bill.issued_on, bill.total, sorted(lines)))
    return sorted(found)


def read(reading: InvoiceReading) -> object:
    return sorted(
        (
            bill.number,
            bill.total.currency,
            bill.issued_on,
            bill.total.amount,
            sorted(
                (line.waybill or "", line.references, line.shipped_on, line.wire_code, line.money.amount)
                for line in bill.lines
            ),
        )
        for bill in reading.invoices
    )


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), hand=HANDS)
def test_what_is_written_is_read(name: str, data: st.DataObject, hand: Hand) -> None:
    bills = data.draw(bills_of(name))
    document = WRITERS[name](bills, hand)
    reading = reader_of(name).read(document)
    assert reading.problems == ()
    assert read(reading) == meant(name, bills)
    if name != "mapped":
        assert reader_of(name).recognises(document[:8192])


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_the_order_of_rows_says_nothing(name: str, data: st.DataObject, seed: int) -> None:
    bills = data.draw(bills_of(name))
    reading = reader_of(name).read(WRITERS[name](bills, Hand(shuffle=seed)))
    assert (read(reading), reading.problems) == (meant(name, bills), ())


def plain(name: str) -> Written:
    charges = (Charge(CODES[name][0], "carriage", Decimal("40.00")), Charge(CODES[name][-1], "more", Decimal("6.50")))
    shipments = tuple(Shipment(f"WB00{n}", f"RMA-{n}", date(2026, 9, 3 + n), charges) for n in range(1, 4))
    return Written("INV1", "GBP" if name == "royal_mail" else "EUR", date(2026, 9, 30), shipments)


def rows_of(document: bytes) -> list[list[str]]:
    text = document.decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="|" if text.count("|") > 20 else ","))


def written(rows: list[list[str]], delimiter: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


AMOUNTS = {"ups_billing": 52, "fedex_billing": 9, "dhl_mybill": 11, "royal_mail": 22, "mapped": 9}
# FedEx states the net of a row beside its amounts: what a broken one comes to is in tests/contracts/test_fedex_billing.py
COLUMNS = {"ups_billing": "Net Amount", "dhl_mybill": "Weight Charge", "royal_mail": "Net Value", "mapped": "Betrag"}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("amount", ["4o.00", "40.001", "NaN"])
def test_a_broken_amount_blocks_its_line_and_is_told_with_its_place(name: str, amount: str) -> None:
    rows = rows_of(WRITERS[name]([plain(name)], Hand()))
    broken = 3 if name != "ups_billing" else 2
    rows[broken][AMOUNTS[name]] = amount
    reading = reader_of(name).read(written(rows, "|" if name == "royal_mail" else ","))
    told = {(one.code, one.row, one.column, one.invoice) for one in reading.problems}
    assert ("amount_unreadable", broken + 1, COLUMNS[name], "INV1") in told
    assert "sum_error" in {one.code for one in reading.problems}
    [bill] = reading.invoices
    assert len(bill.lines) == 5


@pytest.mark.parametrize("name", WRITERS)
def test_a_lost_row_and_a_doubled_row_break_the_sum(name: str) -> None:
    for change in (lambda rows: rows.pop(3), lambda rows: rows.append(list(rows[3]))):
        rows = rows_of(WRITERS[name]([plain(name)], Hand()))
        change(rows)
        reading = reader_of(name).read(written(rows, "|" if name == "royal_mail" else ","))
        assert {one.code for one in reading.problems} == {"sum_error"}


@pytest.mark.parametrize("name", WRITERS)
def test_a_cut_row_costs_itself_only(name: str) -> None:
    rows = rows_of(WRITERS[name]([plain(name)], Hand()))
    rows[3] = rows[3][: AMOUNTS[name]]
    reading = reader_of(name).read(written(rows, "|" if name == "royal_mail" else ","))
    assert [(one.row, one.code) for one in reading.problems if one.row] == [(4, "row_short")]
    [bill] = reading.invoices
    assert 4 <= sum(not line.informational for line in bill.lines) <= 5


@pytest.mark.parametrize("name", WRITERS)
def test_an_open_quote_costs_its_own_row_only(name: str) -> None:
    lines = WRITERS[name]([plain(name)], Hand()).split(b"\r\n")
    lines[3] = b'"' + lines[3]
    reading = reader_of(name).read(b"\r\n".join(lines))
    assert [(one.row, one.code) for one in reading.problems if one.row] == [(4, "row_broken")]
    assert len(reading.invoices[0].lines) >= 4


@pytest.mark.parametrize("name", WRITERS)
def test_chinese_files(name: str) -> None:
    bill = plain(name)
    text = "跨境退货 燃油附加费"
    shipments = tuple(
        Shipment(one.waybill, one.reference, one.shipped_on, tuple(Charge(c.code, text, c.amount) for c in one.charges))
        for one in bill.shipments
    )
    bill = Written(bill.number, bill.currency, bill.issued_on, shipments)
    reading = reader_of(name).read(WRITERS[name]([bill], Hand(encoding="gb18030")))
    assert reading.problems == ()
    assert any(text in line.description for line in reading.invoices[0].lines)


def test_types_by_code_by_place_and_unknown() -> None:
    def types(name: str) -> list[ChargeType]:
        charges = tuple(Charge(code, "x", Decimal(5)) for code in CODES[name])
        bill = Written("INV1", "EUR", date(2026, 9, 30), (Shipment("WB1", "R", date(2026, 9, 1), charges),))
        return [line.type for line in reader_of(name).read(WRITERS[name]([bill], Hand())).invoices[0].lines]

    kind = ChargeType
    assert types("ups_billing") == [kind.FREIGHT, kind.FUEL, kind.UNKNOWN, kind.DUTY, kind.CREDIT_VOID]
    assert types("dhl_mybill") == [kind.FREIGHT, kind.INSURANCE, kind.REMOTE_AREA, kind.UNKNOWN, kind.DUTY]
    assert types("mapped") == [kind.FREIGHT, kind.FUEL, kind.UNKNOWN]
