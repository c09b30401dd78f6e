"""The outbox: what a transaction has to tell is written with its last words, all of it at once.

A booking tells three things, and each asks who listens: asked and written together, that is two statements, not nine.
"""

from typing import Any

from sqlalchemy import select

from gateway.store import tables
from gateway.store.parties import Endpoints
from gateway.store.prepared import Columns
from gateway.store.transaction import Tx, adding_new
from schemas.values import Json

MANY = 250
"""Notices that nobody listens to, and that are written by columns: a bill has one for each return that it names."""


class Outbox:
    """Notices of one transaction that are not written yet, by cause: each is told once."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self._untold: dict[str, tuple[Json, str | None]] = {}

    def tell(self, notice: Json, source_id: str | None) -> None:
        """Tell every endpoint that takes its kind, and this platform where there is one."""
        row = {"id": self.tx.new_id("ntc"), "exporter_id": self.tx.exporter_id, **notice}
        self._untold.setdefault(row["cause"], (row, source_id))

    async def write(self) -> None:
        """Write down what was told, but for causes told before, and its deliveries. Anybody may ask for it sooner."""
        told, self._untold = list(self._untold.values()), {}
        if not told:
            return
        rows = [row for row, _ in told]
        listening = await Endpoints(self.tx).those(enabled=True)
        deliveries = []
        for row, source_id in told:
            targets = [("endpoint", one.id) for one in listening if not one.kinds or row["kind"] in one.kinds]
            if source_id is not None:
                targets.append(("platform", source_id))
            deliveries += [self._delivery(row["id"], target, target_id) for target, target_id in targets]
        unique = ("exporter_id", "cause")
        if len(rows) > MANY and not deliveries:
            columns = Columns(**{name: [row[name] for row in rows] for name in rows[0]})
            await self.tx.say(adding_new(tables.notices, unique, sqlite=self.tx.is_sqlite), columns)
            return
        everything = await self.tx.add_new(tables.notices, *rows, unique=unique) == len(rows)
        if deliveries and not everything:
            new = await self._written([row["id"] for row in rows])
            deliveries = [one for one in deliveries if one["notice_id"] in new]
        if deliveries:
            await self.tx.add_new(tables.deliveries, *deliveries, unique=("notice_id", "target_id"))
        for delivery in deliveries:
            self.tx.go("deliver", delivery["id"])

    async def _written(self, ids: list[str]) -> set[str]:
        columns = tables.notices.c
        mine = select(columns.id).where(columns.exporter_id == self.tx.exporter_id, columns.id.in_(ids))
        return set((await self.tx.run(mine)).scalars())

    def _delivery(self, notice_id: str, target: str, target_id: Any) -> Json:
        return {
            "id": self.tx.new_id("dlv"),
            "exporter_id": self.tx.exporter_id,
            "notice_id": notice_id,
            "target": target,
            "target_id": target_id,
            "state": "waiting",
            "due_at": self.tx.now,
        }
