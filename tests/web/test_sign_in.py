"""Signing in with a wrong key: bad-inputs.md B68."""

import time
from typing import Any

import pytest

from gateway.journeys.settling_in import key_digest
from gateway.store import parties
from gateway.web import allowance
from gateway.web.console import session
from gateway.web.state import DOORS
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, Api, House

pytestmark = ON_BOTH
STEP = 0.01


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SLOWED", STEP)


async def failures(house: House, caller: Api) -> list[Any]:
    async with house.gw.store.reading(caller.exporter_id) as tx:
        rows = await tx.audit.of_chain(caller.exporter_id)
    return [row.subject_id for row in rows if row.action == "console.sign_in_failed"]


async def key_id(house: House, caller: Api) -> str:
    async with house.gw.store.front_desk() as connection:
        row = await parties.key_of(connection, key_digest(caller.key))
    assert row is not None
    return str(row.id)


async def test_b68_ten_wrong_keys_are_slowed_and_the_eleventh_is_told_to_wait(browser: Browser) -> None:
    house = browser.house
    for number in range(1, 11):
        started = time.monotonic()
        answer = await browser.sign_in(f"hw_wrong{number}")
        assert answer.status == 401
        assert time.monotonic() - started >= STEP * number
    answer = await browser.sign_in("hw_wrong11")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
    assert "Try again in 30 seconds." in await answer.text()
    chinese = await browser.post(
        "/console/sign-in?lang=zh", {"csrf": await browser.token("/console/sign-in"), "key": "x"}
    )
    assert "请在 30 秒后重试" in await chinese.text()
    assert await failures(house, house.mine) == [house.mine.exporter_id] * 10  # the house's first exporter
    assert await failures(house, house.theirs) == []
    assert (await browser.sign_in()).status == 303  # a good key is let in whatever came before it


async def test_b68_a_key_of_nobody_a_slip_and_a_revoked_key_look_the_same(browser: Browser) -> None:
    house, form = browser.house, {"csrf": await browser.token("/console/sign-in")}
    revoked = await house.key("returns", exporter_id=house.theirs.exporter_id)
    revoked_id = await key_id(house, revoked)
    async with house.gw.store.transaction(house.theirs.exporter_id) as tx:
        await tx.keys.set(revoked_id, revoked_at=tx.now)
    said = []
    for wrong in (revoked.key, house.theirs.key[:-1] + "~", "hw_nobody", "\x00", "é", ""):
        answer = await browser.post("/console/sign-in", {**form, "key": wrong})
        said.append((answer.status, await answer.text()))
    assert said == [said[0]] * len(said)
    assert said[0][0] == 401
    assert await failures(house, house.theirs) == [revoked_id, await key_id(house, house.theirs)]
    assert await failures(house, house.mine) == [house.mine.exporter_id] * 4


async def test_the_audit_keeps_so_many_and_no_more(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = browser.house.client.app
    assert seen is not None
    doors = seen[DOORS].allowance
    monkeypatch.setattr(doors, "_audited", allowance.Bucket(2, allowance.AUDITED[1]))
    assert [(await browser.sign_in("hw_wrong")).status for _ in range(3)] == [401] * 3
    assert len(await failures(browser.house, browser.house.mine)) == 2
