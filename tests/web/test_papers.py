"""Files, addresses to call, acceptances, deadlines and invoices: bad-inputs.md B73, B74, B77, B78 and what should pass."""

import hashlib
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.rules import deadlines
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit
from tests.web.doors import House, OpenHouse, a_return

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64
KNOWN = {
    "image/jpeg": JPEG,
    "image/png": b"\x89PNG\r\n\x1a\n" + b"\x00" * 16,
    "application/pdf": b"%PDF-1.7\n",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic",
}
FIXTURES = Path(__file__).parents[2] / "fixtures" / "invoices" / "sandbox_csv"


@pytest.mark.parametrize(("media", "content"), KNOWN.items())
async def test_a_files_type_is_its_bytes_and_it_comes_back_as_an_attachment(
    house: House, media: str, content: bytes
) -> None:
    answer = await house.mine.ask("POST", "/v1/documents", data=content, headers={"Content-Type": "text/html"})
    said = await answer.json()
    assert (answer.status, said["media_type"], said["sha256"]) == (201, media, hashlib.sha256(content).hexdigest())
    got = await house.mine.ask("GET", answer.headers["Location"])
    assert await got.read() == content
    assert got.headers["Content-Type"] == media
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]


@pytest.mark.parametrize("content", [b"", b"<html><script>", b"GIF89a", b"RIFF", b"%PD", b"MZ"])
async def test_a_file_of_no_known_type_is_not_taken(house: House, content: bytes) -> None:
    answer = await house.mine.ask("POST", "/v1/documents", data=content, headers={"Content-Type": "image/jpeg"})
    assert answer.status == 415


async def test_a_file_over_the_limit(open_house: OpenHouse) -> None:
    house = await open_house(document_limit=1000)
    answer = await house.mine.ask("POST", "/v1/documents", data=io.BytesIO(JPEG + b"\x00" * 1000))
    assert answer.status == 413


async def test_b77_and_b78_a_label_that_is_html_is_never_served_as_html(house: House) -> None:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        document_id = await tx.documents.keep("label", "text/html", b"<html>no</html>", name="../../etc/x\x01.html")
    got = await house.mine.ask("GET", f"/v1/documents/{document_id}")
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"] == f'attachment; filename="{document_id}.bin"'


BAD_URLS = [
    "http://example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "https://u:p@example.com/",
    "https://example.com:22/",
    "https://example.com:6379/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest",
    "https://[::1]/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://127.1/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://example.com/#part",
    "https://",
    "not a url",
    "https://exa mple.com/",
]


@pytest.mark.parametrize("url", BAD_URLS)
async def test_b73_and_b74_an_address_that_must_not_be_called(house: House, url: str) -> None:
    said = await house.mine.post("/v1/webhook_endpoints", {"url": url}, 422)
    assert [(error["pointer"], error["code"]) for error in said["errors"]] == [("/url", "url")]
    assert (await house.mine.get("/v1/webhook_endpoints"))["data"] == []


async def test_an_endpoints_secret_is_shown_once_and_replayed_to_its_key_only(house: House) -> None:
    body = {"url": "https://example.com/hook", "kinds": ["booking.confirmed"]}
    made = await house.mine.post("/v1/webhook_endpoints", body, 201, idempotent="k-1")
    assert made["secret"].startswith("whsec_")
    assert await house.mine.post("/v1/webhook_endpoints", body, 201, idempotent="k-1") == made
    shown = await house.mine.get(f"/v1/webhook_endpoints/{made['id']}")
    assert "secret" not in shown
    raw = (house.gw.settings.data / "homeward.db").read_bytes() + (
        house.gw.settings.data / "homeward.db-wal"
    ).read_bytes()
    assert made["secret"].encode() not in raw


async def test_an_endpoint_is_tested_and_removed(house: House) -> None:
    made = await house.mine.post("/v1/webhook_endpoints", {"url": "https://example.com/hook"}, 201)
    other = await house.mine.post("/v1/webhook_endpoints", {"url": "https://example.org/hook"}, 201)
    told = await house.mine.post(f"/v1/webhook_endpoints/{made['id']}/test", status=202)
    assert (told["kind"], told["target_id"], told["state"]) == ("endpoint.test", made["id"], "waiting")
    assert [job.id for job in await house.gw.store.due("deliver")] == [told["id"]]
    assert (await house.mine.ask("DELETE", f"/v1/webhook_endpoints/{made['id']}")).status == 204
    await house.mine.get(f"/v1/webhook_endpoints/{made['id']}", 404)
    assert (await house.mine.ask("DELETE", f"/v1/webhook_endpoints/{made['id']}")).status == 404
    assert [row["id"] for row in (await house.mine.get("/v1/webhook_endpoints"))["data"]] == [other["id"]]
    await house.mine.post("/v1/returns", a_return(), 201)
    targets = {row["target_id"] for row in (await house.mine.get("/v1/deliveries?state=waiting"))["data"]}
    assert targets == {made["id"], other["id"]}  # the test, and what the other one is told


