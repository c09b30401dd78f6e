"""SQLite's connections: one writer with group commit, and readers.

SQLite has one writing connection, which also does the checkpoints (before 3.51.3 a checkpoint that races another
connection's commit can corrupt the file). Transactions that queue for it share one COMMIT: each runs in a savepoint of its
own, the last of the queue syncs, and only then do all of them return. An answer is never given before its disk sync.

The writer's statements run on the event loop's own thread: they take microseconds (nothing is synced before COMMIT), a hop
to another thread and back takes ten times that. Only COMMIT, which waits for the disk, goes to a thread. Reading has a
pool of its own with threads, so that a long query holds up nobody.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Executable, create_engine, event
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.engine import CursorResult, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from gateway.store.known import Memory
from gateway.store.prepared import Sent

BATCH = 128
"""Transactions that may share one COMMIT; bounds how long the first of them waits."""
DURABLE = "synchronous=FULL"


class Here:
    """A SQLite connection that answers at once, on this thread."""

    def __init__(self, connection: SyncConnection, *, writes: bool = False) -> None:
        self.sync = connection
        self.memory = Memory() if writes else None
        self.dialect = connection.dialect
        self._driver: Any = connection.connection.dbapi_connection
        self._version: Any = None

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]:
        if not statement.is_select:
            self.forget()
        return self.sync.execute(statement, parameters)

    async def send(self, text: str, values: Any, /) -> Sent:
        """Past SQLAlchemy, whose way round costs eight times the statement."""
        try:
            if isinstance(values, list):
                return (), self._driver.executemany(text, values).rowcount
            cursor = self._driver.execute(text, values)
            return cursor.fetchall(), cursor.rowcount
        except sqlite3.Error as error:
            raise self._as_told(text, error) from error

    def forget(self) -> None:
        """What was read may be what is rolled back, or what is changed now."""
        if self.memory is not None:
            self.memory.forget()

    def begin(self) -> None:
        """Take the database for writing. What is known lasts only while nobody else has written to the file."""
        self.driver_sql("BEGIN IMMEDIATE")
        version = self._run("PRAGMA data_version").fetchone()
        if version != self._version:
            self.forget()
        self._version = version

    def driver_sql(self, statement: str) -> None:
        self._run(statement)

    def _run(self, statement: str) -> Any:
        try:
            return self._driver.execute(statement)
        except sqlite3.Error as error:
            raise self._as_told(statement, error) from error

    def _as_told(self, text: str, error: sqlite3.Error) -> Exception:
        """The driver's error as SQLAlchemy tells it."""
        return DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True, dialect=self.dialect)


