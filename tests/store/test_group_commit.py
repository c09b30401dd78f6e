"""SQLite's one writer: transactions that queue share a COMMIT, and yet each stands or falls alone."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gateway.store import sqlite
from gateway.store.database import Database, StoreUnavailable


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'book.db'}")
    async with opened.writing() as connection:
        await connection.execute(text("CREATE TABLE lines (line TEXT UNIQUE)"))
    yield opened
    await opened.close()


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every COMMIT the writer made."""
    made: list[str] = []
    real = sqlite.Here.driver_sql

    def counting(self: Any, statement: str) -> None:
        if statement == "COMMIT":
            made.append(statement)
        real(self, statement)

    monkeypatch.setattr(sqlite.Here, "driver_sql", counting)
    return made


async def write(book: Database, line: str, fail: bool = False) -> None:
    async with book.writing() as connection:
        await connection.execute(text("INSERT INTO lines VALUES (:line)"), {"line": line})
        if fail:
            raise ZeroDivisionError


async def lines(book: Database) -> list[str]:
    async with book.reading() as connection:
        return sorted((await connection.execute(text("SELECT line FROM lines"))).scalars())


async def test_a_queue_of_transactions_shares_one_sync(book: Database, commits: list[str]) -> None:
    await asyncio.gather(*(write(book, f"{n:03}") for n in range(50)))
    assert len(await lines(book)) == 50
    assert len(commits) < 5


@pytest.mark.parametrize("failing", [0, 1, 5, 9])
async def test_one_that_fails_leaves_its_neighbours(book: Database, commits: list[str], failing: int) -> None:
    outcomes = await asyncio.gather(*(write(book, f"{n}", n == failing) for n in range(10)), return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == [failing]
    assert await lines(book) == [str(n) for n in range(10) if n != failing]
    assert len(commits) <= 2


async def test_a_statement_the_database_refuses_leaves_its_neighbours_too(book: Database) -> None:
    outcomes = await asyncio.gather(*(write(book, line) for line in "abacd"), return_exceptions=True)
    assert [outcome is None for outcome in outcomes] == [True, True, False, True, True]
    assert await lines(book) == ["a", "b", "c", "d"]


async def test_when_all_of_a_queue_fail_nothing_stays(book: Database) -> None:
    await asyncio.gather(*(write(book, f"{n}", True) for n in range(10)), return_exceptions=True)
    assert await lines(book) == []
    await write(book, "after")
    assert await lines(book) == ["after"]


async def test_when_the_sync_fails_nobody_is_told_that_it_is_done(
    book: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite.Here.driver_sql

    def full(self: Any, statement: str) -> None:
        if statement == "COMMIT":
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))
        real(self, statement)

    monkeypatch.setattr(sqlite.Here, "driver_sql", full)
    outcomes = await asyncio.gather(*(write(book, f"{n}") for n in range(10)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 10
    monkeypatch.undo()
    assert await lines(book) == []
    await write(book, "when there is room again")
    assert await lines(book) == ["when there is room again"]


async def test_a_file_that_may_not_grow_refuses_the_transaction_and_takes_the_next_small_one(book: Database) -> None:
    async with book.writing() as connection:
        await connection.execute(text("PRAGMA max_page_count = 20"))
    with pytest.raises(StoreUnavailable):
        async with book.writing() as connection:
            await connection.execute(text("INSERT INTO lines VALUES (:line)"), {"line": "x" * 500_000})
    await write(book, "small")
    assert await lines(book) == ["small"]


async def test_one_cancelled_in_the_middle_of_a_queue_leaves_its_neighbours(book: Database) -> None:
    inside = asyncio.Event()

    async def linger() -> None:
        async with book.writing() as connection:
            await connection.execute(text("INSERT INTO lines VALUES ('lingering')"))
            inside.set()
            await asyncio.Event().wait()

    first = asyncio.create_task(write(book, "first"))
    lingering = asyncio.create_task(linger())
    others = [asyncio.create_task(write(book, f"other {n}")) for n in range(3)]
    waiting = asyncio.create_task(write(book, "never began"))
    await inside.wait()
    waiting.cancel()
    lingering.cancel()
    outcomes = await asyncio.gather(first, lingering, *others, waiting, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [
        False, True, False, False, False, True,
    ]  # fmt: skip
    assert await lines(book) == ["first", "other 0", "other 1", "other 2"]


async def test_one_cancelled_while_it_syncs_lets_nobody_in_before_the_sync_is_over(
    book: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    syncing, go_on = threading.Event(), threading.Event()
    real = sqlite.Here.driver_sql

    def slow(self: Any, statement: str) -> None:
        if statement == "COMMIT" and not syncing.is_set():
            syncing.set()
            assert go_on.wait(5)
        real(self, statement)
        said.append(statement)

    monkeypatch.setattr(sqlite.Here, "driver_sql", slow)
    first = asyncio.create_task(write(book, "first"))
    await asyncio.to_thread(syncing.wait, 5)
    first.cancel()
    second = asyncio.create_task(write(book, "second"))
    await asyncio.wait({first}, timeout=5)
    go_on.set()
    await asyncio.wait_for(second, 5)
    assert said == ["BEGIN IMMEDIATE", "COMMIT", "BEGIN IMMEDIATE", "COMMIT"]
    assert await lines(book) == ["first", "second"]


async def test_when_the_database_rolls_back_by_itself_the_whole_queue_is_told(book: Database) -> None:
    """As SQLite may on a full disk: nobody's lines are left, so nobody may hear that they are."""

    async def lose_everything() -> None:
        async with book.writing() as connection:
            await connection.execute(text("ROLLBACK"))
            raise ZeroDivisionError

    tasks = [write(book, "before"), lose_everything(), write(book, "after")]
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert isinstance(outcomes[0], StoreUnavailable)
    kept = await lines(book)
    assert "before" not in kept
    assert (outcomes[2] is None) == ("after" in kept)
    await write(book, "later")
    assert "later" in await lines(book)


@pytest.mark.parametrize("steps", range(12))
async def test_wherever_a_waiting_one_is_cancelled_the_first_is_answered(book: Database, steps: int) -> None:
    leading = asyncio.create_task(write(book, "first"))
    behind = asyncio.create_task(write(book, "behind"))
    for _ in range(steps):
        await asyncio.sleep(0)
    behind.cancel()
    outcome = await asyncio.wait_for(asyncio.gather(leading, behind, return_exceptions=True), 5)
    assert outcome[0] is None
    kept = await lines(book)
    assert "first" in kept
    assert outcome[1] is not None or "behind" in kept


async def test_a_long_reader_does_not_hold_up_the_writer(book: Database) -> None:
    await write(book, "before")
    async with book.reading() as connection:
        await connection.execute(text("BEGIN"))
        assert list((await connection.execute(text("SELECT line FROM lines"))).scalars()) == ["before"]
        await asyncio.wait_for(write(book, "meanwhile"), 2)
        assert list((await connection.execute(text("SELECT line FROM lines"))).scalars()) == ["before"]
        await connection.execute(text("COMMIT"))
    assert await lines(book) == ["before", "meanwhile"]


async def test_readers_cannot_write(book: Database) -> None:
    with pytest.raises(StoreUnavailable):
        async with book.reading() as connection:
            await connection.execute(text("INSERT INTO lines VALUES ('x')"))
