"""Faults that need whole processes: doors under load, workers frozen and stopped, a disk that is full, a line that is slow.

What a fault does to PostgreSQL or Valkey themselves stands in `test_servers`.
"""

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import select, update
from sqlalchemy.engine import make_url

from gateway import backup, commands
from gateway.core import open_gateway
from gateway.demo.props import by_hand, free_port
from gateway.store import tables
from tests.faults.disk import small_disk
from tests.faults.judgement import judge
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.senders import Sent, burst, insist, messages, post
from tests.faults.town import Town
from tests.faults.whole import whole
from tests.house.waiting import eventually
from tests.sandbox.bench import PATHS


async def reach_carrier_at(town: Town, origin: str) -> None:
    """Move the account's carrier to another origin, before anything runs."""
    url = origin + PATHS[f"sandbox_{town.settled.carrier}"]
    async with open_gateway(town.settings) as gw, gw.store.transaction(town.settled.exporter) as tx:
        await tx.run(update(tables.accounts).where(tables.accounts.c.id == town.settled.account).values(base_url=url))


async def inbox(town: Town) -> list[Any]:
    async with town.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.inbox))).all())


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


@whole(on=["postgresql"])
async def test_f09_the_database_is_unreachable(town: Town) -> None:
    async with database_link(town) as (link, url):
        await town.up(DB=url)
        bodies = await messages(town, range(10))
        assert await post(town, Sent(), "m-0", bodies["m-0"]) == 200
        link.weather.swallow = True
        during = await burst(town, bodies)
        assert set(during.counted) == {503}, during.counted
        assert during.retry_after == 10
        assert max(during.seconds) < 2.5
        assert await town.get_status(town.url + "/healthz") == 200
        link.calm()
        link.cut()
        await insist(town, bodies, during)
        verdict = await town.judge()
    assert verdict.returns == 10
    assert verdict.live == 10


@asynccontextmanager
async def database_link(town: Town) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy to PostgreSQL's own socket, and the URL that goes through it."""
    url = make_url(town.settings.db)
    folder = str(url.query["host"]) if "host" in url.query else ""
    target = (f"{folder}/.s.PGSQL.{url.port or 5432}", 0) if folder else (url.host or "", url.port or 5432)
    async with proxy_to(*target) as link:
        through = url.set(host="127.0.0.1", port=link.own_port, query={})
        yield link, through.render_as_string(hide_password=False)


@whole(alone=True)
async def test_f10_a_burst_of_two_thousand(town: Town) -> None:
    """Only 2xx, 429 or 503; none lost; memory under its cap; health and API answer within a second."""
    started = await town.up()
    door = started[0]
    bodies = {f"p-{n}": b'{"type": "ping"}' for n in range(1900)} | await messages(town, range(100), status="requested")
    before, waits = rss(door.pid), list[float]()
    sending = asyncio.create_task(burst(town, bodies, at_once=80))
    begun = time.monotonic()
    while not sending.done():
        for path in ("/healthz", "/v1/returns?limit=5"):
            asked = time.monotonic()
            status, _, _ = await town.api("GET", path)
            waits.append(time.monotonic() - asked)
            assert status == 200
        await asyncio.sleep(0.05)
    sent = await sending
    took = time.monotonic() - begun
    assert set(sent.counted) <= {200, 429, 503}, sent.counted
    assert took < 10, took
    assert max(waits) < 1.0, max(waits)
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
async def test_f28_frozen_after_the_send(town: Town) -> None:
    """The worker is frozen while the carrier works; its turn goes to another; when it wakes, it writes nothing."""
    await town.script("accept_then_hang", seconds=1.0)
    (door, *workers) = await town.up()
    frozen = workers[0] if workers else door
    await town.authorise()
    await eventually(lambda: town.ledger("booked"))
    await freeze_and_replace(town, frozen)
    await town.booked()
    frozen.tell(signal.SIGCONT)
    verdict = await town.judge()
    assert (verdict.live, len(await town.ledger("booked"))) == (1, 1)


