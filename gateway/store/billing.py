"""Queries about money: what was agreed, what was billed, what was posted. Whole invoices at a time, never line by line."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    Select,
    Subquery,
    Text,
    bindparam,
    func,
    literal,
    select,
    text,
    type_coerce,
    union_all,
    update,
)

from gateway.store import tables
from gateway.store.ids import CHANCE, new_id, new_ids
from gateway.store.many import ByKeys, words, write
from gateway.store.prepared import Columns, Prepared
from gateway.store.transaction import Record, Shelf, adding
from schemas.charges import Transfer

MANY = 1_000
"""Values in one question, rows in one statement: as much as the loop can wait for on SQLite, which answers on its thread."""
_LINES = tables.invoice_lines.c
JUDGED = Prepared(
    update(tables.invoice_lines).where(_LINES.id == bindparam("this_id"), _LINES.exporter_id == bindparam("mine"))
)
OPEN = words("matched", "disputed", "held", "credited")
BILLED = Prepared(
    select(
        _LINES.id,
        _LINES.waybill,
        _LINES.type,
        _LINES.minor,
        _LINES.currency,
        _LINES.original_waybill,
        type_coerce(_LINES.references, Text),
        _LINES.shipped_on,
        _LINES.service,
        _LINES.grams,
        _LINES.informational,
    )
    .where(_LINES.invoice_id == bindparam("this_invoice_id"), _LINES.exporter_id == bindparam("mine"))
    .order_by(_LINES.position)
)


async def parts(values: Sequence[Any], size: int = MANY) -> AsyncIterator[Sequence[Any]]:
    """A part at a time; between them the loop may do something else."""
    for start in range(0, len(values), size):
        if start:
            await asyncio.sleep(0)
        yield values[start : start + size]


def among(rows: Any, exporter_id: Any) -> Any:
    """Which of the rows that another index finds are the exporter's. SQLite keeps no statistics here: asked for his rows
    and these keys, it would take the index that begins with him and go through everything that is his, part by part."""
    return func.coalesce(rows, "") == exporter_id


UNKNOWN = Prepared(
    select(tables.invoice_lines).where(
        _LINES.exporter_id == bindparam("mine"),
        _LINES.invoice_id == bindparam("this_invoice_id"),
        text("type = 'UNKNOWN'"),
    )
)
_ITS = select(tables.shipments.c.id).where(tables.shipments.c.return_id == bindparam("this_return_id"))
AGREED_FOR = Prepared(
    select(tables.accruals)
    .where(tables.accruals.c.shipment_id.in_(_ITS), tables.accruals.c.exporter_id == bindparam("mine"))
    .order_by(tables.accruals.c.created_at)
)


class Agreed(NamedTuple):
    """One price of a booking."""

    shipment_id: str
    type: str
    minor: int
    currency: str
    basis: str


class Judged(NamedTuple):
    """A line of another invoice that was judged, with its invoice's `number`."""

    id: str
    shipment_id: str | None
    waybill: str | None
    type: str
    minor: int
    agreed_minor: int | None
    currency: str
    finding: str
    notes: Sequence[str] | None
    shipped_on: date | None
    number: str


def _accruals(keys: Sequence[Any]) -> Select[Any]:
    columns = tables.accruals.c
    mine = select(*(columns[name] for name in Agreed._fields)).where(among(columns.exporter_id, bindparam("mine")))
    return mine.where(columns.shipment_id.in_(keys))


def _judged(column: Any, keys: Sequence[Any], *also: Any) -> Select[Any]:
    invoices = tables.invoices.c
    return (
        select(*(_LINES[name] for name in Judged._fields[:-1]), invoices.number)
        .join(tables.invoices, invoices.id == _LINES.invoice_id)
        .where(
            among(_LINES.exporter_id, bindparam("mine")),
            column.in_(keys),
            _LINES.invoice_id != bindparam("but"),
            _LINES.state.in_(OPEN),
            _LINES.informational.is_(False),
            *also,
        )
        .order_by(invoices.created_at, _LINES.id)
    )


