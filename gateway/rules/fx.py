"""Other currencies, for views only: what is billed stays in its own currency. Pure.

Rates come from a table that the operator keeps, in the form in which the European Central Bank publishes its reference rates:
a header `Date,USD,JPY,…`, a row a day, units of each currency for one euro, `N/A` or nothing where there is none. A day is
converted by the last rates published before it, as is usual with rates that appear in the afternoon; which day that was, and
whose rates they are, stands beside every converted amount.
"""

import csv
import io
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from schemas.iso import CURRENCY_DIGITS

BASE = "EUR"
OLD_DAYS = 7
"""Rates older than this, at the day they are wanted for, are none: a table that nobody keeps is worse than no table."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Minor units of another currency, by `rate` of `source` of the day `rate_on`."""

    minor: int
    currency: str
    rate: Decimal
    rate_on: date
    source: str


@dataclass(frozen=True, slots=True)
class Rates:
    """Published rates, the oldest day first."""

    source: str
    days: Sequence[date] = ()
    table: Sequence[Mapping[str, Decimal]] = ()

    def convert(self, minor: int, currency: str, into: str, on: date) -> Converted | None:
        """An amount of a day; None where no rate is known for it. Half a unit is rounded away from zero."""
        place = bisect_left(self.days, on) - 1
        if place < 0 or (on - self.days[place]).days > OLD_DAYS:
            return None
        rates = {**self.table[place], BASE: Decimal(1)}
        if currency not in rates or into not in rates:
            return None
        rate = rates[into] / rates[currency]
        shift = CURRENCY_DIGITS[into] - CURRENCY_DIGITS[currency]
        exact = (Decimal(minor) * rate).scaleb(shift)
        return Converted(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), into, rate, self.days[place], self.source)


def read_rates(text: str, source: str) -> Rates:
    """The table from its CSV. Raises ValueError with the row that is wrong."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [cell.strip() for cell in next(rows, [])]
    if not header or header[0].casefold() != "date":
        raise ValueError("rates begin with a header: Date, then currencies")
    found: dict[date, dict[str, Decimal]] = {}
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            day = date.fromisoformat(row[0].strip())
            found[day] = {name: Decimal(cell) for name, cell in _cells(header, row)}
        except (ValueError, InvalidOperation) as error:
            raise ValueError(f"row {number} of the rates has no date or no number") from error
        if any(rate <= 0 or not rate.is_finite() for rate in found[day].values()):
            raise ValueError(f"row {number} of the rates has a rate that is none")
    days = sorted(found)
    return Rates(source, days, [found[day] for day in days])


def _cells(header: Sequence[str], row: Sequence[str]) -> list[tuple[str, str]]:
    pairs = zip(header[1:], (cell.strip() for cell in row[1:]), strict=False)
    return [(name, cell) for name, cell in pairs if name in CURRENCY_DIGITS and cell not in ("", "N/A")]
