"""Whether the API waits while a million lines are audited on the same machine: latency without, and with it, in turns.

The audit runs as a user would run it beside a server, `nice homeward invoice audit`, over and over; one client asks for the
list of returns again and again, with a short pause between. What else happens on a machine changes within seconds and moves
a p99 by more than the audit does, so the turns are short: the audit is stopped (SIGSTOP) for one second and goes on for the
next, in an order by chance, and each second counts for its side. A run is as many pairs as `--pairs`; what counts is the
ratio of the p99 of all its requests with the audit to that of all without, and the median of that over `--runs`. `apart` is
the same ratio between the odd and the even turns without it: how far chance alone goes. `--data FOLDER` with the files of
`tests.bench.reconcile`.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from tests.bench import load, reconcile_data, world

PAUSE = 0.002
SETTLE, TURN = 0.1, 1.0
"""Seconds of each turn: those in which nothing is counted, then those that count."""


class Audit:
    """The command, again and again, until the block ends; it can be made to stand still."""

    def __init__(self, folder: Path) -> None:
        command = ["-m", "gateway", "invoice", "audit", "--json", str(folder / "lines.csv")]
        nice = ["nice", "-n", "19", sys.executable, *command]  # its first second, before it stands back by itself
        self._argv = [*nice, "--bookings", str(folder / "bookings.csv")]
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._goes = False
        self._running: subprocess.Popen[bytes] | None = None
        self.finished = 0

    @contextmanager
    def ready(self) -> Iterator[None]:
        thread = threading.Thread(target=self._again)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self.go(True)
            thread.join()

    def go(self, goes: bool) -> None:
        with self._lock:
            self._goes = goes
            self._signal()

    def _signal(self) -> None:
        if self._running is not None and self._running.poll() is None:
            os.kill(self._running.pid, signal.SIGCONT if self._goes else signal.SIGSTOP)

    def _again(self) -> None:
        while not self._over.is_set():
            with self._lock:
                self._running = subprocess.Popen(self._argv, stdout=subprocess.DEVNULL)
                self._signal()
            while self._running.poll() is None and not self._over.wait(0.01):
                pass
            self.finished += self._running.poll() == 0
            self._running.kill()
            self._running.wait()


class Client:
    """One that asks one thing after the other on one connection."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._message = load.request("GET", "/v1/returns?limit=20", {"Authorization": f"Bearer {key}"}, b"")

    async def __aenter__(self) -> "Client":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._writer.close()

    async def latencies(self, seconds: float) -> list[float]:
        """In ms."""
        times: list[float] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            started = time.perf_counter()
            await self._ask()
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(PAUSE)
        return times

    async def _ask(self) -> None:
        self._writer.write(self._message)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if head[9:10] != b"2":
            raise RuntimeError(head.decode())
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        await self._reader.readexactly(length)


async def one_run(client: Client, audit: Audit, pairs: int) -> dict[str, Any]:
    turns: dict[bool, list[list[float]]] = {True: [], False: []}
    chance = random.Random(6)
    for _ in range(pairs):
        for goes in chance.sample((True, False), 2):
            audit.go(goes)
            await client.latencies(SETTLE)
            turns[goes].append(await client.latencies(TURN))
    return told(turns[False], turns[True])


def told(alone: list[list[float]], beside: list[list[float]]) -> dict[str, Any]:
    """Of all requests of a run together."""
    without, with_it, odd, even = (list(chain.from_iterable(each)) for each in (alone, beside, alone[::2], alone[1::2]))
    return {
        "requests": [len(without), len(with_it)],
        "p50_ms": [round(statistics.median(each), 2) for each in (without, with_it)],
        "p99_ms": [round(p99(each), 2) for each in (without, with_it)],
        "p50_ratio": round(statistics.median(with_it) / statistics.median(without), 2),
        "p99_ratio": round(p99(with_it) / p99(without), 2),
        "apart": round(p99(even) / p99(odd), 2),
    }


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


async def measure(files: Path, pairs: int, runs: int) -> dict[str, Any]:
    audit, found = Audit(files), []
    with tempfile.TemporaryDirectory() as folder:
        there = await world.settle_in(Path(folder), "http://127.0.0.1:9")
        port = load.free_port()
        env = {"HOMEWARD_DATA": folder, "HOMEWARD_PORT": str(port), "HOMEWARD_LOG_LEVEL": "error"}
        with load.process("-m", "gateway", "serve", port=port, env=env), audit.ready():
            async with Client(port, there.key) as client:
                await client.latencies(3)
                for _ in range(runs):
                    found.append(await one_run(client, audit, pairs))
                    print(json.dumps(found[-1]), flush=True)
    ratios = {name: statistics.median(run[name] for run in found) for name in ("p50_ratio", "p99_ratio", "apart")}
    return {"medians": ratios, "audits_finished": audit.finished}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=40, help="of a second without and a second with it, in a run")
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    if not (asked.data / "lines.csv").exists():
        asked.data.mkdir(exist_ok=True)
        reconcile_data.write_apart(asked.data, 1_000_000, 1_000_000)
    print(json.dumps({**asyncio.run(measure(asked.data, asked.pairs, asked.runs)), "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
