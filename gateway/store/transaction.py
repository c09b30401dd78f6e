"""One transaction for one exporter: the shelves it may reach, the jobs it wakes, the audit it leaves.

Everything a transaction did is durable together, or not at all: the rows, the audit entries, the notices, and on PostgreSQL
the engine's "go" as well. `shelf` classes filter by the exporter in every query.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    bindparam,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as lite
from sqlalchemy.engine import CursorResult

from gateway.store import audit, work
from gateway.store.database import Connection
from gateway.store.ids import new_id
from gateway.store.known import Known, Record, by_id
from gateway.store.prepared import Columns, Prepared, Rows
from gateway.store.work import Job
from schemas.errors import NotFound
from schemas.values import Json

__all__ = ["Record", "Shelf", "Tx", "adding", "adding_new", "changing", "those"]
WORDS = ("kind", "state")
"""Columns that hold words of ours and that partial indexes speak of. They stand in the statement as they are: of a parameter
SQLite cannot tell once for all whether such an index will do, and plans anew each time."""


# What is said in every transaction is prepared, by table and columns.


@cache
def those(
    table: Table,
    equal: tuple[str, ...],
    order: tuple[str, ...] = (),
    *,
    words: tuple[tuple[str, str], ...] = (),
    lock: bool = False,
) -> Prepared:
    """Rows of `mine` whose columns `equal` their parameters; each column's parameter is its name with `this_` before it.
    `words` are equal to what stands there."""
    wanted = [table.c[name] == bindparam(f"this_{name}", type_=table.c[name].type) for name in equal]
    wanted += [table.c[name] == literal_column("'{}'".format(word.replace("'", "''"))) for name, word in words]
    mine = select(table).where(_owner(table) == bindparam("mine"), *wanted).order_by(*(table.c[name] for name in order))
    return Prepared(mine.with_for_update(key_share=True) if lock else mine)  # others may still refer to the row


@cache
def adding(table: Table) -> Prepared:
    return Prepared(insert(table))


@cache
def adding_new(table: Table, unique: tuple[str, ...], *, sqlite: bool) -> Prepared:
    """Insert, or nothing where the unique columns are taken."""
    insert_into = lite.insert if sqlite else postgresql.insert
    return Prepared(insert_into(table).on_conflict_do_nothing(index_elements=list(unique)))


@cache
def changing(table: Table) -> Prepared:
    """Columns named in the parameters are set in the row `this_id` of `mine`."""
    return Prepared(update(table).where(table.c.id == bindparam("this_id"), _owner(table) == bindparam("mine")))


def _owner(table: Table) -> ColumnElement[Any]:
    return table.c.id if table.name == "exporters" else table.c.exporter_id


class Tx:
    """An open transaction. `now` is its one instant; `actor` is who is said to have done it."""

    writes = True
    """Whether it can; one that only reads may see a row change under it."""

    def __init__(self, connection: Connection, exporter_id: str, now: datetime, actor: str, *, is_sqlite: bool) -> None:
        self.connection = connection
        self.exporter_id = exporter_id
        self.now = now
        self.actor = actor
        self.is_sqlite = is_sqlite
        self.woken: list[Job] = []
        self.stirred: set[str] = set()
        """Returns of which somebody who looks at them now wants to hear."""
        self.limited: set[str] = set()
        """Returns whose limits, or whose looks, have begun, moved or ended."""
        self._entries: list[audit.Entry] = []
        self.known = Known(exporter_id, connection.memory, alone=is_sqlite and self.writes)

    async def say(self, statement: Prepared, asked: Json | Sequence[Json] | Columns) -> Rows:
        """Run what is prepared, with values that come by name."""
        if statement.changes:
            self.known.changed(statement.changes)
        return await statement.run(self.connection, asked)

    async def run(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run what is made for the occasion."""
        if not statement.is_select:
            self.known.changed(None)
        return await self.connection.execute(statement, parameters)

    async def all(self, statement: Executable) -> Sequence[Record]:
        return (await self.run(statement)).all()

    async def first(self, statement: Executable) -> Record | None:
        return (await self.run(statement)).first()

    def new_id(self, prefix: str) -> str:
        return new_id(prefix, self.now)

    async def add_new(self, table: Table, *rows: Json, unique: tuple[str, ...]) -> int:
        """Insert rows unless their unique columns are taken already. How many were inserted; of several, PostgreSQL does not
        tell (-1)."""
        statement = adding_new(table, unique, sqlite=self.is_sqlite)
        return (await self.say(statement, rows if len(rows) > 1 else rows[0])).rowcount

    async def claim(self, job: Job) -> Record | None:
        """Take the job's turn; None where the row is not due any more."""
        table = work.WORK[job.kind]
        self.known.changed(table.name)
        row = await work.claim(self.connection, job, self.now)
        if row is not None:
            self.known.keep(table.name, by_id(row.id), [row], locked=True)
        return row

    async def settle(
        self, kind: str, row: Record, *, due_at: datetime | None = None, tries: int = 0, parked: str | None = None
    ) -> None:
        """End the turn. Raises TurnLost, which rolls everything back."""
        self.known.changed(work.WORK[kind].name)
        await work.settle(self.connection, kind, row, due_at=due_at, tries=tries, parked=parked)

    async def wake(self, kind: str, row_id: str, at: datetime | None = None, *, only_earlier: bool = False) -> None:
        """Make the row due (now, unless said otherwise) and say "go" when this transaction is durable."""
        when, due_at = at or self.now, await self._due_at(kind, row_id)
        if only_earlier and due_at is not None and due_at <= when:
            return
        self.known.changed(work.WORK[kind].name)
        job = await work.make_due(self.connection, kind, row_id, self.exporter_id, when, only_earlier=only_earlier)
        if job is not None and (at is None or at <= self.now):
            self.woken.append(job)

    async def _due_at(self, kind: str, row_id: str) -> datetime | None:
        """As far as it is known. Of a poll on PostgreSQL a turn of another transaction's may be ending just now."""
        if kind == "poll" and not self.is_sqlite:
            row: Any = await work.beside(self.connection, kind, row_id, self.exporter_id)
            return row.due_at if row and not row.held else None
        rows = self.known.answer(work.WORK[kind].name, by_id(row_id))
        return rows[0].due_at if rows else None

    def go(self, kind: str, row_id: str) -> None:
        """Say "go" for a row that this transaction added with `due_at=now`."""
        self.woken.append(Job(kind, row_id, self.exporter_id))

    def note(
        self,
        action: str,
        subject_id: str,
        *,
        chain: str | None = None,
        before: Json | None = None,
        after: Json | None = None,
    ) -> None:
        """An audit entry, written with the transaction. `chain` is the return it concerns."""
        if chain:
            self.stirred.add(chain)
        self._entries.append(
            audit.Entry(
                chain or self.exporter_id, self.exporter_id, self.now, self.actor, action, subject_id, before, after
            )
        )

    async def last_words(self) -> None:
        """The transaction's last statements: its audit entries."""
        if self._entries:
            await audit.append(self.connection, self._entries, self.known.is_new, locks=not self.is_sqlite)

    async def alone_with(self, return_ids: Collection[str]) -> None:
        """Wait until no other transaction is at its last words about these returns; what those wrote is seen from then on."""
        if not self.is_sqlite:
            held = {entry.chain for entry in self._entries}
            await audit.lock(self.connection, [one for one in return_ids if one not in held])


