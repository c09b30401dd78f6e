"""The migrations make the tables that the code means, on both databases, and may be run by anybody at any time."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.store import migrations, tables
from gateway.store.database import Database
from tests.house import servers


@pytest.fixture
async def fresh(profile: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database that nobody has migrated."""
    if profile == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'sub' / 'fresh.db'}")
        yield opened
        await opened.close()
        return
    server: servers.Postgres = request.getfixturevalue("postgres")
    async with server.bare_database() as url:
        opened = Database(url)
        yield opened
        await opened.close()


async def look(database: Database, question: Any) -> Any:
    driver = "sqlite+aiosqlite" if database.is_sqlite else "postgresql+asyncpg"
    engine = create_async_engine(database.url.set(drivername=driver), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(question)
    finally:
        await engine.dispose()


def differences(connection: Connection) -> list[Any]:
    def ours(name: str | None, kind: str, parents: Any) -> bool:
        return not (kind == "table" and (name or "").startswith("pgqueuer"))

    context = MigrationContext.configure(
        connection,
        opts={"include_name": ours, "compare_type": True, "compare_server_default": True},
    )
    return list(compare_metadata(context, tables.metadata))


def index_clauses(connection: Connection) -> dict[str, str]:
    """The `WHERE` of each partial index, as the database has it: Alembic does not compare them."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'")
        )
    else:
        rows = connection.execute(
            text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%WHERE%'")
        )
    return {name: str(made).partition("WHERE")[2] for name, made in rows if not name.startswith("pgqueuer")}


async def test_the_migrated_tables_are_those_of_the_code(fresh: Database) -> None:
    revision = await migrations.migrate(fresh)
    assert revision == migrations.newest() == await migrations.current(fresh)
    assert await look(fresh, differences) == []


async def test_the_partial_indexes_are_partial_in_the_database(fresh: Database) -> None:
    await migrations.migrate(fresh)
    clauses = await look(fresh, index_clauses)
    dialect = "sqlite" if fresh.is_sqlite else "postgresql"
    meant = {
        index.name: str(where)
        for table in tables.metadata.tables.values()
        for index in table.indexes
        if (where := index.dialect_options[dialect]["where"]) is not None
    }
    assert {name: words(clause) for name, clause in clauses.items()} == {
        name: words(clause) for name, clause in meant.items()
    }
    assert words(clauses["uq_attempts_slot"]) == ["live", "sending", "unknown"]


def words(clause: str) -> list[str]:
    """What a condition compares with; each database writes the rest in its own way."""
    return sorted(re.findall(r"'(\w+)'", clause))


async def test_running_again_changes_nothing(fresh: Database) -> None:
    first = await migrations.migrate(fresh)
    before = await look(fresh, lambda connection: sorted(inspect(connection).get_table_names()))
    assert await migrations.migrate(fresh) == first
    assert await look(fresh, lambda connection: sorted(inspect(connection).get_table_names())) == before


async def test_several_that_start_together_migrate_once(postgres: servers.Postgres) -> None:
    async with postgres.bare_database() as url:
        several = [Database(url) for _ in range(4)]
        revisions = await asyncio.gather(*(migrations.migrate(one) for one in several))
        assert set(revisions) == {migrations.newest()}
        assert await look(several[0], differences) == []
        for one in several:
            await one.close()


async def test_several_databases_are_migrated_at_once(tmp_path: Path) -> None:
    several = [Database(f"sqlite:///{tmp_path / str(number)}.db") for number in range(4)]
    await asyncio.gather(*(migrations.migrate(one) for one in several))
    for one in several:
        assert await look(one, differences) == []
        await one.close()


async def test_a_database_that_was_never_migrated_says_so(fresh: Database) -> None:
    if fresh.is_sqlite:
        fresh.path.parent.mkdir()
        fresh.path.touch()
    assert await migrations.current(fresh) is None
