"""Migrations: additive, by Alembic, on either database, safe to run twice and by two processes at once."""

import asyncio
import threading
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.store.database import Database

HERE = Path(__file__).parent
ONE_AT_A_TIME = 7_461_170_901  # an advisory lock of ours: two processes that start together migrate once
_ALEMBIC = (
    threading.Lock()
)  # its `op` is the whole process's: two migrations at once would write into each other's database


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> str:
    """Bring the tables up to date; the revision they are at."""
    if database.is_sqlite:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        return await asyncio.to_thread(_migrate_sqlite, str(database.path))
    return await asyncio.to_thread(lambda: asyncio.run(_migrate_postgres(database.url)))


async def _migrate_postgres(url: URL) -> str:
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            with _ALEMBIC:
                return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _migrate_sqlite(path: str) -> str:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with _ALEMBIC, engine.begin() as connection:
            return _upgrade(connection)
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> str:
    command.upgrade(_config(connection), "head")
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The revision that this code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def current(database: Database) -> str | None:
    """The revision of the database, None where it was never migrated."""
    async with database.reading() as connection:
        found: Any = None
        try:
            found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        except Exception:
            return None
        return str(found) if found else None
