"""The console: both languages whole, sessions and forms by bad-inputs.md B69 and B70, and what its pages do."""

import re
import string
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.journeys import disputes
from gateway.rules.customs import BY_ID, RELIEFS
from gateway.rules.meanings import MEANINGS, LineState
from gateway.store import parties
from gateway.web.console import routes, texts_en, texts_zh
from gateway.web.console.queues import QUEUES
from gateway.web.console.words import FAMILIES
from gateway.web.routes import ROUTES
from schemas.acceptance import AcceptanceDecision, Clock, Condition, Packaging
from schemas.charges import ChargeType, FindingKind
from schemas.customs_case import CustomsFacts, CustomsVerdict, GoodsState, Supervision, TaxRefund, Weighing, WhyBack
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.terms import ApplicationState, Because, Clause, CostKind, PaperKind, PeriodStart, Verdict
from schemas.tracking import TrackingStatus
from tests.web.browser import Browser
from tests.web.doors import House

TEMPLATES = Path(routes.__file__).parent / "templates"


def fields_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_every_text_with_the_same_values() -> None:
    assert set(texts_en.TEXTS) == set(texts_zh.TEXTS)
    for key, text in texts_en.TEXTS.items():
        assert fields_in(text) == fields_in(texts_zh.TEXTS[key]), key


def test_every_text_that_a_template_asks_for_is_there() -> None:
    asked = {
        key
        for file in TEMPLATES.glob("*.html")
        for key in re.findall(r"""\bt\(["']([\w.]+)["'](?!\s*~)""", file.read_text())
    }
    assert asked
    assert asked <= set(texts_en.TEXTS)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("state", [*ReturnStatus, *ShipmentState, *TrackingStatus]),
        ("clock", Clock),
        ("decision", AcceptanceDecision),
        ("condition", Condition),
        ("packaging", Packaging),
        ("finding", FindingKind),
        ("charge_type", ChargeType),
        ("line", LineState),
        ("dispute", [*disputes.OPEN, "withdrawn", "credit_seen"]),
        ("evidence", {"bill", *(what for meaning in MEANINGS.values() for what in meaning.evidence)}),
        ("queue", QUEUES),
        ("queue_about", QUEUES),
        ("event", FAMILIES),
        ("application", ApplicationState),
        ("clause", Clause),
        ("regime", BY_ID),
        ("relief", BY_ID),
        ("condition_of", {name for relief in RELIEFS for name in (*relief.conditions, "in_period")}),
        ("confidence", {relief.confidence for relief in RELIEFS}),
        ("customs_verdict", CustomsVerdict),
        ("weighs", Weighing),
        ("supervision", Supervision),
        ("why", WhyBack),
        ("state", GoodsState),
        ("refund", TaxRefund),
        ("fact", CustomsFacts.model_fields),
        ("verdict", Verdict),
        ("policy", Because),
        ("paper", PaperKind),
        ("about", [*PeriodStart, *CostKind, *Packaging]),
    ],
)
def test_every_value_has_its_word(kind: str, values: Any) -> None:
    missing = [str(value) for value in values if f"{kind}.{value}" not in texts_en.TEXTS]
    assert not missing


def test_every_act_of_the_console_is_an_act_of_the_api() -> None:
    posts = {route.path for route in routes.console_routes() if route.method == "POST"}
    assert posts == set(routes.ACTS)
    assert {name for name in routes.ACTS.values() if name} <= {route.name for route in ROUTES}


async def test_nobody_gets_in_without_a_key(browser: Browser) -> None:
    for path in ("/console", "/console/returns", "/console/returns/x", "/console/queues/person", "/console/adapters"):
        answer = await browser.get(path)
        assert answer.status == 401
        assert 'name="key"' in await answer.text()
    wrong = await browser.sign_in("hw_wrong")
    assert wrong.status == 401
    assert "homeward_session" not in browser.cookies


async def test_the_sessions_cookie_is_for_the_console_only(browser: Browser) -> None:
    header = (await browser.sign_in()).headers.getall("Set-Cookie")
    (cookie,) = [one for one in header if one.startswith("homeward_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/console" in cookie
    assert browser.house.mine.key not in cookie


async def test_b69_a_form_without_its_token_does_nothing(inside: Browser, house: House) -> None:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.tasks.ask("orphan", "cause", "detail")
        (task,) = await tx.tasks.open_ones()
    other = Browser(house)
    await other.sign_in()
    foreign = await other.token("/console")
    await other.session.close()
    for form in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "é"}, {"csrf": foreign}):
        answer = await inside.post(f"/console/tasks/{task.id}/done", form)
        assert answer.status == 403, form
    assert len((await house.mine.get("/v1/tasks"))["data"]) == 1
    done = await inside.post(f"/console/tasks/{task.id}/done", {"csrf": await inside.token("/console")})
    assert done.status == 303
    assert (await house.mine.get("/v1/tasks"))["data"] == []


async def test_b69_signing_in_needs_the_forms_token_too(browser: Browser) -> None:
    assert (await browser.post("/console/sign-in", {"key": browser.house.mine.key})).status == 403


async def test_b70_the_id_is_new_after_signing_in_and_dead_after_signing_out(browser: Browser) -> None:
    browser.session.cookie_jar.update_cookies(
        {"homeward_session": "set-before"}, browser.house.client.make_url("/console")
    )
    await browser.sign_in()
    session_id = browser.cookies["homeward_session"]
    assert session_id != "set-before"
    assert (await browser.get("/console")).status == 200
    assert (await browser.post("/console/sign-out", {"csrf": await browser.token("/console")})).status == 303
    again = {"Cookie": f"homeward_session={session_id}"}
    assert (await browser.get("/console", headers=again)).status == 401


async def test_b70_a_session_ends_with_its_scopes_its_key_and_its_time(inside: Browser, house: House) -> None:
    from gateway.journeys.settling_in import key_digest

    async with house.gw.store.front_desk() as connection:
        row = await parties.key_of(connection, key_digest(house.mine.key))
    assert row is not None
    for change, back in (
        ({"scopes": ["returns"]}, {"scopes": row.scopes}),
        ({"revoked_at": house.clock()}, {"revoked_at": None}),
    ):
        async with house.gw.store.transaction(house.mine.exporter_id) as tx:
            await tx.keys.set(row.id, **change)
        assert (await inside.get("/console")).status == 401
        async with house.gw.store.transaction(house.mine.exporter_id) as tx:
            await tx.keys.set(row.id, **back)
        assert (await inside.get("/console")).status == 200
    house.clock.forward(timedelta(hours=12))
    assert (await inside.get("/console")).status == 401


async def test_a_key_without_the_scope_sees_the_page_for_it(browser: Browser, house: House) -> None:
    caller = await house.key("invoices")
    await browser.sign_in(caller.key)
    assert (await browser.get("/console")).status == 403
