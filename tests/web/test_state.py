"""State and protocol: bad-inputs.md B56, B58 to B61, B64; and that a key makes one effect."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.store.database import Interlocked
from gateway.store.transaction import Tx
from gateway.web.endpoint import TRIES, Call
from gateway.web.routes import ROUTES
from tests.web.doors import RETURNER, House, a_return

PICKUP: dict[str, Any] = {
    "address": RETURNER["address"],
    "contact": RETURNER,
    "ready_at": "2026-03-03T09:00:00+01:00",
    "close_at": "2026-03-03T17:00:00+01:00",
    "zone": "Europe/Paris",
    "parcels": [{"weight": {"grams": 900}}],
}


async def made(house: House, **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await house.mine.post("/v1/returns", a_return(**changed), 201)
    return answer


async def put(house: House, shipment_id: str, return_status: str | None = None, **values: Any) -> None:
    """Set a shipment where a carrier would have brought it."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.shipments.set(shipment_id, **values)
        if return_status:
            row = await tx.shipments.get(shipment_id)
            await tx.returns.set(row.return_id, status=return_status)


async def test_b56_a_delivered_return_is_not_cancelled(house: House) -> None:
    one = await made(house)
    await put(house, one["shipments"][0]["id"], "delivered", state="delivered")
    said = await house.mine.post(f"/v1/returns/{one['id']}/cancel", status=409)
    assert said["type"].endswith("/problems/invalid-state")
    assert said["state"] == "delivered"


async def test_b56_a_cancelled_return_is_not_booked(house: House) -> None:
    one = await made(house)
    await house.mine.post(f"/v1/returns/{one['id']}/cancel", status=202)
    said = await house.mine.post("/v1/bookings", {"return_id": one["id"]}, 409)
    assert said["state"] in ("cancelled", "cancelling")


async def test_a_booked_return_is_not_booked_again(house: House) -> None:
    one = await made(house)
    await put(house, one["shipments"][0]["id"], "booked", state="booked", waybill="SBX1")
    said = await house.mine.post("/v1/bookings", {"return_id": one["id"]}, 409)
    assert said["state"] == "booked"


async def test_a_refused_booking_goes_again_as_the_same_shipment(house: House) -> None:
    one = await made(house)
    shipment_id = one["shipments"][0]["id"]
    await put(house, shipment_id, state="action_required", reason="address_invalid", due_at=None)
    assert (await house.mine.get(f"/v1/bookings/{shipment_id}"))["state"] == "refused"
    again = await house.mine.post("/v1/bookings", {"return_id": one["id"]}, 202)
    assert (again["id"], again["state"]) == (shipment_id, "pending")
    assert [job.id for job in await house.gw.store.due("book")] == [shipment_id]


async def test_while_an_attempt_is_unknown_nothing_else_is_said(house: House) -> None:
    one = await made(house)
    shipment_id = one["shipments"][0]["id"]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.attempts.add(
            return_id=one["id"],
            account_id=house.account_id,
            carrier="sandbox_rest",
            kind="booking",
            subject_id=shipment_id,
            number=1,
            client_ref="HW1",
            state="unknown",
            request="{}",
            sent_at=tx.now,
            due_at=tx.now + timedelta(seconds=30),
        )
    said = await house.mine.get(f"/v1/bookings/{shipment_id}")
    assert said["state"] == "being_checked"
    assert said["attempts"][0]["next_look_at"] == "2026-03-02T09:30:30Z"


async def test_a_fresh_return_is_booked_in_one_call(house: House) -> None:
    answer = await house.mine.ask("POST", "/v1/bookings", json=a_return())
    said = await answer.json()
    assert answer.status == 202
    assert answer.headers["Location"] == f"/v1/bookings/{said['id']}"
    assert (await house.mine.get(answer.headers["Location"])) == said


@pytest.mark.parametrize("path", ["/v1/returns/{}/cancel", "/v1/bookings"])
@pytest.mark.parametrize("times", [TRIES - 1, TRIES])
async def test_what_another_transaction_stood_in_the_way_of_goes_again(
    house: House, monkeypatch: pytest.MonkeyPatch, times: int, path: str
) -> None:
    """With a key and without: the whole of it, once; and is unavailable when it happens again and again."""
    body, given = ({"json": a_return()}, "") if path == "/v1/bookings" else ({}, (await made(house))["id"])
    left, note = [times], Tx.note

    def crossed(tx: Tx, *said: Any, **more: Any) -> None:
        note(tx, *said, **more)
        if left[0]:
            left[0] -= 1
            raise Interlocked("each waited for the other")

    monkeypatch.setattr(Tx, "note", crossed)
    answer = await house.mine.ask("POST", path.format(given), **body)
    assert (answer.status == 503) is (times == TRIES)
    assert answer.status in (202, 503)
    assert left == [0]
    assert len((await house.mine.get("/v1/returns"))["data"]) == (not body or times < TRIES)


