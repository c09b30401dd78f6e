"""Bookings through the API against a carrier that answers at once: accepted, and booked at the carrier, a second.

On the embedded store with one process; with `--postgresql` on PostgreSQL and Valkey, with as many processes that answer
(`--web`, on one port) and that work (`--work`) as are asked for.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from gateway.demo import props
from tests.bench import load, world
from tests.house import servers

WORKERS_START = 8.0
"""Seconds until every worker listens."""
BOOKED = "SELECT count(*) FROM attempts WHERE kind='booking' AND state='live'"


def _orders(key: str, count: int) -> list[bytes]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    orders = []
    for number in range(count):
        body = json.dumps({**props.by_hand(f"B-{number}"), "external_id": f"B-{number}"}).encode()
        orders.append(load.request("POST", "/v1/bookings", {**headers, "Idempotency-Key": f"k{number}"}, body))
    return orders


def _live(data: Path) -> int:
    with sqlite3.connect(f"file:{data / 'homeward.db'}?mode=ro", uri=True) as connection:
        return int(connection.execute(BOOKED).fetchone()[0])


async def measure(requests: int) -> dict[str, Any]:
    """One run on a fresh embedded store."""
    carrier, port = load.free_port(), load.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        load.process("-m", "tests.bench.stub_carrier", str(carrier), port=carrier),
    ):
        there = await world.settle_in(Path(folder), f"http://127.0.0.1:{carrier}")
        env = {"HOMEWARD_DATA": folder, "HOMEWARD_PORT": str(port), "HOMEWARD_LOG_LEVEL": "error"}

        async def live() -> int:
            return _live(there.data)

        with load.process("-m", "gateway", "serve", port=port, env=env):
            return await _timed(port, there.key, requests, live)


async def measure_apart(db: str, redis: str, requests: int, web: int, work: int) -> dict[str, Any]:
    """One run on a fresh database of PostgreSQL's."""
    carrier, port = load.free_port(), load.free_port()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(load.process("-m", "tests.bench.stub_carrier", str(carrier), port=carrier))
        there = await world.settle_in(Path(folder), f"http://127.0.0.1:{carrier}", db)
        env = {
            "HOMEWARD_DATA": folder,
            "HOMEWARD_DB": db,
            "HOMEWARD_REDIS": redis,
            "HOMEWARD_PORT": str(port),
            "HOMEWARD_LOG_LEVEL": "error",
        }
        for _ in range(web):
            stack.enter_context(load.process("-m", "gateway", "web", port=port, env=env))
        for _ in range(work):
            stack.enter_context(_worker(env))
        connection = await asyncpg.connect(db)
        try:
            await asyncio.sleep(WORKERS_START)
            return await _timed(port, there.key, requests, lambda: connection.fetchval(BOOKED))
        finally:
            await connection.close()


@contextmanager
def _worker(env: dict[str, str]) -> Iterator[None]:
    running = subprocess.Popen([sys.executable, "-m", "gateway", "work"], env={**os.environ, **env})
    try:
        yield
    finally:
        running.terminate()
        running.wait(60)


async def _timed(port: int, key: str, requests: int, live: Callable[[], Awaitable[int]]) -> dict[str, Any]:
    orders = _orders(key, requests)
    started = time.perf_counter()
    accepted = await load.hammer(port, orders, 32)
    while await live() < requests - accepted.failed:
        await asyncio.sleep(0.05)
    took = time.perf_counter() - started
    return {
        "accepted_per_second": round(accepted.per_second),
        "accept_p99_ms": round(accepted.p99_ms, 1),
        "failed": accepted.failed,
        "booked_per_second": round((requests - accepted.failed) / took),
    }


def _on_postgresql(postgres: servers.Postgres, redis: str, requests: int, web: int, work: int) -> dict[str, Any]:
    name = servers.run_apart(postgres._create(servers.TEMPLATE))
    try:
        return asyncio.run(measure_apart(postgres.url_of(name), redis, requests, web, work))
    finally:
        servers.run_apart(postgres.drop(name))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--postgresql", action="store_true", help="PostgreSQL, Valkey and processes of their own")
    parser.add_argument("--web", type=int, default=1)
    parser.add_argument("--work", type=int, default=1)
    asked = parser.parse_args()
    runs = []
    with ExitStack() as stack:
        if asked.postgresql:
            there = stack.enter_context(servers.postgres()), stack.enter_context(servers.valkey())
        for _ in range(asked.runs):
            if asked.postgresql:
                runs.append(_on_postgresql(*there, asked.requests, asked.web, asked.work))
            else:
                runs.append(asyncio.run(measure(asked.requests)))
            print(json.dumps(runs[-1]), flush=True)
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(json.dumps({"median": median, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
