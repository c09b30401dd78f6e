"""Queries about who bears charges: versions of the rules, and what they turn on, of many returns at once."""

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Text, select, type_coerce

from gateway.store import tables
from gateway.store.billing import among, parts
from gateway.store.transaction import Record, Shelf
from schemas.returns import ReturnReason
from schemas.terms import CostClause


class Bearers(Shelf):
    table, prefix, noun = tables.bearers, "brr", "version of the bearers' rules"

    async def last(self) -> Record | None:
        return await self.tx.first(self.mine().order_by(self.table.c.version.desc()).limit(1))

    async def in_force(self, on: date) -> Record | None:
        """The last version that counts on a day."""
        columns = self.table.c
        wanted = self.mine().where(columns.valid_from <= on).order_by(columns.version.desc()).limit(1)
        return await self.tx.first(wanted)

    async def channels(self, return_ids: Sequence[str]) -> dict[str, set[str]]:
        """The channels that returns were sent to."""
        columns = tables.shipments.c
        found: dict[str, set[str]] = {}
        async for some in parts(return_ids):
            mine = among(columns.exporter_id, self.tx.exporter_id), columns.return_id.in_(some)
            for row in await self.tx.all(select(columns.return_id, columns.channel_id).where(*mine)):
                found.setdefault(row.return_id, set()).add(row.channel_id)
        return found

    async def reasons(self, return_ids: Sequence[str]) -> dict[str, list[ReturnReason]]:
        """Why each line of them comes back."""
        columns = tables.returns.c
        found: dict[str, list[ReturnReason]] = {}
        async for some in parts(return_ids):
            mine = among(columns.exporter_id, self.tx.exporter_id), columns.id.in_(some)
            said = type_coerce(columns.authorization, Text).label("said")
            for row in await self.tx.all(select(columns.id, said).where(*mine)):
                found[row.id] = [ReturnReason(item["reason"]) for item in json.loads(row.said)["items"]]
        return found

    async def costs(self, return_ids: Sequence[str]) -> dict[str, Sequence[CostClause]]:
        """What the terms that they keep say of costs."""
        kept, agreed = tables.returns.c, tables.terms
        found: dict[str, Sequence[CostClause]] = {}
        async for some in parts(return_ids):
            statement = (
                select(kept.id, agreed.c.terms)
                .join(agreed, agreed.c.id == kept.terms_id)
                .where(among(kept.exporter_id, self.tx.exporter_id), kept.id.in_(some))
            )
            found |= {row.id: row.terms.costs for row in await self.tx.all(statement)}
        return found
