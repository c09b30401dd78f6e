"""Windows: where a limit ends by its policy, where it ends after a pause or an extension, and the stages inside it."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.rules.calendars import DAY, OpenDays, clock_on, day_before, days_after, end_of, last_of, zone_of
from schemas.acceptance import Deadline, DeadlinePolicy, Facility, LimitUnit, MoveKind, Stage, WorkingHours

AMPLE = timedelta(hours=2)
"""Working time that a warning should leave the exporter before the end."""


def days_of(policy: DeadlinePolicy, facility: Facility | None) -> OpenDays:
    """The facility's working days; where nothing is said of it, the policy's calendar."""
    if facility is None:
        return OpenDays.of(policy.calendar)
    return OpenDays.of(facility.calendar or policy.calendar, facility.weekend, facility.opened, facility.closed)


def asks_calendar(policy: DeadlinePolicy) -> bool:
    """Whether working days have a say in any instant of this limit."""
    units = {_unit(policy), policy.extension.unit if policy.extension else None}
    return LimitUnit.BUSINESS_DAYS in units or policy.roll or policy.grace_business_days > 0


def end(policy: DeadlinePolicy, start_at: datetime, there: ZoneInfo, days: OpenDays) -> datetime:
    """Where the limit ends: as stated by the carrier's answer, else counted from the start."""
    if policy.stated_by is not None:
        return policy.stated_by
    if policy.stated_on is not None:
        return end_of(policy.stated_on, there)
    return _counted(policy, policy.amount, start_at, there, days, roll=policy.roll)


def opening(policy: DeadlinePolicy, start_at: datetime, there: ZoneInfo, days: OpenDays) -> datetime | None:
    """Where the time begins in which acting counts, for limits that have such a beginning."""
    return _counted(policy, policy.not_before, start_at, there, days, roll=False) if policy.not_before else None


def end_resumed(deadline: Deadline, since: datetime, until: datetime) -> datetime:
    """The end after a pause. Hours move by its length; days it touched do not count, the others that were left do.

    The touched days are left out as a whole, as in civil law (e.g. BGB 209): nobody loses the rest of a day.
    """
    policy, there = deadline.policy, zone_of(deadline.zone)
    if _unit(policy) is LimitUnit.HOURS:
        return deadline.due_by + (until - since)
    first, ended = since.astimezone(there).date(), _last_day(deadline, there)
    last = max(first, day_before(until, there))
    if _ends_at_midnight(policy) and policy.stated_on is None:
        # A pause before the first counted day takes no day away.
        begins = _first_day(policy, deadline.start_at.astimezone(there)) + (DAY * (not policy.start_day_counts))
        first, last = max(first, begins), max(last, begins - DAY)
    if _unit(policy) is LimitUnit.BUSINESS_DAYS:
        days = days_of(policy, deadline.facility)
        again = days.nth_after(last, max(1, days.between(first, ended)))
    else:
        again = last + (ended - first) + DAY
    return _closing(deadline, max(again, ended), there)


def end_extended(deadline: Deadline, amount: int, since: datetime | None) -> datetime:
    """The end after an extension: counted from the old end, or from `since` where it was asked for after that."""
    policy, there = deadline.policy, zone_of(deadline.zone)
    unit = policy.extension.unit if policy.extension else policy.unit
    if unit is LimitUnit.HOURS:
        return (since or deadline.due_by) + timedelta(hours=amount)
    last = since.astimezone(there).date() if since else _last_day(deadline, there)
    return _closing(deadline, days_after(last, amount, unit, days_of(policy, deadline.facility)), there)


