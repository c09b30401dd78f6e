"""Where limits end: dates that can be checked on a wall calendar, and limits as carriers print them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from pydantic import ValidationError

from gateway.rules import deadlines
from schemas.acceptance import (
    DeadlinePolicy,
    ExpiryAction,
    Facility,
    PolicySource,
    PriceBand,
    WorkingHours,
)
from schemas.values import Money
from tests.rules.clocks import BERLIN, BUSINESS, CAIRO, DAYS, HOURS, MONTHS, SHANGHAI, began, due, local, policy, shown


@pytest.mark.parametrize(
    ("terms", "start", "end"),
    [
        (policy(48, HOURS), "2026-10-24 10:00", "2026-10-26 09:00"),
        (policy(2, DAYS, end_of_day=False), "2026-10-24 10:00", "2026-10-26 10:00"),
        (policy(2, DAYS), "2026-10-24 10:00", "2026-10-27 00:00"),
        (policy(48, HOURS), "2026-03-28 10:00", "2026-03-30 11:00"),
        (policy(2, DAYS, end_of_day=False), "2026-03-28 10:00", "2026-03-30 10:00"),
        (policy(1, DAYS, end_of_day=False), "2026-03-28 02:30", "2026-03-29 03:30"),
        (policy(1, DAYS, end_of_day=False), "2026-10-24 02:30", "2026-10-25 02:30"),
    ],
)
def test_clocks_change_in_autumn_and_spring(terms: DeadlinePolicy, start: str, end: str) -> None:
    assert due(terms, start) == end


def test_a_repeated_clock_time_is_the_first_of_the_two() -> None:
    deadline = began(policy(1, DAYS, end_of_day=False), "2026-10-24 02:30")
    assert deadline.due_by == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_start_in_the_repeated_hour_is_no_earlier_where_its_clock_time_is_skipped() -> None:
    deadline = deadlines.start(policy(154, DAYS, end_of_day=False), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), BERLIN)
    assert shown(deadline) == "2027-03-28 03:30"


def test_a_day_ends_where_its_midnight_is_skipped() -> None:
    """Egypt puts the clocks forward at midnight: 24 April 2026 begins at 01:00."""
    assert due(policy(1, DAYS), "2026-04-22 12:00", CAIRO) == "2026-04-24 01:00"


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("2026-08-30", 6, "2027-02-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-08-28", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
    ],
)
def test_months_end_with_the_same_day_or_the_last(start: str, months: int, last: str) -> None:
    midnight = date.fromisoformat(last) + timedelta(days=1)
    assert due(policy(months, MONTHS), f"{start} 12:00", SHANGHAI) == f"{midnight} 00:00"


@pytest.mark.parametrize(
    ("start", "midnight"), [("2026-01-15", "2026-07-15"), ("2026-08-31", "2027-03-01"), ("2026-03-01", "2026-09-01")]
)
def test_months_whose_first_day_counts_end_a_day_earlier(start: str, midnight: str) -> None:
    assert due(policy(6, MONTHS, start_day_counts=True), f"{start} 12:00") == f"{midnight} 00:00"


def test_a_leap_day_is_a_day() -> None:
    assert due(policy(1, DAYS), "2028-02-28 12:00") == "2028-03-01 00:00"
    assert due(policy(1, DAYS), "2027-02-28 12:00") == "2027-03-02 00:00"


@pytest.mark.parametrize(
    ("calendar", "zone", "start", "amount", "last"),
    [
        ("CN", SHANGHAI, "2026-09-28", 5, "2026-10-10"),  # golden week; Saturday the 10th is worked instead
        ("DE-BY", BERLIN, "2026-12-30", 5, "2027-01-08"),  # Epiphany
        ("DE-HH", BERLIN, "2026-12-30", 5, "2027-01-07"),
        ("SA", "Asia/Riyadh", "2026-11-04", 2, "2026-11-08"),  # a Wednesday; Friday and Saturday are closed
        ("AE", "Asia/Dubai", "2026-11-04", 2, "2026-11-06"),  # Friday is open
        ("AE", "Asia/Dubai", "2026-11-05", 2, "2026-11-09"),  # Saturday and Sunday are closed
        ("US", "America/New_York", "2021-12-30", 1, "2022-01-03"),  # New Year is kept on the 31st of the year before
    ],
)
def test_business_days_are_those_of_the_place(calendar: str, zone: str, start: str, amount: int, last: str) -> None:
    midnight = date.fromisoformat(last) + timedelta(days=1)
    assert due(policy(amount, BUSINESS, calendar=calendar), f"{start} 12:00", zone) == f"{midnight} 00:00"


def test_the_facility_has_the_last_word_on_its_days() -> None:
    terms, start = policy(5, BUSINESS, calendar="DE"), "2026-09-28 12:00"
    china = Facility(calendar="CN", closed=(date(2026, 9, 29),), opened=(date(2026, 10, 3),))
    deadline = began(terms, start, SHANGHAI, facility=china)
    assert shown(deadline) == "2026-10-11 00:00"
    assert deadline.calendar_version is not None
    assert deadline.calendar_version.startswith("holidays 0.")
    assert deadline.calendar_version.endswith(" CN + 2 facility days")
    no_saturdays = Facility(calendar="CN", weekend=(5, 6))
    assert due(terms, start, SHANGHAI, facility=no_saturdays) == "2026-10-13 00:00"
    six_days = Facility(calendar="DE", weekend=(6,))
    assert due(policy(7, BUSINESS), "2026-11-05 12:00", facility=six_days) == "2026-11-14 00:00"


def test_without_a_calendar_only_the_weekend_is_closed_and_the_deadline_says_so() -> None:
    deadline = began(policy(2, BUSINESS), "2026-12-24 12:00")
    assert shown(deadline) == "2026-12-29 00:00"
    assert deadline.calendar_version == "weekend only, no holidays"
    assert began(policy(2, DAYS), "2026-12-24 12:00").calendar_version is None


def test_a_scan_after_the_cut_off_counts_as_the_next_day() -> None:
    terms = policy(2, DAYS, cutoff=time(17))
    assert due(terms, "2026-11-02 17:00") == "2026-11-05 00:00"
    assert due(terms, "2026-11-02 17:01") == "2026-11-06 00:00"
    assert due(policy(2, BUSINESS, cutoff=time(17)), "2026-11-05 17:01") == "2026-11-11 00:00"


def test_the_cut_off_is_read_on_the_clock_of_the_place() -> None:
    start_at = local("2026-11-02 17:01", BERLIN)
    deadline = deadlines.start(policy(2, DAYS, cutoff=time(17)), start_at, "Europe/Lisbon")
    assert shown(deadline) == "2026-11-05 00:00"


def test_at_a_packstation_the_day_of_deposit_is_day_one() -> None:
    assert due(policy(7, DAYS, start_day_counts=True), "2026-11-02 23:30") == "2026-11-09 00:00"
    assert due(policy(7, DAYS), "2026-11-02 23:30") == "2026-11-10 00:00"


def test_a_closed_last_day_rolls_only_where_the_policy_says_so() -> None:
    fourteen_days = {"amount": 14, "unit": DAYS, "calendar": "DE-BY"}
    assert due(policy(**fourteen_days), "2026-12-11 12:00") == "2026-12-26 00:00"
    assert due(policy(**fourteen_days, roll=True), "2026-12-11 12:00") == "2026-12-29 00:00"
    assert due(policy(1, MONTHS, calendar="DE", roll=True), "2026-11-01 12:00") == "2026-12-02 00:00"


@pytest.mark.parametrize("zone", ["Berlin", "", "Europe", "../etc/passwd", "europe/berlin\x00"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone"):
        deadlines.start(policy(1, DAYS), datetime(2026, 1, 1, tzinfo=UTC), zone)


@pytest.mark.parametrize("calendar", ["ZZ", "DE-ZZ", "Germany", "date", "-BY"])
def test_an_unknown_calendar_is_named(calendar: str) -> None:
    with pytest.raises(ValueError, match="calendar"):
        began(policy(1, BUSINESS, calendar=calendar), "2026-01-05 12:00")


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        deadlines.start(policy(1, DAYS), datetime(2026, 1, 1), BERLIN)  # noqa: DTZ001 - the point of the test


def test_the_carriers_own_date_ends_with_that_day_at_the_facility() -> None:
    on_a_day = policy(10, DAYS, source=PolicySource.CARRIER_ANSWER, stated_on=date(2026, 11, 15))
    assert due(on_a_day, "2026-11-02 12:00", "America/Sao_Paulo") == "2026-11-16 00:00"
    at = local("2026-11-05 09:30")
    assert began(policy(10, DAYS, stated_by=at), "2026-11-02 12:00").due_by == at


def test_a_stated_end_that_is_past_is_due_at_once() -> None:
    late = began(policy(10, DAYS, stated_on=date(2026, 11, 1)), "2026-11-02 12:00")
    assert late.due_by == late.start_at
    assert [stage.name for stage in late.stages] == ["due"]


def test_precedence_and_validity_choose_the_policy() -> None:
    every = [policy(n + 1, DAYS, source=source) for n, source in enumerate(reversed(PolicySource))]
    day = date(2026, 11, 1)
    chosen = []
    while (best := deadlines.choose(every, day)) is not None:
        chosen.append(best.source)
        every.remove(best)
    assert chosen == [
        PolicySource.LAW,
        PolicySource.CARRIER_ANSWER,
        PolicySource.CONTRACT,
        PolicySource.EXPORTER,
        PolicySource.CARRIER_TABLE,
        PolicySource.DEFAULT,
    ]


def test_a_policy_holds_from_its_first_to_its_last_day() -> None:
    old = policy(1, DAYS, source=PolicySource.CONTRACT, valid_until=date(2026, 10, 31))
    new = policy(2, DAYS, source=PolicySource.CONTRACT, valid_from=date(2026, 11, 1))
    assert deadlines.choose([new, old], date(2026, 10, 31)) == old
    assert deadlines.choose([old, new], date(2026, 11, 1)) == new
    newest = policy(3, DAYS, source=PolicySource.CONTRACT, valid_from=date(2026, 11, 2))
    assert deadlines.choose([new, newest], date(2026, 11, 2)) == newest
    assert deadlines.choose([old], date(2026, 11, 1)) is None


def test_a_price_band_decides_at_its_edge() -> None:
    fifty = Money.of("50", "SGD")
    cheap = policy(2, BUSINESS, price_band=PriceBand(up_to=fifty), on_expiry=ExpiryAction.AUTO_ACCEPT)
    dear = policy(2, BUSINESS, price_band=PriceBand(over=fifty), on_expiry=ExpiryAction.RETURN_TO_SENDER)
    every, day = [dear, cheap], date(2026, 11, 1)
    assert deadlines.choose(every, day, fifty) == cheap
    assert deadlines.choose(every, day, Money.of("50.01", "SGD")) == dear
    assert deadlines.choose(every, day, Money.of("50", "USD")) is None
    assert deadlines.choose(every, day) is None
    plain = policy(7, DAYS)
    assert deadlines.choose([plain, *every], day, fifty) == cheap
    assert deadlines.choose([plain, *every], day) == plain


def test_a_policy_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="not_before lies inside"):
        policy(5, DAYS, not_before=5)
    with pytest.raises(ValidationError, match="not as both"):
        policy(5, DAYS, stated_on=date(2026, 1, 1), stated_by=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValidationError, match="both opened and closed"):
        Facility(opened=(date(2026, 1, 1),), closed=(date(2026, 1, 1),))
    with pytest.raises(ValidationError, match="open before they close"):
        WorkingHours(zone=BERLIN, opens=time(17), closes=time(9))
    with pytest.raises(ValidationError, match="one currency"):
        PriceBand(over=Money.of(1, "EUR"), up_to=Money.of(2, "SGD"))
    with pytest.raises(ValidationError, match="carries no zone"):
        policy(5, DAYS, cutoff=time(17, tzinfo=UTC))
