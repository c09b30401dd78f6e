"""Reads the file row by row, by the names of its header. Nothing that stands in it is an exception."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from adapters.invoices.dhl_mybill import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.bills import Bill, Book, money_of, references_of
from adapters.toolkit.sheets import Dialect, Row, decoded, folded, names_at, records
from schemas.charges import ChargeType, FindingKind, InvoiceLine, InvoiceReading
from schemas.dispute_windows import Confidence, DisputeWindow, WindowStart
from schemas.values import tidy

KIND, NUMBER, WAYBILL, CURRENCY = "line type", "invoice number", "shipment number", "currency"
NET, GROSS, TAX, CARRIAGE = "total amount (excl. vat)", "total amount (incl. vat)", "total tax", "weight charge"
NEEDED = (NUMBER, WAYBILL, CURRENCY, NET, CARRIAGE)
REFERENCES = ("shipment reference 1", "shipment reference 2", "shipment reference 3")
NAMED = re.compile(r"(?P<what>other charges|discount) (?P<n>[0-9]{1,2})")
EXTRA = re.compile(r"xc(?P<n>[0-9]{1,2}) code")
Found = tuple[ChargeType, Decimal, str | None, str]
"""A charge: its type, amount, code and words."""


READ = date(2026, 11, 22)
DISPUTES = (
    DisputeWindow(
        days=14,
        starts=WindowStart.SHIPMENT,
        findings=(FindingKind.LATE_DELIVERY,),
        source="money-back guarantee, DHL Express UK claims page",
        read_on=READ,
        confidence=Confidence.HIGH,
    ),
    DisputeWindow(
        days=14, source="how far back an audit firm looks at DHL Express", read_on=READ, confidence=Confidence.LOW
    ),
)


class DhlMyBill(InvoiceReader):
    profile = InvoiceProfile(
        id="dhl_mybill",
        name="DHL Express MyBill (CSV)",
        carrier="dhl_express",
        identity="weight charge + other charges + discounts + XC charges = total without tax of each S row; "
        "sums of the S rows, without tax and of tax = those of the I row",
        disputes=DISPUTES,
    )

    def recognises(self, head: bytes) -> bool:
        first = re.split(r"[\r\n]", decoded(head), maxsplit=1)[0]
        names = {folded(name.strip('" ')) for name in re.split("[,;\t|]", first)}
        return WAYBILL in names and CARRIAGE in names

    def read(self, document: bytes) -> InvoiceReading:
        dialect = Dialect.of(document)
        sheet = _Sheet(Book("dhl_mybill", "dhl_express", decimal=dialect.decimal))
        for number, cells in records(document, dialect, sheet.book.tell_broken):
            if not sheet.at:
                sheet.take_header(cells)
            elif any(cell.strip() for cell in cells):
                sheet.take(Row(number, cells, sheet.at))
        return sheet.closed()


@dataclass(slots=True)
class _Stated:
    """What the I row says of a bill, and what its S rows come to."""

    net: Decimal | None = None
    tax: Decimal | None = None
    nets: Decimal = Decimal(0)
    taxes: Decimal = Decimal(0)
    row: int = 1
    extras: list[tuple[ChargeType, Decimal, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Sheet:
    book: Book
    at: dict[str, int] = field(default_factory=dict)
    named: list[tuple[str, int, int]] = field(default_factory=list)
    """Other charges and discounts: which of the two, where its words stand, where its amount."""
    extras: list[tuple[int, int, int]] = field(default_factory=list)
    """Where code, name and charge of each XC stand."""
    stated: dict[str, _Stated] = field(default_factory=dict)

    def take_header(self, cells: list[str]) -> None:
        at = names_at(cells)
        if not ({WAYBILL, CARRIAGE} <= at.keys() or KIND in at):
            return
        self.at, self.book.header = at, cells
        for name in at:
            if found := NAMED.fullmatch(name):
                self.named.append((found["what"], at[name], at.get(f"{name} amount", -1)))
            elif found := EXTRA.fullmatch(name):
                n = found["n"]
                self.extras.append((at[name], at.get(f"xc{n} name", -1), at.get(f"xc{n} charge", -1)))
        for name in NEEDED:
            if name not in at:
                there = ", ".join(tidy(cell, 40) for cell in cells)
                self.book.tell("column_missing", f"no column {name!r}; there are: {there}", column=name)

    def take(self, row: Row) -> None:
        bill = self._bill(row)
        if bill is None:
            return
        if len(row.cells) <= max(self.at.get(name, 0) for name in NEEDED):
            detail = f"the row ends after {len(row.cells)} columns"
            self.book.tell("row_short", detail, row.number, invoice=bill.number)
        elif (row.text(KIND).upper() or ("S" if row.text(WAYBILL) else "I")) == "I":
            self._take_invoice(row, bill)
        else:
            self._take_shipment(row, bill)

    def _bill(self, row: Row) -> Bill | None:
        number = tidy(row.text(NUMBER), 100)
        if not number:
            self.book.tell(
                "invoice_number_missing", "a row that belongs to no invoice", row.number, self.at.get(NUMBER)
            )
            return None
        if number not in self.book.bills:
            currency = self.book.currency(row, self.at.get(CURRENCY, -1), number)
            if currency is None:
                self.book.tell("currency_missing", "no currency is named", row.number, self.at.get(CURRENCY), number)
                return None
            self.book.bills[number] = Bill(number, currency)
            self.stated[number] = _Stated(row=row.number)
        bill = self.book.bills[number]
        bill.account = bill.account or tidy(row.text("billing account")) or None
        bill.issued_on = bill.issued_on or self.book.date(row, self.at.get("invoice date", -1), number)
        bill.due_on = bill.due_on or self.book.date(row, self.at.get("due date", -1), number)
        return bill

    def _take_invoice(self, row: Row, bill: Bill) -> None:
        stated, read = self.stated[bill.number], _Reader(self, row, bill)
        stated.row, stated.net, stated.tax = row.number, read(NET), read(TAX)
        self.book.state(bill, row, self.at.get(GROSS, -1))
        if bill.total is None and stated.net is not None:
            bill.total, bill.total_column = stated.net + (stated.tax or 0), self.book.column(self.at.get(NET, -1))
        for name, kind in (("invoice fee", ChargeType.BILLING_FEE), ("tax adjustment", ChargeType.TAX)):
            if amount := read(name):
                stated.extras.append((kind, amount, self.book.header[self.at[name]]))

    def _take_shipment(self, row: Row, bill: Bill) -> None:
        if (row.text(CURRENCY).upper() or bill.currency) != bill.currency:
            detail = f"{row.text(CURRENCY)[:10]}, on an invoice in {bill.currency}"
            self.book.tell("currency_mixed", detail, row.number, self.at[CURRENCY], bill.number)
            return
        before, read, stated = len(self.book.problems), _Reader(self, row, bill), self.stated[bill.number]
        charges = list(self._charges(row, bill))
        net, tax = read(NET), read(TAX)
        gross = None if tax is not None else read(GROSS)
        tax = gross - net if tax is None and gross is not None and net is not None else tax
        billed = sum((amount for _, amount, _, _ in charges), Decimal(0))
        if len(self.book.problems) == before and net is not None and net != billed:
            detail = f"the charges come to {billed}, the row says {net}"
            self.book.tell("sum_error", detail, row.number, self.at[NET], bill.number)
        if tax:
            charges.append((ChargeType.TAX, tax, codes.TAX, codes.TAX))
        bill.lines += self._lines(row, bill, charges)
        stated.nets, stated.taxes = stated.nets + billed, stated.taxes + (tax or 0)

    def _charges(self, row: Row, bill: Bill) -> Iterator[Found]:
        """Carriage, other charges and discounts, extra charges. One with words and no amount is one of zero."""
        read = _Reader(self, row, bill)
        carriage = read(CARRIAGE)
        if carriage is not None:
            yield ChargeType.FREIGHT, carriage, codes.WEIGHT_CHARGE, codes.WEIGHT_CHARGE
        for what, text_at, amount_at in self.named:
            amount, text = self.book.amount(row, amount_at, bill.currency, bill.number), tidy(row.cell(text_at), 500)
            if amount:
                yield ChargeType.DISCOUNT if what == "discount" else ChargeType.UNKNOWN, amount, text or None, text
        for code_at, name_at, charge_at in self.extras:
            code, name = tidy(row.cell(code_at), 20).upper(), tidy(row.cell(name_at), 500)
            amount = self.book.amount(row, charge_at, bill.currency, bill.number)
            if amount is not None or (code and not row.cell(charge_at)):
                yield charge_type(code, amount or Decimal(0)), amount or Decimal(0), code or name or None, name

    def _lines(self, row: Row, bill: Bill, charges: list[Found]) -> Iterator[InvoiceLine]:
        waybill = self.book.waybill(row, self.at.get(WAYBILL, -1), bill.number)
        references = references_of(row, [self.at.get(name, -1) for name in REFERENCES])
        shipped_on = self.book.date(row, self.at.get("shipment date", -1), bill.number)
        service = tidy(row.text("product name") or row.text("product")) or None
        weight = self.book.weight(row, self.at.get("weight (kg)", -1), "kg")
        for kind, amount, code, text in charges:
            yield InvoiceLine(
                number=row.number,
                waybill=waybill,
                references=references,
                type=kind,
                money=money_of(amount, bill.currency),
                wire_code=code,
                description=text,
                shipped_on=shipped_on,
                service=service,
                billed_weight=weight,
                informational=not amount,
            )

    def closed(self) -> InvoiceReading:
        if not self.at:
            self.book.tell("header_missing", f"no row names the column {WAYBILL!r}")
        for bill in self.book.bills.values():
            stated = self.stated[bill.number]
            self._complete(bill, stated)
            for name, said, found in ((NET, stated.net, stated.nets), (TAX, stated.tax, stated.taxes)):
                if said is not None and said != found and bill.sum == bill.total:
                    detail = f"the shipments come to {found}, the invoice says {said}"
                    self.book.tell("sum_error", detail, stated.row, self.at[name], bill.number)
        return self.book.closed()

    def _complete(self, bill: Bill, stated: _Stated) -> None:
        """Adds what only the I row bills, where exactly that is missing."""
        missing = Decimal(0) if bill.total is None else bill.total - bill.sum
        choices = (itertools.combinations(stated.extras, count) for count in (1, 2))
        fitting = (chosen for chosen in itertools.chain(*choices) if sum(one[1] for one in chosen) == missing)
        for kind, amount, text in next(fitting, ()) if missing else ():
            money = money_of(amount, bill.currency)
            bill.lines.append(InvoiceLine(number=stated.row, type=kind, money=money, wire_code=text, description=text))
            taxed = kind is ChargeType.TAX
            stated.taxes, stated.nets = stated.taxes + amount * taxed, stated.nets + amount * (not taxed)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Amounts of one row by name."""

    sheet: _Sheet
    row: Row
    bill: Bill

    def __call__(self, name: str) -> Decimal | None:
        return self.sheet.book.amount(self.row, self.sheet.at.get(name, -1), self.bill.currency, self.bill.number)


def charge_type(code: str, amount: Decimal) -> ChargeType:
    """What is included and billed all the same is not what it says."""
    if code in codes.INCLUDED:
        return ChargeType.UNKNOWN if amount else ChargeType.INCLUDED_NO_CHARGE
    return codes.CHARGES.get(code, ChargeType.OTHER_SERVICE if code in codes.OTHER else ChargeType.UNKNOWN)
