"""How often one may call: bad-inputs.md B67. Who is let in is told what is left, and who is too quick how long to wait."""

import time

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.journeys import settling_in
from gateway.web.allowance import REDIS_AWAY_SECONDS, Allowance
from gateway.web.app import build_app
from gateway.web.state import DOORS
from tests.house import servers
from tests.web.browser import Browser
from tests.web.doors import House, OpenHouse
from tests.web.test_hooks import BODY, send, signed

SELLER = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
HINT = (
    b"<Event><NotificationEvent><NotificationEventName>ReturnCreated</NotificationEventName>"
    b"<ReturnId>%d</ReturnId></NotificationEvent></Event>"
)


async def test_b67_more_calls_than_allowed(open_house: OpenHouse) -> None:
    house = await open_house(calls_per_minute=3)
    for left in (2, 1, 0):
        answer = await house.mine.ask("GET", "/v1/returns")
        assert answer.status == 200
        assert answer.headers["RateLimit-Policy"] == '"calls";q=3;w=60'
        assert answer.headers["RateLimit"] == f'"calls";r={left};t={20 * (3 - left)}'
    refused = await house.mine.ask("POST", "/v1/returns", data=b"not read", headers={"Accept-Language": "zh"})
    said = await refused.json(content_type=None)
    assert (refused.status, said["type"].rpartition("/")[2], said["title"]) == (429, "rate-limited", "请求过于频繁")
    assert refused.headers["Retry-After"] == "20"
    assert refused.headers["RateLimit"] == '"calls";r=0;t=20'
    assert (await house.mine.ask("GET", f"/v1/returns/ret_{'0' * 26}/events")).status == 429
    await house.theirs.get("/v1/returns")  # another key has its own


async def test_b67_what_is_wrong_with_a_call_counts_too_and_is_told_with_what_is_left(open_house: OpenHouse) -> None:
    house = await open_house(calls_per_minute=2)
    answer = await house.mine.ask("GET", f"/v1/returns/ret_{'0' * 26}")
    assert (answer.status, answer.headers["RateLimit"]) == (404, '"calls";r=1;t=30')


async def test_b67_the_console_has_its_keys_calls(open_house: OpenHouse) -> None:
    browser = Browser(await open_house(calls_per_minute=2))
    await browser.sign_in()
    assert [(await browser.get("/console")).status for _ in range(3)] == [200, 200, 429]
    assert "Too many requests" in await (await browser.get("/console")).text()
    await browser.session.close()


async def test_who_is_turned_away_too_often_waits_and_who_has_a_key_or_signature_never(open_house: OpenHouse) -> None:
    house = await open_house(refusals_per_minute=3)
    wrong = {"Authorization": "Bearer hw_wrong"}
    statuses = [(await house.client.get("/v1/returns", headers=wrong)).status for _ in range(2)]
    statuses += [(await send(house, BODY, signed(BODY) | {"webhook-signature": "v1,AAAA"}))[0] for _ in range(2)]
    assert statuses == [401, 401, 401, 429]
    later = await house.client.get("/v1/returns", headers=wrong)
    assert (later.status, later.headers["Retry-After"]) == (429, "20")
    await house.mine.get("/v1/returns")
    for number in range(5):
        assert (await send(house, BODY, signed(BODY, name=f"msg_{number}")))[0] == 200


async def test_a_source_that_does_not_sign_brings_so_many_and_others_are_not_held_up(open_house: OpenHouse) -> None:
    house = await open_house(hints_per_minute=2)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        shops = [await settling_in.add_source(house.gw, tx, "ebay", name, SELLER) for name in ("one", "other")]
    told = []
    for number, shop in enumerate([0, 0, 0, 1]):
        answer = await house.client.post(f"/hooks/platforms/ebay/{shops[shop]}", data=HINT % number)
        told.append((answer.status, answer.headers.get("Retry-After")))
    assert told == [(200, None), (200, None), (429, "30"), (200, None)]
    assert len((await house.mine.get("/v1/messages"))["data"]) == 3
    assert (await send(house, BODY, signed(BODY)))[0] == 200


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("203.0.113.7", "198.51.100.1", 0, "203.0.113.7"),  # anybody may say so
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", 1, "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7", 2, "10.0.0.1"),
        ("10.0.0.1", "", 1, "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "", 0, "203.0.113.7"),
        ("10.0.0.1", "x" * 100, 1, "x" * 64),
    ],
)
def test_whose_address_it_is(remote: str, forwarded: str, proxies: int, address: str) -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded}).clone(remote=remote)
    assert Allowance(1, 1, 1, proxies=proxies).address_of(request) == address


async def test_processes_share_a_keys_calls_by_redis_and_each_counts_alone_while_it_is_away() -> None:
    with servers.own_valkey() as valkey:
        one, other = [Allowance(3, 1, 1, redis=valkey.connection_url) for _ in range(2)]
        assert [(await each.call("k")).left for each in (one, other, one)] == [2, 1, 0]
        assert 19 < (await other.call("k")).wait <= 20
        assert (await other.call("another")).left == 2
    assert [(await one.call("k")).left for _ in range(3)] == [2, 1, 0]
    assert (await one.call("k")).wait > 0
    assert one._away_until <= time.monotonic() + REDIS_AWAY_SECONDS
    for each in (one, other):
        await each.close()


async def test_a_caller_of_no_address_is_counted_too(open_house: OpenHouse) -> None:
    house = await open_house(refusals_per_minute=1, proxies=1)
    nobody = {"X-Forwarded-For": ""}
    assert [(await house.client.get("/v1/returns", headers=nobody)).status for _ in range(2)] == [401, 429]


async def test_a_call_costs_next_to_nothing(house: House) -> None:
    """In memory nothing is awaited: the call ends at its first step."""
    taking = build_app(house.gw)[DOORS].allowance.call("k")
    with pytest.raises(StopIteration) as ended:
        taking.send(None)
    assert ended.value.value.left == house.gw.settings.calls_per_minute - 1
