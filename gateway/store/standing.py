"""The record that standing is computed from: an exporter's newest shipments with what is known of each, in one question."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, and_, cast, exists, func, select

from gateway.store import tables
from gateway.store.ids import new_id
from gateway.store.transaction import Record, Tx

NEWEST = 5000
DAMAGED = '%"condition":"damaged"%'
WRONG = ("disputed", "credited")


class Past:
    """What became of the exporter's bookings."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def since(self, at: datetime) -> Sequence[Record]:
        """The newest that were booked since, at most 5,000. `lines` and `wrong_lines` are of invoices that named it."""
        shipments, deadlines, attempts = tables.shipments.c, tables.deadlines.c, tables.attempts.c
        acceptances, lines = tables.acceptances.c, tables.invoice_lines.c
        mine = (
            select(tables.shipments)
            .where(shipments.exporter_id == self.tx.exporter_id, shipments.booked_at >= at)
            .where(shipments.id >= new_id("shp", at))  # ids begin with their instant: the newest are at the key's end
            .order_by(shipments.id.desc())
            .limit(NEWEST)
            .subquery()
        )
        billed = select(func.count()).where(lines.shipment_id == mine.c.id)
        limit = and_(deadlines.subject_id == mine.c.id, deadlines.clock == "hand_over")
        doubted = exists().where(
            attempts.subject_id == mine.c.id, attempts.kind == "booking", attempts.unknown_at.is_not(None)
        )
        damaged = exists().where(
            acceptances.return_id == mine.c.return_id, cast(acceptances.record, Text).like(DAMAGED)
        )
        return await self.tx.all(
            select(
                *(mine.c.carrier, mine.c.channel_id, mine.c.status),
                *(mine.c.booked_at, mine.c.handed_over_at, mine.c.delivered_at),
                *(deadlines.state.label("limit"), deadlines.due_by),
                *(doubted.label("unknown"), damaged.label("damaged")),
                billed.scalar_subquery().label("lines"),
                billed.where(lines.state.in_(WRONG)).scalar_subquery().label("wrong_lines"),
            )
            .select_from(mine)
            .outerjoin(tables.deadlines, limit)
        )
