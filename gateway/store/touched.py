"""Everything that the lines of one invoice touch, read in a handful of questions however many lines there are.

What is stored as a model is read as the JSON it is: of a booking request four values matter here, and building twenty
thousand of them would take longer than all the rest.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, select, text, type_coerce

from gateway.store import tables
from gateway.store.billing import among, parts
from gateway.store.transaction import Record, Tx
from schemas.values import Json

NUMBERS = ("waybill", "client_ref", "rma", "pickup")


@dataclass(frozen=True, slots=True)
class Named:
    """A shipment, and the number that it was asked for by."""

    canonical: str
    shipment: Record


class Touched:
    """Questions by many keys at once, for one exporter."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def alone(self) -> None:
        """One invoice at a time: two that bill the same shipment must not both find it unbilled. SQLite has one writer."""
        if not self.tx.is_sqlite:
            lock = text("SELECT pg_advisory_xact_lock(hashtext(:what))")
            await self.tx.run(lock, {"what": f"reconcile {self.tx.exporter_id}"})

    async def shipments(self, carriers: Sequence[str], keys: Sequence[str]) -> list[Named]:
        """These carriers' shipments that the numbers name, one row for each `canonical` number; `asked` is JSON."""
        named = await self._named(keys)
        returns: dict[str, list[str]] = {}
        for row in named:
            returns.setdefault(row.return_id, []).append(row.canonical)
        columns = tables.shipments.c
        wanted = [columns[name] for name in ("id", "return_id", "state", "waybill", "handed_over_at", "delivered_at")]
        found: list[Named] = []
        async for some in parts(sorted(returns)):
            statement = select(*wanted, columns.created_at, type_coerce(columns.request, Text).label("asked")).where(
                among(columns.exporter_id, self.tx.exporter_id),
                columns.return_id.in_(some),
                columns.carrier.in_(carriers),
            )
            rows = await self.tx.all(statement.order_by(columns.created_at, columns.id))
            found += [Named(canonical, row) for row in rows for canonical in returns[row.return_id]]
        return found

    async def _named(self, keys: Sequence[str]) -> list[Record]:
        """The returns that go by these numbers. A question of its own: SQLite would begin a join at the other end, and go
        through every shipment once for each number."""
        numbers = tables.numbers.c
        found: list[Record] = []
        async for some in parts(keys):
            statement = select(numbers.canonical, numbers.return_id).distinct()
            mine = (numbers.exporter_id == self.tx.exporter_id, numbers.canonical.in_(some), numbers.kind.in_(NUMBERS))
            found += await self.tx.all(statement.where(*mine))
        return found

    async def bookings(self, shipment_ids: Sequence[str]) -> list[Record]:
        """Every booking that these shipments ever had, by waybill, the oldest first."""
        columns = tables.attempts.c
        found: list[Record] = []
        async for some in parts(shipment_ids):
            statement = select(columns.subject_id, columns.waybill, columns.state).where(
                columns.exporter_id == self.tx.exporter_id,
                columns.kind == "booking",
                columns.subject_id.in_(some),
                columns.waybill.is_not(None),
            )
            found += await self.tx.all(statement.order_by(columns.subject_id, columns.number))
        return found

    async def dock_grams(self, return_ids: Sequence[str]) -> dict[str, int]:
        """What our own scale said at the last acceptance that names a weight, by return."""
        columns = tables.acceptances.c
        weights: dict[str, int] = {}
        async for some in parts(return_ids):
            statement = select(columns.return_id, type_coerce(columns.record, Text).label("said")).where(
                among(columns.exporter_id, self.tx.exporter_id), columns.return_id.in_(some)
            )
            for row in await self.tx.all(statement.order_by(columns.version)):
                weight = _json(row.said).get("dock_weight")
                if weight:
                    weights[row.return_id] = int(weight["grams"])
        return weights

    async def relief_lost(self, return_ids: Sequence[str]) -> set[str]:
        """Returns whose limit for coming home free of duty is over."""
        columns = tables.deadlines.c
        lost: set[str] = set()
        async for some in parts(return_ids):
            statement = select(columns.return_id).where(
                among(columns.exporter_id, self.tx.exporter_id),
                columns.return_id.in_(some),
                columns.clock == "customs",
                columns.state == "expired",
            )
            lost.update((await self.tx.run(statement)).scalars())
        return lost


def _json(said: Any) -> Json:
    found = json.loads(said)
    return found if isinstance(found, dict) else {}
