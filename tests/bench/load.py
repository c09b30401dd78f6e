"""A small load generator: raw HTTP/1.1 over kept-alive connections, so that the client costs little beside the server."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

UNHURRIED = {"HOMEWARD_CALLS_PER_MINUTE": "10000000"}
"""One key asks for more here than any may in a minute."""


@dataclass(slots=True)
class Measured:
    """One run: what each request took and what all of them took, in seconds, and how many answers were not 2xx."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failed: int = 0

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.times, n=100)[98] * 1000

    def add(self, more: "Measured") -> None:
        """Another turn of the same."""
        self.times += more.times
        self.seconds += more.seconds
        self.failed += more.failed


def request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def hammer(port: int, requests: Sequence[bytes], connections: int = 64) -> Measured:
    """Send all of them over so many connections, each waiting for its answer."""
    waiting = iter(requests)
    times: list[float] = []
    failed = 0

    async def one_connection() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for message in waiting:
            started = time.perf_counter()
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            await reader.readexactly(length)
            times.append(time.perf_counter() - started)
            failed += head[9:10] != b"2"
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    took = time.perf_counter() - started
    return Measured(times, took, failed)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*arguments: str, port: int, core: int | None = None, env: dict[str, str] | None = None) -> Iterator[None]:
    """A server of ours on a port, pinned to a core, until the block ends."""
    pinned = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
    running = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **UNHURRIED, **(env or {})},
        preexec_fn=pinned,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if time.monotonic() > deadline or running.poll() is not None:
                raise RuntimeError(f"{arguments} did not start")
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(30)


def load_of_machine() -> str:
    """What else was going on, for the note."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}"
