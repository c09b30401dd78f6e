"""How much more or less than agreed is let pass, and how much of that in a month.

`over = amount > expected + max(absolute, expected * share)` (charges-acceptance.md C.4). A carrier that stays just below it
on every line is caught by the month: small overs that come to more than `drift` raise one finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.charges import ChargeType
from schemas.iso import CURRENCY_DIGITS

HALF: Mapping[int, int] = {0: 50, 2: 50, 3: 500, 4: 5_000}
"""Minor units by a currency's decimals: fifty cents, five hundred fils; fifty yen, for half a yen is nothing."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The larger of a fixed amount, in minor units by the currency's decimals, and one part in `share`."""

    absolute: Mapping[int, int] = field(default_factory=lambda: HALF)
    share: int = 100

    def of(self, expected: int, currency: str) -> int:
        return max(self.absolute[int(CURRENCY_DIGITS[currency])], abs(expected) // self.share)


@dataclass(frozen=True, slots=True)
class Policy:
    """What one exporter lets pass. Fees by formula are in minor units of the line's currency."""

    up: Limit = field(default_factory=Limit)
    down: Limit = field(default_factory=Limit)
    by_type: Mapping[ChargeType, Limit] = field(default_factory=dict)
    """Upwards, for these types instead."""
    drift: int = 20
    """So many times the fixed amount may the small overs of a carrier's month come to."""
    weight_share: int = 20
    """One part in twenty, five per cent, and at least `weight_grams`, is how far two scales may differ."""
    weight_grams: int = 100
    weight_step: int = 500
    """Grams from one price step to the next: a difference within a step costs nothing."""
    disbursement_share: int | None = None
    """Per mille of the outlay; None where no formula is known."""
    disbursement_minimum: int = 0
    late_seconds: int = 60
    billing_days: int = 180
    """A line billed longer after its ship date is stale."""
    filing_days: int = 14
    """A dispute is filed within so many days of the invoice: the shortest window that a carrier is known to keep."""
    life_before: int = 7
    life_after: int = 180
    """Days around the booking's ship date in which a bill can mean it: numbers are used again after months."""

    def above(self, expected: int, currency: str, kind: ChargeType) -> int:
        return self.by_type.get(kind, self.up).of(expected, currency)

    def below(self, expected: int, currency: str) -> int:
        return self.down.of(expected, currency)

    def month(self, currency: str) -> int:
        """What the small overs of one carrier may come to in a month."""
        return self.drift * self.up.absolute[int(CURRENCY_DIGITS[currency])]

    def same_weight(self, ours: int, theirs: int) -> bool:
        """Whether theirs is no more than ours by another scale."""
        return theirs <= ours + max(ours // self.weight_share, self.weight_grams)
