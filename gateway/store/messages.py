"""Queries about messages: the inbox, the outbox, remembered answers, and what the audit and the record of calls say."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, text, update

from gateway.store import tables
from gateway.store.database import Connection
from gateway.store.many import ByKeys
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf, adding_new, those
from gateway.store.work import Job
from schemas.messages import NoticeKind


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message to be kept, before anything is known of it but its signature."""

    id: str
    exporter_id: str
    door: str
    source_id: str
    delivery_id: str
    trust: str
    url: str
    headers: dict[str, str]
    body: bytes
    received_at: datetime

    @property
    def job(self) -> Job:
        return Job("ingest", self.id, self.exporter_id)


async def append(connection: Connection, arrivals: Sequence[Arrival], *, is_sqlite: bool) -> set[str]:
    """Keep these messages, each delivery once, the first of its kind, in one transaction; the ids of those that are new.

    The others, be they of this batch or of an earlier one, are counted at the one that was kept.
    """
    inbox = tables.inbox
    firsts = {(arrival.source_id, arrival.delivery_id): arrival for arrival in reversed(arrivals)}
    rows = [
        {
            "id": arrival.id,
            "exporter_id": arrival.exporter_id,
            "door": arrival.door,
            "source_id": arrival.source_id,
            "delivery_id": arrival.delivery_id,
            "trust": arrival.trust,
            "url": arrival.url,
            "headers": arrival.headers,
            "body": arrival.body,
            "received_at": arrival.received_at,
            "state": "received",
            "due_at": arrival.received_at,
        }
        for arrival in firsts.values()
    ]
    added = await adding_new(inbox, ("source_id", "delivery_id"), sqlite=is_sqlite).run(connection, rows)
    if added.rowcount == len(arrivals):
        return {arrival.id for arrival in arrivals}
    mine = select(inbox.c.id).where(inbox.c.id.in_([row["id"] for row in rows]))
    new = set((await connection.execute(mine)).scalars())
    repeats = Counter((arrival.source_id, arrival.delivery_id) for arrival in arrivals if arrival.id not in new)
    for (source_id, delivery_id), count in sorted(repeats.items()):
        await connection.execute(
            update(inbox)
            .where(inbox.c.source_id == source_id, inbox.c.delivery_id == delivery_id)
            .values(repeats=inbox.c.repeats + count)
        )
    return new


_ASIDE = tables.put_aside.c
_ITS = (_ASIDE.exporter_id == bindparam("mine")) & (_ASIDE.carrier == bindparam("this_carrier"))
WAITING = ByKeys(lambda keys: select(_ASIDE.canonical, _ASIDE.message_id).where(_ITS, _ASIDE.canonical.in_(keys)))
TAKEN_UP = Prepared(
    delete(tables.put_aside).where(
        _ITS, _ASIDE.canonical == bindparam("number"), _ASIDE.message_id == bindparam("message")
    )
)


_WHOSE = "hashtextextended('put aside ' || :mine || ' ' || :this_carrier, 0)"
ALONE = Prepared(text(f"SELECT pg_advisory_xact_lock({_WHOSE})"))
BESIDE = Prepared(text(f"SELECT pg_advisory_xact_lock_shared({_WHOSE})"))


class Inbox(Shelf):
    table, prefix, noun = tables.inbox, "msg", "message"

    async def conclude(self, row: Record, state: str, reason: str | None = None) -> None:
        await self.set(row.id, state=state, reason=reason)

    async def alone(self, carrier: str) -> None:
        """Wait until no booking at this carrier is being written down, and hold up the next: which numbers name no shipment
        is true from here on. SQLite has one writer."""
        if not self.tx.is_sqlite:
            await self.tx.say(ALONE, {"mine": self.tx.exporter_id, "this_carrier": carrier})

    async def put_aside(self, row: Record, carrier: str, numbers: Collection[str]) -> None:
        """Remember that this push speaks of these canonical numbers, which name no shipment so far."""
        mine = {"exporter_id": self.tx.exporter_id, "carrier": carrier, "message_id": row.id}
        if numbers:
            unique = ("exporter_id", "carrier", "canonical", "message_id")
            await self.tx.add_new(tables.put_aside, *({**mine, "canonical": one} for one in numbers), unique=unique)

    async def take_up(self, carrier: str, numbers: Collection[str]) -> None:
        """Now they do: read again what was put aside for them."""
        mine = {"mine": self.tx.exporter_id, "this_carrier": carrier}
        if not self.tx.is_sqlite:
            await self.tx.say(BESIDE, mine)
        found = await WAITING.tuples(self.tx, sorted(numbers), **mine)
        if found:
            await self.tx.say(TAKEN_UP, [{**mine, "number": number, "message": message} for number, message in found])
        for message_id in sorted({message_id for _, message_id in found}):
            await self.set(message_id, state="received", reason=None)
            await self.tx.wake("ingest", message_id)

    async def quarantined(self, limit: int = 200) -> Sequence[Record]:
        columns = self.table.c
        return await self.tx.all(
            self.mine().where(columns.state == "quarantined").order_by(columns.received_at).limit(limit)
        )