def with_stages(deadline: Deadline) -> Deadline:
    """The deadline with its stages planned anew: `opens`, `warn-50` …, `warn-work`, `due`, `lapse`, one for each instant.

    Warnings are shares of the window since the clock last began to run, so that there are some after a pause too.
    """
    due, begins = deadline.due_by, _running_since(deadline)
    moments: dict[datetime, str] = {}
    if deadline.opens_at is not None and deadline.opens_at < due:
        moments[deadline.opens_at] = "opens"
    shares = {begins + (due - begins) * share // 100: share for share in sorted(deadline.policy.warn_at, reverse=True)}
    moments |= {at: f"warn-{share}" for at, share in shares.items() if at < due and at not in moments}
    hours = deadline.working_hours
    if hours is not None and not any(_at_work(hours, at) for at, name in moments.items() if name.startswith("warn")):
        at_work = _last_call(hours, begins, due)
        if at_work is not None:
            moments.setdefault(at_work, "warn-work")
    moments |= {_lapse(deadline): "lapse"} | {due: "due"}
    return deadline.model_copy(update={"stages": tuple(Stage(name=moments[at], at=at) for at in sorted(moments))})


def _unit(policy: DeadlinePolicy) -> LimitUnit:
    """How a limit is measured. A stated end is an instant or a day, whatever unit the carrier speaks of beside it."""
    if policy.stated_by is not None:
        return LimitUnit.HOURS
    return policy.unit if policy.stated_on is None else LimitUnit.CALENDAR_DAYS


def _ends_at_midnight(policy: DeadlinePolicy) -> bool:
    return policy.stated_on is not None or (policy.end_of_day and _unit(policy) is not LimitUnit.HOURS)


def _counted(
    policy: DeadlinePolicy, amount: int, start_at: datetime, there: ZoneInfo, days: OpenDays, *, roll: bool
) -> datetime:
    """So much of the policy's unit after the start."""
    if policy.unit is LimitUnit.HOURS:
        return start_at + timedelta(hours=amount)
    local = start_at.astimezone(there)
    day_one = policy.start_day_counts and policy.end_of_day
    last = last_of(_first_day(policy, local), amount, policy.unit, days, day_one=day_one)
    last = days.on_or_after(last) if roll else last
    return end_of(last, there) if policy.end_of_day else clock_on(last, local.time(), there)


def _first_day(policy: DeadlinePolicy, local: datetime) -> date:
    """The day that the start belongs to, after the cut-off."""
    late = policy.cutoff is not None and local.time() > policy.cutoff
    return local.date() + DAY * late


def _last_day(deadline: Deadline, there: ZoneInfo) -> date:
    if _ends_at_midnight(deadline.policy):
        return day_before(deadline.due_by, there)
    return deadline.due_by.astimezone(there).date()


def _closing(deadline: Deadline, last: date, there: ZoneInfo) -> datetime:
    """The end on this last day, rolled to an open one where the policy says so."""
    policy = deadline.policy
    if policy.roll:
        last = days_of(policy, deadline.facility).on_or_after(last)
    if _ends_at_midnight(policy):
        return end_of(last, there)
    clock = deadline.due_by if _unit(policy) is LimitUnit.HOURS else deadline.start_at
    return clock_on(last, clock.astimezone(there).time(), there)


def _lapse(deadline: Deadline) -> datetime:
    """The end of grace; the end itself where there is none."""
    policy = deadline.policy
    if not policy.grace_business_days:
        return deadline.due_by + policy.grace
    there = zone_of(deadline.zone)
    days = days_of(policy, deadline.facility)
    last = days.nth_after(_last_day(deadline, there), policy.grace_business_days)
    if _ends_at_midnight(policy):
        return end_of(last, there) + policy.grace
    return clock_on(last, deadline.due_by.astimezone(there).time(), there) + policy.grace


def _running_since(deadline: Deadline) -> datetime:
    """When the clock last began to run."""
    resumed = (move.at for move in deadline.moves if move.kind is MoveKind.RESUME and move.at < deadline.due_by)
    return max((deadline.start_at, *resumed))


def _work_days(hours: WorkingHours) -> OpenDays:
    return OpenDays.of(hours.calendar, hours.weekend)


def _at_work(hours: WorkingHours, at: datetime) -> bool:
    local = at.astimezone(zone_of(hours.zone))
    return hours.opens <= local.time() < hours.closes and _work_days(hours).is_open(local.date())


def _last_call(hours: WorkingHours, begins: datetime, due: datetime) -> datetime | None:
    """The last time the exporter's doors open before the end with ample time left; else the first working moment of the
    window; None where the window holds none."""
    there, days = zone_of(hours.zone), _work_days(hours)
    day, found = due.astimezone(there).date(), None
    full = _span(hours.opens, hours.closes)
    while clock_on(day, hours.closes, there) > begins:
        opens, closes = max(begins, clock_on(day, hours.opens, there)), min(due, clock_on(day, hours.closes, there))
        if opens < closes and days.is_open(day):
            found = opens
            if closes - opens >= min(AMPLE, full):
                break
        day -= DAY
    return found


def _span(opens: time, closes: time) -> timedelta:
    return datetime.combine(date.min, closes) - datetime.combine(date.min, opens)
