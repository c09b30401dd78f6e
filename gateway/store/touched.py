"""Everything that the lines of one invoice touch, read in a handful of questions however many lines there are.

What is stored as a model is read as the JSON it is: of a booking request four values matter here, and building twenty
thousand of them would take longer than all the rest.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, bindparam, select, text, type_coerce

from gateway.store import tables
from gateway.store.billing import among
from gateway.store.many import ByKeys, words
from gateway.store.transaction import Tx
from schemas.values import Json

NUMBERS = words("waybill", "outbound", "client_ref", "rma", "pickup")
MINE: Any = bindparam("mine")


class Shipment(NamedTuple):
    """What a bill is held against; `asked` is the booking request's JSON."""

    id: str
    return_id: str
    account_id: str
    carrier: str
    state: str
    waybill: str | None
    handed_over_at: datetime | None
    promised_at: datetime | None
    delivered_at: datetime | None
    asked: str


class Named(NamedTuple):
    """A shipment, and the number that it was asked for by."""

    canonical: str
    shipment: Shipment


class Booking(NamedTuple):
    """One booking that a shipment ever had."""

    subject_id: str
    waybill: str
    state: str


def _named(keys: Sequence[Any]) -> Select[Any]:
    """A question of its own: SQLite would begin a join with the shipments at the other end, and go through every one of
    them once for each number."""
    numbers = tables.numbers.c
    mine = (numbers.exporter_id == MINE, numbers.canonical.in_(keys), numbers.kind.in_(NUMBERS))
    return select(numbers.canonical, numbers.return_id).distinct().where(*mine)


def _shipments(keys: Sequence[Any]) -> Select[Any]:
    columns = tables.shipments.c
    wanted = [columns[name] for name in Shipment._fields[:-1]]
    mine = (among(columns.exporter_id, MINE), columns.return_id.in_(keys))
    its = select(*wanted, type_coerce(columns.request, Text).label("asked")).where(*mine)
    return its.order_by(columns.created_at, columns.id)


def _bookings(keys: Sequence[Any]) -> Select[Any]:
    columns = tables.attempts.c
    return (
        select(columns.subject_id, columns.waybill, columns.state)
        .where(
            columns.exporter_id == MINE,
            columns.kind == "booking",
            columns.subject_id.in_(keys),
            columns.waybill.is_not(None),
        )
        .order_by(columns.subject_id, columns.number)
    )


def _accepted(keys: Sequence[Any]) -> Select[Any]:
    columns = tables.acceptances.c
    said = select(columns.return_id, type_coerce(columns.record, Text).label("said"))
    return said.where(among(columns.exporter_id, MINE), columns.return_id.in_(keys)).order_by(columns.version)


def _over(keys: Sequence[Any]) -> Select[Any]:
    columns = tables.deadlines.c
    mine = (among(columns.exporter_id, MINE), columns.return_id.in_(keys))
    return select(columns.return_id).where(*mine, columns.clock == "customs", columns.state == "expired")


def _scans(keys: Sequence[Any]) -> Select[Any]:
    events, shipments, channels = tables.events.c, tables.shipments, tables.channels
    return (
        select(events.shipment_id, events.status, events.occurred_at, channels.c.zone)
        .join(shipments, shipments.c.id == events.shipment_id)
        .join(channels, channels.c.id == shipments.c.channel_id)
        .where(among(events.exporter_id, MINE), events.shipment_id.in_(keys))
    )


NAMED, SHIPMENTS, BOOKINGS = ByKeys(_named), ByKeys(_shipments), ByKeys(_bookings)
ACCEPTED, OVER, SCANS = ByKeys(_accepted), ByKeys(_over), ByKeys(_scans)


class Touched:
    """Questions by many keys at once, for one exporter."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def alone(self) -> None:
        """One invoice at a time: two that bill the same shipment must not both find it unbilled. SQLite has one writer."""
        if not self.tx.is_sqlite:
            lock = text("SELECT pg_advisory_xact_lock(hashtext(:what))")
            await self.tx.run(lock, {"what": f"reconcile {self.tx.exporter_id}"})

    async def shipments(self, carriers: Sequence[str], keys: Sequence[str]) -> list[Named]:
        """These carriers' shipments that the numbers name, one row for each `canonical` number."""
        returns: dict[str, list[str]] = {}
        for canonical, return_id in await self._by(NAMED, keys):
            returns.setdefault(return_id, []).append(canonical)
        found = map(Shipment._make, await self._by(SHIPMENTS, sorted(returns)))
        ours = (one for one in found if one.carrier in carriers)
        return [Named(canonical, one) for one in ours for canonical in returns[one.return_id]]

    async def bookings(self, shipment_ids: Sequence[str]) -> list[Booking]:
        """Every booking that these shipments ever had, by waybill, the oldest first."""
        return list(map(Booking._make, await self._by(BOOKINGS, shipment_ids)))

    async def dock_grams(self, return_ids: Sequence[str]) -> dict[str, int]:
        """What our own scale said at the last acceptance that names a weight, by return."""
        weights: dict[str, int] = {}
        for return_id, said in await self._by(ACCEPTED, return_ids):
            weight = _json(said).get("dock_weight")
            if weight:
                weights[return_id] = int(weight["grams"])
        return weights

    async def relief_lost(self, return_ids: Sequence[str]) -> set[str]:
        """Returns whose limit for coming home free of duty is over."""
        return {return_id for (return_id,) in await self._by(OVER, return_ids)}

    async def scans(self, shipment_ids: Sequence[str]) -> list[tuple[Any, ...]]:
        """What these shipments' carriers told: shipment, status, when, and the zone of where it goes."""
        return await self._by(SCANS, shipment_ids)

    async def _by(self, question: ByKeys, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        return await question.tuples(self.tx, keys, mine=self.tx.exporter_id)


def _json(said: Any) -> Json:
    found = json.loads(said)
    return found if isinstance(found, dict) else {}
