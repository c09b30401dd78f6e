"""The clock. Real time, or for sandboxes and tests real time plus an offset that a file holds, so that several processes
move together and a process that was killed finds the time it left."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class FileClock:
    """Now, plus the seconds that stand in a file. `advance` writes them; everyone who reads the file follows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.offset

    @property
    def offset(self) -> timedelta:
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return timedelta(0)
        if self._seen != (status.st_mtime_ns, status.st_ino):
            self._seen = (status.st_mtime_ns, status.st_ino)
            self._offset = timedelta(seconds=float(self.path.read_text() or 0))
        return self._offset

    def advance(self, by: timedelta) -> None:
        """Move everyone's clock forward."""
        total = self.offset + by
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{total.total_seconds()}")
        os.replace(fresh, self.path)


def monotonic_of(path: str) -> Callable[[], float]:
    """Seconds for measuring waits. Under a test clock they are moved with it, so that a turn can be outlived in a moment."""
    if not path:
        return time.monotonic
    clock = FileClock(Path(path))
    return lambda: time.monotonic() + clock.offset.total_seconds()


def clock_of(path: str) -> Clock:
    """The clock that the settings name: real time where there is no file."""
    return FileClock(Path(path)) if path else utc_now