@whole()
async def test_f28_frozen_before_the_send(town: Town) -> None:
    """Frozen while it waits for a token, between its claim and the create: when it wakes, it sends nothing."""
    host, _, port = town.bench.base.removeprefix("http://").partition(":")
    async with proxy_to(host, int(port)) as link:
        await reach_carrier_at(town, f"http://127.0.0.1:{link.own_port}")
        (door, *workers) = await town.up()
        frozen = workers[0] if workers else door
        link.weather.swallow = True
        await town.authorise()

        async def claimed() -> bool:
            rows = await town.settled.shipments_of()
            return bool(rows and rows[0].held and link.connections)

        await eventually(claimed)
        await freeze_and_replace(town, frozen, link.calm)
        frozen.tell(signal.SIGCONT)
        await town.booked()
        verdict = await town.judge()
    assert (verdict.live, len(await town.ledger("booked"))) == (1, 1)
    references = [one["client_ref"] for one in (await town.bench.ask("requests?verb=book"))["requests"]]
    assert references == references[:1]  # one create, by whoever had the turn


async def freeze_and_replace(town: Town, frozen: Any, then: Any = None) -> None:
    """Stop a process until its lease is over. On PostgreSQL another takes its work; on SQLite only itself can go on."""
    frozen.tell(signal.SIGSTOP)
    await town.lease_over()
    if then is not None:
        then()
    if town.is_sqlite:
        frozen.tell(signal.SIGCONT)
    else:
        town.start("work")


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


@whole(on=["sqlite"])
async def test_f56_the_disk_is_full(town: Town) -> None:
    """Intake 503 while nothing can be written; reads work; when there is space again all goes on, without a restart."""
    with small_disk(town.settings.data) as disk:
        await town.up()
        bodies = await messages(town, range(11), note="x" * 4000)
        assert await post(town, Sent(), "m-0", bodies["m-0"]) == 200
        await town.come_to_rest()
        disk.fill()
        during = await burst(town, bodies)
        assert 503 in during.counted, during.counted
        assert set(during.counted) <= {200, 503}, during.counted
        assert (await town.api("GET", "/v1/returns"))[0] == 200
        disk.empty()
        await insist(town, bodies, during)
        verdict = await town.judge()
        assert verdict.returns == 11
        with sqlite3.connect(town.settings.database_path) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()


@whole(on=["postgresql"])
async def test_f56_the_database_has_no_space(town: Town) -> None:
    """The same where the disk is the database server's: it says so, with its own error code."""
    connection = await asyncpg.connect(town.settings.db)
    try:
        await connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = '53100'; END $$"
        )
        await town.up()
        for table in ("inbox", "shipments", "attempts"):
            await connection.execute(
                f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()"
            )
        bodies = await messages(town, range(10))
        during = await burst(town, bodies)
        assert set(during.counted) == {503}, during.counted
        assert (await town.api("GET", "/v1/returns"))[0] == 200
        await connection.execute("DROP FUNCTION full_disk() CASCADE")
        await insist(town, bodies, during)
        verdict = await town.judge()
        assert verdict.live == 10
    finally:
        await connection.execute("DROP FUNCTION IF EXISTS full_disk() CASCADE")
        await connection.close()


@whole()
async def test_f57_sigterm_under_load(town: Town) -> None:
    """Not ready at once, what runs is finished or given back, exit 0 within the grace time."""
    await town.script("delay", seconds=0.5, times=-1)
    started = await town.up()
    bodies = await messages(town, range(30))
    sending = asyncio.create_task(burst(town, bodies, at_once=4))
    await eventually(lambda: town.bench.ask("ledger?kind=booked"))
    begun = time.monotonic()
    for process in started:
        process.tell(signal.SIGTERM)

    async def not_ready() -> bool:
        return await town.get_status(town.url + "/readyz") != 200

    await eventually(not_ready, within=2)
    assert [await process.ended(within=25) for process in started] == [0] * len(started)
    assert time.monotonic() - begun < 25
    sent = await sending
    assert set(sent.counted) <= {200, 503, None}, sent.counted
    town.running.clear()
    await town.bench.tell("calm")
    await town.up()
    await insist(town, bodies, sent)
    verdict = await town.judge()
    assert verdict.live == 30


