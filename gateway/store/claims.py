"""Queries about claims."""

from collections.abc import Sequence

from gateway.store import tables
from gateway.store.transaction import Record, Shelf


class Claims(Shelf):
    table, prefix, noun = tables.claims, "clm", "claim"

    async def of_shipment(self, shipment_id: str) -> Sequence[Record]:
        return await self.those("created_at", "id", shipment_id=shipment_id)

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("created_at", "id", return_id=return_id)

    async def of_shipments(self, shipment_ids: Sequence[str]) -> Sequence[Record]:
        """Few of them: the shipments that a bill gives money for."""
        columns = self.table.c
        mine = self.mine().where(columns.shipment_id.in_(shipment_ids))
        return await self.tx.all(mine.order_by(columns.created_at, columns.id))
