"""Queries about money: what was agreed, what was billed, what was posted. Whole invoices at a time, never line by line."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Subquery, bindparam, func, literal, select, union_all, update

from gateway.store import tables
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf, adding
from schemas.charges import Transfer
from schemas.values import Json

MANY = 1_000
"""Values in one question, rows in one statement: as much as the loop can wait for on SQLite, which answers on its thread."""
_LINES = tables.invoice_lines.c
JUDGED = Prepared(
    update(tables.invoice_lines).where(_LINES.id == bindparam("this_id"), _LINES.exporter_id == bindparam("mine"))
)
OPEN = ("matched", "disputed", "held", "credited")


async def parts(values: Sequence[Any], size: int = MANY) -> AsyncIterator[Sequence[Any]]:
    """A part at a time; between them the loop may do something else."""
    for start in range(0, len(values), size):
        if start:
            await asyncio.sleep(0)
        yield values[start : start + size]


def among(rows: Any, exporter_id: str) -> Any:
    """Which of the rows that another index finds are the exporter's. SQLite keeps no statistics here: asked for his rows
    and these keys, it would take the index that begins with him and go through everything that is his, part by part."""
    return func.coalesce(rows, "") == exporter_id


class Accruals(Shelf):
    table, prefix, noun = tables.accruals, "acr", "accrual"

    async def of_shipments(self, shipment_ids: Sequence[str]) -> Sequence[Record]:
        found: list[Record] = []
        async for some in parts(shipment_ids):
            found += await self.tx.all(self.mine().where(self.table.c.shipment_id.in_(some)))
        return found

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("created_at", return_id=return_id)


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

    async def of_shipments(self, shipment_ids: Sequence[str], *, but: str) -> Sequence[Record]:
        """Lines of other invoices that were judged for these shipments, with their invoice's `number`, in order of time."""
        return await self._judged(self.table.c.shipment_id, shipment_ids, but)

    async def of_waybills(self, waybills: Sequence[str], *, but: str) -> Sequence[Record]:
        """The same for numbers that are no shipment's of ours."""
        mine = self.table.c.exporter_id == self.tx.exporter_id
        return await self._judged(self.table.c.waybill, waybills, but, mine, self.table.c.shipment_id.is_(None))

    async def _judged(self, column: Any, values: Sequence[str], but: str, *also: Any) -> Sequence[Record]:
        columns, invoices = self.table.c, tables.invoices.c
        found: list[Record] = []
        async for some in parts(values):
            statement = (
                select(self.table, invoices.number)
                .join(tables.invoices, invoices.id == columns.invoice_id)
                .where(
                    among(columns.exporter_id, self.tx.exporter_id),
                    column.in_(some),
                    columns.invoice_id != but,
                    columns.state.in_(OPEN),
                    columns.informational.is_(False),
                    *also,
                )
            )
            found += await self.tx.all(statement.order_by(invoices.created_at, columns.id))
        return found

    async def judged(self, verdicts: Sequence[Json]) -> None:
        """Write every verdict; each brings `id` and the same columns."""
        async for some in parts(verdicts):
            said = [{**row, "this_id": row["id"], "mine": self.tx.exporter_id} for row in some]
            for row in said:
                del row["id"]
            await self.tx.say(JUDGED, said)

    async def small_overs(self, carrier: str, since: Any, until: Any, but: str) -> dict[str, int]:
        """What matched lines of a carrier's invoices of these days were above what was expected, by currency."""
        columns, invoices = self.table.c, tables.invoices.c
        statement = (
            select(columns.currency, func.sum(columns.minor - columns.expected_minor).label("minor"))
            .join(tables.invoices, invoices.id == columns.invoice_id)
            .where(
                columns.exporter_id == self.tx.exporter_id,
                invoices.carrier == carrier,
                invoices.issued_on >= since,
                invoices.issued_on < until,
                invoices.id != but,
                columns.state == "matched",
                columns.expected_minor > 0,
                columns.minor > columns.expected_minor,
            )
            .group_by(columns.currency)
        )
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
        async for some in parts(causes):
            rows = []
            for posting_key, transfers in some:
                transaction_id = self.tx.new_id("txn")
                for place, transfer in enumerate(transfers):
                    rows.append(self._row(posting_key, transaction_id, place, transfer, invoice_id))
            if rows:
                await self.tx.say(adding(self.table), rows)

    def _row(self, cause: str, transaction_id: str, place: int, transfer: Transfer, invoice_id: str | None) -> Json:
        return {
            "id": self.tx.new_id(self.prefix),
            "exporter_id": self.tx.exporter_id,
            "transaction_id": transaction_id,
            "posting_key": cause,
            "place": place,
            "return_id": transfer.return_id,
            "invoice_id": invoice_id,
            "debit": transfer.debit,
            "credit": transfer.credit,
            "minor": transfer.minor,
            "currency": transfer.currency,
            "posted_at": self.tx.now,
        }

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("id", return_id=return_id)

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
