"""Whether the API waits while a million lines are audited on the same machine: latency without, and with it, in turns.

The audit runs as a user would run it beside a server, `nice homeward invoice audit`, over and over; one client asks for
the list of returns again and again, with a pause between. `--data FOLDER` with the files of
`tests.bench.reconcile`; `--seconds`, `--runs`.
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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import load, reconcile_data, world

PAUSE = 0.01


@contextmanager
def auditing(folder: Path) -> Iterator[None]:
    """The command, again and again, until the block ends."""
    over = threading.Event()
    argv = [
        "nice",
        "-n",
        "19",
        sys.executable,
        "-m",
        "gateway",
        "invoice",
        "audit",
        "--json",
        str(folder / "lines.csv"),
    ]

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


async def latencies(port: int, key: str, seconds: float) -> dict[str, float]:
    """In ms: asked one after the other on one connection, with a pause between."""
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
    return {"p50": round(statistics.median(times), 2), "p99": round(statistics.quantiles(times, n=100)[98], 2)}


async def measure(files: Path, seconds: float, runs: int) -> list[dict[str, Any]]:
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        there = await world.settle_in(Path(folder), "http://127.0.0.1:9")
        port = load.free_port()
        env = {"HOMEWARD_DATA": folder, "HOMEWARD_PORT": str(port), "HOMEWARD_LOG_LEVEL": "error"}
        with load.process("-m", "gateway", "serve", port=port, env=env):
            await latencies(port, there.key, 2)
            for _ in range(runs):
                alone = await latencies(port, there.key, seconds)
                with auditing(files):
                    beside = await latencies(port, there.key, seconds)
                measured.append({"alone": alone, "beside": beside, "p99_ratio": round(beside["p99"] / alone["p99"], 2)})
                print(json.dumps(measured[-1]), flush=True)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    if not (asked.data / "lines.csv").exists():
        asked.data.mkdir(exist_ok=True)
        reconcile_data.write(asked.data, 1_000_000, 1_000_000)
    measured = asyncio.run(measure(asked.data, asked.seconds, asked.runs))
    ratio = statistics.median(one["p99_ratio"] for one in measured)
    print(json.dumps({"p99_ratio": ratio, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
