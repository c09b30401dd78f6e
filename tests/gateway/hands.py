"""Hands for the engine: they take turns, settle them, and remember what they did."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.jobs import Engine
from gateway.store import tables
from gateway.store.database import Database
from gateway.store.store import Store
from gateway.store.work import Job
from tests.house.rows import add_row


@dataclass
class Hand:
    """Does the work of a source's row: takes its turn, and settles it. Knows what ran, and what ran beside itself."""

    store: Store
    done: list[str] = field(default_factory=list)
    began: list[str] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    twice: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    async def __call__(self, job: Job) -> None:
        async with self.store.transaction(job.exporter_id) as tx:
            row = await tx.claim(job)
        if row is None:
            return
        self.began.append(job.id)
        if job.id in self.under_way:
            self.twice.append(job.id)
        self.under_way.add(job.id)
        await self.hold.wait()
        async with self.store.transaction(job.exporter_id) as tx:
            await tx.settle("list", row)
        self.under_way.discard(job.id)
        self.done.append(job.id)

    async def has_done(self, *ids: str) -> bool:
        return set(ids) <= set(self.done)


@asynccontextmanager
async def at_work(store: Store, run: Callable[[Job], Awaitable[None]], at_once: int = 16) -> AsyncIterator[Engine]:
    engine = Engine(store, run, at_once=at_once)
    task = asyncio.create_task(engine.work())
    try:
        yield engine
    finally:
        engine.stop()
        await asyncio.wait_for(task, 20)


@asynccontextmanager
async def another_process(store: Store) -> AsyncIterator[Store]:
    """On PostgreSQL a store over connections of its own; embedded there is only one process."""
    if store.database.is_sqlite:
        yield store
        return
    database = Database(store.database.url.render_as_string(hide_password=False))
    try:
        yield Store(database, store.clock)
    finally:
        await database.close()


async def add_source(store: Store, exporter: str, *, go: bool, count: int = 1) -> list[str]:
    async with store.transaction(exporter) as tx:
        ids = [await add_row(tx, tables.sources, due_at=tx.now) for _ in range(count)]
        for row_id in ids if go else []:
            tx.go("list", row_id)
    return ids
