"""Queries about returns, and the one index that finds them by any number."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from gateway.store import tables
from gateway.store.billing import among
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf

PUNCTUATION = re.compile(r"[\s\-_/.#:]+")


def canonical_number(value: str) -> str:
    """How a number is compared: full-width folded (NFKC), upper case, without spaces, dashes, dots, slashes, '#'."""
    if value.isascii() and value.isalnum():  # nearly every one: nothing to fold, nothing to leave out
        return value.upper()[:254]
    return PUNCTUATION.sub("", unicodedata.normalize("NFKC", value)).upper()[:254]


class Returns(Shelf):
    table, prefix, noun = tables.returns, "ret", "return"

    async def by_rma(self, source_id: str, rma_id: str, *, lock: bool = False) -> Record | None:
        return await self.that(lock=lock, source_id=source_id, rma_id=rma_id)

    async def by_external(self, external_id: str) -> Record | None:
        return await self.that(external_id=external_id)

    async def known_as(self, return_id: str, numbers: Iterable[tuple[str, str | None]]) -> None:
        """Make the return findable by these (kind, number) pairs; what is empty or known already is passed over."""
        known = {(kind, canonical_number(number)) for kind, number in numbers if number}
        rows = [
            {"exporter_id": self.tx.exporter_id, "canonical": canonical, "return_id": return_id, "kind": kind}
            for kind, canonical in sorted(known)
            if canonical
        ]
        if rows:
            unique = ("exporter_id", "canonical", "return_id", "kind")
            await self.tx.add_new(tables.numbers, *rows, unique=unique)

    async def search(self, number: str, limit: int = 50) -> Sequence[Record]:
        """Returns known by this number, whatever kind of number it is, newest first."""
        asked = {"mine": self.tx.exporter_id, "canonical": canonical_number(number), "number": number, "most": limit}
        return (await self.tx.say(SEARCHED, asked)).all()


def _searched() -> Prepared:
    """Ids sort by age, so the newest of thousands (a postal code) are read off the end of the index; and an `OR` with our
    own id would make PostgreSQL read every return there is."""
    numbers, columns = tables.numbers.c, tables.returns.c
    known = (
        select(numbers.return_id)
        .where(numbers.exporter_id == bindparam("mine"), numbers.canonical == bindparam("canonical"))
        .distinct()
        .order_by(numbers.return_id.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    ids = select(known.c.return_id).union_all(select(bindparam("number", type_=columns.id.type)))
    mine = select(tables.returns).where(among(columns.exporter_id, bindparam("mine")), columns.id.in_(ids))
    return Prepared(mine.order_by(columns.created_at.desc(), columns.id.desc()).limit(bindparam("most")))


SEARCHED = _searched()
