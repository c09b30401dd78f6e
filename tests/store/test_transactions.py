"""A transaction is durable whole or leaves nothing, and sees nobody else's rows, on both databases."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from gateway.store import tables
from gateway.store.database import Connection, Database, StoreUnavailable
from gateway.store.store import Desk, Store
from gateway.store.transaction import Shelf
from gateway.store.work import Job
from schemas.errors import NotFound
from tests.house.rows import add_exporter, add_row

A_DESK = Desk(SimpleNamespace(memory=None), "exp", None, "x", is_sqlite=True)  # type: ignore[arg-type]
SHELVES = sorted(name for name in vars(Desk) if isinstance(getattr(A_DESK, name), Shelf) and name != "exporters")


async def how_many(store: Store, table: object) -> int:
    async with store.database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar() or 0)  # type: ignore[arg-type]


async def test_what_fails_leaves_no_row_no_job_and_no_audit_entry(store: Store) -> None:
    exporter = await add_exporter(store)
    said: list[Job] = []

    async def hear(jobs: Sequence[Job], connection: Connection | None) -> None:
        said.extend(jobs)

    store.say_go = hear

    async def fail() -> None:
        async with store.transaction(exporter) as tx:
            source = await add_row(tx, tables.sources, due_at=tx.now)
            tx.go("list", source)
            tx.note("source.added", source)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await how_many(store, tables.sources) == 0
    assert await how_many(store, tables.audit) == 0
    assert said == []


async def test_what_ends_well_is_told_once_and_can_be_read(store: Store) -> None:
    exporter = await add_exporter(store)
    said: list[Job] = []

    async def hear(jobs: Sequence[Job], connection: Connection | None) -> None:
        said.extend(jobs)

    store.say_go = hear
    async with store.transaction(exporter) as tx:
        source = await add_row(tx, tables.sources)
        await tx.wake("list", source)
        await tx.wake("list", await add_row(tx, tables.sources), tx.now.replace(year=2040))
    assert [(job.kind, job.id, job.exporter_id) for job in said] == [("list", source, exporter)]
    async with store.reading(exporter) as tx:
        assert (await tx.sources.get(source)).due_at is not None


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_one_goes_on(store: Store) -> None:
    exporter = await add_exporter(store)
    inside = asyncio.Event()

    async def linger() -> None:
        async with store.transaction(exporter) as tx:
            await add_row(tx, tables.sources)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(linger())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.transaction(exporter) as tx:
        await add_row(tx, tables.sources)
    assert await how_many(store, tables.sources) == 1


async def test_a_reader_does_not_see_what_is_not_committed(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row = await add_row(tx, tables.sources)
        async with store.reading(exporter) as other:
            assert await other.sources.find(row) is None
    async with store.reading(exporter) as other:
        assert await other.sources.find(row) is not None


async def test_a_shelf_shows_and_changes_only_its_exporters_rows(store: Store) -> None:
    assert len(SHELVES) > 20
    mine, other = await add_exporter(store), await add_exporter(store, "Somebody else")
    for shelf_name in SHELVES:
        async with store.transaction(mine) as tx:
            row_id = await add_row(tx, getattr(tx, shelf_name).table)
        async with store.transaction(other) as tx:
            theirs: Shelf = getattr(tx, shelf_name)
            assert await theirs.find(row_id) is None, shelf_name
            with pytest.raises(NotFound) as not_theirs:
                await theirs.get(row_id)
            with pytest.raises(NotFound) as nobodys:
                await theirs.get("row_nobodys")
            assert str(not_theirs.value) == str(nobodys.value), shelf_name
            await theirs.set(row_id, exporter_id=other)
            if "created_at" in theirs.table.c:
                assert await theirs.page(after=None, limit=10) == [], shelf_name
        async with store.reading(mine) as tx:
            assert (await getattr(tx, shelf_name).get(row_id)).exporter_id == mine


async def test_pages_are_stable_and_newest_first(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        made = [await add_row(tx, tables.sources, id=f"src_{n}") for n in range(7)]  # all at one instant
    seen: list[str] = []
    after = None
    async with store.reading(exporter) as tx:
        while rows := await tx.sources.page(after=after, limit=3):
            seen += [row.id for row in rows]
            after = (rows[-1].created_at, rows[-1].id)
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_of_two_that_wait_for_each_other_one_is_told_so_and_the_other_goes_on(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        rows = [await add_row(tx, tables.sources) for _ in range(2)]
    both = asyncio.Barrier(2)

    async def take(first: str, second: str) -> None:
        async with store.transaction(exporter) as tx:
            await tx.sources.get(first, lock=True)
            await both.wait()
            await tx.sources.set(second, name="taken")

    done = await asyncio.gather(take(*rows), take(*reversed(rows)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Interlocked", "NoneType"]


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_a_locked_row_may_still_be_referred_to(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row = await add_row(tx, tables.returns)
        await tx.returns.get(row, lock=True)
    async with store.transaction(exporter) as tx:
        await tx.returns.get(row, lock=True)
        async with asyncio.timeout(5), store.transaction(exporter) as other:
            await other.tasks.ask("review", "cause", "detail", row)


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_when_every_connection_is_in_use_the_database_is_away_and_nothing_is_wrong(store_url: str) -> None:
    opened = Database(store_url, pool=1)
    try:
        async with opened.writing():
            with pytest.raises(StoreUnavailable):
                async with opened.writing():
                    pass
    finally:
        await opened.close()
