"""Reads the file row by row, by position. Nothing in it is an exception; what cannot be read is a problem with its place."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

from adapters.invoices.ups_billing import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.bills import Bill, Book, money_of, references_of
from adapters.toolkit.sheets import Dialect, Row, decoded, delimiter_of, folded, records
from schemas.charges import ChargeType, FindingKind, InvoiceLine, InvoiceReading
from schemas.dispute_windows import Confidence, DisputeWindow, WindowStart
from schemas.iso import CURRENCY_DIGITS
from schemas.values import tidy

COLUMNS = 250
VERSION, ACCOUNT, COUNTRY, DATE, NUMBER, CURRENCY, TOTAL, SHIPPED = 0, 2, 3, 4, 5, 9, 10, 11
LEAD, WAYBILL, WEIGHT, UNIT, CATEGORY, DETAIL, CLASS, CODE, TEXT = 13, 20, 28, 29, 34, 35, 43, 44, 45
LINE_CURRENCY, NET, DUE, ORIGINAL, SERVICE = 50, 52, 62, 200, 229
REFERENCES = (LEAD, 15, 16, 21, 22, 23, 24, 25)
HEADER = tuple(
    {
        ACCOUNT: "Account Number",
        DATE: "Invoice Date",
        NUMBER: "Invoice Number",
        CURRENCY: "Invoice Currency Code",
        TOTAL: "Invoice Amount",
        SHIPPED: "Transaction Date",
        WAYBILL: "Tracking Number",
        LINE_CURRENCY: "Transaction Currency Code",
        NET: "Net Amount",
        DUE: "Invoice Due Date",
        ORIGINAL: "Original tracking number",
    }.get(position, "")
    for position in range(COLUMNS)
)
"""The file has no header; these are the names that UPS gives the columns in which something may be wrong."""
MONTH_FIRST = ("US", "PR")
"""Countries whose accounts write the month first. Years of two figures are American too, wherever the account is."""


READ = date(2026, 11, 22)
DISPUTES = (
    DisputeWindow(
        days=15,
        starts=WindowStart.PROMISE,
        findings=(FindingKind.LATE_DELIVERY,),
        source="service guarantee: several parcel audit firms, of UPS",
        read_on=READ,
        confidence=Confidence.HIGH,
    ),
    DisputeWindow(
        days=180,
        starts=WindowStart.SHIPMENT,
        findings=(FindingKind.VOIDED_BILLED,),
        source="billed but never shipped: how far back an audit firm collects from UPS",
        read_on=READ,
        confidence=Confidence.MEDIUM,
    ),
    DisputeWindow(days=180, source="UPS US, trade practice", read_on=READ, confidence=Confidence.MEDIUM),
    DisputeWindow(
        days=90, source="UPS Canada, a reseller's credit request limits", read_on=READ, confidence=Confidence.MEDIUM
    ),
)
"""Which country's a bill is does not stand on it: the shorter of the last two is kept to."""


class UpsBilling(InvoiceReader):
    profile = InvoiceProfile(
        id="ups_billing",
        name="UPS Billing Data (CSV, 250 columns)",
        carrier="ups",
        identity="sum of net amounts whose class is not INF = invoice amount",
        disputes=DISPUTES,
    )

    def recognises(self, head: bytes) -> bool:
        text = decoded(head)
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
            return any(_is_a_row(cells) for cells, _ in zip(rows, range(3), strict=False))
        except csv.Error:
            return False

    def read(self, document: bytes) -> InvoiceReading:
        dialect = Dialect.of(document)
        book = Book("ups_billing", "ups", decimal=dialect.decimal, header=HEADER)
        for number, cells in records(document, dialect, book.tell_broken):
            row = Row(number, cells, {})
            if number == 1 and re.match("[0-9]", row.cell(VERSION)):
                book.decimal = "," if "," in row.cell(VERSION) else "." if dialect.delimiter == "," else book.decimal
            if any(cell.strip() for cell in cells) and folded(row.cell(VERSION)) != "version":
                _take(book, row)
        if not book.bills and not book.problems:
            book.tell("header_missing", "the file is empty")
        return book.closed()


def _is_a_row(cells: list[str]) -> bool:
    """A version, a currency and a class where they belong."""
    row = Row(1, cells, {})
    return (
        NET < len(cells) <= COLUMNS
        and re.fullmatch(r"[0-9]{1,2}[.,][0-9]{1,2}", row.cell(VERSION)) is not None
        and row.cell(CURRENCY) in CURRENCY_DIGITS
        and re.fullmatch("[A-Z]{3}", row.cell(CLASS)) is not None
    )


