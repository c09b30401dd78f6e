"""The whole way of a return that is applied for, by the API alone, with a carrier that is there; on both stores.

    application with contract and invoice -> checked -> handed in -> customs relief confirmed -> dry run -> approved -> booked
    -> delivered, which offers it -> reminder -> accepted with a photograph -> evidence pack -> customs papers

Read it as an example: every step is one request, as any caller of the API would make it.
"""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from pypdf import PdfReader

from gateway.demo.props import STEPS, photograph
from gateway.journeys import settling_in
from gateway.running import working
from gateway.web.app import SERVER, build_app
from tests.house.clock import MovableClock
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.web.doors import ITEM, Api, a_return

Json = dict[str, Any]
CONTRACT, INVOICE = b"%PDF-1.7 the contract", b"%PDF-1.7 the invoice"


@pytest.fixture
async def api(settled: Settled) -> AsyncIterator[Api]:
    """The doors of the house that has moved in, and a key for them; its jobs are run meanwhile."""
    server = TestServer(build_app(settled.gateway))
    await server.start_server(**SERVER)
    key = await settling_in.add_key(settled.gateway, settled.exporter, "all")
    async with TestClient(server) as client, working(settled.gateway):
        yield Api(client, key, settled.exporter)


async def upload(api: Api, content: bytes) -> str:
    answer = await api.ask("POST", "/v1/documents", data=content)
    return str((await answer.json())["document_id"])


async def apply(api: Api, today: datetime) -> Json:
    """Terms, papers, the check, and the application itself."""
    terms = {
        "name": "Maison Exemple 2026",
        "seller": "Linden",
        "buyer": "Maison Exemple",
        "valid_from": "2026-01-01",
        "zone": "Europe/Paris",
        "period": {"amount": 14, "unit": "calendar_days", "starts": "delivery", "clause": "7.1"},
        "quality": {"reasons": ["defective"], "clause": "7.2"},
        "packaging": {"allowed": ["original_intact", "original_opened"], "clause": "7.3"},
        "costs": [{"cost": cost, "bearer": "seller"} for cost in ("freight", "insurance", "duty", "handling")],
    }
    agreed = await api.post("/v1/terms", terms, 201)
    papers = [
        {"kind": "sales_contract", "document_id": await upload(api, CONTRACT)},
        {"kind": "commercial_invoice", "document_id": await upload(api, INVOICE)},
    ]
    body = a_return(
        rma_number="R-1001",
        external_id="A-1",
        outbound_waybill="OUT-1",
        items=[ITEM | {"reason": "defective", "origin": "CN"}],
        terms_id=agreed["id"],
        delivered_on=(today - timedelta(days=6)).date().isoformat(),
        packaging="original_opened",
        papers=papers,
    )
    check = await api.post("/v1/applications:check", body)
    assert check["fits"] is True
    made: Json = await api.post("/v1/applications", body, 201)
    assert made["state"] == "submitted"
    return made


async def confirm_customs(api: Api, return_id: str, today: datetime) -> None:
    """What is known of the export, and a person's word that the relief is to be used."""
    facts = {
        "supervision": "9610",
        "declaration_number": "310120260000000001",
        "declared_on": (today - timedelta(days=30)).date().isoformat(),
        "exported_on": (today - timedelta(days=29)).date().isoformat(),
        "why": "returned",
        "state": "tried",
        "refund": "never",
        "food": False,
    }
    await api.post(f"/v1/returns/{return_id}/customs", {"facts": facts})
    confirmed = await api.post(f"/v1/returns/{return_id}/customs/confirm", {"regime": "cn_2026_16"})
    assert confirmed["deadline"]["state"] == "running"


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


async def accept(api: Api, case: Json, clock: MovableClock) -> None:
    image = await upload(api, photograph())
    said = {
        "decision": "accept_with_reservation",
        "decided_at": clock().isoformat(),
        "decided_by": "李娜",
        "reservation": "左袖口磨损",
        "inspections": [{"line_id": "1", "quantity": 1, "condition": "defective", "packaging": "original_opened"}],
        "evidence": [{"document_id": image}],
    }
    made = await api.post(f"/v1/returns/{case['id']}/acceptances", said, 201)
    assert made["late_by_seconds"] == 0


async def packed(api: Api, path: str) -> dict[str, str]:
    """The PDFs of a pack, as text."""
    answer = await api.ask("GET", path)
    assert answer.status == 200, await answer.text()
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as opened:
        pdfs = {name: opened.read(name) for name in opened.namelist() if name.endswith(".pdf") and "/" not in name}
    return {
        name: "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages) for name, pdf in pdfs.items()
    }


async def test_from_the_application_to_the_papers(api: Api, settled: Settled, clock: MovableClock) -> None:
    made = await apply(api, clock())
    return_id = made["return_id"]
    await confirm_customs(api, return_id, clock())
    assert (await api.get("/v1/returns/ext:A-1"))["shipments"] == []
    dry = await api.post("/v1/returns:validate", {"return_id": return_id})
    assert (dry["bookable"], dry["way"]["channel_id"]) == (True, settled.channel)
    assert {one["clock"] for one in dry["deadlines"]} == {"hand_over", "acceptance", "customs"}
    assert dry["price"]["available"] is (settled.carrier == "rest")
    assert (await api.post(f"/v1/applications/{made['id']}/approve"))["state"] == "approved"
    case = await until(api, lambda case: case["shipments"] and case["shipments"][0]["waybill"])
    case = await travel(api, settled, clock, case["shipments"][0]["waybill"])
    assert clock_of(case, "hand_over")["state"] == clock_of(case, "customs")["state"] == "met"
    offered = clock_of(case, "acceptance")
    begins, ends = (datetime.fromisoformat(offered[name]) for name in ("start_at", "due_by"))
    clock.advance((ends - begins) * 0.55)
    case = await until(api, lambda case: clock_of(case, "acceptance")["fired"])
    await accept(api, case, clock)
    evidence = await packed(api, f"/v1/returns/{return_id}/evidence?lang=zh")
    assert "左袖口磨损" in evidence["acceptance.pdf"]
    papers = await packed(api, f"/v1/returns/{return_id}/customs/papers?lang=en")
    assert set(papers) == {"commercial-invoice.pdf", "reason-statement.pdf", "same-state-statement.pdf"}
    kinds = [one["kind"] for one in (await api.get(f"/v1/returns/{return_id}/timeline"))["moments"]]
    told = ["application.submitted", "customs.confirmed", "application.approved", "shipment.planned", "booking.live"]
    told += ["deadline.started.acceptance", "deadline.fired.warn-50", "acceptance.recorded"]
    assert [kind for kind in kinds if kind in told] == told
