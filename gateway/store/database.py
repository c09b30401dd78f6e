"""The database behind the store: one engine on PostgreSQL; on SQLite one writer with group commit, and readers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.engine import CursorResult, Dialect, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolBusy
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store import postgres
from gateway.store.known import Memory
from gateway.store.prepared import Sent
from gateway.store.sqlite import Here, Writer, open_glances, open_readers, open_writer
from schemas.errors import Unavailable


class Connection(Protocol):
    """What a transaction runs its statements on, whichever database it is."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def memory(self) -> Memory | None: ...
    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]: ...
    async def send(self, text: str, values: Any, /) -> Sent: ...


class There:
    """A connection that SQLAlchemy runs: those of SQLite that read on threads of their own, and PostgreSQL's snapshots."""

    memory = None

    def __init__(self, connection: AsyncConnection) -> None:
        self.dialect = connection.dialect
        self.execute = connection.execute
        self._connection = connection

    async def send(self, text: str, values: Any, /) -> Sent:
        done = await self._connection.exec_driver_sql(text, values)
        return done.fetchall() if done.returns_rows else (), done.rowcount


LastWords = Callable[[Any], Awaitable[None]]


Raced = IntegrityError
"""Two transactions wrote the same unique thing at once: the second reads what the first wrote, and goes again."""


class StoreUnavailable(Unavailable):
    """The database cannot be reached or cannot write; nothing was changed."""


class Interlocked(StoreUnavailable):
    """Two transactions waited for each other's rows, and the database took this one back: it may go again at once."""


class Database:
    """Opens connections; knows which of the two databases it is."""

    def __init__(self, url: str, *, pool: int = 20) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._readers = open_readers(self.url.database or "")
            self._writer = Writer(open_writer(self.url.database or ""))
            self._glances = open_glances(self.url.database or "")
            self._glance: Here | None = None
        else:
            self._readers = postgres.open_pool(self.url, pool)

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "")

    async def close(self) -> None:
        if self.is_sqlite:
            await self._writer.close()
            if self._glance is not None:
                self._glance.sync.close()
                self._glance = None
            self._glances.dispose()
        await self._readers.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection that sees committed data and cannot hold up the writer."""
        with _Plainly():
            if not self.is_sqlite:
                async with postgres.over(self._readers) as over:
                    yield over
                return
            async with self._readers.connect() as connection:
                yield There(connection)

    @asynccontextmanager
    async def glancing(self) -> AsyncIterator[Connection]:
        """Like `reading`, for a question that an index answers at once: on SQLite it costs no hop to a thread."""
        if not self.is_sqlite:
            async with self.reading() as connection:
                yield connection
            return
        with _Plainly():
            if self._glance is None:
                self._glance = Here(self._glances.connect())
            yield self._glance

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """A connection that sees one moment, however long it reads."""
        with _Plainly():
            async with self._readers.connect() as connection:
                if self.is_sqlite:
                    await connection.exec_driver_sql("BEGIN")
                else:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                yield There(connection)
                if self.is_sqlite:
                    await connection.exec_driver_sql("COMMIT")

    @asynccontextmanager
    async def writing(self, last_words: LastWords | None = None) -> AsyncIterator[Connection]:
        """One transaction, durable when this returns. `last_words` runs as its last statements."""
        with _Plainly():
            async with (
                self._writer.transaction() if self.is_sqlite else postgres.transaction(self._readers) as connection
            ):
                yield connection
                if last_words:
                    await last_words(connection)


AWAY = frozenset({"08", "40", "53", "57", "58"})
"""PostgreSQL's classes of errors that are not the statement's: the connection, a rollback to be tried again, resources (a
full disk, too many connections), an operator's hand, the system."""
READ_ONLY, LOCKED, ROLLED_BACK = "25006", "55P03", "40"


def _is_away(error: BaseException) -> bool:
    """Whether the database is to blame, and the same may go well a moment later."""
    if isinstance(error, (OperationalError, InterfaceError, OSError, TimeoutError, PoolBusy, *postgres.GONE)):
        return True
    if not isinstance(error, (DBAPIError, asyncpg.PostgresError)):  # the engine's own statements go past SQLAlchemy
        return False
    code = _sqlstate(error)
    return getattr(error, "connection_invalidated", False) or code[:2] in AWAY or code in (READ_ONLY, LOCKED)


def _sqlstate(error: BaseException) -> str:
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


class _Plainly:
    """Turns "the database is away, full or locked" into StoreUnavailable; lets our own mistakes through."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or not _is_away(error):
            return
        if _sqlstate(error)[:2] == ROLLED_BACK:
            raise Interlocked("two transactions waited for each other") from error
        raise StoreUnavailable("the database is not available") from error
