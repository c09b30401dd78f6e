"""A thread with a platform that takes messages, on both stores, with a shop that is there: each hears the other."""

from datetime import timedelta
from typing import Any

import pytest

from tests.house.clock import MovableClock
from tests.house.settled import Settled
from tests.house.waiting import eventually
from tests.web.doors import Api

Json = dict[str, Any]
pytestmark = pytest.mark.parametrize("carrier_kind", ["rest"])  # no carrier is asked


async def opened(settled: Settled, **changed: Any) -> str:
    await settled.authorise(label="returner", **changed)  # followed: nothing is booked
    row = await eventually(settled.return_of, within=15.0)
    assert row is not None
    return str(row.id)


async def told(settled: Settled) -> list[Json]:
    """What the shop was told, in order."""
    entries: list[Json] = (await settled.bench.ask("ledger?kind=told_message"))["entries"]
    return entries


async def shop_says(settled: Settled, name: str, **said: Any) -> None:
    data = {"return_id": "R1", "id": "M1", "posted_at": settled.gateway.clock().isoformat(), **said}
    message = {"type": "message.posted", "occurred_at": data["posted_at"], "data": data}
    await settled.bench.tell("platform/shop/send", message=message, id=name)


async def thread(api: Api, return_id: str) -> list[Json]:
    rows: list[Json] = (await api.get(f"/v1/returns/{return_id}/messages"))["data"]
    return rows


async def sunk(settled: Settled) -> list[Json]:
    return [
        one for one in (await settled.bench.ask("sink/demo"))["deliveries"] if '"message.posted"' in str(one["body"])
    ]


async def test_what_is_written_is_put_into_the_platforms_thread(api: Api, settled: Settled) -> None:
    return_id = await opened(settled)
    until = (settled.gateway.clock() + timedelta(hours=2)).replace(microsecond=0)
    said = {"who": "service", "text": "The seam is torn.\nShall we take it?", "answer_by": until.isoformat()}
    made = await api.post(f"/v1/returns/{return_id}/messages", said, 201)
    entries = await eventually(lambda: told(settled), within=15.0)
    assert entries is not None
    (entry,) = entries
    assert (entry["rma"], entry["message"]) == ("R1", made["id"])
    wanted = {"id": made["id"], "side": "service", "text": said["text"], "answer_by": until.isoformat()}
    assert {name: entry["told"][name] for name in wanted} == wanted
    (delivery,) = await eventually(lambda: sunk(settled), within=15.0) or []
    assert delivery["verified"]


async def test_what_the_platform_writes_stands_in_the_thread_once_and_answers(
    api: Api, settled: Settled, clock: MovableClock
) -> None:
    return_id = await opened(settled)
    until = (settled.gateway.clock() + timedelta(hours=2)).isoformat()
    await api.post(f"/v1/returns/{return_id}/messages", {"text": "Where is it?", "answer_by": until}, 201)
    clock.advance(timedelta(hours=2, seconds=1))

    async def asked() -> list[Json]:
        return [one for one in (await api.get("/v1/tasks"))["data"] if one["kind"] == "answer_missed"]

    assert await eventually(asked, within=15.0)
    for name in ("first", "again"):  # two deliveries of one message
        await shop_says(settled, name, text="On its way\r\nsince \u202eMonday", answer_by="2020-01-01T00:00:00Z")

    async def read() -> bool:
        rows = (await api.get("/v1/messages?state=processed"))["data"]
        return len(rows) == 3  # the return's own, and both of these

    assert await eventually(read, within=15.0)
    shown = await thread(api, return_id)
    assert [(one["who"], one["text"]) for one in shown] == [
        ("platform", "On its way\nsince Monday"),
        ("exporter", "Where is it?"),
    ]
    assert shown[1]["answered_at"] is not None
    (task,) = await eventually(asked, within=15.0) or []  # ours is answered; theirs came too late to be
    assert task["detail"] == "platform wanted an answer by 2020-01-01 00:00 UTC"
    moments = (await api.get(f"/v1/returns/{return_id}/timeline"))["moments"]
    assert [one["source"] for one in moments if one["kind"] == "message.posted"] == ["exporter", "platform"]
    assert [one["message"] for one in await told(settled)] == [shown[1]["id"]]  # its own words are not told back


async def test_a_message_of_a_return_that_nobody_knew_brings_the_return(api: Api, settled: Settled) -> None:
    told_nothing = {"return": settled.a_return(label="returner"), "drop": True}
    await settled.bench.tell("platform/shop/returns", **told_nothing)
    await shop_says(settled, "first", text="Hello")
    row = await eventually(settled.return_of, within=15.0)
    assert row is not None
    shown = await eventually(lambda: thread(api, row.id), within=15.0) or []
    assert [one["text"] for one in shown] == ["Hello"]


async def test_what_the_platform_does_not_take_is_told_by_hand(api: Api, settled: Settled) -> None:
    return_id = await opened(settled, status="closed")
    await api.post(f"/v1/returns/{return_id}/messages", {"text": "Too late?"}, 201)

    async def asked() -> list[str]:
        return [one["kind"] for one in (await api.get("/v1/tasks"))["data"]]

    assert await eventually(asked, within=15.0) == ["tell_platform"]
    assert await told(settled) == []
