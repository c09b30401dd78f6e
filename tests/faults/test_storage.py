"""Where the rows are kept: unreachable, full, slow, and put back from a backup. What happens to PostgreSQL or Valkey
themselves stands in `test_servers`."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy import select
from sqlalchemy.engine import make_url

from gateway import backup, commands
from gateway.core import open_gateway
from gateway.store import tables
from tests.faults.disk import small_disk
from tests.faults.judgement import judge
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.senders import Sent, burst, insist, messages, post
from tests.faults.town import Town
from tests.faults.whole import whole


@whole(on=["postgresql"])
async def test_f09_the_database_is_unreachable(town: Town) -> None:
    async with database_link(town) as (link, url):
        await town.up(DB=url)
        bodies = await messages(town, range(10))
        await insist(town, {"m-0": bodies["m-0"]}, Sent())  # where every core is busy a first connection takes its time
        link.weather.swallow = True
        during = await burst(town, bodies)
        assert set(during.counted) == {503}, during.counted
        assert during.retry_after == 10
        assert max(during.seconds) < 10  # the pool gives up after two
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


SINCE = "arrived since"


@whole(each=["planned", SINCE])
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
        town.clock.advance(timedelta(days=1))  # what is asked for the same return says another day by then
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


async def planned(town: Town, count: int) -> bool:
    """Whether so many shipments are planned."""
    async with town.gw.store.front_desk() as connection:
        return len((await connection.execute(select(tables.shipments.c.id))).all()) >= count


@whole(on=["postgresql"], each=[100, 500], soak=[500], limit=330)
async def test_f60_every_database_call_is_slow(town: Town, one: int) -> None:
    """So many milliseconds on each call: slower, and nothing else. Half a second makes minutes of it, and is a long run."""
    async with database_link(town) as (link, url):
        await town.up(DB=url)
        link.weather.delay = one / 2000
        await town.authorise("R1", wait=False)
        await town.settled.booked(within=one * 0.6)
        link.calm()
        verdict = await town.judge(within=30)
    assert verdict.live == 1
    (attempt,) = [row for row in await attempts(town) if row.kind == "booking"]
    assert attempt.number == 1  # no lease was thought lost


async def attempts(town: Town) -> list[Any]:
    async with town.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.attempts))).all())
