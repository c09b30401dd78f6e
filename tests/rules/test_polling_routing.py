"""When to look again, and where a return goes."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.lifecycle import FINAL
from gateway.rules.polling import LONGEST, LOOKS, NEAR, NEAR_EVERY, next_poll
from gateway.rules.routing import Why, choose_channel
from schemas.tracking import TrackingStatus as T
from tests.house.clock import MONDAY_NOON

NOW = MONDAY_NOON
MOVING = [status for status in T if status not in FINAL]


@pytest.mark.parametrize("status", sorted(FINAL - {T.LOST}))
def test_what_is_final_is_looked_at_no_more(status: T) -> None:
    assert next_poll(status, silent=0, now=NOW, limit_at=NOW + timedelta(hours=1)) is None


@given(
    st.sampled_from([one for one in MOVING if one not in LOOKS]),
    st.integers(0, 10**9),
    st.none() | st.timedeltas(timedelta(-9), timedelta(9)),
)
def test_everything_else_is_looked_at_again_within_a_day(status: T, silent: int, limit: timedelta | None) -> None:
    at = next_poll(status, silent=silent, now=NOW, limit_at=None if limit is None else NOW + limit)
    assert at is not None
    assert timedelta(minutes=5) <= at - NOW <= LONGEST


@given(st.sampled_from(MOVING), st.integers(0, 50))
def test_the_longer_it_is_silent_the_rarer_we_ask(status: T, silent: int) -> None:
    sooner, later = (next_poll(status, silent=count, now=NOW) for count in (silent, silent + 1))
    assert sooner is not None
    assert later is not None
    assert sooner <= later


@pytest.mark.parametrize("status", MOVING)
def test_near_a_limit_we_ask_often_and_after_it_no_more_than_before(status: T) -> None:
    near = next_poll(status, silent=16, now=NOW, limit_at=NOW + NEAR)
    assert near is not None
    assert near - NOW <= NEAR_EVERY
    plain = next_poll(status, silent=16, now=NOW)
    for limit in (NOW, NOW - timedelta(hours=1), NOW + NEAR + LONGEST):
        assert next_poll(status, silent=16, now=NOW, limit_at=limit) == plain


@given(st.sampled_from(MOVING), st.integers(0, 50), st.timedeltas(timedelta(seconds=1), NEAR + LONGEST))
def test_no_look_jumps_over_the_time_near_a_limit(status: T, silent: int, ahead: timedelta) -> None:
    at = next_poll(status, silent=silent, now=NOW, limit_at=NOW + ahead)
    assert at is not None
    assert at <= max(NOW + ahead - NEAR, NOW + NEAR_EVERY)


def test_what_is_lost_is_looked_at_rarely_for_some_weeks() -> None:
    looks = [next_poll(T.LOST, silent=silent, now=NOW, limit_at=NOW + NEAR) for silent in range(LOOKS[T.LOST] + 1)]
    assert looks == [*[NOW + timedelta(days=1)] * LOOKS[T.LOST], None]


def test_a_label_whose_time_is_over_is_looked_at_for_some_months_and_no_more() -> None:
    looks = [next_poll(T.EXPIRED, silent=silent, now=NOW) for silent in range(LOOKS[T.EXPIRED] + 1)]
    spent = sum((at - NOW for at in looks if at is not None), timedelta(0))
    assert looks.index(None) == LOOKS[T.EXPIRED]
    assert timedelta(days=100) < spent < timedelta(days=120)


def test_a_parcel_at_the_door_is_asked_for_more_often_than_one_at_sea() -> None:
    door, sea = (next_poll(status, silent=0, now=NOW) for status in (T.OUT_FOR_DELIVERY, T.IN_TRANSIT))
    assert door is not None
    assert sea is not None
    assert door < sea


@dataclass(frozen=True)
class Way:
    name: str
    enabled: bool = True
    countries: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()
    rank: int = 0

    @property
    def id(self) -> str:
        return self.name


@pytest.mark.parametrize(
    ("ways", "chosen"),
    [
        ([], None),
        ([Way("first"), Way("second")], "first"),
        ([Way("off", enabled=False), Way("second")], "second"),
        ([Way("german", countries=("DE",)), Way("french", countries=("DE", "FR"))], "french"),
        ([Way("other shop", platforms=("src_2",)), Way("this shop", platforms=("src_1",))], "this shop"),
        ([Way("half", countries=("FR",), platforms=("src_2",))], None),
        ([Way("off", enabled=False)], None),
    ],
)
def test_the_first_channel_that_serves_the_return_gets_it(ways: list[Way], chosen: str | None) -> None:
    found = choose_channel(ways, country="FR", source_id="src_1").chosen
    assert (found.name if found else None) == chosen


A, B, C = Way("a", fallbacks=("c", "b")), Way("b"), Way("c")


@pytest.mark.parametrize(
    ("ways", "paused", "unserved", "told"),
    [
        ([A, B, C], set(), set(), {"a": Why.CHOSEN, "b": Why.BEHIND, "c": Why.BEHIND}),
        ([A, B, C], {"a"}, set(), {"a": Why.PAUSED, "b": Why.BEHIND, "c": Why.FALLBACK}),
        ([A, B, C], {"a", "c"}, set(), {"a": Why.PAUSED, "b": Why.FALLBACK, "c": Why.PAUSED}),
        ([A, B, C], {"a", "b", "c"}, set(), {"a": Why.CHOSEN, "b": Why.PAUSED, "c": Why.PAUSED}),
        (
            [B, A, C],
            {"b"},
            set(),
            {"b": Why.CHOSEN, "a": Why.BEHIND, "c": Why.BEHIND},
        ),  # it names no fallback: they wait
        ([A, B, C], set(), {"a"}, {"a": Why.NOT_SERVED, "b": Why.CHOSEN, "c": Why.BEHIND}),
        ([A, B, C], {"a"}, {"c"}, {"a": Why.PAUSED, "b": Why.FALLBACK, "c": Why.NOT_SERVED}),
        (
            [Way("x", enabled=False), Way("y", countries=("DE",)), Way("z", platforms=("src_9",)), A],
            set(),
            set(),
            {"x": Why.OFF, "y": Why.OTHER_COUNTRY, "z": Why.OTHER_PLATFORM, "a": Why.CHOSEN},
        ),
    ],
)
def test_a_route_says_why_of_every_channel(
    ways: list[Way], paused: set[str], unserved: set[str], told: dict[str, Why]
) -> None:
    route = choose_channel(ways, country="FR", source_id="src_1", paused=paused, unserved=unserved)
    assert {one.name: why for one, why in route.considered} == told
    assert route.chosen is not None
    assert told[route.chosen.name] in (Why.CHOSEN, Why.FALLBACK)


def test_of_equals_the_better_record_goes_first_and_chance_decides_nothing() -> None:
    """Only where all of them have one, and only within the exporter's first rank."""
    good, bad = (0.0, -19.0, 3.0), (2.0, -19.0, 3.0)
    one, two, late = Way("one"), Way("two"), Way("late", rank=1)
    for records, chosen, why in (
        ({"one": bad, "two": good, "late": (0.0,)}, two, Why.BETTER_RECORD),
        ({"one": good, "two": bad}, one, Why.BETTER_RECORD),
        ({"one": good, "two": good}, one, Why.CHOSEN),
        ({"two": good}, one, Why.CHOSEN),
    ):
        route = choose_channel((one, two, late), country="FR", source_id="s", records=records)
        assert (route.chosen, dict(route.considered)[chosen]) == (chosen, why)


