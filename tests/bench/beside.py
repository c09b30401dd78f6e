"""Whether the API waits while a million lines are audited on the same machine: latency without, and with it, in turns.

The audit runs as a user would run it beside a server, `nice homeward invoice audit`, over and over; one client asks for the
list of returns again and again, with a short pause between. Turns go without-with, with-without, and so on, so that what
changes on the machine falls on both; a turn has some thousands of requests. What counts is the median of the turns' ratios,
with the ratio over all requests beside it; `alone_spread` is how far turns without the audit lie apart by themselves.
`--data FOLDER` with the files of `tests.bench.reconcile`; `--seconds`, `--runs`.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

from tests.bench import load, reconcile_data, world

PAUSE = 0.002
SETTLE = 1.0
"""Seconds before each turn in which nothing is measured: the audit starts, or is gone."""


@contextmanager
def auditing(folder: Path) -> Iterator[None]:
    """The command, again and again, until the block ends."""
    over = threading.Event()
    command = ["-m", "gateway", "invoice", "audit", "--json", str(folder / "lines.csv")]
    argv = ["nice", "-n", "19", sys.executable, *command]  # its first second, before it stands back by itself

    def again() -> None:
        while not over.is_set():
            running = subprocess.Popen([*argv, "--bookings", str(folder / "bookings.csv")], stdout=subprocess.DEVNULL)
            while running.poll() is None and not over.wait(0.05):
                pass
            running.kill()
            running.wait()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def latencies(port: int, key: str, seconds: float) -> list[float]:
    """In ms: asked one after the other on one connection, with a pause between."""
    await asyncio.sleep(SETTLE)
    message = load.request("GET", "/v1/returns?limit=20", {"Authorization": f"Bearer {key}"}, b"")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        writer.write(message)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if head[9:10] != b"2":
            raise RuntimeError(head.decode())
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        times.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(PAUSE)
    writer.close()
    return times


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


async def measure(files: Path, seconds: float, runs: int) -> dict[str, Any]:
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder:
        there = await world.settle_in(Path(folder), "http://127.0.0.1:9")
        port = load.free_port()
        env = {"HOMEWARD_DATA": folder, "HOMEWARD_PORT": str(port), "HOMEWARD_LOG_LEVEL": "error"}
        with load.process("-m", "gateway", "serve", port=port, env=env):
            await latencies(port, there.key, 2)
            for run in range(runs):
                for turn in (alone, beside) if run % 2 == 0 else (beside, alone):
                    with auditing(files) if turn is beside else nullcontext():
                        turn.append(await latencies(port, there.key, seconds))
                print(json.dumps({"requests": len(alone[-1]), **told(alone[-1:], beside[-1:])}), flush=True)
    return told(alone, beside)


def told(alone: list[list[float]], beside: list[list[float]]) -> dict[str, Any]:
    """Medians over the turns, and the ratio of all requests together."""
    without, with_it = list(map(p99, alone)), list(map(p99, beside))
    together = [list(chain.from_iterable(turns)) for turns in (alone, beside)]
    ratios = [one / other for one, other in zip(with_it, without, strict=True)]
    return {
        "p50_ms": [round(statistics.median(each), 2) for each in together],
        "p99_ms": [round(statistics.median(each), 2) for each in (without, with_it)],
        "p99_ratio": round(statistics.median(ratios), 2),
        "p99_ratio_of_all": round(p99(together[1]) / p99(together[0]), 2),
        "alone_spread": round(max(without) / min(without), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    if not (asked.data / "lines.csv").exists():
        asked.data.mkdir(exist_ok=True)
        reconcile_data.write_apart(asked.data, 1_000_000, 1_000_000)
    measured = asyncio.run(measure(asked.data, asked.seconds, asked.runs))
    print(json.dumps({**measured, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
