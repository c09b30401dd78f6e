"""A carrier's standing by our own record, on both stores: told, decisive between equals, and never late for customs."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.rules.standing import ENOUGH
from schemas.customs_case import CustomsCase, CustomsFacts, Supervision
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, RETURNER, House, a_return
from tests.web.test_dry_run import ASK

pytestmark = ON_BOTH
DAY = timedelta(days=1)


async def second_channel(house: House, rank: int = 0) -> str:
    said = {"account_id": house.account_id, "name": "Sea", "service": "RETURN", "consignee": RETURNER}
    made = await house.mine.post("/v1/channels", said | {"zone": "Asia/Shanghai", "rank": rank}, 201)
    return str(made["id"])


async def did(house: House, channel_id: str, *, days: int, count: int = ENOUGH, **changed: Any) -> None:
    """Shipments of the past that took so many days each."""
    made = await house.mine.post("/v1/returns", a_return(), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        model = await tx.shipments.get(made["shipments"][0]["id"])
        for _ in range(count):
            await tx.shipments.add(
                return_id=made["id"],
                account_id=house.account_id,
                channel_id=channel_id,
                carrier="sandbox_rest",
                state="delivered",
                request=model.request,
                created_at=tx.now - 60 * DAY,
                booked_at=tx.now - 60 * DAY,
                handed_over_at=tx.now - 58 * DAY,
                delivered_at=tx.now - 58 * DAY + days * DAY,
                **{"status": "delivered"} | changed,
            )


async def considered(house: House, asked: dict[str, Any] | None = None) -> dict[str, str]:
    said = await house.mine.post(ASK, asked or a_return())
    return {one["name"]: one["why"] for one in said["considered"]}


async def test_it_is_counted_from_our_own_shipments(house: House, inside: Browser) -> None:
    assert (await house.mine.get("/v1/standing"))["data"] == []
    await did(house, house.channel_id, days=4, count=9)
    await did(house, house.channel_id, days=30, status="lost", count=1)
    (one,) = (await house.mine.get("/v1/standing"))["data"]
    assert (one["carrier"], one["booked"], one["lost"], one["enough"]) == ("sandbox_rest", 10, 1, False)
    assert (one["transit_days_p50"], one["transit_days_p90"]) == (4.0, 4.0)
    assert one["booked_to_delivered_days_p90"] == 6.0
    assert (one["handed_over_in_time"], one["billed_lines"], one["outcome_unknown"]) == (None, 0, 0)
    assert (await house.theirs.get("/v1/standing"))["data"] == []
    for language, words in (("en", "Carriers' standing"), ("zh", "承运商表现")):
        page = await (await inside.get(f"/console/lanes?lang={language}")).text()
        assert words in page.replace("&#39;", "'")
        assert "4.0 / 4.0" in page


async def test_it_decides_between_equals_and_nowhere_else(house: House) -> None:
    await second_channel(house)
    await did(house, house.channel_id, days=20)
    assert await considered(house) == {"Ningbo": "chosen", "Sea": "behind"}  # one record is no comparison
    (sea,) = [one for one in (await house.mine.get("/v1/channels"))["data"] if one["name"] == "Sea"]
    await did(house, sea["id"], days=3)
    assert await considered(house) == {"Ningbo": "behind", "Sea": "better_record"}
    said = await house.mine.post(ASK, a_return())
    assert {one["name"]: one["record"]["transit_days_p90"] for one in said["considered"]} == {"Ningbo": 20, "Sea": 3}
    made = await house.mine.post("/v1/returns", a_return(), 201)  # planning goes the same way
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        assert (await tx.shipments.get(made["shipments"][0]["id"])).channel_id == sea["id"]
        await tx.channels.set(sea["id"], rank=1)
    assert await considered(house) == {"Ningbo": "chosen", "Sea": "behind"}


@pytest.mark.parametrize(("left", "why"), [(10, "too_slow"), (40, "chosen")])
async def test_a_channel_that_would_miss_the_re_import_is_passed_over(house: House, left: int, why: str) -> None:
    await second_channel(house, rank=5)
    await did(house, house.channel_id, days=30)
    body = a_return()
    del body["returner"]  # so that nothing is planned yet
    made = await house.mine.post("/v1/returns", body, 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        row = await tx.returns.get(made["id"])
        # six months from the export end so many days from now
        exported = (tx.now + timedelta(days=left - 181)).date()
        facts = CustomsFacts(supervision=Supervision.RETAIL, declaration_number="3101", exported_on=exported)
        returner = (await tx.channels.get(house.channel_id)).consignee
        elsewhere = returner.model_copy(update={"address": returner.address.model_copy(update={"country": "FR"})})
        authorization = row.authorization.model_copy(update={"returner": elsewhere})
        case = CustomsCase(facts=facts, regime="cn_2026_16")
        await tx.returns.set(row.id, customs=case, authorization=authorization)
    found = await considered(house, {"return_id": made["id"]})
    assert found["Ningbo"] == why
    assert found["Sea"] == ("chosen" if why == "too_slow" else "behind")
