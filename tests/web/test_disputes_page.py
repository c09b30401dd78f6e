"""Disputes for people: what each is about, how long it may still be filed, what it brings, and what was given back."""

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import update

from gateway.store import tables
from tests.house.billing import AGREED, bill, book, freight, take_in
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House

pytestmark = ON_BOTH


@pytest.fixture
async def drafted(house: House) -> str:
    """A dispute about a rate five euros too high; its id."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await book(tx, "SBX1", AGREED)
    await take_in(
        house.gw, house.mine.exporter_id, bill("B1", [freight("SBX1", "15.00")], issued_on=house.clock.now.date())
    )
    (one,) = (await house.mine.get("/v1/disputes"))["data"]
    return str(one["id"])


async def shown(inside: Browser, path: str, language: str = "en") -> str:
    answer = await inside.get(f"{path}?lang={language}")
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def test_the_list_and_the_page_say_it_in_both_languages(inside: Browser, house: House, drafted: str) -> None:
    day = house.clock.now.date() + timedelta(days=15)
    for language, words in (("en", ("above what was agreed", "draft", " left")), ("zh", ("高于约定", "草稿", "剩余"))):
        for path in ("/console/disputes", f"/console/disputes/{drafted}"):
            page = await shown(inside, path, language)
            for word in (*words, "5.00 EUR", f"{day} 00:00 (UTC)"):
                assert word in page, (path, word)
    for word in ("SBX1", "15.00 EUR", "10.00 EUR", "约定费用", "文件 1", "/console/documents/doc_"):
        assert word in page


async def test_it_is_filed_and_shows_what_was_credited(inside: Browser, house: House, drafted: str) -> None:
    path = f"/console/disputes/{drafted}"
    token = await inside.token(path)
    assert (await inside.post(f"{path}/file", {"csrf": "x", "reference": "C"})).status == 403
    assert (await inside.post(f"{path}/file", {"csrf": token, "reference": " "})).status == 422
    answer = await inside.post(f"{path}/file", {"csrf": token, "reference": "CASE-7"})
    assert (answer.status, answer.headers["Location"]) == (303, path)
    page = await shown(inside, path)
    assert "CASE-7" in page
    assert f"{path}/file" not in page
    assert f"{path}/withdraw" in page
    await take_in(house.gw, house.mine.exporter_id, bill("B2", [freight("SBX1", "-5.00")]))
    page = await shown(inside, path)
    assert "is-credit_seen" in page
    assert page.count("5.00 EUR") >= 3  # disputed, credited, and credited on its line
    assert f"{path}/withdraw" not in page
    assert (await inside.post(f"{path}/withdraw", {"csrf": token, "reason": "late"})).status == 409


async def test_it_goes_through_the_carriers_door_where_there_is_one(
    inside: Browser, house: House, drafted: str
) -> None:
    path = f"/console/disputes/{drafted}"
    assert f"{path}/send" not in await shown(inside, path)  # by whose account it was booked nobody knows here
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.run(update(tables.shipments).values(account_id=house.account_id))
        await tx.accounts.set(house.account_id, paused="for a test")
    assert f"{path}/send" in await shown(inside, path)
    assert (await inside.post(f"{path}/send", {"csrf": await inside.token(path)})).status == 303
    page = await shown(inside, path)
    assert "is-filing" in page
    for act in ("send", "file", "withdraw"):
        assert f"{path}/{act}" not in page
    told = await house.mine.get(f"/v1/disputes/{drafted}")
    assert (told["state"], told["by_api"], told["attempts"]) == ("filing", True, [])
    for said in ({"reference": "C-1"}, {}):
        await house.mine.post(f"/v1/disputes/{drafted}/file", said, status=200 if not said else 409)


async def test_without_a_door_the_api_says_what_to_do(house: House, drafted: str) -> None:
    (error,) = (await house.mine.post(f"/v1/disputes/{drafted}/file", {}, status=422))["errors"]
    assert "send the document" in error["detail"]
    assert (await house.mine.ask("POST", f"/v1/disputes/{drafted}/file", json={}, idempotent=None)).status == 400
    said = await house.mine.post(f"/v1/disputes/{drafted}/file", {"reference": "CASE-8"})
    assert (said["state"], said["reference"], said["by_api"]) == ("filed", "CASE-8", False)


async def test_the_document_to_send_has_the_letter_the_lines_and_the_bill(inside: Browser, drafted: str) -> None:
    for language in ("en", "zh"):
        answer = await inside.get(f"/console/disputes/{drafted}/pack?lang={language}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
        with zipfile.ZipFile(io.BytesIO(await answer.read())) as pack:
            names = pack.namelist()
            assert names[0] == "dispute.pdf"
            assert names[1].startswith("files/doc_")
            assert names[2:] == ["lines.csv", "manifest.json"]
            assert pack.read("dispute.pdf").startswith(b"%PDF")
            row, line = pack.read("lines.csv").decode().splitlines()
    assert row == "row,waybill,charge,billed,agreed,because"
    assert line.startswith("3,SBX1,FRT,15.00 EUR,10.00 EUR,")


async def test_it_is_withdrawn_with_a_reason(inside: Browser, house: House, drafted: str) -> None:
    path = f"/console/disputes/{drafted}"
    answer = await inside.post(f"{path}/withdraw", {"csrf": await inside.token(path), "reason": "the contract says so"})
    assert answer.status == 303
    page = await shown(inside, path)
    assert "the contract says so" in page
    assert "is-withdrawn" in page
    assert (await house.mine.get(f"/v1/disputes/{drafted}"))["lines"][0]["agreed"]["amount"] == "15.00"


async def test_nobody_elses_dispute_is_shown(house: House, drafted: str) -> None:
    browser = Browser(house)
    await browser.sign_in(house.theirs.key)
    for path in (f"/console/disputes/{drafted}", "/console/disputes/dsp_0"):
        assert (await browser.get(path)).status == 404
    assert drafted not in await shown(browser, "/console/disputes")
    await browser.session.close()
