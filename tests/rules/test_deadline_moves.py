"""What happens to a limit on its way: warnings, acts, pauses, extensions, corrected starts, and its end."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from gateway.rules import deadlines
from gateway.rules.deadlines import NotPossible
from schemas.acceptance import DeadlinePolicy, ExpiryAction, ExtensionTerms, WorkingHours
from schemas.opting import OptIn
from tests.rules.clocks import (
    BERLIN,
    BUSINESS,
    DAYS,
    HOURS,
    MOMENT,
    MONTHS,
    NO_TIME,
    SHANGHAI,
    began,
    local,
    moments,
    policy,
    shown,
)


def test_stages_stand_in_order_and_equal_moments_are_one() -> None:
    terms = policy(100, HOURS, warn_at=(95, 50, 50, 80), grace=timedelta(hours=5))
    deadline = began(terms, "2026-06-01 00:00")
    hours = {stage.name: (stage.at - deadline.start_at) / timedelta(hours=1) for stage in deadline.stages}
    assert list(hours.items()) == [("warn-50", 50), ("warn-80", 80), ("warn-95", 95), ("due", 100), ("lapse", 105)]


def test_grace_can_be_business_days() -> None:
    """A forwarder's three steps: five business days, two more, then the default."""
    deadline = began(policy(5, BUSINESS, calendar="CN", grace_business_days=2), "2026-09-28 12:00", SHANGHAI)
    assert moments(deadline)["lapse"] == local("2026-10-14 00:00", SHANGHAI)


def test_stages_fire_once_each_and_in_order() -> None:
    deadline = began(policy(100, HOURS), "2026-06-01 00:00")
    at = moments(deadline)
    first = deadlines.next_stage(deadline, ())
    assert first is not None
    assert first.name == "warn-50"
    assert deadlines.due_stages(deadline, (), at["warn-50"] - MOMENT) == ()
    assert [s.name for s in deadlines.due_stages(deadline, ["warn-50"], at["due"])] == ["warn-80", "warn-95", "due"]
    assert deadlines.next_stage(deadline, at) is None


def test_one_warning_falls_into_the_exporters_working_hours() -> None:
    """A weekend in Berlin: all shares of the window fall outside the desk hours in Shanghai."""
    hours = WorkingHours(zone=SHANGHAI, calendar="CN")
    deadline = began(policy(2, DAYS), "2026-11-06 21:00", working_hours=hours)
    assert "warn-work" not in moments(began(policy(2, DAYS), "2026-11-06 21:00"))
    assert "warn-work" not in moments(deadline), "nobody works between Saturday 04:00 and Monday 07:00 in Shanghai"
    longer = began(policy(3, DAYS, warn_at=(95,)), "2026-11-06 21:00", working_hours=hours)
    assert moments(longer)["warn-work"] == local("2026-11-09 09:00", SHANGHAI)
    inside = began(policy(3, DAYS, warn_at=(80, 95)), "2026-11-06 21:00", working_hours=hours)
    assert "warn-work" not in moments(inside), "80 % is Monday 10:36 in Shanghai"


def test_a_working_warning_leaves_ample_time_where_it_can() -> None:
    hours = WorkingHours(zone=BERLIN, calendar="DE")
    night = policy(60, HOURS, warn_at=(95,))
    assert moments(began(night, "2026-11-02 22:00", working_hours=hours))["warn-work"] == local("2026-11-04 09:00")
    short = policy(11, HOURS, warn_at=(50,))
    assert moments(began(short, "2026-11-02 22:30", working_hours=hours))["warn-work"] == local("2026-11-03 09:00")


def test_short_working_hours_are_ample_when_they_are_whole() -> None:
    hours = WorkingHours(zone=BERLIN, opens=time(9), closes=time(10), calendar="DE")
    deadline = began(policy(3, DAYS, warn_at=(1,)), "2026-11-02 12:00", working_hours=hours)
    assert moments(deadline)["warn-work"] == local("2026-11-05 09:00")


def test_an_act_is_judged_by_when_it_was_done() -> None:
    deadline = began(policy(2, DAYS), "2026-11-02 12:00")
    assert deadlines.is_met_in_time(deadline, deadline.due_by - MOMENT)
    assert deadlines.is_met_in_time(deadline, deadline.start_at - timedelta(days=1))
    assert not deadlines.is_met_in_time(deadline, deadline.due_by)
    assert deadlines.late_by(deadline, deadline.due_by + timedelta(seconds=90)) == timedelta(seconds=90)
    assert deadlines.late_by(deadline, deadline.start_at) == NO_TIME
    assert deadlines.time_left(deadline, deadline.due_by - MOMENT) == MOMENT
    assert deadlines.time_left(deadline, deadline.due_by + MOMENT) == NO_TIME


