"""PostgreSQL's connections: what the server ended is not given out, a cut transaction stays nowhere, errors quote no row."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import column, insert, literal_column, select, table

from gateway.store import postgres
from gateway.store.database import Database, Raced, StoreUnavailable
from gateway.store.prepared import Prepared

pytestmark = pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
PID = Prepared(select(literal_column("pg_backend_pid()").label("pid")))


@pytest.fixture
async def single(store_url: str) -> AsyncIterator[Database]:
    """A database with one connection."""
    opened = Database(store_url, pool=1)
    yield opened
    await opened.close()


@pytest.fixture
async def beside(store_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Another connection, of nobody's."""
    connection = await asyncpg.connect(store_url)
    yield connection
    await connection.close()


async def pid_of(database: Database) -> int:
    async with database.writing() as connection:
        return int((await PID.run(connection, {})).all()[0].pid)


async def test_a_connection_that_the_server_ended_is_not_given_out(
    single: Database, beside: asyncpg.Connection
) -> None:
    pid = await pid_of(single)
    await beside.execute("SELECT pg_terminate_backend($1, 1000)", pid)
    assert await pid_of(single) != pid


DYING = b"E\x00\x00\x00\x13SFATAL\x00C57P01\x00\x00"
"""PostgreSQL's last word to a connection that an operator ends. Its end follows a moment later."""


async def test_one_whose_end_is_just_being_heard_is_not_written_to(single: Database) -> None:
    pid = await pid_of(single)
    async with single.reading() as connection:
        connection.driver._protocol.data_received(DYING)  # type: ignore[attr-defined]
        assert not connection.driver.is_closed()  # type: ignore[attr-defined]
    assert await pid_of(single) != pid


async def test_nor_read_from_as_if_the_fault_were_ours(single: Database) -> None:
    pid = await pid_of(single)

    async def read() -> None:
        async with single.reading() as connection:
            connection.driver._protocol.data_received(DYING)  # type: ignore[attr-defined]
            await PID.run(connection, {})

    with pytest.raises(StoreUnavailable):
        await read()
    assert await pid_of(single) != pid


async def test_one_that_was_quiet_is_asked_whether_it_is_there(
    single: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    ping = single._readers.dialect.do_ping

    def asks(connection: object) -> bool:
        asked.append(1)
        return ping(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(single._readers.dialect, "do_ping", asks)
    await pid_of(single)
    await pid_of(single)
    assert asked == []
    monkeypatch.setattr(postgres, "QUIET_SECONDS", -1.0)
    await pid_of(single)
    assert asked == [1]


async def test_a_transaction_whose_end_was_cut_off_stays_in_no_connection(single: Database) -> None:
    before = await pid_of(single)
    async with single.reading() as connection:
        await connection.driver.execute("BEGIN")  # type: ignore[attr-defined]
    async with single.reading() as connection:
        assert not connection.driver.is_in_transaction()  # type: ignore[attr-defined]
    assert await pid_of(single) != before


async def test_a_cancelled_transaction_leaves_nothing(single: Database, beside: asyncpg.Connection) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with single.writing() as connection:
            await connection.driver.execute("CREATE TABLE left_behind (x int)")  # type: ignore[attr-defined]
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await beside.fetchval("SELECT to_regclass('left_behind')") is None
    await pid_of(single)


async def test_what_is_there_already_is_a_race_and_is_not_quoted(single: Database, beside: asyncpg.Connection) -> None:
    await beside.execute("CREATE TABLE people (name text UNIQUE)")
    adding = Prepared(insert(table("people", column("name"))))

    async def add() -> None:
        async with single.writing() as connection:
            await adding.run(connection, {"name": "Ola Nordmann"})

    try:
        await add()
        with pytest.raises(Raced) as raised:
            await add()
    finally:
        await beside.execute("DROP TABLE people")
    told: BaseException | None = raised.value
    while told is not None:
        assert "Nordmann" not in str(told)
        told = told.__cause__


async def test_a_statement_whose_types_changed_is_prepared_anew(single: Database, beside: asyncpg.Connection) -> None:
    await beside.execute("CREATE TABLE shifting (x int)")
    try:
        asking = Prepared(select(column("x")).select_from(table("shifting", column("x"))))
        async with single.reading() as connection:
            await asking.run(connection, {})
        await beside.execute("ALTER TABLE shifting ALTER x TYPE text")
        with pytest.raises(Exception, match="cached"):
            async with single.reading() as connection:
                await asking.run(connection, {})
        async with single.reading() as connection:
            assert (await asking.run(connection, {})).all() == []
    finally:
        await beside.execute("DROP TABLE shifting")
