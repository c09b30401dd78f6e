"""The sandbox carrier does wrong what it is told to, over both dialects, and its ledger says what really happened."""

import asyncio
import re
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    CredentialsStale,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from schemas.shipments import BookingState
from tests.sandbox.bench import bench, request

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CHANNELS = ("sandbox_rest", "sandbox_soap")
CREATED: dict[str, tuple[type[AdapterError], dict[str, Any]]] = {
    "accept_then_500": (OutcomeUnknown, {}),
    "accept_then_502_html": (OutcomeUnknown, {}),
    "accept_then_reset": (OutcomeUnknown, {}),
    "accept_then_hang": (OutcomeUnknown, {"seconds": 30}),
    "accept_then_truncate": (OutcomeUnknown, {"bytes": 30}),
    "accept_then_refuse": (Refused, {"code": "REFERENCE_IN_USE"}),
    "accept_then_html": (Unintelligible, {}),
}
NOT_CREATED: dict[str, tuple[type[AdapterError], dict[str, Any]]] = {
    "refuse": (Refused, {}),
    "fault_in_200": (Refused, {}),
    "fail_500": (OutcomeUnknown, {}),
    "429": (Throttled, {"retry_after": 7}),
}


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("script", CREATED)
async def test_created_though_the_answer_says_nothing(name: str, script: str) -> None:
    """The ledger has it, a look-up finds it, and it was asked for once."""
    kind, facts = CREATED[script]
    async with bench() as world:
        carrier = world.carrier(name, total_seconds=0.5)
        await world.tell("script", script=script, **facts)
        with pytest.raises(AdapterError) as caught:
            await carrier.book(request("HW-1"))
        found = await carrier.find_bookings("HW-1")
        assert type(caught.value) is kind
        assert [one.booking.waybill for one in found] == await world.live("HW-1")
        assert await world.booked("HW-1") == 1
        assert len((await world.ask("requests?verb=book"))["requests"]) == 1


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("script", NOT_CREATED)
async def test_not_created(name: str, script: str) -> None:
    kind, facts = NOT_CREATED[script]
    async with bench() as world:
        carrier = world.carrier(name)
        await world.tell("script", script=script, **facts)
        with pytest.raises(AdapterError) as caught:
            await carrier.book(request("HW-1"))
        assert type(caught.value) is kind
        assert await world.booked("HW-1") == 0
        assert (await carrier.book(request("HW-1"))).state is BookingState.LIVE


async def test_a_repeat_is_the_same_booking_over_rest_and_a_second_one_over_soap() -> None:
    """Unless it is told otherwise."""
    async with bench() as world:
        rest, soap = world.carrier("sandbox_rest"), world.carrier("sandbox_soap")
        assert (await rest.book(request("HW-1"))).waybill == (await rest.book(request("HW-1"))).waybill
        with pytest.raises(Refused):
            await rest.book(request("HW-1", order="another"))
        assert (await soap.book(request("HW-2"))).waybill != (await soap.book(request("HW-2"))).waybill
        assert len(await soap.find_bookings("HW-2")) == 2
        await world.tell("settings", idempotent_soap=True, idempotent_rest=False)
        assert (await soap.book(request("HW-3"))).waybill == (await soap.book(request("HW-3"))).waybill
        await world.tell("settings", refuse_duplicates=True)
        await rest.book(request("HW-4"))
        with pytest.raises(Refused):
            await rest.book(request("HW-4"))
        assert len(await world.live("HW-4")) == 1


@pytest.mark.parametrize("name", CHANNELS)
async def test_an_answer_with_a_dead_or_foreign_waybill(name: str) -> None:
    async with bench() as world:
        carrier = world.carrier(name)
        first = await carrier.book(request("HW-1"))
        await world.tell("script", script="swapped")
        swapped = await carrier.book(request("HW-2"))
        assert (swapped.waybill, swapped.echoed_ref) == (first.waybill, "HW-2")
        assert await world.booked("HW-2") == 1
        await world.tell("script", script="dead_2xx")
        dead = await carrier.book(request("HW-3"))
        assert (dead.state, dead.echoed_ref) == (BookingState.VOID, "HW-3")
        assert await world.live("HW-3") == []


