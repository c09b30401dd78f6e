"""What a transaction knows by now, and need not ask.

Three things are known for certain: an answer that nobody else can change before the end; what refers to a row that this
transaction added, of which nobody else has heard; and, where all writing passes one connection (SQLite), what that connection
has read or written before.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Row

from gateway.store.prepared import Stored

K = TypeVar("K")
V = TypeVar("V")
Record = Stored | Row[Any]
"""One row, its columns as attributes, in the types of its table."""
Question = tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]
"""Columns to order by, and values of columns."""
SETTINGS = frozenset({"accounts", "sources", "channels", "endpoints", "terms"})
"""How an exporter is set up: small tables that hardly ever change."""
ROWS = SETTINGS | {"returns", "shipments", "attempts"}
"""What one job after another reads by its id."""
MANY = 1_000
"""What is remembered of one table, at most."""


def by_id(row_id: str) -> Question:
    return (), (("id", row_id),)


class Memory:
    """What the one connection that writes (SQLite) remembers between transactions: nothing changes but through it.

    It holds what the connection would read now, uncommitted rows and all, so a rollback forgets everything.
    """

    def __init__(self) -> None:
        self._answers: dict[str, dict[tuple[str, Question], Sequence[Record]]] = {}
        self._rows: dict[str, dict[str, Record]] = {}
        self.ends: dict[str, tuple[int, str]] = {}
        """The last number and digest of chains of the audit."""

    def forget(self) -> None:
        self._answers.clear()
        self._rows.clear()
        self.ends.clear()

    def changed(self, table: str, row_id: str | None, *, added: bool) -> None:
        """Rows were added to it; or this row, or nobody can tell which, was changed."""
        self._answers.pop(table, None)
        if row_id is not None:
            self._rows.get(table, {}).pop(row_id, None)
        elif not added:
            self._rows.pop(table, None)

    def answer(self, exporter_id: str, table: str, question: Question) -> Sequence[Record] | None:
        order, equal = question
        if table in ROWS and not order and len(equal) == 1 and equal[0][0] == "id":
            row = self._rows.get(table, {}).get(equal[0][1])
            return [row] if row is not None and row.exporter_id == exporter_id else None
        return self._answers.get(table, {}).get((exporter_id, question))

    def keep(self, exporter_id: str, table: str, question: Question, rows: Sequence[Record]) -> None:
        if table in ROWS:
            _room(self._rows.setdefault(table, {})).update((row.id, row) for row in rows[:MANY])
        if table in SETTINGS:
            _room(self._answers.setdefault(table, {}))[exporter_id, question] = rows

    def end(self, chain: str, end: tuple[int, str]) -> None:
        _room(self.ends)[chain] = end


def _room(kept: dict[K, V]) -> dict[K, V]:
    if len(kept) >= MANY:
        kept.clear()
    return kept


class Known:
    """Of one transaction, for one exporter. `alone`: nobody else writes while it lasts."""

    def __init__(self, exporter_id: str, memory: Memory | None, *, alone: bool) -> None:
        self._exporter_id = exporter_id
        self._memory = memory
        self._alone = alone
        self._answers: dict[str, dict[Question, Sequence[Record]]] = {}
        self._born: set[str] = set()
        self._added: dict[str, list[Record]] = {}
        self._blurred: set[str] | None = set()

    def answer(self, table: str, question: Question) -> Sequence[Record] | None:
        """The rows, where they cannot be others by now; None where the database must be asked."""
        known = self._answers.get(table)
        rows = known.get(question) if known else None
        if rows is None and self._memory is not None:
            rows = self._memory.answer(self._exporter_id, table, question)
        if rows is None and self._born and self._sees(table):
            rows = self._among_added(table, question)
        return rows

    def keep(self, table: str, question: Question, rows: Sequence[Record], *, locked: bool) -> None:
        """Remember an answer of the database, as far as it will hold."""
        if not (self._alone or (locked and rows)):
            return
        self._answers.setdefault(table, {})[question] = rows
        if self._memory is not None:
            self._memory.keep(self._exporter_id, table, question, rows)

    def is_new(self, row_id: str) -> bool:
        """Whether this transaction added it: nobody else can refer to it yet."""
        return row_id in self._born

    def born(self, table: str, row_id: str, row: Record) -> None:
        """This transaction has added a row."""
        self._born.add(row_id)
        self._answers.pop(table, None)
        self.keep(table, by_id(row_id), [row], locked=True)
        if self._sees(table):
            self._added.setdefault(table, []).append(row)

    def changed(self, table: str | None) -> None:
        """Something was written to it; None where nobody can tell to which."""
        if table is None:
            self._answers.clear()
            self._blurred = None
            return
        self._answers.pop(table, None)
        if self._blurred is not None:
            self._blurred.add(table)

    def _sees(self, table: str) -> bool:
        """Whether every row that this transaction wrote to it is at hand as it stands."""
        return self._blurred is not None and table not in self._blurred

    def _among_added(self, table: str, question: Question) -> Sequence[Record] | None:
        """What refers to a row of ours can only be ours."""
        order, equal = question
        if not any(value in self._born for _, value in equal if isinstance(value, str)):
            return None
        ours = [row for row in self._added.get(table, ()) if all(getattr(row, name) == value for name, value in equal)]
        return sorted(ours, key=lambda row: [getattr(row, name) for name in order]) if len(ours) > 1 else ours