@whole()
async def test_f58_a_rolling_upgrade(town: Town) -> None:
    """An additive change while processes of before work: they go on, new ones start, and migrating again changes nothing."""
    if town.is_sqlite:
        first = await commands.migrate(town.settings)
        assert await commands.migrate(town.settings) == first
        await town.up()
        await town.authorise()
        await town.judge()
        return
    await town.up()
    bodies = await messages(town, range(40))
    sending = asyncio.create_task(burst(town, bodies, at_once=4))
    connection = await asyncpg.connect(town.settings.db)
    try:
        await connection.execute("SET lock_timeout = '1s'")
        for table in ("inbox", "returns", "shipments", "attempts"):
            begun = time.monotonic()
            await connection.execute(f"ALTER TABLE {table} ADD COLUMN added_later text DEFAULT 'x'")
            assert time.monotonic() - begun < 1.0
        again = await asyncio.gather(*(commands.migrate(town.settings) for _ in range(2)))
        assert len(set(again)) == 1
        town.start("work")
        sent = await sending
        assert set(sent.counted) == {200}, sent.counted
        verdict = await town.judge()
        assert verdict.live == 40
    finally:
        for table in ("inbox", "returns", "shipments", "attempts"):
            await connection.execute(f"ALTER TABLE {table} DROP COLUMN IF EXISTS added_later")
        await connection.close()


SINCE = "arrived since"


@whole(
    each=["planned", SINCE],
    fails={SINCE: "the shop lists them to the copy, which books them under references of its own: restore amnesia"},
)
async def test_f59_a_backup_under_load_restored_elsewhere(town: Town, one: str) -> None:
    """The copy passes its check, sends nothing until it is resumed, and then books nothing that was booked since."""
    await town.up()
    for number in range(5):
        await town.authorise(f"R{number}")
    await town.booked("R4")
    await town.script("outage", seconds=3600)  # R5 to R9 are planned, and not booked when the backup is taken
    file = town.folder / "backup.db"
    bodies = await messages(town, range(5, 10))
    sending = asyncio.create_task(burst(town, bodies, at_once=2))
    if one == SINCE:
        await backup.backup(town.settings, file)
    await sending
    if one == "planned":
        await town.until(lambda: planned(town, 10))
        await backup.backup(town.settings, file)
    await town.bench.tell("calm")
    town.clock.advance(timedelta(hours=2))
    for number in range(5, 10):
        await town.booked(f"R{number}")
    await town.come_to_rest()
    await town.down()
    before = len(await town.ledger("booked"))
    assert before == 10
    elsewhere = town.settings.model_copy(
        update={"data": town.folder / "elsewhere", "db": "", "key_file": town.settings.keys}
    )
    await commands.restore(elsewhere, file)
    found = await commands.check(elsewhere)
    assert not any(found.values()), found
    town.settings = elsewhere
    async with open_gateway(elsewhere) as gw:
        town.settled.gateway = gw
        await town.up()
        town.clock.advance(timedelta(hours=1))
        await asyncio.sleep(0)
        assert len(await town.ledger("booked")) == before
        await town.down()
        await commands.resume(elsewhere, None)
        await town.up()
        for number in range(10):
            await town.booked(f"R{number}")
        await town.come_to_rest()
        await town.down()
        assert len(await town.ledger("booked")) == before
        verdict = await judge(gw, town.bench)
    offences = [one for one in verdict.offences if not one.startswith("I10")]  # the first house told its own notices
    assert not offences, "\n".join(offences)
    assert (verdict.returns, verdict.live) == (10, 10)


@whole(on=["postgresql"], each=[100, 500], soak=[500], limit=240)
async def test_f60_every_database_call_is_slow(town: Town, one: int) -> None:
    """So many milliseconds on each call: slower, and nothing else. Half a second makes minutes of it, and is a long run."""
    async with database_link(town) as (link, url):
        await town.up(DB=url)
        link.weather.delay = one / 2000
        await town.authorise("R1", wait=False)
        await town.settled.booked(within=one * 0.3)
        link.calm()
        verdict = await town.judge(within=30)
    assert verdict.live == 1
    (attempt,) = [row for row in await attempts(town) if row.kind == "booking"]
    assert attempt.number == 1  # no lease was thought lost


async def planned(town: Town, count: int) -> bool:
    """Whether so many shipments are planned."""
    async with town.gw.store.front_desk() as connection:
        return len((await connection.execute(select(tables.shipments.c.id))).all()) >= count


async def attempts(town: Town) -> list[Any]:
    async with town.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.attempts))).all())
