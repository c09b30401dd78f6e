"""F53 to F55: what happens to PostgreSQL and to Valkey themselves. Each has a server of its own that it may kill."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import asyncpg
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from tests.faults.senders import Sent, burst, insist, messages
from tests.faults.town import Town
from tests.faults.whole import whole
from tests.house.servers import own_valkey
from tests.house.waiting import eventually


@whole(on=["postgresql"], own_postgres=True)
async def test_f53_postgresql_is_restarted_under_load(town: Town) -> None:
    """Requests in flight are answered 503, nothing acknowledged is lost, and the pool is well again soon after."""
    await town.up()
    bodies = await messages(town, range(60))
    sending = asyncio.create_task(burst(town, bodies, at_once=3))
    await eventually(lambda: town.bench.ask("ledger?kind=booked"))
    asking = asyncio.create_task(_ask_all_the_time(town))
    await restart(town)
    again = await messages(town, [60])
    last = Sent()
    await insist(town, again, last, within=20)
    await eventually(lambda: _ready(town), within=20)
    asking.cancel()
    (asked,) = await asyncio.gather(asking, return_exceptions=True)
    del asked
    sent = await sending
    assert set(sent.counted) <= {200, 503, None}, sent.counted
    assert set(STATUSES) <= {200, 503}, STATUSES
    await insist(town, bodies, sent)
    await town.engine_forgets()
    verdict = await town.judge(within=30)
    assert verdict.live == 61


STATUSES = Counter[int]()


async def _ask_all_the_time(town: Town) -> None:
    while True:
        status, _, _ = await town.api("GET", "/v1/returns?limit=1")
        STATUSES[status] += 1
        await asyncio.sleep(0.02)


async def _ready(town: Town) -> bool:
    return await town.get_status(town.url + "/readyz") == 200


async def restart(town: Town) -> None:
    """`pg_ctl restart -m immediate`: as when the server is killed, it recovers from its log."""
    connection = await asyncpg.connect(town.settings.db)
    folder = Path(await connection.fetchval("SHOW data_directory"))
    await connection.close()
    owner = folder.stat().st_uid
    postmaster = (folder / "postmaster.pid").read_text().split()[0]
    tool = Path(os.readlink(f"/proc/{postmaster}/exe")).with_name("pg_ctl")
    process = await asyncio.create_subprocess_exec(
        tool, "restart", "-D", folder, "-w", "-m", "immediate", "-l", folder / "log", user=owner, stdout=DEVNULL
    )
    assert await process.wait() == 0


@whole(on=["postgresql"])
async def test_f54_valkey_is_flushed(town: Town) -> None:
    with own_valkey() as server:
        town.redis = server.connection_url
        await town.up(work=2)
        bodies = await messages(town, range(30))
        sending = asyncio.create_task(burst(town, bodies, at_once=3))
        client = Redis.from_url(server.connection_url)
        for _ in range(5):
            await client.flushall()
            await asyncio.sleep(0.1)
        await client.aclose()
        assert set((await sending).counted) == {200}
        verdict = await town.judge()
    assert verdict.live == 30


@whole(on=["postgresql"])
async def test_f55_valkey_is_down(town: Town) -> None:
    """Killed while two workers book; the work goes on, and comes back to it when it is there again."""
    with own_valkey() as server:
        town.redis = server.connection_url
        port = make_url(server.connection_url).port
        await town.up(work=2)
        bodies = await messages(town, range(30))
        first = {name: bodies[name] for name in list(bodies)[:10]}
        assert set((await burst(town, first)).counted) == {200}
        kill(server)
        second = await burst(town, {name: body for name, body in bodies.items() if name not in first})
        assert set(second.counted) == {200}
        for number in range(30):
            await town.booked(f"R{number}")
        with own_valkey(port):
            assert (await town.api("GET", "/v1/returns"))[0] == 200
            verdict = await town.judge()
    assert verdict.live == 30


def kill(server: Any) -> None:
    """SIGKILL, and nothing is said."""
    process = server._process  # it has no other way to die by surprise
    process.send_signal(signal.SIGKILL)
    process.wait(5)
