"""The ledger as a file: every transfer, as it was posted, for whoever keeps books elsewhere.

One moment of the books is read page by page and written part by part, so that a ledger of millions needs no more memory than
a page; what takes processor time is done in a thread.
"""

import asyncio
import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from adapters.toolkit.parquet import ParquetParts
from gateway.core import Gateway
from gateway.store.billing import TRANSFERRED
from gateway.store.types import EPOCH
from schemas.iso import CURRENCY_DIGITS

PAGE = 2_000
"""Transfers in one question: as much as the loop can wait for."""
END = datetime(2100, 1, 1, tzinfo=UTC)
PART = 5
"""Pages that are written at once."""
COLUMNS: Mapping[str, type[str] | type[int] | type[datetime]] = {
    **dict.fromkeys(TRANSFERRED, str),
    "posted_at": datetime,
    "place": int,
    "minor": int,
    "decimals": int,
}
"""A transfer moves `minor` units of its currency, which has so many `decimals`, to `debit` from `credit`."""


class Book(Protocol):
    """What a file is written by."""

    def add(self, rows: Sequence[Sequence[Any]]) -> None: ...

    def join(self, file: Path) -> None: ...


class CsvBook:
    """RFC 4180, instants by RFC 3339 in UTC. Everything in it is of our own making: no text that a spreadsheet would run."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "book.csv"
        self.add([list(COLUMNS)])

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        with self._file.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [value.isoformat() if isinstance(value, datetime) else value for value in row] for row in rows
            )

    def join(self, file: Path) -> None:
        self._file.rename(file)


def book_of(form: str, folder: Path) -> Book:
    """Raises Unsupported where the form needs an extra that is not installed."""
    return ParquetParts(COLUMNS, folder) if form == "parquet" else CsvBook(folder)


async def write_ledger(
    gw: Gateway,
    exporter_id: str,
    file: Path,
    form: str,
    *,
    since: datetime = EPOCH,
    before: datetime = END,
) -> int:
    """An exporter's transfers, posted from `since` on and before `before`, into a new file; how many there are."""
    written, last = 0, ""
    with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
        book = book_of(form, Path(folder))
        async with gw.store.snapshot(exporter_id) as tx:
            waiting: list[Sequence[Any]] = []
            while page := await tx.ledger.after(last, since, before, PAGE):
                last, written = page[-1][0], written + len(page)
                waiting += [(*row, CURRENCY_DIGITS[row[-1]]) for row in page]
                if len(waiting) >= PAGE * PART:
                    await asyncio.to_thread(book.add, waiting)
                    waiting = []
        if waiting:
            await asyncio.to_thread(book.add, waiting)
        await asyncio.to_thread(book.join, file)
    return written
