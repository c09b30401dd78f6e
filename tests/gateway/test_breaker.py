"""When a lane's carrier is left alone because its calls fail: the breaker, its line and its probe."""

import asyncio

import pytest

from adapters.seam import Pace
from gateway.breaker import CALLS, PROBE, WINDOW
from gateway.lanes import CarrierLane
from gateway.pacer import Pacer
from schemas.errors import AdapterError, OutcomeUnknown, Refused, Throttled, Unavailable
from tests.gateway.test_lanes import UNHURRIED, Stopwatch
from tests.house.waiting import eventually


async def _pass(lane: CarrierLane) -> None:
    async with lane.passage():
        pass


FAILURES = [Unavailable("away"), OutcomeUnknown("no answer")]
FINE: list[AdapterError | None] = [None, Refused("no"), Throttled("later", retry_after=0)]


def hear(lane: CarrierLane, failures: int, others: int, error: AdapterError) -> None:
    for _ in range(others):
        lane.heard(None)
    for _ in range(failures):
        lane.heard(error)


@pytest.mark.parametrize("error", FAILURES)
async def test_the_breaker_opens_at_half_of_twenty(error: AdapterError) -> None:
    lane = CarrierLane("a", UNHURRIED, Pacer(), Stopwatch())
    hear(lane, CALLS // 2 - 1, CALLS // 2 + 1, error)
    assert not lane.breaker.is_open
    await _pass(lane)
    lane.heard(error)
    lane.heard(error)
    assert lane.breaker.is_open
    with pytest.raises(Throttled):
        await _pass(lane)


async def test_few_calls_and_old_failures_do_not_open_it() -> None:
    watch = Stopwatch()
    lane = CarrierLane("a", UNHURRIED, Pacer(), watch)
    hear(lane, CALLS - 1, 0, FAILURES[0])
    assert not lane.breaker.is_open
    watch.at += WINDOW + 1
    hear(lane, 1, CALLS - 1, FAILURES[0])
    assert not lane.breaker.is_open


@pytest.mark.parametrize("answer", FINE)
async def test_a_refusal_is_no_failure_of_the_carriers(answer: AdapterError | None) -> None:
    lane = CarrierLane("a", UNHURRIED, Pacer(), Stopwatch())
    for _ in range(CALLS * 2):
        lane.heard(answer)
    assert not lane.breaker.is_open


async def test_an_open_breaker_lets_one_probe_through_each_time_and_closes_when_it_is_answered() -> None:
    watch = Stopwatch()
    lane = CarrierLane("a", UNHURRIED, Pacer(), watch)
    hear(lane, CALLS, 0, FAILURES[0])
    for _ in range(2):
        watch.at += PROBE
        await _pass(lane)
        with pytest.raises(Throttled):
            await _pass(lane)
        lane.heard(FAILURES[0])
        assert lane.breaker.is_open
    watch.at += PROBE
    await _pass(lane)
    lane.heard(None)
    assert not lane.breaker.is_open
    for _ in range(3):
        await _pass(lane)


async def test_who_stands_in_line_does_not_go_out_after_the_breaker_opened() -> None:
    """Neither he who waits for a place nor he who has one and waits for his turn."""
    lane = CarrierLane("a", Pace(per_second=5, concurrency=2), Pacer())
    went: list[int] = []

    async def call(number: int) -> None:
        async with lane.passage():
            went.append(number)

    calls = [asyncio.create_task(call(number)) for number in range(5)]

    async def first() -> bool:
        return len(went) == 1

    await eventually(first, every=0.005)
    hear(lane, CALLS, 0, FAILURES[0])
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert went == [0]
    assert [type(one) for one in ended[1:]] == [Throttled] * 4
    assert lane.waiting == 0


async def test_a_probe_that_hangs_is_not_joined_by_another() -> None:
    watch = Stopwatch()
    lane = CarrierLane("a", UNHURRIED, Pacer(), watch)
    hear(lane, CALLS, 0, FAILURES[0])
    watch.at += PROBE
    async with lane.passage():
        watch.at += PROBE * 2
        assert lane.shut_for() > 0
        with pytest.raises(Throttled):
            await _pass(lane)
    with pytest.raises(Throttled):  # it was given up, and the next may try a while later
        await _pass(lane)
    watch.at += PROBE
    await _pass(lane)