@pytest.mark.parametrize("name", CHANNELS)
async def test_a_look_up_that_lags(name: str) -> None:
    """By the carrier's clock: a booking is not found until it is old enough."""
    async with bench() as world:
        carrier = world.carrier(name)
        await world.tell("clock", at=NOW.isoformat())
        await world.tell("script", script="lookup_lag", seconds=60)
        await carrier.book(request("HW-1"))
        assert await carrier.find_bookings("HW-1") == ()
        await world.tell("clock", at=NOW.replace(minute=1).isoformat())
        assert len(await carrier.find_bookings("HW-1")) == 1


@pytest.mark.parametrize("name", CHANNELS)
async def test_an_outage_ends_by_the_clock(name: str) -> None:
    async with bench() as world:
        carrier = world.carrier(name)
        booking = await carrier.book(request("HW-1"))
        await world.tell("clock", at=NOW.isoformat())
        await world.tell("script", script="outage", seconds=60)
        with pytest.raises(OutcomeUnknown):
            await carrier.book(request("HW-2"))
        with pytest.raises(Unavailable):
            await carrier.find_bookings("HW-2")
        await world.tell("clock", at=NOW.replace(minute=1).isoformat())
        assert (await carrier.track([booking.waybill])).not_found == ()


async def test_a_token_that_expires_is_renewed_by_the_next_call() -> None:
    async with bench() as world:
        carrier = world.carrier("sandbox_rest")
        await carrier.book(request("HW-1"))
        await world.tell("script", script="token_expired")
        with pytest.raises(CredentialsStale):
            await carrier.book(request("HW-2"))
        assert (await carrier.book(request("HW-2"))).state is BookingState.LIVE
        assert len((await world.ask("requests?verb=token"))["requests"]) == 2


@pytest.mark.parametrize("name", CHANNELS)
async def test_wrong_credentials_shut_the_account(name: str) -> None:
    async with bench() as world:
        carrier = world.carrier(name)
        wrong = {field: "wrong" for field in ("client_secret", "password") if hasattr(carrier.credentials, field)}
        carrier.credentials = type(carrier.credentials).model_validate({**carrier.credentials.model_dump(), **wrong})
        with pytest.raises(CredentialsRejected):
            await carrier.book(request("HW-1"))


@pytest.mark.parametrize("name", CHANNELS)
async def test_order_numbers_that_a_person_can_use(name: str) -> None:
    async with bench() as world:
        carrier = world.carrier(name, total_seconds=0.5)
        seen = {}
        for word in ("TEST-REFUSED", "TEST-429", "TEST-TIMEOUT", "TEST-UNKNOWN-FOUND", "TEST-UNKNOWN-ABSENT"):
            with pytest.raises(AdapterError) as caught:
                await carrier.book(request(f"HW-{word}", order=f"{word}-7"))
            seen[word] = (type(caught.value), await world.booked(f"HW-{word}"))
        assert seen == {
            "TEST-REFUSED": (Refused, 0),
            "TEST-429": (Throttled, 0),
            "TEST-TIMEOUT": (OutcomeUnknown, 1),
            "TEST-UNKNOWN-FOUND": (OutcomeUnknown, 1),
            "TEST-UNKNOWN-ABSENT": (OutcomeUnknown, 0),
        }
        assert (await carrier.book(request("HW-next", order="TEST-UNKNOWN-ABSENT-7"))).state is BookingState.LIVE
        with pytest.raises(Refused):
            await carrier.book(request("HW-again", order="TEST-REFUSED-7"))


async def test_a_killed_sandbox_knows_what_it_agreed_to(tmp_path: Path) -> None:
    """As its own process, killed in the middle of an answer; a torn last line is cut off."""
    ledger = tmp_path / "ledger.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.sandbox", "--port", "0", "--ledger", str(ledger)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    base = re.search(r"http://\S+", (await process.stdout.readline()).decode())
    assert base is not None
    async with bench() as world:
        world.base = base[0]
        carrier = world.carrier("sandbox_soap")
        await world.tell("script", script="accept_then_hang", seconds=60)
        asked = asyncio.create_task(carrier.book(request("HW-1")))
        while not await world.live("HW-1"):
            await asyncio.wait([asked], timeout=0.01)
        process.send_signal(signal.SIGKILL)
        with pytest.raises(OutcomeUnknown):
            await asked
    await process.wait()
    with ledger.open("ab") as torn:
        torn.write(b'{"seq": 2, "kind": "bo')
    async with bench(ledger) as again:
        found = await again.carrier("sandbox_soap").find_bookings("HW-1")
        assert len(found) == 1
        assert (await again.carrier("sandbox_soap").void(found[0].booking.waybill)).outcome == "voided"
    async with bench(ledger) as third:
        assert await third.live("HW-1") == []
