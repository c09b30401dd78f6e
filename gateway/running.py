"""Running the house: web, work, or both in one process; and stopping it without dropping anything.

On SIGTERM the process says "not ready" at once, takes no new jobs, lets those that run finish, and leaves at the grace limit;
what is still under way then belongs to its row's lease.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog

from gateway import jobs, worker
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.jobs import Engine
from gateway.store import migrations
from gateway.store.database import StoreUnavailable

log = structlog.get_logger(__name__)
GRACE_SECONDS = 25.0
GARBAGE = 10_000
"""Objects more than before that start a collection: a booking leaves hundreds behind, all but a few without cycles."""


class NotMigrated(Exception):
    """The database's tables are not those that this code expects."""


@asynccontextmanager
async def ready_gateway(settings: Settings) -> AsyncIterator[Gateway]:
    """An open gateway on a database that is up to date. Embedded it is migrated here; elsewhere `homeward migrate` does."""
    async with open_gateway(settings) as gw:
        if gw.store.database.is_sqlite:
            await migrations.migrate(gw.store.database)
            await gw.store.release_turns()
        elif await migrations.current(gw.store.database) != migrations.newest():
            raise NotMigrated("the database is not up to date: run `homeward migrate`")
        await gw.spending.hear()  # a lane may have been closed before this process was there
        telling = asyncio.create_task(gw.spending.keep_telling())
        try:
            yield gw
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, StoreUnavailable):
                await telling
            with suppress(StoreUnavailable):
                await gw.spending.tell()


async def migrate(settings: Settings) -> str:
    """Bring our tables and the engine's up to date; the revision."""
    if not settings.db:
        settings.data.mkdir(parents=True, exist_ok=True)
    async with open_gateway(settings) as gw:
        revision = await migrations.migrate(gw.store.database)
        await jobs.install(gw.store)
        return revision


def until_told_to_stop() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def stay(stop: asyncio.Event) -> None:
    """Wait until it is set."""
    started()
    await stop.wait()


def started() -> None:
    """What the start has built is there for good: looking it over for garbage, again and again, took a tenth of a booking's
    time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


@asynccontextmanager
async def working(gw: Gateway) -> AsyncIterator[Engine]:
    """Run jobs in the background; at the end let the running ones finish, within the grace time."""
    engine = Engine(gw.store, partial(worker.run, gw), at_once=gw.settings.jobs_at_once)
    with gw.spending.working():
        task = asyncio.create_task(engine.work())
        mailbox = asyncio.create_task(worker.watch_mailbox(gw)) if gw.settings.inbox else None
        try:
            yield engine
        finally:
            if mailbox is not None:
                mailbox.cancel()
            engine.stop()
            done, _ = await asyncio.wait({task}, timeout=GRACE_SECONDS)
            if not done:
                log.warning("stopping.grace_over")
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def telling(gw: Gateway) -> Engine:
    """An engine that only says "go": for processes that answer requests and run no jobs."""
    return Engine(gw.store, partial(worker.run, gw), at_once=gw.settings.jobs_at_once)


def run(main: Any) -> Any:
    """asyncio.run, on uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)
