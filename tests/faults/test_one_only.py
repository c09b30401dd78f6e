"""Ways to a second booking that no script of the carrier's shows: re-routed, amended, judged or cancelled in between."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from adapters import registry
from adapters.seam import LookUp
from gateway.journeys import attempts, booking, pickups, planning, settling_in, verdicts, voiding
from gateway.store.checks import CHECKS
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import Conflict
from schemas.shipments import BookingState, FoundBooking, PickupRequest
from tests.faults.house import House
from tests.faults.params import states
from tests.house.settled import CONSIGNEE
from tests.sandbox.bench import CREDENTIALS

MINUTE = timedelta(minutes=1)


async def test_what_goes_by_another_account_is_another_attempt(house: House) -> None:
    """An attempt that never left goes again as it is; not where the shipment goes by another account meanwhile."""
    await house.script("429", retry_after=600)
    await house.authorise()
    await house.run("ingest")
    await house.run("book")
    assert states(await house.attempts()) == ["refused"]
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        other = await another_account(house, tx)
        await tx.shipments.set(
            (await tx.shipments.of_return((await house.attempts())[0].return_id))[0].id, account_id=other
        )
    await house.come_to_rest()
    first, second = sorted(await house.attempts(), key=lambda one: one.number)
    assert (first.state, first.account_id) == ("refused", house.settled.account)
    assert (second.state, second.account_id) == ("live", other)
    assert len(await house.ledger("booked")) == 1
    await house.judge()


async def another_account(house: House, tx: Desk) -> str:
    account = await tx.accounts.get(house.settled.account)
    credentials = CREDENTIALS[house.carrier]
    return await settling_in.add_account(house.gw, tx, house.carrier, "other", credentials, base_url=account.base_url)


@pytest.mark.parametrize("wanted", ["the same", "another"])
async def test_an_absent_attempt_goes_as_it_was_only_if_that_is_still_wanted(
    house: House, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = registry.carrier(house.carrier)
    unique = adapter.profile.model_copy(update={"look_up": LookUp.UNIQUE_REFERENCE})
    monkeypatch.setattr(adapter, "profile", unique)
    await house.authorise()
    await house.run("ingest")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        shipment = (await tx.shipments.of_return((await house.settled.return_of()).id))[0]  # type: ignore[union-attr]
        account = await tx.accounts.get(shipment.account_id)
        first = await begun(tx, shipment, account, "the same")
        await tx.attempts.set(first.id, state="absent", reason="absent")
        again = await begun(tx, shipment, account, wanted)
        assert (again.number, again.request) == ((1, '"the same"') if wanted == "the same" else (2, '"another"'))
        await tx.attempts.set(again.id, state="refused", reason="test")


async def begun(tx: Desk, shipment: Record, account: Record, said: str) -> Record:
    first, chain = shipment.request.client_ref, shipment.return_id
    return await attempts.begin(
        tx, booking.BOOKING, shipment.id, account, lambda ref: f'"{said}"', first=first, return_id=chain
    )


@pytest.mark.parametrize("say", ["exists", "absent"])
async def test_nobody_says_what_the_carrier_is_being_asked(house: House, say: str) -> None:
    """What the look-up under way finds would be written over it: a live booking that nobody knows."""
    await house.script("accept_then_reset")
    await house.authorise()
    await house.run("ingest")
    await house.run("book")
    (attempt,) = await house.attempts()
    house.clock.advance(MINUTE)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        (look,) = await house.gw.store.due("resolve")
        assert await tx.claim(look)
    for state in ("unknown", "sending"):
        async with house.gw.store.transaction(house.settled.exporter, "operator:ann") as tx:
            await tx.attempts.set(attempt.id, state=state)
            with pytest.raises(Conflict, match="right now"):
                await (verdicts.exists(tx, attempt.id, "SBX1") if say == "exists" else verdicts.absent(tx, attempt.id))
            await tx.attempts.set(attempt.id, state="unknown")
    house.clock.advance(2 * MINUTE)  # whoever looked has died
    await house.come_to_rest()
    assert states(await house.attempts()) == ["live"]
    assert len(await house.ledger("booked")) == 1
    await house.judge()


async def test_what_is_there_in_a_state_we_do_not_know_is_not_booked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = registry.carrier(house.carrier)
    real = adapter.find_bookings  # type: ignore[attr-defined]

    async def pending(self: Any, client_ref: str) -> Sequence[FoundBooking]:
        unclear = {"state": BookingState.UNKNOWN}
        return [
            one.model_copy(update={"booking": one.booking.model_copy(update=unclear)})
            for one in await real(self, client_ref)
        ]

    searchable = adapter.profile.model_copy(update={"look_up": LookUp.SEARCHABLE})
    monkeypatch.setattr(adapter, "profile", searchable)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(adapter, "find_bookings", pending)
        await house.script("accept_then_reset")
        await house.authorise()
        await house.pass_time(timedelta(hours=3), MINUTE)
        assert states(await house.attempts()) == ["unknown"]
        assert len(await house.creates()) == 1
    await house.come_to_rest()
    assert states(await house.attempts()) == ["live"]
    assert len(await house.ledger("booked")) == 1
    await house.judge()


async def stopped(house: House) -> None:
    row = await house.settled.return_of()
    assert row is not None
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await voiding.cancel(tx, row.id)


async def test_a_void_that_is_never_answered_is_asked_for_rarely_and_then_of_a_person(house: House) -> None:
    await house.booked()
    await house.script("fail_500", verb="void", times=-1)
    await stopped(house)
    await house.pass_time(timedelta(hours=26), MINUTE)
    asked = (await house.bench.ask("requests?verb=void"))["requests"]
    assert 3 <= len(asked) <= 300
    assert [task.kind for task in await house.tasks()] == ["outcome_unknown"]
    await house.pass_time(timedelta(hours=3), MINUTE)
    assert len((await house.bench.ask("requests?verb=void"))["requests"]) == len(asked)


async def test_a_parcel_that_was_scanned_meanwhile_is_not_voided(house: House) -> None:
    booked = await house.booked()
    await house.script("fail_500", verb="void")
    await stopped(house)
    await house.run("book")
    await house.bench.tell("scans", waybill=booked.waybill, code="COL")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.shipments.set(booked.id, handed_over_at=tx.now)
    await house.come_to_rest()
    assert not await house.ledger("voided")
    assert "outcome_unknown" in [task.kind for task in await house.tasks()]
    assert states(await house.attempts()) == ["live"]


async def test_a_return_is_not_amended_while_its_booking_is_being_written(house: House) -> None:
    """The amendment waits for the intent, sees it, and goes to a person; the parcel is what was asked for."""
    await house.authorise()
    await house.run("ingest")
    (job,) = await house.gw.store.due("book")
    row = await house.settled.return_of()
    assert row is not None

    async def amend() -> None:
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            source, known = await tx.sources.get(row.source_id), await tx.returns.get(row.id, lock=True)
            changed = known.authorization.model_copy(update={"note": "another address"})
            await planning.amend_return(tx, source, known, changed)

    async with house.gw.store.transaction(house.settled.exporter) as tx:
        shipment = await tx.claim(job)
        assert shipment is not None
        await booking.doubt(tx, shipment, await tx.accounts.get(shipment.account_id))
        amending = asyncio.create_task(amend())
        done, _ = await asyncio.wait({amending}, timeout=0.3)
        assert not done
    await amending
    assert "review_amendment" in [task.kind for task in await house.tasks()]


async def ask_for_pickup(house: House, booked: Record) -> str:
    ready = house.clock() + timedelta(days=1)
    request = PickupRequest(
        client_ref="HW-0",
        address=CONSIGNEE.address,
        contact=CONSIGNEE,
        ready_at=ready,
        close_at=ready + timedelta(hours=4),
        zone="Asia/Shanghai",
        parcels=booked.request.parcels,
    )
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        return await pickups.request_pickup(tx, house.settled.account, request, [booked.id])


async def test_a_pickup_cancelled_while_nobody_knows_is_cancelled_once_it_is_found(house: House) -> None:
    booked = await house.booked()
    await house.script("accept_then_reset", verb="pickup")
    pickup_id = await ask_for_pickup(house, booked)
    await house.run("pickup")
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await pickups.cancel_pickup(tx, pickup_id)
    await house.come_to_rest()
    assert len(await house.ledger("pickup_booked")) == len(await house.ledger("pickup_cancelled")) == 1
    await house.judge()


@pytest.mark.parametrize("trouble", ["", "429", "refuse"])
async def test_what_turns_up_late_beside_another_booking_is_voided(
    house: House, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The carrier hides it for longer than it says it does: for that hour there are two, and no longer."""
    adapter = registry.carrier(house.carrier)
    by_reference = {"look_up": LookUp.SEARCHABLE, "settle_seconds": 30}
    monkeypatch.setattr(adapter, "profile", adapter.profile.model_copy(update=by_reference))
    await house.script("lookup_lag", seconds=1800)
    await house.script("accept_then_reset")
    await house.authorise()
    await house.pass_time(timedelta(minutes=20), MINUTE)
    first, second = sorted(await house.attempts(), key=lambda one: one.number)
    assert (first.state, second.state) == ("absent", "live")
    if trouble:
        await house.script(trouble, verb="void")
    await house.pass_time(timedelta(hours=2), MINUTE)
    first, second = sorted((one for one in await house.attempts() if one.kind == "booking"), key=lambda one: one.number)
    assert (first.state, second.state) == ("absent" if trouble == "refuse" else "void", "live")
    assert (await house.shipment()).waybill == second.waybill != first.waybill
    voided = [one["waybill"] for one in await house.ledger("voided")]
    assert voided == ([] if trouble == "refuse" else [first.waybill])
    assert [task.kind for task in await house.tasks()] == (["void_by_hand"] if trouble == "refuse" else [])
    async with house.gw.store.reading(house.settled.exporter) as tx:
        assert [one for look in CHECKS.values() for one in await look(tx.connection)] == []
