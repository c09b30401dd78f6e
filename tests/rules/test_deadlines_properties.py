"""What holds for every limit, at every place, from every start."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.rules import deadlines
from gateway.rules.calendars import OpenDays
from schemas.acceptance import (
    Clock,
    Deadline,
    DeadlinePolicy,
    ExtensionTerms,
    Facility,
    LimitUnit,
    WorkingHours,
)

ZONES = ("Europe/Berlin", "Asia/Shanghai", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "Asia/Riyadh")
CALENDARS = (None, "CN", "DE-BY", "SA", "AE", "EG", "US")
MOMENT = timedelta(microseconds=1)

patient = settings(deadline=None)  # the first day asked of a calendar builds its year

instants = st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
days = st.dates(date(2025, 1, 1), date(2030, 1, 1))
pauses = st.tuples(st.floats(0, 0.999), st.timedeltas(timedelta(0), timedelta(days=40)))


@st.composite
def facilities(draw: st.DrawFn) -> Facility:
    own = draw(st.lists(days, max_size=6, unique=True))
    cut = draw(st.integers(0, len(own)))
    weekend = draw(st.none() | st.lists(st.integers(0, 6), max_size=3, unique=True).map(tuple))
    calendar = draw(st.sampled_from(CALENDARS))
    return Facility(calendar=calendar, weekend=weekend, opened=tuple(own[:cut]), closed=tuple(own[cut:]))


@st.composite
def policies(draw: st.DrawFn, units: tuple[LimitUnit, ...] = tuple(LimitUnit)) -> DeadlinePolicy:
    amount = draw(st.integers(1, 60))
    return DeadlinePolicy(
        clock=Clock.ACCEPTANCE,
        amount=amount,
        unit=draw(st.sampled_from(units)),
        not_before=draw(st.none() | st.integers(1, amount - 1)) if amount > 1 else None,
        calendar=draw(st.sampled_from(CALENDARS)),
        start_day_counts=draw(st.booleans()),
        end_of_day=draw(st.booleans()),
        cutoff=draw(st.none() | st.just(time(17))),
        roll=draw(st.booleans()),
        grace=draw(st.sampled_from((timedelta(0), timedelta(hours=12)))),
        grace_business_days=draw(st.integers(0, 2)),
        warn_at=tuple(draw(st.lists(st.integers(1, 99), min_size=1, max_size=4))),
        extension=draw(
            st.none() | st.builds(ExtensionTerms, amount=st.just(9), unit=st.sampled_from(LimitUnit), times=st.just(3))
        ),
    )


@st.composite
def running(draw: st.DrawFn, units: tuple[LimitUnit, ...] = tuple(LimitUnit)) -> Deadline:
    hours = draw(st.none() | st.builds(WorkingHours, zone=st.sampled_from(ZONES), calendar=st.sampled_from(CALENDARS)))
    return deadlines.start(
        draw(policies(units)),
        draw(instants),
        draw(st.sampled_from(ZONES)),
        facility=draw(st.none() | facilities()),
        working_hours=hours,
    )


def within(deadline: Deadline, share: float) -> datetime:
    return deadline.start_at + (deadline.due_by - deadline.start_at) * share


def open_days(deadline: Deadline) -> OpenDays:
    place = deadline.facility or Facility()
    calendar = place.calendar or deadline.policy.calendar
    return OpenDays.of(calendar, place.weekend, place.opened, place.closed)


def last_day(deadline: Deadline) -> date:
    ends_early = MOMENT if deadline.policy.end_of_day else timedelta(0)
    return (deadline.due_by - ends_early).astimezone(ZoneInfo(deadline.zone)).date()


def assert_stages_stand(deadline: Deadline) -> None:
    times = [stage.at for stage in deadline.stages]
    names = [stage.name for stage in deadline.stages]
    assert times == sorted(set(times))
    assert len(set(names)) == len(names)
    assert times[0] >= deadline.start_at
    warnings = [stage for stage in deadline.stages if stage.name.startswith("warn")]
    assert warnings
    assert all(stage.at < deadline.due_by for stage in warnings)
    assert [stage.at for stage in deadline.stages if stage.name == "due"] == [deadline.due_by]
    policy = deadline.policy
    assert ("lapse" in names) is bool(policy.grace or policy.grace_business_days)
    assert names[-1] in ("due", "lapse")


@patient
@given(running())
def test_a_limit_ends_after_its_start_and_warns_in_between(deadline: Deadline) -> None:
    assert deadline.due_by > deadline.start_at
    assert deadline.opens_at is None or deadline.start_at < deadline.opens_at <= deadline.due_by
    assert_stages_stand(deadline)


@patient
@given(running(), st.integers(1, 60))
def test_more_time_never_ends_earlier(deadline: Deadline, more: int) -> None:
    longer = deadline.policy.model_copy(update={"amount": deadline.policy.amount + more})
    after = deadlines.start(longer, deadline.start_at, deadline.zone, facility=deadline.facility)
    assert after.due_by >= deadline.due_by


@patient
@given(running(), st.timedeltas(timedelta(0), timedelta(days=20)))
def test_a_later_start_never_ends_a_limit_of_days_a_day_earlier(deadline: Deadline, later: timedelta) -> None:
    """At the same clock time a later start may still have the earlier clock: then the day alone is compared."""
    after = deadlines.restart(deadline, deadline.start_at + later).after
    assert last_day(after) >= last_day(deadline)
    if deadline.policy.end_of_day:
        assert after.due_by >= deadline.due_by


@patient
@given(running((LimitUnit.BUSINESS_DAYS,)))
def test_business_days_end_on_a_working_day_with_as_many_before(deadline: Deadline) -> None:
    place, policy = open_days(deadline), deadline.policy
    last = last_day(deadline)
    assert place.is_open(last)
    local = deadline.start_at.astimezone(ZoneInfo(deadline.zone))
    first = local.date() + timedelta(days=policy.cutoff is not None and local.time() > policy.cutoff)
    counts = policy.start_day_counts and policy.end_of_day
    assert place.between(first if counts else first + timedelta(days=1), last) == policy.amount


@patient
@given(running((LimitUnit.CALENDAR_DAYS, LimitUnit.MONTHS)))
def test_a_rolled_limit_ends_on_an_open_day(deadline: Deadline) -> None:
    assume(deadline.policy.roll)
    assert open_days(deadline).is_open(last_day(deadline))


@patient
@given(running(), pauses)
def test_a_pause_never_shortens(deadline: Deadline, stop: tuple[float, timedelta]) -> None:
    at = within(deadline, stop[0])
    assume(at < deadline.due_by)
    until = at + stop[1]
    resumed = deadlines.resume(deadlines.pause(deadline, at), until)
    assert resumed.due_by >= deadline.due_by
    assert resumed.due_by > until
    assert_stages_stand(resumed)
    if deadline.policy.unit is LimitUnit.HOURS:
        assert resumed.due_by - until == deadline.due_by - at
    if deadline.policy.unit is LimitUnit.BUSINESS_DAYS:
        assert open_days(resumed).is_open(last_day(resumed))


@patient
@given(running(), st.floats(0, 0.999), st.integers(1, 9))
def test_an_extension_lengthens(deadline: Deadline, share: float, amount: int) -> None:
    assume(deadline.policy.extension is not None)
    longer = deadlines.extend(deadline, amount, within(deadline, share))
    assert longer.due_by > deadline.due_by
    assert_stages_stand(longer)


@patient
@given(running(), st.lists(pauses, max_size=3), st.lists(st.integers(1, 9), max_size=3), st.booleans())
def test_replaying_the_same_gives_the_same(
    deadline: Deadline, stops: list[tuple[float, timedelta]], amounts: list[int], still_paused: bool
) -> None:
    at = deadline.start_at
    moved = deadline
    for share, length in stops:
        at += (moved.due_by - at) * share
        moved = deadlines.pause(moved, at)
        if deadline.policy.extension and amounts:
            moved = deadlines.extend(moved, amounts.pop(), at)
        at += length
        moved = deadlines.resume(moved, at)
    if still_paused and at < moved.due_by:
        moved = deadlines.pause(moved, at)
    assert deadlines.restart(moved, moved.start_at).after == moved
    assert Deadline.model_validate_json(moved.model_dump_json()) == moved


@patient
@given(running(), st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), max_size=8))
def test_every_stage_fires_once_and_none_before_its_time(deadline: Deadline, steps: list[timedelta]) -> None:
    fired: list[str] = []
    now = deadline.start_at
    for step in [*steps, timedelta(days=10_000)]:
        now += step
        for stage in deadlines.due_stages(deadline, fired, now):
            assert stage.at <= now
            assert stage == deadlines.next_stage(deadline, fired)
            fired.append(stage.name)
        coming = deadlines.next_stage(deadline, fired)
        assert coming is None or coming.at > now
    assert fired == [stage.name for stage in deadline.stages]


@patient
@given(running(), st.timedeltas(timedelta(days=-90), timedelta(days=90)))
def test_in_time_late_and_left_agree(deadline: Deadline, away: timedelta) -> None:
    at = deadline.due_by + away
    early = deadline.opens_at is not None and at < deadline.opens_at
    assert deadlines.is_met_in_time(deadline, at) is (at < deadline.due_by and not early)
    assert deadlines.late_by(deadline, at) == max(away, timedelta(0))
    assert deadlines.time_left(deadline, at) == max(-away, timedelta(0))
