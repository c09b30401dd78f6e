"""Who may write the embedded database: one process, named with its address in a file that the system locks for it.

The lock goes with the process, however it ends. A file that is there and not locked means nothing.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another process has the database open for writing."""


@contextmanager
def only_writer(data: Path, url: str = "") -> Iterator[None]:
    """Hold the folder's lock. Raises Taken, naming who holds it and where he listens."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "homeward.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(_who(path)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _who(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        where = f" and answers at {holder['url']}" if holder.get("url") else ""
        return f"process {holder['pid']} has {path.parent} open{where}"
    except (ValueError, KeyError, OSError):
        return f"another process has {path.parent} open"
