"""F28-F36, where no process dies: turns outlived, cancelling in flight, outages; over REST and SOAP, on both stores."""

from datetime import timedelta
from typing import Any

import pytest

from adapters import registry
from gateway import worker
from gateway.journeys import booking, voiding
from gateway.store.work import LEASE
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from tests.faults.house import House
from tests.faults.params import by_rest, by_soap, house_time, states
from tests.faults.proxy import proxy_to

HOUR = timedelta(hours=1)


@pytest.mark.usefixtures("quick")
async def test_f28_a_turn_outlived_after_the_send(house: House) -> None:
    """The first turn's answer comes when its lease is over and another turn has taken the row: it writes nothing."""
    host, _, port = house.bench.base.removeprefix("http://").partition(":")
    async with proxy_to(host, int(port)) as proxy:
        await house.authorise()
        await house.run("ingest")
        (job,) = await house.gw.store.due("book")
        await house.script("accept_then_hang", seconds=0.6)
        first = _started(house, job)
        await _eventually(house.ledger, "booked")
        house.clock.advance(LEASE + timedelta(seconds=1))
        assert await house.run("book") == 1  # the second turn finds it sending, and hands it to the look-up
        await first
        del proxy
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@by_rest
async def test_f28_a_turn_outlived_before_the_send(house: House) -> None:
    """The first turn waits for its token when its lease ends: when it wakes it sees that, and sends nothing."""
    host, _, port = house.bench.base.removeprefix("http://").partition(":")
    async with proxy_to(host, int(port)) as proxy:
        await house.reach_carrier_at(f"http://127.0.0.1:{proxy.own_port}")
        await house.authorise()
        await house.run("ingest")
        (job,) = await house.gw.store.due("book")
        proxy.weather.swallow = True
        first = _started(house, job)
        await _eventually(lambda: _connected(proxy))
        house.clock.advance(LEASE + timedelta(seconds=1))
        await house.run("book")
        assert states(await house.attempts()) == ["unknown"]
        before = len(await house.creates())
        proxy.calm()
        await first
        assert len(await house.creates()) == before == 0
        await house.come_to_rest()
    await house.reach_carrier_at(None)
    assert len(await house.ledger("booked")) == 1
    await house.judge()


def _started(house: House, job: Any) -> Any:
    import asyncio

    return asyncio.create_task(worker.run(house.gw, job))


async def _connected(proxy: Any) -> Any:
    return proxy.connections


async def _eventually(ask: Any, *given: Any) -> Any:
    from tests.house.waiting import eventually

    return await eventually(lambda: ask(*given))


@pytest.mark.parametrize("script", ["", "accept_then_reset", "fail_500", "refuse"])
async def test_f30_cancelled_while_in_flight(house: House, script: str) -> None:
    """Whatever becomes of the booking, a return that was stopped meanwhile ends with nothing live."""
    await house.authorise()
    await house.run("ingest")
    (job,) = await house.gw.store.due("book")
    await house.script("delay", seconds=0.3) if not script else await house.script(script)
    row = await house.settled.return_of()
    assert row is not None
    booking = _started(house, job)
    if not script:
        await _eventually(house.creates)
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await voiding.cancel(tx, row.id)
    await booking
    await house.come_to_rest()
    assert (await house.bench.ask("live"))["live"] == []
    assert len(await house.ledger("voided")) == len(await house.ledger("booked")) <= 1
    after = await house.settled.return_of()
    assert after is not None
    assert after.status == ReturnStatus.CANCELLED
    assert (await house.shipment()).state == ShipmentState.CANCELLED
    await house.judge()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("script", ["accept_then_hang", "fail_500", "accept_then_reset"])
async def test_f31_a_void_without_an_answer(house: House, script: str) -> None:
    await house.booked()
    await house.script(script, verb="void", seconds=2)
    row = await house.settled.return_of()
    assert row is not None
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await voiding.cancel(tx, row.id)
    await house.come_to_rest()
    assert len(await house.ledger("voided")) == 1
    assert len(await house.notices("booking.voided")) == 1  # the refund is expected once
    assert states(await house.attempts()) == ["void"]
    await house.judge()


async def test_f34_the_label_cannot_be_fetched(house: House) -> None:
    await house.script("fail_500", verb="label", times=5)
    booked = await house.booked()
    assert booked.state == ShipmentState.BOOKED
    row = await house.settled.return_of()
    assert row is not None
    labels = [
        one for one in await house.settled.reading(lambda tx: tx.documents.of_return(row.id)) if one.kind == "label"
    ]
    assert len(labels) == 1
    assert len(await house.creates()) == 1
    await house.judge()


@by_soap
@pytest.mark.parametrize("doubted", [False, True])
async def test_a_carrier_that_rejects_us_is_asked_for_neither_its_list_nor_a_label(house: House, doubted: bool) -> None:
    """Each call would be one more wrong password. A restore has what it forgot told all the same."""
    booked = await house.booked()
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        until = tx.now + booking.DOUBT if doubted else None
        await tx.accounts.set(booked.account_id, paused="the carrier rejects the credentials", doubted_until=until)
        (label,), (sweep,) = await tx.all(tx.labels.mine()), await tx.all(tx.sweeps.mine())
        await tx.labels.set(label.id, state="pending")
        for kind, row in (("label", label), ("sweep", sweep)):
            await tx.wake(kind, row.id)
    asked = len((await house.bench.ask("requests"))["requests"])
    assert (await house.run("sweep"), await house.run("label")) == (1, 1)
    assert (len((await house.bench.ask("requests"))["requests"]) > asked) is doubted
    async with house.gw.store.reading(house.settled.exporter) as tx:
        assert ((await tx.labels.get(label.id)).state == "stored") is doubted


async def test_f35_the_carrier_is_down_for_half_an_hour(house: House) -> None:
    """The breaker opens, the carrier is asked rarely, and all is booked when it is back."""
    await house.script("outage", seconds=1800)
    count = 24
    for number in range(count):
        await house.settled.authorise(f"R{number}")
    await house.webhooks_sent()
    begun = house.clock()
    await house.pass_time(timedelta(minutes=29), grain=timedelta(seconds=30))
    asked = (await house.bench.ask("requests"))["requests"]
    late = [one for one in asked if house_time(one) - begun > timedelta(minutes=2)]
    assert house.gw.lanes.of(await _lane(house), registry.carrier(house.carrier).profile.pace).breaker.is_open
    assert len(late) <= 27 * 60 / 15 * 2, len(late)  # a probe each 15 s, with its token
    assert not await house.ledger("booked")
    await house.come_to_rest(timedelta(hours=3), grain=timedelta(seconds=30))
    assert len(await house.ledger("booked")) == count
    assert await house.settled.reading(lambda tx: _deadlines(tx)) == count
    await house.judge()


async def _lane(house: House) -> str:
    account = await house.settled.reading(lambda tx: tx.accounts.get(house.settled.account))
    return str(account.lane)


async def _deadlines(tx: Any) -> int:
    from sqlalchemy import func, select

    from gateway.store import tables

    return int((await tx.run(select(func.count()).select_from(tables.deadlines))).scalar())


@by_rest
async def test_f36_the_token_expires_in_a_batch(house: House) -> None:
    await house.booked("R0")
    await house.script("token_expired", verb="book")
    count = 20
    for number in range(1, count + 1):
        await house.settled.authorise(f"R{number}")
    await house.webhooks_sent()
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == count + 1
    tokens = (await house.bench.ask("requests?verb=token"))["requests"]
    assert len(tokens) == 2  # the first one, and one for all
    await house.judge()
