"""Reads the file row by row. Nothing that stands in it is an exception; what cannot be read is a problem with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.invoices.royal_mail import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.bills import Bill, Book, money_of, references_of
from adapters.toolkit.sheets import Dialect, Row, decoded, folded, names_at, records
from schemas.charges import ChargeType, InvoiceLine, InvoiceReading
from schemas.values import tidy

ASSUMED = "GBP"
FIRST, KIND, NUMBER, DOCKET, SERVICE, VALUE = (
    "royal mail address",
    "document type",
    "document number",
    "docket number",
    "service",
    "net value",
)
NET, VAT, GROSS = "total net", "total vat", "total gross"
NEEDED = (NUMBER, NET, GROSS, DOCKET, SERVICE, VALUE)


class RoyalMail(InvoiceReader):
    profile = InvoiceProfile(
        id="royal_mail",
        name="Royal Mail invoice (pipe-separated)",
        carrier="royal_mail",
        identity="sum of net values = total net; total net + total VAT = total gross",
    )

    def recognises(self, head: bytes) -> bool:
        first = re.split(r"[\r\n]", decoded(head), maxsplit=1)[0]
        names = {folded(name.strip('" ')) for name in first.split("|")}
        return {NUMBER, DOCKET, VALUE} <= names

    def read(self, document: bytes) -> InvoiceReading:
        dialect = Dialect.of(document, delimiter="|")
        sheet = _Sheet(Book("royal_mail", "royal_mail", decimal=dialect.decimal, day_first=True))
        for number, cells in records(document, dialect, sheet.book.tell_broken):
            if not sheet.at:
                sheet.take_header(cells)
            elif any(cell.strip() for cell in cells):
                sheet.take(Row(number, cells, sheet.at))
        return sheet.closed()


@dataclass(slots=True)
class _Sheet:
    book: Book
    at: dict[str, int] = field(default_factory=dict)
    above: Bill | None = None
    nets: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    """The row and the stated net of each bill."""
    turned: set[str] = field(default_factory=set)
    """Credit notes written in positive amounts."""
    early: list[Row] = field(default_factory=list)
    """Dockets above the first invoice row."""

    def take_header(self, cells: list[str]) -> None:
        at = names_at(cells)
        if NUMBER not in at and FIRST not in at:
            return
        self.at, self.book.header = at, cells
        for name in NEEDED:
            if name not in at:
                there = ", ".join(tidy(cell, 40) for cell in cells)
                self.book.tell("column_missing", f"no column {name!r}; there are: {there}", column=name)

    def take(self, row: Row) -> None:
        number = tidy(row.text(NUMBER), 100)
        if number:
            self._take_invoice(row, number)
        elif self.above is None:
            self.early.append(row)
        else:
            self.above.lines += self._docket(row, self.above)

    def _take_invoice(self, row: Row, number: str) -> None:
        if number in self.book.bills:
            self.book.tell("invoice_twice", "the invoice has a row already", row.number, self.at[NUMBER], number)
            self.above = self.book.bills[number]
            return
        bill = self.book.bills[number] = self.above = Bill(number, ASSUMED, assumed=True)
        bill.account = tidy(row.text("account number")) or None
        bill.issued_on = self.book.date(row, self.at.get("invoice date", -1), number)
        bill.due_on = self.book.date(row, self.at.get("pay by", -1), number)
        self.book.state(bill, row, self.at.get(GROSS, -1))
        if folded(row.text(KIND)).startswith(codes.CREDIT) and (bill.total or 0) > 0:
            self.turned.add(number)
        bill.total = self._signed(bill.total, bill)
        net, vat = self._amount(row, NET, bill), self._amount(row, VAT, bill)
        if net is not None:
            self.nets[number] = row.number, net
        if vat:
            bill.lines.append(_line(row.number, ChargeType.TAX, vat, codes.VAT, codes.VAT))

    def _amount(self, row: Row, name: str, bill: Bill) -> Decimal | None:
        return self._signed(self.book.amount(row, self.at.get(name, -1), ASSUMED, bill.number), bill)

    def _signed(self, amount: Decimal | None, bill: Bill) -> Decimal | None:
        return -amount if amount is not None and bill.number in self.turned else amount

    def _docket(self, row: Row, bill: Bill) -> Iterator[InvoiceLine]:
        """One line, none where its amount cannot be read. A comment is one without money."""
        text = tidy(row.text(SERVICE), 300)
        if len(row.cells) <= self.at.get(VALUE, 0):
            detail = f"the row ends after {len(row.cells)} columns"
            self.book.tell("row_short", detail, row.number, self.at.get(VALUE), bill.number)
        if not row.text(VALUE):
            if row.text(DOCKET) and len(row.cells) > self.at.get(VALUE, 0):
                self.book.tell("amount_missing", "no net value", row.number, self.at.get(VALUE), bill.number)
            words = text or tidy(" ".join(cell for cell in row.cells if cell.strip()), 300)
            yield _line(row.number, ChargeType.INCLUDED_NO_CHARGE, Decimal(0), None, words)
            return
        value = self._amount(row, VALUE, bill)
        if value is None:
            return
        count, price = tidy(row.text("quantity"), 20), tidy(row.text("unit cost"), 20)
        described = ", ".join(part for part in (text, tidy(row.text("format"), 50), _times(count, price)) if part)
        places = [self.at.get(name, -1) for name in (DOCKET, "senders ref")]
        line = _line(row.number, charge_type(text), value, text or None, described)
        posted_on = self.book.date(row, self.at.get("posting date", -1), bill.number)
        update = {"references": references_of(row, places), "shipped_on": posted_on, "service": text or None}
        yield line.model_copy(update=update)

    def closed(self) -> InvoiceReading:
        if not self.at:
            self.book.tell("header_missing", f"no row names the column {NUMBER!r}")
        only = next(iter(self.book.bills.values())) if len(self.book.bills) == 1 else None
        for row in self.early:
            if only is None:
                detail = "a docket that belongs to no invoice"
                self.book.tell("invoice_number_missing", detail, row.number, self.at.get(NUMBER))
            else:
                only.lines += self._docket(row, only)
        for number, (row_number, net) in self.nets.items():
            bill = self.book.bills[number]
            found = sum((line.money.amount for line in bill.lines if line.wire_code != codes.VAT), Decimal(0))
            if net != found and bill.sum == bill.total:
                detail = f"the dockets come to {found}, the invoice says {net}"
                self.book.tell("sum_error", detail, row_number, self.at[NET], number)
        return self.book.closed()


def _line(number: int, kind: ChargeType, amount: Decimal, code: str | None, text: str) -> InvoiceLine:
    money = money_of(amount, ASSUMED)
    return InvoiceLine(
        number=number, type=kind, money=money, wire_code=code, description=text, informational=not amount
    )


def _times(count: str, price: str) -> str:
    return f"{count} × {price}" if count and price else count


def charge_type(service: str) -> ChargeType:
    name = folded(service)
    known = next((kind for word, kind in codes.SERVICE_WORDS.items() if word in name), ChargeType.FREIGHT)
    return known if name else ChargeType.UNKNOWN
