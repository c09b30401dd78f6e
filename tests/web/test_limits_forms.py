"""The console's forms that move a limit: with their token, their proof in one transaction, in the exporter's zone."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from gateway.web.console import texts_en, texts_zh
from schemas.acceptance import Clock, DeadlinePolicy, ExtensionTerms, LimitUnit, PolicySource
from schemas.tracking import TrackingStatus
from tests.web.browser import Browser
from tests.web.doors import House
from tests.web.test_limits import limits_of, scanned

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
TERMS = DeadlinePolicy(
    clock=Clock.ACCEPTANCE,
    amount=5,
    unit=LimitUnit.CALENDAR_DAYS,
    source=PolicySource.CONTRACT,
    extension=ExtensionTerms(amount=7, unit=LimitUnit.CALENDAR_DAYS, times=1),
)


async def delivered(house: House) -> tuple[str, dict[str, Any]]:
    """A return whose acceptance may be prolonged once, by seven days."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, acceptance=TERMS)
    return_id, _ = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.DELIVERED)
    return return_id, await now(house, (await limits_of(house, return_id))["acceptance"])


async def now(house: House, limit: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = await house.mine.get(f"/v1/deadlines/{limit['id']}")
    return said


async def page_of(inside: Browser, return_id: str, language: str = "en") -> str:
    return await (await inside.get(f"/console/returns/{return_id}?lang={language}")).text()


def pause_form(token: str, **said: str) -> aiohttp.FormData:
    form = aiohttp.FormData({"csrf": token, **said})
    form.add_field("proof", PNG, filename="stamp.png", content_type="image/png")
    return form


async def test_a_clock_is_stopped_with_its_proof_and_goes_on(house: House, inside: Browser) -> None:
    return_id, limit = await delivered(house)
    house.clock.forward(timedelta(hours=1))
    assert texts_zh.TEXTS["limit_source.contract"] in await page_of(inside, return_id, "zh")
    token = await inside.token(f"/console/returns/{return_id}")
    path = f"/console/deadlines/{limit['id']}"
    since = house.clock() - timedelta(minutes=10)
    local = since.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M")
    answer = await inside.post(f"{path}/pause", pause_form(token, reason="held by customs", at=local))
    assert (answer.status, answer.headers["Location"]) == (303, f"/console/returns/{return_id}#limits")
    stopped = await now(house, limit)
    assert (stopped["state"], stopped["paused_because"]) == ("paused", "held by customs")
    assert stopped["paused_at"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")
    html = await page_of(inside, return_id)
    assert f"/console/documents/{stopped['paused_proof']}" in html
    assert f"{path}/resume" in html
    assert f"{path}/pause" not in html
    house.clock.forward(timedelta(days=2))
    await inside.sign_in()  # the session is over by then
    token = await inside.token(f"/console/returns/{return_id}")
    answer = await inside.post(f"{path}/resume", {"csrf": token, "at": ""})
    assert answer.status == 303
    again = await now(house, limit)
    assert (again["state"], again["paused_proof"]) == ("running", None)
    assert again["due_at"] > limit["due_at"]


async def test_it_is_prolonged_as_far_as_its_terms_go(house: House, inside: Browser) -> None:
    return_id, limit = await delivered(house)
    assert limit["extension"] == {"amount": 7, "unit": "calendar_days", "left": 1}
    token = await inside.token(f"/console/returns/{return_id}")
    path = f"/console/deadlines/{limit['id']}/extend"
    assert path in await page_of(inside, return_id)
    assert (await inside.post(path, {"csrf": token, "amount": "8"})).status == 409
    assert (await inside.post(path, {"csrf": token, "amount": "7"})).status == 303
    longer = await now(house, limit)
    assert (longer["extension"], longer["due_at"] > limit["due_at"]) == (None, True)
    assert path not in await page_of(inside, return_id)


@pytest.mark.parametrize("act", ["pause", "resume", "extend"])
async def test_without_the_forms_own_token_nothing_moves(house: House, inside: Browser, act: str) -> None:
    _, limit = await delivered(house)
    said = {"csrf": "0" * 64, "reason": "no", "amount": "1"}
    assert (await inside.post(f"/console/deadlines/{limit['id']}/{act}", said)).status == 403
    assert await now(house, limit) == limit


async def test_a_clock_is_not_stopped_without_a_proof(house: House, inside: Browser) -> None:
    return_id, limit = await delivered(house)
    token = await inside.token(f"/console/returns/{return_id}")
    answer = await inside.post(f"/console/deadlines/{limit['id']}/pause", {"csrf": token, "reason": "held"})
    assert (answer.status, "proof: " in await answer.text()) == (422, True)
    assert await now(house, limit) == limit


@pytest.mark.parametrize("said", [{"reason": " "}, {"reason": "held", "at": "yesterday"}])
async def test_a_form_that_is_wrong_is_shown_again_and_leaves_no_proof(
    house: House, inside: Browser, said: dict[str, str]
) -> None:
    return_id, limit = await delivered(house)
    token = await inside.token(f"/console/returns/{return_id}")
    answer = await inside.post(f"/console/deadlines/{limit['id']}/pause", pause_form(token, **said))
    assert answer.status == 422
    assert re.search(r"/?(reason|at): ", await answer.text())
    assert (await house.mine.get(f"/v1/returns/{return_id}"))["documents"] == []
    assert await now(house, limit) == limit


async def test_who_may_only_read_sees_no_form_and_another_house_no_limit(house: House, browser: Browser) -> None:
    return_id, limit = await delivered(house)
    reader = await house.key("returns")
    await browser.sign_in(reader.key)
    assert limit["id"] not in await page_of(browser, return_id)
    token = await browser.token("/console/returns")
    path = f"/console/deadlines/{limit['id']}/resume"
    assert (await browser.post(path, {"csrf": token})).status == 403
    stranger = Browser(house)
    await stranger.sign_in(house.theirs.key)
    answer = await stranger.post(path, {"csrf": await stranger.token("/console/returns")})
    await stranger.session.close()
    assert answer.status == 404


@pytest.mark.parametrize(("language", "texts"), [("en", texts_en.TEXTS), ("zh", texts_zh.TEXTS)])
async def test_the_forms_speak_both_languages(house: House, inside: Browser, language: str, texts: Any) -> None:
    return_id, _ = await delivered(house)
    html = await page_of(inside, return_id, language)
    for key in ("limit_move", "limit_pause_reason", "limit_pause", "limit_extend", "limit_no_extension"):
        assert texts[key] in html
    assert texts["limit_extend_amount"].format(most=7, unit=texts["unit.calendar_days"], left=1) in html
