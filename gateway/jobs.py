"""The engine's door. PgQueuer only says "go"; truth is the due row, and the sweep finds what the engine lost.

On PostgreSQL a "go" is inserted in the caller's own transaction; embedded, the in-memory twin is told after the commit.
PgQueuer is not asked to fence, to move or cancel a keyed job, or to keep a failed one: the row does all of that. Its traps
(stack.md section 11) are why it runs inside a supervising loop, with a short dequeue time-out and pruned log tables.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pgqueuer import AsyncpgDriver, PgQueuer
from pgqueuer.queries import Queries
from tenacity import RetryCallState, wait_random_exponential

from gateway.store.database import Connection
from gateway.store.store import Store
from gateway.store.work import WORK, Job

log = structlog.get_logger(__name__)
Run = Callable[[Job], Awaitable[None]]
HEARTBEAT = timedelta(seconds=30)
PRUNE_SECONDS = 60.0
_curve = wait_random_exponential(multiplier=2, max=600)


def back_off(tries: int) -> timedelta:
    """Full jitter, base 2 s, cap 10 min."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = max(1, min(tries, 20))
    return timedelta(seconds=max(0.2, _curve(state)))


def jitter(share: float = 0.2) -> float:
    """What to stretch a delay by: up to `share` more or less."""
    return random.uniform(1 - share, 1 + share)  # noqa: S311 - spreading load, not secrets


def jittered(delay: timedelta, share: float = 0.2) -> timedelta:
    """The delay, up to `share` more or less, so that what was planned together does not come together."""
    return delay * jitter(share)


class Engine:
    """Says "go" and hears it. One per process; a process that only answers requests never calls `work`."""

    def __init__(self, store: Store, run: Run, *, at_once: int) -> None:
        self._store = store
        self._run = run
        self._at_once = max(4, at_once)
        self._embedded = PgQueuer.in_memory() if store.database.is_sqlite else None
        self._current: PgQueuer | None = None
        self._stopping = asyncio.Event()
        self._listens = False
        self._said: set[str] = set()
        self._fresh: list[Job] = []
        self._saying: asyncio.Task[None] | None = None
        store.say_go = self.say_go

    async def say_go(self, jobs: Sequence[Job], connection: Connection | None) -> None:
        """Hand over jobs; one that is already waiting under its key is passed over."""
        if self._embedded is not None:
            fresh = {job.key: job for job in jobs if job.key not in self._said}
            if self._listens and fresh:
                self._said.update(fresh)
                self._fresh += fresh.values()
                if self._saying is None or self._saying.done():
                    self._saying = asyncio.create_task(self._say_fresh())
        elif connection is not None:
            await _enqueue(Queries(AsyncpgDriver(connection.driver)), jobs)  # type: ignore[attr-defined]

    async def _say_fresh(self) -> None:
        """Embedded: what all the transactions of one COMMIT woke is handed over at once."""
        while self._embedded is not None and self._fresh:
            fresh, self._fresh = self._fresh, []
            try:
                await _enqueue(self._embedded.queries, fresh)
            except Exception as error:
                self._said.difference_update(job.key for job in fresh)  # the sweep finds them
                log.warning("engine.not_told", jobs=len(fresh), error=type(error).__name__)

    async def work(self) -> None:
        """Run jobs until `stop`; then wait for those that are running."""
        self._listens = True
        sweeping = asyncio.create_task(self._sweep())
        try:
            while not self._stopping.is_set():
                await self._engine_once()
        finally:
            self._listens = False
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    def stop(self) -> None:
        self._stopping.set()
        if self._current is not None:
            self._current.shutdown.set()

    async def _engine_once(self) -> None:
        """One life of the engine: until it is stopped, or has lost its connection and must be built again."""
        close: Callable[[], Awaitable[Any]] | None = None
        try:
            if self._embedded is not None:
                engine = self._embedded
            else:
                connection = await _connect(self._store)
                close, engine = connection.close, PgQueuer(AsyncpgDriver(connection))
            self._current = engine
            self._listen(engine)
            await engine.run(
                dequeue_timeout=timedelta(seconds=1),
                batch_size=max(1, self._at_once // 4),
                max_concurrent_tasks=self._at_once,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=HEARTBEAT,
            )
        except Exception as error:
            log.warning("engine.lost", error=type(error).__name__)
        finally:
            self._current = None
            if close is not None:
                await asyncio.gather(close(), return_exceptions=True)
        if not self._stopping.is_set():
            await asyncio.sleep(0.5)
            if self._embedded is not None:
                self._said.clear()
                self._embedded = PgQueuer.in_memory()

    def _listen(self, engine: PgQueuer) -> None:
        async def go(job: Any) -> None:
            ours = _read(job.payload)
            self._said.add(ours.key)
            try:
                await self._run(ours)
            finally:
                self._said.discard(ours.key)

        if "go" not in engine.qm.entrypoint_registry:
            engine.entrypoint("go", on_failure="hold")(go)

    async def _sweep(self) -> None:
        """Each second: rows whose time has come. Each minute: prune the engine's log."""
        pruned = asyncio.get_running_loop().time()
        while True:
            try:
                await self.sweep_once()
                if (now := asyncio.get_running_loop().time()) - pruned > PRUNE_SECONDS:
                    pruned = now
                    await self._prune()
            except Exception as error:
                log.warning("sweep.failed", error=type(error).__name__)
            await asyncio.sleep(1)

    async def sweep_once(self) -> int:
        """Say "go" for every row that is due; how many there were."""
        due = [job for kind in WORK for job in await self._store.due(kind)]
        found = [job for job in due if job.key not in self._said]  # what waits or runs here needs no second word
        if found and self._embedded is not None:
            await self.say_go(found, None)
        elif found:
            async with self._store.database.writing() as connection:
                await self.say_go(found, connection)
        return len(found)

    async def _prune(self) -> None:
        if self._current is not None and self._current.queries is not None:
            await self._current.queries.clear_queue_log()


async def _enqueue(queries: Any, jobs: Sequence[Job]) -> None:
    await queries.enqueue(
        ["go"] * len(jobs),
        [json.dumps([job.kind, job.id, job.exporter_id, job.turn]).encode() for job in jobs],
        [0] * len(jobs),
        dedupe_key=[job.key for job in jobs],
        on_conflict="skip",
    )


def _read(payload: bytes | None) -> Job:
    kind, row_id, exporter_id, turn = json.loads(payload or b"[]")
    return Job(kind, row_id, exporter_id, turn)


async def _connect(store: Store) -> Any:
    import asyncpg

    url = store.database.url.set(drivername="postgresql")
    return await asyncpg.connect(url.render_as_string(hide_password=False), timeout=5)


async def install(store: Store) -> None:
    """Make the engine's own tables on PostgreSQL, or bring them up to date. Nothing to do embedded."""
    if store.database.is_sqlite:
        return
    connection = await _connect(store)
    try:
        queries = Queries(AsyncpgDriver(connection))
        installed = await connection.fetchval("SELECT to_regclass('pgqueuer') IS NOT NULL")
        await (queries.upgrade() if installed else queries.install())
    finally:
        await connection.close()
