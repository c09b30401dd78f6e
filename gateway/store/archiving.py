"""What may leave the database: the tracking events of returns that ended long ago. Nothing else ever does: the audit, the
ledger and the attempts stay."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from gateway.store import tables
from gateway.store.transaction import Record, Tx

MANY = 500


class Archiving:
    """For one exporter, in pages by id, so that a million are walked through and none is skipped."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def ended(self, statuses: Sequence[str], before: datetime, after_id: str, limit: int) -> Sequence[Record]:
        """`id` and `updated_at` of returns that ended before this, are followed no more and still have their events."""
        returns, shipments, looks = tables.returns.c, tables.shipments.c, tables.looks.c
        its = select(shipments.id).where(shipments.return_id == returns.id)
        statement = select(returns.id, returns.updated_at).where(
            returns.exporter_id == self.tx.exporter_id,
            returns.id > after_id,
            returns.status.in_(statuses),
            returns.updated_at < before,
            its.where(shipments.archived_at.is_(None)).exists(),
            ~select(looks.id).where(looks.id.in_(its), looks.round_id.is_not(None)).exists(),
        )
        return await self.tx.all(statement.order_by(returns.id).limit(limit))

    async def lock(self, return_ids: Sequence[str]) -> None:
        """Nobody adds an event to these before the end."""
        columns = tables.shipments.c
        mine = select(columns.id).where(columns.exporter_id == self.tx.exporter_id, columns.return_id.in_(return_ids))
        await self.tx.run(mine.order_by(columns.id).with_for_update())

    async def events(self, return_ids: Sequence[str]) -> Sequence[Record]:
        """Their events with `return_id`, in the order of their ids."""
        events, shipments = tables.events, tables.shipments.c
        mine = (
            select(events, shipments.return_id)
            .join(tables.shipments, shipments.id == events.c.shipment_id)
            .where(shipments.exporter_id == self.tx.exporter_id, shipments.return_id.in_(return_ids))
        )
        return await self.tx.all(mine.order_by(events.c.id))

    async def remove(self, return_ids: Sequence[str], event_ids: Sequence[str]) -> None:
        """These events go; their shipments take no more."""
        events, shipments = tables.events.c, tables.shipments.c
        for first in range(0, len(event_ids), MANY):
            some = event_ids[first : first + MANY]
            gone = delete(tables.events).where(events.exporter_id == self.tx.exporter_id, events.id.in_(some))
            await self.tx.run(gone)
        theirs = (shipments.exporter_id == self.tx.exporter_id) & shipments.return_id.in_(return_ids)
        await self.tx.run(update(tables.shipments).where(theirs).values(archived_at=self.tx.now))
