"""What nobody would look at is found: by the daily sweep over the carrier's list, and by `homeward check` over ours."""

from typing import Any

import pytest
from sqlalchemy import update

from gateway.journeys import tracking, verdicts
from gateway.store import checks, tables
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from tests.faults.house import House
from tests.faults.params import by_rest, on_sqlite

pytestmark = [by_rest, on_sqlite]
BOOKED, OPEN = "I4 booked means a live attempt", "I4 what is open is looked at"


async def change(house: House, table: Any, row_id: str, **values: Any) -> None:
    """As a fault of ours would leave it."""
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.run(update(table).where(table.c.id == row_id).values(**values))


async def offences(house: House, name: str) -> list[str]:
    async with house.gw.store.front_desk() as connection:
        return list((await checks.check(connection, lambda *_: "approved"))[name])


async def scanned(house: House, shipment: Any) -> None:
    at = {"occurred_at": house.clock(), "zone": ZoneSource.STATED}
    scan = TrackingEvent(waybill=shipment.waybill, status=TrackingStatus.IN_TRANSIT, wire_code="MOV", **at)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tracking.record(house.gw, tx, shipment.id, [scan], "push")


async def test_the_sweep_tells_of_what_is_nobodys_and_of_what_is_over_here(house: House) -> None:
    rows = {rma: await house.booked(rma) for rma in ("R1", "R2", "R3", "R4")}
    (void,), (strange,) = await house.attempts("R1"), await house.attempts("R2")
    await change(house, tables.attempts, void.id, state="void")
    await change(house, tables.attempts, strange.id, waybill="ANOTHERS")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await verdicts.release(tx, rows["R3"].id, "it cannot be voided")
        for sweep in await tx.all(tx.sweeps.mine()):
            await tx.wake("sweep", sweep.id)
    assert await house.run("sweep") == 1
    told = {task.given["waybill"]: task.code for task in await house.tasks() if task.kind == "orphan"}
    assert told == {rows["R1"].waybill: "live_though_over", rows["R2"].waybill: "strange_booking"}


@pytest.mark.parametrize("state", [ShipmentState.CANCELLED, ShipmentState.REQUESTED])
async def test_the_check_finds_a_live_booking_under_a_shipment_that_has_none(
    house: House, state: ShipmentState
) -> None:
    shipment = await house.booked()
    assert await offences(house, BOOKED) == []
    await change(house, tables.shipments, shipment.id, state=state)
    assert await offences(house, BOOKED) == [
        f"{shipment.id} says {state} as {shipment.waybill}, the attempt {shipment.waybill}"
    ]


async def test_the_check_finds_what_is_open_and_that_nobody_will_look_at(house: House) -> None:
    await house.booked()
    (attempt,) = await house.attempts()
    (message,) = await house.settled.reading(lambda tx: tx.inbox.those())
    assert await offences(house, OPEN) == []
    await change(house, tables.attempts, attempt.id, state="unknown", due_at=None)
    await change(house, tables.inbox, message.id, state="received")
    forgotten = {f"{one.id} is open, and nobody will look at it" for one in (attempt, message)}
    assert set(await offences(house, OPEN)) == forgotten
    await change(house, tables.attempts, attempt.id, parked="a person is asked")
    await change(house, tables.inbox, message.id, due_at=house.clock())
    assert await offences(house, OPEN) == []


@pytest.mark.parametrize("word", ["void", "lapsed", "released"])
async def test_what_moves_though_its_booking_is_over_is_a_persons_and_no_fault(house: House, word: str) -> None:
    shipment = await house.booked()
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        (holder,) = await tx.attempts.of_subject("booking", shipment.id)
        await verdicts.leave_slot(tx, shipment, holder, word, "over")
    await scanned(house, shipment)
    assert (await house.shipment()).state == ShipmentState.MOVING
    (task,) = [task for task in await house.tasks() if task.kind == "used_after_void"]
    assert await offences(house, BOOKED) == []
    await change(house, tables.tasks, task.id, cause="something else")
    assert len(await offences(house, BOOKED)) == 1
