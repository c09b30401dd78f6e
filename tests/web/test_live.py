"""Live updates, on both stores: what happens is told at once, and nothing is lost between two streams."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientResponse
from redis.asyncio import Redis

from gateway.live import CHANNEL, Live
from gateway.web import live
from tests.house.waiting import eventually
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, Api, House, a_return

pytestmark = ON_BOTH


async def stream(house: House, api: Api, return_id: str, **headers: str) -> ClientResponse:
    asked = {"Authorization": f"Bearer {api.key}", **headers}
    return await house.client.get(f"/v1/returns/{return_id}/events", headers=asked)


async def next_event(answer: ClientResponse) -> tuple[str, Any]:
    """The next event's id and data; comments are passed over."""
    told: dict[str, str] = {}
    async with asyncio.timeout(20):
        while True:
            line = (await answer.content.readline()).decode().rstrip("\n")
            if not line and told:
                assert told["event"] == "change"
                return told["id"], json.loads(told["data"])
            name, colon, value = line.partition(": ")
            if name and colon:
                told[name] = value


async def say(house: House, return_id: str, *words: str) -> None:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        for word in words:
            tx.note(word, return_id, chain=return_id)


async def test_a_change_is_told_and_a_new_stream_goes_on_where_the_last_one_stopped(house: House) -> None:
    return_id = (await house.mine.post("/v1/bookings", a_return(), 202))["return_id"]
    answer = await stream(house, house.mine, return_id)
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert await answer.content.readline() == b": listening\n"
    await say(house, return_id, "first")
    last, told = await next_event(answer)
    assert (told["kind"], told["subject_id"]) == ("first", return_id)
    answer.close()
    await say(house, return_id, "second", "third")  # nobody listens now
    again = await stream(house, house.mine, return_id, **{"Last-Event-ID": last})
    assert [(await next_event(again))[1]["kind"] for _ in range(2)] == ["second", "third"]
    again.close()


async def test_nobody_hears_of_anothers_return(house: House) -> None:
    return_id = (await house.mine.post("/v1/bookings", a_return(), 202))["return_id"]
    assert (await stream(house, house.theirs, return_id)).status == 404
    assert (await stream(house, await house.key("tracking"), return_id)).status == 403
    assert (await stream(house, house.mine, "ret_nonsense")).status == 404
    assert (await house.client.get(f"/v1/returns/{return_id}/events")).status == 401


async def test_a_key_has_so_many_streams_and_gives_them_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AT_ONCE", 1)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    return_id = (await house.mine.post("/v1/bookings", a_return(), 202))["return_id"]
    first = await stream(house, house.mine, return_id)
    refused = await stream(house, house.mine, return_id)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert await first.content.readline() == b": listening\n"
    assert await first.content.readline() == b"\n"
    assert await first.content.readline() == b": still here\n"
    first.close()

    async def free_again() -> bool:
        answer = await stream(house, house.mine, return_id)
        answer.close()
        return answer.status == 200

    await eventually(free_again, within=10)


async def test_the_page_of_a_return_listens_from_where_it_was_drawn(house: House) -> None:
    return_id = (await house.mine.post("/v1/bookings", a_return(), 202))["return_id"]
    browser = Browser(house)
    await browser.sign_in()
    page = await (await browser.get(f"/console/returns/{return_id}")).text()
    address = page.partition('data-live="')[2].partition('"')[0]
    await say(house, return_id, "since.then")
    answer = await browser.get(address)
    assert (await next_event(answer))[1]["kind"] == "since.then"
    answer.close()
    script = await browser.get("/static/live.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    await browser.session.close()


async def test_other_machines_hear_it_over_redis(valkey_url: str) -> None:
    here, there = Live(valkey_url), Live(valkey_url)
    try:
        with there.listening("ret_1") as stirred, there.listening("ret_2") as other:

            async def heard() -> bool:
                here.tell({"ret_1"})
                return stirred.is_set()

            await eventually(heard, within=10)
            assert not other.is_set()
    finally:
        await here.close()
        await there.close()


async def test_a_redis_that_hangs_costs_one_connection_however_much_changes() -> None:
    """Each change would wait a second on a connection of its own, until none is left for anything else."""
    lines: list[asyncio.StreamWriter] = []

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        await reader.read()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as silent:
        here = Live(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        for number in range(50):
            here.tell({f"ret_{number}"})
            await asyncio.sleep(0.002)
        assert len(lines) == 1
        await here.close()
        for line in lines:
            line.close()


async def test_what_is_no_nudge_of_ours_is_passed_over(valkey_url: str) -> None:
    there, client = Live(valkey_url), Redis.from_url(valkey_url)
    here = Live(valkey_url)
    with there.listening("ret_1") as stirred:

        async def is_there() -> bool:
            return bool(await client.publish(CHANNEL, "no list") and await client.publish(CHANNEL, "7"))

        async def heard() -> bool:
            here.tell({"ret_1"})
            return stirred.is_set()

        await eventually(is_there)
        await eventually(heard)
    for one in (here, there):
        await one.close()
    await client.aclose()
