"""The work queues: what waits for a person, for a carrier, for a limit or for a listener, the oldest first."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.store.lists import OPEN_DELIVERIES
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.console.paper import carrier_name
from gateway.web.console.words import Words

SOON = timedelta(days=3)
SILENT = timedelta(days=5)
MOST = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of a queue. `at` is since when it waits, or when its limit ends."""

    title: str
    detail: str
    at: datetime
    link: str | None
    aside: str


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    lines: Sequence[Waiting]
    more: bool
    oldest: str | None

    @property
    def count(self) -> str:
        return f"{len(self.lines)}+" if self.more else str(len(self.lines))


Fill = Callable[[Desk, Words, int], Awaitable[list[Waiting]]]


def _link(return_id: str | None) -> str | None:
    return f"/console/returns/{return_id}" if return_id else None


async def _names(tx: Desk, rows: Sequence[Record]) -> dict[str, str]:
    """How returns are called on a line: their RMA."""
    found = await tx.lists.returns_by_id([row.return_id for row in rows if row.return_id])
    return {row_id: row.authorization.rma_number or row.rma_id for row_id, row in found.items()}


async def _person(tx: Desk, words: Words, limit: int) -> list[Waiting]:
    rows = await tx.lists.tasks(done=False, after=None, limit=limit)
    names = await _names(tx, rows)
    return [
        Waiting(
            words.word("task", row.kind),
            words.about(row),
            row.created_at,
            _link(row.return_id) or "/console/queues/person",
            names.get(row.return_id, ""),
        )
        for row in rows
    ]


async def _checking(tx: Desk, words: Words, limit: int) -> list[Waiting]:
    rows = await tx.lists.unknown_attempts(limit)
    names = await _names(tx, rows)
    return [
        Waiting(
            f"{carrier_name(row.carrier)} {row.client_ref}",
            f"{words.text('next_look')} {words.when(row.due_at)}",
            row.sent_at,
            _link(row.return_id),
            names.get(row.return_id, ""),
        )
        for row in rows
    ]


async def _limits(tx: Desk, words: Words, state: str, before: datetime | None, limit: int) -> list[Waiting]:
    rows = await tx.lists.deadlines(state, before, None, limit)
    names = await _names(tx, rows)
    return [
        Waiting(
            words.word("clock", row.clock),
            f"{words.text('due_by')} {words.when(row.due_by)}",
            row.due_by,
            _link(row.return_id),
            names.get(row.return_id, ""),
        )
        for row in rows
    ]


async def _soon(tx: Desk, words: Words, limit: int) -> list[Waiting]:
    return await _limits(tx, words, "running", tx.now + SOON, limit)


async def _missed(tx: Desk, words: Words, limit: int) -> list[Waiting]:
    return await _limits(tx, words, "expired", None, limit)


async def _stuck(tx: Desk, words: Words, limit: int) -> list[Waiting]:
    rows = await tx.lists.stuck_shipments(tx.now - SILENT, limit)
    names = await _names(tx, rows)
    return [
        Waiting(
            f"{carrier_name(row.carrier)} {row.waybill}",
            words.word("state", row.status),
            row.booked_at,
            _link(row.return_id),
            names.get(row.return_id, ""),
        )
        for row in rows
    ]


async def _outbox(tx: Desk, words: Words, limit: int) -> list[Waiting]:
    rows = await tx.lists.deliveries(OPEN_DELIVERIES, None, limit)
    names = await _names(tx, rows)
    return [
        Waiting(
            words.event(f"told.{row.kind}"),
            " · ".join(filter(None, (words.word("state", row.state), row.last_error))),
            row.occurred_at,
            _link(row.return_id) or "/console/messages#untold",
            names.get(row.return_id, ""),
        )
        for row in rows
    ]


QUEUES: Mapping[str, Fill] = {
    "person": _person,
    "checking": _checking,
    "soon": _soon,
    "missed": _missed,
    "stuck": _stuck,
    "outbox": _outbox,
}


async def queue(tx: Desk, words: Words, name: str) -> Queue:
    """One queue, at most two hundred lines of it."""
    lines = await QUEUES[name](tx, words, MOST + 1)
    more, shown = len(lines) > MOST, lines[:MOST]
    oldest = min((line.at for line in shown), default=None)
    return Queue(name, shown, more, words.since(oldest) if oldest and name != "soon" else None)