AGREED_OF = ByKeys(_accruals)
JUDGED_OF = ByKeys(lambda keys: _judged(_LINES.shipment_id, keys))
JUDGED_UNDER = ByKeys(
    lambda keys: _judged(_LINES.waybill, keys, _LINES.exporter_id == bindparam("mine"), _LINES.shipment_id.is_(None))
)


class Accruals(Shelf):
    table, prefix, noun = tables.accruals, "acr", "accrual"

    async def of_shipments(self, shipment_ids: Sequence[str]) -> list[Agreed]:
        return list(map(Agreed._make, await AGREED_OF.tuples(self.tx, shipment_ids, mine=self.tx.exporter_id)))

    async def of_shipment(self, shipment_id: str) -> Sequence[Record]:
        return await self.those(shipment_id=shipment_id)

    async def of_return(self, return_id: str) -> Sequence[Record]:
        """By its shipments, which have an index."""
        return (await self.tx.say(AGREED_FOR, {"this_return_id": return_id, "mine": self.tx.exporter_id})).all()


class Invoices(Shelf):
    table, prefix, noun = tables.invoices, "inv", "carrier invoice"

    async def by_key(self, carrier: str, number: str) -> Sequence[Record]:
        return await self.those("created_at", "id", carrier=carrier, number=number)

    async def by_sha256(self, sha256: str) -> Sequence[Record]:
        return await self.those(sha256=sha256)


class InvoiceLines(Shelf):
    table, prefix, noun = tables.invoice_lines, "lin", "invoice line"

    async def of_invoice(self, invoice_id: str) -> Sequence[Record]:
        return await self.those("position", invoice_id=invoice_id)

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("id", return_id=return_id)

    async def billed(self, invoice_id: str) -> list[tuple[Any, ...]]:
        """What matching and judging need of a bill's lines, as plain tuples in the order of `BILLED`; references are JSON."""
        return (await self.tx.say(BILLED, {"this_invoice_id": invoice_id, "mine": self.tx.exporter_id})).tuples()

    async def unknown(self, invoice_id: str) -> Sequence[Record]:
        """Lines whose charge is in no table."""
        return (await self.tx.say(UNKNOWN, {"this_invoice_id": invoice_id, "mine": self.tx.exporter_id})).all()

    async def of_shipments(self, shipment_ids: Sequence[str], *, but: str) -> list[Judged]:
        """Lines of other invoices that were judged for these shipments, in order of time."""
        return list(map(Judged._make, await JUDGED_OF.tuples(self.tx, shipment_ids, mine=self.tx.exporter_id, but=but)))

    async def of_waybills(self, waybills: Sequence[str], *, but: str) -> list[Judged]:
        """The same for numbers that are no shipment's of ours."""
        return list(map(Judged._make, await JUDGED_UNDER.tuples(self.tx, waybills, mine=self.tx.exporter_id, but=but)))

    async def keep(self, **columns: "Sequence[Any] | repeat[Any]") -> None:
        """Lines by their columns."""
        await write(self.tx, adding(self.table), Columns(exporter_id=repeat(self.tx.exporter_id), **columns))

    async def judged(self, **columns: Sequence[Any]) -> None:
        """Write every verdict, by columns; `this_id` says of which lines."""
        await write(self.tx, JUDGED, Columns(mine=repeat(self.tx.exporter_id), **columns))

    async def small_overs(self, carrier: str, since: Any, until: Any, but: str) -> dict[str, int]:
        """What matched lines of a carrier's invoices of these days were above what was expected, by currency."""
        columns, invoices = self.table.c, tables.invoices.c
        theirs = select(invoices.id).where(
            invoices.exporter_id == self.tx.exporter_id,
            invoices.carrier == carrier,
            invoices.issued_on >= since,
            invoices.issued_on < until,
            invoices.id != but,
        )
        over = func.sum(columns.minor - columns.expected_minor).label("minor")
        mine = among(columns.exporter_id, self.tx.exporter_id)
        statement = select(columns.currency, over).where(columns.invoice_id.in_(theirs), mine, text(tables.SMALL_OVER))
        statement = statement.group_by(columns.currency)
        return {row.currency: int(row.minor) for row in await self.tx.all(statement)}


