"""Real worker processes over one PostgreSQL and one Valkey, a stub carrier that writes down every call.

`pace`: one account's waybills, one a call, at 50 calls a second with three workers; how long the sweep takes, and the most
calls that any second saw. `two`: accounts whose carrier takes half a second; calls a second with one worker and with two.
`killed`: of two workers one is killed; when its accounts are asked again, and whether any waybill was asked about twice at
once. Nothing is shortened; `--waybills` makes the sweep smaller, at the same pace.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import asyncpg

from adapters.seam import Pace
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import settling_in
from tests.bench import load, millions, world
from tests.house import servers

LATENCY, SLOW = 0.05, 0.5
ACCOUNTS = 32
AT_ONCE = 12
"""Jobs of one process in `two`: fewer than accounts, so that the carrier's latency is the limit."""
STEADY, LEASE = 15.0, 90.0
WORKERS_START = 10.0
"""Seconds before the accounts are due: by then every worker listens, and none takes all of them because it was first."""
Log = list[tuple[str, float, float | None]]


async def settle(settings: Settings, address: str, waybills: int, accounts: int) -> None:
    """So many waybills over so many accounts, all of them due."""
    there = await world.settle_in(settings.data, address, settings.db)
    async with open_gateway(settings) as gw, gw.store.transaction(there.exporter) as tx:
        known = {"client_id": "bench", "client_secret": "bench-secret"}
        ids = [row.id for row in await tx.all(tx.accounts.mine())]
        for number in range(accounts - 1):
            name = f"bench {number}"
            ids.append(await settling_in.add_account(gw, tx, "sandbox_rest", name, known, base_url=address))
    await millions.fill(settings, there.exporter, ids[0], waybills)
    connection = await asyncpg.connect(settings.db)
    try:
        spread = "account_id = ($1::text[])[1 + right(id, 9)::int % $2]"
        await connection.execute(f"UPDATE rounds SET poll_at = poll_at - 86400000000, {spread}", ids, accounts)
        await connection.execute(
            "UPDATE shipments SET account_id = rounds.account_id FROM looks JOIN rounds ON rounds.id = round_id"
            " WHERE looks.id = shipments.id"
        )
        await connection.execute("UPDATE sweeps SET due_at = NULL")
        soon = int((time.time() + WORKERS_START) * 1_000_000)
        await connection.execute("UPDATE accounts SET due_at = $1", soon)
    finally:
        await connection.close()


