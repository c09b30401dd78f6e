"""A look has beside it the end of the first limit that runs of its return: a poll asks for no limits."""

import asyncio
from datetime import datetime, timedelta

import pytest

from gateway.journeys import clocks
from gateway.store import tables
from gateway.store.checks import CHECKS
from gateway.store.looks import Looks
from gateway.store.store import Desk, Store
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit
from tests.house.rows import add_exporter, add_row
from tests.store.test_looks import SAME, booked

DAY = timedelta(days=1)


def policy(clock: Clock, days: int) -> DeadlinePolicy:
    return DeadlinePolicy(clock=clock, amount=24 * days, unit=LimitUnit.HOURS)


async def limit_of(store: Store, exporter: str, shipment: str) -> datetime | None:
    """As the look has it, which is as `homeward check` wants it."""
    async with store.reading(exporter) as tx:
        assert await CHECKS[SAME](tx.connection) == []
        at: datetime | None = (await tx.looks.get(shipment)).limit_at
        return at


async def begin(tx: Desk, clock: Clock, return_id: str, days: int, start: datetime) -> None:
    await clocks.start_clock(tx, policy(clock, days), clocks.Subject(return_id, return_id), start, "UTC")


async def test_the_first_end_is_kept_where_a_limit_begins_moves_and_ends(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        return_id, start = await add_row(tx, tables.returns), tx.now
        await begin(tx, Clock.CUSTOMS, return_id, 9, start)
        shipment = await booked(tx, return_id=return_id)
    assert await limit_of(store, exporter, shipment) == start + 9 * DAY
    async with store.transaction(exporter) as tx:
        await begin(tx, Clock.ACCEPTANCE, return_id, 3, start)
    assert await limit_of(store, exporter, shipment) == start + 3 * DAY
    async with store.transaction(exporter) as tx:
        await begin(tx, Clock.ACCEPTANCE, return_id, 3, start + DAY)
    assert await limit_of(store, exporter, shipment) == start + 4 * DAY
    async with store.transaction(exporter) as tx:
        await clocks.met(tx, Clock.ACCEPTANCE, return_id, tx.now)
    assert await limit_of(store, exporter, shipment) == start + 9 * DAY
    async with store.transaction(exporter) as tx:
        await clocks.cancel_clock(tx, Clock.CUSTOMS, return_id)
    assert await limit_of(store, exporter, shipment) is None


async def test_a_second_booking_of_the_same_shipment_has_the_limit_as_well(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        return_id, start = await add_row(tx, tables.returns), tx.now
        shipment = await booked(tx, return_id=return_id)
        await begin(tx, Clock.CUSTOMS, return_id, 9, start)
    async with store.transaction(exporter) as tx:
        row = await tx.shipments.get(shipment)
        await tx.looks.begin(row, waybill="W1", state="moving", poll_at=tx.now)
    assert await limit_of(store, exporter, shipment) == start + 9 * DAY


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_what_two_transactions_begin_at_once_is_seen_by_the_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, both, says = await add_exporter(store), asyncio.Barrier(2), Looks.limit

    async def says_slowly(looks: Looks, return_ids: set[str]) -> None:
        await says(looks, return_ids)
        await asyncio.sleep(0.3)

    monkeypatch.setattr(Looks, "limit", says_slowly)
    async with store.transaction(exporter) as tx:
        return_id, start = await add_row(tx, tables.returns), tx.now

    async def look() -> str:
        async with store.transaction(exporter) as tx:
            shipment = await booked(tx, return_id=return_id)
            await both.wait()
        return shipment

    async def limit() -> None:
        async with store.transaction(exporter) as tx:
            await begin(tx, Clock.CUSTOMS, return_id, 9, start)
            await both.wait()

    shipment, _ = await asyncio.gather(look(), limit())
    assert await limit_of(store, exporter, shipment) == start + 9 * DAY


@pytest.mark.parametrize("profile", ["postgresql"], indirect=True)
async def test_a_scan_and_a_limit_at_once_do_not_wait_for_each_other(store: Store) -> None:
    exporter, both = await add_exporter(store), asyncio.Barrier(2)
    async with store.transaction(exporter) as tx:
        return_id, start = await add_row(tx, tables.returns), tx.now
        shipment = await booked(tx, return_id=return_id)

    async def scan() -> None:
        async with store.transaction(exporter) as tx:
            await tx.looks.set(shipment, status="in_customs")
            await tx.shipments.set(shipment, status="in_customs")
            tx.note("shipment.scanned", shipment, chain=return_id)
            await both.wait()
            await asyncio.sleep(0.3)  # the limit is at its last words by then

    async def limit() -> None:
        async with store.transaction(exporter) as tx:
            await begin(tx, Clock.CUSTOMS, return_id, 9, start)
            await both.wait()

    await asyncio.gather(scan(), limit())
    assert await limit_of(store, exporter, shipment) == start + 9 * DAY