def sides() -> Subquery:
    """The ledger as books show it: two rows a transfer, debit above zero and credit below."""
    columns = tables.ledger.c
    kept = [
        columns[name] for name in ("exporter_id", "transaction_id", "return_id", "invoice_id", "currency", "posted_at")
    ]
    debit = select(*kept, columns.debit.label("account"), columns.minor.label("minor"), literal(0).label("side"))
    credit = select(*kept, columns.credit.label("account"), (-columns.minor).label("minor"), literal(1).label("side"))
    return union_all(debit, credit).subquery()


TRANSFERRED = (
    *("id", "transaction_id", "posting_key", "place", "posted_at", "invoice_id", "return_id"),
    *("debit", "credit", "minor", "currency"),
)
_POSTED = tables.ledger.c
TRANSFERS = Prepared(
    select(*(_POSTED[name] for name in TRANSFERRED))
    .where(
        _POSTED.id > bindparam("last"),
        among(_POSTED.exporter_id, bindparam("mine")),
        _POSTED.posted_at >= bindparam("since"),
        _POSTED.posted_at < bindparam("before"),
    )
    .order_by(_POSTED.id)
    .limit(bindparam("many", type_=Integer))
)


class Ledger(Shelf):
    table, prefix, noun = tables.ledger, "led", "ledger entry"

    async def post(self, posting_key: str, transfers: Sequence[Transfer], *, invoice_id: str | None = None) -> bool:
        """Post one transaction, once per cause; whether it was new."""
        if await self.those(posting_key=posting_key):
            return False
        await self.post_all([(posting_key, transfers)], invoice_id=invoice_id)
        return True

    async def post_all(self, causes: Sequence[tuple[str, Sequence[Transfer]]], *, invoice_id: str | None) -> None:
        """Post a transaction for each cause. Raises IntegrityError where one was posted before, and then posts nothing."""
        transactions = new_ids("txn", self.tx.now, len(causes))
        rows = [
            (cause, transaction_id, place, *transfer)
            for (cause, transfers), transaction_id in zip(causes, transactions, strict=True)
            for place, transfer in enumerate(transfers)
        ]
        if not rows:
            return
        named = ("posting_key", "transaction_id", "place", *Transfer._fields)
        columns: dict[str, Any] = dict(zip(named, zip(*rows, strict=True), strict=True))
        columns |= {"id": new_ids(self.prefix, self.tx.now, len(rows)), "exporter_id": repeat(self.tx.exporter_id)}
        columns |= {"invoice_id": repeat(invoice_id), "posted_at": repeat(self.tx.now)}
        await write(self.tx, adding(self.table), Columns(**columns))

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("id", return_id=return_id)

    async def after(self, last: str, since: datetime, before: datetime, many: int) -> Sequence[tuple[Any, ...]]:
        """The next transfers by id, posted from `since` on and before `before`, as plain tuples of `TRANSFERRED`."""
        first = new_id(self.prefix, since)[:-CHANCE]  # an id begins with the instant that it was posted at
        asked = {"mine": self.tx.exporter_id, "last": max(last, first), "since": since, "before": before, "many": many}
        return (await self.tx.say(TRANSFERS, asked)).tuples()

    async def sums(self, return_id: str | None = None) -> dict[str, int]:
        """Minor units by currency, over everything or one return; every one of them is zero."""
        books = sides()
        statement = (
            select(books.c.currency, func.sum(books.c.minor).label("minor"))
            .where(books.c.exporter_id == self.tx.exporter_id)
            .group_by(books.c.currency)
        )
        if return_id:
            statement = statement.where(books.c.return_id == return_id)
        return {row.currency: int(row.minor) for row in await self.tx.all(statement)}
