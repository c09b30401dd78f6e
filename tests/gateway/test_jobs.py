"""The engine says "go", and nothing is lost when it does not: on PostgreSQL across processes, and embedded."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, select

from gateway import jobs
from gateway.jobs import Engine
from gateway.store import tables
from gateway.store.store import Store
from gateway.store.work import Job
from tests.gateway.hands import Hand, add_source, another_process, at_work
from tests.house.clock import MovableClock
from tests.house.rows import add_exporter, add_row
from tests.house.waiting import eventually


def without_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(self: Engine) -> int:
        return 0

    monkeypatch.setattr(Engine, "sweep_once", nothing)


def tells_only(store: Store) -> None:
    """A process that only tells: its own engine never works."""
    Engine(store, _nobody, at_once=4)


async def _nobody(job: Job) -> None:
    raise AssertionError("this engine was only to tell")


async def test_a_job_that_was_woken_runs_at_once_without_the_sweep(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_sweep(monkeypatch)
    exporter = await add_exporter(store)
    async with another_process(store) as elsewhere:
        hand = Hand(elsewhere)
        async with at_work(elsewhere, hand):
            if elsewhere is not store:
                tells_only(store)
            (warm,) = await add_source(store, exporter, go=True)
            await eventually(lambda: hand.has_done(warm))
            (row,) = await add_source(store, exporter, go=True)
            said = time.monotonic()
            await eventually(lambda: hand.has_done(row), within=5)
            assert time.monotonic() - said < 2  # the engine's own period is one second


async def queued(store: Store) -> int:
    connection = await asyncpg.connect(store.database.url.render_as_string(hide_password=False))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM pgqueuer"))
    finally:
        await connection.close()


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_a_go_stands_and_falls_with_its_transaction(store: Store) -> None:
    tells_only(store)
    exporter = await add_exporter(store)

    async def fail() -> None:
        async with store.transaction(exporter) as tx:
            tx.go("list", await add_row(tx, tables.sources, due_at=tx.now))
            await tx.last_words()
            await store.say_go(tx.woken, tx.connection)  # as the transaction's last statement does
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await queued(store) == 0
    await add_source(store, exporter, go=True, count=3)
    assert await queued(store) == 3


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_the_same_go_twice_is_one(store: Store) -> None:
    tells_only(store)
    exporter = await add_exporter(store)
    (row,) = await add_source(store, exporter, go=True)
    for _ in range(3):
        async with store.transaction(exporter) as tx:
            await tx.wake("list", row)
    assert await queued(store) == 1


async def test_the_sweep_finds_what_nobody_said_go_for(store: Store) -> None:
    exporter = await add_exporter(store)
    ids = await add_source(store, exporter, go=False, count=5)
    hand = Hand(store)
    async with at_work(store, hand):
        await eventually(lambda: hand.has_done(*ids), within=5)
    assert sorted(hand.began) == sorted(ids)


async def test_what_is_not_due_yet_waits_for_its_time(store: Store, clock: MovableClock) -> None:
    exporter = await add_exporter(store)
    clock.stand()
    async with store.transaction(exporter) as tx:
        later = await add_row(tx, tables.sources, due_at=tx.now.replace(hour=20))
    (now,) = await add_source(store, exporter, go=False)
    hand = Hand(store)
    async with at_work(store, hand):
        await eventually(lambda: hand.has_done(now), within=5)
        assert later not in hand.began
        clock.stand(clock().replace(hour=20))
        await eventually(lambda: hand.has_done(later), within=5)


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_an_engine_whose_connections_are_cut_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    without_sweep(monkeypatch)
    exporter = await add_exporter(store)
    hand = Hand(store)
    async with at_work(store, hand):
        (before,) = await add_source(store, exporter, go=True)
        await eventually(lambda: hand.has_done(before), within=5)
        admin = await asyncpg.connect(store.database.url.render_as_string(hide_password=False))
        cut = await admin.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
        assert cut >= 2  # the engine's own, and the pool's
        (after,) = await add_source(store, exporter, go=True)
        await eventually(lambda: hand.has_done(after), within=15)


@pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
async def test_an_embedded_engine_that_ends_is_built_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = await add_exporter(store)
    hand = Hand(store)
    async with at_work(store, hand) as engine:
        (before,) = await add_source(store, exporter, go=True)
        await eventually(lambda: hand.has_done(before), within=5)
        life = engine._current
        assert life is not None
        life.shutdown.set()

        async def lives_again() -> bool:
            return engine._current is not None and engine._current is not life

        await eventually(lives_again)
        without_sweep(monkeypatch)
        (after,) = await add_source(store, exporter, go=True)
        await eventually(lambda: hand.has_done(after), within=5)


@pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
async def test_what_one_commit_woke_is_handed_over_at_once_and_found_by_the_sweep_where_that_fails(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over, real = [], jobs._enqueue

    async def enqueue(queries: Any, fresh: Sequence[Job]) -> None:
        handed_over.append(len(fresh))
        if len(handed_over) == 1:
            raise ConnectionError("the engine is just being built again")
        await real(queries, fresh)

    monkeypatch.setattr(jobs, "_enqueue", enqueue)
    exporter = await add_exporter(store)
    hand = Hand(store)
    async with at_work(store, hand):
        added = await asyncio.gather(*(add_source(store, exporter, go=True) for _ in range(8)))
        await eventually(lambda: hand.has_done(*(row for (row,) in added)), within=5)
    assert sum(handed_over) == 8 + handed_over[0]
    assert len(handed_over) < 8


async def test_no_row_runs_twice_at_once_whoever_says_go(store: Store) -> None:
    exporter = await add_exporter(store)
    async with another_process(store) as elsewhere:
        hand = Hand(store)
        async with at_work(store, hand), _second_engine(store, elsewhere, hand):
            ids = await add_source(store, exporter, go=True, count=40)
            for _ in range(3):
                await store.say_go([Job("list", row_id, exporter) for row_id in ids], None)
            await eventually(lambda: hand.has_done(*ids), within=15)
    assert hand.twice == []
    assert sorted(hand.began) == sorted(ids)


@asynccontextmanager
async def _second_engine(store: Store, elsewhere: Store, hand: Hand) -> AsyncIterator[None]:
    if elsewhere is store:
        yield
        return
    async with at_work(elsewhere, hand):
        yield


async def test_stopping_waits_for_what_runs(store: Store) -> None:
    exporter = await add_exporter(store)
    (row,) = await add_source(store, exporter, go=False)
    hand = Hand(store)
    hand.hold.clear()

    async def began() -> bool:
        return row in hand.began

    async with at_work(store, hand) as engine:
        await eventually(began, within=5)
        engine.stop()
        asyncio.get_running_loop().call_later(0.1, hand.hold.set)
    assert hand.done == [row]


async def test_no_more_jobs_run_at_once_than_was_asked_for(store: Store) -> None:
    exporter = await add_exporter(store)
    ids = await add_source(store, exporter, go=False, count=30)
    most, running = 0, 0
    done: list[str] = []

    async def run(job: Job) -> None:
        nonlocal most, running
        async with store.transaction(job.exporter_id) as tx:
            row = await tx.claim(job)
            if row is None:
                return
            await tx.settle("list", row)
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        done.append(job.id)

    async def all_done() -> bool:
        return set(done) == set(ids)

    async with at_work(store, run, at_once=8):
        await eventually(all_done, within=15)
    assert 1 < most <= 8


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_the_engine_leaves_no_rows_behind(store: Store) -> None:
    exporter = await add_exporter(store)
    hand = Hand(store)

    async def empty() -> bool:
        return await queued(store) == 0

    async with at_work(store, hand):
        ids = await add_source(store, exporter, go=True, count=10)
        await eventually(lambda: hand.has_done(*ids), within=10)
        await eventually(empty, within=5)
    async with store.database.reading() as connection:
        waiting = select(func.count()).select_from(tables.sources).where(tables.sources.c.due_at.is_not(None))
        assert (await connection.execute(waiting)).scalar() == 0
