"""Queries about policies."""

from collections.abc import Sequence

from gateway.store import tables
from gateway.store.transaction import Record, Shelf


class Covers(Shelf):
    table, prefix, noun = tables.covers, "cov", "cover"

    async def of_shipment(self, shipment_id: str) -> Sequence[Record]:
        return await self.those("created_at", "id", shipment_id=shipment_id)
