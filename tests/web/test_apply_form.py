"""Applying and trying in the console: the form as the API's body, papers kept between looks, one click or two."""

import re
from typing import Any

import aiohttp
import pytest

from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return
from tests.web.test_applying import PDF, TERMS

pytestmark = ON_BOTH
NEW = "/console/applications/new"
LINE = {
    "item.0.title": "Jacket",
    "item.0.quantity": "2",
    "item.0.price": "79.90",
    "item.0.currency": "eur",
    "item.0.grams": "900",
    "item.0.reason": "defective",
}
RETURNER = {
    "returner.name": "Camille Martin",
    "returner.line1": "3 rue de la Paix",
    "returner.city": "Paris",
    "returner.postal_code": "75002",
    "returner.country": "fr",
    "returner.phone": "+33 1 23 45 67 89",
}


def hidden(name: str, shown: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', shown)


async def filled(house: House, inside: Browser, **changed: str) -> dict[str, str]:
    """A form that says all that the terms ask for, but for its papers."""
    terms = await house.mine.post("/v1/terms", TERMS, 201)
    shown = await (await inside.get(NEW)).text()
    (rma_id,) = hidden("rma_id", shown)
    base = {"csrf": hidden("csrf", shown)[-1], "rma_id": rma_id, "terms_id": terms["id"], "delivered_on": "2026-02-20"}
    return {**base, "label_provider": "merchant", **LINE, **RETURNER, **changed}


def with_files(form: dict[str, str], *kinds: str) -> aiohttp.FormData:
    data = aiohttp.FormData(form)
    for place, kind in enumerate(kinds):
        data.add_field(f"kind.{place}", kind)
        data.add_field(f"file.{place}", PDF + kind.encode(), filename="../contract.pdf", content_type="text/plain")
    return data


async def test_it_is_told_before_and_handed_in_once(house: House, inside: Browser) -> None:
    form = await filled(house, inside, rma_number="R-77")
    looked = await inside.post("/console/applications/check", with_files(form, "sales_contract", "commercial_invoice"))
    shown = await looked.text()
    assert looked.status == 200, shown
    assert "the terms have no such clause" in shown  # a clause's verdict
    assert "can be booked" in shown  # the dry run
    assert "159.80 EUR" in shown  # two at 79.90, insured
    assert (await house.mine.get("/v1/returns"))["data"] == []
    papers = hidden("paper", shown)
    assert [one.partition(":")[0] for one in papers] == ["sales_contract", "commercial_invoice"]
    again = aiohttp.FormData([*form.items(), *(("paper", one) for one in papers)])
    once = aiohttp.FormData([*form.items(), *(("paper", one) for one in papers)])
    made = await inside.post("/console/applications", again)
    twice = await inside.post("/console/applications", once)
    assert (made.status, twice.status) == (303, 303)
    assert made.headers["Location"] == twice.headers["Location"]
    (listed,) = (await house.mine.get("/v1/applications"))["data"]
    one: dict[str, Any] = await house.mine.get(f"/v1/applications/{listed['id']}")
    assert [paper["kind"] for paper in one["said"]["papers"]] == ["sales_contract", "commercial_invoice"]
    authorization = (await house.mine.get(f"/v1/returns/{one['return_id']}"))["authorization"]
    (item,) = authorization["items"]
    assert (item["quantity"], item["unit_price"]) == (2, {"amount": "79.90", "currency": "EUR"})
    assert authorization["returner"]["address"]["country"] == "FR"


async def test_a_form_with_a_mistake_comes_back_as_it_was_with_its_papers(house: House, inside: Browser) -> None:
    form = await filled(house, inside, **{"item.0.price": "a lot", "order_number": "ORDER-5"})
    answer = await inside.post("/console/applications?lang=zh", with_files(form, "sales_contract"))
    shown = await answer.text()
    assert answer.status == 422
    assert "items/0/unit_price/amount" in shown
    assert "尚未提交" in shown
    assert 'value="a lot"' in shown
    assert 'value="ORDER-5"' in shown
    assert len(hidden("paper", shown)) == 1
    late = await filled(house, inside, delivered_on="2026-02-01")
    refused = await inside.post("/console/applications?lang=en", late)
    assert refused.status == 409
    assert "papers, period" in await refused.text()
    despite = await inside.post("/console/applications", late | {"despite": "yes"})
    assert despite.status == 303


@pytest.mark.parametrize("rubbish", [{"lines": "x"}, {"lines": "999"}, {"paper": "nonsense"}, {"item.0.quantity": "²"}])
async def test_what_a_form_cannot_say_is_refused_and_does_no_harm(
    house: House, inside: Browser, rubbish: dict[str, str]
) -> None:
    answer = await inside.post("/console/applications/check", await filled(house, inside) | rubbish)
    assert answer.status == (200 if "lines" in rubbish else 422)


async def test_more_lines_are_given_and_nothing_that_was_typed_is_lost(house: House, inside: Browser) -> None:
    form = await filled(house, inside)
    shown = await (await inside.post("/console/applications/check", form | {"act": "more", "lines": "3"})).text()
    assert "item.5.title" in shown
    assert "item.6.title" not in shown
    assert 'value="Jacket"' in shown


async def test_without_its_token_nothing_is_kept(house: House, inside: Browser) -> None:
    form = await filled(house, inside)
    del form["csrf"]
    for path in ("/console/applications", "/console/applications/check"):
        assert (await inside.post(path, with_files(form, "other"))).status == 403


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("can be booked", "starts with", "the delivery", "none: the carrier does not answer", "chosen")),
    ("zh", ("可以下单", "签收", "无报价：承运商无应答", "已选")),
])  # fmt: skip
async def test_a_known_return_is_tried_from_its_page(
    house: House, inside: Browser, language: str, words: tuple[str, ...]
) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    page = f"/console/returns/{made['id']}"
    token = await inside.token(page)
    shown = await (await inside.post(f"{page}/dry_run?lang={language}", {"csrf": token})).text()
    assert all(word.lower() in shown.lower() for word in words)
