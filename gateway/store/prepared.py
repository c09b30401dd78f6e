"""Statements that are compiled once and go to the driver as they are, and rows that are read column by column.

Building, compiling and unpacking a statement costs SQLAlchemy twenty times what SQLite takes to run it. A statement that
stands in a job's way is therefore built once, compiled once for each set of parameters it is given, and run as text with
its values in order. The types of the tables hold on both ways: values go out and come back through the same column types.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Protocol

from sqlalchemy import Executable, Insert, UpdateBase
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from schemas.values import Json

Turn = Callable[[Any], Any] | None
"""How a value is turned from or into what the driver takes; None where it is the same."""


class Stored:
    """One row, its columns as attributes. A column is turned into its type when it is first asked for: a stored document
    that nobody looks at is never parsed."""

    __slots__ = ("__dict__", "_columns", "_values")

    def __init__(self, columns: dict[str, tuple[int, Turn]], values: Sequence[Any]) -> None:
        self._columns = columns
        self._values = values

    def __getattr__(self, name: str) -> Any:
        try:
            place, turn = self._columns[name]
        except KeyError:
            raise AttributeError(name) from None
        value = self._values[place]
        if turn is not None:
            value = turn(value)
        self.__dict__[name] = value
        return value

    @property
    def _fields(self) -> tuple[str, ...]:
        """The names of the columns, as SQLAlchemy's rows tell them."""
        return tuple(self._columns)


class Rows:
    """What a statement gave: its rows, and how many rows it concerned."""

    __slots__ = ("_columns", "_values", "rowcount")

    def __init__(self, columns: dict[str, tuple[int, Turn]], values: Sequence[Sequence[Any]], rowcount: int) -> None:
        self._columns = columns
        self._values = values
        self.rowcount = rowcount

    def first(self) -> Stored | None:
        return Stored(self._columns, self._values[0]) if self._values else None

    def all(self) -> list[Stored]:
        return [Stored(self._columns, values) for values in self._values]

    def tuples(self) -> list[tuple[Any, ...]]:
        """The rows as plain tuples, turned a column at a time: for very many rows of which everything is looked at."""
        turns = [turn for _, turn in self._columns.values()]
        columns = zip(zip(*self._values, strict=True), turns, strict=False)
        return list(zip(*(one if turn is None else map(turn, one) for one, turn in columns), strict=True))


class Columns:
    """Very many rows as their columns, each a sequence or one value `repeat`ed; one at least is a sequence."""

    __slots__ = ("by_name", "many")

    def __init__(self, **by_name: "Sequence[Any] | repeat[Any]") -> None:
        self.by_name = by_name
        self.many = next(len(column) for column in by_name.values() if not isinstance(column, repeat))

    def parts(self, size: int) -> Iterator["Columns"]:
        for start in range(0, self.many, size):
            end = start + size
            yield Columns(
                **{key: one if isinstance(one, repeat) else one[start:end] for key, one in self.by_name.items()}
            )


class Remembers(Protocol):
    """What a connection knows of the tables."""

    def changed(self, table: str, row_id: str | None, *, added: bool) -> None: ...


class Sends(Protocol):
    """A connection that takes text and values in order, as it is."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def memory(self) -> "Remembers | None": ...
    async def send(self, text: str, values: Any, /) -> "Sent": ...


BLOCK = 250
"""Rows that one INSERT writes where they come by columns: a third of SQLite's time would go into beginning anew."""
Sent = tuple[Sequence[Sequence[Any]], int]
"""The rows that came back, and how many were concerned."""


