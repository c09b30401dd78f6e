"""What sales terms come to for each side: what it may, what it must, and what it bears. Pure; the words are the reader's.

A clause that was not agreed gives neither side anything: it is not told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from schemas.terms import Bearer, SalesTerms

SIDES = (Bearer.BUYER, Bearer.SELLER, Bearer.PLATFORM)


class Kind(StrEnum):
    """A right or a duty. `SEND_BACK` has the period with it, the others what they are about."""

    SEND_BACK = "send_back"
    FOR_REASONS = "for_reasons"
    PACK = "pack"
    TAKE_BACK = "take_back"
    DECIDE = "decide"
    BEAR = "bear"


@dataclass(frozen=True, slots=True)
class Duty:
    """`about`: reasons, packagings or costs, in our own words for them. `clause` is where it stands in the contract."""

    side: Bearer
    kind: Kind
    about: tuple[str, ...] = ()
    clause: str = ""
    amount: int | None = None
    unit: str | None = None
    starts: str | None = None


def duties(terms: SalesTerms) -> tuple[Duty, ...]:
    """The buyer's first, then the seller's, then a platform's."""
    return tuple(sorted(_found(terms), key=lambda one: SIDES.index(one.side)))


def missing(terms: SalesTerms) -> tuple[str, ...]:
    """Clauses that were not agreed: of these nothing can be told."""
    clauses = {"period": terms.period, "quality": terms.quality, "packaging": terms.packaging, "costs": terms.costs}
    return tuple(name for name, clause in clauses.items() if not clause)


def _found(terms: SalesTerms) -> Iterator[Duty]:
    buyer, seller = Bearer.BUYER, Bearer.SELLER
    if period := terms.period:
        yield Duty(buyer, Kind.SEND_BACK, (), period.clause, period.amount, period.unit.value, period.starts.value)
    if quality := terms.quality:
        reasons = tuple(reason.value for reason in quality.reasons)
        yield Duty(buyer, Kind.FOR_REASONS, reasons, quality.clause)
        yield Duty(seller, Kind.TAKE_BACK, reasons, quality.clause)
    if packaging := terms.packaging:
        yield Duty(buyer, Kind.PACK, tuple(one.value for one in packaging.allowed), packaging.clause)
    yield Duty(seller, Kind.DECIDE)
    for cost in terms.costs:
        about = (cost.cost.value, *(reason.value for reason in cost.reasons))
        yield Duty(cost.bearer, Kind.BEAR, about, cost.clause)
