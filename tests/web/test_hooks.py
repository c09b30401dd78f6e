"""Webhooks in: bad-inputs.md B21 to B32, and a carrier's pushes."""

import hashlib
import hmac
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.toolkit.auth import standard_webhook
from gateway import worker
from gateway.store.database import StoreUnavailable
from tests.web.doors import PUSH_SECRET, SECRET, START, House, a_return

DATA: dict[str, Any] = {
    "id": "R1",
    "number": "R-1001",
    "status": "approved",
    "kind": "return",
    "label": "returner",
    "items": [{"id": "1", "title": "Jacket", "quantity": 1, "unit_price": {"amount": "79.90", "currency": "EUR"}}],
    "returner": {"name": "Ana", "lines": ["Calle 1"], "city": "Madrid", "postal_code": "28001", "country": "ES"},
    "updated_at": "2026-03-02T09:30:00+00:00",
}


def message(**changed: Any) -> bytes:
    said = {"type": "return.changed", "occurred_at": "2026-03-02T09:30:00+00:00", "data": DATA, **changed}
    return json.dumps(said).encode()


def signed(body: bytes, *, name: str = "msg_1", at: int | str | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(START.timestamp()) if at is None else at)
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": standard_webhook(secret, name, stamp, body),
        "Content-Type": "application/json",
    }


async def send(
    house: House, body: bytes, headers: dict[str, str], path: str | None = None
) -> tuple[int, dict[str, Any]]:
    answer = await house.client.post(path or f"/hooks/platforms/sandbox/{house.source_id}", data=body, headers=headers)
    return answer.status, await answer.json(content_type=None)


async def kept(house: House) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await house.mine.get("/v1/messages"))["data"]
    return rows


async def ingest(house: House) -> None:
    """Read what was kept, as the worker does."""
    for job in await house.gw.store.due("ingest"):
        await worker.run(house.gw, job)


NOW = int(START.timestamp())
BODY = message()
FALSE: dict[str, dict[str, str]] = {
    "B21 nothing": {},
    "B24 too old": signed(BODY, at=NOW - 301),
    "B24 too early": signed(BODY, at=NOW + 301),
    **{f"B25 stamp {stamp!r}": signed(BODY, at=stamp) for stamp in ("abc", "", "-1", "1.5", "1" * 40)},
    "B26 another scheme": signed(BODY) | {"webhook-signature": "v9,abc"},
    "B26 not base64": signed(BODY) | {"webhook-signature": "v1,§§§"},
    "B26 an empty list": signed(BODY) | {"webhook-signature": ""},
    "another secret": signed(BODY, secret="whsec_bm90LXRoaXMtb25l"),
}


@pytest.mark.parametrize("headers", FALSE.values(), ids=FALSE)
async def test_a_false_signature_is_turned_away_and_nothing_is_kept(house: House, headers: dict[str, str]) -> None:
    status, said = await send(house, BODY, headers)
    assert status == 401
    assert said["type"].endswith("/problems/signature-invalid")
    assert await kept(house) == []


async def test_b22_and_b23_the_very_bytes_are_signed(house: House) -> None:
    spaced = json.dumps(json.loads(BODY), indent=1).encode()
    for body in (BODY.replace(b"Jacket", b"Packet"), spaced):
        status, _ = await send(house, body, signed(BODY))
        assert status == 401


async def test_b28_every_wrong_address_gets_the_same_answer(house: House) -> None:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.sources.set(house.source_id, enabled=False)
    same = {"X-Request-Id": "same"}
    addresses = [
        f"/hooks/platforms/sandbox/{house.source_id}",
        "/hooks/platforms/sandbox/src_00000000000000000000000000",
        f"/hooks/platforms/shopify/{house.source_id}",
        "/hooks/platforms/nobody/x",
        "/hooks/platforms/sandbox/%00%ff",
        f"/hooks/carriers/nobody/{house.account_id}",
    ]
    answers = [await send(house, BODY, signed(BODY) | same, path) for path in addresses]
    assert answers == [(401, answers[0][1])] * len(addresses)


async def test_b27_one_right_signature_of_three_is_enough(house: House) -> None:
    right = signed(BODY)
    three = f"v1,AAAA {right['webhook-signature']} v1,BBBB"
    assert await send(house, BODY, right | {"webhook-signature": three}) == (200, {"status": "received"})


async def test_b29_a_replay_has_no_effect(house: House) -> None:
    assert await send(house, BODY, signed(BODY)) == (200, {"status": "received"})
    house.clock.forward(timedelta(seconds=200))
    assert await send(house, BODY, signed(BODY)) == (200, {"status": "duplicate"})
    assert [row["repeats"] for row in await kept(house)] == [1]
    assert len(await house.gw.store.due("ingest")) == 1