def _pragmas(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def settle(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("busy_timeout=5000", "foreign_keys=ON", "temp_store=MEMORY", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _cache_kib() -> int:
    """A sixteenth of the machine's memory, at most half a GB: what polling reads of a million shipments stays in it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    return int(min(memory // 16, 512 * 1024))


def open_writer(path: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        isolation_level="AUTOCOMMIT",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "cached_statements": 1000},  # all that is ever prepared
        hide_parameters=True,  # an error's text goes to the log, and the parameters are people's names
    )
    _pragmas(engine, "journal_mode=WAL", DURABLE, f"cache_size=-{_cache_kib()}")
    return engine


def open_glances(path: str) -> Engine:
    engine = create_engine(
        f"sqlite:///file:{path}?mode=ro&uri=true",
        isolation_level="AUTOCOMMIT",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    _pragmas(engine, "query_only=ON", "wal_autocheckpoint=0")
    return engine


def open_readers(path: str) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true",
        isolation_level="AUTOCOMMIT",
        pool_size=4,
        max_overflow=0,
        hide_parameters=True,
    )
    _pragmas(engine.sync_engine, "query_only=ON", "wal_autocheckpoint=0")
    return engine


class Writer:
    """The one writing connection: transactions pass a turnstile one by one and share the sync at the end of the queue."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._here: Here | None = None
        self._turnstile = asyncio.Lock()
        self._waiting = 0
        self._batch: asyncio.Future[None] | None = None
        self._members = 0

    async def close(self) -> None:
        async with self._turnstile:
            if self._here is not None:
                self._here.sync.close()
                self._here = None
            self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Here]:
        here, batch = await self._enter()
        try:
            yield here
        except BaseException:
            if self._leave(here, keep=False):
                await asyncio.shield(self._commit_and_go(here))
            raise
        if self._leave(here, keep=True):
            await asyncio.shield(self._commit_and_go(here))
        await asyncio.shield(batch)

    async def _enter(self) -> "tuple[Here, asyncio.Future[None]]":
        self._waiting += 1
        try:
            await self._turnstile.acquire()
        except asyncio.CancelledError:
            self._waiting -= 1
            await asyncio.shield(self._stand_in())
            raise
        self._waiting -= 1
        try:
            return self._join()
        except BaseException:
            self._turnstile.release()
            raise

    async def _stand_in(self) -> None:
        """Sync for those who left it to one behind them that will never come. Whoever is inside or queues does it himself."""
        if self._waiting == 0 and not self._turnstile.locked():
            async with self._turnstile:
                if self._batch is not None and self._here is not None:
                    await self._commit(self._here)

    def _join(self) -> "tuple[Here, asyncio.Future[None]]":
        if self._here is None:
            self._here = Here(self._engine.connect(), writes=True)
        if self._batch is None:
            self._begin(self._here)
            self._batch = asyncio.get_running_loop().create_future()
            self._batch.add_done_callback(lambda done: done.exception())  # even if every waiter has gone
        else:
            try:
                self._here.driver_sql("SAVEPOINT one")
            except DBAPIError as error:
                self._give_up(self._here, error)
                raise
        self._members += 1
        return self._here, self._batch

    def _begin(self, here: Here) -> None:
        try:
            here.begin()
        except DBAPIError:
            self._roll_back(here)
            raise

    def _leave(self, here: Here, *, keep: bool) -> bool:
        """Close the savepoint. Whether this one is the last of the queue, for now; else the turnstile is open again."""
        is_last = False
        try:
            if self._members == 1 and not keep:
                self._give_up(here, None)
                return False
            stands = self._members == 1 or self._close_savepoint(here, keep=keep)
            is_last = stands and self._is_time()
        finally:
            if not is_last:
                self._turnstile.release()
        return is_last

    def _is_time(self) -> bool:
        return self._waiting == 0 or self._members >= BATCH

    async def _commit_and_go(self, here: Here) -> None:
        """The turnstile opens here and not in `transaction`: a cancelled one must not let the next in during its COMMIT.
        Whoever has come to queue in the meantime syncs for all."""
        try:
            if self._is_time():
                await self._commit(here)
        finally:
            self._turnstile.release()

    def _close_savepoint(self, here: Here, *, keep: bool) -> bool:
        try:
            if not keep:
                here.forget()
                here.driver_sql("ROLLBACK TO one")
            here.driver_sql("RELEASE one")
        except DBAPIError as error:  # on a full disk SQLite rolls everything back by itself: nobody's lines are left
            self._give_up(here, error)
            return False
        return True

    async def _commit(self, here: Here) -> None:
        try:
            await asyncio.to_thread(here.driver_sql, "COMMIT")
        except Exception as error:
            self._give_up(here, error)
        else:
            self._end(None)

    def _give_up(self, here: Here, error: Exception | None) -> None:
        self._end(error)
        self._roll_back(here)

    def _end(self, error: Exception | None) -> None:
        batch, self._batch, self._members = self._batch, None, 0
        if batch is None:
            return
        if error is None:
            batch.set_result(None)
        else:
            batch.set_exception(error)

    def _roll_back(self, here: Here) -> None:
        here.forget()
        try:
            here.driver_sql("ROLLBACK")
        except DBAPIError:  # SQLite has already rolled back by itself, as it does on a full disk
            here.sync.close()
            self._here = None
