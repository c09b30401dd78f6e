"""What the console's pages show and do: both languages, any number, acceptances with photographs, verdicts."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import FormData

from adapters.seam import CARRIER_CAPABILITIES, PLATFORM_CAPABILITIES
from gateway.web.console import texts_en, texts_zh
from gateway.web.console.queues import QUEUES
from gateway.web.console.words import TEXTS
from tests.web.browser import Browser
from tests.web.doors import House, a_return

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64


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
    for text in ("order 9", "\u202aorder 9\u202c"):  # as it is copied from elsewhere
        answer = await inside.get("/console/returns", params={"q": text})
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
        {"weight_kg": "1.2345"},
        {"length_cm": "40", "width_cm": "30"},
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


async def test_what_was_read_at_the_dock_is_kept_and_shown(inside: Browser, house: House) -> None:
    made = await delivered(house)
    page = f"/console/returns/{made['id']}"
    sides = {"length_cm": "40", "width_cm": "30.5", "height_cm": "2"}
    said = {"seal": "CN 88", "serial.0": "SN-7", "weight_kg": "1,25", **sides}
    answer = await inside.post(f"{page}/acceptances", acceptance(await inside.token(page), **said))
    assert answer.status == 303, await answer.text()
    (told,) = (await house.mine.get(f"/v1/returns/{made['id']}/acceptances"))["data"]
    record = told["record"]
    assert (record["seal"], record["dock_weight"], record["inspections"][0]["serial"]) == (
        "CN 88",
        {"grams": 1250},
        "SN-7",
    )
    assert record["dock_dimensions"] == {"length_mm": 400, "width_mm": 305, "height_mm": 20}
    by_api = {"decision": "reject", "decided_at": "2026-03-02T09:25:00Z", "decided_by": "Zhao"}
    by_api["deduction"] = {"amount": "3.40", "currency": "EUR"}
    await house.mine.post(f"/v1/returns/{made['id']}/acceptances", by_api, 201)
    for language, texts in (("en", texts_en.TEXTS), ("zh", texts_zh.TEXTS)):
        html = await (await inside.get(page, params={"lang": language})).text()
        for word in ("CN 88", "SN-7", "1.250 kg", "400 × 305 × 20 mm", "3.40", *map(texts.get, ("seal", "deduction"))):
            assert f"{word}" in html, word


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


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_an_adapter_can_do_has_a_word(language: str) -> None:
    verbs = [*CARRIER_CAPABILITIES, *PLATFORM_CAPABILITIES]
    assert [verb for verb in verbs if f"verb.{verb}" not in TEXTS[language]] == []
