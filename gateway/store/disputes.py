"""Queries about disputes, and the lines they are about."""

from collections.abc import Sequence

from sqlalchemy import select

from gateway.store import tables
from gateway.store.billing import among, parts
from gateway.store.transaction import Record, Shelf, changing
from schemas.values import Json


class Disputes(Shelf):
    table, prefix, noun = tables.disputes, "dsp", "dispute"

    async def lines(self, dispute_id: str) -> Sequence[Record]:
        """The lines it is about, in the order of their bill."""
        lines = tables.invoice_lines
        mine = select(lines).where(
            lines.c.exporter_id == self.tx.exporter_id,
            lines.c.dispute_id == dispute_id,
        )
        return await self.tx.all(mine.order_by(lines.c.position))

    async def accounts(self, dispute_id: str) -> list[str]:
        """The accounts by which the shipments were booked that its lines are of."""
        lines, shipments = tables.invoice_lines.c, tables.shipments.c
        booked = select(shipments.account_id).join(tables.invoice_lines, lines.shipment_id == shipments.id)
        mine = booked.where(lines.exporter_id == self.tx.exporter_id, lines.dispute_id == dispute_id)
        return list((await self.tx.run(mine.distinct())).scalars())

    async def open_lines(self, shipment_ids: Sequence[str], *, but: str) -> list[Record]:
        """Lines of other invoices for these shipments whose credit may still come, the oldest first."""
        lines = tables.invoice_lines
        found: list[Record] = []
        async for some in parts(shipment_ids):
            statement = select(lines).where(
                among(lines.c.exporter_id, self.tx.exporter_id),
                lines.c.shipment_id.in_(some),
                lines.c.invoice_id != but,
                lines.c.state.in_(("disputed", "held")),
            )
            found += await self.tx.all(statement.order_by(lines.c.id))
        return found

    async def write_lines(self, changed: Sequence[Json]) -> None:
        """Write columns of lines; each brings `id` and the same columns."""
        async for some in parts(changed):
            said = [{**row, "this_id": row["id"], "mine": self.tx.exporter_id} for row in some]
            for row in said:
                del row["id"]
            await self.tx.say(changing(tables.invoice_lines), said)

    async def documents(self, return_ids: Sequence[str]) -> list[tuple[str, str]]:
        """(id, kind) of everything that is kept of these returns, in order of time."""
        columns = tables.documents.c
        found: list[tuple[str, str]] = []
        async for some in parts(return_ids):
            statement = select(columns.id, columns.kind).where(
                columns.exporter_id == self.tx.exporter_id, columns.return_id.in_(some)
            )
            rows = await self.tx.all(statement.order_by(columns.created_at, columns.id))
            found += [(row.id, row.kind) for row in rows]
        return found