def test_a_claim_can_come_too_early() -> None:
    deadline = began(policy(60, DAYS, not_before=15), "2026-11-02 12:00")
    opens_at = local("2026-11-18 00:00")
    assert moments(deadline)["opens"] == opens_at
    assert not deadlines.is_met_in_time(deadline, opens_at - MOMENT)
    assert deadlines.is_met_in_time(deadline, opens_at)


def test_nothing_is_spent_or_destroyed_without_consent_and_a_last_look() -> None:
    def action(**terms: Any) -> ExpiryAction:
        deadline = began(policy(2, DAYS, on_expiry=ExpiryAction.DISPOSE, **terms), "2026-11-02 12:00")
        return deadlines.expiry_action(deadline)

    assert action(grace=timedelta(days=1)) is ExpiryAction.ESCALATE
    word = OptIn(by="Li Na", on=date(2026, 1, 5), words="not worth the freight")
    assert action(opt_in=word) is ExpiryAction.ESCALATE
    assert action(opt_in=word, grace=timedelta(days=1)) is ExpiryAction.DISPOSE
    assert action(opt_in=word, grace_business_days=1) is ExpiryAction.DISPOSE


def test_hours_move_by_the_length_of_a_pause() -> None:
    deadline = began(policy(48, HOURS), "2026-11-02 12:00")
    stopped = deadlines.pause(deadline, local("2026-11-03 12:00"))
    assert deadlines.time_left(stopped, local("2026-12-01 00:00")) == timedelta(hours=24)
    assert shown(deadlines.resume(stopped, local("2026-11-10 06:00"))) == "2026-11-11 06:00"


def test_days_touched_by_a_pause_do_not_count_and_holidays_cost_nothing() -> None:
    """Five business days after 28 September: the 29th was used. The pause touched the 30th and, after the golden week,
    the 8th; the four days left are the 9th, Saturday the 10th, the 12th and the 13th."""
    deadline = began(policy(5, BUSINESS, calendar="CN"), "2026-09-28 12:00", SHANGHAI)
    stopped = deadlines.pause(deadline, local("2026-09-30 10:00", SHANGHAI))
    resumed = deadlines.resume(stopped, local("2026-10-08 16:00", SHANGHAI))
    assert shown(resumed) == "2026-10-14 00:00"
    within_holiday = deadlines.pause(deadline, local("2026-10-02 10:00", SHANGHAI))
    assert deadlines.resume(within_holiday, local("2026-10-05 10:00", SHANGHAI)).due_by == deadline.due_by


def test_calendar_days_touched_by_a_pause_do_not_count() -> None:
    deadline = began(policy(7, DAYS), "2026-11-02 12:00")
    stopped = deadlines.pause(deadline, local("2026-11-04 10:00"))
    assert shown(deadlines.resume(stopped, local("2026-11-06 23:00"))) == "2026-11-13 00:00"
    assert shown(deadlines.resume(stopped, local("2026-11-06 00:00"))) == "2026-11-12 00:00"
    before_day_one = deadlines.pause(deadline, local("2026-11-02 13:00"))
    assert deadlines.resume(before_day_one, local("2026-11-02 18:00")).due_by == deadline.due_by


def test_a_pause_takes_nothing_from_before_the_start() -> None:
    deadline = began(policy(48, HOURS), "2026-11-02 12:00")
    stopped = deadlines.pause(deadline, local("2026-11-01 12:00"))
    assert shown(deadlines.resume(stopped, local("2026-11-02 13:00"))) == "2026-11-04 13:00"
    assert deadlines.resume(stopped, local("2026-11-02 11:00")).due_by == deadline.due_by


def test_a_stated_day_moves_by_the_days_a_pause_touched() -> None:
    deadline = began(policy(5, BUSINESS, calendar="DE", stated_on=date(2026, 11, 8)), "2026-11-02 12:00")
    stopped = deadlines.pause(deadline, local("2026-11-02 13:00"))
    assert shown(deadlines.resume(stopped, local("2026-11-03 18:00"))) == "2026-11-11 00:00"


