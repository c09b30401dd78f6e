"""Applications at a platform that decides on them, on both stores, with a shop that is there: handed in once a version."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.platforms.sandbox import ADAPTER
from schemas.applying import ApplicationReceipt, ApplicationRequest
from schemas.errors import OutcomeUnknown
from tests.house.clock import MovableClock
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.web.doors import ITEM, Api, a_return

Json = dict[str, Any]
pytestmark = pytest.mark.parametrize("carrier_kind", ["rest"])  # no carrier is asked before it is approved


async def upload(api: Api, content: bytes) -> str:
    return str((await (await api.ask("POST", "/v1/documents", data=content)).json())["document_id"])


async def paper(api: Api, kind: str) -> Json:
    return {"kind": kind, "document_id": await upload(api, b"%PDF-1.7 " + kind.encode())}


async def apply(api: Api, settled: Settled, **changed: Any) -> Json:
    body = a_return(
        external_id="A-1",
        rma_id="mine-1",
        source_id=settled.source,
        items=[ITEM | {"reason": "defective"}],
        papers=[await paper(api, "sales_contract")],
        despite=True,
        **changed,
    )
    made: Json = await api.post("/v1/applications", body, 201)
    return made


async def until(api: Api, made: Json, **wanted: Any) -> Json:
    """The application, once it stands so; `handed` is the state of its last handing in."""

    async def look() -> Json | None:
        one: Json = await api.get(f"/v1/applications/{made['id']}")
        stands = {**one, "handed": one["handed_in"]["state"], "version": one["handed_in"]["version"]}
        return one if {name: stands[name] for name in wanted} == wanted else None

    return await eventually(look, within=15.0) or {}


async def applied(settled: Settled) -> list[Json]:
    """What the shop was handed, in order."""
    entries: list[Json] = (await settled.bench.ask("ledger?kind=applied"))["entries"]
    return entries


async def decide(settled: Settled, rma_id: str, **said: Any) -> None:
    """The shop says what it thinks of it, by its own webhook."""
    later = settled.gateway.clock().isoformat()
    await settled.bench.tell("platform/shop/returns", **{"return": {"id": rma_id, "updated_at": later, **said}})


async def kinds_of(api: Api) -> list[str]:
    return [one["kind"] for one in (await api.get("/v1/returns/ext:A-1/timeline"))["moments"]]


async def test_it_is_handed_in_asked_for_papers_and_approved_there(api: Api, settled: Settled) -> None:
    made = await apply(api, settled)
    await until(api, made, handed="live")
    rma_id = (await api.get("/v1/returns/ext:A-1"))["authorization"]["rma_id"]
    assert [one["rma"] for one in await applied(settled)] == [rma_id]
    assert (await api.get("/v1/tasks"))["data"] == []
    for act in ("approve", "reject", "ask_papers"):  # the platform has it: nobody else decides
        body = None if act == "approve" else {"reason": "x"}
        refused = await api.post(f"/v1/applications/{made['id']}/{act}", body, 409)
        assert refused["state"] == "with_platform"
    await decide(settled, rma_id, papers_asked="the invoice, please")
    asked = await until(api, made, state="papers_asked")
    assert asked["reason"] == "the invoice, please"
    (task,) = (await api.get("/v1/tasks"))["data"]
    assert task["kind"] == "papers_asked"
    more = await paper(api, "commercial_invoice")
    await api.post(f"/v1/applications/{made['id']}/papers", {"papers": [more]})
    await until(api, made, handed="live", version=2)
    assert [len(one["papers"]) for one in await applied(settled)] == [1, 2]
    assert (await api.get("/v1/tasks"))["data"] == []
    await decide(settled, rma_id, status="approved")
    done = await until(api, made, state="approved")
    assert done["decided_by"] == "platform:sandbox"
    case = await eventually(lambda: with_waybill(api), within=15.0)
    assert case is not None
    assert case["authorization"]["returner"]["name"] == "Camille Martin"  # the shop told none: what we said stands
    told = ["application.submitted", "application.sending", "application.live", "application.papers_asked"]
    told += ["application.papers_added", "application.approved", "booking.live"]
    assert list(dict.fromkeys(kind for kind in await kinds_of(api) if kind in told)) == told


async def with_waybill(api: Api) -> Json | None:
    case: Json = await api.get("/v1/returns/ext:A-1")
    return case if case["shipments"] and case["shipments"][0]["waybill"] else None


async def test_what_it_refuses_is_decided_by_hand(api: Api, settled: Settled) -> None:
    made = await apply(api, settled, order_number="UNKNOWN-9")
    refused = await until(api, made, handed="refused")
    assert (refused["state"], refused["handed_in"]["wire_code"]) == ("submitted", "order_unknown")
    (task,) = (await api.get("/v1/tasks"))["data"]
    assert task["kind"] == "review_application"
    assert (await api.post(f"/v1/applications/{made['id']}/approve"))["state"] == "approved"


@pytest.mark.parametrize(("word", "state"), [("declined", "rejected"), ("cancelled", "withdrawn")])
async def test_the_platforms_no_is_followed(api: Api, settled: Settled, word: str, state: str) -> None:
    made = await apply(api, settled)
    await until(api, made, handed="live")
    rma_id = (await api.get("/v1/returns/ext:A-1"))["authorization"]["rma_id"]
    await decide(settled, rma_id, status=word, note="worn for weeks")
    done = await until(api, made, state=state)
    assert done["reason"] == ("worn for weeks" if state == "rejected" else None)


async def test_what_is_taken_back_is_told_there(api: Api, settled: Settled) -> None:
    made = await apply(api, settled)
    await until(api, made, handed="live")
    await api.post(f"/v1/applications/{made['id']}/withdraw")
    await until(api, made, state="withdrawn", handed="live", version=2)
    assert [one["withdrawn"] for one in await applied(settled)] == [False, True]


async def test_a_lost_reply_is_asked_again_under_the_same_name(
    api: Api, settled: Settled, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what changed meanwhile goes after it, not beside it."""
    whole, lost = ADAPTER.give_application, []

    async def losing(self: Any, request: ApplicationRequest) -> ApplicationReceipt:
        receipt = await whole(self, request)
        if not lost:
            lost.append(request)
            raise OutcomeUnknown("no whole reply")
        return receipt

    monkeypatch.setattr(ADAPTER, "give_application", losing)
    made = await apply(api, settled)
    await until(api, made, handed="unknown")
    await api.post(f"/v1/applications/{made['id']}/papers", {"papers": [await paper(api, "correspondence")]})
    assert (await api.get(f"/v1/applications/{made['id']}"))["handed_in"]["version"] == 1
    clock.advance(timedelta(seconds=30))
    await until(api, made, handed="live", version=2)
    handed = await applied(settled)
    assert len({one["rma"] for one in handed}) == 1
    assert [len(one["papers"]) for one in handed] == [1, 1, 2]


async def test_a_shop_whose_platform_decides_nothing_leaves_it_to_us(api: Api, settled: Settled) -> None:
    async with settled.gateway.store.transaction(settled.exporter) as tx:
        await tx.sources.set(settled.source, enabled=False)
    made = await apply(api, settled)
    assert made["handed_in"] is None
    (task,) = (await api.get("/v1/tasks"))["data"]
    assert task["kind"] == "review_application"
