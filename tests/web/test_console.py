"""The console: both languages whole, sessions and forms by bad-inputs.md B69 and B70, and what its pages do."""

import re
import string
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientResponse, FormData

from gateway.store import parties
from gateway.web.console import routes, texts_en, texts_zh
from gateway.web.console.queues import QUEUES
from gateway.web.console.words import FAMILIES
from gateway.web.routes import ROUTES
from schemas.acceptance import AcceptanceDecision, Clock, Condition, Packaging
from schemas.charges import FindingKind
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingStatus
from tests.web.doors import House, a_return

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64
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
        ("decision", [one for one in AcceptanceDecision if one is not AcceptanceDecision.EXTEND]),
        ("condition", Condition),
        ("packaging", Packaging),
        ("finding", FindingKind),
        ("queue", QUEUES),
        ("queue_about", QUEUES),
        ("event", FAMILIES),
    ],
)
def test_every_value_has_its_word(kind: str, values: Any) -> None:
    missing = [str(value) for value in values if f"{kind}.{value}" not in texts_en.TEXTS]
    assert not missing


def test_every_act_of_the_console_is_an_act_of_the_api() -> None:
    posts = {route.path for route in routes.console_routes() if route.method == "POST"}
    assert posts == set(routes.ACTS)
    assert {name for name in routes.ACTS.values() if name} <= {route.name for route in ROUTES}


