"""What a month's invoices moved in the ledger, in one question."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from gateway.store import tables
from gateway.store.billing import among, sides
from gateway.store.ids import new_id
from gateway.store.transaction import Record, Tx
from schemas.shipments import ShipmentState

HALF_A_YEAR = timedelta(days=180)
"""What nobody has billed for longer is not expected any more: it would be stale."""
OVER = (ShipmentState.CANCELLED, ShipmentState.EXPIRED)


class Months:
    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def sums(self, first: date, after: date) -> Sequence[Record]:
        """By invoice, return and account, of reconciled invoices that were issued from `first` up to, not with, `after`."""
        books, invoices = sides(), tables.invoices.c
        head: list[Any] = [invoices.id, invoices.carrier, invoices.number, invoices.issued_on, invoices.total_minor]
        what = [*head, books.c.currency, books.c.return_id, books.c.account]
        statement = (
            select(*what, func.sum(books.c.minor).label("minor"))
            .join(books, books.c.invoice_id == invoices.id)
            .where(
                invoices.exporter_id == self.tx.exporter_id,
                books.c.exporter_id == self.tx.exporter_id,
                invoices.issued_on >= first,
                invoices.issued_on < after,
            )
            .group_by(*what)
            .order_by(invoices.id, books.c.account, books.c.return_id)
        )
        return await self.tx.all(statement)

    async def beside(self, first: date, after: date) -> Sequence[Record]:
        """What was posted on these days (UTC) for no invoice: payments of claims, by transaction, return and account."""
        books = sides()
        what = [books.c[name] for name in ("transaction_id", "posted_at", "currency", "return_id", "account")]
        begin, end = (datetime.combine(day, time(), UTC) for day in (first, after))
        statement = (
            select(*what, func.sum(books.c.minor).label("minor"))
            .where(
                among(books.c.exporter_id, self.tx.exporter_id),
                books.c.invoice_id.is_(None),
                books.c.posted_at >= begin,
                books.c.posted_at < end,
            )
            .group_by(*what)
            .order_by(books.c.transaction_id, books.c.account)
        )
        return await self.tx.all(statement)

    async def accrued(self, after: date) -> Mapping[str, int]:
        """What was agreed for bookings of the half year before a day and is not billed by then, by currency. A shipment's
        first bill takes the place of all that was agreed for it."""
        agreed, shipments = tables.accruals.c, tables.shipments
        lines, invoices = tables.invoice_lines.c, tables.invoices.c
        end = datetime.combine(after, time(), UTC)
        billed = exists().where(
            lines.shipment_id == agreed.shipment_id,
            invoices.id == lines.invoice_id,
            invoices.state == "reconciled",
            invoices.issued_on < after,
        )
        statement = (
            select(agreed.currency, func.sum(agreed.minor).label("minor"))
            .join(shipments, shipments.c.id == agreed.shipment_id)
            .where(
                agreed.id
                >= new_id("acr", end - HALF_A_YEAR),  # ids begin with their instant: the newest are at the key's end
                agreed.id < new_id("acr", end),
                among(agreed.exporter_id, self.tx.exporter_id),
                shipments.c.state.not_in(OVER),
                ~billed,
            )
            .group_by(agreed.currency)
        )
        return {row.currency: int(row.minor) for row in await self.tx.all(statement) if row.minor}

    async def waiting(self, first: date, after: date) -> Sequence[Record]:
        """Invoices of these days that are not in the ledger: held, or not judged yet."""
        columns = tables.invoices.c
        statement = select(tables.invoices).where(
            columns.exporter_id == self.tx.exporter_id,
            columns.issued_on >= first,
            columns.issued_on < after,
            columns.state != "reconciled",
        )
        return await self.tx.all(statement.order_by(columns.created_at))
