"""F49, F50 and F52: endpoints that fail, hang, drip or say go away. F51 is among the crash points."""

import itertools
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.journeys import asking, notices, settling_in
from schemas.errors import Conflict
from tests.faults.house import House
from tests.faults.params import by_rest


async def second_endpoint(house: House) -> str:
    """Another endpoint that hears everything; its id."""
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        endpoint, secret = await settling_in.add_endpoint(house.gw, tx, f"{house.bench.base}/sink/other")
    await house.bench.tell("sink/other", secret=secret)
    return endpoint


async def endpoint(house: House, endpoint_id: str | None = None) -> Any:
    return await house.settled.reading(lambda tx: tx.endpoints.get(endpoint_id or house.settled.endpoint))


@by_rest
async def test_f49_failing_for_three_hours(house: House) -> None:
    await second_endpoint(house)
    await house.bench.tell("sink/demo", scripts=[{"answer": 500, "times": 5}])
    begun = house.clock()
    await house.script("refuse")
    await house.authorise()
    await house.come_to_rest(timedelta(hours=12))
    first = (await house.told())[0]["id"]
    tries = [datetime.fromisoformat(one["at"]) - begun for one in await house.told() if one["id"] == first]
    assert len({one["id"] for one in await house.told()}) == len({one["id"] for one in await house.told("other")})
    assert len(tries) >= 2
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    for wait, planned in zip(waits, notices.SCHEDULE, strict=False):
        assert planned * 0.8 <= wait <= planned * 1.2 + timedelta(seconds=2)
    late = [datetime.fromisoformat(one["at"]) - begun for one in await house.told("other")]
    assert max(late) < timedelta(minutes=1)  # the other endpoint was on time
    assert (await endpoint(house)).enabled
    await house.judge()