class Town:
    """A stub carrier and the workers that were started."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.settings, self.port = settings, port
        self.workers: list[subprocess.Popen[bytes]] = []

    def work(self, count: int, pace: Pace, at_once: int = 64) -> None:
        env = {
            **os.environ,
            "HOMEWARD_DATA": str(self.settings.data),
            "HOMEWARD_DB": self.settings.db,
            "HOMEWARD_REDIS": self.settings.redis,
            "HOMEWARD_JOBS_AT_ONCE": str(at_once),
            "HOMEWARD_PRIVATE_ENDPOINTS": "true",
        }
        asked = [sys.executable, "-m", "tests.bench.sweep_worker", str(pace.per_second), str(pace.concurrency)]
        self.workers += [subprocess.Popen(asked, env=env) for _ in range(count)]

    def log(self) -> Log:
        with urlopen(f"http://127.0.0.1:{self.port}/log") as answer:
            return [(waybill, came, left) for waybill, came, left in json.load(answer)]

    def count(self) -> int:
        with urlopen(f"http://127.0.0.1:{self.port}/count") as answer:
            return int(answer.read())

    def wait_for(self, calls: int, within: float) -> Log:
        """The log once it has so many calls, or when the time is over."""
        ends = time.monotonic() + within
        while self.count() < calls and time.monotonic() < ends:
            time.sleep(0.5)
        return self.log()

    def end(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(60)


@contextmanager
def town(postgres: servers.Postgres, redis: str, *, waybills: int, accounts: int, seconds: float) -> Iterator[Town]:
    port = load.free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(load.process("-m", "tests.bench.stub_sweep", str(port), str(seconds), port=port))
        name = servers.run_apart(postgres._create(servers.TEMPLATE))
        stack.callback(lambda: servers.run_apart(postgres.drop(name)))
        settings = Settings(data=folder, db=postgres.url_of(name), redis=redis, private_endpoints=True)
        asyncio.run(settle(settings, f"http://127.0.0.1:{port}", waybills, accounts))
        made = Town(settings, port)
        stack.callback(made.end)
        yield made


def most_in_a_second(times: Sequence[float]) -> int:
    """In any second, wherever it begins."""
    most, first = 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def twice_at_once(log: Log) -> int:
    """Calls about a waybill while another about it was under way."""
    until: dict[str, float] = {}
    twice = 0
    for waybill, came, left in sorted(log, key=lambda call: call[1]):
        twice += came < until.get(waybill, 0)
        until[waybill] = max(until.get(waybill, 0), left if left is not None else came)
    return twice


def pace(postgres: servers.Postgres, redis: str, waybills: int, per_second: float) -> dict[str, Any]:
    with town(postgres, redis, waybills=waybills, accounts=1, seconds=LATENCY) as there:
        there.work(3, Pace(per_second=per_second, concurrency=16))
        log = there.wait_for(waybills, within=60 + waybills / per_second * 3)
    times = sorted(came for _, came, _ in log)
    return {
        "waybills": len({waybill for waybill, _, _ in log}),
        "calls": len(log),
        "seconds": round(times[-1] - times[0], 1),
        "seconds_per_10000": round((times[-1] - times[0]) / len(times) * 10_000, 1),
        "most_in_a_second": most_in_a_second(times),
    }


def two(postgres: servers.Postgres, redis: str) -> dict[str, Any]:
    """Calls a second in a steady quarter of a minute."""
    found = {}
    for workers in (1, 2):
        with town(postgres, redis, waybills=20_000, accounts=ACCOUNTS, seconds=SLOW) as there:
            there.work(workers, Pace(per_second=1000, concurrency=2), AT_ONCE)
            there.wait_for(50 * workers, within=60)
            time.sleep(3)
            before = there.count()
            time.sleep(STEADY)
            found[workers] = (there.count() - before) / STEADY
    return {"one": round(found[1], 1), "two": round(found[2], 1), "ratio": round(found[2] / found[1], 2)}


def killed(postgres: servers.Postgres, redis: str) -> dict[str, Any]:
    """Seconds from the kill until the dead process's turns were somebody else's, and until what it had under way was asked
    about again."""
    with town(postgres, redis, waybills=60_000, accounts=ACCOUNTS, seconds=SLOW) as there:
        there.work(2, Pace(per_second=1000, concurrency=2))
        there.wait_for(200, within=60)
        victim = there.workers.pop()
        os.kill(victim.pid, signal.SIGKILL)
        at = time.monotonic()
        victim.wait()
        taken = asyncio.run(turns_taken(there.settings.db, at, LEASE + 20))
        log = there.log()
    lost = {waybill for waybill, came, left in log if left is None and came < at + SLOW}
    again = {waybill: came - at for waybill, came, _ in log if waybill in lost and came > at + SLOW}
    return {
        "lost_calls": len(lost),
        "asked_again": len(again),
        "twice_at_once": twice_at_once(log),
        "turns_taken": len(taken),
        "seconds_until_turns_were": round(max(taken), 1) if taken else None,
        "seconds_until_all_were": round(max(again.values()), 1) if again else None,
    }


async def turns_taken(db: str, at: float, seconds: float) -> Sequence[float]:
    """Seconds from `at` until the turns that nobody ended any more were claimed: those that lasted longer than any does
    that somebody works on."""
    connection = await asyncpg.connect(db)
    taken, since = [], dict[str, tuple[int, float]]()
    try:
        while time.monotonic() < at + seconds:
            now = time.monotonic()
            for row in await connection.fetch("SELECT id, turn FROM accounts"):
                turn, seen = since.setdefault(row["id"], (row["turn"], at))
                if turn != row["turn"]:
                    since[row["id"]] = (row["turn"], now)
                    taken += [now - at] if now - seen > LEASE / 2 else []
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--waybills", type=int, default=10_000)
    parser.add_argument("--pace", type=float, default=50.0)
    parser.add_argument("--part", choices=("pace", "two", "killed"), help="only one of the three")
    asked = parser.parse_args()
    parts = {
        "pace": lambda: pace(postgres, redis, asked.waybills, asked.pace),
        "two": lambda: two(postgres, redis),
        "killed": lambda: killed(postgres, redis),
    }
    found: list[dict[str, dict[str, Any]]] = []
    with servers.postgres() as postgres, servers.valkey() as redis:
        for _ in range(asked.runs):
            found.append({name: part() for name, part in parts.items() if asked.part in (None, name)})
            print(json.dumps(found[-1]), flush=True)
    median = {
        name: {
            key: statistics.median(run[name][key] for run in found) for key, value in first.items() if value is not None
        }
        for name, first in found[0].items()
    }
    print(json.dumps({"median": median, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