def test_what_is_too_slow_is_passed_over_unless_all_are() -> None:
    one, two = Way("one"), Way("two")
    route = choose_channel((one, two), country="FR", source_id="s", too_slow={"one"})
    assert route.considered == ((one, Why.TOO_SLOW), (two, Why.CHOSEN))
    assert choose_channel((one, two), country="FR", source_id="s", too_slow={"one", "two"}).chosen == one


def test_of_equals_that_no_record_tells_apart_the_cheaper_goes_first() -> None:
    one, two, late = Way("one"), Way("two"), Way("late", rank=1)
    good, bad = (0.0,), (1.0,)
    for prices, records, chosen, why in (
        ({"one": 900, "two": 800, "late": 1}, {}, two, Why.CHEAPER),
        ({"one": 800, "two": 800}, {}, one, Why.CHOSEN),
        ({"two": 800}, {}, one, Why.CHOSEN),
        ({"one": 900, "two": 800}, {"one": good, "two": bad}, one, Why.BETTER_RECORD),
        ({"one": 900, "two": 800}, {"one": good, "two": good}, two, Why.CHEAPER),
    ):
        route = choose_channel((one, two, late), country="FR", source_id="s", prices=prices, records=records)
        assert (route.chosen, dict(route.considered)[chosen]) == (chosen, why)
