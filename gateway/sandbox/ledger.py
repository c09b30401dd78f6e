"""The sandbox's own book: append-only JSON lines, on the disk before anyone is answered.

It is the ground truth that tests compare the gateway with, so it is written by nothing else and never rewritten. Read
again at the start: a sandbox that was killed knows what it had agreed to.
"""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
Clock = Callable[[], datetime]


class Ledger:
    """Entries in order. `path` None keeps them in memory only."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.clock = clock
        self.entries: list[Entry] = _read(path) if path and path.exists() else []
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else None

    def write(self, kind: str, **facts: Any) -> Entry:
        """Append one entry and flush it to the disk; returns it with its number and instant."""
        entry: Entry = {"seq": len(self.entries) + 1, "at": self.clock().isoformat(), "kind": kind, **facts}
        if self._descriptor is not None:
            os.write(self._descriptor, json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            os.fsync(self._descriptor)
        self.entries.append(entry)
        return entry

    def of(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["kind"] in kinds]

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read(path: Path) -> list[Entry]:
    """Whole lines only: a torn last line was never answered for, and is cut off."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(path, len(whole))
    return [json.loads(line) for line in whole.splitlines()]
