"""Applications through the doors, on both stores: checked before they are handed in, decided by hand, on the timeline."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from tests.web.browser import Browser
from tests.web.doors import ITEM, ON_BOTH, House, a_return

pytestmark = ON_BOTH
PDF = b"%PDF-1.7\n"
TERMS: dict[str, Any] = {
    "name": "Maison Exemple 2026",
    "seller": "Silk Road",
    "buyer": "Maison Exemple",
    "valid_from": "2026-01-01",
    "zone": "Europe/Paris",
    "period": {"amount": 14, "unit": "calendar_days", "starts": "delivery", "clause": "7.1"},
    "quality": {"reasons": ["defective", "damaged"], "clause": "7.2"},
    "costs": [{"cost": "freight", "bearer": "seller"}],
}


async def upload(house: House, content: bytes) -> str:
    answer = await house.mine.ask("POST", "/v1/documents", data=content)
    assert answer.status == 201
    return str((await answer.json())["document_id"])


async def application(house: House, **changed: Any) -> dict[str, Any]:
    terms = await house.mine.post("/v1/terms", TERMS, 201)
    papers = [
        {"kind": kind, "document_id": await upload(house, PDF + kind.encode())}
        for kind in ("sales_contract", "commercial_invoice")
    ]
    said = {"terms_id": terms["id"], "delivered_on": "2026-02-20", "papers": papers}
    return a_return(items=[ITEM | {"reason": "defective"}], **{**said, **changed})


def verdicts(check: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["clause"]: (one["verdict"], one["because"]) for one in check["findings"] if one["clause"] != "costs"}


async def test_every_clause_is_told_before_and_nothing_is_written(house: House) -> None:
    check = await house.mine.post("/v1/applications:check", await application(house))
    assert check["fits"] is None
    assert verdicts(check) == {
        "validity": ("fits", "agreed"),
        "papers": ("fits", "complete"),
        "period": ("fits", "in_time"),
        "quality": ("fits", "agreed"),
        "packaging": ("cannot_tell", "clause_missing"),
    }
    (period,) = [one for one in check["findings"] if one["clause"] == "period"]
    # 14 days from 20 February in Paris; it is 10:30 there on 2 March
    assert (period["last_day"], period["due_at"], period["zone"]) == (
        "2026-03-06",
        "2026-03-06T23:00:00Z",
        "Europe/Paris",
    )
    assert period["seconds_left"] == 4 * 86_400 + int(13.5 * 3600)
    assert (await house.mine.get("/v1/applications"))["data"] == []
    assert (await house.mine.get("/v1/returns"))["data"] == []


async def test_what_does_not_fit_is_handed_in_only_in_spite_of_it(house: House) -> None:
    said = await application(house, delivered_on="2026-02-01", papers=[])
    assert (await house.mine.post("/v1/applications:check", said))["fits"] is False
    refused = await house.mine.post("/v1/applications", said, 409)
    assert (refused["state"], "papers, period" in refused["reason"]) == ("policy", True)
    assert (await house.mine.get("/v1/returns"))["data"] == []
    made = await house.mine.post("/v1/applications", said | {"despite": True}, 201)
    assert (made["state"], made["said"]["despite"], made["check"]["fits"]) == ("submitted", True, False)


async def test_terms_are_versions_that_never_change_and_an_application_keeps_its_own(house: House) -> None:
    made = await house.mine.post("/v1/applications", await application(house), 201)
    first = made["terms"]
    assert await house.mine.post("/v1/terms", TERMS, 201) == first
    house.clock.forward(timedelta(seconds=1))
    second = await house.mine.post("/v1/terms", TERMS | {"buyer": "Autre Maison"}, 201)
    assert (first["version"], second["version"]) == (1, 2)
    assert first["sha256"] != second["sha256"]
    kept = await house.mine.get(f"/v1/applications/{made['id']}")
    assert kept["terms"] == first
    shown = await house.mine.get(f"/v1/returns/{made['return_id']}")
    assert shown["application"] == {
        "id": made["id"],
        "state": "submitted",
        "terms_id": first["id"],
        "terms_sha256": first["sha256"],
    }
    assert [row["version"] for row in (await house.mine.get("/v1/terms"))["data"]] == [2, 1]


async def test_an_approval_opens_the_return_as_a_platforms_would(house: House) -> None:
    made = await house.mine.post("/v1/applications", await application(house, external_id="A-1"), 201)
    before = await house.mine.get("/v1/returns/ext:A-1")
    assert (before["status"], before["shipments"]) == ("requested", [])
    assert {one["kind"] for one in before["tasks"]} == {"review_application"}
    await house.mine.post("/v1/bookings", {"return_id": made["return_id"]}, 409)
    done = await house.mine.post(f"/v1/applications/{made['id']}/approve")
    assert done["state"] == "approved"
    after = await house.mine.get("/v1/returns/ext:A-1")
    assert (after["status"], [one["state"] for one in after["shipments"]]) == ("approved", ["requested"])
    assert after["tasks"] == []
    kinds = [one["kind"] for one in (await house.mine.get("/v1/returns/ext:A-1/timeline"))["moments"]]
    told = ["return.opened", "application.submitted", "application.approved", "return.amended", "shipment.planned"]
    assert [kind for kind in kinds if kind in told] == told
    assert kinds.count("document.paper") == 2
    for act in ("approve", "withdraw"):
        again = await house.mine.post(f"/v1/applications/{made['id']}/{act}", status=409)
        assert again["state"] == "approved"


async def test_papers_are_asked_for_and_come_and_it_is_checked_anew(house: House) -> None:
    said = await application(house)
    made = await house.mine.post("/v1/applications", said | {"papers": said["papers"][:1], "despite": True}, 201)
    path = f"/v1/applications/{made['id']}"
    await house.mine.post(f"{path}/ask_papers", {"reason": ""}, 422)
    asked = await house.mine.post(f"{path}/ask_papers", {"reason": "the invoice, please"})
    assert (asked["state"], asked["reason"], asked["decided_at"]) == ("papers_asked", "the invoice, please", None)
    assert (await house.mine.get("/v1/tasks"))["data"] == []
    added = await house.mine.post(f"{path}/papers", {"papers": said["papers"]})
    assert (added["state"], len(added["said"]["papers"])) == ("submitted", 2)
    assert verdicts(added["check"])["papers"] == ("fits", "complete")
    (task,) = (await house.mine.get("/v1/tasks"))["data"]
    assert (task["kind"], task["return_id"]) == ("review_application", made["return_id"])
    (listed,) = (await house.mine.get("/v1/applications?state=submitted"))["data"]
    assert listed["id"] == made["id"]
    assert (await house.mine.get("/v1/applications?state=approved"))["data"] == []


@pytest.mark.parametrize("way", ["reject", "withdraw", "cancel the return"])
async def test_what_is_not_approved_ends_its_return(house: House, way: str) -> None:
    made = await house.mine.post("/v1/applications", await application(house), 201)
    path = f"/v1/applications/{made['id']}"
    if way == "reject":
        done = await house.mine.post(f"{path}/reject", {"reason": "worn for weeks"})
        assert (done["state"], done["reason"]) == ("rejected", "worn for weeks")
    elif way == "withdraw":
        await house.mine.post(f"{path}/withdraw")
    else:
        await house.mine.post(f"/v1/returns/{made['return_id']}/cancel", status=202)
    state, status = ("rejected", "declined") if way == "reject" else ("withdrawn", "cancelled")
    assert (await house.mine.get(path))["state"] == state
    shown = await house.mine.get(f"/v1/returns/{made['return_id']}")
    assert (shown["status"], shown["shipments"], shown["tasks"]) == (status, [], [])


async def test_each_step_is_told_once(house: House) -> None:
    await house.mine.post("/v1/webhook_endpoints", {"url": "https://example.com/hook"}, 201)
    made = await house.mine.post("/v1/applications", await application(house), 201)
    for _ in range(2):
        await house.mine.post(f"/v1/applications/{made['id']}/ask_papers", {"reason": "more"})
    await house.mine.post(f"/v1/applications/{made['id']}/approve")
    kinds = sorted(row["kind"] for row in (await house.mine.get("/v1/deliveries"))["data"])
    assert kinds == ["application.approved", "application.papers_asked", "application.submitted", "return.approved"]


async def test_a_paper_is_its_bytes_and_not_what_it_is_called(house: House) -> None:
    said = await application(house)
    said["papers"][0]["sha256"] = hashlib.sha256(b"another").hexdigest()
    await house.mine.post("/v1/applications", said, 409)
    said["papers"][0]["document_id"] = f"doc_{'0' * 26}"
    await house.mine.post("/v1/applications:check", said, 404)
    theirs = await house.theirs.ask("POST", "/v1/documents", data=PDF)
    said["papers"][0] = {"kind": "sales_contract", "document_id": (await theirs.json())["document_id"]}
    await house.mine.post("/v1/applications", said, 404)


async def test_who_applies_does_not_decide(house: House) -> None:
    made = await house.mine.post("/v1/applications", await application(house), 201)
    applicant = await house.key("returns")
    for act in ("approve", "reject", "ask_papers"):
        await applicant.post(f"/v1/applications/{made['id']}/{act}", {"reason": "x"}, 403)
    await applicant.post("/v1/terms", TERMS, 403)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Against what was agreed", "cannot tell", "the terms have no such clause", "Sales contract")),
    ("zh", ("与约定条款核对", "无法判断", "条款中没有此项约定", "销售合同")),
])  # fmt: skip
async def test_the_console_shows_every_clause_and_takes_the_decision(
    house: House, inside: Browser, language: str, words: tuple[str, ...]
) -> None:
    made = await house.mine.post("/v1/applications", await application(house, rma_number="R-9"), 201)
    page = f"/console/applications/{made['id']}"
    listed = await (await inside.get(f"/console/applications?lang={language}")).text()
    assert page in listed
    assert "R-9" in listed
    shown = await (await inside.get(f"{page}?lang={language}")).text()
    assert all(word in shown for word in words)
    token = await inside.token(page)
    assert (await inside.post(f"{page}/approve", {})).status == 403
    for reason in ("", " ", "a\x00b", "x" * 4001):
        assert (await inside.post(f"{page}/reject", {"csrf": token, "reason": reason})).status == 422
    asked = await inside.post(f"{page}/ask_papers", {"csrf": token, "reason": "photographs\r\nof the seam"})
    assert (asked.status, asked.headers["Location"]) == (303, page)
    assert "of the seam" in await (await inside.get(page)).text()
    assert (await inside.post(f"{page}/approve", {"csrf": token})).status == 303
    assert (await inside.post(f"{page}/withdraw", {"csrf": token})).status == 409
    assert (await house.mine.get(f"/v1/applications/{made['id']}"))["state"] == "approved"
    assert page in await (await inside.get(f"/console/returns/{made['return_id']}")).text()
    assert (await inside.get("/console/applications/app_none")).status == 404
