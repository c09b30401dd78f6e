"""Which policy a clock goes by, and limits as carriers and conventions print them."""

from datetime import date, timedelta

import pytest

from adapters import registry
from gateway.rules import deadlines
from gateway.rules.calendars import OpenDays
from gateway.rules.limits import DEFAULTS, policy_for, starts_with, usual_hours
from schemas.acceptance import Clock, DeadlinePolicy, ExpiryAction, PolicySource
from schemas.starts import ClaimKind, ClockStart
from tests.rules.clocks import BERLIN, BUSINESS, DAYS, HOURS, MONTHS, began, due, local, policy, shown

DAY = date(2026, 11, 2)


def hold(amount: int, **terms: object) -> DeadlinePolicy:
    return DeadlinePolicy.model_validate({"clock": Clock.HOLD, "amount": amount, "unit": DAYS, **terms})


def test_every_clock_but_customs_has_a_policy_of_our_own_and_the_printed_one_goes_before() -> None:
    """Customs periods are law: they come with the relief that a person confirms, never from us."""
    for clock in Clock:
        kinds: list[ClaimKind | None] = [None] if clock is not Clock.CLAIM else list(ClaimKind)
        for about in kinds:
            ours = policy_for(clock, (), DAY, about=about)
            assert (ours is None) is (clock is Clock.CUSTOMS)
            assert ours is None or ours.source is PolicySource.DEFAULT
    printed = hold(7, source=PolicySource.CARRIER_TABLE)
    agreed = hold(3, source=PolicySource.EXPORTER)
    assert policy_for(Clock.HOLD, (printed,), DAY) == printed
    assert policy_for(Clock.HOLD, (printed, agreed), DAY) == agreed
    assert policy_for(Clock.ACCEPTANCE, (printed, agreed), DAY) in DEFAULTS


def test_the_narrower_policy_goes_first_within_a_source() -> None:
    table = {"source": PolicySource.CARRIER_TABLE}
    everywhere, there = hold(10, **table), hold(7, countries=("DE",), **table)
    assert policy_for(Clock.HOLD, (everywhere, there), DAY, country="DE") == there
    assert policy_for(Clock.HOLD, (everywhere, there), DAY, country="FR") == everywhere
    assert policy_for(Clock.HOLD, (everywhere, there), DAY) == everywhere
    contract = hold(2, source=PolicySource.CONTRACT)
    assert policy_for(Clock.HOLD, (there, contract), DAY, country="DE") == contract, "the source weighs more"


def test_a_claim_goes_by_the_rule_for_its_kind_else_by_the_one_for_all() -> None:
    """One express carrier counts all kinds from its own acceptance of the parcel, not from the delivery."""
    (all_kinds,) = registry.carrier("dhl_express").profile.claims
    for about in ClaimKind:
        assert policy_for(Clock.CLAIM, (all_kinds,), DAY, about=about) == all_kinds
    assert starts_with(all_kinds) is ClockStart.HANDED_OVER
    assert due(all_kinds, "2026-11-02 18:00") == "2026-12-03 00:00"
    sandbox = registry.carrier("sandbox_rest").profile.claims
    starts = {one.about: starts_with(one) for one in sandbox}
    assert starts == {
        ClaimKind.LOSS: ClockStart.HANDED_OVER,
        ClaimKind.DAMAGE: ClockStart.DELIVERED,
        ClaimKind.DELAY: ClockStart.DELIVERED,
    }
    named = policy_for(Clock.CLAIM, (all_kinds, *sandbox), DAY, about=ClaimKind.DAMAGE)
    assert named is not None
    assert named.about is ClaimKind.DAMAGE


def test_every_printed_limit_says_whose_rule_it_is() -> None:
    for adapter in registry.carriers().values():
        profile = adapter.profile
        for one in (*profile.holds, *profile.claims, profile.hand_over, profile.acceptance):
            assert one is None or (one.because and one.source is PolicySource.CARRIER_TABLE), profile.id


@pytest.mark.parametrize(
    ("terms", "start", "end"),
    [
        (policy(7, DAYS), "2026-11-02 14:00", "2026-11-10 00:00"),  # a shop in the Netherlands: asked back on day 8
        (policy(5, DAYS), "2026-11-02 14:00", "2026-11-08 00:00"),  # its lockers
        (policy(9, DAYS), "2026-11-02 14:00", "2026-11-12 00:00"),  # redirected to a locker
        (
            policy(7, BUSINESS, calendar="DE"),
            "2026-12-21 14:00",
            "2027-01-01 00:00",
        ),  # a German parcel shop, over Christmas
        (policy(48, HOURS), "2026-10-24 10:00", "2026-10-26 09:00"),  # a locker that counts hours, in its own zone
        (policy(60, DAYS, not_before=15), "2026-11-02 14:00", "2027-01-02 00:00"),  # a postal claim, from mailing
        (policy(9, MONTHS), "2026-05-31 14:00", "2027-03-01 00:00"),  # nine months from the tender, to a short month
    ],
)
def test_limits_as_carriers_print_them(terms: DeadlinePolicy, start: str, end: str) -> None:
    assert due(terms, start) == end


def test_chinas_substituted_days() -> None:
    """7 October 2026 is off, and the Saturday after it is worked for it."""
    china = OpenDays.of("CN")
    assert not china.is_open(date(2026, 10, 7))
    assert china.is_open(date(2026, 10, 10))
    assert china.nth_after(date(2026, 9, 28), 5) == date(2026, 10, 10)
    assert [OpenDays.of(f"DE-{land}").is_open(date(2027, 1, 6)) for land in ("BY", "HH")] == [False, True]


def test_a_policy_that_changes_on_the_way_changes_nothing_that_runs() -> None:
    """What runs keeps its snapshot, and computes a corrected start by it."""
    running = began(policy(5, DAYS), "2026-11-02 12:00")
    newer = policy(2, DAYS, source=PolicySource.CONTRACT, valid_from=DAY)
    assert policy_for(Clock.ACCEPTANCE, (running.policy, newer), DAY) == newer
    again = deadlines.restart(running, local("2026-11-01 12:00", BERLIN))
    assert shown(again.after) == "2026-11-07 00:00"
    assert again.earlier


def test_a_wish_that_is_not_opted_in_to_asks_a_person() -> None:
    for wish in ExpiryAction:
        asked = began(policy(2, DAYS, on_expiry=wish, grace=timedelta(days=1)), "2026-11-02 12:00")
        assert deadlines.expiry_action(asked) is ExpiryAction.ESCALATE


@pytest.mark.parametrize(
    ("zone", "calendar"), [("Asia/Shanghai", "CN"), ("Europe/Berlin", "DE"), ("UTC", None), ("Asia/Calcutta", None)]
)
def test_usual_hours_are_those_of_the_country_whose_zone_it_is(zone: str, calendar: str | None) -> None:
    assert usual_hours(zone).calendar == calendar


def test_nobody_is_thought_to_read_a_warning_in_the_golden_week() -> None:
    """Delivered before it and over on its last day: the last call is the working day before."""
    limit = began(policy(7, DAYS), "2026-09-30 10:00", "Asia/Shanghai", working_hours=usual_hours("Asia/Shanghai"))
    work = next(stage.at for stage in limit.stages if stage.name == "warn-work")
    assert work == local("2026-09-30 10:00", "Asia/Shanghai")