class Notices(Shelf):
    table, prefix, noun = tables.notices, "ntc", "notice"

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("occurred_at", return_id=return_id)

    async def between(self, since: datetime, until: datetime, kinds: Sequence[str], most: int) -> Sequence[str]:
        """The ids of what was told in a span of time, in order; of these kinds, or of all but tests."""
        columns = self.table.c
        mine = select(columns.id).where(columns.exporter_id == self.tx.exporter_id)
        span = mine.where(columns.occurred_at >= since, columns.occurred_at < until)
        wanted = columns.kind.in_(kinds) if kinds else columns.kind != NoticeKind.ENDPOINT_TEST.value
        found = await self.tx.run(span.where(wanted).order_by(columns.occurred_at, columns.id).limit(most))
        return found.scalars().all()


class Deliveries(Shelf):
    table, prefix, noun = tables.deliveries, "dlv", "delivery"

    async def again(self, endpoint_id: str, notice_ids: Sequence[str]) -> None:
        """Tell an endpoint these notices now, told before or not; what is on its way there goes on."""
        columns = self.table.c
        those = (columns.exporter_id == self.tx.exporter_id, columns.target_id == endpoint_id)
        asked = select(columns.id, columns.notice_id, columns.held).where(*those, columns.notice_id.in_(notice_ids))
        known = await self.tx.all(asked)
        waiting = {"target": "endpoint", "target_id": endpoint_id, "state": "waiting", "due_at": self.tx.now}
        ids = [row.id for row in known if not row.held]
        stale = {"state": "waiting", "due_at": self.tx.now, "tries": 0, "delivered_at": None, "parked": None}
        await self.tx.run(
            update(self.table).where(*those, columns.id.in_(ids), columns.held.is_(False)).values(**stale)
        )
        missing = [one for one in notice_ids if one not in {row.notice_id for row in known}]
        fresh = [{"id": self.tx.new_id(self.prefix), "notice_id": one, **waiting} for one in missing]
        await self.add_all(fresh)
        for delivery_id in [*ids, *(str(row["id"]) for row in fresh)]:
            self.tx.go("deliver", delivery_id)

    async def of_notices(self, notice_ids: Sequence[str]) -> Sequence[Record]:
        return await self.tx.all(self.mine().where(self.table.c.notice_id.in_(notice_ids)).order_by(self.table.c.id))


_ANSWERS = tables.idempotency.c
ANSWERED = Prepared(
    update(tables.idempotency).where(_ANSWERS.exporter_id == bindparam("mine"), _ANSWERS.key == bindparam("this_key"))
)


class Answers:
    """What an idempotency key was answered. Not a shelf: its key is the caller's."""

    table = tables.idempotency

    def __init__(self, tx: Any) -> None:
        self.tx = tx

    async def take(self, key: str, fingerprint: str) -> Record | None:
        """Take the key for this request, or get the row that holds it already."""
        values = {
            "exporter_id": self.tx.exporter_id,
            "key": key,
            "fingerprint": fingerprint,
            "created_at": self.tx.now,
        }
        if await self.tx.add_new(self.table, values, unique=("exporter_id", "key")) == 1:
            return None
        row: Record | None = (
            await self.tx.say(those(self.table, ("key",)), {"this_key": key, "mine": self.tx.exporter_id})
        ).first()
        return row

    async def keep(self, key: str, status: int, headers: dict[str, str], body: str) -> None:
        mine = {"this_key": key, "mine": self.tx.exporter_id}
        await self.tx.say(ANSWERED, {**mine, "status": status, "headers": headers, "body": body})


class Audit:
    """Reading the audit. Writing is the transaction's own affair."""

    table = tables.audit

    def __init__(self, tx: Any) -> None:
        self.tx = tx

    async def length(self, chain: str) -> int:
        columns = self.table.c
        mine = select(func.max(columns.seq)).where(columns.exporter_id == self.tx.exporter_id, columns.chain == chain)
        return (await self.tx.run(mine)).scalar() or 0

    async def of_chain(self, chain: str, after: int = 0) -> Sequence[Record]:
        columns = self.table.c
        mine = select(self.table).where(columns.exporter_id == self.tx.exporter_id, columns.chain == chain)
        mine = mine.where(columns.seq > after) if after else mine
        rows: Sequence[Record] = await self.tx.all(mine.order_by(columns.seq))
        return rows


async def counts(connection: Connection) -> Iterable[Row[Any]]:
    """How many messages stand in each state, over all exporters."""
    inbox = tables.inbox.c
    return (await connection.execute(select(inbox.state, func.count().label("n")).group_by(inbox.state))).all()
