"""Workers that freeze, are told to stop, or meet a newer database."""

import asyncio
import signal
from typing import Any

import asyncpg
from sqlalchemy import update

from gateway import commands
from gateway.core import open_gateway
from gateway.store import tables
from tests.faults.proxy import proxy_to
from tests.faults.senders import burst, insist, messages
from tests.faults.town import Town
from tests.faults.whole import whole
from tests.house.waiting import eventually
from tests.sandbox.bench import PATHS


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


async def reach_carrier_at(town: Town, origin: str) -> None:
    """Move the account's carrier to another origin, before anything runs."""
    url = origin + PATHS[f"sandbox_{town.settled.carrier}"]
    async with open_gateway(town.settings) as gw, gw.store.transaction(town.settled.exporter) as tx:
        await tx.run(update(tables.accounts).where(tables.accounts.c.id == town.settled.account).values(base_url=url))


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
async def test_f57_sigterm_under_load(town: Town) -> None:
    """Not ready at once, what runs is finished or given back, exit 0 within the grace time."""
    await town.script("delay", seconds=0.5, times=-1)
    started = await town.up()
    bodies = await messages(town, range(30))
    sending = asyncio.create_task(burst(town, bodies, at_once=4))
    await eventually(lambda: town.bench.ask("ledger?kind=booked"))
    for process in started:
        process.tell(signal.SIGTERM)

    async def not_ready() -> bool:
        return await town.get_status(town.url + "/readyz") != 200

    await eventually(not_ready, within=2)
    assert [await process.ended(within=25) for process in started] == [0] * len(started)
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
            await connection.execute(f"ALTER TABLE {table} ADD COLUMN added_later text DEFAULT 'x'")
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
