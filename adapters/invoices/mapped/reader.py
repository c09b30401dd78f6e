"""Reads a file by a profile. What cannot be read is a problem with its place; a file that no profile fits is an error."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from adapters.invoices.mapped.reader_profile import Profile, read_profile, shipped
from adapters.invoices.mapped.reader_table import Table, explained, missing_of, open_table
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.bills import Bill, Book, money_of, references_of, weight_of
from adapters.toolkit.sheets import Dialect, Row, folded, parsed_amount, parsed_date, records
from adapters.toolkit.workbook import is_workbook
from schemas.charges import ChargeType, InvoiceLine, InvoiceReading
from schemas.errors import RefusalCode, Refused, Unintelligible
from schemas.iso import CURRENCY_DIGITS
from schemas.values import tidy

Found = tuple[ChargeType, Decimal, str | None, str, int]
"""A charge: its type, amount, code and words, and the column in which its amount stands."""


class Mapped(InvoiceReader):
    profile = InvoiceProfile(
        id="mapped",
        name="Any CSV or XLSX, by a profile",
        carrier="any",
        identity="charges = row total, where the profile names one; lines = invoice total, where the file states one",
    )

    def __init__(self, mapping: Profile | None = None) -> None:
        self.mapping = mapping

    @classmethod
    def with_profile(cls, profile: str | bytes) -> Self:
        """A profile's own text, or the name of one of ours. Raises Refused, and says what is wrong."""
        if isinstance(profile, bytes):
            return cls(read_profile(profile))
        if profile not in shipped():
            said = f"no profile is called {profile!r}; there are: {', '.join(shipped())}"
            raise Refused(said, code=RefusalCode.NOT_FOUND)
        return cls(shipped()[profile])

    def recognises(self, head: bytes) -> bool:
        return is_workbook(head) or _fitting(head) is not None

    def read(self, document: bytes) -> InvoiceReading:
        mapping = self.mapping or _fitting(document)
        if mapping is None:
            raise Unintelligible(
                f"no profile fits this file: write one, or name one of ours ({', '.join(shipped())}) with --profile"
            )
        return _read(document, mapping)


def _fitting(document: bytes) -> Profile | None:
    """Ours, of which the file has all columns in one row."""
    named = [profile for profile in shipped().values() if profile.header != "none"]
    if is_workbook(document[:8192]):
        return next((one for one in named if open_table(document, one, lambda *_: None).at), None)
    rows = records(document[:8192], Dialect.of(document[:8192]), lambda *_: None)
    headers = [cells for _, cells in rows]
    return next((one for one in named if any(not missing_of(one, cells) for cells in headers)), None)


def _read(document: bytes, profile: Profile) -> InvoiceReading:
    book = Book("mapped", profile.carrier, day_first=True)
    table = open_table(document, profile, book.tell_broken)
    book.header, book.decimal = table.header, table.decimal
    if not table.at:
        for name in table.missing if table.header else ():
            book.tell("column_missing", explained(name, profile, table), table.header_row or None, name)
        if not table.header:
            book.tell("header_missing", f"the file has no row {profile.header}".replace("row auto", "rows"))
        return book.closed(sums=False)
    sheet = _Sheet(book, profile, table, f"file-{hashlib.sha256(document).hexdigest()[:16]}")
    for number, cells in table.rows:
        row = Row(number, cells, table.at)
        if any(cell.strip() for cell in cells) and not sheet.skips(row):
            sheet.take(row)
    return book.closed(sums=bool(profile.columns.total or profile.above.total))