def _take(book: Book, row: Row) -> None:
    number = tidy(row.cell(NUMBER), 100)
    if not number or (number not in book.bills and row.cell(CURRENCY) not in CURRENCY_DIGITS):
        code = "currency_unknown" if number else "invoice_number_missing"
        detail = "a row of no known currency" if number else "a row that belongs to no invoice"
        book.tell(code, detail, row.number, CURRENCY if number else NUMBER, number or None)
        return
    if len(row.cells) > COLUMNS and any(cell.strip() for cell in row.cells[COLUMNS:]):
        book.tell("row_long", f"{len(row.cells)} columns, there are {COLUMNS}", row.number, invoice=number)
        return
    if len(row.cells) <= NET:
        book.tell("row_short", f"the row ends after {len(row.cells)} columns", row.number, NET, number)
        return
    american = row.cell(COUNTRY).upper() in MONTH_FIRST or re.search(r"/[0-9]{2}$", row.cell(DATE))
    book.day_first = not american
    bill = _bill(book, row, number)
    line = _line(book, row, bill)
    if line is not None:
        bill.lines.append(line)


def _bill(book: Book, row: Row, number: str) -> Bill:
    if number not in book.bills:
        book.bills[number] = Bill(
            number=number,
            currency=row.cell(CURRENCY),
            account=tidy(row.cell(ACCOUNT)) or None,
            issued_on=book.date(row, DATE, number),
            due_on=book.date(row, DUE, number),
        )
    book.state(book.bills[number], row, TOTAL)
    return book.bills[number]


def _line(book: Book, row: Row, bill: Bill) -> InvoiceLine | None:
    """None where the amount cannot be read, or is of another currency than the invoice."""
    currency = row.cell(LINE_CURRENCY).upper() or bill.currency
    if currency != bill.currency:
        detail = f"{currency[:10]}, on an invoice in {bill.currency}"
        book.tell("currency_mixed", detail, row.number, LINE_CURRENCY, bill.number)
        return None
    if not row.cell(NET):
        book.tell("amount_missing", "no net amount", row.number, NET, bill.number)
        return None
    net = book.amount(row, NET, currency, bill.number)
    if net is None:
        return None
    text, code = tidy(row.cell(TEXT), 500), tidy(row.cell(CODE), 100)
    information = codes.INFORMATIONAL in (row.cell(CLASS), row.cell(CATEGORY))
    waybill = book.waybill(row, WAYBILL, bill.number)
    lead = row.cell(LEAD).upper()
    if waybill is None and re.fullmatch("1Z[A-Z0-9]{16}", lead):
        waybill = lead
    return InvoiceLine(
        number=row.number,
        waybill=waybill,
        original_waybill=book.waybill(row, ORIGINAL, bill.number),
        references=tuple(value for value in references_of(row, REFERENCES) if value != waybill),
        type=ChargeType.INCLUDED_NO_CHARGE if information else charge_type(row),
        money=money_of(net, currency),
        wire_code=code or text or None,
        description=text,
        shipped_on=book.date(row, SHIPPED, bill.number),
        service=tidy(row.cell(SERVICE)) or _service(row, text),
        billed_weight=book.weight(row, WEIGHT, row.cell(UNIT)),
        informational=information or net == Decimal(0),
    )


def _service(row: Row, text: str) -> str | None:
    """A plain freight row is called as its service."""
    return text[:500] or None if (row.cell(CLASS), row.cell(CATEGORY)) == ("FRT", "SHP") else None


def charge_type(row: Row) -> ChargeType:
    """By code; by class, detail and category; by words; else unknown."""
    kind, detail, category = row.cell(CLASS), row.cell(DETAIL), row.cell(CATEGORY)
    known = codes.CHARGES.get(row.cell(CODE)) or codes.CLASSES.get(kind) or codes.DETAILS.get(detail)
    if known is None and kind == "FRT":
        known = codes.FREIGHT_DETAILS.get(detail) or codes.FREIGHT_CATEGORIES.get(category)
    return known or by_words(row.cell(TEXT))


def by_words(text: str) -> ChargeType:
    name = folded(text).removeprefix(codes.LATE)
    starts = (kind for start, kind in codes.TEXT_STARTS.items() if name.startswith(start))
    ends = (kind for end, kind in codes.TEXT_ENDS.items() if name.endswith(end))
    return codes.TEXTS.get(name) or next(starts, None) or next(ends, ChargeType.UNKNOWN)
