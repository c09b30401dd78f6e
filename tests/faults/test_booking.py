"""F14-F23 and F32-F33: what a carrier may do to a booking, over REST and SOAP, on both stores."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from adapters import registry
from gateway.journeys import verdicts
from schemas.errors import RefusalCode
from schemas.shipments import ShipmentState
from tests.faults.house import House
from tests.faults.params import by_rest, house_time, states
from tests.faults.proxy import proxy_to

HOUR = timedelta(hours=1)


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
    if profile.id == "sandbox_soap":  # looked up: absent is believed only after the call's limit and the settle time
        assert sent[1] - sent[0] >= timedelta(seconds=profile.total_seconds + profile.settle_seconds)
    assert len(sent) == 2
    await house.judge()


@by_rest
async def test_f18_a_key_that_stands_for_another_request_is_looked_up_and_never_concluded_absent(house: House) -> None:
    await house.script("fail_500")
    await house.script("refuse", code="KEY_REUSED")
    await house.authorise()
    await house.pass_time(timedelta(hours=3))
    assert len(await house.creates()) == 2
    assert states(await house.attempts()) == ["unknown"]
    await house.pass_time(timedelta(hours=24), grain=timedelta(hours=1))
    assert [task.kind for task in await house.tasks()] == ["outcome_unknown"]
    assert len(await house.creates()) == 2
    await house.judge()


@pytest.mark.parametrize("script", ["accept_then_500", "accept_then_502_html"])
async def test_f19_created_then_an_error_status(house: House, script: str) -> None:
    await _created_and_adopted(house, script)


async def test_f20_created_and_the_reply_lost(house: House) -> None:
    await _created_and_adopted(house, "accept_then_reset")


async def test_f20_created_and_refused_as_a_second_one(house: House) -> None:
    """The network delivers the request twice, and only the second answer comes back: the reference is in use."""
    await _created_and_adopted(house, "accept_then_refuse", code="REFERENCE_IN_USE")


async def test_f20_a_reference_in_use_that_nobody_finds_is_a_persons(house: House) -> None:
    """It is never concluded absent, and nothing is sent under another reference."""
    await house.script("refuse", code="REFERENCE_IN_USE")
    await house.authorise()
    await house.pass_time(timedelta(hours=26), grain=timedelta(hours=1))
    assert states(await house.attempts()) == ["unknown"]
    (task,) = await house.tasks()
    assert (task.kind, "the reference is in use" in task.detail) == ("outcome_unknown", True)
    assert len(await house.creates()) == 1
    await house.judge()


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
