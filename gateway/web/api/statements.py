"""The month's statement: what carriers billed, what is allocated, and what is disputed, as JSON, CSV, XLSX, Parquet or
beancount."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from adapters.toolkit.parquet import write_parquet
from adapters.toolkit.workbook import write_workbook
from gateway.rules import statements
from gateway.rules.fx import Rates, read_rates
from gateway.rules.ledger import RECEIVED
from gateway.rules.statements import Row, Share, Statement, Sum
from gateway.store.transaction import Record
from gateway.web.endpoint import Answer, Call
from gateway.web.problems import FieldError, Problem
from gateway.web.told_money import (
    BorneTold,
    ConvertedTold,
    ShareTold,
    StatementRow,
    StatementTold,
    StatementTotal,
    WaitingTold,
)
from schemas.values import Money, known_currency

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "beancount": "text/plain; charset=utf-8",
    "xlsx": XLSX,
    "parquet": "application/vnd.apache.parquet",
}


async def get_statement(call: Call) -> Answer:
    """By the day the invoices were issued. One without a day belongs to none, and is found in the list of invoices."""
    first = date.fromisoformat(f"{call.path['month']}-01") if _is_month(call.path["month"]) else None
    if first is None:
        raise Problem("not-found")
    after = (first + timedelta(days=32)).replace(day=1)
    into = call.query.get("currency")
    sums = [
        Sum(
            row.id,
            row.carrier,
            row.number,
            row.issued_on,
            row.total_minor,
            row.currency,
            row.return_id,
            row.account,
            int(row.minor),
        )
        for row in await call.tx.months.sums(first, after)
    ]
    rates = await _rates(call, into) if into else None
    statement = statements.build(sums, rates, into)
    form = call.query.get("as", "json")
    beside = [_beside(row) for row in await call.tx.months.beside(first, after)]
    if form != "json":
        content = await asyncio.to_thread(_file, form, statement, [*sums, *beside])
        name = f'attachment; filename="statement-{call.path["month"]}.{form}"'
        return Answer(file=content, headers={"Content-Type": TYPES[form], "Content-Disposition": name})
    waiting = await call.tx.months.waiting(first, after)
    held = [WaitingTold(id=row.id, number=row.number, carrier=row.carrier, state=row.state) for row in waiting]
    accrued = await call.tx.months.accrued(after)
    received = Counter[str]()
    for one in beside:
        received[one.currency] += one.minor if one.account == RECEIVED else 0
    return Answer(_told(call.path["month"], statement, held, accrued, received))


def _beside(row: Record) -> Sum:
    """A payment of a claim, as beancount shows it: by its transaction, which `GET /v1/ledger` names too."""
    name, day = row.transaction_id, row.posted_at.date()
    return Sum(name, "claim", name, day, 0, row.currency, row.return_id, row.account, int(row.minor))


def _file(form: str, statement: Statement, sums: list[Sum]) -> bytes:
    """Raises Unsupported where the form needs an extra that is not installed."""
    if form == "xlsx":
        return write_workbook(statements.as_rows(statement))
    if form == "parquet":
        return write_parquet(statements.as_rows(statement), statements.KINDS)
    text = statements.as_csv(statement) if form == "csv" else statements.as_beancount(sums)
    return text.encode()


def _is_month(text: str) -> bool:
    year, dash, month = text.partition("-")
    digits = text.isascii() and year.isdigit() and month.isdigit()
    return digits and bool(dash) and len(year) == 4 and year > "0000" and len(month) == 2 and "01" <= month <= "12"


async def _rates(call: Call, into: str) -> Rates:
    """The operator's table. Raises Problem where there is none, or the currency is none."""
    path = call.gw.settings.rates
    try:
        known_currency(into)
    except ValueError as error:
        raise Problem("validation", errors=[FieldError("currency", "currency")]) from error
    if path is None:
        raise Problem("validation", errors=[FieldError("currency", "choice", "HOMEWARD_RATES names no table of rates")])
    try:
        return read_rates(await asyncio.to_thread(path.read_text, "utf-8"), path.name)
    except (OSError, ValueError) as error:
        raise Problem("validation", errors=[FieldError("currency", "choice", f"HOMEWARD_RATES: {error}")]) from error


def _told(
    month: str, statement: Statement, held: list[WaitingTold], accrued: Mapping[str, int], received: Mapping[str, int]
) -> StatementTold:
    totals = {currency: _total(row) for currency, row in statement.totals().items()}
    shares = [
        ShareTold(
            return_id=one.return_id,
            allocated=Money.from_minor(one.allocated, one.currency),
            duty=Money.from_minor(one.duty, one.currency),
            others=_others(one),
        )
        for one in statement.shares
    ]
    rows = tuple(_row(row) for row in statement.rows)
    return StatementTold(
        month=month,
        holds=statement.holds,
        totals=tuple(totals.values()),
        invoices=rows,
        returns=tuple(shares),
        waiting=tuple(held),
        accrued=tuple(Money.from_minor(minor, currency) for currency, minor in sorted(accrued.items())),
        received=tuple(Money.from_minor(minor, currency) for currency, minor in sorted(received.items())),
    )


def _total(row: Row) -> StatementTotal:
    amounts = {name: Money.from_minor(getattr(row, name), row.currency) for name in NAMES}
    return StatementTotal(**amounts, others=_others(row))


def _others(one: Row | Share) -> tuple[BorneTold, ...]:
    return tuple(
        BorneTold(bearer=bearer.value, duty=duty, money=Money.from_minor(minor, one.currency))
        for (bearer, duty), minor in sorted(one.others.items())
        if minor
    )


NAMES = ("billed", "allocated", "duty", "disputed")


def _row(row: Row) -> StatementRow:
    told = row.converted
    return StatementRow(
        id=row.invoice_id,
        carrier=row.carrier,
        number=row.number,
        issued_on=row.issued_on,
        converted=told
        and ConvertedTold(
            money=Money.from_minor(told.minor, told.currency),
            rate=f"{told.rate:.8f}",
            rate_on=told.rate_on,
            source=told.source,
        ),
        **dict(_total(row)),
    )
