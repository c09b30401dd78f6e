"""Twelve places where returns are taken over, each with another rule about time. What the rules mean stands in `oracle.py`,
once more and by other means."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from schemas.acceptance import Clock, DeadlinePolicy, ExtensionTerms, Facility, LimitUnit, PolicySource, WorkingHours
from schemas.limits import ChannelLimits

HOURS, DAYS, BUSINESS, MONTHS = LimitUnit.HOURS, LimitUnit.CALENDAR_DAYS, LimitUnit.BUSINESS_DAYS, LimitUnit.MONTHS


@dataclass(frozen=True)
class Rule:
    """One place's acceptance limit, as a contract says it."""

    zone: str
    amount: int
    unit: LimitUnit
    calendar: str | None = None
    day_one: bool = False
    at_clock_time: bool = False
    cutoff: time | None = None
    roll: bool = False
    grace_days: int = 0
    extension: int = 0
    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()

    @property
    def pausable(self) -> bool:
        """Pauses and extensions are recomputed naively where a limit is a plain count."""
        return not (self.roll or self.at_clock_time or self.unit is MONTHS)

    def policy(self) -> DeadlinePolicy:
        return DeadlinePolicy(
            clock=Clock.ACCEPTANCE,
            amount=self.amount,
            unit=self.unit,
            source=PolicySource.CONTRACT,
            calendar=self.calendar,
            start_day_counts=self.day_one,
            end_of_day=not self.at_clock_time,
            cutoff=self.cutoff,
            roll=self.roll,
            grace=timedelta(days=self.grace_days),
            extension=ExtensionTerms(amount=self.extension, unit=self.unit) if self.extension else None,
            warn_at=(50, 80, 95),
            because="contract",
        )

    def limits(self) -> ChannelLimits:
        own = Facility(calendar=self.calendar, opened=self.opened, closed=self.closed)
        return ChannelLimits(facility=own, working_hours=WorkingHours(zone="Asia/Shanghai", calendar="CN"))


RULES = (
    Rule("Asia/Shanghai", 5, BUSINESS, "CN", extension=5, closed=(date(2026, 6, 17), date(2026, 6, 18))),  # stocktake
    Rule("Europe/Berlin", 48, HOURS, extension=24),
    Rule("Europe/Berlin", 5, BUSINESS, "DE-BY", cutoff=time(17)),
    Rule("Asia/Riyadh", 2, BUSINESS, "SA"),
    Rule("Europe/London", 7, DAYS, day_one=True, extension=7),
    Rule("America/New_York", 3, DAYS, "US", roll=True),
    Rule("America/Sao_Paulo", 10, DAYS, cutoff=time(17), grace_days=2),
    Rule("Africa/Cairo", 4, DAYS, extension=4),
    Rule("Australia/Lord_Howe", 2, DAYS, at_clock_time=True),
    Rule("Asia/Kolkata", 1, MONTHS),
    Rule("America/Havana", 72, HOURS),
    Rule("Asia/Dubai", 3, BUSINESS, "AE", opened=(date(2026, 5, 16),), grace_days=1),  # a Saturday worked
)
