"""Reads the bill row by row. What cannot be read is a problem with its row and column, never an exception."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from adapters.invoices.sandbox_csv import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from schemas.charges import CarrierInvoice, ChargeType, InvoiceLine, InvoiceProblem, InvoiceReading
from schemas.iso import CURRENCY_DIGITS
from schemas.values import Money, Weight, tidy

NEEDED = ("record", "invoice", "currency", "amount")
Row = dict[str, str]
"""What a row says, without what it leaves empty."""


class SandboxCsv(InvoiceReader):
    profile = InvoiceProfile(
        id="sandbox_csv",
        name="Sandbox carrier (CSV)",
        carrier="any",
        identity="sum of an invoice's CHARGE rows = amount of its INVOICE row",
    )

    def recognises(self, head: bytes) -> bool:
        return head.removeprefix(b"\xef\xbb\xbf").startswith(b"record,invoice,")

    def read(self, document: bytes) -> InvoiceReading:
        sheet = _Sheet()
        for number, row in sheet.rows(document.decode("utf-8-sig", "replace")):
            sheet.take(number, row)
        return sheet.closed()


@lru_cache(16384)
def _money(text: str, currency: str) -> Money | None:
    """The same few amounts come again and again."""
    try:
        return Money.model_validate({"amount": text, "currency": currency})
    except ValueError:
        return None


_tidy = lru_cache(4096)(tidy)
"""Most of a row stands in the row above too."""


@dataclass
class _Bill:
    number: str
    account: str | None
    issued_on: date | None
    due_on: date | None
    total: Money | None
    lines: list[InvoiceLine] = field(default_factory=list)
    whole: bool = True
    """Every charge row could be read, so the sum means something."""


@dataclass
class _Sheet:
    bills: dict[str, _Bill] = field(default_factory=dict)
    problems: list[InvoiceProblem] = field(default_factory=list)

    def rows(self, text: str) -> Iterator[tuple[int, Row]]:
        """Each row with its line number, by the header's names."""
        reader = csv.reader(text.replace("\x00", "").splitlines(keepends=True))
        header: list[str] = []
        try:
            for cells in reader:
                if not header:
                    header = [tidy(cell, 50) for cell in cells]
                    missing = [name for name in NEEDED if name not in header]
                    if missing:
                        self._problem("header_missing", f"no column {', '.join(missing)}")
                        return
                elif row := {name: cell for name, cell in zip(header, map(_tidy, cells), strict=False) if cell}:
                    yield reader.line_num, row
        except csv.Error as error:
            self._problem("row_broken", tidy(error), row=reader.line_num)

    def take(self, number: int, row: Row) -> None:
        invoice = row.get("invoice", "")[:100]
        if not invoice:
            self._problem("invoice_number_missing", "a row that belongs to no invoice", row=number)
            return
        bill = self.bills.setdefault(invoice, _Bill(invoice, row.get("account") or None, None, None, None))
        amount = self._amount(number, row, invoice)
        if row.get("record") == "INVOICE":
            if bill.total is not None and amount is not None and amount != bill.total:
                self._problem("total_conflict", f"{amount} here, {bill.total} above", number, "amount", invoice)
            bill.total = bill.total or amount
            bill.issued_on = self._date(number, row, "issued_on")
            bill.due_on = self._date(number, row, "due_on")
        elif row.get("record") == "CHARGE" and amount is not None:
            bill.lines.append(self._line(number, row, amount))
        else:
            bill.whole = False
            if amount is not None:
                self._problem("record_unknown", "neither INVOICE nor CHARGE", number, "record", invoice)

    def _line(self, number: int, row: Row, amount: Money) -> InvoiceLine:
        code = row.get("code", "")
        return InvoiceLine.proved(
            {
                "number": number,
                "waybill": row.get("waybill") or None,
                "original_waybill": None,
                "references": tuple(value for value in (row.get("reference"),) if value),
                "type": codes.CHARGES.get(code, ChargeType.UNKNOWN),
                "money": amount,
                "wire_code": code or None,
                "description": row.get("text", ""),
                "shipped_on": self._date(number, row, "shipped_on"),
                "service": row.get("service") or None,
                "billed_weight": self._weight(number, row),
                "informational": False,
            }
        )

    def _amount(self, number: int, row: Row, invoice: str) -> Money | None:
        """Exact: more decimals than the currency has are a problem, not a rounding."""
        currency, text = row.get("currency", ""), row.get("amount", "")
        money = _money(text, currency)
        if money is not None:
            return money
        if currency not in CURRENCY_DIGITS:
            self._problem("currency_unknown", f"no currency is called {currency[:20]!r}", number, "currency", invoice)
            return None
        self._problem("amount_unreadable", f"not an amount of {currency}: {text[:40]!r}", number, "amount", invoice)
        return None

    def _weight(self, number: int, row: Row) -> Weight | None:
        text = row.get("billed_kg", "")
        try:
            return Weight(grams=int(Decimal(text) * 1000)) if text else None
        except (ValueError, ArithmeticError):
            self._problem("weight_unreadable", f"not a weight: {text[:40]!r}", number, "billed_kg")
            return None

    def _date(self, number: int, row: Row, column: str) -> date | None:
        text = row.get(column, "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._problem("date_unreadable", f"not a date: {text[:40]!r}", number, column)
            return None

    def closed(self) -> InvoiceReading:
        if not self.bills and not self.problems:
            self._problem("header_missing", "an empty file")
        invoices = tuple(invoice for bill in self.bills.values() if (invoice := self._invoice(bill)) is not None)
        problems = tuple(self.problems)
        return InvoiceReading(format="sandbox_csv", carrier="sandbox", invoices=invoices, problems=problems)

    def _invoice(self, bill: _Bill) -> CarrierInvoice | None:
        """None where no total is stated: there is nothing that the lines could come to."""
        if bill.total is None:
            self._problem("total_missing", "no INVOICE row with an amount", column="amount", invoice=bill.number)
            return None
        invoice = CarrierInvoice(
            carrier="sandbox",
            number=bill.number,
            account=bill.account,
            issued_on=bill.issued_on,
            due_on=bill.due_on,
            total=bill.total,
            lines=tuple(bill.lines),
        )
        if any(line.money.currency != bill.total.currency for line in bill.lines):
            self._problem("currency_mixed", "charges and total in several currencies", invoice=bill.number)
        elif bill.whole and invoice.line_sum != bill.total.minor:
            detail = (
                f"the rows come to {Money.from_minor(invoice.line_sum, bill.total.currency)}, the total is {bill.total}"
            )
            self._problem("sum_error", detail, column="amount", invoice=bill.number)
        return invoice

    def _problem(
        self, code: str, detail: str, row: int | None = None, column: str | None = None, invoice: str | None = None
    ) -> None:
        problem = InvoiceProblem(row=row, column=column, code=code, detail=tidy(detail, 500), invoice=invoice)
        self.problems.append(problem)
