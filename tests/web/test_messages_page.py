"""Messages in the console: who is told, what was given up, what nobody could read; each act is the API's."""

import re

import pytest

from gateway.journeys import settling_in
from gateway.rules.details import Detail
from gateway.store.transaction import Record
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House

pytestmark = ON_BOTH
PAGE = "/console/messages"
HOSTILE = "https://198.51.100.7/<script>alert(1)</script>"


async def shown(browser: Browser, language: str = "en") -> str:
    answer = await browser.get(f"{PAGE}?lang={language}")
    assert answer.status == 200
    return await answer.text()


async def act(browser: Browser, path: str, **fields: str | list[str]) -> str:
    """Send a form; the page that is seen then."""
    sent = [("csrf", await browser.token(PAGE))]
    sent += [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    answer = await browser.post(f"/console/{path}", sent)
    if answer.status == 303:
        assert answer.headers["Location"].startswith(PAGE)
        return await shown(browser)
    return await answer.text()


async def endpoint(house: House, url: str = HOSTILE, **changed: object) -> str:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        made = tx.new_id("end")
        sealed = house.gw.sealer.seal(made, "whsec_c2VjcmV0")
        row = {"url": url, "secret": sealed, "kinds": [], "enabled": True, "created_at": tx.now}
        await tx.endpoints.add(id=made, **row | changed)
    return made


async def delivery(house: House, endpoint_id: str, state: str = "dead") -> Record:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        notice = await tx.notices.add(kind="booking.confirmed", cause="c", occurred_at=tx.now, body="{}")
        told = {"target": "endpoint", "target_id": endpoint_id, "state": state, "last_error": "<b>410</b>"}
        return await tx.deliveries.added(notice_id=notice, due_at=None, **told)


async def unread(house: House, source_id: str) -> str:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        known = {
            "door": "platform",
            "source_id": source_id,
            "delivery_id": "d1",
            "trust": "signed",
            "url": "/",
            "headers": [],
        }
        row = await tx.inbox.added(
            body=b"?", received_at=tx.now, state="quarantined", reason="ValueError: <i>no rma</i>", **known
        )
        await tx.tasks.ask("quarantine", f"inbox:{row.id}", Detail.of("unreadable", words=row.reason))
    return str(row.id)


async def test_one_is_added_and_its_secret_is_shown_once(inside: Browser, house: House) -> None:
    page = await act(inside, "endpoints", url=" https://1.1.1.1/in ", kinds=["booking.confirmed", "booking.refused"])
    secret = re.search(r"<code>(whsec_[\w+/=]+)</code>", page)
    assert secret
    (made,) = (await house.mine.get("/v1/webhook_endpoints"))["data"]
    assert (made["url"], made["kinds"]) == ("https://1.1.1.1/in", ["booking.confirmed", "booking.refused"])
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        row = await tx.endpoints.get(made["id"])
    assert house.gw.sealer.open(row.id, row.secret) == secret[1]
    page = await shown(inside)
    assert secret[1] not in page
    assert re.search(r"The carrier has booked<br>\s*The carrier has refused a booking", page)


@pytest.mark.parametrize("url", ["http://127.0.0.1/in", "ftp://example.com", "nothing", "https://例.中国/", ""])
@pytest.mark.parametrize(("language", "said"), [("en", "Nobody was added."), ("zh", "未能新增。")])
async def test_what_cannot_be_told_is_said_at_the_form(
    inside: Browser, house: House, url: str, language: str, said: str
) -> None:
    form = {"csrf": await inside.token(PAGE), "url": url}
    answer = await inside.post(f"/console/endpoints?lang={language}", form)
    assert answer.status == 422
    page = await answer.text()
    assert said in page
    assert re.search(r'role="alert".*<li>url: [^<]+</li>', page, re.DOTALL)
    assert (await house.mine.get("/v1/webhook_endpoints"))["data"] == []


async def test_it_is_tried_turned_on_told_again_and_told_no_more(inside: Browser, house: House) -> None:
    off = await endpoint(house, enabled=False, disabled_because="gone, or failing for five days")
    page = await shown(inside)
    assert "off: it was gone" in page
    assert "<script>alert" not in page
    assert "is told" in await act(inside, f"endpoints/{off}/enable")
    assert "Everything has been told." not in await act(inside, f"endpoints/{off}/test")
    (tested,) = (await house.mine.get("/v1/deliveries"))["data"]
    assert (tested["kind"], tested["target_id"]) == ("endpoint.test", off)
    told = await delivery(house, off, "delivered")
    form = {"csrf": await inside.token(PAGE), "since": "yesterday"}
    assert (await inside.post(f"/console/endpoints/{off}/replay", form)).status == 422
    await act(inside, f"endpoints/{off}/replay", since="2000-01-02T00:00", until="2099-12-31T00:00")
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        assert (await tx.deliveries.get(told.id)).state == "waiting"
    assert "Nobody is told yet" in await act(inside, f"endpoints/{off}/remove")
    assert (await house.mine.get("/v1/webhook_endpoints"))["data"] == []


async def test_what_was_given_up_is_sent_again(inside: Browser, house: House) -> None:
    told = await delivery(house, await endpoint(house))
    page = await shown(inside, "zh")
    assert "承运商已接单" in page
    assert "已放弃" in page
    assert "<b>410</b>" not in page
    page = await act(inside, f"deliveries/{told.id}/resend")
    assert (await house.mine.get("/v1/deliveries"))["data"][0]["state"] == "waiting"


async def test_what_nobody_could_read_is_read_again(inside: Browser, house: House) -> None:
    (source, *_) = (await house.mine.get("/v1/sources"))["data"]
    message = await unread(house, source["id"])
    page = await shown(inside)
    assert source["name"] in page
    assert "ValueError: &lt;i&gt;no rma&lt;/i&gt;" in page
    assert f'href="{PAGE}#unread"' in await (await inside.get("/console/queues/person")).text()
    assert "Everything that came in was read." in await act(inside, f"messages/{message}/redrive")
    assert [one["state"] for one in (await house.mine.get("/v1/messages"))["data"]] == ["received"]
    assert (await house.mine.get("/v1/tasks"))["data"] == []


async def test_a_key_sees_and_does_no_more_than_it_may(browser: Browser, house: House) -> None:
    keys = {
        scope: await settling_in.add_key(house.gw, house.mine.exporter_id, scope, ["returns", scope])
        for scope in ("tracking", "endpoints")
    }
    (source, *_) = (await house.mine.get("/v1/sources"))["data"]
    message = await unread(house, source["id"])
    await browser.sign_in(keys["tracking"])
    assert (await browser.get(PAGE)).status == 403
    await browser.sign_in(keys["endpoints"])
    assert "no rma" not in await shown(browser)
    form = {"csrf": await browser.token(PAGE)}
    assert (await browser.post(f"/console/messages/{message}/redrive", form)).status == 403


@pytest.mark.parametrize("name", ["test", "enable", "replay", "remove"])
async def test_nothing_of_others_is_touched_and_nothing_without_the_forms_token(
    browser: Browser, house: House, name: str
) -> None:
    mine, since = await endpoint(house), {"since": "2026-01-01T00:00"}
    await browser.sign_in()
    assert (await browser.post(f"/console/endpoints/{mine}/{name}", since)).status == 403
    await browser.sign_in(house.theirs.key)
    form = {"csrf": await browser.token(PAGE), **since}
    assert (await browser.post(f"/console/endpoints/{mine}/{name}", form)).status == 404
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        assert (await tx.endpoints.get(mine)).enabled
    assert (await house.mine.get("/v1/deliveries"))["data"] == []
