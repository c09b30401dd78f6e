"""A day's quota, on both stores: never one call too many, whoever counts, and known again after a restart."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import generate_latest

from adapters.seam import Pace
from gateway import running, spending
from gateway.breaker import CALLS
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.lanes import CarrierLane, Lanes
from gateway.pacer import Pacer
from gateway.spending import Spending
from gateway.store import lanes as shelf
from gateway.web.app import build_app
from schemas.errors import Throttled, Unavailable
from tests.house.waiting import eventually

SEOUL = "Asia/Seoul"
TEN = Pace(per_second=10_000, concurrency=50, daily=10)


class Calendar:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # half past eleven in the evening in Seoul

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def gw(tmp_path: Path, sqlite_template: Path, settings: Settings) -> AsyncIterator[Gateway]:
    if settings.db == "":
        shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
    async with open_gateway(Settings(data=tmp_path, db=settings.db, _env_file=None), clock=Calendar()) as opened:
        yield opened


def another_process(gw: Gateway) -> tuple[Spending, CarrierLane]:
    lanes = Lanes(Pacer(), clock=gw.clock)
    purse = Spending(gw.store.database, lanes, gw.clock)
    return purse, lanes.of("contract", TEN, SEOUL)


async def calls(lane: CarrierLane, times: int, verb: str = "track", *, creates: bool = False) -> int:
    """How many were let through."""

    async def once() -> bool:
        try:
            async with lane.passage(verb, creates=creates):
                return True
        except Throttled:
            return False

    return sum(await asyncio.gather(*(once() for _ in range(times))))


async def test_two_processes_share_a_day_and_a_tenth_is_kept_for_what_creates(gw: Gateway) -> None:
    (_, one), (_, two) = another_process(gw), another_process(gw)
    through = await asyncio.gather(calls(one, 8), calls(two, 8))
    assert sum(through) == 9
    assert await calls(one, 3, "book", creates=True) == 1
    assert await calls(two, 1, "book", creates=True) == 0  # nor would a last look find any more
    assert two.shut_for() == pytest.approx(1800, abs=5)  # until midnight where the account is


async def test_the_count_outlives_the_process_and_begins_again_with_the_accounts_day(gw: Gateway) -> None:
    _, before = another_process(gw)
    assert await calls(before, 9) == 9
    _, after = another_process(gw)
    with pytest.raises(Throttled) as turned_away:
        async with after.passage("track"):
            pass
    assert turned_away.value.retry_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    gw.clock.now += timedelta(minutes=31)  # type: ignore[attr-defined]
    assert await calls(after, 1) == 1


async def test_who_spent_it_is_told_once_for_each_call(gw: Gateway) -> None:
    (first, one), (second, two) = another_process(gw), another_process(gw)
    await calls(one, 2)
    await calls(two, 3)
    await calls(two, 1, "book", creates=True)
    for purse in (first, second, second):  # what is told is not told again
        await purse.tell()
    await calls(one, 1)
    await first.tell()
    async with gw.store.database.reading() as connection:
        spent = await shelf.spent_on(connection, ["contract"], date(2026, 3, 2))
        told = await shelf.told(connection, ["contract"], gw.clock())
    assert {row.verb: row.calls for row in spent} == {"": 7, "track": 6, "book": 1}
    assert {row.day for row in spent} == {"2026-03-02"}
    assert {row.process for row in told} == {first.process, second.process}


async def test_what_closes_a_lane_is_told_at_once_and_heard_by_all(gw: Gateway) -> None:
    """By the one that has the lane, and by the one that meets it later."""
    (first, one), (second, two), third = another_process(gw), another_process(gw), Lanes(Pacer(), clock=gw.clock)
    loops = [asyncio.create_task(purse.keep_telling()) for purse in (first, second)]
    began = time.monotonic()
    one.heard(Throttled("slow down", retry_after=1800))

    async def heard() -> bool:
        return two.closed_for() > 0

    await eventually(heard, within=4)
    assert time.monotonic() - began < spending.EVERY_SECONDS
    assert two.closed_for() == pytest.approx(1800, abs=5)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    gw.clock.now += timedelta(seconds=900)  # type: ignore[attr-defined]  the others have ended long ago
    later = Spending(gw.store.database, third, gw.clock)
    third.of("another", TEN).heard(None)
    await later.tell()
    await later.hear()
    assert third.of("contract", TEN, SEOUL).closed_for() == pytest.approx(900, abs=5)
    assert third.of("another", TEN).closed_for() == 0


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_each_of_the_processes_that_work_goes_at_its_part_of_the_pace(gw: Gateway) -> None:
    """Without Redis. One that serves only takes no part, one that ends gives it back, one that was killed is forgotten."""
    (first, one), (second, _), (serving, three) = (another_process(gw) for _ in range(3))

    async def both_heard() -> None:
        for purse in (first, second, serving):
            await purse.tell()
        for purse in (first, second, serving):
            await purse.hear()

    async def space(lane: CarrierLane) -> float:
        slow, key = Pace(per_second=0.5), f"fresh {time.monotonic()}"
        waits = [await lane._pacer.ask(key, slow) for _ in range(2)]
        return round(waits[1] - waits[0])

    with first.working():
        await both_heard()
        assert await space(one) == 2
        with second.working():
            await both_heard()
            assert await space(one) == 4
            assert await space(three) == 6  # it may ask now and then, beside the two
        await both_heard()
        assert await space(one) == 2
        with second.working():
            await both_heard()
            gw.clock.now += shelf.FRESH + timedelta(seconds=1)  # type: ignore[attr-defined]
            await first.tell()
            await first.hear()
            assert await space(one) == 2


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_who_works_says_so_at_once(gw: Gateway) -> None:
    other, _ = another_process(gw)
    telling = asyncio.create_task(gw.spending.keep_telling())

    async def seen() -> bool:
        await other.hear()
        return other._lanes._pacer.share == 2

    async with running.working(gw):
        await eventually(seen, within=spending.EVERY_SECONDS - 1)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    await gw.spending.tell()
    await other.hear()
    assert other._lanes._pacer.share == 1


async def test_a_lane_is_seen_in_the_metrics(gw: Gateway) -> None:
    lane = gw.lanes.of("contract", TEN, SEOUL)
    await calls(lane, 2)
    lane.heard(Throttled("slow down", retry_after=60))
    shown = generate_latest(gw.metrics.registry).decode()
    values: Callable[[str], float] = lambda name: float(  # noqa: E731
        next(line.split()[-1] for line in shown.splitlines() if line.startswith(name + "{"))
    )
    assert values("homeward_lane_quota") == 10
    assert values("homeward_lane_quota_used") == 2
    assert 58 < values("homeward_lane_closed_seconds") <= 60


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_who_serves_shows_the_lanes_of_those_who_work(gw: Gateway) -> None:
    (first, one), (second, two) = another_process(gw), another_process(gw)
    await calls(one, 2)
    await calls(two, 1)
    two.heard(Throttled("slow down", retry_after=60))
    for _ in range(CALLS):
        one.heard(Unavailable("away"))
    one.waiting, two.waiting = 2, 3
    for purse in (first, second):
        with purse.working():
            await purse.tell()
    server = TestServer(build_app(gw))
    async with TestClient(server) as client:
        shown = await (await client.get("/metrics")).text()
    told = {line.split("{")[0]: float(line.split()[-1]) for line in shown.splitlines() if 'lane="contract"' in line}
    assert 55 < told.pop("homeward_lane_closed_seconds") <= 60
    assert told == {
        "homeward_lane_waiting": 5,
        "homeward_lane_breaker_open": 1,
        "homeward_lane_quota": 10,
        "homeward_lane_quota_used": 3,
    }
    assert 'lane=""' not in shown
    gw.clock.now += shelf.FRESH + timedelta(seconds=1)  # type: ignore[attr-defined]
    await gw.spending.look_around()
    assert gw.spending.stands() == {}