class Shelf:
    """One table, as this exporter sees it."""

    table: ClassVar[Table]
    prefix: ClassVar[str]
    noun: ClassVar[str]

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    def mine(self) -> Any:
        return select(self.table).where(self.table.c.exporter_id == self.tx.exporter_id)

    async def those(self, *order: str, lock: bool = False, **equal: Any) -> Sequence[Record]:
        """Rows by the values of columns, in the order of others. `lock` holds them until the end."""
        question = (order, tuple(equal.items()))
        rows = self.tx.known.answer(self.table.name, question)
        if rows is None:
            words = tuple((name, equal.pop(name)) for name in WORDS if name in equal)
            asked = {f"this_{name}": value for name, value in equal.items()} | {"mine": self.tx.exporter_id}
            rows = (await self.tx.say(those(self.table, tuple(equal), order, words=words, lock=lock), asked)).all()
            self.tx.known.keep(self.table.name, question, rows, locked=lock)
        return rows

    async def that(self, *, lock: bool = False, **equal: Any) -> Record | None:
        """The one row with these values, if there is any."""
        rows = await self.those(lock=lock, **equal)
        return rows[0] if rows else None

    async def find(self, row_id: str) -> Record | None:
        return await self.that(id=row_id)

    async def get(self, row_id: str, *, lock: bool = False) -> Record:
        """Raises NotFound, the same whether it is nobody's or somebody else's. `lock` holds it until the end."""
        row = await self.that(lock=lock, id=row_id)
        if row is None:
            raise NotFound(f"no such {self.noun}")
        return row

    async def add(self, **values: Any) -> str:
        return str((await self.added(**values)).id)

    async def added(self, **values: Any) -> Record:
        """Add a row and give it back, with what the table itself puts in."""
        mine = {"id": values.get("id") or self.tx.new_id(self.prefix), "exporter_id": self.tx.exporter_id}
        row = await adding(self.table).add(self.tx.connection, values | mine)
        self.tx.known.born(self.table.name, row.id, row)
        return row

    async def add_new(self, *unique: str, **values: Any) -> bool:
        """Add a row unless there is one that is the same in these columns. Whether it was added."""
        mine = {"id": self.tx.new_id(self.prefix), "exporter_id": self.tx.exporter_id}
        return await self.tx.add_new(self.table, mine | values, unique=unique) == 1

    async def add_all(self, rows: Sequence[Json]) -> None:
        """Many rows in one statement; each brings its id."""
        if rows:
            mine = {"exporter_id": self.tx.exporter_id}
            await self.tx.say(adding(self.table), [{**mine, **row} for row in rows])

    async def set(self, row_id: str, **values: Any) -> None:
        await self.tx.say(changing(self.table), {"this_id": row_id, "mine": self.tx.exporter_id, **values})

    async def page(self, *conditions: Any, after: tuple[datetime, str] | None, limit: int) -> Sequence[Record]:
        """Newest first, stable; `after` is the last row's (created_at, id) of the page before."""
        columns = self.table.c
        statement = self.mine().where(*conditions)
        if after:
            at, row_id = after
            statement = statement.where(
                (columns.created_at < at) | ((columns.created_at == at) & (columns.id < row_id))
            )
        return await self.tx.all(statement.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit))
