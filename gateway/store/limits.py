"""Queries about what must happen in time, and what waits for a person."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import bindparam, func, select, update

from gateway.store import tables
from gateway.store.billing import among
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf
from schemas.values import Json

_TASKS = tables.tasks.c
DONE = Prepared(
    update(tables.tasks).where(
        _TASKS.exporter_id == bindparam("mine"), _TASKS.cause == bindparam("this_cause"), _TASKS.done_at.is_(None)
    )
)


class Deadlines(Shelf):
    table, prefix, noun = tables.deadlines, "ddl", "deadline"

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("due_by", return_id=return_id)

    async def running_of(self, return_ids: Sequence[str]) -> Sequence[Record]:
        """What runs of these returns, the first to end first."""
        columns = self.table.c
        mine = (among(columns.exporter_id, self.tx.exporter_id), columns.return_id.in_(return_ids))
        running = select(self.table).where(*mine, columns.state == "running")
        return await self.tx.all(running.order_by(columns.due_by))

    async def add_new(self, *unique: str, **values: Any) -> bool:
        added = await super().add_new(*unique, **values)
        if added:
            self.tx.limited.add(values["return_id"])
        return added

    async def change(self, row: Record, **values: Any) -> None:
        """Like `set`; what its return's looks say of the first limit follows with the transaction's last words."""
        await self.set(row.id, **values)
        if values.keys() & {"state", "due_by"}:
            self.tx.limited.add(row.return_id)

    async def of_clock(self, clock: str, subject_id: str, about: str = "", *, lock: bool = False) -> Record | None:
        return await self.that(lock=lock, clock=clock, subject_id=subject_id, about=about)


class Acceptances(Shelf):
    table, prefix, noun = tables.acceptances, "acp", "acceptance"

    async def of_return(self, return_id: str) -> Sequence[Record]:
        """Every version, the first first."""
        return await self.those("version", return_id=return_id)

    async def next_version(self, return_id: str) -> int:
        last = select(func.max(self.table.c.version)).where(self.table.c.return_id == return_id)
        return int((await self.tx.run(last)).scalar() or 0) + 1


class Worded(Protocol):
    """What a task is about, as a code with what is given; as text in English."""

    @property
    def code(self) -> str: ...

    @property
    def given(self) -> Mapping[str, str]: ...


def _worded(detail: str | Worded) -> Json:
    """Its columns. Text alone is somebody else's words."""
    if isinstance(detail, str):
        return {"detail": detail, "code": None, "given": None}
    return {"detail": str(detail), "code": detail.code, "given": dict(detail.given)}


class Tasks(Shelf):
    table, prefix, noun = tables.tasks, "tsk", "task"

    async def ask(self, kind: str, cause: str, detail: str | Worded, return_id: str | None = None) -> None:
        """Something for a person; the same cause asks once."""
        await self.ask_all([(kind, cause, detail, return_id)])

    async def ask_all(self, questions: Sequence[tuple[str, str, str | Worded, str | None]]) -> None:
        """Many of (kind, cause, detail, return) at once."""
        rows = [
            {
                "id": self.tx.new_id(self.prefix),
                "exporter_id": self.tx.exporter_id,
                "return_id": return_id,
                "kind": kind,
                "cause": cause,
                **_worded(detail),
                "created_at": self.tx.now,
            }
            for kind, cause, detail, return_id in questions
        ]
        if rows:
            await self.tx.add_new(self.table, *rows, unique=("exporter_id", "cause"))

    async def ask_anew(self, kind: str, cause: str, detail: str | Worded, return_id: str | None = None) -> None:
        """The same, where another question of this cause may stand or be done: what is asked now takes its place."""
        known = await self.that(cause=cause)
        if known is None:
            await self.ask(kind, cause, detail, return_id)
        elif known.kind != kind or known.detail != str(detail) or known.done_at is not None:
            asked = {"kind": kind, **_worded(detail), "created_at": self.tx.now}
            await self.set(known.id, **asked, done_at=None, done_by=None)

    async def open_ones(self, limit: int = 200) -> Sequence[Record]:
        columns = self.table.c
        return await self.tx.all(self.mine().where(columns.done_at.is_(None)).order_by(columns.created_at).limit(limit))

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("created_at", return_id=return_id)

    async def done_like(self, cause: str) -> None:
        """Everything whose cause begins so has been seen to."""
        columns = self.table.c
        await self.tx.run(
            update(self.table)
            .where(
                columns.exporter_id == self.tx.exporter_id,
                columns.cause.startswith(cause, autoescape=True),
                columns.done_at.is_(None),
            )
            .values(done_at=self.tx.now, done_by=self.tx.actor)
        )

    async def done(self, cause: str) -> None:
        """What was asked for has happened."""
        said = {"this_cause": cause, "mine": self.tx.exporter_id, "done_at": self.tx.now, "done_by": self.tx.actor}
        await self.tx.say(DONE, said)