def test_a_pause_on_a_weekend_leaves_an_end_on_the_weekend_no_earlier() -> None:
    """Two business days, prolonged by calendar days to a Sunday, or to the Sunday after."""
    terms = policy(2, BUSINESS, calendar="DE", extension=ExtensionTerms(amount=11, unit=DAYS))
    deadline = began(terms, "2026-11-02 12:00")
    sunday = deadlines.extend(deadline, 4, deadline.start_at)
    stopped = deadlines.pause(sunday, local("2026-11-07 10:00"))
    assert shown(deadlines.resume(stopped, local("2026-11-07 11:00"))) == "2026-11-10 00:00"
    next_sunday = deadlines.extend(deadline, 11, deadline.start_at)
    stopped = deadlines.pause(next_sunday, local("2026-11-07 10:00"))
    assert deadlines.resume(stopped, local("2026-11-07 11:00")).due_by == next_sunday.due_by


def test_while_the_clock_stands_nothing_fires_and_nobody_is_late() -> None:
    deadline = began(policy(100, HOURS), "2026-06-01 00:00")
    stopped = deadlines.pause(deadline, deadline.start_at + timedelta(hours=60))
    long_after = deadline.due_by + timedelta(days=30)
    assert [stage.name for stage in deadlines.due_stages(stopped, (), long_after)] == ["warn-50"]
    assert deadlines.next_stage(stopped, ["warn-50"]) is None
    assert deadlines.is_met_in_time(stopped, long_after)
    assert deadlines.late_by(stopped, long_after) == NO_TIME
    assert deadlines.pause(stopped, long_after) == stopped


def test_a_pause_needs_a_running_clock() -> None:
    deadline = began(policy(2, DAYS), "2026-11-02 12:00")
    with pytest.raises(NotPossible, match="over before"):
        deadlines.pause(deadline, deadline.due_by)
    with pytest.raises(NotPossible, match="did not stand still"):
        deadlines.resume(deadline, deadline.due_by)
    with pytest.raises(NotPossible, match="did not stand still"):
        deadlines.resume(deadlines.pause(deadline, deadline.due_by - MOMENT), deadline.start_at)


def test_warnings_come_again_after_a_pause() -> None:
    deadline = began(policy(100, HOURS), "2026-06-01 00:00")
    stopped = deadlines.pause(deadline, deadline.start_at + timedelta(hours=96))
    again = deadline.start_at + timedelta(hours=1000)
    resumed = deadlines.resume(stopped, again)
    assert (resumed.due_by - again) == timedelta(hours=4)
    fired = deadlines.still_fired(stopped, resumed, ["warn-50", "warn-80", "warn-95"], again)
    assert fired == ()
    assert moments(resumed)["warn-50"] == again + timedelta(hours=2)


SEVEN_MORE = ExtensionTerms(amount=7, unit=DAYS)


def test_an_extension_at_the_last_instant_is_granted_and_one_later_is_not() -> None:
    deadline = began(policy(7, DAYS, extension=SEVEN_MORE), "2026-11-02 12:00")
    longer = deadlines.extend(deadline, 7, deadline.due_by - MOMENT)
    assert shown(longer) == "2026-11-17 00:00"
    warned = ["warn-50", "warn-80", "warn-95"]
    assert deadlines.still_fired(deadline, longer, warned, deadline.due_by - MOMENT) == ("warn-50",)
    with pytest.raises(NotPossible, match="time to ask"):
        deadlines.extend(deadline, 7, deadline.due_by)
    with pytest.raises(NotPossible, match="1 times already"):
        deadlines.extend(longer, 1, deadline.start_at)


def test_an_extension_keeps_to_its_terms() -> None:
    at = local("2026-11-03 12:00")
    with pytest.raises(NotPossible, match="cannot be prolonged"):
        deadlines.extend(began(policy(7, DAYS), "2026-11-02 12:00"), 7, at)
    deadline = began(policy(7, DAYS, extension=SEVEN_MORE), "2026-11-02 12:00")
    for amount in (0, -1, 8):
        with pytest.raises(NotPossible, match="may ask for 1 to 7"):
            deadlines.extend(deadline, amount, at)
    early = ExtensionTerms(amount=7, unit=DAYS, ask_before=timedelta(days=1))
    deadline = began(policy(7, DAYS, extension=early), "2026-11-02 12:00")
    assert shown(deadlines.extend(deadline, 7, deadline.due_by - timedelta(days=1))) == "2026-11-17 00:00"
    with pytest.raises(NotPossible, match="before the end"):
        deadlines.extend(deadline, 7, deadline.due_by - timedelta(days=1) + MOMENT)


