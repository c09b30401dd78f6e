"""Queries about the threads of returns."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update

from gateway.store import tables
from gateway.store.transaction import Shelf


class Posts(Shelf):
    table, prefix, noun = tables.posts, "pst", "message of a thread"

    async def answer(self, return_id: str, side: str, at: datetime) -> Sequence[str]:
        """This side wrote at this instant: what others asked before is answered, and due no more; the ids."""
        columns = self.table.c
        asked = update(self.table).where(
            columns.exporter_id == self.tx.exporter_id,
            columns.return_id == return_id,
            columns.side != side,
            columns.answer_by.is_not(None),
            columns.answered_at.is_(None),
            columns.posted_at <= at,
        )
        rows = await self.tx.run(asked.values(answered_at=at, due_at=None).returning(columns.id))
        return sorted(rows.scalars())
