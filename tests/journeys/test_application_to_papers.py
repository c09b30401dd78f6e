"""The whole way of a return that is applied for, by the API alone, with a carrier that is there; on both stores.

Every request is read from `docs/from-application-to-papers.md`, so that the page is true.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from gateway.demo.props import STEPS, photograph
from tests.house.clock import MovableClock
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.journeys.script import Script
from tests.web.doors import Api

Json = dict[str, Any]
PAGE = Path(__file__).parents[2] / "docs" / "from-application-to-papers.md"
CONTRACT, INVOICE = b"%PDF-1.7 the contract", b"%PDF-1.7 the invoice"


@pytest.fixture
def script() -> Script:
    return Script(PAGE)


async def step(api: Api, script: Script, name: str, status: int = 200, body: Any = None) -> Json:
    """One request as the page has it."""
    said = body if body is not None else script.body(name)
    content = {} if said is None else {"json": said}
    answer = await api.ask(script.method(name), script.path(name), **content)
    told: Json = await answer.json()
    assert answer.status == status, told
    return told


async def upload(api: Api, script: Script, content: bytes) -> str:
    answer = await api.ask("POST", script.path("paper"), data=content)
    return str((await answer.json())["document_id"])


async def apply(api: Api, script: Script) -> Json:
    """Terms, papers, the check, and the application itself."""
    script.known["terms"] = (await step(api, script, "terms", 201))["id"]
    script.known["contract"] = await upload(api, script, CONTRACT)
    script.known["invoice"] = await upload(api, script, INVOICE)
    check = await step(api, script, "check")
    assert check["fits"] is True
    made = await step(api, script, "apply", 201, script.body("check"))
    assert made["state"] == "submitted"
    script.known |= {"application": made["id"], "return_id": made["return_id"]}
    return made


async def confirm_customs(api: Api, script: Script) -> None:
    """What is known of the export, and a person's word that the relief is to be used."""
    await step(api, script, "facts")
    assert (await step(api, script, "relief"))["deadline"]["state"] == "running"


async def until(api: Api, done: Callable[[Json], Any]) -> Json:
    """The return, once something is true of it."""

    async def look() -> Json | None:
        case: Json = await api.get("/v1/returns/ext:A-1")
        return case if done(case) else None

    return await eventually(look, within=30.0, every=0.05) or {}


def clock_of(case: Json, name: str) -> Json:
    return next((one for one in case["deadlines"] if one["clock"] == name), {"fired": [], "state": None})


async def travel(api: Api, settled: Settled, clock: MovableClock, waybill: str) -> Json:
    """The carrier scans it all the way to the designated channel."""
    await settled.bench.tell(
        "journey", waybill=waybill, start_at=clock().isoformat(), every_hours=0.01, steps=list(STEPS)
    )
    clock.advance(timedelta(minutes=5))
    await api.post(f"/v1/trackings/{waybill}/refresh", status=202)
    return await until(api, lambda case: case["status"] == "delivered" and clock_of(case, "acceptance")["state"])


async def accept(api: Api, script: Script, clock: MovableClock) -> None:
    script.known |= {"photograph": await upload(api, script, photograph()), "now": clock().isoformat()}
    assert (await step(api, script, "accept", 201))["late_by_seconds"] == 0


async def packed(api: Api, script: Script, name: str) -> dict[str, str]:
    """The PDFs of a pack, as text."""
    answer = await api.ask("GET", script.path(name))
    assert answer.status == 200, await answer.text()
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as opened:
        pdfs = {name: opened.read(name) for name in opened.namelist() if name.endswith(".pdf") and "/" not in name}
    return {
        name: "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages) for name, pdf in pdfs.items()
    }


async def test_from_the_application_to_the_papers(
    api: Api, settled: Settled, clock: MovableClock, script: Script
) -> None:
    days = {"delivered_on": 6, "declared_on": 30, "exported_on": 29}
    script.known |= {name: (clock() - timedelta(days=ago)).date().isoformat() for name, ago in days.items()}
    await apply(api, script)
    await confirm_customs(api, script)
    assert (await step(api, script, "follow"))["shipments"] == []
    dry = await step(api, script, "try")
    assert (dry["bookable"], dry["way"]["channel_id"]) == (True, settled.channel)
    assert {one["clock"] for one in dry["deadlines"]} == {"hand_over", "acceptance", "customs"}
    assert dry["price"]["available"] is (settled.carrier == "rest")
    assert (await step(api, script, "approve"))["state"] == "approved"
    case = await until(api, lambda case: case["shipments"] and case["shipments"][0]["waybill"])
    case = await travel(api, settled, clock, case["shipments"][0]["waybill"])
    assert clock_of(case, "hand_over")["state"] == clock_of(case, "customs")["state"] == "met"
    offered = clock_of(case, "acceptance")
    begins, ends = (datetime.fromisoformat(offered[name]) for name in ("start_at", "due_at"))
    clock.advance((ends - begins) * 0.55)
    await until(api, lambda case: clock_of(case, "acceptance")["fired"])
    await accept(api, script, clock)
    assert "左袖口磨损" in (await packed(api, script, "evidence"))["acceptance.pdf"]
    papers = await packed(api, script, "customs")
    assert set(papers) == {"commercial-invoice.pdf", "reason-statement.pdf", "same-state-statement.pdf"}
    kinds = [one["kind"] for one in (await step(api, script, "timeline"))["moments"]]
    told = ["application.submitted", "customs.confirmed", "application.approved", "shipment.planned", "booking.live"]
    told += ["deadline.started.acceptance", "deadline.fired.warn-50", "acceptance.recorded"]
    assert [kind for kind in kinds if kind in told] == told
    assert set(script.sent) == set(script.steps)  # nothing on the page that was not tried
