"""Whose scans they are: of a booking that ended, of one that is not known yet, of what was over; and whom to believe."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from adapters import registry
from gateway.journeys import asking, verdicts
from gateway.store import tables
from schemas.messages import Trust
from schemas.shipments import ShipmentState
from tests.faults.house import House
from tests.faults.params import by_rest
from tests.faults.scans import events, pushed, scan


async def booked_again(house: House) -> tuple[Any, Any]:
    """A shipment before and after it was booked again: the first booking is void, and its carrier says so as well."""
    before = await house.booked()
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await asking.void_shipment(tx, before.id)
    await house.come_to_rest()
    await pushed(house, [scan(house, before, "CAN")])
    assert (await house.shipment()).status == "cancelled"
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await verdicts.book_again(tx, before.id)
    await house.come_to_rest()
    again = await house.shipment()
    assert again.waybill not in (None, before.waybill)
    return before, again


@by_rest
async def test_what_was_said_of_a_booking_before_is_nothing_of_the_one_that_stands(pushing: House) -> None:
    house = pushing
    before, again = await booked_again(house)
    assert (again.state, again.status) == (ShipmentState.BOOKED, "announced")
    await pushed(house, [scan(house, before, "CAN"), scan(house, again, "ANN")])
    row = await house.shipment()
    assert (row.state, row.status) == (ShipmentState.BOOKED, "announced")
    assert len(await events(house)) == 3  # all of it is kept
    await house.bench.tell("scans", waybill=again.waybill, code="COL", at=house.clock().isoformat())
    await house.pass_time(timedelta(hours=6))  # it is looked at by itself
    row = await house.shipment()
    assert (row.state, row.status) == (ShipmentState.MOVING, "handed_over")
    assert not [task for task in await house.tasks() if task.kind == "used_after_void"]
    await house.judge()


@by_rest
async def test_a_label_of_before_that_moves_asks_a_person_and_moves_nothing(pushing: House) -> None:
    house = pushing
    before, _ = await booked_again(house)
    await pushed(house, [scan(house, before, "HUB")])
    row = await house.shipment()
    assert (row.state, row.status, row.handed_over_at) == (ShipmentState.BOOKED, "announced", None)
    (task,) = [task for task in await house.tasks() if task.kind == "used_after_void"]
    assert before.waybill in task.detail
    await house.judge()


@by_rest
@pytest.mark.parametrize(("over", "after"), [("LST", "lost"), ("CAN", "cancelled")])
async def test_what_was_over_and_is_scanned_again_is_a_correction_and_looked_at_again(
    pushing: House, over: str, after: str
) -> None:
    house = pushing
    booked = await house.booked()
    await pushed(house, [scan(house, booked, over)])
    await house.pass_time(timedelta(hours=3))  # a look, which plans the next
    assert (await house.shipment()).status == after
    planned = (await house.settled.reading(lambda tx: tx.looks.find(booked.id))).poll_at
    assert planned is None or planned - house.clock() > timedelta(hours=12)
    await pushed(house, [scan(house, booked, "COL")])
    assert (await house.shipment()).state == ShipmentState.MOVING
    said = await house.settled.reading(lambda tx: tx.audit.of_chain(booked.return_id))
    assert [row.before["status"] for row in said if row.action == "shipment.corrected"] == [after]
    await house.bench.tell("scans", waybill=booked.waybill, code="HUB", at=house.clock().isoformat())
    await house.pass_time(timedelta(hours=5))
    assert (await house.shipment()).status == "in_transit"
    await house.judge()


@by_rest
async def test_a_push_that_nobody_signed_is_read_at_the_carrier_and_not_believed(
    pushing: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = pushing
    monkeypatch.setattr(registry.carrier("sandbox_rest"), "verify", lambda carrier, message: Trust.HINT)
    booked = await house.booked()
    await house.bench.tell("scans", waybill=booked.waybill, code="COL", at=house.clock().isoformat())
    await pushed(house, [scan(house, booked, "DLV")])
    assert await events(house) == []
    await house.run("poll")
    assert [one.wire_code for one in await events(house)] == ["COL"]
    await house.judge()


@by_rest
async def test_a_push_that_comes_before_its_booking_is_applied_after_it(pushing: House) -> None:
    """The carrier is quicker than its own answer: what it says of a number that nobody knows is kept and listed, and told to
    the shipment that turns out to be meant."""
    house = pushing
    await house.authorise()
    await house.script("accept_then_reset")
    await house.until(lambda: house.ledger("booked"))
    (coming,) = [SimpleNamespace(**entry) for entry in await house.ledger("booked")]
    stranger = SimpleNamespace(waybill="SBX999999999")
    await pushed(house, [scan(house, coming, "COL"), scan(house, stranger, "COL")])
    (kept,) = await inbox(house, "carrier")
    assert (kept.state, kept.reason) == ("ignored", "2 of 2 waybills are not of ours")
    await house.come_to_rest()
    shipment = await house.shipment()
    assert (shipment.waybill, shipment.status) == (coming.waybill, "handed_over")
    assert [one.origin for one in await events(house)] == ["push"]
    (kept,) = await inbox(house, "carrier")
    assert (kept.state, kept.reason) == ("ignored", "1 of 2 waybills are not of ours")
    await house.judge()


async def inbox(house: House, door: str) -> list[Any]:
    async with house.gw.store.front_desk() as connection:
        return list(await connection.execute(select(tables.inbox).where(tables.inbox.c.door == door)))
