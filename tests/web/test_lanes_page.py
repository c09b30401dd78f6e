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
        look = await tx.looks.get(made["id"])
        account = await tx.accounts.get(shipment.account_id)
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