async def test_a_dead_delivery_is_sent_again(house: House) -> None:
    made = await house.mine.post("/v1/webhook_endpoints", {"url": "https://example.com/hook"}, 201)
    told = await house.mine.post(f"/v1/webhook_endpoints/{made['id']}/test", status=202)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.deliveries.set(told["id"], state="dead", due_at=None)
    assert await house.gw.store.due("deliver") == []
    again = await house.mine.post(f"/v1/deliveries/{told['id']}/resend", status=202)
    assert again["state"] == "waiting"
    assert [job.id for job in await house.gw.store.due("deliver")] == [told["id"]]


async def test_an_endpoint_that_is_off_is_turned_on_and_told_what_it_missed(house: House) -> None:
    made = await house.mine.post("/v1/webhook_endpoints", {"url": "https://example.com/hook"}, 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.endpoints.set(made["id"], enabled=False, disabled_because="gone, or failing for five days")
        since = tx.now - timedelta(minutes=1)
    await house.mine.post("/v1/returns", a_return(), 201)
    path, span = (
        f"/v1/webhook_endpoints/{made['id']}",
        {"since": since.isoformat(), "until": (since + timedelta(hours=1)).isoformat()},
    )
    assert (await house.mine.get("/v1/deliveries"))["data"] == []
    assert (await house.mine.post(f"{path}/replay", span, 409))["state"] == "disabled"
    on = await house.mine.post(f"{path}/enable", status=200)
    assert (on["enabled"], on["disabled_because"]) == (True, None)
    told = await house.mine.post(f"{path}/replay", span, 202)
    waiting = (await house.mine.get("/v1/deliveries?state=waiting"))["data"]
    assert told == {"endpoint_id": made["id"], "notices": len(waiting)}
    assert waiting
    assert {row["target_id"] for row in waiting} == {made["id"]}
    assert (await house.mine.ask("DELETE", path)).status == 204
    await house.mine.post(f"{path}/enable", status=404)


async def delivered(house: House) -> dict[str, Any]:
    made: dict[str, Any] = await house.mine.post("/v1/returns", a_return(), 201)
    policy = DeadlinePolicy(clock=Clock.ACCEPTANCE, amount=5, unit=LimitUnit.CALENDAR_DAYS, because="contract 4.2")
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.returns.set(made["id"], status="delivered")
        terms = deadlines.start(policy, tx.now, "Asia/Shanghai")
        await tx.deadlines.add(
            return_id=made["id"],
            shipment_id=None,
            clock="acceptance",
            subject_id=made["id"],
            state="running",
            terms=terms,
            due_by=terms.due_by,
            fired=[],
            history=[],
            created_at=tx.now,
        )
    return made


def decision(**changed: Any) -> dict[str, Any]:
    inspection = {"line_id": "1", "quantity": 1, "condition": "used", "packaging": "original_opened"}
    said = {
        "decision": "accept_with_reservation",
        "decided_at": "2026-03-02T09:20:00Z",
        "decided_by": "Li Na",
        "reservation": "scratched,\nleft side",
    }
    return {**said, "inspections": [inspection], **changed}


async def test_an_acceptance_with_its_evidence_meets_the_deadline(house: House) -> None:
    made = await delivered(house)
    answer = await house.mine.ask("POST", "/v1/documents", data=JPEG, params={"return_id": made["id"]})
    document = await answer.json()
    path = f"/v1/returns/{made['id']}/acceptances"
    told = await house.mine.post(path, decision(evidence=[{"document_id": document["document_id"]}]), 201)
    assert (told["version"], told["late_by_seconds"]) == (1, 0)
    assert told["record"]["evidence"][0]["sha256"] == document["sha256"]
    again = await house.mine.post(path, decision(decision="accept"), 201)
    assert again["version"] == 2
    assert [one["version"] for one in (await house.mine.get(path))["data"]] == [1, 2]
    (deadline,) = (await house.mine.get("/v1/deadlines"))["data"]
    assert deadline["state"] == "met"


WRONG_DECISIONS = {
    "not before it moves": ({}, 409),
    "another line": (
        {"inspections": [{"line_id": "9", "quantity": 1, "condition": "new", "packaging": "missing"}]},
        409,
    ),
    "another file than it was": ({"evidence": [{"document_id": "DOC", "sha256": "0" * 64}]}, 409),
    "no such file": ({"evidence": [{"document_id": "doc_" + "0" * 26}]}, 404),
    "in the future": ({"decided_at": "2026-03-02T09:50:00Z"}, 409),
    "no such decision": ({"decision": "keep"}, 422),
    "more time is asked of the deadline": ({"decision": "extend"}, 422),
    "a reservation without words": ({"reservation": None}, 422),
    "a reservation of blanks": ({"reservation": " \n"}, 422),
    "a part of nothing": ({"decision": "part", "inspections": []}, 422),
    "a part of no units": (
        {
            "decision": "part",
            "inspections": [{"line_id": "1", "quantity": 0, "condition": "new", "packaging": "missing"}],
        },
        422,
    ),
    "less than nothing": ({"deduction": {"amount": "-1.00", "currency": "EUR"}}, 422),
}


@pytest.mark.parametrize(("changed", "status"), WRONG_DECISIONS.values(), ids=WRONG_DECISIONS)
async def test_a_wrong_acceptance_changes_nothing(house: House, changed: dict[str, Any], status: int) -> None:
    made = await delivered(house)
    if not changed:
        async with house.gw.store.transaction(house.mine.exporter_id) as tx:
            await tx.returns.set(made["id"], status="approved")
    for one in changed.get("evidence", []):
        if one["document_id"] == "DOC":
            one["document_id"] = (await (await house.mine.ask("POST", "/v1/documents", data=JPEG)).json())[
                "document_id"
            ]
    path = f"/v1/returns/{made['id']}/acceptances"
    await house.mine.post(path, decision(**changed), status)
    assert (await house.mine.get(path))["data"] == []


async def test_deadlines_say_what_is_left_and_why(house: House) -> None:
    made = await delivered(house)
    (told,) = (await house.mine.get("/v1/deadlines?state=running&due_before=2026-04-01T00:00:00Z"))["data"]
    assert (told["return_id"], told["because"], told["zone"]) == (made["id"], "contract 4.2", "Asia/Shanghai")
    assert 4 * 86_400 < told["seconds_left"] < 6 * 86_400
    assert (await house.mine.get("/v1/deadlines?due_before=2026-03-03T00:00:00Z"))["data"] == []
    await house.mine.get("/v1/deadlines?due_before=2026-02-30T00:00:00Z", 400)


async def test_an_invoice_file_is_imported_once(house: House) -> None:
    content = next(iter(sorted(FIXTURES.glob("*/document.csv")))).read_bytes()
    first = await house.mine.ask("POST", "/v1/invoices", data=content)
    told = await first.json()
    assert first.status == 202, told
    assert told["invoice_ids"]
    again = await (await house.mine.ask("POST", "/v1/invoices", data=content)).json()
    assert (again["invoice_ids"], again["known"]) == ([], told["invoice_ids"])
    shown = await house.mine.get(f"/v1/invoices/{told['invoice_ids'][0]}")
    assert shown["lines"]
    assert {row["id"] for row in (await house.mine.get("/v1/invoices"))["data"]} == set(told["invoice_ids"])


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 100])
async def test_a_file_that_is_no_invoice(house: House, content: bytes) -> None:
    answer = await house.mine.ask("POST", "/v1/invoices", data=content)
    assert answer.status == 422
    assert (await house.mine.get("/v1/invoices"))["data"] == []


async def test_an_invoice_format_that_nobody_reads(house: House) -> None:
    answer = await house.mine.ask("POST", "/v1/invoices", data=b"x", params={"format": "nobody"})
    assert answer.status in (404, 422)


async def test_a_task_is_done_once(house: House) -> None:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.tasks.ask("orphan", "cause", "detail")
    (task,) = (await house.mine.get("/v1/tasks"))["data"]
    done = await house.mine.post(f"/v1/tasks/{task['id']}/done")
    assert done["done_by"].startswith("exporter:key_")
    await house.mine.post(f"/v1/tasks/{task['id']}/done", status=409)
    assert (await house.mine.get("/v1/tasks"))["data"] == []
    assert [row["id"] for row in (await house.mine.get("/v1/tasks?state=done"))["data"]] == [task["id"]]
