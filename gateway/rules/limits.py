"""Which policy a clock goes by: all that somebody printed or agreed, weighed by precedence; and our own caution for the rest.

Our own defaults are about the shortest windows that carriers and conventions print, so that a reminder comes too early rather
than too late.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from gateway.rules import deadlines
from gateway.rules.calendars import has_calendar
from gateway.rules.zones import country_of
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, WorkingHours
from schemas.starts import ClaimKind, ClockStart
from schemas.values import Money

DAYS = LimitUnit.CALENDAR_DAYS


def _claim(about: ClaimKind, days: int, starts: ClockStart, because: str) -> DeadlinePolicy:
    return DeadlinePolicy(clock=Clock.CLAIM, about=about, amount=days, unit=DAYS, starts=starts, because=because)


DEFAULTS = (
    DeadlinePolicy(clock=Clock.HAND_OVER, amount=14, unit=DAYS, because="our own caution; the carrier states none"),
    DeadlinePolicy(clock=Clock.ACCEPTANCE, amount=5, unit=DAYS, because="our own caution; nobody has stated a limit"),
    DeadlinePolicy(
        clock=Clock.HOLD,
        amount=5,
        unit=DAYS,
        because="our own caution; the carrier states no time at a collection point",
    ),
    _claim(
        ClaimKind.DAMAGE, 7, ClockStart.DELIVERED, "our own caution, after CMR article 30 (1); the carrier states none"
    ),
    _claim(
        ClaimKind.DELAY, 21, ClockStart.DELIVERED, "our own caution, after CMR article 30 (3); the carrier states none"
    ),
    _claim(ClaimKind.LOSS, 30, ClockStart.HANDED_OVER, "our own caution; the carrier states no window for a loss"),
)
USUAL: Mapping[Clock, ClockStart] = {
    Clock.HAND_OVER: ClockStart.BOOKED,
    Clock.HOLD: ClockStart.READY_TO_COLLECT,
    Clock.ACCEPTANCE: ClockStart.DELIVERED,
    Clock.CLAIM: ClockStart.DELIVERED,
    Clock.CUSTOMS: ClockStart.EXPORTED,
}
"""What a clock starts with, where its policy names no event."""


def usual_hours(zone: str) -> WorkingHours:
    """When somebody reads a warning, where nobody has said: nine to five in the exporter's zone, on the working days of the
    country whose zone it is."""
    country = country_of(zone)
    return WorkingHours(zone=zone, calendar=country if country and has_calendar(country) else None)


def starts_with(policy: DeadlinePolicy) -> ClockStart:
    """The event that sets a limit of this policy running."""
    return policy.starts or USUAL[policy.clock]


def policy_for(
    clock: Clock,
    known: Iterable[DeadlinePolicy],
    on: date,
    *,
    country: str = "",
    about: ClaimKind | None = None,
    price: Money | None = None,
) -> DeadlinePolicy | None:
    """The policy of one clock among all that are known, our own defaults last; None where there is none for it.

    `country` is the consignee's, `price` the goods', `on` the local day of the start.
    """
    mine = [one for one in (*known, *DEFAULTS) if one.clock is clock and one.about in (None, about)]
    return deadlines.choose(mine, on, price, country)
