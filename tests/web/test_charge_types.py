"""Unknown charges at the doors: counted, decided once, by API and console; nobody else's are touched."""

import re
from html import unescape
from typing import Any

import pytest

from gateway import worker
from gateway.store.work import Job
from tests.house.billing import AGREED, bill, book, freight, take_in
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House

pytestmark = ON_BOTH
ISLAND = {"carrier": "sandbox", "code": "ZZ9", "type": "FUEL"}


@pytest.fixture
async def held(house: House) -> str:
    """A bill with two lines of a code that no table knows; its id."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        for waybill in ("SBX1", "SBX2"):
            await book(tx, waybill, AGREED)
    rows = [freight("SBX1", "1.50", "ZZ9", text="Island"), freight("SBX2", "1.00", "ZZ9", text="Island")]
    return (await take_in(house.gw, house.mine.exporter_id, bill("B1", rows))).invoice_ids[0]


async def judged(house: House, invoice_id: str) -> list[tuple[str, str]]:
    """What the lines of a bill are, once its job has run."""
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        turn = (await tx.invoices.get(invoice_id)).turn
    await worker.run(house.gw, Job("reconcile", invoice_id, house.mine.exporter_id, turn))
    lines = (await house.mine.get(f"/v1/invoices/{invoice_id}"))["lines"]
    return [(line["type"], line["state"]) for line in lines]


async def test_what_waits_is_counted_and_one_decision_settles_it(house: House, held: str) -> None:
    (one,) = (await house.mine.get("/v1/charge-types:waiting"))["data"]
    assert (one["code"], one["text"], one["lines"], one["total"]["amount"]) == ("ZZ9", "Island", 2, "2.50")
    assert (await house.theirs.get("/v1/charge-types:waiting"))["data"] == []
    await house.theirs.post("/v1/charge-types", ISLAND, 201)
    assert await judged(house, held) == [("UNKNOWN", "held")] * 2
    made = await house.mine.post("/v1/charge-types", {**ISLAND, "reason": "their letter"}, 201)
    assert (made["version"], made["code"], made["reason"]) == (1, "ZZ9", "their letter")
    assert await judged(house, held) == [("FUEL", "matched")] * 2
    assert (await house.mine.get("/v1/charge-types:waiting"))["data"] == []
    later = await house.mine.post("/v1/charge-types", {**ISLAND, "type": "PICKUP", "valid_from": "2026-05-01"}, 201)
    assert {row["id"] for row in (await house.mine.get("/v1/charge-types"))["data"]} == {later["id"], made["id"]}
    assert later["version"] == 2


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"code": None}, "/code", "required"),
        ({"text": "Island"}, "/text", "repeated"),
        ({"type": "UNKNOWN"}, "/type", "choice"),
        ({"type": "ISLAND"}, "/type", "choice"),
        ({"valid_from": "1.5.2026"}, "/valid_from", "format"),
    ],
)
async def test_what_is_no_decision_is_named(house: House, changed: dict[str, Any], pointer: str, code: str) -> None:
    answer = await house.mine.post("/v1/charge-types", {**ISLAND, **changed}, 422)
    assert [(one["pointer"], one["code"]) for one in answer["errors"]] == [(pointer, code)]
    assert (await house.mine.get("/v1/charge-types"))["data"] == []


async def test_the_console_lists_and_decides(inside: Browser, house: House, held: str) -> None:
    for language, said in (("en", "Waiting for a decision"), ("zh", "等待确认")):
        page = await (await inside.get(f"/console/charge-types?lang={language}")).text()
        assert said in page
        assert "2.50 EUR" in page
    found = re.search(r'name="charge" value="([^"]+)"', page)
    assert found
    form = {"csrf": await inside.token("/console/charge-types"), "charge": unescape(found[1])}
    assert (await inside.post("/console/charge-types", {**form, "type": "UNKNOWN"})).status == 422
    assert (await inside.post("/console/charge-types", {**form, "charge": "[]", "type": "FUEL"})).status == 422
    answer = await inside.post("/console/charge-types", {**form, "type": "FUEL", "valid_from": "", "reason": "so"})
    assert (answer.status, answer.headers["Location"]) == (303, "/console/charge-types")
    assert await judged(house, held) == [("FUEL", "matched")] * 2
    page = await (await inside.get("/console/charge-types?lang=zh")).text()
    assert "燃油附加费" in page
    assert "没有不明费用" in page
