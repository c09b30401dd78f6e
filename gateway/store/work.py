"""Work is a row that is due: claim it, settle it, find it. The only place that touches due_at, turn, tries and parked.

A claim takes the next turn and sets the lease; the write that follows checks the turn and touches no row when it is no
longer ours. A row without `due_at` has no job. A row whose job fails again and again is parked with the reason, and a
person decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update

from gateway.store import tables
from gateway.store.database import Connection
from gateway.store.prepared import Prepared, Stored
from schemas.values import Json

LEASE = timedelta(seconds=90)
"""Longer than a call's total limit (45 s) and the write after it."""

WORK: Mapping[str, Table] = {
    "ingest": tables.inbox,
    "list": tables.sources,
    "book": tables.shipments,
    "resolve": tables.attempts,
    "label": tables.labels,
    "pickup": tables.pickups,
    "poll": tables.accounts,
    "sweep": tables.sweeps,
    "judge": tables.deadlines,
    "reconcile": tables.invoices,
    "deliver": tables.deliveries,
    "dispute": tables.disputes,
    "claim": tables.claims,
    "cover": tables.covers,
    "answer": tables.posts,
}
"""Each kind of job and the table whose rows are its work."""


@dataclass(frozen=True, slots=True)
class Job:
    """ "Go" for one row. `turn` is the row's turn when it was said: the same "go" twice is one."""

    kind: str
    id: str
    exporter_id: str
    turn: int = 0

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}:{self.turn}"


class TurnLost(Exception):
    """Somebody else's turn: what was done is dropped, nothing is written."""


async def claim(connection: Connection, job: Job, now: datetime, lease: timedelta = LEASE) -> Stored | None:
    """Take the row's next turn if it is due and nobody has taken the job's; None where it is not, any more."""
    asked = {"this_id": job.id, "mine": job.exporter_id, "this_turn": job.turn, "now": now, "until": now + lease}
    return (await _claiming(job.kind).run(connection, asked)).first()


@cache
def _claiming(kind: str) -> Prepared:
    table = WORK[kind]
    return Prepared(
        update(table)
        .where(
            table.c.id == bindparam("this_id"),
            table.c.exporter_id == bindparam("mine"),
            table.c.turn == bindparam("this_turn"),
            table.c.due_at <= bindparam("now"),
        )
        .values(turn=table.c.turn + 1, tries=table.c.tries + 1, due_at=bindparam("until"), held=True)
        .returning(table)
    )


async def settle(
    connection: Connection,
    kind: str,
    row: Any,
    *,
    due_at: datetime | None = None,
    tries: int = 0,
    parked: str | None = None,
) -> None:
    """End the turn: when the row is due next (None: never), or why it is parked. Raises TurnLost."""
    said = {"this_id": row.id, "this_turn": row.turn, "due_at": due_at, "tries": tries, "parked": parked, "held": False}
    kept = await _settling(kind).run(connection, said)
    if kept.rowcount != 1:
        raise TurnLost(f"{kind} {row.id}")


@cache
def _settling(kind: str) -> Prepared:
    table = WORK[kind]
    return Prepared(update(table).where(table.c.id == bindparam("this_id"), table.c.turn == bindparam("this_turn")))


async def stumble(
    connection: Connection, job: Job, *, due_at: datetime | None, parked: str | None, also: Json | None = None
) -> None:
    """End the turn that this job's claim took and that failed by a bug of ours; nothing where it is not ours any more."""
    table = WORK[job.kind]
    await connection.execute(
        update(table)
        .where(table.c.id == job.id, table.c.turn == job.turn + 1)
        .values(due_at=due_at, parked=parked, held=False, **(also or {}))
    )


