"""How fast, how many at once, and whether at all: alone, with others, and while Redis is away."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.seam import Pace
from adapters.toolkit.http import Reply, sort_reply
from gateway.lanes import EARLY, CarrierLane, Lanes
from gateway.pacer import PATIENCE, Pacer
from schemas.errors import OutcomeUnknown, Throttled
from tests.house.waiting import eventually

FAST = Pace(per_second=50, concurrency=100)
UNHURRIED = Pace(per_second=10_000, concurrency=100)


class Stopwatch:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


Passage = tuple[float, float]
"""When a turn was asked for and when it was had: it was granted in between."""


async def pass_through(lane: CarrierLane, times: int) -> list[Passage]:
    async def once() -> list[Passage]:
        had = []
        for _ in range(times // 10):
            asked = time.monotonic()
            async with lane.passage():
                had.append((asked, time.monotonic()))
        return had

    return [one for some in await asyncio.gather(*(once() for _ in range(10))) for one in some]


def most_in_a_second(passages: list[Passage]) -> int:
    """At least so many were granted within one second, however slow this machine was to notice."""
    ends = sorted(had for _, had in passages)
    most = 0
    for end in ends:
        inside = [one for one in passages if end - 1 <= one[0] and one[1] <= end]
        most = max(most, len(inside))
    # What was asked early and had late cannot be placed; the pace of the whole still can.
    return most


def pace_of(passages: list[Passage]) -> float:
    had = sorted(had for _, had in passages)
    return (len(had) - 1) / (had[-1] - had[0])


@pytest.fixture
async def pacers(valkey_url: str) -> AsyncIterator[list[Pacer]]:
    """Two processes that share one Valkey."""
    both = [Pacer(valkey_url, share=2) for _ in range(2)]
    yield both
    for pacer in both:
        await pacer.close()


async def test_a_lane_never_exceeds_its_pace() -> None:
    lane = CarrierLane("a", FAST, Pacer())
    passages = await pass_through(lane, 100)
    assert len(passages) == lane.granted == 100
    assert most_in_a_second(passages) <= 51
    assert pace_of(passages) <= 51


async def test_what_a_busy_process_came_too_late_for_is_not_made_up_for() -> None:
    """Two calls at once after a pause would be one too many in the second that begins with them."""
    lane = CarrierLane("a", FAST, Pacer())
    had: list[float] = []

    async def call() -> None:
        async with lane.passage():
            had.append(time.monotonic())

    calls = [asyncio.create_task(call()) for _ in range(6)]
    while len(had) < 2:
        await asyncio.sleep(0.001)
    time.sleep(0.1)  # noqa: ASYNC251  as a long transaction on the loop's thread does
    await asyncio.gather(*calls)
    spaces = [later - earlier for earlier, later in itertools.pairwise(had)]
    assert min(spaces) >= 0.25 / FAST.per_second - EARLY - 0.002


async def test_two_processes_together_never_exceed_the_pace(pacers: list[Pacer]) -> None:
    key = f"shared {time.monotonic()}"
    lanes = [CarrierLane(key, FAST, pacer) for pacer in pacers]
    both = await asyncio.gather(*(pass_through(lane, 60) for lane in lanes))
    passages = both[0] + both[1]
    assert len(passages) == 120
    assert all(pacer.is_shared for pacer in pacers)
    assert most_in_a_second(passages) <= 51
    assert pace_of(passages) <= 51


async def test_what_the_carrier_asked_for_closes_the_lane() -> None:
    watch = Stopwatch()
    lane = CarrierLane("a", UNHURRIED, Pacer(), watch)
    lane.heard(Throttled("slow down", retry_after=PATIENCE + 10))
    with pytest.raises(Throttled) as turned_away:
        await _pass(lane)
    assert turned_away.value.retry_after == pytest.approx(PATIENCE + 10)
    lane.heard(Throttled("slow down", retry_after=1))  # a shorter one does not open it
    with pytest.raises(Throttled):
        await _pass(lane)
    watch.at += PATIENCE + 10
    await _pass(lane)
    assert lane.granted == 1
    assert lane.waiting == 0


async def test_a_time_to_come_back_is_heard_as_an_instant_too_and_never_believed_beyond_a_day() -> None:
    watch = Stopwatch()
    lane = CarrierLane("a", UNHURRIED, Pacer(), watch)
    lane.heard(Throttled("slow down", retry_at=datetime.now(UTC) + timedelta(days=365)))
    watch.at += 86_399
    assert lane.closed_until > watch.at
    watch.at += 2
    await _pass(lane)
    lane.heard(Throttled("slow down", retry_at=datetime.now(UTC) - timedelta(days=1)))
    await _pass(lane)


async def test_a_short_wait_is_waited_for() -> None:
    lane = CarrierLane("a", UNHURRIED, Pacer())
    lane.heard(Throttled("slow down", retry_after=0.05))
    began = time.monotonic()
    await _pass(lane)
    assert time.monotonic() - began >= 0.05


async def _pass(lane: CarrierLane) -> None:
    async with lane.passage():
        pass


@pytest.mark.parametrize("creates", [True, False])
async def test_a_time_that_is_named_beside_an_unknown_outcome_closes_the_lane(creates: bool) -> None:
    reply = Reply(503, b"", {"retry-after": "1800"}, creates)
    with pytest.raises(OutcomeUnknown if creates else Throttled) as raised:
        sort_reply(reply)
    lane = CarrierLane("a", UNHURRIED, Pacer(), Stopwatch())
    lane.heard(raised.value)
    assert lane.closed_for() == pytest.approx(1800)
    nameless = CarrierLane("a", UNHURRIED, Pacer(), Stopwatch())
    nameless.heard(OutcomeUnknown("no answer"))
    assert nameless.closed_for() == 0


async def test_no_more_are_on_their_way_than_the_carrier_takes_at_once() -> None:
    lane = CarrierLane("a", Pace(per_second=10_000, concurrency=3), Pacer())
    inside, most = 0, 0
    leave = asyncio.Event()

    async def call() -> None:
        nonlocal inside, most
        async with lane.passage():
            inside += 1
            most = max(most, inside)
            await leave.wait()
            inside -= 1

    calls = [asyncio.create_task(call()) for _ in range(8)]

    async def full() -> bool:
        return inside == 3 and lane.waiting == 8

    await eventually(full)
    calls[0].cancel()  # one who hangs up gives his place back
    leave.set()
    await asyncio.gather(*calls, return_exceptions=True)
    assert most == 3
    assert lane.waiting == 0


async def test_what_is_urgent_goes_before_all_who_wait_and_no_faster() -> None:
    lane = CarrierLane("a", Pace(per_second=20, concurrency=2), Pacer())
    order: list[str] = []

    async def call(name: str, *, urgent: bool = False) -> None:
        async with lane.passage("track", urgent=urgent):
            order.append(name)

    began = time.monotonic()
    plain = [asyncio.create_task(call(f"plain {number}")) for number in range(12)]

    async def under_way() -> bool:
        return bool(order)

    await eventually(under_way, every=0.005)
    had = len(order)
    late, given_up = [asyncio.create_task(call("urgent", urgent=True)) for _ in range(2)]
    await asyncio.sleep(0)
    given_up.cancel()  # one who hangs up holds nobody up
    await asyncio.gather(late, *plain)
    assert order.index("urgent") <= had + 2  # behind those alone who had a place already
    assert len(order) == 13
    assert time.monotonic() - began >= 12 / 20 - EARLY


async def test_accounts_under_one_contract_share_a_lane() -> None:
    lanes = Lanes(Pacer())
    assert lanes.of("contract", FAST) is lanes.of("contract", FAST)
    assert lanes.of("another", FAST) is not lanes.of("contract", FAST)
    assert len(lanes.all()) == 2
    await lanes.close()


async def test_what_the_days_count_held_up_goes_out_no_faster_and_not_through_a_closed_lane() -> None:
    """The database that counts may be slow: the turn's instant is long past then, and the carrier may have said to wait."""
    lane = CarrierLane("a", Pace(per_second=20, concurrency=6, daily=1000), Pacer(), spend=(slow := Slow()).spend)
    had: list[float] = []

    async def call() -> None:
        async with lane.passage("track"):
            had.append(time.monotonic())

    calls = [asyncio.create_task(call()) for _ in range(6)]
    await asyncio.sleep(0.4)
    slow.over.set()
    await asyncio.gather(*calls)
    spaces = [later - earlier for earlier, later in itertools.pairwise(had)]
    assert min(spaces) >= 0.25 / 20 - EARLY - 0.002
    slow.over.clear()
    late = asyncio.create_task(call())
    await eventually(slow.is_asked)
    lane.heard(Throttled("slow down", retry_after=1800))
    slow.over.set()
    with pytest.raises(Throttled):
        await late
    assert len(had) == 6


class Slow:
    """A count that takes its time."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.asked = 0

    async def spend(self, lane: str, day: str, limit: int) -> int:
        self.asked += 1
        await self.over.wait()
        return self.asked

    async def is_asked(self) -> bool:
        return self.asked == 7