async def test_b30_signed_but_no_json(house: House) -> None:
    status, said = await send(house, b"not json", signed(b"not json"))
    assert status == 400
    assert said["type"].endswith("/problems/malformed-body")


async def test_b31_an_unknown_kind_is_kept_and_ignored(house: House) -> None:
    body = message(type="return.sneezed")
    assert (await send(house, body, signed(body)))[0] == 200
    await ingest(house)
    assert [row["state"] for row in await kept(house)] == ["ignored"]


UNUSABLE = {
    "B32 a quantity that is none": DATA | {"items": [DATA["items"][0] | {"quantity": "many"}]},
    "B32 nothing at all": {},
}


@pytest.mark.parametrize("data", UNUSABLE.values(), ids=UNUSABLE)
async def test_b32_what_cannot_be_used_is_kept_and_shown_to_a_person(house: House, data: dict[str, Any]) -> None:
    body = message(data=data)
    assert await send(house, body, signed(body)) == (200, {"status": "received"})
    await ingest(house)
    (row,) = await kept(house)
    assert row["state"] == "quarantined"
    assert [task["kind"] for task in (await house.mine.get("/v1/tasks"))["data"]] == ["quarantine"]
    again = await house.mine.post(f"/v1/messages/{row['id']}/redrive", status=202)
    assert again["state"] == "received"


async def test_b32_an_unknown_country_is_kept(house: House) -> None:
    body = message(data=DATA | {"returner": DATA["returner"] | {"country": "ZZ"}})
    assert await send(house, body, signed(body)) == (200, {"status": "received"})


async def test_a_message_that_is_too_large_is_refused_before_it_is_verified(house: House) -> None:
    status, _ = await send(house, io.BytesIO(b" " * 2_000_001), {})
    assert status == 413


async def test_a_database_that_is_away_is_said_so_that_the_platform_comes_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(arrival: Any) -> bool:
        raise StoreUnavailable("away")

    monkeypatch.setattr(house.gw.store, "keep_arrival", away)
    answer = await house.client.post(f"/hooks/platforms/sandbox/{house.source_id}", data=BODY, headers=signed(BODY))
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def booked(house: House, waybill: str) -> str:
    """A return whose shipment has this waybill; the shipment's id."""
    made = await house.mine.post("/v1/returns", a_return(), 201)
    shipment_id: str = made["shipments"][0]["id"]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.shipments.set(shipment_id, state="booked", waybill=waybill, booked_at=tx.now)
        await tx.returns.known_as(made["id"], [("waybill", waybill)])
    return shipment_id


def push(waybill: str) -> bytes:
    place = {"city": "Guangzhou", "country": "CN"}
    event = {"waybill": waybill, "id": "EV11", "code": "OFD", "at": "2026-03-02T08:00:00+08:00", "place": place}
    return json.dumps({"events": [event]}).encode()


def pushed(body: bytes, secret: str = PUSH_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{NOW}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Sandbox-Timestamp": str(NOW), "X-Sandbox-Signature": f"sha256={digest}"}


async def test_a_carriers_push_becomes_an_event_of_its_shipment_once(house: House) -> None:
    shipment_id = await booked(house, "SBX000000017")
    path, body = f"/hooks/carriers/sandbox_rest/{house.account_id}", push("SBX000000017")
    assert await send(house, body, pushed(body), path) == (200, {"status": "received"})
    assert await send(house, body, pushed(body), path) == (200, {"status": "duplicate"})
    await ingest(house)
    (told,) = (await house.mine.get("/v1/trackings/SBX000000017"))["data"]
    assert told["shipment_id"] == shipment_id
    assert told["status"] == "out_for_delivery"
    assert [(event["wire_code"], event["origin"]) for event in told["events"]] == [("OFD", "push")]


async def test_a_push_about_no_shipment_of_ours_is_listed(house: House) -> None:
    path, body = f"/hooks/carriers/sandbox_rest/{house.account_id}", push("SBX999")
    assert (await send(house, body, pushed(body), path))[0] == 200
    await ingest(house)
    (row,) = (await house.mine.get("/v1/messages?state=ignored"))["data"]
    assert row["door"] == "carrier"
    assert "not of ours" in row["reason"]


async def test_a_push_with_a_false_signature_is_turned_away(house: House) -> None:
    path, body = f"/hooks/carriers/sandbox_rest/{house.account_id}", push("SBX1")
    assert (await send(house, body, pushed(body, "another"), path))[0] == 401
    assert await kept(house) == []
