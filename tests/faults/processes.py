"""Processes of ours, to be started, stopped, frozen and killed."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.house.waiting import eventually

ROOT = Path(__file__).parents[2]


class Nursery:
    """The process that forks ours (see `nursery`). May be used from several threads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._said = threading.Condition()
        self._asking = threading.Lock()
        self._born: list[int] = []
        self._ended: dict[int, int] = {}
        self._ready = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with self._said:
            assert self._said.wait_for(lambda: self._ready, 60), "the nursery did not come up"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._said:
                self._ready = self._ready or "ready" in told
                if "pid" in told:
                    self._born.append(told["pid"])
                if "ended" in told:
                    self._ended[told["ended"]] = told["status"]
                self._said.notify_all()

    def start(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> int:
        assert self._process.stdin is not None
        with self._asking:
            self._process.stdin.write(json.dumps({"argv": argv, "env": dict(env), "log": str(log)}).encode() + b"\n")
            self._process.stdin.flush()
            with self._said:
                assert self._said.wait_for(lambda: self._born, 30)
                return self._born.pop()

    def status(self, pid: int) -> int | None:
        """How it ended; None while it runs."""
        with self._said:
            return self._ended.get(pid)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def nursery() -> Iterator[Nursery]:
    opened = Nursery()
    try:
        yield opened
    finally:
        opened.close()


@dataclass
class Running:
    """One of our processes. `url` where it answers requests; `place` where it was told to die."""

    nursery: Nursery
    pid: int
    role: str
    log: Path
    url: str = ""
    place: str = ""

    @property
    def status(self) -> int | None:
        return self.nursery.status(self.pid)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended: the nursery may have buried it before it tells."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def ended(self, within: float = 15.0) -> int:
        """Wait for its end; how it ended (minus the signal)."""

        async def gone() -> bool:
            return self.status is not None

        try:
            await eventually(gone, within=within)
        except AssertionError:
            raise AssertionError(f"{self.role} did not end\n{self.tail()}") from None
        assert self.status is not None
        return self.status

    def tail(self, lines: int = 25) -> str:
        """The end of what it logged."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""
