"""Days: which are open at a place, when they end on its clock, and how months are added.

Holidays, weekends by country and substituted working days come from the `holidays` library; a facility's own days lie on top.
A day ends at the local midnight after it, which is the first instant of the next day: ends are exclusive.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from schemas.acceptance import LimitUnit
from schemas.iso import COUNTRIES

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
SATURDAY_SUNDAY = frozenset({5, 6})


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of this name. Raises ValueError for any other name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Berlin") from error


def clock_on(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant at which a clock there shows this. A time that is skipped in spring comes later, one that is repeated in
    autumn is the first of the two."""
    return datetime.combine(day, clock.replace(fold=0), zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The local midnight after the day."""
    return clock_on(day + DAY, time(0), zone)


def day_before(instant: datetime, zone: ZoneInfo) -> date:
    """The local day that this exclusive end belongs to: midnight ends the day before it."""
    return (instant - MOMENT).astimezone(zone).date()


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class LegalDays:
    """One year of a country or region: public holidays, and all days on which nobody works."""

    holidays: frozenset[date]
    closed: frozenset[date]


@lru_cache(maxsize=2048)
def legal_days(country: str, region: str | None, year: int) -> LegalDays:
    """Cached: building a year takes milliseconds. Raises ValueError for an unknown country or region."""
    name = "-".join(filter(None, (country, region)))
    if country not in COUNTRIES:
        raise ValueError(f"{name!r} is not a calendar such as CN or DE-BY")
    try:
        law = holidays.country_holidays(country, subdiv=region, years=year)
    except NotImplementedError as error:
        raise ValueError(f"no holiday calendar is known for {name}") from error
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]
    return LegalDays(
        frozenset(day for day in days if day in law), frozenset(day for day in days if not law.is_working_day(day))
    )


def has_calendar(country: str) -> bool:
    """Whether the holidays of this country are known."""
    return country in COUNTRIES and country in holidays.list_supported_countries(include_aliases=False)


@dataclass(frozen=True)
class OpenDays:
    """The working days of one place. Without a country: Monday to Friday, or the given weekend, and no holidays."""

    country: str | None = None
    region: str | None = None
    weekend: frozenset[int] | None = None
    opened: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()

    @classmethod
    def of(
        cls,
        calendar: str | None,
        weekend: tuple[int, ...] | None = None,
        opened: tuple[date, ...] = (),
        closed: tuple[date, ...] = (),
    ) -> "OpenDays":
        """`calendar` is `CC`, `CC-REGION` or None. An unknown one is found out with the first day asked: ValueError."""
        country, _, region = (calendar or "").partition("-")
        own = None if weekend is None else frozenset(weekend)
        return cls(country if calendar else None, region or None, own, frozenset(opened), frozenset(closed))

    @property
    def version(self) -> str:
        """What these days were read from, to be kept with whatever was computed by them."""
        if self.country is None:
            law = "weekend only, no holidays"
        else:
            law = f"holidays {holidays.__version__} {'-'.join(filter(None, (self.country, self.region)))}"
        own = len(self.opened) + len(self.closed)
        return law + (", own weekend" if self.weekend is not None else "") + (f" + {own} facility days" if own else "")

    def is_open(self, day: date) -> bool:
        """A facility's own word first, then its own weekend, then the law."""
        if day in self.opened:
            return True
        if day in self.closed:
            return False
        if self.country is None:
            return day.weekday() not in (SATURDAY_SUNDAY if self.weekend is None else self.weekend)
        law = legal_days(self.country, self.region, day.year)
        if self.weekend is None:
            return day not in law.closed
        return day.weekday() not in self.weekend and day not in law.holidays

    def on_or_after(self, day: date) -> date:
        """The first open day from this one on."""
        while not self.is_open(day):
            day += DAY
        return day

    def nth_after(self, day: date, count: int) -> date:
        """The count-th open day after this one; nought is the day itself."""
        while count:
            day = self.on_or_after(day + DAY)
            count -= 1
        return day

    def between(self, first: date, last: date) -> int:
        """How many days are open from first to last, both included."""
        return sum(self.is_open(first + timedelta(days=n)) for n in range((last - first).days + 1))


def days_after(day: date, amount: int, unit: LimitUnit, days: OpenDays) -> date:
    """The day with which so many days or months after this one are over. `unit` is any but hours."""
    if unit is LimitUnit.BUSINESS_DAYS:
        return days.nth_after(day, amount)
    return add_months(day, amount) if unit is LimitUnit.MONTHS else day + timedelta(days=amount)


def last_of(first: date, amount: int, unit: LimitUnit, days: OpenDays, *, day_one: bool) -> date:
    """The last day of a period that begins with `first`; `day_one`: that day is the first of those counted. `unit` is any but
    hours."""
    if not day_one:
        return days_after(first, amount, unit, days)
    if unit is not LimitUnit.MONTHS:
        return days_after(first - DAY, amount, unit, days)
    # With day one counted, six months from the 15th end with the 14th; where the day is missing, with the month.
    same = add_months(first, amount)
    return same - DAY if same.day == first.day else same
