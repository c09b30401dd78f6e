"""A folder into which invoice files are dropped: each is imported and moved to `done/`, or to `refused/` with its reason.

A folder of an exporter's id belongs to that exporter; what lies in the mailbox itself is the only exporter's. A
`profile.yaml` beside the files describes those that no reader recognises. A file is taken once nobody has written to it for a
moment; dying between import and move does no harm, because the same bytes again change nothing.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.core import Gateway
from gateway.journeys import importing
from gateway.store import parties
from gateway.store.database import Raced
from schemas.errors import AdapterError

log = structlog.get_logger(__name__)
STILL_SECONDS = 2.0
"""A file that was written to later than this may not be whole yet."""
DONE, REFUSED, PROFILE = "done", "refused", "profile.yaml"


@dataclass(frozen=True, slots=True)
class Letter:
    """A file, and whose it is."""

    path: Path
    exporter_id: str


async def look(gw: Gateway) -> int:
    """Take in everything that lies there; how many files were moved."""
    folder = gw.settings.inbox
    if folder is None:
        return 0
    async with gw.store.front_desk() as connection:
        exporters = await parties.exporter_ids(connection)
    letters = await asyncio.to_thread(_letters, folder, exporters)
    return sum([await _take(gw, letter) for letter in letters])


def _letters(folder: Path, exporters: Sequence[str]) -> list[Letter]:
    """Whole files, by name. A link is no file: it may lead anywhere."""
    owners = {folder / exporter_id: exporter_id for exporter_id in exporters}
    if len(exporters) == 1:
        owners[folder] = exporters[0]
    now = _clock_of(folder)
    return [
        Letter(path, exporter_id)
        for place, exporter_id in owners.items()
        if place.is_dir()
        for path in sorted(place.iterdir())
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and path.name != PROFILE
        and path.stat().st_mtime <= now - STILL_SECONDS
    ]


def _clock_of(folder: Path) -> float:
    """The present as the folder's own disk tells it: it may be on another machine, whose clock is not ours."""
    probe = folder / f".clock-{os.getpid()}"
    probe.touch()
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


async def _take(gw: Gateway, letter: Letter) -> int:
    limit = gw.settings.document_limit
    try:
        if (await asyncio.to_thread(letter.path.stat)).st_size > limit:
            return await _move(letter, f"larger than {limit} bytes")
        content = await asyncio.to_thread(letter.path.read_bytes)
    except FileNotFoundError:
        return 0  # another worker took it
    try:
        made = await _import(gw, letter, content)
    except Raced:
        return 0  # another worker takes it; what it leaves is looked at again
    except AdapterError as error:
        return await _move(letter, str(error))
    if not made.invoice_ids and not made.known:
        return await _move(
            letter, "; ".join(f"row {one.row}: {one.detail}" for one in made.problems) or "no invoice in it"
        )
    return await _move(letter, None)


async def _import(gw: Gateway, letter: Letter, content: bytes) -> importing.Imported:
    profile = letter.path.parent / PROFILE
    text: bytes | None = None
    if await asyncio.to_thread(profile.is_file):
        try:
            await asyncio.to_thread(importing.recognise, content)
        except AdapterError:
            text = await asyncio.to_thread(profile.read_bytes)
    return await importing.import_document(
        gw, letter.exporter_id, content, actor="mailbox", profile=text, name=letter.path.name[:200]
    )


async def _move(letter: Letter, refused: str | None) -> int:
    log.info("mailbox.taken", exporter=letter.exporter_id, refused=refused)
    return await asyncio.to_thread(_moved, letter.path, refused)


def _moved(path: Path, refused: str | None) -> int:
    there = path.parent / (REFUSED if refused else DONE)
    there.mkdir(exist_ok=True)
    target = there / path.name
    number = 1
    while target.exists():
        number += 1
        target = there / f"{path.stem}.{number}{path.suffix}"
    try:
        path.rename(target)
    except FileNotFoundError:
        return 0
    if refused:
        (there / f"{target.name}.reason.txt").write_text(f"{refused}\n", encoding="utf-8")
    return 1