class _Form:
    """A statement compiled for one dialect and one set of parameters."""

    def __init__(self, statement: Executable, names: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        head, inserts, row = self.text.rpartition(" VALUES ")
        plain = inserts and dialect.name == "sqlite" and row.endswith(")") and " ON CONFLICT " not in row
        self.block = f"{head}{inserts}{', '.join([row] * BLOCK)}" if plain else ""
        defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}  # type: ignore[union-attr]
        order = list(compiled.positiontup or ())
        self._places = [_place(name, compiled.binds[name], name in names, defaults, dialect) for name in order]
        self.columns = _read_by(getattr(statement, "exported_columns", ()), dialect)
        self.written = _read_by(statement.table.columns, dialect) if isinstance(statement, Insert) else {}
        """Every column of the table that an INSERT writes to."""
        self._said_at = [order.index(name) if name in order else -1 for name in self.written]

    def values(self, asked: Json) -> tuple[Any, ...]:
        return tuple(
            [
                fixed if name is None else asked[name] if turn is None else turn(asked[name])
                for name, turn, fixed in self._places
            ]
        )

    def row(self, values: Sequence[Any]) -> Stored:
        """The row that an INSERT of these values writes: what a table puts in by itself is among them."""
        said = (*values, None)
        return Stored(self.written, [said[place] for place in self._said_at])

    def rows(self, columns: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        turned = [repeat(fixed) if name is None else _turned(columns[name], turn) for name, turn, fixed in self._places]
        return list(zip(*turned, strict=False))


def _read_by(columns: Iterable[Any], dialect: Dialect) -> dict[str, tuple[int, Turn]]:
    """The place of each column, and what turns its values."""
    return {
        column.key: (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for place, column in enumerate(columns)
    }


def _turned(column: Iterable[Any], turn: Turn) -> Iterable[Any]:
    if turn is None:
        return column
    return repeat(turn(next(column))) if isinstance(column, repeat) else map(turn, column)


def _place(
    name: str, bind: Any, is_asked: bool, defaults: dict[str, Any], dialect: Dialect
) -> tuple[str | None, Turn, Any]:
    turn = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if is_asked:
        return name, turn, None
    if bind.required:
        raise ValueError(f"the statement needs {name}")
    fixed = defaults.get(name, bind.value)
    return None, None, turn(fixed) if turn else fixed


def _leaves_the_rest(statement: Insert) -> bool:
    """Whether it only adds rows: one that changes those that are there already has a clause that says so."""
    return "UPDATE" not in type(statement._post_values_clause).__name__.upper()


class Prepared:
    """A statement, built once. Its parameters are names: in `bindparam`, or the columns that are written. A row that is
    changed by its id has the name `this_id`."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self.changes = str(statement.table) if isinstance(statement, UpdateBase) else ""
        """The table that it writes to."""
        self._adds = isinstance(statement, Insert) and _leaves_the_rest(statement)
        self._forms: dict[tuple[str, ...], _Form] = {}

    async def run(self, connection: Sends, asked: Json | Sequence[Json] | Columns) -> Rows:
        """Run it with these values; with several of them once for each, which tells no rows."""
        if self.changes and connection.memory is not None:
            row_id = asked.get("this_id") if isinstance(asked, dict) else None
            connection.memory.changed(self.changes, row_id, added=self._adds)
        if isinstance(asked, dict):
            form = self._form(asked, connection.dialect)
            return Rows(form.columns, *await connection.send(form.text, form.values(asked)))
        if isinstance(asked, Columns):
            return await self._run_columns(connection, asked)
        form = self._form(asked[0], connection.dialect)
        return Rows(form.columns, *await connection.send(form.text, [form.values(one) for one in asked]))

    async def add(self, connection: Sends, asked: Json) -> Stored:
        """Insert one row, and have it as it stands now."""
        if connection.memory is not None:
            connection.memory.changed(self.changes, None, added=True)
        form = self._form(asked, connection.dialect)
        values = form.values(asked)
        await connection.send(form.text, values)
        return form.row(values)

    async def _run_columns(self, connection: Sends, asked: Columns) -> Rows:
        form = self._form(asked.by_name, connection.dialect)
        rows = form.rows(asked.by_name)
        in_blocks = len(rows) // BLOCK * BLOCK if form.block else 0
        for start in range(0, in_blocks, BLOCK):
            await connection.send(form.block, tuple(chain.from_iterable(rows[start : start + BLOCK])))
        if rest := rows[in_blocks:]:
            await connection.send(form.text, rest)
        return Rows(form.columns, (), len(rows))

    def _form(self, asked: Iterable[str], dialect: Dialect) -> _Form:
        key = (dialect.name, *asked)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _Form(self._statement, key[1:], dialect)
        return form