def test_paid_storage_can_be_asked_for_after_the_end_and_runs_from_the_asking() -> None:
    paid = ExtensionTerms(amount=1, unit=MONTHS, times=3, ask_after=timedelta(days=30))
    deadline = began(policy(90, DAYS, extension=paid), "2026-01-01 12:00", SHANGHAI)
    assert shown(deadline) == "2026-04-02 00:00"
    assert shown(deadlines.extend(deadline, 1, local("2026-04-20 12:00", SHANGHAI))) == "2026-05-21 00:00"
    with pytest.raises(NotPossible, match="time to ask"):
        deadlines.extend(deadline, 1, deadline.due_by + timedelta(days=30))


@pytest.mark.parametrize(
    ("terms", "end"),
    [
        (policy(48, HOURS, extension=ExtensionTerms(amount=24, unit=HOURS)), "2026-11-05 12:00"),
        (policy(48, HOURS, extension=ExtensionTerms(amount=24, unit=DAYS)), "2026-11-28 12:00"),
        (policy(2, DAYS, end_of_day=False, extension=ExtensionTerms(amount=24, unit=DAYS)), "2026-11-28 12:00"),
        (policy(2, BUSINESS, calendar="DE", extension=ExtensionTerms(amount=24, unit=BUSINESS)), "2026-12-09 00:00"),
    ],
)
def test_an_extension_ends_as_its_limit_does(terms: DeadlinePolicy, end: str) -> None:
    deadline = began(terms, "2026-11-02 12:00")
    assert shown(deadlines.extend(deadline, 24, deadline.start_at)) == end


def test_an_extension_rolls_where_its_limit_does() -> None:
    terms = policy(7, DAYS, calendar="DE", roll=True, extension=ExtensionTerms(amount=5, unit=DAYS))
    deadline = began(terms, "2026-11-02 12:00")
    assert shown(deadlines.extend(deadline, 5, deadline.start_at)) == "2026-11-17 00:00"


def test_an_extension_while_the_clock_stands_counts_from_the_end_on_paper() -> None:
    deadline = began(policy(7, DAYS, extension=SEVEN_MORE), "2026-11-02 12:00")
    stopped = deadlines.pause(deadline, local("2026-11-09 10:00"))
    longer = deadlines.extend(stopped, 7, local("2026-11-20 10:00"))
    assert shown(longer) == "2026-11-17 00:00"
    assert shown(deadlines.resume(longer, local("2026-11-25 10:00"))) == "2026-12-04 00:00"


def test_a_corrected_scan_computes_anew_and_says_when_it_is_earlier() -> None:
    deadline = began(policy(7, DAYS, extension=SEVEN_MORE), "2026-11-02 12:00", start_inferred=True)
    stopped = deadlines.pause(deadline, local("2026-11-04 10:00"))
    moved = deadlines.extend(deadlines.resume(stopped, local("2026-11-05 10:00")), 7, local("2026-11-06 10:00"))
    assert shown(moved) == "2026-11-19 00:00"
    earlier = deadlines.restart(moved, local("2026-11-01 12:00"))
    assert earlier.before == moved
    assert shown(earlier.after) == "2026-11-18 00:00"
    assert earlier.earlier
    assert not earlier.after.start_inferred
    later = deadlines.restart(moved, local("2026-11-03 12:00"))
    assert shown(later.after) == "2026-11-20 00:00"
    assert not later.earlier


def test_a_pause_that_the_new_end_precedes_stops_nothing() -> None:
    deadline = began(policy(2, DAYS), "2026-11-10 12:00")
    stopped = deadlines.pause(deadline, local("2026-11-11 10:00"))
    early = deadlines.restart(stopped, local("2026-11-02 12:00")).after
    assert shown(early) == "2026-11-05 00:00"
    assert early.paused_at is None
    assert deadlines.restart(early, deadline.start_at).after == stopped, "the pause is remembered"
    resumed = deadlines.resume(stopped, local("2026-11-11 11:00"))
    early = deadlines.restart(resumed, local("2026-11-02 12:00")).after
    assert moments(early)["warn-50"] == local("2026-11-03 18:00")
