"""What readers of invoice files share: bills that grow row by row, problems with their place, sums held at the end.

Lines may come in any order, and those of several bills may be mixed. A cell that cannot be read blocks its own line; whether
the bill still comes to its total is asked once, when the file is at its end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from adapters.toolkit.sheets import Row, parsed_amount, parsed_date
from schemas.charges import CarrierInvoice, InvoiceLine, InvoiceProblem, InvoiceReading
from schemas.iso import CURRENCY_DIGITS
from schemas.values import Money, Weight, tidy

ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
GRAMS = {"k": "1000", "l": "453.59237", "o": "28.349523125", "g": "1"}
"""By the first letter of the unit: kg, kilograms; lb, lbs, L; oz, O; g."""


@lru_cache(16384)
def money_of(amount: Decimal, currency: str) -> Money:
    """Exact: the amount has been held against its currency. The same few amounts come again and again."""
    return Money(amount=amount, currency=currency)


@dataclass(slots=True)
class Bill:
    """One invoice as it grows. `total` is what the file says it asks for."""

    number: str
    currency: str
    assumed: bool = False
    account: str | None = None
    issued_on: date | None = None
    due_on: date | None = None
    total: Decimal | None = None
    total_column: str | None = None
    lines: list[InvoiceLine] = field(default_factory=list)

    @property
    def sum(self) -> Decimal:
        return sum((line.money.amount for line in self.lines if not line.informational), Decimal(0))


@dataclass(slots=True)
class Book:
    """One file as it is read: its header, its bills in order of appearance, its problems."""

    format: str
    carrier: str
    decimal: str = "."
    day_first: bool = False
    header: Sequence[str] = ()
    bills: dict[str, Bill] = field(default_factory=dict)
    problems: list[InvoiceProblem] = field(default_factory=list)

    def tell(
        self,
        code: str,
        detail: str,
        row: int | None = None,
        column: str | int | None = None,
        invoice: str | None = None,
    ) -> None:
        """A problem at a row and a column, which is a name or a position from 0."""
        name = self.column(column) if isinstance(column, int) else column
        problem = InvoiceProblem(
            row=row, column=tidy(name, 100) if name else None, code=code, detail=tidy(detail, 500), invoice=invoice
        )
        self.problems.append(problem)

    def tell_broken(self, row: int, detail: str) -> None:
        self.tell("row_broken", detail, row)

    def column(self, position: int) -> str | None:
        """As people find it: its name, and its position where the name is not the only one."""
        if position < 0:
            return None
        name = tidy(self.header[position], 80) if position < len(self.header) else ""
        alone = bool(name) and list(self.header).count(self.header[position]) == 1
        return name if alone else f"{name} (column {position + 1})" if name else f"column {position + 1}"

    def amount(self, row: Row, position: int, currency: str, invoice: str | None = None) -> Decimal | None:
        """The cell's amount; None where it is empty, and a problem where it is none of that currency."""
        stated = row.cell(position)
        if not stated:
            return None
        amount = parsed_amount(stated, self.decimal)
        if amount is None or amount != round(amount, CURRENCY_DIGITS[currency]):
            detail = f"not an amount of {currency}: {stated[:40]}"
            self.tell("amount_unreadable", detail, row.number, position, invoice)
            return None
        return amount

    def date(self, row: Row, position: int, invoice: str | None = None) -> date | None:
        stated = row.cell(position)
        found = parsed_date(stated, day_first=self.day_first)
        if stated and found is None:
            self.tell("date_unreadable", f"not a date: {stated[:40]}", row.number, position, invoice)
        return found

    def currency(self, row: Row, position: int, invoice: str | None = None) -> str | None:
        """The cell's currency; None where it is empty, and a problem where nothing is called so."""
        stated = row.cell(position).upper()
        if stated and stated not in CURRENCY_DIGITS:
            self.tell("currency_unknown", f"no currency is called {stated[:20]}", row.number, position, invoice)
            return None
        return stated or None

    def waybill(self, row: Row, position: int, invoice: str | None = None) -> str | None:
        """Capital letters and digits only."""
        stated = row.cell(position)
        if ROUNDED.fullmatch(stated):
            self.tell("waybill_rounded", "a spreadsheet has rounded the number", row.number, position, invoice)
            return None
        return re.sub(r"[^A-Z0-9]", "", stated.upper())[:100] or None

    def weight(self, row: Row, position: int, unit: str) -> Weight | None:
        """One that cannot be read is left out: it moves no money."""
        return weight_of(parsed_amount(row.cell(position), self.decimal), unit)

    def state(self, bill: Bill, row: Row, position: int) -> None:
        """The total, as this row repeats it."""
        total = self.amount(row, position, bill.currency, bill.number)
        if total is not None and bill.total is not None and total != bill.total:
            self.tell("total_conflict", f"{total} here, {bill.total} above", row.number, position, bill.number)
        bill.total = total if bill.total is None else bill.total
        bill.total_column = self.column(position)

    def closed(self, *, sums: bool = True) -> InvoiceReading:
        """Everything read. `sums`: the format states totals, so that a bill without one, or not coming to it, is told."""
        invoices = tuple(self._invoice(bill, sums) for bill in self.bills.values())
        return InvoiceReading(
            format=self.format, carrier=self.carrier, invoices=invoices, problems=tuple(self.problems)
        )

    def _invoice(self, bill: Bill, sums: bool) -> CarrierInvoice:
        billed = bill.sum
        if bill.total is None and sums:
            self.tell("total_missing", "no total is stated", column=bill.total_column, invoice=bill.number)
        elif bill.total is None and any(one.invoice in (None, bill.number) for one in self.problems if _costs(one)):
            self.tell(
                "sum_error", "something could not be read, and no total says how much it was", invoice=bill.number
            )
        elif bill.total is not None and bill.total != billed:
            detail = f"the lines come to {billed}, the total is {bill.total}"
            self.tell("sum_error", detail, column=bill.total_column, invoice=bill.number)
        return CarrierInvoice(
            carrier=self.carrier,
            number=bill.number,
            account=bill.account,
            issued_on=bill.issued_on,
            due_on=bill.due_on,
            total=Money.of(billed if bill.total is None else bill.total, bill.currency),
            lines=tuple(bill.lines),
            currency_assumed=bill.assumed,
        )


def _costs(problem: InvoiceProblem) -> bool:
    """Whether money may have been lost over it."""
    return problem.code.startswith(("amount_", "currency_", "row_"))


@lru_cache(4096)
def weight_of(value: Decimal | None, unit: str) -> Weight | None:
    """Whole grams, rounded half up."""
    factor = GRAMS.get(unit.strip().casefold()[:1])
    if value is None or factor is None:
        return None
    grams = int((value * Decimal(factor)).quantize(Decimal(1), ROUND_HALF_UP))
    return Weight(grams=grams) if 0 < grams <= 10_000_000 else None


def references_of(row: Row, positions: Sequence[int]) -> tuple[str, ...]:
    """What stands in these cells, each once."""
    given = (tidy(cell) for position in positions if (cell := row.cell(position)))
    return tuple(dict.fromkeys(value for value in given if value))
