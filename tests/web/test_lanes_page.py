"""Who spends which quota, for people; and a shipment that somebody wants to know about now."""

import re
from datetime import timedelta

import pytest

from gateway import commands
from schemas.errors import Throttled
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.web.browser import Browser
from tests.web.doors import House, a_return


async def spent(house: House) -> None:
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        account = (await tx.accounts.listed())[0]
    lane = house.gw.lanes.of(account.lane, commands.registry.carrier(account.carrier).profile.pace)
    for _ in range(3):
        async with lane.passage("track"):
            pass
    lane.heard(Throttled("slow down", retry_after=600))
    await house.gw.spending.tell()


@pytest.mark.parametrize(("language", "title"), [("en", "Who spends which quota"), ("zh", "配额由谁使用")])
async def test_the_page_tells_pace_verbs_and_until_when_it_is_closed(
    inside: Browser, house: House, language: str, title: str
) -> None:
    await spent(house)
    page = await (await inside.get(f"/console/lanes?lang={language}")).text()
    assert title in page
    assert {"en": "track 3", "zh": "跟踪 3"}[language] in page
    until = {"en": "closed until", "zh": "关闭至"}[language]
    minutes = re.search(rf"{until} \d{{4}}-\d\d-\d\d \d\d:(\d\d)", page)
    assert minutes
    assert minutes[1] in {(house.clock.now + timedelta(seconds=after)).strftime("%M") for after in (595, 600)}


async def test_the_doctor_tells_it_too(house: House) -> None:
    await spent(house)
    told = commands._lane_told((await commands._lanes(house.gw))[0])
    assert told["used today"] == 3
    assert told["by"] == {"track": 3}
    assert told["closed until"]


async def test_a_person_has_a_carrier_asked_as_soon_as_the_lane_allows(inside: Browser, house: House) -> None:
    made = await house.mine.post("/v1/bookings", a_return(), 202)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        later = tx.now + timedelta(hours=4)
        await tx.shipments.set(made["id"], state="booked", status="in_transit", waybill="SBX1")
        shipment = await tx.shipments.get(made["id"])
        await tx.looks.begin(shipment, waybill="SBX1", state="booked", poll_at=later)
    page = f"/console/returns/{made['return_id']}"
    token = await inside.token(page)
    answer = await inside.post(f"/console/bookings/{made['id']}/refresh", {"csrf": token})
    assert (answer.status, answer.headers["Location"]) == (303, page)
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        look = await tx.looks.find(made["id"])
        account = await tx.accounts.get(shipment.account_id)
    assert look
    assert look.poll_at == house.clock.now
    assert account.due_at == house.clock.now
    refused = await inside.post(f"/console/bookings/{made['id']}/refresh", {"csrf": "x"})
    assert refused.status == 403


@pytest.mark.parametrize(("language", "title"), [("en", "Codes in no table"), ("zh", "未收录的代码")])
async def test_codes_that_no_adapter_knows_are_work_for_its_keeper(
    inside: Browser, house: House, language: str, title: str
) -> None:
    assert title not in await (await inside.get(f"/console/adapters?lang={language}")).text()
    said = {
        "waybill": Waybill("SBX1"),
        "status": TrackingStatus.UNKNOWN,
        "zone": ZoneSource.ASSUMED,
        "occurred_at": None,
    }
    strange = [TrackingEvent(**said, wire_code=code, wire_text="<Zoll>") for code in ("ZX", "ZX", "ZY")]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.events.count_unknown("sandbox_rest", strange)
    page = await (await inside.get(f"/console/adapters?lang={language}")).text()
    assert title in page
    assert re.search(r"<code>ZX</code>.*?&lt;Zoll&gt;.*?<td[^>]*>2</td>.*<code>ZY</code>", page, re.DOTALL)
    found = {one["what"]: one["found"] for one in (await commands.doctor(house.gw.settings))["checks"]}
    assert found["codes in no table"] == {"sandbox_rest": 2}


CONTRACT = {
    "carrier": "sandbox_rest",
    "name": "north",
    "credentials": {"client_id": "c", "client_secret": "s"},
    "lane": "contract-7",
    "pace": {"per_second": 0.5, "daily": 250},
}


async def test_accounts_under_one_contract_share_its_pace_and_quota(inside: Browser, house: House) -> None:
    usual = commands.registry.carrier("sandbox_rest").profile.pace
    one = await house.mine.post("/v1/accounts", CONTRACT, 201)
    another = await house.mine.post("/v1/accounts", {**CONTRACT, "name": "south", "pace": None}, 201)
    alone = await house.mine.post("/v1/accounts", {**CONTRACT, "name": "own", "lane": None, "pace": None}, 201)
    agreed = {"per_second": 0.5, "concurrency": usual.concurrency, "daily": 250}
    assert (one["pace"], one["lane"]) == (another["pace"], another["lane"]) == (agreed, "contract-7")
    assert (alone["lane"], alone["pace"]["per_second"]) == (alone["id"], usual.per_second)
    assert await house.mine.get(f"/v1/accounts/{one['id']}") == one
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        lanes = [house.gw.lane_of(await tx.accounts.get(made["id"])) for made in (one, another, alone)]
    assert lanes[0] is lanes[1] is not lanes[2]
    assert (lanes[0].pace.per_second, lanes[0].pace.daily) == (0.5, 250)
    told = next(lane for lane in await commands._lanes(house.gw) if lane.name == "south")
    assert commands._lane_told(told)["pace"] == f"0.5/s, {usual.concurrency} at once"
    page = await (await inside.get("/console/lanes")).text()
    assert "0 of 250" in page
    assert "contract-7" in page
    assert f"{house.mine.exporter_id}:" not in page


async def test_a_lane_is_the_exporters_own_and_says_one_thing(house: House) -> None:
    await house.mine.post("/v1/accounts", CONTRACT, 201)
    for wrong, field in (({"pace": {"daily": 9}}, "/pace"), ({"zone": "Europe/Paris"}, "/lane")):
        refused = await house.mine.post("/v1/accounts", {**CONTRACT, **wrong}, 422)
        assert [one["pointer"] for one in refused["errors"]] == [field]
    for wrong in ({"lane": "a:b"}, {"pace": {"per_second": 0}}, {"pace": {"daily": 0}}, {"pace": {"weekly": 1}}):
        await house.mine.post("/v1/accounts", {**CONTRACT, **wrong}, 422)
    theirs = await house.theirs.post("/v1/accounts", {**CONTRACT, "pace": {"daily": 9}}, 201)
    assert theirs["pace"]["daily"] == 9
