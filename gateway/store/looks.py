"""What one account's poll reads and writes, a page at a time, however many shipments there are in all.

Most looks bring nothing. When to look again is therefore a round's, not a shipment's: those that one call asked about and
that are due together again are one row, and so is writing that nothing was heard of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as lite

from gateway.store import tables, work
from gateway.store.many import ByKeys
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf
from schemas.values import Json

MOMENT = timedelta(seconds=5)
_LOOKS, _ROUNDS = tables.looks.c, tables.rounds.c
_OF_ACCOUNT = (_ROUNDS.exporter_id == bindparam("mine"), _ROUNDS.account_id == bindparam("this_account"))
DUE = Prepared(
    select(_LOOKS.id, _LOOKS.waybill, _ROUNDS.id.label("round_id"), _ROUNDS.silent)
    .select_from(tables.rounds.outerjoin(tables.looks, _LOOKS.round_id == _ROUNDS.id))
    .where(*_OF_ACCOUNT, _ROUNDS.poll_at <= bindparam("now"))
    .order_by(_ROUNDS.poll_at, _ROUNDS.id, _LOOKS.id)
    .limit(bindparam("most"))
)
NEXT = Prepared(select(_ROUNDS.poll_at).where(*_OF_ACCOUNT).order_by(_ROUNDS.poll_at).limit(bindparam("most")))
_WHEN = (_ROUNDS.poll_at, _ROUNDS.silent, func.coalesce(_ROUNDS.polled_at, _LOOKS.polled_at).label("polled_at"))
FOUND = Prepared(
    select(_LOOKS.id, _LOOKS.waybill, _LOOKS.state, _LOOKS.status, *_WHEN)
    .select_from(tables.looks.outerjoin(tables.rounds, _ROUNDS.id == _LOOKS.round_id))
    .where(_LOOKS.id == bindparam("this_id"), _LOOKS.exporter_id == bindparam("mine"))
)
STANDING = ByKeys(
    lambda rounds: (
        select(_LOOKS.id, _LOOKS.round_id, _LOOKS.state, _LOOKS.status, _LOOKS.limit_at)
        .join(tables.rounds, _ROUNDS.id == _LOOKS.round_id)
        .where(_ROUNDS.exporter_id == bindparam("mine"), _ROUNDS.id.in_(rounds))
    )
)
BEGIN = Prepared(insert(tables.rounds))
MOVE = Prepared(
    update(tables.rounds).where(_ROUNDS.id == bindparam("this_id"), _ROUNDS.exporter_id == bindparam("mine"))
)
END = Prepared(
    delete(tables.rounds).where(_ROUNDS.id == bindparam("this_id"), _ROUNDS.exporter_id == bindparam("mine"))
)
JOIN = Prepared(
    update(tables.looks).where(
        _LOOKS.id == bindparam("this_id"),
        _LOOKS.exporter_id == bindparam("mine"),
        _LOOKS.round_id == bindparam("this_round", type_=_LOOKS.round_id.type),
    )
)
_LIMITS, _SHIPMENTS = tables.deadlines.c, tables.shipments.c
FIRST_END = (
    select(func.min(_LIMITS.due_by))
    .where(_LIMITS.return_id == _LOOKS.return_id, _LIMITS.state == literal_column("'running'"))
    .scalar_subquery()
)
_OF_RETURN = (
    _LOOKS.id.in_(select(_SHIPMENTS.id).where(_SHIPMENTS.return_id == bindparam("this_return"))),
    _LOOKS.exporter_id == bindparam("mine"),
)
HOLD = Prepared(select(_LOOKS.id).where(*_OF_RETURN).order_by(_LOOKS.id).with_for_update(key_share=True))
LIMIT = Prepared(
    update(tables.looks).where(*_OF_RETURN, _LOOKS.limit_at.is_distinct_from(FIRST_END)).values(limit_at=FIRST_END)
)
ANEW = ("waybill", "state", "status", "round_id", "polled_at")
"""What a second booking of the same shipment replaces."""


def _beginning(*, sqlite: bool) -> Prepared:
    row = (lite.insert if sqlite else postgresql.insert)(tables.looks)
    anew = {name: row.excluded[name] for name in ANEW}
    return Prepared(row.on_conflict_do_update(index_elements=["id"], set_=anew))


FOLLOW = {sqlite: _beginning(sqlite=sqlite) for sqlite in (True, False)}


@dataclass(frozen=True, slots=True)
class Going:
    """Shipments that are due for a look at the same instant again."""

    round_id: str | None
    """The round that goes on with them; None for a new one."""
    poll_at: datetime | None
    """None where they are never looked at again."""
    silent: int
    joining: Mapping[str, str]
    """Those of them that come from other rounds, with these: one that somebody planned anew in the meantime is in another by
    now, and left as he wants it."""


class Looks(Shelf):
    """A shipment's row begins with its booking and is known by the shipment's id."""

    table, prefix, noun = tables.looks, "rnd", "look"

    async def begin(self, shipment: Record, *, waybill: str, state: str, poll_at: datetime, status: str = "") -> None:
        """Look at what was booked just now, at this instant for the first time. Without a `status` it is the shipment's."""
        row = {
            "id": shipment.id,
            "exporter_id": self.tx.exporter_id,
            "return_id": shipment.return_id,
            "waybill": waybill,
            "state": state,
            "status": status or shipment.status,
            "round_id": await self._round(shipment.account_id, poll_at, None, 0),
            "polled_at": None,
        }
        await self.tx.say(FOLLOW[self.tx.is_sqlite], row)
        self.tx.limited.add(shipment.return_id)

    async def hold(self, return_ids: Collection[str]) -> None:
        """What `limit` will change, before the transaction's last words: whoever has changed a look comes to his own with it
        in hand. SQLite has one writer."""
        if not self.tx.is_sqlite:
            for one in sorted(return_ids):
                await self.tx.say(HOLD, {"this_return": one, "mine": self.tx.exporter_id})

    async def limit(self, return_ids: Collection[str]) -> None:
        """The limits of these returns may be others now."""
        mine = self.tx.exporter_id
        await self.tx.say(LIMIT, [{"this_return": one, "mine": mine} for one in sorted(return_ids)])

    async def _round(self, account_id: str, poll_at: datetime, polled_at: datetime | None, silent: int) -> str:
        """A new round, nobody in it yet."""
        begun = self._begun(account_id, poll_at, polled_at, silent)
        await self.tx.say(BEGIN, begun)
        return str(begun["id"])

    def _begun(self, account_id: str, poll_at: datetime, polled_at: datetime | None, silent: int) -> Json:
        mine = {"id": self.tx.new_id(self.prefix), "exporter_id": self.tx.exporter_id, "account_id": account_id}
        return {**mine, "poll_at": poll_at, "polled_at": polled_at, "silent": silent}

    async def find(self, shipment_id: str) -> Record | None:
        """With `poll_at` and `silent` (None when it is never looked at again) and `polled_at`."""
        return (await self.tx.say(FOUND, {"this_id": shipment_id, "mine": self.tx.exporter_id})).first()

    async def plan(self, shipment: Record, at: datetime | None, *, anew: bool = False) -> None:
        """Look at it at this instant by itself, or never again. A round that is left by the last of it is cleared away when
        it is due. `anew` forgets how often in a row a look brought nothing. One that was never booked is not looked at."""
        look = await self.find(shipment.id)
        if look is None:
            return
        silent = 0 if anew else look.silent or 0
        round_id = await self._round(shipment.account_id, at, look.polled_at, silent) if at else None
        await self.set(shipment.id, round_id=round_id, polled_at=look.polled_at)

    async def due(self, account_id: str, limit: int) -> Sequence[Record]:
        """`id`, `waybill`, `round_id` and `silent` of the shipments that are due for a look, the longest overdue first."""
        asked = {"mine": self.tx.exporter_id, "this_account": account_id, "now": self.tx.now, "most": limit}
        rows = (await self.tx.say(DUE, asked)).all()
        await self.end([row.round_id for row in rows if row.id is None])
        return [row for row in rows if row.id is not None]

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

    async def standing(self, round_ids: Collection[str]) -> Sequence[tuple[str, str, str, str, datetime | None]]:
        """Who belongs to these rounds: shipment, round, `state`, `status`, and the end of the first limit that runs of its
        return."""
        return await STANDING.tuples(self.tx, sorted(round_ids), mine=self.tx.exporter_id)

    async def go_on(self, account_id: str, going: Sequence[Going]) -> None:
        """What was looked at just now, by when it is due again; a statement of each kind, however many they are."""
        begun, moved, joined = [], [], []
        now = {"mine": self.tx.exporter_id, "polled_at": self.tx.now}
        for one in going:
            round_id = one.round_id
            if one.poll_at is not None and round_id is None:
                begun.append(self._begun(account_id, one.poll_at, self.tx.now, one.silent))
                round_id = begun[-1]["id"]
            elif one.poll_at is not None:
                moved.append({"this_id": round_id, "poll_at": one.poll_at, "silent": one.silent, **now})
            for shipment_id, was in one.joining.items():
                joined.append({"this_id": shipment_id, "this_round": was, "round_id": round_id, **now})
        for statement, rows in ((BEGIN, begun), (MOVE, moved), (JOIN, joined)):
            if rows:
                await self.tx.say(statement, rows if len(rows) > 1 else rows[0])

    async def end(self, round_ids: Collection[str]) -> None:
        """Nobody belongs to them any more. Only a poll lets anybody in, and only the account's turn polls."""
        if round_ids:
            await self.tx.say(END, [{"this_id": one, "mine": self.tx.exporter_id} for one in sorted(round_ids)])
