"""What one account's poll reads and writes, a page of shipments at a time, however many there are in all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from gateway.store import tables
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Tx

_SHIPMENTS = tables.shipments.c
_DUE = select(_SHIPMENTS.id, _SHIPMENTS.waybill, _SHIPMENTS.silent, _SHIPMENTS.poll_at).where(
    _SHIPMENTS.exporter_id == bindparam("mine"),
    _SHIPMENTS.account_id == bindparam("this_account"),
    _SHIPMENTS.poll_at <= bindparam("now"),
)
DUE = Prepared(_DUE.order_by(_SHIPMENTS.poll_at).limit(bindparam("most")))
NEXT = Prepared(
    select(_SHIPMENTS.poll_at)
    .where(
        _SHIPMENTS.exporter_id == bindparam("mine"),
        _SHIPMENTS.account_id == bindparam("this_account"),
        _SHIPMENTS.poll_at.is_not(None),
    )
    .order_by(_SHIPMENTS.poll_at)
    .limit(bindparam("most"))
)
LOOKED = Prepared(
    update(tables.shipments).where(
        _SHIPMENTS.id == bindparam("this_id"),
        _SHIPMENTS.exporter_id == bindparam("mine"),
        _SHIPMENTS.poll_at == bindparam("this_poll_at", type_=_SHIPMENTS.poll_at.type),
    )
)


class Looks:
    """For one exporter."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def due(self, account_id: str, limit: int) -> Sequence[Record]:
        """`id`, `waybill`, `silent` and `poll_at` of the shipments that are due for a look, the longest overdue first."""
        asked = {"mine": self.tx.exporter_id, "this_account": account_id, "now": self.tx.now, "most": limit}
        return (await self.tx.say(DUE, asked)).all()

    async def next(self, account_id: str) -> datetime | None:
        """When the account's next shipment is due."""
        asked = {"mine": self.tx.exporter_id, "this_account": account_id, "most": 1}
        row = (await self.tx.say(NEXT, asked)).first()
        return row.poll_at if row else None

    async def known(self, shipment_ids: Sequence[str]) -> dict[str, set[str]]:
        """Digests of the events that are stored, by shipment."""
        columns = tables.events.c
        mine = select(columns.shipment_id, columns.digest).where(columns.shipment_id.in_(shipment_ids))
        found: dict[str, set[str]] = {}
        for row in await self.tx.all(mine):
            found.setdefault(row.shipment_id, set()).add(row.digest)
        return found

    async def standing(self, shipment_ids: Sequence[str]) -> Mapping[str, Record]:
        """`state`, `status` and `limit_at`, the end of the first limit that runs of its return, by shipment."""
        limits = tables.deadlines.c
        ends = select(func.min(limits.due_by)).where(
            limits.return_id == _SHIPMENTS.return_id, limits.state == "running"
        )
        wanted: list[Any] = [
            _SHIPMENTS.id,
            _SHIPMENTS.state,
            _SHIPMENTS.status,
            ends.scalar_subquery().label("limit_at"),
        ]
        mine = select(*wanted).where(_SHIPMENTS.exporter_id == self.tx.exporter_id, _SHIPMENTS.id.in_(shipment_ids))
        return {row.id: row for row in await self.tx.all(mine)}

    async def looked(self, plans: Sequence[tuple[Record, datetime | None, int]]) -> None:
        """Of each shipment that `due` gave: when to look again, and how many looks in a row brought nothing. One that
        somebody planned anew in the meantime is left as he wants it."""
        rows = [
            {
                "this_id": shipment.id,
                "mine": self.tx.exporter_id,
                "this_poll_at": shipment.poll_at,
                "poll_at": poll_at,
                "polled_at": self.tx.now,
                "silent": silent,
            }
            for shipment, poll_at, silent in plans
        ]
        if rows:
            await self.tx.say(LOOKED, rows)
