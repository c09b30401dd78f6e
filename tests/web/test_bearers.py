"""Who bears what, at the doors: rules as versions, what bills post by them, the statement and the page of a return."""

from typing import Any

from schemas.returns import ReturnItem
from tests.house.billing import AGREED, bill, book, freight, take_in
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH
AN_ITEM = ReturnItem(line_id="1", quantity=1)
ELSEWHERE = {
    "valid_from": "2026-03-01",
    "rules": [
        {"bearer": "platform", "charges": ["FUEL"], "note": "their campaign"},
        {"bearer": "returner", "reasons": ["unwanted"]},
    ],
}


async def billed(house: House, number: str = "B1", waybill: str = "SBX1") -> str:
    """A bill of freight and fuel just as agreed; the return's id."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        return_id = await book(tx, waybill, AGREED)
    rows = [freight(waybill), freight(waybill, "1.50", "FSC")]
    await take_in(house.gw, house.mine.exporter_id, bill(number, rows))
    return return_id


async def total(house: House) -> dict[str, Any]:
    told = await house.mine.get("/v1/statements/2026-03")
    assert told["holds"] is True
    (one,) = told["totals"]
    others = {(each["bearer"], each["duty"]): each["money"]["amount"] for each in one["others"]}
    return {"allocated": one["allocated"]["amount"], **{str(key): value for key, value in others.items()}}


async def test_without_rules_the_exporter_bears_everything(house: House) -> None:
    await billed(house)
    assert await total(house) == {"allocated": "11.50"}
    assert (await house.mine.get("/v1/bearers"))["data"] == []


async def test_bills_are_borne_by_the_version_that_counts_on_their_day(house: House) -> None:
    made = await house.mine.post("/v1/bearers", ELSEWHERE, 201)
    again = await house.mine.post("/v1/bearers", ELSEWHERE, 201)
    assert (made["version"], again["id"]) == (1, made["id"])
    later = await house.mine.post("/v1/bearers", {"valid_from": "2026-04-01", "rules": []}, 201)
    assert later["version"] == 2
    await billed(house)
    assert await total(house) == {"allocated": "10.00", "('platform', False)": "1.50"}
    assert (await house.theirs.get("/v1/bearers"))["data"] == []


async def test_what_is_withdrawn_from_a_dispute_is_borne_by_the_same_rules(house: House) -> None:
    await house.mine.post("/v1/bearers", {**ELSEWHERE, "rules": [{"bearer": "carrier"}]}, 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await book(tx, "SBX1", AGREED)
    await take_in(house.gw, house.mine.exporter_id, bill("B1", [freight("SBX1", "15.00")]))
    (dispute,) = (await house.mine.get("/v1/disputes"))["data"]
    await house.mine.post(f"/v1/disputes/{dispute['id']}/withdraw", {"reason": "they are right"})
    assert await total(house) == {"allocated": "0.00", "('carrier', False)": "15.00"}


async def test_the_terms_and_the_channel_say_it(house: House) -> None:
    terms = {"name": "t", "seller": "s", "buyer": "b", "valid_from": "2026-01-01", "zone": "UTC"}
    costs = [{"cost": "freight", "bearer": "buyer"}]
    agreed = await house.mine.post("/v1/terms", {**terms, "costs": costs}, 201)
    rules = [{"bearer": "platform", "charges": ["FUEL"], "channels": [house.channel_id]}, {"by": "terms"}]
    await house.mine.post("/v1/bearers", {"valid_from": "2026-01-01", "rules": rules}, 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        return_id = await book(tx, "SBX1", AGREED, channel_id=house.channel_id, account_id=house.account_id)
        row = await tx.returns.get(return_id)
        said = row.authorization.model_copy(update={"items": (AN_ITEM,)})
        await tx.returns.set(return_id, authorization=said, terms_id=agreed["id"])
    rows = [freight("SBX1"), freight("SBX1", "1.50", "FSC")]
    await take_in(house.gw, house.mine.exporter_id, bill("B1", rows))
    assert await total(house) == {
        "allocated": "0.00",
        "('platform', False)": "1.50",
        "('returner', False)": "10.00",
    }


async def test_what_is_no_rule_is_refused(house: House) -> None:
    for rules, code in (
        ([{"bearer": "nobody"}], "choice"),
        ([{}], "format"),
        ([{"bearer": "carrier", "channels": [f"chn_{'0' * 26}"]}], "data_invalid"),
    ):
        said = await house.mine.post("/v1/bearers", {"valid_from": "2026-03-01", "rules": rules}, 422)
        assert [one["code"] for one in said["errors"]] == [code]


async def test_the_console_puts_a_rule_first_and_takes_one_away(inside: Browser, house: House) -> None:
    csrf = await inside.token("/console/bearers")
    first = {"csrf": csrf, "bearer": "platform", "charges": "FUEL", "valid_from": "2026-03-01"}
    assert (await inside.post("/console/bearers", first)).status == 303
    second = {**first, "bearer": "terms", "charges": "", "reasons": "damaged", "keep": "0"}
    assert (await inside.post("/console/bearers", second)).status == 303
    newest = max((await house.mine.get("/v1/bearers"))["data"], key=lambda one: one["version"])
    assert [(rule["by"], rule["bearer"], rule["charges"], rule["reasons"]) for rule in newest["rules"]] == [
        ("terms", None, [], ["damaged"]),
        ("rule", "platform", ["FUEL"], []),
    ]
    assert (
        await inside.post("/console/bearers", {"csrf": csrf, "keep": "1", "valid_from": "2026-03-01"})
    ).status == 303
    for language, words in (
        ("en", ("Platform: Fuel", "As the sales terms say")),
        ("zh", ("平台: 燃油附加费", "按销售条款")),
    ):
        page = await (await inside.get(f"/console/bearers?lang={language}")).text()
        for said in words:
            assert said in page
    made = await house.mine.post("/v1/returns", a_return(), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        shipment = {"return_id": made["id"], "shipment_id": made["shipments"][0]["id"]}
        await tx.shipments.set(shipment["shipment_id"], state="booked", waybill="SBX1")
        await tx.returns.known_as(made["id"], [("waybill", "SBX1")])
        fuel = {"type": "FUEL", "minor": 150, "currency": "EUR", "basis": "booking", "created_at": tx.now}
        await tx.accruals.add(**shipment, **fuel)
    await take_in(house.gw, house.mine.exporter_id, bill("B1", [freight("SBX1", "1.50", "FSC")]))
    page = await (await inside.get(f"/console/returns/{made['id']}?lang=zh")).text()
    assert "平台: 1.50 EUR" in page
    assert (await inside.post("/console/bearers", {**first, "bearer": "nobody"})).status == 422
    assert (await inside.post("/console/bearers", {**first, "keep": "x"})).status == 422
