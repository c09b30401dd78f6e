"""Archive: tracking events of returns that ended long ago, out of the database and into files, a hundred returns at a time.

A part is written, read back and compared before one row goes; its name follows from what it says, so a run that was killed in
between writes the very same file again and then deletes. Each return's audit says which file has its events, and its hash.
"""

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from gateway.config import Settings
from gateway.core import Gateway
from gateway.crash import crash
from gateway.rules.lifecycle import ENDED
from gateway.running import ready_gateway
from gateway.store import parties
from gateway.store.transaction import Record

PAGE = 100
"""Returns in one part, and in one short transaction."""
Told = Callable[[str], None]


class NotWritten(Exception):
    """What was read back from the disk is not what was written; nothing was deleted."""


@dataclass
class Counts:
    returns: int = 0
    events: int = 0
    files: int = 0


async def archive(settings: Settings, older_than: timedelta, folder: Path, told: Told) -> Counts:
    """Move the events of every exporter's returns that ended longer ago than that."""
    counts = Counts()
    async with ready_gateway(settings) as gw:
        before = gw.clock() - older_than
        async with gw.store.front_desk() as connection:
            exporters = await parties.exporter_ids(connection)
        for exporter_id in exporters:
            await _archive_one(gw, exporter_id, before, folder / exporter_id, counts, told)
    return counts


async def _archive_one(
    gw: Gateway, exporter_id: str, before: datetime, folder: Path, counts: Counts, told: Told
) -> None:
    last = ""
    while True:
        async with gw.store.reading(exporter_id) as tx:
            ended = await tx.archiving.ended(ENDED, before, last, PAGE)
        if not ended:
            return
        last = ended[-1].id
        for month, some in groupby(sorted(ended, key=_month), key=_month):
            await _move(gw, exporter_id, folder / month, [row.id for row in some], counts)
        told(f"{counts.returns} returns, {counts.events} events, {counts.files} files")


def _month(row: Record) -> str:
    return f"{row.updated_at:%Y-%m}"


async def _move(gw: Gateway, exporter_id: str, folder: Path, return_ids: Sequence[str], counts: Counts) -> None:
    """One part: written and compared, then deleted, unless something came in between: then the next run takes it."""
    async with gw.store.reading(exporter_id) as tx:
        events = await tx.archiving.events(return_ids)
    lines = [_line(event) for event in events]
    name, sha256 = _write(folder, lines) if lines else ("", "")
    crash("archive.before_delete")
    async with gw.store.transaction(exporter_id, "archive") as tx:
        await tx.archiving.lock(return_ids)
        if [event.id for event in await tx.archiving.events(return_ids)] != [event.id for event in events]:
            return
        await tx.archiving.remove(return_ids, [event.id for event in events])
        for return_id, kept in Counter(event.return_id for event in events).items():
            said = {"file": f"{exporter_id}/{folder.name}/{name}", "sha256": sha256, "events": kept}
            tx.note("events.archived", return_id, chain=return_id, after=said)
    counts.returns += len(return_ids)
    counts.events += len(events)
    counts.files += bool(name)


def _line(event: Record) -> bytes:
    """One event as JSON, its instants with their offset."""
    said = {name: getattr(event, name) for name in event._fields}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _write(folder: Path, lines: Sequence[bytes]) -> tuple[str, str]:
    """Name and SHA-256 of a file that is on the disk and says what it should; beside it the line for `sha256sum -c`."""
    content = b"".join(lines)
    packed = gzip.compress(content, mtime=0)
    sha256 = hashlib.sha256(packed).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"events-{folder.name}-{sha256[:16]}.jsonl.gz"
    _durably(path, packed)
    _durably(path.with_suffix(".sha256"), f"{sha256}  {path.name}\n".encode())
    if gzip.decompress(path.read_bytes()) != content:
        raise NotWritten(f"{path} does not say what was written to it")
    return path.name, sha256


def _durably(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.part")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
