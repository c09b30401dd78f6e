"""What a month of carriers' bills came to for one exporter: billed = allocated + disputed, by invoice and by return. Pure.

Every amount stays in the currency of its bill. Duty, the importer's of record, stands apart from what else is allocated; what
somebody else bears by the rules stands apart from what the exporter does.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from gateway.rules.fx import Converted, Rates
from gateway.rules.ledger import DISPUTED, OWED, OWED_DUTY, PAYABLE, RECEIVABLES, RECEIVED
from schemas.bearers import ChargeBearer
from schemas.values import Money

ACCOUNTS = {
    PAYABLE: "Liabilities:Carriers:Payable",
    DISPUTED: "Assets:Carriers:Disputed",
    **{
        name: f"Assets:{bearer.value.title()}:Receivable{':Duty' if duty else ''}"
        for name, (bearer, duty) in RECEIVABLES.items()
    },
    RECEIVED: "Assets:Claims:Received",
    "costs_recharged": "Income:Recharged",
    "return_freight_expense": "Expenses:Freight",
    "insurance_expense": "Expenses:Insurance",
    "duty_recoverable": "Expenses:Duty",
    "vat_recoverable": "Expenses:Tax",
    "rounding": "Expenses:Rounding",
}

OTHERS = {name: found for name, found in RECEIVABLES.items() if found[0] is not ChargeBearer.EXPORTER}
"""Accounts of what others bear: who, and whether it is duty."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What one invoice moved on one account for one return: debit above zero. Or what one payment of a claim moved: it is
    told by `number`, and stands beside the bills."""

    invoice_id: str
    carrier: str
    number: str
    issued_on: date
    total: int
    currency: str
    return_id: str | None
    account: str
    minor: int


@dataclass(slots=True)
class Row:
    """One invoice. `billed` is what it asks for, by itself; the rest is what the ledger has of it."""

    invoice_id: str
    carrier: str
    number: str
    issued_on: date
    currency: str
    billed: int
    allocated: int = 0
    duty: int = 0
    disputed: int = 0
    others: Counter[tuple[ChargeBearer, bool]] = field(default_factory=Counter)
    """What others bear, and whether it is duty."""
    converted: Converted | None = None

    @property
    def holds(self) -> bool:
        return self.billed == self.borne + self.disputed

    @property
    def borne(self) -> int:
        return self.allocated + self.duty + self.others.total()

    def borne_by(self, bearer: ChargeBearer) -> int:
        return self.others[bearer, False] + self.others[bearer, True]


@dataclass(slots=True)
class Share:
    """What one return bears, in one currency; without a return, what no shipment could be found for."""

    return_id: str | None
    currency: str
    allocated: int = 0
    duty: int = 0
    others: Counter[tuple[ChargeBearer, bool]] = field(default_factory=Counter)

    @property
    def borne(self) -> int:
        return self.allocated + self.duty + self.others.total()


@dataclass(slots=True)
class Statement:
    rows: list[Row] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Carrier bills = allocated + disputed, invoice by invoice, and no return bears what is not allocated."""
        borne = sum(one.borne for one in self.shares)
        return all(row.holds for row in self.rows) and borne == sum(row.borne for row in self.rows)

    def totals(self) -> dict[str, Row]:
        """By currency."""
        sums: dict[str, Row] = {}
        for row in self.rows:
            total = sums.setdefault(row.currency, Row("", "", "", row.issued_on, row.currency, 0))
            total.billed += row.billed
            total.allocated += row.allocated
            total.duty += row.duty
            total.disputed += row.disputed
            total.others.update(row.others)
        return dict(sorted(sums.items()))


