"""F38 at the store: fifty orders of arrival of the same events, on either database, leave one standing."""

import random
from datetime import timedelta

from gateway.core import Gateway
from gateway.journeys import tracking
from gateway.store import tables
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row

ORDERS = 50
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


async def test_fifty_orders_of_arrival_leave_one_standing(gateway: Gateway) -> None:
    exporter = await add_exporter(gateway.store)
    chance, seen = random.Random(38), set()
    for _ in range(ORDERS):
        order = scans()
        chance.shuffle(order)
        cut = chance.randrange(1, len(order))
        async with gateway.store.transaction(exporter) as tx:
            channel = await add_row(tx, tables.channels, zone="Asia/Shanghai")
            return_id = await add_row(tx, tables.returns, status="booked")
            begun = {"carrier": "sandbox_rest", "waybill": "W1", "state": "booked", "status": "announced"}
            shipment = await add_row(tx, tables.shipments, return_id=return_id, channel_id=channel, **begun)
        for part in (order[:cut], order[cut:], order[:1]):
            async with gateway.store.transaction(exporter) as tx:
                await tracking.record(gateway, tx, shipment, part, "push")
        async with gateway.store.reading(exporter) as tx:
            row = await tx.shipments.get(shipment)
            assert len(await tx.events.of_shipment(shipment)) == len(order)
        seen.add((row.status, row.state, row.handed_over_at, row.delivered_at))
    delivered = MONDAY_NOON + timedelta(minutes=296)
    assert seen == {("delivered", "delivered", MONDAY_NOON, delivered)}
