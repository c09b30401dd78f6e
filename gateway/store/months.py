"""What a month's invoices moved in the ledger, in one question."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from gateway.store import tables
from gateway.store.billing import sides
from gateway.store.transaction import Record, Tx


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
