"""Which booking a billed line means. Pure. The keys are tried in the order of charges-acceptance.md C.2, never the amount:

1 the waybill, 2 a master's or piece's number, 3 the original waybill (corrections; returns that point to the parcel that went
out), 4 our own number in any reference, then without its prefix, 5 a docket's or collection's number. Nothing else matches by
itself. A waybill that a carrier uses again after months means the booking in whose life the ship date lies.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType, FindingKind

GROUND_BARCODE = re.compile(r"96[0-9]{20}([0-9]{12})")
POSTAL_BARCODE = re.compile(r"420[0-9]{5}(?:[0-9]{4})?(9[0-9]{19,21})")
SHORTEST_BARCODE = 28
PREFIX = re.compile(r"(?:RMA|REF|REFERENCE|RET|RETURN|ORDER|PO|CUST)(?=[0-9A-Z]{4})")


class BilledLine(NamedTuple):
    """One line of an invoice, as far as matching and judging need it. Numbers are canonical, weights in grams."""

    id: str
    waybill: str | None
    type: ChargeType
    minor: int
    currency: str
    original_waybill: str | None = None
    references: Sequence[str] = ()
    shipped_on: date | None = None
    service: str | None = None
    grams: int | None = None
    informational: bool = False


class Past(NamedTuple):
    """A line of another invoice that means the same shipment or waybill, as it was judged."""

    type: ChargeType
    minor: int
    agreed: int
    currency: str
    finding: FindingKind
    notes: Sequence[FindingKind] = ()
    shipped_on: date | None = None
    invoice: str = ""


@dataclass(slots=True)
class Booked:
    """What we agreed for one waybill: minor units by type, what was asked for, and what became of it. Not frozen, which
    would make it four times as dear to make; nobody changes one."""

    shipment_id: str
    return_id: str
    currency: str | None
    agreed: Mapping[ChargeType, int]
    insured: bool
    live: bool
    moved: bool
    """Whether a physical scan is known."""
    waybills: frozenset[str] = frozenset()
    outbound: str | None = None
    """The parcel that the goods went out with: it may be billed too, and is not ours to judge."""
    service: str | None = None
    """Its code at the carrier."""
    pieces: int = 1
    grams: int | None = None
    dock_grams: int | None = None
    """What our own scale said at acceptance."""
    ship_on: date | None = None
    promised_at: datetime | None = None
    delivered_at: datetime | None = None
    duty_is_ours: bool = True
    relief: bool = True
    """Goods that come home are relieved of duty unless that is known to be lost."""
    tax_permille: int | Decimal | None = None
    storage: int | None = None
    """What the days of storage come to by the tariff, where both are known."""
    past: Sequence[Past] = field(default=())

    def may_mean(self, shipped_on: date | None, policy: Policy) -> bool:
        """Whether a ship date lies in the booking's life."""
        if shipped_on is None or self.ship_on is None:
            return True
        first, last = timedelta(days=policy.life_before), timedelta(days=policy.life_after)
        return self.ship_on - first <= shipped_on <= self.ship_on + last


class Match(NamedTuple):
    """The booking, and how it was found. Without one, `candidates` are those among which no number decides."""

    booked: Booked | None
    method: str = ""
    key: str = ""
    candidates: tuple[str, ...] = ()


NO_MATCH = Match(None)
Index = Mapping[str, Sequence[Booked]]
"""By canonical waybill, own reference, docket: everything that these numbers may mean."""


def cores(number: str) -> Iterable[str]:
    """A number as it is printed, and what a barcode of it holds in the middle."""
    yield number
    if len(number) < SHORTEST_BARCODE:
        return
    for form in (GROUND_BARCODE, POSTAL_BARCODE):
        if found := form.fullmatch(number):
            yield found[1]


def keys_of(line: BilledLine) -> Iterable[tuple[str, str]]:
    """(method, key) in the order in which they are tried."""
    if line.waybill:
        yield from (("waybill", core) for core in cores(line.waybill))
    if line.original_waybill:
        yield from (("original", core) for core in cores(line.original_waybill))
    for reference in line.references:
        yield "reference", reference
    for reference in line.references:
        if found := PREFIX.match(reference):
            yield "reference_core", reference[found.end() :]


def match(line: BilledLine, index: Index, policy: Policy) -> Match:
    """The first key that means exactly one booking."""
    waybill = line.waybill
    usual = index.get(waybill, ()) if waybill else ()
    if waybill and len(usual) == 1 and waybill in usual[0].waybills and usual[0].may_mean(line.shipped_on, policy):
        return Match(usual[0], "waybill", waybill)
    doubtful: dict[str, None] = {}
    for method, key in keys_of(line):
        there = [one for one in index.get(key, ()) if one.may_mean(line.shipped_on, policy)]
        named = [one for one in there if key in one.waybills] or [
            one for one in there if method == "original" or key != one.outbound
        ]
        if len({one.shipment_id for one in named}) == 1:
            return Match(named[-1], method, key)
        doubtful.update(dict.fromkeys(one.shipment_id for one in named))
    return Match(None, candidates=tuple(doubtful)) if doubtful else NO_MATCH
