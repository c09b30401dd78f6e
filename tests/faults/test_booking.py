"""F14-F36, where no process dies: what a carrier may do to a booking, over REST and SOAP, on both stores."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from adapters import registry
from gateway import worker
from gateway.journeys import verdicts, voiding
from gateway.store.work import LEASE
from schemas.errors import RefusalCode
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from tests.faults.house import House
from tests.faults.params import by_rest
from tests.faults.proxy import proxy_to

HOUR = timedelta(hours=1)


def states(attempts: list[Any], kind: str = "booking") -> list[str]:
    return [row.state for row in attempts if row.kind == kind]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Carriers with a limit of one second, so that a hanging one is waited for in real time only so long."""
    for name in ("sandbox_rest", "sandbox_soap"):
        adapter = registry.carrier(name)
        monkeypatch.setattr(adapter, "profile", adapter.profile.model_copy(update={"total_seconds": 1.0}))


async def test_f14_connection_refused(house: House) -> None:
    async with proxy_to("127.0.0.1", 1) as nobody:
        pass  # its port is free again: whoever connects there is refused
    await house.reach_carrier_at(f"http://127.0.0.1:{nobody.own_port}")
    await house.authorise()
    for _ in range(3):
        await house.run_due()
        await house.pass_time(timedelta(seconds=10))
    tried = await house.attempts()
    assert states(tried) == ["refused"]  # one attempt, tried again as it is: nothing of it has ever left
    said = [one for one in await house.said(tried[0]) if one.action == "booking.refused"]
    assert len(said) >= 2
    assert not await house.creates()
    await house.reach_carrier_at(None)
    await house.come_to_rest()
    assert states(await house.attempts())[-1] == "live"
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@pytest.mark.parametrize("origin", ["http://no-such-host.invalid:80", "https://{sandbox}"], ids=["dns", "tls"])
async def test_f15_tls_or_dns_failure(house: House, origin: str) -> None:
    await house.reach_carrier_at(origin.format(sandbox=house.bench.base.partition("//")[2]))
    await house.authorise()
    await house.run_due()
    await house.run_due()
    assert set(states(await house.attempts())) == {"refused"}
    assert not await house.creates()
    await house.reach_carrier_at(None)
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    await house.judge()


async def test_f16_validation_refusal(house: House) -> None:
    await house.script("refuse", times=-1)
    await house.authorise()
    await house.come_to_rest()
    shipment = await house.shipment()
    assert shipment.state == ShipmentState.ACTION_REQUIRED
    assert shipment.reason == RefusalCode.ADDRESS_NOT_SERVICED
    assert len(await house.creates()) == 1
    assert [task.kind for task in await house.tasks()] == ["booking_refused"]
    assert len(await house.notices("booking.refused")) == 1
    await house.judge()


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_f17_throttled_with_retry_after(house: House, form: str) -> None:
    """The account waits as long as it was told; a neighbour at the same carrier does not."""
    wait = timedelta(seconds=120)
    at = house.clock()
    await house.script("429", retry_after=120 if form == "seconds" else format_datetime(at + wait, usegmt=True))
    await house.authorise()
    await house.come_to_rest()
    sent = [house_time(one) for one in await house.creates()]
    assert len(sent) == 2
    assert sent[1] - at >= wait - timedelta(seconds=2)
    assert states(await house.attempts()) == ["live"]
    await house.judge()


async def test_f17_throttling_shuts_one_account_only(house: House) -> None:
    shut = house.gw.lanes.of("other", registry.carrier("sandbox_rest").profile.pace)
    shut.closed_until = shut.monotonic() + 3600
    booked = await house.booked()
    assert booked.state == ShipmentState.BOOKED
    await house.judge()


def house_time(entry: Any) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(entry["at"])


async def test_f18_failed_before_anything_was_created(house: House) -> None:
    await house.script("fail_500")
    await house.authorise()
    await house.run("ingest")
    await house.run("book")
    assert states(await house.attempts()) == ["unknown"]
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    assert states(await house.attempts())[-1] == "live"
    profile = registry.carrier((await house.shipment()).carrier).profile
    sent = [house_time(one) for one in await house.creates()]
    if (
        profile.id == "sandbox_soap"
    ):  # looked up: absent is believed only after the first call's limit and the settle time
        assert sent[1] - sent[0] >= timedelta(seconds=profile.total_seconds + profile.settle_seconds)
    assert len(sent) == 2
    await house.judge()


@pytest.mark.parametrize("script", ["accept_then_500", "accept_then_502_html"])
async def test_f19_created_then_an_error_status(house: House, script: str) -> None:
    await _created_and_adopted(house, script)


async def test_f20_created_and_the_reply_lost(house: House) -> None:
    await _created_and_adopted(house, "accept_then_reset")


