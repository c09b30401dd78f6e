"""Looks and what they are said of: begun with a booking, true to their shipments, and what nobody has heard of for long."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from adapters import registry
from gateway.core import Gateway
from gateway.journeys import polling, tracking
from gateway.rules.polling import next_poll
from gateway.store import tables
from gateway.store.checks import CHECKS
from gateway.store.looks import MOMENT, Going
from gateway.store.store import Desk, Store
from gateway.store.transaction import Tx
from gateway.store.work import Job
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.house.clock import MovableClock
from tests.house.rows import add_exporter, add_row
from tests.house.waiting import eventually

SAME = "I6 looks are as their shipments"
DAY = timedelta(days=1)


async def booked(tx: Desk, state: str = "moving", **given: object) -> str:
    """A shipment on its way, and its look."""
    begun = {"carrier": "sandbox_rest", "waybill": "W1", "state": state, "status": "in_transit"}
    shipment = await add_row(tx, tables.shipments, **begun, booked_at=tx.now, heard_at=tx.now, **given)
    await tx.looks.begin(await tx.shipments.get(shipment), waybill="W1", state=state, poll_at=tx.now)
    return shipment


async def looked(tx: Desk, account: str, silent: int) -> None:
    """A poll of all that is due, which brought nothing."""
    rounds = [due.round_id for due in await tx.looks.due(account, 50)]
    await tx.looks.go_on(account, [Going(round_id, tx.now + DAY, silent, {}) for round_id in rounds])


async def test_a_second_booking_of_the_same_shipment_is_looked_at_from_the_start(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        shipment = await booked(tx)
        row = await tx.shipments.get(shipment)
        await looked(tx, row.account_id, silent=7)
        await tx.looks.plan(row, None)
        look = await tx.looks.find(shipment)
        assert look
        assert (look.silent, look.polled_at, look.poll_at) == (None, tx.now, None)
        await tx.looks.begin(row, waybill="W2", state="booked", poll_at=tx.now + DAY)
        look = await tx.looks.find(shipment)
    assert look
    assert (look.waybill, look.state, look.silent, look.polled_at) == ("W2", "booked", 0, None)
    assert look.poll_at == tx.now + DAY


async def test_what_belongs_together_is_asked_about_in_one_order(store: Store) -> None:
    """So that what a process had under way when it died is what the next turn begins with."""
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        account = await add_row(tx, tables.accounts)
        shipments = [await booked(tx, account_id=account) for _ in range(30)]
        round_of_all = (await tx.looks.get(shipments[0])).round_id
        for shipment in reversed(shipments):
            await tx.looks.set(shipment, round_id=round_of_all)
        await tx.looks.due(account, 60)  # clears away the rounds that are left
        assert [due.id for due in await tx.looks.due(account, 7)] == sorted(shipments)[:7]


async def test_a_look_that_says_something_else_than_its_shipment_is_found(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        shipment = await booked(tx)
        assert await CHECKS[SAME](tx.connection) == []
        others = await booked(tx, account_id=await add_row(tx, tables.accounts))
        (round_of_another,) = [row.round_id for row in await tx.all(tx.looks.mine()) if row.id == others]
        for wrong in (
            {"status": "x"},
            {"state": "booked"},
            {"waybill": "W2"},
            {"limit_at": tx.now},
            {"round_id": round_of_another},
        ):
            before = {name: getattr(await tx.looks.get(shipment), name) for name in wrong}
            await tx.looks.set(shipment, **wrong)
            assert await CHECKS[SAME](tx.connection) == [f"{shipment} is looked at as something else"], wrong
            await tx.looks.set(shipment, **before)
        never = await add_row(tx, tables.shipments, state="booked", waybill="W3")
        assert await CHECKS[SAME](tx.connection) == [f"{never} is looked at as something else"]


async def test_stuck_is_what_no_scan_tells_of_any_more(gateway: Gateway, clock: MovableClock) -> None:
    exporter, start = await add_exporter(gateway.store), clock.stand()

    def scan(waybill: str, after: timedelta) -> TrackingEvent:
        told = {"waybill": Waybill(waybill), "status": TrackingStatus.IN_TRANSIT, "occurred_at": start + after}
        return TrackingEvent(**told, zone=ZoneSource.STATED, wire_code="HUB")

    async with gateway.store.transaction(exporter) as tx:
        channel = await add_row(tx, tables.channels, zone="Asia/Shanghai")
        never, once, lately, home = [await booked(tx, channel_id=channel) for _ in range(4)]
        await tx.shipments.set(home, state="delivered")
    clock.advance(4 * DAY)
    async with gateway.store.transaction(exporter) as tx:
        await tracking.record(gateway, tx, once, [scan("W1", 2 * DAY), scan("W1", DAY)], "poll")
        await tracking.record(gateway, tx, lately, [scan("W1", 3 * DAY)], "push")
        await tracking.record(gateway, tx, lately, [scan("W1", DAY)], "poll")
    async with gateway.store.reading(exporter) as tx:
        stuck = await tx.lists.stuck_shipments(start + 3 * DAY, 50)
        assert [row.id for row in stuck] == [never, once]
        assert [row.id for row in await tx.lists.stuck_shipments(start + 4 * DAY, 50)] == [never, once, lately]


class Silent:
    """A carrier that knows nothing new."""

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        return TrackingReport()


async def test_what_one_call_asked_about_is_asked_about_together_again(
    gateway: Gateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, now = await add_exporter(gateway.store), clock.stand()
    batch = registry.carrier("sandbox_rest").profile.tracking_batch
    async with gateway.store.transaction(exporter) as tx:
        account = await add_row(tx, tables.accounts, carrier="sandbox_rest", due_at=now, zone="UTC", paused=None)
        for _ in range(batch + 3):
            await booked(tx, account_id=account)
    monkeypatch.setattr(gateway, "open_carrier", lambda *given, **named: Silent())
    (job,) = [one for one in await gateway.store.due("poll") if one.id == account]
    await polling.poll_account(gateway, job)
    async with gateway.store.reading(exporter) as tx:
        whens = [await tx.looks.find(row.id) for row in await tx.all(tx.looks.mine())]
        planned = Counter(when.poll_at - now for when in whens if when)
    assert sorted(planned.values()) == [3, batch]
    every = next_poll(TrackingStatus.IN_TRANSIT, silent=1, now=now)
    assert every
    assert all(0.8 <= wait / (every - now) <= 1.2 for wait in planned)


@pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
async def test_the_number_of_statements_is_not_the_number_of_calls(
    gateway: Gateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, said, say = registry.carrier("sandbox_rest"), Counter[int](), Tx.say
    monkeypatch.setattr(carrier, "profile", carrier.profile.model_copy(update={"tracking_batch": 1}))
    monkeypatch.setattr(gateway, "open_carrier", lambda *given, **named: Silent())
    for calls in (2, 40):
        exporter, now = await add_exporter(gateway.store), clock.stand()
        async with gateway.store.transaction(exporter) as tx:
            account = await add_row(tx, tables.accounts, carrier="sandbox_rest", due_at=now, zone="UTC", paused=None)
            for _ in range(calls):
                await booked(tx, account_id=account)
        (job,) = [one for one in await gateway.store.due("poll") if one.id == account]

        async def counted(*asked: Any, calls: int = calls) -> Any:
            said[calls] += 1
            return await say(*asked)

        with monkeypatch.context() as counting:
            counting.setattr(Tx, "say", counted)
            await polling.poll_account(gateway, job)
        async with gateway.store.reading(exporter) as tx:
            assert len({row.round_id for row in await tx.all(tx.looks.mine())}) == calls
    assert 0 < said[2] == said[40]


class Interrupted(Silent):
    """While it is asked, somebody wants to look at one of them again."""

    def __init__(self, gw: Gateway, exporter: str, shipment: str) -> None:
        self.gw, self.exporter, self.shipment = gw, exporter, shipment

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        async with self.gw.store.transaction(self.exporter) as tx:
            await tracking.refresh(tx, self.shipment)
        return await super().track(waybills)


async def test_looks_that_bring_nothing_move_their_round_and_leave_who_was_planned_anew(
    gateway: Gateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, now = await add_exporter(gateway.store), clock.stand()
    async with gateway.store.transaction(exporter) as tx:
        account = await add_row(tx, tables.accounts, carrier="sandbox_rest", due_at=now, zone="UTC", paused=None)
        first, *others = [await booked(tx, account_id=account) for _ in range(5)]

    async def after_a_poll(carrier: Silent) -> dict[str, str]:
        monkeypatch.setattr(gateway, "open_carrier", lambda *given, **named: carrier)
        clock.advance(DAY)
        (job,) = [one for one in await gateway.store.due("poll") if one.id == account]
        await polling.poll_account(gateway, job)
        async with gateway.store.reading(exporter) as tx:
            assert await CHECKS[SAME](tx.connection) == []
            return {row.id: row.round_id for row in await tx.all(tx.looks.mine())}

    together = await after_a_poll(Silent())
    assert len({*together.values()}) == 1
    assert await after_a_poll(Silent()) == together
    apart = await after_a_poll(Interrupted(gateway, exporter, first))
    assert {apart[one] for one in others} == {together[first]} != {apart[first]}
    async with gateway.store.reading(exporter) as tx:
        alone, stayed = await tx.looks.find(first), await tx.looks.find(others[0])
    assert alone
    assert stayed
    assert (alone.poll_at, alone.silent) == (clock(), 2)
    assert (stayed.polled_at, stayed.silent) == (clock(), 3)


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
@pytest.mark.parametrize("held", [True, False])
async def test_a_look_that_is_planned_while_a_turn_ends_is_not_lost(
    store: Store, clock: MovableClock, *, held: bool
) -> None:
    """Whether it is durable just after the turn or begins just before its end; and where it needed no wake: the account was
    due by then."""
    exporter, now = await add_exporter(store), clock.stand()
    async with store.transaction(exporter) as tx:
        account = await add_row(tx, tables.accounts, due_at=now)
        shipment = await booked(tx, account_id=account)
        await tx.looks.plan(await tx.shipments.get(shipment), None)
        assert await tx.looks.due(account, 50) == []  # and the round that it has left is gone
        assert await tx.all(select(tables.rounds.c.id)) == []
        if held:
            assert await tx.claim(Job("poll", account, exporter))

    async def settle(tx: Desk) -> None:
        row = await tx.accounts.get(account) if held else await tx.claim(Job("poll", account, exporter))
        await tx.settle("poll", row, due_at=await tx.looks.next(account))

    async with store.transaction(exporter) as planning:
        await planning.looks.plan(await planning.shipments.get(shipment), now + DAY)
        await planning.wake("poll", account, now + DAY, only_earlier=True)
        async with store.transaction(exporter) as tx:
            await settle(tx)
    async with store.reading(exporter) as tx:
        assert (await tx.accounts.get(account)).due_at == now + MOMENT


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
@pytest.mark.parametrize("knows", [True, False])
async def test_a_look_that_is_planned_just_after_a_turn_ended_wakes_the_account(
    store: Store, clock: MovableClock, *, knows: bool
) -> None:
    exporter, now = await add_exporter(store), clock.stand()
    async with store.transaction(exporter) as tx:
        account = await add_row(tx, tables.accounts, due_at=now)
    async with store.transaction(exporter) as ending, store.transaction(exporter) as planning:
        if knows:  # what it has read of the account is old by then
            assert (await planning.accounts.get(account)).due_at == now
        row = await ending.claim(Job("poll", account, exporter))
        assert row
        await ending.settle("poll", row, due_at=await ending.looks.next(account))
        waking = asyncio.create_task(planning.wake("poll", account, now + DAY, only_earlier=True))

        async def waits() -> bool:
            here = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            asked = await ending.connection.execute(
                text(f"SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN ({here})")
            )
            return asked.first() is not None

        await eventually(waits)  # for as long as the other is not durable
        await ending.connection.execute(text("COMMIT"))
        await waking
    async with store.reading(exporter) as tx:
        assert (await tx.accounts.get(account)).due_at == now + DAY