class Browser:
    """A browser without scripts: cookies, forms, no redirects followed."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.session = aiohttp.ClientSession(str(house.client.make_url("/")), cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def get(self, path: str, **kw: Any) -> ClientResponse:
        return await self.session.get(path, allow_redirects=False, **kw)

    async def post(self, path: str, data: Any, **kw: Any) -> ClientResponse:
        return await self.session.post(path, data=data, allow_redirects=False, **kw)

    async def token(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', await (await self.get(path)).text())
        assert found
        return found[1]

    async def sign_in(self, key: str | None = None) -> ClientResponse:
        form = {"csrf": await self.token("/console/sign-in"), "key": key or self.house.mine.key}
        return await self.post("/console/sign-in", form)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.session.cookie_jar}


@pytest.fixture
async def browser(house: House) -> Any:
    made = Browser(house)
    yield made
    await made.session.close()


@pytest.fixture
async def inside(browser: Browser) -> Browser:
    answer = await browser.sign_in()
    assert answer.status == 303
    return browser


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


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_in_both_languages(inside: Browser, house: House, language: str) -> None:
    """No template asks for what is not there, and a Chinese page says nothing of ours in English."""
    made = await house.mine.post("/v1/returns", a_return(), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await unknown_attempt(house, tx, made)
        await tx.returns.set(made["id"], status="delivered")
        await tx.tasks.ask("orphan", "cause", "detail", made["id"])
    texts = {"en": texts_en.TEXTS, "zh": texts_zh.TEXTS}[language]
    other = {"en": texts_zh.TEXTS, "zh": texts_en.TEXTS}[language]
    pages = {f"/console/queues/{name}": f"queue.{name}" for name in QUEUES} | {
        "/console": "queues_title",
        "/console/returns": "returns",
        "/console/returns?q=nothing": "returns",
        "/console/adapters": "matrix_title",
        f"/console/returns/{made['id']}": "accept_title",
        "/console/returns/ret_none": "problem_back",
    }
    for path, key in pages.items():
        answer = await inside.get(
            path, params={"lang": language} if "?" not in path else None, headers={"Accept-Language": language}
        )
        html = await answer.text()
        assert answer.status == (404 if path.endswith("none") else 200), path
        assert texts[key] in html
        assert answer.headers["Content-Language"].startswith(language)
        assert other["sign_out"] not in html
        assert other["search_hint"] not in html


async def test_the_language_that_was_chosen_is_kept(inside: Browser) -> None:
    assert texts_zh.TEXTS["queues_title"] in await (await inside.get("/console?lang=zh")).text()
    assert texts_zh.TEXTS["queues_title"] in await (await inside.get("/console")).text()
    assert texts_en.TEXTS["queues_title"] in await (await inside.get("/console?lang=en")).text()


async def unknown_attempt(house: House, tx: Any, made: dict[str, Any]) -> str:
    attempt_id: str = await tx.attempts.add(
        return_id=made["id"],
        account_id=house.account_id,
        carrier="sandbox_rest",
        kind="booking",
        subject_id=made["shipments"][0]["id"],
        number=1,
        client_ref="HWREF-1",
        state="unknown",
        request="{}",
        sent_at=tx.now,
        due_at=tx.now + timedelta(minutes=5),
    )
    return attempt_id


async def test_what_waits_stands_in_its_queue(inside: Browser, house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(rma_number="R-77"), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await unknown_attempt(house, tx, made)
    html = await (await inside.get("/console/queues/checking")).text()
    assert "R-77" in html
    assert "HWREF-1" in html
    page = await (await inside.get(f"/console/returns/{made['id']}?lang=en")).text()
    assert "Do not book again" in page


async def test_a_number_that_finds_one_return_opens_it(inside: Browser, house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    answer = await inside.get("/console/returns", params={"q": "order 9"})
    assert (answer.status, answer.headers["Location"]) == (303, f"/console/returns/{made['id']}")
    for text in ("' OR 1=1--", "%", "\x00", "<script>alert(1)</script>", "x" * 2000):
        answer = await inside.get("/console/returns", params={"q": text})
        assert answer.status == 200
        assert "<script>alert" not in await answer.text()


async def test_what_a_platform_says_is_text_and_never_markup(inside: Browser, house: House) -> None:
    evil = "<img src=x onerror=alert(1)>"
    items = [a_return()["items"][0] | {"title": evil}]
    made = await house.mine.post("/v1/returns", a_return(rma_number=evil, items=items), 201)
    for path in ("/console/returns", f"/console/returns/{made['id']}"):
        assert "<img src=x" not in await (await inside.get(path)).text()


async def test_another_exporters_return_is_no_page(browser: Browser, house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    await browser.sign_in(house.theirs.key)
    for path in (
        f"/console/returns/{made['id']}",
        "/console/documents/doc_x",
        "/console/returns/%00",
        "/console/queues/x",
    ):
        assert (await browser.get(path)).status == 404


def acceptance(csrf: str, **changed: str) -> FormData:
    form = FormData()
    said = {
        "csrf": csrf,
        "decision": "accept",
        "decided_at": "2026-03-02T17:20",
        "decided_by": "李娜",
        "quantity.0": "1",
        "condition.0": "used",
        "packaging.0": "original_opened",
        "note.0": "",
        "reservation": "scratched\r\nleft side",
    }
    for name, value in {**said, **changed}.items():
        form.add_field(name, value)
    return form


async def delivered(house: House) -> dict[str, Any]:
    made: dict[str, Any] = await house.mine.post("/v1/returns", a_return(), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.returns.set(made["id"], status="delivered")
    return made


async def test_an_acceptance_is_recorded_with_its_photographs(inside: Browser, house: House) -> None:
    made = await delivered(house)
    page = f"/console/returns/{made['id']}"
    form = acceptance(await inside.token(page))
    for name in ("a.jpg", "../../b.html"):
        form.add_field("photographs", JPEG + name.encode(), filename=name, content_type="text/html")
    answer = await inside.post(f"{page}/acceptances", form)
    assert answer.status == 303, await answer.text()
    (told,) = (await house.mine.get(f"/v1/returns/{made['id']}/acceptances"))["data"]
    record = told["record"]
    assert (record["decided_at"], record["decided_by"]) == ("2026-03-02T09:20:00Z", "李娜")
    assert (record["source"], record["reservation"]) == ("console", "scratched\nleft side")
    assert len(record["evidence"]) == 2
    got = await inside.get(f"/console/documents/{record['evidence'][0]['document_id']}")
    assert (got.status, got.headers["Content-Type"]) == (200, "image/jpeg")
    assert "李娜" in await (await inside.get(page)).text()


@pytest.mark.parametrize(
    "changed",
    [
        {"decided_by": ""},
        {"decided_at": "yesterday"},
        {"decision": "keep"},
        {"quantity.0": "many"},
        {"quantity.0": "9"},
    ],
)
async def test_a_wrong_form_is_shown_again_and_leaves_nothing(
    inside: Browser, house: House, changed: dict[str, str]
) -> None:
    made = await delivered(house)
    page = f"/console/returns/{made['id']}"
    form = acceptance(await inside.token(page), **changed)
    form.add_field("photographs", JPEG, filename="a.jpg")
    answer = await inside.post(f"{page}/acceptances", form)
    assert answer.status in (409, 422)
    assert (await house.mine.get(f"/v1/returns/{made['id']}/acceptances"))["data"] == []
    assert (await house.mine.get(f"/v1/returns/{made['id']}"))["documents"] == []


async def test_a_photograph_that_is_none_is_refused(inside: Browser, house: House) -> None:
    made = await delivered(house)
    page = f"/console/returns/{made['id']}"
    form = acceptance(await inside.token(page))
    form.add_field("photographs", b"<html>", filename="a.jpg", content_type="image/jpeg")
    assert (await inside.post(f"{page}/acceptances", form)).status == 415
    assert (await house.mine.get(f"/v1/returns/{made['id']}/acceptances"))["data"] == []


async def test_a_person_says_what_became_of_an_unknown_booking(inside: Browser, house: House) -> None:
    made = await house.mine.post("/v1/returns", a_return(), 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        attempt_id = await unknown_attempt(house, tx, made)
    csrf = await inside.token("/console")
    answer = await inside.post(f"/console/attempts/{attempt_id}/exists", {"csrf": csrf, "number": "SBX000000017"})
    assert answer.status == 303
    booking = await house.mine.get(f"/v1/bookings/{made['shipments'][0]['id']}")
    assert (booking["state"], booking["waybill"]) == ("booked", "SBX000000017")
    again = await inside.post(f"/console/attempts/{attempt_id}/absent", {"csrf": csrf})
    assert again.status == 409


@pytest.mark.parametrize("body", [b"--x\r\n", b"", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--"])
async def test_a_multipart_body_that_is_none(inside: Browser, house: House, body: bytes) -> None:
    made = await delivered(house)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await inside.post(f"/console/returns/{made['id']}/acceptances", body, headers=headers)
    assert answer.status in (400, 403)