async def test_f20_created_and_the_line_cut(house: House) -> None:
    """The same from the line's side: the proxy cuts the reply after some bytes."""
    host, _, port = house.bench.base.removeprefix("http://").partition(":")
    async with proxy_to(host, int(port)) as proxy:
        await house.reach_carrier_at(f"http://127.0.0.1:{proxy.own_port}")
        await house.authorise()
        await house.run("ingest")
        proxy.weather.cut_down = 250  # the token's reply is shorter, a booking's is longer
        await house.run("book")
        proxy.calm()
        assert "unknown" in states(await house.attempts()) or await house.ledger("booked") == []
        await house.come_to_rest()
    await house.reach_carrier_at(None)
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@pytest.mark.usefixtures("quick")
async def test_f21_created_and_the_reply_too_late(house: House) -> None:
    await _created_and_adopted(house, "accept_then_hang", seconds=2)


async def _created_and_adopted(house: House, script: str, **told: Any) -> None:
    await house.script(script, **told)
    await house.authorise()
    await house.run("ingest")
    await house.run("book")
    (attempt,) = await house.attempts()
    assert attempt.state == "unknown"
    assert (await house.shipment()).state == ShipmentState.REQUESTED  # unknown is not failed, and not booked
    await house.come_to_rest()
    (attempt,) = await house.attempts()
    assert attempt.state == "live"
    references = {one["client_ref"] for one in await house.creates()}
    assert references == {attempt.client_ref}
    if house.settled.carrier.endswith("soap"):
        assert len(await house.creates()) == 1
    assert len(await house.ledger("booked")) == 1
    assert len(await house.notices("booking.outcome_unknown")) == 1
    assert len(await house.notices("booking.confirmed")) == 1
    await house.judge()


async def test_f22_the_look_up_is_behind(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier whose look-up lags by a minute says so in its settle time; until then nothing is believed absent."""
    adapter = registry.carrier(house.carrier)
    monkeypatch.setattr(adapter, "profile", adapter.profile.model_copy(update={"settle_seconds": 60}))
    await house.script("lookup_lag", seconds=60)
    await house.script("accept_then_reset")
    await house.authorise()
    await house.come_to_rest()
    (attempt,) = await house.attempts()
    assert attempt.state == "live"
    assert {one["client_ref"] for one in await house.creates()} == {attempt.client_ref}
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier that neither repeats nor finds a booking."""
    from adapters.seam import LookUp

    there = dict(registry.carriers())
    for name in ("sandbox_rest", "sandbox_soap"):
        adapter = there[name]  # a class of its own: what a class can do is asked once and remembered
        profile = adapter.profile.model_copy(update={"look_up": LookUp.NONE})
        there[name] = type(adapter.__name__, (adapter,), {"find_bookings": None, "profile": profile})
    monkeypatch.setattr(registry, "carriers", lambda: there)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("verdict", ["exists", "absent"])
async def test_f23_no_look_up_at_all(house: House, verdict: str) -> None:
    await house.script("accept_then_reset" if verdict == "exists" else "fail_500")
    await house.authorise()
    await house.come_to_rest()
    (attempt,) = await house.attempts()
    assert attempt.state == "unknown"
    assert attempt.parked
    assert [task.kind for task in await house.tasks()] == ["outcome_unknown"]
    await house.pass_time(timedelta(days=2))
    assert len(await house.creates()) == 1  # nothing by itself, however long
    async with house.gw.store.transaction(house.settled.exporter, "operator:ann") as tx:
        if verdict == "exists":
            (entry,) = await house.ledger("booked")
            await verdicts.exists(tx, attempt.id, entry["waybill"])
        else:
            await verdicts.absent(tx, attempt.id)
    await house.come_to_rest()
    assert (await house.shipment()).state == ShipmentState.BOOKED
    assert not [task for task in await house.tasks() if task.kind == "outcome_unknown"]
    assert len(await house.ledger("booked")) == 1
    await house.judge()


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


async def test_f32_an_error_inside_200(house: House) -> None:
    await house.script("fault_in_200")
    await house.authorise()
    await house.come_to_rest()
    shipment = await house.shipment()
    assert shipment.state == ShipmentState.ACTION_REQUIRED
    assert shipment.waybill is None
    assert not await house.ledger("booked")
    await house.judge()


@pytest.mark.parametrize("script", ["accept_then_truncate", "accept_then_html"])
async def test_f33_a_200_that_cannot_be_read(house: House, script: str) -> None:
    await _created_and_adopted(house, script)


@pytest.mark.parametrize("script", ["dead_2xx", "swapped"])
async def test_f33_a_200_that_is_not_our_booking(house: House, script: str) -> None:
    """A booking that is dead, or somebody else's waybill, is no booking however well it reads."""
    await house.booked("R0")
    await house.script(script)
    await house.authorise("R1")
    await house.come_to_rest()
    waybills = {(await house.shipment(name)).waybill for name in ("R0", "R1")}
    assert len(waybills) == 2
    live = {one["waybill"] for one in (await house.bench.ask("live"))["live"]}
    assert live == waybills
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
