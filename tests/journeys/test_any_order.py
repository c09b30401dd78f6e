"""F38 at the store: fifty orders of arrival of the same events, on either database, leave one standing."""

import random
from datetime import timedelta

from gateway.core import Gateway
from gateway.journeys import tracking
from gateway.store import tables
from gateway.store.store import Desk
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row

ORDERS = 50
DAY = timedelta(days=1)
MINUTES = {
    TrackingStatus.HANDED_OVER: 0,
    TrackingStatus.IN_TRANSIT: 60,
    TrackingStatus.IN_CUSTOMS: 120,
    TrackingStatus.OUT_FOR_DELIVERY: 300,
    TrackingStatus.DELIVERED: 296,
}
"""Delivered is stamped minutes before out-for-delivery."""


def scans() -> list[TrackingEvent]:
    return [
        TrackingEvent(
            waybill=Waybill("W1"),
            status=status,
            occurred_at=MONDAY_NOON + timedelta(minutes=minutes),
            zone=ZoneSource.STATED,
            wire_code=status.value,
        )
        for status, minutes in MINUTES.items()
    ]


async def booked(tx: Desk) -> tuple[str, str]:
    """A return and its shipment under a live booking."""
    channel = await add_row(tx, tables.channels, zone="Asia/Shanghai")
    return_id = await add_row(tx, tables.returns, status="booked")
    begun = {"carrier": "sandbox_rest", "waybill": "W1", "state": "booked", "status": "announced"}
    shipment = await add_row(tx, tables.shipments, return_id=return_id, channel_id=channel, **begun)
    holds = {"kind": "booking", "subject_id": shipment, "state": "live", "carrier": tx.new_id("c"), "waybill": "W1"}
    await add_row(tx, tables.attempts, number=1, client_ref=tx.new_id("r")[-20:], **holds)
    return return_id, shipment


async def test_fifty_orders_of_arrival_leave_one_standing(gateway: Gateway) -> None:
    exporter = await add_exporter(gateway.store)
    chance, seen = random.Random(38), set()
    for _ in range(ORDERS):
        order = scans()
        chance.shuffle(order)
        cut = chance.randrange(1, len(order))
        async with gateway.store.transaction(exporter) as tx:
            _, shipment = await booked(tx)
        for part in (order[:cut], order[cut:], order[:1]):
            async with gateway.store.transaction(exporter) as tx:
                await tracking.record(gateway, tx, shipment, part, "push")
        async with gateway.store.reading(exporter) as tx:
            row = await tx.shipments.get(shipment)
            assert len(await tx.events.of_shipment(shipment)) == len(order)
        seen.add((row.status, row.state, row.handed_over_at, row.delivered_at))
    delivered = MONDAY_NOON + timedelta(minutes=296)
    assert seen == {("delivered", "delivered", MONDAY_NOON, delivered)}


async def test_an_event_is_the_same_however_its_number_is_written(gateway: Gateway) -> None:
    """A push may write it otherwise than the answer to a look does."""
    exporter, (scan, *_) = await add_exporter(gateway.store), scans()
    scan = scan.model_copy(update={"piece": "JD 01"})
    async with gateway.store.transaction(exporter) as tx:
        _, shipment = await booked(tx)
        assert len(await tracking.record(gateway, tx, shipment, [scan], "poll")) == 1
        for waybill, piece in (("w-1", "jd01"), ("W 1", "JD-01"), ("\uff371", "JD01")):
            otherwise = scan.model_copy(update={"waybill": Waybill(waybill), "piece": piece})
            assert await tracking.record(gateway, tx, shipment, [otherwise], "push") == []


async def test_what_was_scanned_before_the_booking_had_its_number_is_anothers(gateway: Gateway) -> None:
    """The return waited two months for its address. What an earlier booking of it brought is its own, however old."""
    exporter, (scan, *_) = await add_exporter(gateway.store), scans()
    async with gateway.store.transaction(exporter) as tx:
        _, shipment = await booked(tx)
        its = {"kind": "booking", "subject_id": shipment, "carrier": tx.new_id("c"), "state": "void", "number": 0}
        before = {"client_ref": tx.new_id("r")[-20:], "waybill": "W0", "sent_at": MONDAY_NOON - 60 * DAY}
        await add_row(tx, tables.attempts, **its, **before)
        await tx.shipments.set(shipment, created_at=MONDAY_NOON - 60 * DAY, booked_at=MONDAY_NOON)
        old = scan.model_copy(update={"occurred_at": MONDAY_NOON - 40 * DAY})
        assert await tracking.record(gateway, tx, shipment, [old], "poll") == []
        earlier = old.model_copy(update={"waybill": Waybill("W0")})
        assert await tracking.record(gateway, tx, shipment, [old, earlier, scan], "poll") == [earlier, scan]


SETS, EACH = 25, 3
STATUSES = [status for status in TrackingStatus if status is not TrackingStatus.UNKNOWN]
SAID_OF_A_LABEL = [TrackingStatus.ANNOUNCED, TrackingStatus.EXPIRED, TrackingStatus.CANCELLED]


def any_scans(chance: random.Random) -> list[TrackingEvent]:
    """Some statuses at some hours; in half of all sets of what no scan decides."""
    among = chance.choice((STATUSES, SAID_OF_A_LABEL))
    return [
        TrackingEvent(
            waybill=Waybill("W1"),
            piece=chance.choice((None, None, None, "P1")),
            status=chance.choice(among),
            occurred_at=MONDAY_NOON + timedelta(hours=chance.randrange(6)),
            zone=ZoneSource.STATED,
            wire_code=str(number),
        )
        for number in range(chance.randrange(2, 6))
    ]


async def test_any_set_of_events_leaves_one_state_and_one_return(gateway: Gateway) -> None:
    """The shipment's state and the return's status are a function of the set too, whatever they were on the way."""
    exporter = await add_exporter(gateway.store)
    chance = random.Random(4)
    for _ in range(SETS):
        order, seen = any_scans(chance), set()
        for _ in range(EACH):
            chance.shuffle(order)
            async with gateway.store.transaction(exporter) as tx:
                return_id, shipment = await booked(tx)
                for event in order:
                    await tracking.record(gateway, tx, shipment, [event], "push")
                row, its = await tx.shipments.get(shipment), await tx.returns.get(return_id)
                seen.add((row.status, row.state, row.handed_over_at, row.delivered_at, its.status))
        assert len(seen) == 1, (seen, order)