def build(sums: Iterable[Sum], rates: Rates | None = None, into: str | None = None) -> Statement:
    """The month from the ledger's sums. `into` adds what each bill comes to in one currency, by the rates of its day."""
    rows: dict[str, Row] = {}
    shares: dict[tuple[str, str], Share] = {}
    for one in sums:
        row = rows.get(one.invoice_id)
        if row is None:
            row = Row(one.invoice_id, one.carrier, one.number, one.issued_on, one.currency, one.total)
            rows[one.invoice_id] = row
        share = shares.setdefault((one.return_id or "", one.currency), Share(one.return_id, one.currency))
        if one.account == OWED:
            row.allocated += one.minor
            share.allocated += one.minor
        elif one.account == OWED_DUTY:
            row.duty += one.minor
            share.duty += one.minor
        elif one.account == DISPUTED:
            row.disputed += one.minor
        elif one.account in OTHERS:
            row.others[OTHERS[one.account]] += one.minor
            share.others[OTHERS[one.account]] += one.minor
    for row in rows.values():
        if rates is not None and into:
            row.converted = rates.convert(row.billed, row.currency, into, row.issued_on)
    listed = sorted(rows.values(), key=lambda row: (row.issued_on, row.carrier, row.number, row.invoice_id))
    borne = [
        share for _, share in sorted(shares.items()) if share.allocated or share.duty or any(share.others.values())
    ]
    return Statement(listed, borne)


HEADER = ("issued_on", "carrier", "invoice", "currency", "billed", "allocated", "duty", "disputed")
BEARERS = (ChargeBearer.RETURNER, ChargeBearer.PLATFORM, ChargeBearer.CARRIER)
"""A column each: what they bear, duty with it."""
CONVERTED = ("converted", "converted_currency", "rate", "rate_on", "rate_source")


KINDS = (date, str, str, str, *[Decimal] * (4 + len(BEARERS)), Decimal, str, Decimal, date, str)
"""What each column holds, where it holds anything."""


def as_csv(statement: Statement) -> str:
    """A row an invoice, amounts as decimals (RFC 4180). Text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in as_rows(statement):
        writer.writerow([_text(value) if isinstance(value, str) else value for value in row])
    return out.getvalue()


def as_rows(statement: Statement) -> Iterator[Sequence[str | date | Decimal]]:
    """A header, then a row an invoice: texts as they are, exact amounts."""
    yield [*HEADER, *(f"borne_by_{bearer.value}" for bearer in BEARERS), *CONVERTED]
    for row in statement.rows:
        minors = (row.billed, row.allocated, row.duty, row.disputed, *map(row.borne_by, BEARERS))
        amounts = [Money.from_minor(minor, row.currency).amount for minor in minors]
        told = row.converted
        other: Sequence[str | date | Decimal] = ["", "", "", "", ""]
        if told:
            amount = Money.from_minor(told.minor, told.currency).amount
            other = [amount, told.currency, Decimal(f"{told.rate:.8f}"), told.rate_on, told.source]
        yield [row.issued_on, row.carrier, row.number, row.currency, *amounts, *other]


def _amount(minor: int, currency: str) -> str:
    return str(Money.from_minor(minor, currency).amount)


def _text(value: str) -> str:
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def as_beancount(sums: Sequence[Sum]) -> str:
    """Plain-text accounting (beancount 3): a transaction an invoice, every account of it, in its own currency."""
    by_invoice: dict[str, list[Sum]] = {}
    for one in sums:
        by_invoice.setdefault(one.invoice_id, []).append(one)
    first = min((one.issued_on for one in sums), default=None)
    used = sorted({ACCOUNTS[one.account] for one in sums})
    lines = [f"{first} open {account}" for account in used]
    for its in sorted(by_invoice.values(), key=lambda some: (some[0].issued_on, some[0].number, some[0].invoice_id)):
        head = its[0]
        lines += ["", f'{head.issued_on} * "{_quoted(head.carrier)}" "{_quoted(head.number)}"']
        moved: dict[str, int] = {}
        for one in its:
            moved[ACCOUNTS[one.account]] = moved.get(ACCOUNTS[one.account], 0) + one.minor
        lines += [
            f"  {name}  {_amount(minor, head.currency)} {head.currency}"
            for name, minor in sorted(moved.items())
            if minor
        ]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