async def make_due(
    connection: Connection, kind: str, row_id: str, exporter_id: str, at: datetime, *, only_earlier: bool = False
) -> Job | None:
    """Move the row's timer to `at`, as a new job with a fresh count of tries; `only_earlier` never moves it back.

    A turn that is taken is left alone (None): whoever holds it looks at the row again before it settles. The tries of a poll
    are the carrier's silence, which ends when the carrier answers and not because somebody wants to know.
    """
    asked = {"this_id": row_id, "mine": exporter_id, "due_at": at, "at": at, "tries": 0, "parked": None}
    if not only_earlier:
        del asked["at"]
    if kind == "poll":
        del asked["tries"]
    moved = (await _moving(kind, only_earlier=only_earlier).run(connection, asked)).first()
    return None if moved is None else Job(kind, row_id, exporter_id, moved.turn)


@cache
def _moving(kind: str, *, only_earlier: bool) -> Prepared:
    columns = WORK[kind].c
    mine = (columns.id == bindparam("this_id")) & (columns.exporter_id == bindparam("mine")) & columns.held.is_(False)
    if only_earlier:
        mine &= columns.due_at.is_(None) | (columns.due_at > bindparam("at"))
    return Prepared(update(WORK[kind]).where(mine).returning(columns.turn))


async def beside(connection: Connection, kind: str, row_id: str, exporter_id: str) -> Stored | None:
    """The row's `due_at` and `held`, true until this transaction ends: whoever ends its turn knows that somebody is here who
    may have work for it (`alone`), or has ended it by now. PostgreSQL only."""
    return (await _beside(kind).run(connection, {"this_id": row_id, "mine": exporter_id})).first()


async def alone(connection: Connection, kind: str, row_id: str, exporter_id: str) -> bool:
    """Whether no transaction is under way that gives this row work, and none can before ours ends. PostgreSQL only: SQLite
    has one writer."""
    return (await _alone(kind).run(connection, {"this_id": row_id, "mine": exporter_id})).first() is not None


@cache
def _beside(kind: str) -> Prepared:
    columns = WORK[kind].c
    mine = select(columns.due_at, columns.held).where(
        columns.id == bindparam("this_id"), columns.exporter_id == bindparam("mine")
    )
    return Prepared(mine.with_for_update(read=True, key_share=True))  # in nobody's way but his who asks to be alone


@cache
def _alone(kind: str) -> Prepared:
    columns = WORK[kind].c
    mine = select(columns.id).where(columns.id == bindparam("this_id"), columns.exporter_id == bindparam("mine"))
    return Prepared(mine.with_for_update(skip_locked=True))


async def release(connection: Connection, now: datetime) -> int:
    """Give back every turn that is taken. Only for a database that nobody else can have open."""
    freed = 0
    for table in {id(table): table for table in WORK.values()}.values():
        given_back = update(table).where(table.c.held.is_(True)).values(due_at=now, held=False)
        freed += (await connection.execute(given_back)).rowcount
    return freed


async def due(connection: Connection, kind: str, now: datetime, limit: int = 500) -> Sequence[Job]:
    """Ids of rows whose time has come, oldest first, across exporters. Rows another sweep holds are passed over."""
    rows = await _due(kind).run(connection, {"now": now, "limit": limit})
    return [Job(kind, row.id, row.exporter_id, row.turn) for row in rows.all()]


@cache
def _due(kind: str) -> Prepared:
    columns = WORK[kind].c
    due = select(columns.id, columns.exporter_id, columns.turn).where(
        columns.due_at.is_not(None), columns.due_at <= bindparam("now")
    )
    return Prepared(due.order_by(columns.due_at).limit(bindparam("limit")))


async def standing(connection: Connection, now: datetime) -> dict[str, int]:
    """How many rows of each kind are due, taken, and parked, over all exporters: by the indexes of rows that have a job and
    of those that wait for a person."""
    counts: dict[str, int] = {}
    for kind, table in WORK.items():
        columns = table.c
        for word, condition in (
            ("due", (columns.due_at <= now) & columns.held.is_(False)),
            ("held", columns.held.is_(True) & columns.due_at.is_not(None)),
            ("parked", columns.parked.is_not(None)),
        ):
            found = await connection.execute(select(func.count()).select_from(table).where(condition))
            counts[f"{word} {kind}"] = int(found.scalar() or 0)
    return counts
