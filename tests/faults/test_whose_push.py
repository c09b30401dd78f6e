"""Whose push it is, where a number means more than one thing: an exporter's account is told of all that he sends with it."""

import asyncio
from types import SimpleNamespace

import pytest
from sqlalchemy import text, update

from gateway.journeys import asking
from gateway.store import tables
from tests.faults.house import House
from tests.faults.params import by_rest, on_postgresql
from tests.faults.scans import events, pushed, scan
from tests.house.waiting import eventually


@by_rest
@pytest.mark.parametrize("said", [{"outbound_waybill": "SBX777"}, {"number": "SBX 777"}, {"id": "SBX777"}])
async def test_a_parcel_that_is_no_return_moves_none(pushing: House, said: dict[str, str]) -> None:
    """The parcel that went out had the same carrier; and what a shop calls a return may be anybody's waybill."""
    house = pushing
    rma_id = said.get("id", "R1")
    await house.authorise(rma_id, **said)
    await house.come_to_rest()
    await pushed(house, [scan(house, SimpleNamespace(waybill="SBX777"), "DLV")])
    after = await house.shipment(rma_id)
    assert (after.state, after.status) == ("booked", "announced")
    assert await events(house, rma_id) == []
    await house.judge()


@by_rest
async def test_a_number_that_the_carrier_gave_out_again_is_the_later_bookings(pushing: House) -> None:
    house = pushing
    voided = await house.booked("R1")
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await asking.void_shipment(tx, voided.id)
    await house.come_to_rest()
    later = await house.booked("R2")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.shipments.set(voided.id, waybill=later.waybill)
        its = tables.attempts.c.subject_id == voided.id
        await tx.run(update(tables.attempts).where(its).values(waybill=later.waybill))
        await tx.run(update(tables.looks).where(tables.looks.c.id == voided.id).values(waybill=later.waybill))
        await tx.returns.known_as(voided.return_id, [("waybill", later.waybill)])
    await pushed(house, [scan(house, later, "COL")])
    assert (await house.shipment("R2")).state == "moving"
    assert (await house.shipment("R1")).state == "cancelled"
    assert await events(house, "R1") == []
    assert not [task for task in await house.tasks() if task.kind == "used_after_void"]


@by_rest
@on_postgresql
async def test_a_push_that_is_read_while_its_booking_is_written_down_is_applied(pushing: House) -> None:
    """Neither sees the other: the booking nothing that was put aside, the push no such number."""
    house = pushing
    booked = await house.booked()
    coming = SimpleNamespace(waybill="SBX777")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.shipments.set(booked.id, waybill=coming.waybill)
        await tx.returns.known_as(booked.return_id, [("waybill", coming.waybill)])
        await tx.inbox.take_up(house.carrier, {coming.waybill})
        reading = asyncio.create_task(pushed(house, [scan(house, coming, "COL")]))

        async def read_or_waits() -> bool:
            here = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            waits = text(f"SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN ({here})")
            return reading.done() or (await tx.connection.execute(waits)).first() is not None

        await eventually(read_or_waits)
    await reading
    await house.run("ingest")
    assert [one.wire_code for one in await events(house)] == ["COL"]
    async with house.gw.store.front_desk() as connection:
        assert (await connection.execute(tables.put_aside.select())).all() == []
