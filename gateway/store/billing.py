"""Queries about money: what was agreed, what was billed, what was posted."""

from collections.abc import Sequence

from sqlalchemy import func, insert, select

from gateway.store import tables
from gateway.store.transaction import Record, Shelf
from schemas.charges import LedgerEntry


class Accruals(Shelf):
    table, prefix, noun = tables.accruals, "acr", "accrual"

    async def of_shipments(self, shipment_ids: Sequence[str]) -> Sequence[Record]:
        return await self.tx.all(self.mine().where(self.table.c.shipment_id.in_(shipment_ids)))

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("created_at", return_id=return_id)


class Invoices(Shelf):
    table, prefix, noun = tables.invoices, "inv", "carrier invoice"

    async def by_key(self, carrier: str, number: str) -> Sequence[Record]:
        return await self.those(carrier=carrier, number=number)

    async def by_sha256(self, sha256: str) -> Sequence[Record]:
        return await self.those(sha256=sha256)


class InvoiceLines(Shelf):
    table, prefix, noun = tables.invoice_lines, "lin", "invoice line"

    async def of_invoice(self, invoice_id: str) -> Sequence[Record]:
        return await self.those("position", invoice_id=invoice_id)

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("id", return_id=return_id)

    async def of_shipments(self, shipment_ids: Sequence[str], *, but: str) -> Sequence[Record]:
        """Lines of other invoices that were matched or disputed for these shipments."""
        columns = self.table.c
        return await self.tx.all(
            self.mine().where(
                columns.shipment_id.in_(shipment_ids),
                columns.invoice_id != but,
                columns.state.in_(("matched", "disputed")),
            )
        )


class Ledger(Shelf):
    table, prefix, noun = tables.ledger, "led", "ledger entry"

    async def post(self, posting_key: str, entries: Sequence[LedgerEntry], *, return_id: str | None) -> bool:
        """Post one balanced transaction, once per cause; whether it was new. Raises ValueError unless it sums to zero."""
        sums: dict[str, int] = {}
        for entry in entries:
            sums[entry.currency] = sums.get(entry.currency, 0) + entry.minor
        if any(sums.values()):
            raise ValueError("a transaction must sum to zero in every currency")
        columns = self.table.c
        taken = select(columns.id).where(columns.exporter_id == self.tx.exporter_id, columns.posting_key == posting_key)
        if await self.tx.first(taken.limit(1)):
            return False
        transaction_id = self.tx.new_id("txn")
        rows = [
            {
                "id": self.tx.new_id(self.prefix),
                "exporter_id": self.tx.exporter_id,
                "transaction_id": transaction_id,
                "posting_key": posting_key,
                "side": side,
                "return_id": return_id,
                "account": entry.account,
                "minor": entry.minor,
                "currency": entry.currency,
                "posted_at": self.tx.now,
            }
            for side, entry in enumerate(entries)
        ]
        await self.tx.run(insert(self.table), rows)
        return True

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("id", return_id=return_id)

    async def sums(self, return_id: str | None = None) -> dict[str, int]:
        """Minor units by currency, over everything or one return; every one of them should be zero."""
        columns = self.table.c
        statement = (
            select(columns.currency, func.sum(columns.minor).label("minor"))
            .where(columns.exporter_id == self.tx.exporter_id)
            .group_by(columns.currency)
        )
        if return_id:
            statement = statement.where(columns.return_id == return_id)
        return {row.currency: int(row.minor) for row in await self.tx.all(statement)}