@dataclass(slots=True)
class _Sheet:
    """One file under one profile."""

    book: Book
    profile: Profile
    table: Table
    nameless: str
    """The number of a bill whose file names none."""

    def at(self, names: Sequence[str]) -> int:
        """Where the first of these columns stands that is there; -1 for none."""
        return next((self.table.at[folded(name)] for name in names if folded(name) in self.table.at), -1)

    def skips(self, row: Row) -> bool:
        return any(
            folded(row.cell(self.at([name]))) in {folded(text) for text in texts}
            for name, texts in self.profile.skip.items()
        )

    @property
    def _last(self) -> int:
        """The rightmost column in which money stands."""
        named = [*self.profile.charges, *self.profile.columns.amount, self.profile.row_total or ""]
        return max(self.at([name]) for name in named)

    def _stated(self, name: str, row: Row) -> tuple[Row, int]:
        """The cell that says this of the whole invoice: in the row's own column, else above the table."""
        position = self.at(getattr(self.profile.columns, name))
        above = None if position >= 0 else self.table.stated(getattr(self.profile.above, name))
        return above or (row, position)

    def _text(self, name: str, row: Row) -> str:
        where, position = self._stated(name, row)
        return where.cell(position)

    def take(self, row: Row) -> None:
        before = _Unread(self.book)
        if self.table.cut and len(row.cells) <= self._last:
            before.tell("row_short", f"the row ends after {len(row.cells)} columns", row.number, len(row.cells))
        charges = list(self._charges(row, before))
        if not charges and not before.more:
            return
        bill = self._bill(row)
        if bill is None:
            return
        before.name(bill.number)
        currency = self._text("currency", row).upper() or bill.currency
        if currency != bill.currency:
            detail = f"{currency[:10]}, on an invoice in {bill.currency}"
            self.book.tell("currency_mixed", detail, row.number, self._stated("currency", row)[1], bill.number)
            return
        fitting = [charge for charge in charges if self._fits(charge, row, bill)]
        bill.lines += self._lines(row, bill, fitting)
        self._hold(row, bill, fitting)

    def _bill(self, row: Row) -> Bill | None:
        named = self.profile.columns.invoice or self.profile.above.invoice
        number = tidy(self._text("invoice", row), 100) if named else self.nameless
        if not number:
            position = self._stated("invoice", row)[1]
            self.book.tell("invoice_number_missing", "a row that belongs to no invoice", row.number, position)
            return None
        if number not in self.book.bills:
            currency = self._text("currency", row).upper() or self.profile.currency or ""
            if currency not in CURRENCY_DIGITS:
                detail = f"no currency is called {currency[:20]!r}"
                self.book.tell("currency_unknown", detail, row.number, self._stated("currency", row)[1], number)
                return None
            bill = self.book.bills[number] = Bill(number, currency)
            bill.account = tidy(self._text("account", row)) or None
            bill.issued_on = self._date(*self._stated("issued_on", row), number)
            bill.due_on = self._date(*self._stated("due_on", row), number)
        bill = self.book.bills[number]
        where, position = self._stated("total", row)
        if bill.total is None or where is row:
            self._state(bill, where, position)
        return bill

    def _state(self, bill: Bill, row: Row, position: int) -> None:
        before = bill.total
        bill.total = None if before is None else -before if self.profile.sign == "minus" else before
        self.book.state(bill, row, position)
        if bill.total is not None and self.profile.sign == "minus":
            bill.total = -bill.total

    def _charges(self, row: Row, unread: "_Unread") -> Iterator[Found]:
        """Wide columns, the amount column, and what the row's total has beyond them."""
        for name, kind in self.profile.charges.items():
            position = self.at([name])
            amount = self._amount(row, position, unread)
            if amount is not None:
                yield kind, amount, name, name, position
        position = self.at(self.profile.columns.amount)
        amount = self._amount(row, position, unread) if position >= 0 else None
        if amount is not None:
            code, text = (tidy(row.cell(self.at(names)), 500) for names in self._words)
            yield self._kind(code, text), amount, code or text or None, text or code, position
        if self.profile.rest is not None and not unread.more:
            yield from self._rest(row, self.profile.rest, unread)

    @property
    def _words(self) -> tuple[Sequence[str], Sequence[str]]:
        return self.profile.columns.code, self.profile.columns.description

    def _kind(self, code: str, text: str) -> ChargeType:
        known = {folded(name): kind for name, kind in self.profile.codes.items()}
        return known.get(folded(code)) or known.get(folded(text)) or self.profile.otherwise

    def _rest(self, row: Row, kind: ChargeType, unread: "_Unread") -> Iterator[Found]:
        position = self.at([self.profile.row_total or ""])
        total = self._amount(row, position, unread)
        named = (self._amount(row, self.at([name]), unread) for name in self.profile.charges)
        rest = None if total is None else total - sum((one for one in named if one is not None), Decimal(0))
        if rest:
            doubtful = self.profile.rest_unless and row.cell(self.at([self.profile.rest_unless]))
            name = self.profile.row_total or ""
            words = f"{name} {tidy(doubtful or '', 300)}".strip()
            yield ChargeType.UNKNOWN if doubtful else kind, rest, name, words, position

    def _amount(self, row: Row, position: int, unread: "_Unread") -> Decimal | None:
        stated = row.cell(position)
        amount = parsed_amount(stated, self.table.decimal) if stated else None
        if stated and amount is None:
            unread.tell("amount_unreadable", f"not an amount: {stated[:40]}", row.number, position)
        return -amount if amount is not None and self.profile.sign == "minus" else amount

    def _fits(self, charge: Found, row: Row, bill: Bill) -> bool:
        """A cent is the least that can be billed, or what the currency has in its place."""
        fits = charge[1] == round(charge[1], CURRENCY_DIGITS[bill.currency])
        if not fits:
            detail = f"not an amount of {bill.currency}: {charge[1]}"
            self.book.tell("amount_unreadable", detail, row.number, charge[4], bill.number)
        return fits

    def _hold(self, row: Row, bill: Bill, charges: Sequence[Found]) -> None:
        if self.profile.row_total is None or self.profile.rest is not None:
            return
        position = self.at([self.profile.row_total])
        total = self.book.amount(row, position, bill.currency, bill.number)
        billed = sum((amount for _, amount, _, _, _ in charges), Decimal(0))
        billed = -billed if self.profile.sign == "minus" else billed
        if total is not None and total != billed:
            detail = f"the charges come to {billed}, the row says {total}"
            self.book.tell("sum_error", detail, row.number, position, bill.number)

    def _lines(self, row: Row, bill: Bill, charges: Sequence[Found]) -> Iterator[InvoiceLine]:
        columns = self.profile.columns
        unit = row.cell(self.at(columns.weight_unit)) or self.profile.weight_unit
        shared: dict[str, Any] = {
            "number": row.number,
            "waybill": self.book.waybill(row, self.at(columns.waybill), bill.number),
            "original_waybill": self.book.waybill(row, self.at(columns.original_waybill), bill.number),
            "references": references_of(row, [self.at([name]) for name in columns.references]),
            "shipped_on": self._date(row, self.at(columns.shipped_on), bill.number),
            "service": tidy(row.cell(self.at(columns.service))) or None,
            "billed_weight": weight_of(parsed_amount(row.cell(self.at(columns.weight)), self.table.decimal), unit),
        }
        for kind, amount, code, text, _ in charges:
            money = money_of(amount, bill.currency)
            yield InvoiceLine(
                type=kind, money=money, wire_code=code, description=text, informational=not amount, **shared
            )

    def _date(self, row: Row, position: int, invoice: str) -> date | None:
        stated = row.cell(position)
        found = self.profile.day(stated) if stated else None
        if stated and found is None:
            known = ", ".join(self.profile.dates) or "YYYY-MM-DD"
            detail = f"not a date like {known}: {stated[:40]}"
            if parsed_date(stated) is not None and not self.profile.dates:
                detail += " (say `dates:` in the profile)"
            self.book.tell("date_unreadable", detail, row.number, position, invoice)
        return found


@dataclass(slots=True)
class _Unread:
    """What could not be read of one row, told before it is known whose it is."""

    book: Book
    start: int = -1

    @property
    def more(self) -> bool:
        return self.start >= 0

    def tell(self, code: str, detail: str, row: int, position: int) -> None:
        self.start = len(self.book.problems) if self.start < 0 else self.start
        self.book.tell(code, detail, row, position)

    def name(self, invoice: str) -> None:
        """They block this invoice, and no other."""
        if self.more:
            told = self.book.problems[self.start :]
            self.book.problems[self.start :] = [one.model_copy(update={"invoice": invoice}) for one in told]
