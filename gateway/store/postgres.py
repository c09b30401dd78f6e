"""PostgreSQL's connections: a pool of SQLAlchemy's, whose connections are worked with as the driver gives them.

A booking is some fifty statements, and on the way each is worth more than in the database. So no checkout asks whether a
connection that was used a moment ago is there, what is read needs no BEGIN and ROLLBACK around it, and a prepared statement
goes to the driver past SQLAlchemy. The connection that was given back last is given out first: it has the statements prepared
and its process the tables at hand.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.store.prepared import Sent

QUIET_SECONDS = 1.0
"""A connection that was given back longer ago is asked whether it is there. One whose end the server has told is known to be
gone, however lately it was used."""
GONE = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""What the driver says of a connection whose end has come: heard, being heard just now, or the reason of it."""
STATEMENTS = 500
"""Prepared on one connection, at most; all that is ever prepared fits."""


class Over:
    """A connection to PostgreSQL. Each statement is durable by itself, unless a transaction of the driver's is around it."""

    memory = None

    def __init__(self, connection: AsyncConnection, raw: Any) -> None:
        self.dialect = connection.dialect
        self.execute = connection.execute
        self.invalidate = connection.invalidate
        self.driver: asyncpg.Connection = raw.driver_connection
        self._prepared: dict[str, Any] = raw.info.setdefault("prepared", {})

    async def send(self, text: str, values: Any, /) -> Sent:
        try:
            if isinstance(values, list):
                await self.driver.executemany(text, values)
                return (), -1
            statement = self._prepared.get(text) or await self._prepare(text)
            return await statement.fetch(*values), _concerned(statement.get_statusmsg())
        except asyncpg.PostgresError as error:
            if isinstance(error, asyncpg.InvalidCachedStatementError):  # its columns' types have changed meanwhile
                self._prepared.clear()
            hush(error)
            kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
            raise kind(text, None, error, hide_parameters=True) from error

    async def _prepare(self, text: str) -> Any:
        if len(self._prepared) >= STATEMENTS:
            self._prepared.clear()
        statement = self._prepared[text] = await self.driver.prepare(text)
        return statement


def _concerned(status: str) -> int:
    """How many rows a statement concerned, by its status: `INSERT 0 1`, `UPDATE 2`, `SELECT 3`."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else -1


def open_pool(url: URL, size: int) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        isolation_level="AUTOCOMMIT",
        pool_size=size,
        max_overflow=0,
        pool_timeout=2,
        pool_use_lifo=True,
        connect_args={"timeout": 2, "command_timeout": 30},
        hide_parameters=True,
    )

    def given_out(connection: Any, record: Any, proxy: Any) -> None:
        if record.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - record.info.get("given_back", time.monotonic()) > QUIET_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except away as error:
                raise InvalidatePoolError from error

    def given_back(connection: Any, record: Any) -> None:
        driver = record.driver_connection
        if connection is not None and not driver.is_closed() and driver.is_in_transaction():
            record.invalidate(DisconnectionError("cut off in a transaction"))  # its end was cancelled under way
        record.info["given_back"] = time.monotonic()

    away = (engine.dialect.dbapi.Error, *GONE, OSError, TimeoutError)  # type: ignore[union-attr]
    event.listen(engine.sync_engine, "checkout", given_out)
    event.listen(engine.sync_engine, "checkin", given_back)
    event.listen(engine.sync_engine, "handle_error", lambda context: hush(context.original_exception))
    return engine


@asynccontextmanager
async def over(pool: AsyncEngine) -> AsyncIterator[Over]:
    """A connection for reading what is committed."""
    async with pool.connect() as connection:
        yield Over(connection, await connection.get_raw_connection())


@asynccontextmanager
async def transaction(pool: AsyncEngine) -> AsyncIterator[Over]:
    """One transaction, durable when this returns."""
    async with AsyncExitStack() as stack:
        yield await _begun(pool, stack)


async def _begun(pool: AsyncEngine, stack: AsyncExitStack) -> Over:
    """A connection in which BEGIN went well. The driver knows a connection as closed a moment after it has heard why: within
    that moment BEGIN fails, nothing was said in it, and another takes its place."""
    left = pool.pool.size() + 1  # type: ignore[attr-defined]
    while True:
        left -= 1
        async with AsyncExitStack() as one:
            connection = await one.enter_async_context(over(pool))
            try:
                await one.enter_async_context(connection.driver.transaction())
            except GONE:
                await connection.invalidate()
                if left:
                    continue
                raise
            stack.push_async_exit(one.pop_all())
            return connection


def hush(error: BaseException | None) -> None:
    """PostgreSQL quotes the failing row in its detail: people's names, which belong in no log."""
    while error is not None:
        if hasattr(error, "detail"):
            error.detail = None
        error = error.__cause__
