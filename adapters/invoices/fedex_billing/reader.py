"""Reads the file row by row. Nothing that stands in it is an exception; what cannot be read is a problem with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from adapters.invoices.fedex_billing import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.sheets import Dialect, Row, decoded, folded, parsed_amount, parsed_date, records
from schemas.charges import CarrierInvoice, ChargeType, FindingKind, InvoiceLine, InvoiceProblem, InvoiceReading
from schemas.dispute_windows import Confidence, DisputeWindow
from schemas.iso import CURRENCY_DIGITS
from schemas.values import Money, Weight, tidy

ASSUMED = "USD"
FIRST_NAMES = ("consolidated account number", "bill to account number")
NUMBER, DUE, WAYBILL = "invoice number", "original amount due", "express or ground tracking id"
TRANSPORT, NET = "transportation charge amount", "net charge amount"
TEXT, AMOUNT = "tracking id charge description", "tracking id charge amount"
NEEDED = (NUMBER, DUE, WAYBILL, TRANSPORT, NET)
CURRENCIES = ("currency", "currency code", "invoice currency", "invoice currency code", "billing currency")
REFERENCES = (
    "original customer reference",
    "original ref#2",
    "original ref#3/po number",
    "updated customer reference",
    "updated ref#2",
    "updated ref#3/po number",
    "rma#",
    "tdmastertrackingid",
)


_window = partial(DisputeWindow, read_on=date(2026, 11, 22))
DISPUTES = (
    _window(
        days=15, findings=(FindingKind.LATE_DELIVERY,), source="guarantee, audit firms", confidence=Confidence.HIGH
    ),
    # One bill holds both networks: the shorter of these is kept to.
    _window(days=60, source="FedEx Express invoice adjustments, trade practice", confidence=Confidence.MEDIUM),
    _window(days=180, source="FedEx Ground rebills, a training quiz", confidence=Confidence.LOW),
)


class FedexBilling(InvoiceReader):
    profile = InvoiceProfile(
        id="fedex_billing",
        name="FedEx Billing Online (CSV)",
        carrier="fedex",
        identity="transport + charge pairs = net of each row; sum of nets = original amount due of each invoice",
        disputes=DISPUTES,
    )

    def recognises(self, head: bytes) -> bool:
        text = decoded(head).casefold()
        first = re.split(r"[,;|\t\r\n]", text, maxsplit=1)[0].strip().strip('"')
        return first in FIRST_NAMES or (WAYBILL in text and TRANSPORT in text)

    def read(self, document: bytes) -> InvoiceReading:
        dialect = Dialect.of(document)
        sheet = _Sheet(decimal=dialect.decimal)
        for number, cells in records(document, dialect, sheet.tell_broken):
            sheet.take(number, cells)
        return sheet.closed()


@dataclass(slots=True)
class _Bill:
    """One invoice as it grows."""

    number: str
    account: str | None
    issued_on: date | None
    currency: str
    assumed: bool
    due: Decimal | None = None
    nets: Decimal = Decimal(0)
    unread: int = 0
    """Amounts that could not be read."""
    whole: bool = True
    """Every net could be read, so that their sum means something."""
    lines: list[InvoiceLine] = field(default_factory=list)


@dataclass(slots=True)
class _Sheet:
    """The file so far. Bills keep the order in which they first appear; rows of one bill need not stand together."""

    decimal: str
    header: list[str] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    bills: dict[str, _Bill] = field(default_factory=dict)
    problems: list[InvoiceProblem] = field(default_factory=list)

    def take(self, number: int, cells: list[str]) -> None:
        if not self.header:
            self._take_header(cells)
        elif any(cell.strip() for cell in cells):
            self._take_row(Row(number, cells, self.at))

    def tell_broken(self, number: int, detail: str) -> None:
        self.problems.append(InvoiceProblem(row=number, code="row_broken", detail=tidy(detail)))

    def closed(self) -> InvoiceReading:
        if not self.header:
            self._problem("header_missing", f"no row names the column {WAYBILL!r}")
        invoices = tuple(self._invoice(bill) for bill in self.bills.values())
        problems = tuple(self.problems)
        return InvoiceReading(format="fedex_billing", carrier="fedex", invoices=invoices, problems=problems)

    def _take_header(self, cells: list[str]) -> None:
        names = [re.sub(r"[ ._]\d+$", "", " ".join(cell.split()).casefold()) for cell in cells]
        if WAYBILL not in names and names[:1] != [FIRST_NAMES[0]]:
            return
        self.header = [tidy(cell, 100) for cell in cells]
        self.at = {name: position for position, name in reversed(list(enumerate(names)))}
        texts = [position for position, name in enumerate(names) if name == TEXT]
        amounts = [position for position, name in enumerate(names) if name == AMOUNT]
        self.pairs = list(zip(texts, amounts, strict=False))
        for name in NEEDED:
            if name not in self.at:
                self._problem("column_missing", f"the header has no column {name!r}", column=name)
        if len(texts) != len(amounts):
            self._problem("column_missing", "charge texts and amounts do not pair", column=AMOUNT)

    def _take_row(self, row: Row) -> None:
        if not tidy(row.text(NUMBER)):
            self._problem("invoice_number_missing", "a row that belongs to no invoice", row, self.at.get(NUMBER))
            return
        bill = self._bill(row)
        if len(row.cells) <= max(self.at.get(name, 0) for name in NEEDED):
            self._problem("row_short", f"the row ends after {len(row.cells)} columns", row, invoice=bill.number)
        if any(cell.strip() for cell in row.cells[len(self.header) :]):
            self._problem(
                "row_long", f"more than the {len(self.header)} columns of the header", row, invoice=bill.number
            )
        before = bill.unread
        lines = list(self._lines(row, bill))
        bill.lines += lines
        at_net = bill.unread
        net = self._amount(row, self.at.get(NET, -1), bill) or Decimal(0)
        bill.whole = bill.whole and bill.unread == at_net
        bill.nets += net
        billed = sum((line.money.amount for line in lines), Decimal(0))
        if bill.unread == before and billed != net:
            detail = f"transport and charges come to {billed}, the row says {net}"
            self._problem("sum_error", detail, row, self.at.get(NET), invoice=bill.number)

    def _bill(self, row: Row) -> _Bill:
        number = tidy(row.text(NUMBER), 100)
        if number not in self.bills:
            stated = next((code for name in CURRENCIES if (code := row.text(name).upper())), None)
            if stated and stated not in CURRENCY_DIGITS:
                self._problem("currency_unknown", f"no currency is called {tidy(stated, 20)}", row, invoice=number)
            known = stated if stated in CURRENCY_DIGITS else None
            self.bills[number] = _Bill(
                number=number,
                account=tidy(row.text("bill to account number")) or None,
                issued_on=self._date(row, "invoice date"),
                currency=known or ASSUMED,
                assumed=known is None,
            )
        bill = self.bills[number]
        due = self._amount(row, self.at.get(DUE, -1), bill)
        if due is not None and bill.due is not None and due != bill.due:
            self._problem("total_conflict", f"{due} here, {bill.due} above", row, self.at.get(DUE), invoice=number)
        bill.due = due if bill.due is None else bill.due
        return bill

    def _lines(self, row: Row, bill: _Bill) -> Iterator[InvoiceLine]:
        """Transport, then each pair. A pair whose text is there without an amount is one of zero."""
        shared = self._shared(row)
        carried = self._amount(row, self.at.get(TRANSPORT, -1), bill)
        if carried is not None:
            named = (folded(row.text(name)) for name in ("service type", "ground service"))
            kind = next((codes.SERVICES[name] for name in named if name in codes.SERVICES), ChargeType.FREIGHT)
            yield _line(shared, kind, carried, bill.currency, codes.TRANSPORT)
        for text_at, amount_at in self.pairs:
            text, stated = row.cell(text_at), row.cell(amount_at)
            if not text and not stated:
                continue
            text, amount = tidy(text, 500), self._amount(row, amount_at, bill)
            if amount is not None or not stated:
                yield _line(shared, charge_type(text), amount or Decimal(0), bill.currency, text)

    def _shared(self, row: Row) -> dict[str, object]:
        """What all lines of a row have in common."""
        service = tidy(row.text("service type")) or tidy(row.text("ground service")) or None
        weighed = row.text("rated weight amount") or row.text("actual weight amount")
        given = [tidy(row.text(name)) for name in REFERENCES]
        waybill = self._waybill(row, "ground tracking id prefix", WAYBILL)
        if waybill and re.fullmatch(r"[0-9]{1,9}", waybill) and not service and not weighed:
            given, waybill = [waybill, *given], None
        return {
            "number": row.number,
            "waybill": waybill,
            "original_waybill": self._waybill(row, "crossreftrackingid prefix", "crossreftrackingid"),
            "references": tuple(dict.fromkeys(value for value in given if value)),
            "shipped_on": self._date(row, "shipment date"),
            "service": service,
            "billed_weight": _weight(row, self.decimal),
        }

    def _waybill(self, row: Row, prefix: str, name: str) -> str | None:
        """Capital letters and digits only. A short ground number is completed by its prefix."""
        stated = row.text(name)
        if re.fullmatch(r"[0-9][.,][0-9]+E\+?[0-9]+", stated, re.IGNORECASE):
            self._problem("waybill_rounded", "a spreadsheet has rounded the number", row, self.at.get(name))
            return None
        bare = re.sub(r"[^A-Z0-9]", "", stated.upper())[:100]
        before = re.sub(r"[^A-Z0-9]", "", row.text(prefix).upper())[:20]
        return (before + bare if bare and len(bare) < 12 else bare) or None

    def _amount(self, row: Row, position: int, bill: _Bill) -> Decimal | None:
        """The cell's amount; None where it is empty, and a problem that blocks the bill where it is no amount."""
        stated = row.cell(position)
        if not stated:
            return None
        amount = parsed_amount(stated, self.decimal)
        if amount is None or amount != round(amount, CURRENCY_DIGITS[bill.currency]):
            detail = f"not an amount of {bill.currency}: {tidy(stated, 40)}"
            self._problem("amount_unreadable", detail, row, position, invoice=bill.number)
            bill.unread += 1
            return None
        return amount

    def _date(self, row: Row, name: str) -> date | None:
        stated = row.text(name)
        found = parsed_date(stated)
        if stated and found is None:
            self._problem("date_unreadable", f"not a date: {tidy(stated, 40)}", row, self.at.get(name))
        return found

    def _invoice(self, bill: _Bill) -> CarrierInvoice:
        if bill.due is None:
            self._problem("total_missing", "no amount due is stated", column=DUE, invoice=bill.number)
        elif bill.whole and bill.due != bill.nets:
            detail = f"the rows come to {bill.nets}, the amount due is {bill.due}"
            self._problem("sum_error", detail, column=self.header[self.at[DUE]], invoice=bill.number)
        return CarrierInvoice(
            carrier="fedex",
            number=bill.number,
            account=bill.account,
            issued_on=bill.issued_on,
            total=Money.of(bill.nets if bill.due is None else bill.due, bill.currency),
            lines=tuple(bill.lines),
            currency_assumed=bill.assumed,
        )

    def _problem(
        self,
        code: str,
        detail: str,
        row: Row | None = None,
        position: int | None = None,
        *,
        column: str | None = None,
        invoice: str | None = None,
    ) -> None:
        if position is not None and 0 <= position < len(self.header):
            name = self.header[position]
            column = f"{name} (column {position + 1})" if self.header.count(name) > 1 else name
        number = row.number if row else None
        self.problems.append(InvoiceProblem(row=number, column=column, code=code, detail=detail, invoice=invoice))


def charge_type(text: str) -> ChargeType:
    """By the whole text, then by how it begins."""
    name = folded(text)
    family = next((kind for start, kind in codes.CHARGE_FAMILIES.items() if name.startswith(start)), ChargeType.UNKNOWN)
    return codes.CHARGES.get(name, family)


def _line(shared: dict[str, object], kind: ChargeType, amount: Decimal, currency: str, text: str) -> InvoiceLine:
    return InvoiceLine.model_validate(
        {
            **shared,
            "type": kind,
            "money": Money.of(amount, currency),
            "wire_code": text or None,
            "description": text,
            "informational": not amount,
        }
    )


def _weight(row: Row, decimal: str) -> Weight | None:
    """The rated weight. One that cannot be read is left out: it moves no money."""
    value = parsed_amount(row.text("rated weight amount"), decimal)
    factor = codes.GRAMS_PER_UNIT.get(row.text("rated weight units").casefold())
    if value is None or factor is None:
        return None
    grams = int((value * Decimal(factor)).quantize(Decimal(1), ROUND_HALF_UP))
    return Weight(grams=grams) if 0 < grams <= 10_000_000 else None
