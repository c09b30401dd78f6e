"""Queries about sales terms and applications."""

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_

from gateway.store import tables
from gateway.store.transaction import Record, Shelf


class Terms(Shelf):
    table, prefix, noun = tables.terms, "trm", "version of sales terms"

    async def of_name(self, name: str) -> Sequence[Record]:
        """Every version, the first first."""
        return await self.those("version", name=name)

    async def next_version(self, name: str) -> int:
        columns = self.table.c
        last = select(func.max(columns.version)).where(columns.exporter_id == self.tx.exporter_id, columns.name == name)
        return int((await self.tx.run(last)).scalar() or 0) + 1

    async def published(self) -> Sequence[Record]:
        """The last version of each name, where that one is public."""
        columns = self.table.c
        mine = columns.exporter_id == self.tx.exporter_id
        last = select(columns.name, func.max(columns.version)).where(mine).group_by(columns.name)
        wanted = tuple_(columns.name, columns.version).in_(last)
        return await self.tx.all(select(self.table).where(mine, columns.public, wanted).order_by(columns.name))


class Applications(Shelf):
    table, prefix, noun = tables.applications, "app", "application"

    async def of_return(self, return_id: str) -> Record | None:
        return await self.that(return_id=return_id)