@by_rest
@pytest.mark.parametrize("answer", ["hang", "drip"])
async def test_f50_hanging_and_dripping(house: House, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at the total limit; meanwhile what goes elsewhere is not held up."""
    monkeypatch.setattr(notices, "LIMIT_SECONDS", 1.0)
    await second_endpoint(house)
    await house.bench.tell("sink/demo", scripts=[{"answer": answer, "seconds": 6, "times": 2}])
    await house.script("refuse")
    begun = time.monotonic()
    await house.authorise()
    await house.run("ingest")
    await house.run("book")
    await house.run("deliver")
    assert time.monotonic() - begun < 5
    assert {one["answered"] for one in await house.told("other")} == {200}
    await house.come_to_rest(timedelta(hours=12))
    assert len({one["id"] for one in await house.told()}) == len(await house.told("other"))
    await house.judge()


@by_rest
async def test_f50_a_page_for_an_answer_is_an_answer(house: House) -> None:
    """Nobody reads the body: one that is too long to be taken in makes no delivery of 2xx a failed one."""
    await house.bench.tell("sink/demo", scripts=[{"answer": 200, "bytes": 100_000, "times": 50}])
    await house.booked()
    await house.come_to_rest(timedelta(hours=12))
    told = [one["id"] for one in await house.told()]
    assert told
    assert len(told) == len(set(told))
    assert (await endpoint(house)).failing_since is None
    await house.judge()


@by_rest
@pytest.mark.parametrize("page", [0, 100_000])
async def test_f52_gone_whatever_the_page_says(house: House, page: int) -> None:
    await house.bench.tell("sink/demo", scripts=[{"answer": 410, "bytes": page, "times": 20}])
    await house.booked()
    assert not (await endpoint(house)).enabled
    await house.judge()


@by_rest
async def test_f52_gone(house: House) -> None:
    """410: the endpoint is off, those that are left are told so."""
    await second_endpoint(house)
    await house.bench.tell("sink/demo", scripts=[{"answer": 410, "times": 20}])
    await house.booked()
    off = await endpoint(house)
    assert not off.enabled
    assert off.disabled_because
    assert '"type":"endpoint.disabled"' in "".join(one["body"] for one in await house.told("other"))
    before = len(await house.told())
    await house.authorise("R2")
    await house.come_to_rest()
    assert len(await house.told()) == before
    await house.judge()


@by_rest
async def test_f52_gone_for_several_at_once(house: House) -> None:
    """What is under way to it ends as dead, and that it is off is said once."""
    await second_endpoint(house)
    await house.bench.tell("sink/demo", scripts=[{"answer": 410, "times": 20}])
    await house.authorise()
    await house.authorise("R2")
    await house.run("ingest")
    await house.run("book")
    await house.run("deliver")
    assert len(await house.told()) > 1
    await house.come_to_rest()
    assert len([one for one in await house.told("other") if '"type":"endpoint.disabled"' in one["body"]]) == 1
    await house.judge()


@by_rest
async def test_f52_opened_again_while_a_delivery_was_under_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had failed for five days when the call began, and a person has put it right since: it stays on."""
    await house.bench.tell("sink/demo", scripts=[{"answer": 500, "times": 2}])
    await house.authorise()
    await house.run("ingest")
    await house.run("deliver")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.endpoints.set(house.settled.endpoint, failing_since=tx.now - timedelta(days=6))
    post = notices._post

    async def put_right_meanwhile(*given: Any) -> None:
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            await tx.endpoints.set(house.settled.endpoint, enabled=True, failing_since=None)
        await post(*given)

    monkeypatch.setattr(notices, "_post", put_right_meanwhile)
    house.clock.advance(timedelta(minutes=1))
    await house.run("deliver")
    monkeypatch.undo()
    assert (await endpoint(house)).enabled
    await house.come_to_rest(timedelta(hours=12))
    await house.judge()


@by_rest
async def test_f52_moved(house: House) -> None:
    """301 is not followed, and is a failure."""
    await house.bench.tell("sink/demo", scripts=[{"answer": 301, "times": 1}])
    await house.script("refuse")
    await house.authorise()
    await house.come_to_rest(timedelta(hours=12))
    ids = [one["id"] for one in await house.told()]
    assert len(ids) == len(set(ids)) + 1
    assert not await house.told("elsewhere")
    await house.judge()


@by_rest
async def test_f52_throttled(house: House) -> None:
    """429 with Retry-After: not before that."""
    await house.bench.tell("sink/demo", scripts=[{"answer": 429, "times": 1, "retry_after": 900}])
    await house.script("refuse")
    await house.authorise()
    await house.come_to_rest(timedelta(hours=12))
    told = await house.told()
    throttled = next(one for one in told if one["answered"] == 429)
    tries = [datetime.fromisoformat(one["at"]) for one in told if one["id"] == throttled["id"]]
    assert len(tries) == 2
    assert tries[1] - tries[0] >= timedelta(seconds=899)
    await house.judge()


@by_rest
async def test_f52_back_again(house: House) -> None:
    """An endpoint that was off is turned on again and told what it missed, under the ids that everything had."""
    shop = house.settled
    await house.bench.tell("sink/demo", scripts=[{"answer": 410, "times": 1}])
    began = house.clock()
    await house.booked()
    off = await endpoint(house)
    (dead, *_) = await shop.reading(lambda tx: tx.deliveries.those(state="dead"))
    for again in (
        lambda tx: asking.send_again(tx, dead.id),
        lambda tx: asking.replay(tx, off.id, began, house.clock()),
    ):
        with pytest.raises(Conflict):  # it would only be given up once more
            async with house.gw.store.transaction(shop.exporter) as tx:
                await again(tx)
    async with house.gw.store.transaction(shop.exporter) as tx:
        await asking.enable_endpoint(tx, off.id)
    everything = {row.id for row in await shop.reading(lambda tx: tx.notices.those())}
    for _ in range(2):  # what it missed; then all of it once more
        async with house.gw.store.transaction(shop.exporter) as tx:
            assert await asking.replay(tx, off.id, began, house.clock() + timedelta(seconds=1)) == len(everything)
        before = len(await house.told())
        await house.come_to_rest()
        heard = (await house.told())[before:]
        assert sorted(one["id"] for one in heard) == sorted(everything)
    assert (await endpoint(house)).enabled
    await house.judge()


@by_rest
async def test_what_is_too_much_to_tell_again_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.booked()
    monkeypatch.setattr(asking, "MOST", 1)
    off = await endpoint(house)
    with pytest.raises(Conflict, match="shorter span"):
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            await asking.replay(tx, off.id, house.clock() - timedelta(days=1), house.clock())