async def test_a_fresh_return_that_no_channel_takes_is_refused_and_leaves_nothing(house: House) -> None:
    items = [{"line_id": "1", "quantity": 1}]
    said = await house.mine.post("/v1/bookings", a_return(items=items), 422)
    assert said["type"].endswith("/problems/carrier-rejected")
    assert said["errors"][0]["code"] == "customs_data_missing"
    assert (await house.mine.get("/v1/returns"))["data"] == []


async def test_a_number_that_is_taken_is_a_conflict(house: House) -> None:
    await made(house, external_id="X-1", rma_id="R-1")
    for taken in ({"external_id": "X-1"}, {"rma_id": "R-1"}):
        said = await house.mine.post("/v1/returns", a_return(**taken), 409)
        assert said["type"].endswith("/problems/invalid-state")


SPENDING = ("/v1/returns", "/v1/returns/{id}/address", "/v1/bookings", "/v1/bookings/{id}/renew", "/v1/pickups")


@pytest.mark.parametrize("path", [*SPENDING, "/v1/applications/{id}/approve"])
async def test_b58_what_may_spend_needs_a_key(house: House, path: str) -> None:
    said = await house.mine.post(path.replace("{id}", "ret_" + "0" * 26), a_return(), 400, idempotent=None)
    assert said["type"].endswith("/problems/idempotency-key-required")


@pytest.mark.parametrize("key", ["x" * 256, "", "a b", "schlüssel"], ids=["256", "empty", "space", "not ASCII"])
async def test_b59_a_key_of_another_form(house: House, key: str) -> None:
    headers = {"Idempotency-Key": key}
    said = await house.mine.post("/v1/bookings", {"return_id": "x"}, 400, idempotent=None, headers=headers)
    assert said["type"].endswith("/problems/idempotency-key-required")


async def test_b60_and_replay(house: House) -> None:
    first = await house.mine.ask("POST", "/v1/bookings", json=a_return(), idempotent="k-1")
    again = await house.mine.ask("POST", "/v1/bookings", json=a_return(), idempotent="k-1")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status, await again.read()) == (first.status, await first.read())
    assert again.headers["Location"] == first.headers["Location"]
    other = await house.mine.post("/v1/bookings", a_return(order_number="O-2"), 422, idempotent="k-1")
    assert other["type"].endswith("/problems/idempotency-key-reused")
    elsewhere = await house.mine.post("/v1/returns", a_return(), 422, idempotent="k-1")
    assert elsewhere["type"].endswith("/problems/idempotency-key-reused")
    assert len((await house.mine.get("/v1/returns"))["data"]) == 1
    assert len((await house.theirs.get("/v1/returns"))["data"]) == 0


async def test_a_key_is_the_exporters_own(house: House) -> None:
    await house.mine.post("/v1/returns", a_return(), 201, idempotent="k-1")
    theirs = await house.theirs.ask("POST", "/v1/returns", json=a_return(), idempotent="k-1")
    assert theirs.status == 201
    assert "Idempotent-Replayed" not in theirs.headers


async def test_a_refused_request_leaves_its_key_free(house: House) -> None:
    await house.mine.post("/v1/bookings", {"return_id": "ret_" + "0" * 26}, 404, idempotent="k-1")
    await house.mine.post("/v1/bookings", a_return(), 202, idempotent="k-1")


async def test_b61_a_key_whose_first_request_is_under_way(house: House, request: pytest.FixtureRequest) -> None:
    """Two at the same instant: one effect, and the other is told to ask again."""
    entered, go_on = asyncio.Event(), asyncio.Event()
    route = next(one for one in ROUTES if (one.method, one.path) == ("POST", "/v1/returns"))
    handler = route.handler

    async def slow(call: Call) -> Any:
        entered.set()
        await go_on.wait()
        return await handler(call)

    object.__setattr__(route, "handler", slow)
    request.addfinalizer(lambda: object.__setattr__(route, "handler", handler))
    first = asyncio.create_task(house.mine.ask("POST", "/v1/returns", json=a_return(), idempotent="k-1"))
    await entered.wait()
    second = await house.mine.ask("POST", "/v1/returns", json=a_return(), idempotent="k-1")
    assert second.status == 409
    assert second.headers["Retry-After"] == "1"
    assert (await second.json(content_type=None))["type"].endswith("/problems/request-in-progress")
    go_on.set()
    assert (await first).status == 201
    assert len((await house.mine.get("/v1/returns"))["data"]) == 1


