"""A whole deployment as an operator runs it: real processes, a real database, a shop and a carrier around it.

On SQLite one `serve`; on PostgreSQL one `web` and one `work`, or more. All of them and the sandbox read one clock from a
file, so that a wait of an hour takes a moment. The test's own gateway only reads while they run.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from gateway.clock import FileClock
from gateway.config import Settings
from gateway.core import Gateway
from gateway.store.database import StoreUnavailable
from gateway.store.transaction import Record
from tests.faults.judgement import Verdict, judge, open_work
from tests.faults.processes import Nursery, Running
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.sandbox.bench import Bench

KILLED = -signal.SIGKILL
HEARTBEAT_IN_HASTE = 3.0
"""Seconds after which the engine takes up again what a dead process had taken; by itself it waits half a minute."""


@dataclass
class Town:
    """`settled.gateway` reads only. `key` is the exporter's API key."""

    settled: Settled
    settings: Settings
    clock: FileClock
    key: str
    nursery: Nursery
    http: aiohttp.ClientSession
    folder: Path
    running: list[Running] = field(default_factory=list)
    port: int = 0
    redis: str = ""

    @property
    def gw(self) -> Gateway:
        return self.settled.gateway

    @property
    def bench(self) -> Bench:
        return self.settled.bench

    @property
    def is_sqlite(self) -> bool:
        return not self.settings.db

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # Processes --------------------------------------------------------------------------------------------------------

    def start(self, role: str, **env: str) -> Running:
        """Start one process; `env` without its prefix, as `CRASH="booking.after_send"`."""
        told = {
            "PATH": os.environ.get("PATH", ""),
            "HOMEWARD_DATA": str(self.settings.data),
            "HOMEWARD_KEY_FILE": str(self.settings.keys),
            "HOMEWARD_DB": self.settings.db,
            "HOMEWARD_DB_CONNECTIONS": "8",  # several towns share one server,
            "HOMEWARD_JOBS_AT_ONCE": "16",  # and a job that finds no connection free waits for its turn's end
            "HOMEWARD_REDIS": self.redis,
            "HOMEWARD_TEST_CLOCK": str(self.clock.path),
            "HOMEWARD_PRIVATE_ENDPOINTS": "true",
            "HOMEWARD_PORT": str(self.port),
            "HOMEWARD_LOG_LEVEL": "warning",
            **{f"HOMEWARD_{name}": value for name, value in env.items()},
        }
        number = len(list(self.folder.glob("*.log")))
        log = self.folder / f"{number:03d}-{role}.log"
        log.touch()
        url = "" if role == "work" else f"http://127.0.0.1:{told['HOMEWARD_PORT']}"
        process = Running(self.nursery, self.nursery.start([role], told, log), role, log, url)
        self.running.append(process)
        return process

    async def up(self, *, crash: str = "", web: int = 1, work: int = 1, **env: str) -> list[Running]:
        """Everything that this store takes, with a crash point in each; ready when this returns."""
        env |= {"CRASH": crash} if crash else {}
        roles = ["serve"] if self.is_sqlite else ["web"] * web + ["work"] * work
        started = [self.start(role, **env) for role in roles]
        await self.ready(started[0])
        return started

    async def ready(self, process: Running, within: float = 20.0) -> None:
        async def answers() -> bool:
            assert process.status is None, f"{process.role} ended with {process.status}\n{process.tail()}"
            return await self.get_status(process.url + "/readyz") == 200

        await eventually(answers, within=within)

    async def get_status(self, url: str) -> int | None:
        """The status of a GET; None where nobody answers."""
        try:
            async with self.http.get(url) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def died(self, processes: list[Running]) -> Running:
        """Wait until one of them has killed itself."""

        async def one_dead() -> Running | None:
            return next((one for one in processes if one.status is not None), None)

        try:
            dead = await eventually(one_dead, within=15)
        except AssertionError:
            tails = "\n".join(f"--- {one.role}\n{one.tail()}" for one in processes)
            raise AssertionError(f"nobody died\n{tails}") from None
        assert dead is not None
        assert dead.status == KILLED, f"{dead.role} ended with {dead.status}\n{dead.tail()}"
        return dead

    async def down(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End what runs, the hard way unless told otherwise."""
        for process in self.running:
            process.tell(signal.SIGCONT)
            process.tell(number)
        for process in self.running:
            await process.ended(within=40)
        self.running.clear()

    # Talking ----------------------------------------------------------------------------------------------------------

    async def api(self, method: str, path: str, *, base: str = "", key: str = "", **rest: Any) -> tuple[int, Any, Any]:
        """A request with the exporter's key: status, body, headers."""
        headers = {"Authorization": f"Bearer {self.key}", **rest.pop("headers", {})}
        headers |= {"Idempotency-Key": key} if key else {}
        async with self.http.request(method, (base or self.url) + path, headers=headers, **rest) as response:
            return response.status, await response.json(content_type=None), dict(response.headers)

    async def authorise(self, rma_id: str = "R1", *, wait: bool = True, **told: Any) -> None:
        """A return is authorised; its webhook has been answered unless nobody waits for that."""
        changed = told.pop("changed", {})
        body = {"return": self.settled.a_return(rma_id, **changed), **told}
        await self.bench.tell("platform/shop/returns", **body)
        if wait:
            await self.webhooks_sent()

    async def webhooks_sent(self) -> list[Any]:
        tries: list[Any] = (await self.bench.ask("platform/shop/deliveries?settle=1"))["tries"]
        return tries

    async def script(self, name: str, **told: Any) -> None:
        await self.bench.tell("script", script=name, **told)

    async def ledger(self, kind: str) -> list[Any]:
        entries: list[Any] = (await self.bench.ask(f"ledger?kind={kind}"))["entries"]
        return entries

    async def told(self) -> list[Any]:
        heard: list[Any] = (await self.bench.ask("sink/demo"))["deliveries"]
        return heard

    async def booked(self, rma_id: str = "R1") -> Record:
        """Wait for the return's shipment to be booked."""
        return await self.until(lambda: self._waybilled(rma_id))

    async def _waybilled(self, rma_id: str) -> Record | None:
        rows = await self.settled.shipments_of(rma_id)
        return rows[0] if rows and rows[0].waybill else None

    # Time -------------------------------------------------------------------------------------------------------------

    async def until(self, ask: Callable[[], Awaitable[Any]], *, within: float = 15.0) -> Any:
        """Wait until it is true, moving the clock to the next thing that is due whenever nothing is."""

        forgotten = time.monotonic()

        async def hurried() -> Any:
            nonlocal forgotten
            if answer := await ask():
                return answer
            if time.monotonic() - forgotten > HEARTBEAT_IN_HASTE:
                forgotten = time.monotonic()
                await self.engine_forgets()
            await self._hurry()
            return None

        try:
            return await eventually(hurried, within=within, every=0.05)
        except AssertionError as error:
            tails = "\n".join(f"--- {one.role}\n{one.tail(8)}" for one in self.running)
            raise AssertionError(f"{error}\n{tails}") from None

    async def come_to_rest(self, *, within: float = 20.0) -> None:
        """Let everything that is open come to its end."""

        still: list[tuple[str, Any]] = []

        async def rests() -> bool:
            still[:] = await self._open()
            return not still

        try:
            await self.until(rests, within=within)
        except AssertionError as error:
            told = [f"{kind} {row and (row.id, row.due_at, row.tries, row.held)}" for kind, row in still[:10]]
            raise AssertionError(f"{len(still)} open at {self.clock()}: {told}\n{error}") from None

    async def _open(self) -> list[tuple[str, Any]]:
        try:
            async with self.gw.store.front_desk() as connection:
                return await open_work(connection, self.clock())
        except StoreUnavailable:
            return [("store", None)]

    async def _hurry(self) -> None:
        """Move the clock to what is due next, where nothing is due and nobody has a turn that is young."""
        rows = [row for _, row in await self._open()]
        if not rows or None in rows:
            return
        now = self.clock()
        first = min(row.due_at for row in rows)
        young = any(row.held and row.due_at - now > timedelta(seconds=80) for row in rows)
        if first > now and not young:
            self.clock.advance(first - now + timedelta(milliseconds=20))
            await asyncio.sleep(0)

    async def lease_over(self) -> None:
        """Outlive the turns of somebody who died or froze."""
        self.clock.advance(timedelta(seconds=91))
        await self.engine_forgets()

    async def engine_forgets(self) -> None:
        """Outlive the engine's own heartbeat of half a minute, which goes by the database's time and not by our clock."""
        if self.is_sqlite:
            return
        connection = await asyncpg.connect(self.settings.db)
        try:
            await connection.execute("UPDATE pgqueuer SET heartbeat = heartbeat - interval '1 minute'")
        finally:
            await connection.close()

    # The end ----------------------------------------------------------------------------------------------------------

    async def judge(self, *, within: float = 45.0) -> Verdict:
        """The final judgement, at rest, of what the processes have left."""
        await self.webhooks_sent()
        await self.come_to_rest(within=within)
        await self.down()
        verdict = await judge(self.gw, self.bench)
        assert not verdict.offences, "\n".join(verdict.offences)
        bugs = [
            line for log in self.folder.glob("*.log") for line in log.read_text().splitlines() if '"job.failed"' in line
        ]
        assert not bugs, "\n".join(bugs[:3])
        return verdict
