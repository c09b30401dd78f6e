"""What the doors ask of the store, on SQLite and on PostgreSQL; and one key between two processes."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.config import Settings
from gateway.core import open_gateway
from gateway.store import tables
from gateway.web.app import SERVER, build_app
from gateway.web.console.queues import QUEUES
from gateway.web.routes import ROUTES
from tests.house.rows import add_row
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, Api, House, a_return
from tests.web.test_access import furnish, place

pytestmark = ON_BOTH


async def test_every_reading_route_and_page_is_served(house: House) -> None:
    ids = await furnish(house)
    for route in ROUTES:
        if route.method == "GET":
            answer = await house.mine.ask("GET", place(route, ids))
            assert answer.status == 200, f"{route.path}: {await answer.text()}"
    browser = Browser(house)
    await browser.sign_in()
    pages = [
        "/console",
        "/console/returns",
        f"/console/returns/{ids['ret']}",
        *(f"/console/queues/{q}" for q in QUEUES),
    ]
    for page in pages:
        assert (await browser.get(page)).status == 200, page
    await browser.session.close()


async def test_strange_numbers_find_nothing(house: House) -> None:
    await house.mine.post("/v1/returns", a_return(), 201)
    for text in ("' OR 1=1--", "%", "_", "x" * 2048, "\ufffd", "💥"):
        assert (await house.mine.get("/v1/returns", params={"q": text}))["data"] == []
    for path in ("%00", "%ed%a0%80", "%F0%9F%92%A5", "ret_" + "x" * 300):
        await house.mine.get(f"/v1/returns/{path}", 404)
        await house.mine.get(f"/v1/trackings/{path}", 404)


async def test_a_reference_of_ours_names_its_own_shipment(house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        for waybill, ours in (("W-1", "HW012345678901-011"), ("W-2", "HW012345678901-022")):
            its = {"waybill": waybill, "client_ref": ours, "carrier": "sandbox_rest", "state": "booked"}
            await add_row(tx, tables.shipments, return_id=made["id"], **its)
            await tx.returns.known_as(made["id"], [("client_ref", ours), ("waybill", waybill)])
    for number in ("HW012345678901-022", "hw012345678901022", "w 2"):
        assert [one["waybill"] for one in (await house.mine.get(f"/v1/trackings/{number}"))["data"]] == ["W-2"]


async def test_pages_go_on_where_they_stopped(house: House) -> None:
    made = {(await house.mine.post("/v1/returns", a_return(), 201))["id"] for _ in range(3)}
    first = await house.mine.get("/v1/returns?limit=2")
    second = await house.mine.get(f"/v1/returns?limit=2&cursor={first['next']}")
    assert {row["id"] for row in first["data"] + second["data"]} == made


@pytest.mark.parametrize("profile", ["postgresql"], indirect=False)
async def test_two_processes_asked_at_once_under_one_key_do_it_once(
    house: House, settings: Settings, profile: str
) -> None:
    async with open_gateway(house.gw.settings, clock=house.clock) as second:
        server = TestServer(build_app(second))
        await server.start_server(**SERVER)
        async with TestClient(server) as client:
            there = Api(client, house.mine.key, house.mine.exporter_id)
            asked = [
                api.ask("POST", "/v1/bookings", json=a_return(), idempotent=f"k-{n}")
                for n in range(10)
                for api in (house.mine, there)
            ]
            answers = await asyncio.gather(*asked)
            for n in range(10):
                bodies = {await answer.read() for answer in answers[2 * n : 2 * n + 2]}
                assert len(bodies) == 1
            assert {answer.status for answer in answers} == {202}
    assert len((await house.mine.get("/v1/returns"))["data"]) == 10
