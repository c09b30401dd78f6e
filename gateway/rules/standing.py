"""How a carrier has done for one exporter, by his own record: nothing is asked, and nobody else's shipments count. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

ENOUGH = 20
"""Shipments from which on a record says something."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Past:
    """One shipment that was booked, as it stands now. `in_time` is None where it had no limit for its hand-over."""

    group: str
    booked_at: datetime
    handed_over_at: datetime | None
    delivered_at: datetime | None
    in_time: bool | None
    lost: bool
    damaged: bool
    unknown: bool
    """Whether its booking was ever without an answer."""
    lines: int
    """Of invoices, and how many of them a finding was made of."""
    wrong_lines: int


@dataclass(slots=True)
class Standing:
    """Counts, and days. A share of nothing is None."""

    booked: int = 0
    delivered: int = 0
    with_limit: int = 0
    in_time: int = 0
    lost: int = 0
    damaged: int = 0
    unknown: int = 0
    lines: int = 0
    wrong_lines: int = 0
    transit: list[float] = field(default_factory=list)
    """Days from the first scan to the delivery."""
    whole: list[float] = field(default_factory=list)
    """Days from the booking to the delivery."""

    @property
    def enough(self) -> bool:
        return self.booked >= ENOUGH

    @property
    def order(self) -> tuple[float, ...]:
        """The smaller the better: what was lost or damaged, then hand-over in time, then how long it takes, then bills, then
        answers that never came. Coarse, so that chance decides nothing."""
        return (
            _percent(self.lost + self.damaged, self.booked),
            -(_percent(self.in_time, self.with_limit, 100) // 5),
            round(percentile(self.transit, 90) or 0),
            _percent(self.wrong_lines, self.lines) // 5,
            _percent(self.unknown, self.booked),
        )


def _percent(part: int, whole: int, of_nothing: int = 0) -> int:
    return round(100 * part / whole) if whole else of_nothing


def percentile(values: Sequence[float], share: int) -> float | None:
    """The smallest value that so many percent do not exceed."""
    return sorted(values)[ceil(len(values) * share / 100) - 1] if values else None


def standings(past: Iterable[Past]) -> Mapping[str, Standing]:
    """By group: a carrier, or a channel."""
    found: dict[str, Standing] = {}
    for one in past:
        _count(found.setdefault(one.group, Standing()), one)
    return found


def _count(standing: Standing, one: Past) -> None:
    standing.booked += 1
    standing.lost += one.lost
    standing.damaged += one.damaged
    standing.unknown += one.unknown
    standing.lines += one.lines
    standing.wrong_lines += one.wrong_lines
    if one.in_time is not None:
        standing.with_limit += 1
        standing.in_time += one.in_time
    if one.delivered_at is not None:
        standing.delivered += 1
        standing.whole.append((one.delivered_at - one.booked_at).total_seconds() / DAY)
        if one.handed_over_at is not None:
            standing.transit.append((one.delivered_at - one.handed_over_at).total_seconds() / DAY)
