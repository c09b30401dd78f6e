"""What a carrier answers for at most, by convention and by cover: an upper bound to show, never a decision. Pure.

Facts from `contracts/reference/liability_limits.csv`. Special drawing rights (SDR) stay such: the rate of the day is for who
pays. Which convention holds depends on the leg on which it happened, so all that may hold are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.values import Money

MONTREAL: Sequence[tuple[date, int]] = (
    (date(2024, 12, 28), 26),
    (date(2019, 12, 28), 22),
    (date(2009, 12, 30), 19),
    (date(2003, 11, 4), 17),
)
"""Montreal Convention, article 22 (3): SDR for a kilogram, from the day on; revised every five years."""
CMR = Decimal("8.33")
"""CMR, article 23 (3), with the Protocol of 1978."""
SEA_KILOGRAM, SEA_PACKAGE = Decimal(2), Decimal("666.67")
"""Hague-Visby Rules, article IV 5 (a), with the Protocol of 1979: whichever is higher."""
SDR = "SDR"


@dataclass(frozen=True, slots=True)
class Bound:
    """`law` is `cover`, `montreal`, `cmr` or `hague_visby`; the amount is in `unit`, a currency or SDR."""

    law: str
    amount: Decimal
    unit: str
    because: str


def bounds(*, grams: int, packages: int, on: date, crosses_border: bool, insured: Money | None) -> list[Bound]:
    """What was covered comes first: it lifts every limit. Conventions hold across borders; `on` is the day of shipping."""
    found = []
    if insured is not None:
        found.append(Bound("cover", insured.amount, insured.currency, "the insured value of the booking"))
    if not crosses_border:
        return found
    kilograms = Decimal(grams).scaleb(-3)
    rate = next((Decimal(sdr) for since, sdr in MONTREAL if on >= since), None)
    if rate is not None:
        found.append(_by_weight("montreal", rate, kilograms))
    found.append(_by_weight("cmr", CMR, kilograms))
    sea = max(SEA_KILOGRAM * kilograms, SEA_PACKAGE * packages)
    because = f"{SEA_KILOGRAM} SDR a kilogram or {SEA_PACKAGE} a package, whichever is higher"
    found.append(Bound("hague_visby", _cents(sea), SDR, because))
    return found


def _by_weight(law: str, rate: Decimal, kilograms: Decimal) -> Bound:
    return Bound(law, _cents(rate * kilograms), SDR, f"{rate} SDR for each of {kilograms} kg")


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
