"""Queries about returns, and the one index that finds them by any number."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select, union_all

from gateway.store import tables
from gateway.store.billing import among
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf

UNSEEN = re.compile(r"[\u00ad\u200b-\u200d\u2060]+")
"""What comes along when a number is copied from a page or a sheet, and nobody sees."""
PUNCTUATION = re.compile(r"[\s\-\u2010-\u2015\u2212_/.#:]+")
PHONE = re.compile(r"[+(]?[\d\s()./\-\u2010-\u2015]+")


def canonical_number(value: str) -> str:
    """How a number is compared: full-width folded (NFKC), upper case, without spaces, dashes, dots, slashes, '#'."""
    if value.isascii() and value.isalnum():  # nearly every one: nothing to fold, nothing to leave out
        return value.upper()[:254]
    return PUNCTUATION.sub("", _folded(value)).upper()[:254]


def _folded(value: str) -> str:
    return UNSEEN.sub("", unicodedata.normalize("NFKC", value)).strip()


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

    async def search(
        self, number: str, limit: int = 50, *, status: str | None = None, before: str | None = None
    ) -> Sequence[Record]:
        """Returns known by this number, whatever kind of number it is, newest first; `before` is the last id of the page
        before."""
        asked = {
            "mine": self.tx.exporter_id,
            "canonical": canonical_number(number),
            "tail": phone_tail(number),
            "number": _folded(number),
            "reference": _folded(number).upper(),
            "before": before or LAST,
            "most": limit,
        }
        if status:
            return (await self.tx.say(SEARCHED_IN, {**asked, "status": status})).all()
        return (await self.tx.say(SEARCHED, asked)).all()


def phone_tail(number: str) -> str:
    """What a phone number is found by: its last seven digits, however the rest is written. Empty for what is none."""
    written = _folded(number)
    digits = "".join(filter(str.isdigit, written))
    return digits[-7:] if len(digits) >= 7 and PHONE.fullmatch(written) else ""


def _known(*conditions: Any) -> Select[Any]:
    """Ids sort by age, so the newest of thousands (a postal code) are read off the end of the index."""
    numbers = tables.numbers.c
    known = select(numbers.return_id).where(
        numbers.exporter_id == bindparam("mine"), numbers.return_id < bindparam("before"), *conditions
    )
    return known.distinct().order_by(numbers.return_id.desc())


def _searched(*, status: bool) -> Prepared:
    """Each way on its own: an `OR` over them would make PostgreSQL read every return there is. Where a status is wanted as
    well, how many of those that are known have it is known only at the end."""
    numbers, columns = tables.numbers.c, tables.returns.c
    shipments, attempts = tables.shipments.c, tables.attempts.c
    by_number = _known(numbers.canonical == bindparam("canonical"))
    by_phone = _known(numbers.canonical == bindparam("tail"), numbers.kind == literal_column("'phone'"))
    ways = [by_number, by_phone] if status else [one.limit(bindparam("most")) for one in (by_number, by_phone)]
    ids = union_all(
        *(select(way.subquery().c.return_id) for way in ways),
        select(bindparam("number", type_=columns.id.type)),
        select(shipments.return_id).where(shipments.id == bindparam("number")),
        select(attempts.return_id).where(attempts.id == bindparam("number")),
        select(attempts.return_id).where(attempts.client_ref == bindparam("reference")),
    )
    mine = select(tables.returns).where(
        among(columns.exporter_id, bindparam("mine")), columns.id.in_(ids), columns.id < bindparam("before")
    )
    if status:
        mine = mine.where(columns.status == bindparam("status"))
    return Prepared(mine.order_by(columns.id.desc()).limit(bindparam("most")))


LAST = "zzzz"
"""After every id, however a database sorts."""
SEARCHED, SEARCHED_IN = _searched(status=False), _searched(status=True)
