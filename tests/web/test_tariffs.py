"""Tariffs at the doors: kept as versions, tried on a shipment, wrong by row and column; and what the dry run makes of it."""

from typing import Any

import aiohttp
import pytest

from tests.house.tariffs import TARIFF
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, RETURNER, House, a_return

pytestmark = ON_BOTH
SAMPLE = "service=RETURN&origin=FR%2020137&destination=CN&kg=1.2&value=120.00%20EUR&ship_on=2026-03-09"
BROKEN = TARIFF.replace(b"percent: 15", b"percent: lots")


async def put(house: House, content: bytes = TARIFF, status: int = 201, account: str | None = None) -> Any:
    path = f"/v1/tariffs?account_id={account or house.account_id}"
    return await house.mine._json(await house.mine.ask("POST", path, data=content), status)


async def test_a_file_is_kept_as_a_version_once(house: House) -> None:
    first = await put(house)
    assert (first["version"], first["valid_from"], first["tariff"]["currency"]) == (1, "2026-01-01", "EUR")
    assert (await put(house))["id"] == first["id"]
    second = await put(house, TARIFF.replace(b"1: 10.00", b"1: 10.50"))
    assert second["version"] == 2
    assert {row["id"] for row in (await house.mine.get("/v1/tariffs"))["data"]} == {second["id"], first["id"]}
    assert (await house.mine.get(f"/v1/tariffs/{first['id']}"))["tariff"]["freight"][0]["prices"][0]["price"] == "10.00"
    assert (await house.theirs.get("/v1/tariffs"))["data"] == []
    await house.theirs.get(f"/v1/tariffs/{first['id']}", 404)
    await house.theirs._json(
        await house.theirs.ask("POST", f"/v1/tariffs?account_id={house.account_id}", data=TARIFF), 404
    )


async def test_a_file_that_is_wrong_is_told_by_row_and_column(house: House) -> None:
    said = await put(house, BROKEN, 422)
    (one,) = said["errors"]
    assert (one["pointer"], one["code"]) == ("/fuel/1/percent", "file_line")
    assert "row 12, column 36" in one["detail"]
    assert (await house.mine.get("/v1/tariffs"))["data"] == []
    await house.mine._json(await house.mine.ask("POST", "/v1/tariffs", data=TARIFF), 422)


async def test_a_shipment_is_tried_and_nothing_is_written(house: House) -> None:
    said = await house.mine._json(await house.mine.ask("POST", f"/v1/tariffs:try?{SAMPLE}", data=TARIFF), 200)
    assert {one["type"]: one["money"]["amount"] for one in said["quote"]["charges"]} == {
        "FREIGHT": "14.00",
        "REMOTE_AREA": "12.00",
        "INSURANCE": "0.90",
        "FUEL": "3.90",
    }
    assert said["quote"]["total"] == {"amount": "30.80", "currency": "EUR"}
    none = SAMPLE.replace("RETURN", "AIR")
    said = await house.mine._json(await house.mine.ask("POST", f"/v1/tariffs:try?{none}", data=TARIFF), 200)
    assert (said["quote"], said["because"]) == (None, "no lane for AIR from FR to CN")
    assert (await house.mine.get("/v1/tariffs"))["data"] == []
    for wrong in ("service=RETURN", SAMPLE.replace("FR", "XX"), SAMPLE.replace("2026-03-09", "2026-02-30")):
        await house.mine._json(await house.mine.ask("POST", f"/v1/tariffs:try?{wrong}", data=TARIFF), 422)


async def test_the_dry_run_takes_the_tariff_where_the_carrier_gives_no_price(house: House) -> None:
    await put(house)
    price = (await house.mine.post("/v1/returns:validate", a_return()))["price"]  # nobody listens there
    assert (price["available"], price["source"], price["code"]) == (True, "tariff", "no_answer")
    assert price["total"] == {"amount": "11.95", "currency": "EUR"}  # 10.00, 15 % of it, and 0.45 of cover
    assert price["insurance"] == {"amount": "0.45", "currency": "EUR"}
    assert price["tariff"]["version"] == 1
    await put(house, TARIFF.replace(b"destination: CN", b"destination: DE"))
    price = (await house.mine.post("/v1/returns:validate", a_return()))["price"]
    assert (price["available"], price["source"], price["total"]) == (False, None, None)
    assert price["tariff"]["because"] == "no lane for RETURN from FR to CN"


async def test_of_channels_of_one_rank_the_cheaper_is_taken_and_it_is_said(house: House) -> None:
    credentials = {"client_id": "c", "client_secret": "s"}
    second = await house.mine.post(
        "/v1/accounts", {"carrier": "sandbox_rest", "name": "second", "credentials": credentials}, 201
    )
    channel = {"account_id": second["id"], "name": "Sea", "service": "RETURN", "consignee": RETURNER, "zone": "UTC"}
    consignee = {**RETURNER, "address": {**RETURNER["address"], "country": "CN", "postal_code": "315000"}}
    sea = await house.mine.post("/v1/channels", {**channel, "consignee": consignee, "rank": 0}, 201)
    await put(house)
    before = (await house.mine.post("/v1/returns:validate", a_return()))["considered"]
    assert [(one["name"], one["why"]) for one in before] == [("Ningbo", "chosen"), ("Sea", "behind")]
    await put(house, TARIFF.replace(b"1: 10.00", b"1: 9.00"), account=second["id"])
    said = await house.mine.post("/v1/returns:validate", a_return())
    assert {one["name"]: (one["why"], one["price"]["amount"]) for one in said["considered"]} == {
        "Ningbo": ("behind", "11.95"),
        "Sea": ("cheaper", "10.80"),
    }
    made = await house.mine.post("/v1/returns", a_return(), 201)  # planning takes the same way
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        assert (await tx.shipments.get(made["shipments"][0]["id"])).channel_id == sea["id"]


def form(house: House, csrf: str, content: bytes, **said: str) -> aiohttp.FormData:
    data = aiohttp.FormData({"csrf": csrf, "account_id": house.account_id, **said})
    data.add_field("file", content, filename="tariff.yaml", content_type="application/yaml")
    return data


@pytest.mark.parametrize(("language", "words"), [("en", "Total before tax"), ("zh", "税前合计")])
async def test_the_console_tries_and_keeps(inside: Browser, house: House, language: str, words: str) -> None:
    csrf = await inside.token(f"/console/tariffs?lang={language}")
    sample = {"service": "RETURN", "origin": "FR", "destination": "CN", "kg": "1", "ship_on": "2026-03-09"}
    tried = await inside.post("/console/tariffs/try", form(house, csrf, TARIFF, **sample))
    page = await tried.text()
    assert tried.status == 200, page
    assert words in page
    assert "11.50 EUR" in page
    wrong = await inside.post("/console/tariffs", form(house, csrf, BROKEN))
    assert wrong.status == 422
    assert "row 12, column 36" in await wrong.text()
    assert (await inside.post("/console/tariffs/try", form(house, csrf, BROKEN, **sample))).status == 422
    kept = await inside.post("/console/tariffs", form(house, csrf, TARIFF))
    assert kept.status == 303
    shown = await (await inside.get(kept.headers["Location"])).text()
    for said in ("sandbox", "2026-01-01", "14.00", "15 %", "20 %", "2.50"):
        assert said in shown
    assert kept.headers["Location"] in await (await inside.get("/console/tariffs")).text()
    assert (await inside.post("/console/tariffs", {"csrf": csrf})).status == 422
