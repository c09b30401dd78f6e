"""What one account's poll reads and writes, a page of shipments at a time, however many there are in all.

Most looks bring nothing. A look therefore has a narrow row of its own, with what the next one needs to know: of millions that
are due here and there, those stay in memory, and no index of the wide shipment is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as lite

from gateway.store import tables, work
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf

MOMENT = timedelta(seconds=5)
_LOOKS = tables.looks.c
_DUE = select(_LOOKS.id, _LOOKS.waybill, _LOOKS.silent, _LOOKS.poll_at).where(
    _LOOKS.exporter_id == bindparam("mine"),
    _LOOKS.account_id == bindparam("this_account"),
    _LOOKS.poll_at <= bindparam("now"),
)
DUE = Prepared(_DUE.order_by(_LOOKS.poll_at).limit(bindparam("most")))
NEXT = Prepared(
    select(_LOOKS.poll_at)
    .where(
        _LOOKS.exporter_id == bindparam("mine"),
        _LOOKS.account_id == bindparam("this_account"),
        _LOOKS.poll_at.is_not(None),
    )
    .order_by(_LOOKS.poll_at)
    .limit(bindparam("most"))
)
LOOKED = Prepared(
    update(tables.looks).where(
        _LOOKS.id == bindparam("this_id"),
        _LOOKS.exporter_id == bindparam("mine"),
        _LOOKS.poll_at == bindparam("this_poll_at", type_=_LOOKS.poll_at.type),
    )
)
ANEW = ("account_id", "waybill", "state", "status", "poll_at", "polled_at", "silent")
"""What a second booking of the same shipment replaces."""


def _beginning(*, sqlite: bool) -> Prepared:
    row = (lite.insert if sqlite else postgresql.insert)(tables.looks)
    anew = {name: row.excluded[name] for name in ANEW}
    return Prepared(row.on_conflict_do_update(index_elements=["id"], set_=anew))


BEGIN = {sqlite: _beginning(sqlite=sqlite) for sqlite in (True, False)}


class Looks(Shelf):
    """A shipment's row begins with its booking and is known by the shipment's id."""

    table, prefix, noun = tables.looks, "shp", "look"

    async def begin(self, shipment: Record, *, waybill: str, state: str, poll_at: datetime, status: str = "") -> None:
        """Look at what was booked just now, at this instant for the first time. Without a `status` it is the shipment's."""
        row = {
            "id": shipment.id,
            "exporter_id": self.tx.exporter_id,
            "account_id": shipment.account_id,
            "return_id": shipment.return_id,
            "waybill": waybill,
            "state": state,
            "status": status or shipment.status,
            "poll_at": poll_at,
            "polled_at": None,
            "silent": 0,
        }
        await self.tx.say(BEGIN[self.tx.is_sqlite], row)

    async def due(self, account_id: str, limit: int) -> Sequence[Record]:
        """`id`, `waybill`, `silent` and `poll_at` of the shipments that are due for a look, the longest overdue first."""
        asked = {"mine": self.tx.exporter_id, "this_account": account_id, "now": self.tx.now, "most": limit}
        return (await self.tx.say(DUE, asked)).all()

    async def next(self, account_id: str) -> datetime | None:
        """When the account's next shipment is due, for whoever ends its turn: where others may be planning looks just now
        that cannot be seen yet, in a moment at the latest."""
        mine = self.tx.exporter_id
        alone = self.tx.is_sqlite or await work.alone(self.tx.connection, "poll", account_id, mine)
        row = (await self.tx.say(NEXT, {"mine": mine, "this_account": account_id, "most": 1})).first()
        due = [row.poll_at] if row else []
        return min(due if alone else [*due, self.tx.now + MOMENT], default=None)

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
        ends = select(func.min(limits.due_by)).where(limits.return_id == _LOOKS.return_id, limits.state == "running")
        wanted = (_LOOKS.id, _LOOKS.state, _LOOKS.status, ends.scalar_subquery().label("limit_at"))
        mine = select(*wanted).where(_LOOKS.exporter_id == self.tx.exporter_id, _LOOKS.id.in_(shipment_ids))
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
