"""Doors under load: the same delivery many times, a burst, the same click twice."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.demo.props import by_hand, free_port
from gateway.store import tables
from tests.faults.senders import burst, insist, messages
from tests.faults.town import Town
from tests.faults.whole import whole


@whole()
async def test_f02_the_same_delivery_twenty_times_at_once(town: Town) -> None:
    """On PostgreSQL at two processes that share a port."""
    await town.up(web=2)
    await town.authorise(id="often", copies=20)
    statuses = Counter(one["status"] for one in await town.webhooks_sent())
    assert set(statuses) <= {200, 409, 503}, statuses
    assert statuses[200] == 20
    assert len(await inbox(town)) == 1
    verdict = await town.judge()
    assert (verdict.returns, verdict.live) == (1, 1)


@whole(alone=True)
async def test_f10_a_burst_of_two_thousand(town: Town) -> None:
    """Only 2xx, 429 or 503; none lost; memory under its cap; health and API answer all the while."""
    started = await town.up()
    door = started[0]
    bodies = {f"p-{n}": b'{"type": "ping"}' for n in range(1900)} | await messages(town, range(100), status="requested")
    before, answered = rss(door.pid), 0
    sending = asyncio.create_task(burst(town, bodies, at_once=80))
    while not sending.done():
        for path in ("/healthz", "/v1/returns?limit=5"):
            status, _, _ = await town.api("GET", path)
            assert status == 200
            answered += not sending.done()
        await asyncio.sleep(0.05)
    sent = await sending
    assert set(sent.counted) <= {200, 429, 503}, sent.counted
    assert answered >= 4  # not put off until the burst was over
    await insist(town, bodies, sent)
    verdict = await town.judge(within=40)
    assert {row.delivery_id for row in await inbox(town)} == set(bodies)
    assert verdict.returns == 100
    assert rss(door.pid, before) < before + 300_000_000


def rss(pid: int, default: int = 0) -> int:
    """Bytes of memory that a process holds; the default where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return default


@whole()
async def test_f29_double_click_and_retry(town: Town) -> None:
    """The same request ten times at once, on two web processes where there can be two: one booking."""
    (door, *_) = await town.up()
    doors = [door.url]
    if not town.is_sqlite:
        second = town.start("web", PORT=str(free_port()))
        await town.ready(second)
        doors.append(second.url)
    order = {**by_hand("EXP-1"), "external_id": "EXP-1"}

    async def click(number: int, key: str = "click-1", body: Any = order) -> tuple[int, Any, Any]:
        return await town.api("POST", "/v1/bookings", base=doors[number % len(doors)], key=key, json=body)

    answers = await asyncio.gather(*(click(number) for number in range(10)))
    statuses = Counter(status for status, _, _ in answers)
    assert set(statuses) <= {200, 201, 202, 409}, statuses
    ids = {body["id"] for status, body, _ in answers if status < 300}
    assert len(ids) == 1
    status, body, headers = await click(1)
    assert (status < 300, {body["id"]}, headers.get("Idempotent-Replayed")) == (True, ids, "true")
    assert (await click(0, body=order | {"external_id": "EXP-2"}))[0] == 422
    assert (await click(0, key=""))[0] == 400
    other = await asyncio.gather(*(click(number, key=f"other-{number}") for number in range(4)))
    assert {status for status, _, _ in other} <= {200, 201, 202, 409}
    verdict = await town.judge()
    assert (verdict.returns, verdict.live, len(await town.ledger("booked"))) == (1, 1, 1)


async def inbox(town: Town) -> list[Any]:
    async with town.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.inbox))).all())