async def test_many_at_once_under_one_key_make_one_return(house: House) -> None:
    asked = [house.mine.ask("POST", "/v1/returns", json=a_return(), idempotent="k-1") for _ in range(20)]
    statuses = [answer.status for answer in await asyncio.gather(*asked)]
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len((await house.mine.get("/v1/returns"))["data"]) == 1


async def test_a_missing_address_is_given_and_the_return_planned(house: House) -> None:
    body = a_return()
    del body["returner"]
    one = await house.mine.post("/v1/returns", body, 201)
    assert (one["review"], one["shipments"]) == ("needs_address", [])
    refused = await house.mine.post("/v1/bookings", {"return_id": one["id"]}, 409)
    assert refused["state"] == "needs_address"
    told = await house.mine.post(f"/v1/returns/{one['id']}/address", {"returner": RETURNER}, 200)
    assert [shipment["state"] for shipment in told["shipments"]] == ["requested"]
    assert (told["review"], told["tasks"]) == (None, [])
    await house.mine.post(f"/v1/returns/{one['id']}/address", {"returner": RETURNER}, 409)


async def test_voiding_asks_the_job_to_void_and_says_so(house: House) -> None:
    one = await made(house)
    shipment_id = one["shipments"][0]["id"]
    await put(house, shipment_id, "booked", state="booked", waybill="SBX1", due_at=None)
    for _ in range(2):
        said = await house.mine.post(f"/v1/bookings/{shipment_id}/void", status=202)
        assert said["state"] == "cancelling"
    assert [job.id for job in await house.gw.store.due("book")] == [shipment_id]
    await put(house, shipment_id, state="moving")
    assert (await house.mine.post(f"/v1/bookings/{shipment_id}/void", status=409))["state"] == "moving"


async def test_a_pickup_is_asked_for_listed_and_cancelled(house: House) -> None:
    one = await made(house)
    shipment_id = one["shipments"][0]["id"]
    asked = {**PICKUP, "account_id": house.account_id, "shipment_ids": [shipment_id]}
    assert (await house.mine.post("/v1/pickups", asked, 409))["state"] == "requested"
    await put(house, shipment_id, "booked", state="booked", waybill="SBX1")
    told = await house.mine.post("/v1/pickups", asked, 202)
    assert told["request"]["waybills"] == ["SBX1"]
    assert (await house.mine.get("/v1/pickups"))["data"] == [told]
    cancelled = await house.mine.post(f"/v1/pickups/{told['id']}/cancel", status=202)
    assert cancelled["cancel_asked_at"] is not None


async def test_b50_a_window_in_the_past_or_closed(house: House) -> None:
    past = {**PICKUP, "account_id": house.account_id, "ready_at": "2026-03-01T09:00:00Z"}
    said = await house.mine.post("/v1/pickups", past, 422)
    assert said["errors"][0]["pointer"] == "/ready_at"
    closed = {**PICKUP, "account_id": house.account_id, "close_at": PICKUP["ready_at"]}
    said = await house.mine.post("/v1/pickups", closed, 422)
    assert [(error["pointer"], error["code"]) for error in said["errors"]] == [("/close_at", "window")]


async def test_b64_nobodys_somebody_elses_and_another_kinds_are_the_same(house: House) -> None:
    one = await made(house)
    same = {"X-Request-Id": "same"}
    paths = [
        f"/v1/returns/{one['id']}",
        "/v1/returns/ret_00000000000000000000000000",
        f"/v1/returns/{one['shipments'][0]['id']}",
        "/v1/returns/%00",
        "/v1/returns/ext:%00",
        "/v1/returns/ext:nobody",
        f"/v1/bookings/{one['shipments'][0]['id']}",
        f"/v1/bookings/{one['id']}",
        "/v1/trackings/%00",
        "/v1/trackings/nothing",
    ]
    answers = [await house.theirs.get(path, 404, headers=same) for path in paths]
    assert answers == [answers[0]] * len(paths)
