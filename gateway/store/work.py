"""Work is a row that is due: claim it, settle it, find it. The only place that touches due_at, turn, tries and parked.

A claim takes the next turn and sets the lease; the write that follows checks the turn and touches no row when it is no
longer ours. A row without `due_at` has no job. A row that used up its tries is parked with the reason, and a person decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, select, update

from gateway.store import tables
from gateway.store.database import Connection

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
    "judge": tables.deadlines,
    "reconcile": tables.invoices,
    "deliver": tables.deliveries,
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


async def claim(connection: Connection, job: Job, now: datetime, lease: timedelta = LEASE) -> Row[Any] | None:
    """Take the row's next turn if it is due; None where it is not, any more."""
    table = WORK[job.kind]
    taken = await connection.execute(
        update(table)
        .where(table.c.id == job.id, table.c.exporter_id == job.exporter_id, table.c.due_at <= now)
        .values(turn=table.c.turn + 1, tries=table.c.tries + 1, due_at=now + lease)
        .returning(table)
    )
    return taken.one_or_none()


async def settle(
    connection: Connection,
    kind: str,
    row: Row[Any],
    *,
    due_at: datetime | None = None,
    tries: int = 0,
    parked: str | None = None,
) -> None:
    """End the turn: when the row is due next (None: never), or why it is parked. Raises TurnLost."""
    table = WORK[kind]
    kept = await connection.execute(
        update(table)
        .where(table.c.id == row.id, table.c.turn == row.turn)
        .values(due_at=due_at, tries=tries, parked=parked)
    )
    if kept.rowcount != 1:
        raise TurnLost(f"{kind} {row.id}")


async def make_due(connection: Connection, kind: str, row_id: str, exporter_id: str, at: datetime) -> Job:
    """Move the row's timer to `at`, as a new job with a fresh count of tries."""
    table = WORK[kind]
    moved = await connection.execute(
        update(table)
        .where(table.c.id == row_id, table.c.exporter_id == exporter_id)
        .values(due_at=at, tries=0, parked=None)
        .returning(table.c.turn)
    )
    return Job(kind, row_id, exporter_id, moved.scalar_one())


async def due(connection: Connection, kind: str, now: datetime, limit: int = 500) -> Sequence[Job]:
    """Ids of rows whose time has come, oldest first, across exporters. Rows another sweep holds are passed over."""
    table = WORK[kind]
    rows = await connection.execute(
        select(table.c.id, table.c.exporter_id, table.c.turn)
        .where(table.c.due_at.is_not(None), table.c.due_at <= now)
        .order_by(table.c.due_at)
        .limit(limit)
    )
    return [Job(kind, row.id, row.exporter_id, row.turn) for row in rows]
