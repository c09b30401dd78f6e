"""The record that standing is computed from: an exporter's newest shipments with what is known of each, in one question."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, and_, case, cast, exists, func, select

from gateway.store import tables
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
        lines, acceptances = tables.invoice_lines.c, tables.acceptances.c
        mine = (
            select(tables.shipments)
            .where(shipments.exporter_id == self.tx.exporter_id, shipments.booked_at >= at)
            .order_by(shipments.booked_at.desc())
            .limit(NEWEST)
            .subquery()
        )
        billed = (
            select(
                lines.shipment_id,
                func.count().label("lines"),
                func.sum(case((lines.state.in_(WRONG), 1), else_=0)).label("wrong_lines"),
            )
            .where(lines.exporter_id == self.tx.exporter_id, lines.shipment_id.is_not(None))
            .group_by(lines.shipment_id)
            .subquery()
        )
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
                *(
                    func.coalesce(billed.c.lines, 0).label("lines"),
                    func.coalesce(billed.c.wrong_lines, 0).label("wrong_lines"),
                ),
            )
            .select_from(mine)
            .outerjoin(tables.deadlines, limit)
            .outerjoin(billed, billed.c.shipment_id == mine.c.id)
        )
