"""The published return policy: for strangers, in both languages, kept by caches, and nothing in it that is not for all."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.journeys import planning
from gateway.rules.duties import Kind
from gateway.web.console import texts_en
from schemas.returns import ReturnAuthorization, ReturnStatus
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return
from tests.web.test_applying import TERMS, application

pytestmark = ON_BOTH
WORDED = TERMS | {"quality": {"reasons": ["defective"], "words": "Only what is broken <b>.", "clause": "7.2"}}


async def published(house: House, **changed: Any) -> str:
    await house.mine.post("/v1/terms", WORDED | {"public": True} | changed, 201)
    return f"/policies/{house.mine.exporter_id}"


async def test_it_says_who_may_and_who_must_and_not_who_bought(house: House) -> None:
    address = await published(house)
    answer = await house.client.get(f"{address}.json")
    told = await answer.json()
    assert (told["exporter"], [one["name"] for one in told["data"]]) == ("Silk Road", [TERMS["name"]])
    (one,) = told["data"]
    assert [(duty["side"], duty["kind"]) for duty in one["duties"]] == [
        ("buyer", "send_back"),
        ("buyer", "for_reasons"),
        ("seller", "take_back"),
        ("seller", "decide"),
        ("seller", "bear"),
    ]
    assert (one["duties"][0]["amount"], one["duties"][0]["unit"]) == (14, "calendar_days")
    pages = [await (await house.client.get(f"{address}?lang={language}")).text() for language in ("en", "zh")]
    for page in (*pages, await answer.text()):
        assert TERMS["buyer"] not in page.replace(TERMS["name"], "")
    assert "may send goods back within 14 calendar days, from the delivery" in pages[0]
    assert "可在 14 个自然日内退货，自签收起" in pages[1]
    assert all("Only what is broken &lt;b&gt;." in page for page in pages)


async def test_a_cache_may_keep_it_and_is_told_when_it_changes(house: House) -> None:
    address = await published(house)
    for path in (address, f"{address}.json"):
        answer = await house.client.get(path)
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert "Set-Cookie" not in answer.headers
        assert (await house.client.get(path, headers={"If-None-Match": answer.headers["ETag"]})).status == 304
    before = (await house.client.get(address)).headers["ETag"]
    assert (await house.client.get(f"{address}?lang=zh")).headers["ETag"] != before
    house.clock.forward(timedelta(seconds=1))
    await published(house, seller="Silk Road Ltd")
    answer = await house.client.get(address, headers={"If-None-Match": before})
    assert (answer.status, "Silk Road Ltd" in await answer.text()) == (200, True)


@pytest.mark.parametrize("why", ["nobody", "private", "taken back", "not yet valid", "over", "no form"])
async def test_what_is_not_published_is_not_there(house: House, why: str) -> None:
    address = f"/policies/{house.mine.exporter_id}"
    if why == "private":
        await house.mine.post("/v1/terms", TERMS, 201)
    elif why == "taken back":
        await published(house)
        await house.mine.post("/v1/terms", WORDED, 201)
    elif why == "not yet valid":
        await published(house, valid_from="2027-01-01")
    elif why == "over":
        await published(house, valid_until="2026-02-28")
    elif why == "no form":
        address = "/policies/exp_..%2f"
    for path in (address, f"{address}.json"):
        assert (await house.client.get(path)).status == 404


async def test_every_return_shows_what_holds_for_it(house: House, inside: Browser) -> None:
    plain = await house.mine.post("/v1/returns", a_return(), 201)
    page = f"/console/returns/{plain['id']}?lang=en"
    assert texts_en.TEXTS["no_terms_known"] in await (await inside.get(page)).text()
    await published(house)
    assert texts_en.TEXTS["no_terms_known"] in await (await inside.get(page)).text(), "nobody had published any"
    later = await house.mine.post("/v1/returns", a_return(), 201)
    shown = await (await inside.get(f"/console/returns/{later['id']}?lang=en")).text()
    assert "may send goods back within 14 calendar days" in shown
    assert "cannot tell (the terms have no such clause): Packaging" in shown
    made = await house.mine.post("/v1/applications", await application(house), 201)
    applied = await (await inside.get(f"/console/returns/{made['return_id']}?lang=zh")).text()
    assert "可退货原因： 有缺陷、破损" in applied  # its own terms, not the published ones


async def test_a_return_keeps_the_terms_that_held_when_it_was_asked_for(house: House) -> None:
    await published(house, valid_until="2026-02-28", seller="Until February")
    await published(house, valid_from="2026-03-01")
    old = await house.mine.post("/v1/returns", a_return(ordered_on="2026-02-11"), 201)
    new = await house.mine.post("/v1/returns", a_return(), 201)
    await published(house, period=None)
    for made, version, seller in ((old, 1, "Until February"), (new, 2, "Silk Road")):
        kept = (await house.mine.get(f"/v1/returns/{made['id']}"))["agreed"]
        assert (kept["version"], kept["seller"], kept["missing"]) == (version, seller, ["packaging"])
        assert [one["kind"] for one in kept["duties"] if one["side"] == "buyer"] == ["send_back", "for_reasons"]
    unclear = await house.mine.post("/v1/returns", a_return(), 201)
    assert unclear["agreed"]["missing"] == ["period", "packaging"]


@pytest.mark.parametrize("why", ["two", "over", "taken back"])
async def test_where_nobody_can_tell_which_terms_hold_none_are_shown(house: House, why: str) -> None:
    await published(house, **({"valid_until": "2026-02-28"} if why == "over" else {}))
    if why != "over":
        await published(house, **{"name": "Another"} if why == "two" else {"public": False})
    assert (await house.mine.post("/v1/returns", a_return(), 201))["agreed"] is None


async def test_a_shop_names_the_terms_that_its_returns_go_by(house: House) -> None:
    await published(house)
    await house.mine.post("/v1/terms", WORDED | {"name": "Of the shop", "buyer": "Whoever buys there"}, 201)
    shop = {"platform": "sandbox", "name": "s", "credentials": {"webhook_secret": "whsec_c2VjcmV0"}}
    assert (await house.mine.post("/v1/sources", shop | {"terms": "Nobody's"}, 422))["errors"]
    source = await house.mine.post("/v1/sources", shop | {"terms": "Of the shop"}, 201)
    authorization = ReturnAuthorization(rma_id="R1", status=ReturnStatus.APPROVED)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        return_id = await planning.open_return(tx, await tx.sources.get(source["id"]), authorization)
    assert (await house.mine.get(f"/v1/returns/{return_id}"))["agreed"]["buyer"] == "Whoever buys there"


def test_every_duty_has_its_word() -> None:
    assert {f"duty.{kind}" for kind in Kind if kind is not Kind.SEND_BACK} <= set(texts_en.TEXTS)
