"""When a lane's next turn is: alone, with others, and while Redis is away."""

import time

import pytest
from redis.asyncio import Redis

from adapters.seam import Pace
from gateway.pacer import PATIENCE, Pacer
from schemas.errors import Throttled
from tests.house import servers
from tests.house.waiting import eventually

FAST = Pace(per_second=50, concurrency=100)


async def test_turns_are_evenly_spaced_and_no_burst_is_saved_up() -> None:
    pacer = Pacer()
    assert await pacer.ask("a", FAST) == 0
    assert 0 < await pacer.ask("a", FAST) <= 0.0201
    slow = Pace(per_second=0.2)
    assert await pacer.ask("b", slow) == 0
    assert 4 < await pacer.ask("b", slow) <= 5


async def test_turns_are_given_ahead_each_at_its_instant_until_patience_ends(valkey_url: str) -> None:
    """Alone and by Redis: no time is lost between two turns, however late their takers ask again."""
    slow = Pace(per_second=0.5)
    shared = Pacer(valkey_url)
    for pacer in (Pacer(), shared):
        key = f"ahead {time.monotonic()}"
        waits = [await pacer.ask(key, slow) for _ in range(int(PATIENCE * 0.5) + 1)]
        assert waits == pytest.approx([2 * turn for turn in range(len(waits))], abs=0.5)
        for _ in range(3):
            with pytest.raises(Throttled) as turned_away:
                await pacer.ask(key, slow)
        assert 0 < (turned_away.value.retry_after or 0) <= PATIENCE + 2
    await shared.close()


async def test_lanes_with_other_keys_do_not_wait_for_each_other() -> None:
    pacer = Pacer()
    slow = Pace(per_second=0.1)
    assert [await pacer.ask(key, slow) for key in "abc"] == [0, 0, 0]


async def test_where_nobody_can_agree_each_takes_its_part() -> None:
    pacer = Pacer(share=4)
    assert await pacer.ask("a", FAST) == 0
    assert 0.07 < await pacer.ask("a", FAST) <= 0.0801


async def test_without_redis_each_goes_on_at_its_share_and_comes_back_by_itself() -> None:
    with servers.own_valkey() as first:
        port = first.port
        pacer = Pacer(first.connection_url, share=2)
        assert await pacer.ask("a", FAST) == 0
        assert pacer.is_shared
    try:
        granted = await pacer.ask("a", FAST)  # never a failure, and never no limit
        assert granted == 0
        assert not pacer.is_shared
        assert 0.02 < await pacer.ask("a", FAST) <= 0.0401
        with servers.own_valkey(port):

            async def shared_again() -> bool:
                await pacer.ask("a", FAST)
                return pacer.is_shared

            await eventually(shared_again, within=10, every=0.05)
            key = f"fresh {time.monotonic()}"
            assert await pacer.ask(key, FAST) == 0
            assert 0 < await pacer.ask(key, FAST) <= 0.0201
    finally:
        await pacer.close()


async def test_a_redis_whose_clock_went_back_holds_nobody_up(valkey_url: str) -> None:
    """Its machine's clock was put right, or a replica took over: the schedule reaches further ahead than turns are given."""
    pacer, key = Pacer(valkey_url), f"back {time.monotonic()}"
    client = Redis.from_url(valkey_url)
    assert await pacer.ask(key, FAST) == 0
    (schedule,) = [one async for one in client.scan_iter(f"*{key}*")]
    await client.set(schedule, float(await client.get(schedule)) + 3600, ex=3700)
    assert await pacer.ask(key, FAST) == 0
    assert 0 < await pacer.ask(key, FAST) <= 0.0201
    await client.aclose()
    await pacer.close()
