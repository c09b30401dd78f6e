"""Bookings through the API against a carrier that answers at once: accepted, and booked at the carrier, a second."""

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from gateway.demo import props
from tests.bench import load, world


def _orders(key: str, count: int) -> list[bytes]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    orders = []
    for number in range(count):
        body = json.dumps({**props.by_hand(f"B-{number}"), "external_id": f"B-{number}"}).encode()
        orders.append(load.request("POST", "/v1/bookings", {**headers, "Idempotency-Key": f"k{number}"}, body))
    return orders


def _live(data: Path) -> int:
    with sqlite3.connect(f"file:{data / 'homeward.db'}?mode=ro", uri=True) as connection:
        return int(
            connection.execute("SELECT count(*) FROM attempts WHERE kind='booking' AND state='live'").fetchone()[0]
        )


async def measure(requests: int) -> dict[str, Any]:
    """One run on a fresh embedded store."""
    carrier, port = load.free_port(), load.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        load.process("-m", "tests.bench.stub_carrier", str(carrier), port=carrier),
    ):
        there = await world.settle_in(Path(folder), f"http://127.0.0.1:{carrier}")
        env = {"HOMEWARD_DATA": folder, "HOMEWARD_PORT": str(port), "HOMEWARD_LOG_LEVEL": "error"}
        with load.process("-m", "gateway", "serve", port=port, env=env):
            orders = _orders(there.key, requests)
            started = time.perf_counter()
            accepted = await load.hammer(port, orders, 32)
            while _live(there.data) < requests:
                await asyncio.sleep(0.02)
            took = time.perf_counter() - started
    return {
        "accepted_per_second": round(accepted.per_second),
        "accept_p99_ms": round(accepted.p99_ms, 1),
        "failed": accepted.failed,
        "booked_per_second": round(requests / took),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000)
    asked = parser.parse_args()
    runs = []
    for _ in range(asked.runs):
        runs.append(asyncio.run(measure(asked.requests)))
        print(json.dumps(runs[-1]), flush=True)
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(json.dumps({"median": median, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
