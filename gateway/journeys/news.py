"""What is new of a return since somebody last looked: its audit's entries, and whether scans came in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gateway.store.store import Desk

MOST = 200


@dataclass(frozen=True, slots=True)
class Position:
    """How much of a return is known to whoever asks: audit entries, and scans. Written as `12.5`."""

    entries: int
    scans: int

    @classmethod
    def of(cls, text: str) -> Self:
        """From the start where it is not of our form."""
        entries, _, scans = text.partition(".")
        parts = [int(one) if one.isascii() and one.isdigit() and len(one) < 10 else 0 for one in (entries, scans)]
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.entries}.{self.scans}"


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new. `kind` is the audit's word, or `tracking.heard`."""

    position: Position
    kind: str
    subject_id: str
    at: datetime


async def position_of(tx: Desk, return_id: str) -> Position:
    """Where a return stands now."""
    return Position(await tx.audit.length(return_id), await tx.events.count_of_return(return_id))


async def news_of(tx: Desk, return_id: str, since: Position) -> Sequence[News]:
    """In the order of happening, at most two hundred at once."""
    rows = (await tx.audit.of_chain(return_id, after=since.entries))[:MOST]
    told = [News(Position(row.seq, since.scans), row.action, row.subject_id, row.at) for row in rows]
    scans = await tx.events.count_of_return(return_id)
    if scans != since.scans:
        entries = rows[-1].seq if rows else since.entries
        told.append(News(Position(entries, scans), "tracking.heard", return_id, tx.now))
    return told
