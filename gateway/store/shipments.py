"""Queries about what moves: shipments and pickups, the attempts behind them, labels, and tracking events."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from gateway.store import tables
from gateway.store.billing import among
from gateway.store.returns import canonical_number
from gateway.store.transaction import Record, Shelf
from schemas.tracking import TrackingEvent

SLOT = ("sending", "unknown", "live")
AHEAD = timedelta(hours=1)
"""A stamp further in the future than that is kept as it came, and marked as doubtful."""


class Shipments(Shelf):
    table, prefix, noun = tables.shipments, "shp", "shipment"

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("created_at", return_id=return_id)

    async def of_returns(self, return_ids: Sequence[str]) -> Sequence[Record]:
        columns = self.table.c
        its = select(self.table).where(
            among(columns.exporter_id, self.tx.exporter_id), columns.return_id.in_(return_ids)
        )
        return await self.tx.all(its.order_by(columns.created_at.desc(), columns.id))

    async def by_waybill(self, carrier: str, waybill: str) -> Sequence[Record]:
        return await self.those(carrier=carrier, waybill=waybill)

    async def by_waybills(self, carrier: str, waybills: Sequence[str]) -> Sequence[Record]:
        columns = self.table.c
        return await self.tx.all(self.mine().where(columns.carrier == carrier, columns.waybill.in_(waybills)))

    async def known_as(self, carriers: Sequence[str], canonicals: Sequence[str]) -> Sequence[Record]:
        """These carriers' shipments that these numbers name (waybills of all parcels, our references), with `canonical`."""
        numbers, columns = tables.numbers.c, self.table.c
        statement = (
            select(self.table, numbers.canonical)
            .join(
                tables.numbers, (numbers.return_id == columns.return_id) & (numbers.exporter_id == columns.exporter_id)
            )
            .where(
                columns.exporter_id == self.tx.exporter_id,
                columns.carrier.in_(carriers),
                numbers.canonical.in_(canonicals),
                numbers.kind.in_(("waybill", "client_ref")),
            )
        )
        return await self.tx.all(statement)

    async def in_state(self, state: str) -> Sequence[Record]:
        return await self.those("created_at", state=state)

    async def waiting_on(self, account_id: str) -> Sequence[Record]:
        """The account's shipments that are planned, or to be stopped."""
        columns = self.table.c
        wanted = (columns.state == "requested") | columns.cancel_asked_at.is_not(None)
        return await self.tx.all(self.mine().where(columns.account_id == account_id, wanted))


class Pickups(Shelf):
    table, prefix, noun = tables.pickups, "pku", "pickup"


def acts_on(shipment_ids: Sequence[str]) -> Select[Any]:
    columns = tables.attempts.c
    acts = select(tables.attempts).where(columns.kind.in_(("booking", "renewal")), columns.subject_id.in_(shipment_ids))
    return acts.order_by(columns.subject_id, columns.number)


class Attempts(Shelf):
    table, prefix, noun = tables.attempts, "att", "attempt"

    async def of_subject(self, kind: str, subject_id: str) -> Sequence[Record]:
        return await self.those("number", kind=kind, subject_id=subject_id)

    async def holder(self, kind: str, subject_id: str) -> Record | None:
        """The attempt that holds the subject's slot, if any."""
        return next((one for one in await self.of_subject(kind, subject_id) if one.state in SLOT), None)

    async def of_shipments(self, shipment_ids: Sequence[str]) -> Sequence[Record]:
        """What decides which events of these shipments count: their bookings and renewals, in the order of their numbers."""
        return await self.tx.all(acts_on(shipment_ids).where(self.table.c.exporter_id == self.tx.exporter_id))

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("sent_at", "id", return_id=return_id)

    async def states_of(self, carrier: str, waybills: Sequence[str]) -> dict[str, set[str]]:
        """The states of the bookings that have or had these waybills; nothing for one that is nobody's."""
        columns = self.table.c
        mine = select(columns.waybill, columns.state).where(
            columns.exporter_id == self.tx.exporter_id, columns.carrier == carrier, columns.waybill.in_(waybills)
        )
        found: dict[str, set[str]] = {}
        for row in await self.tx.all(mine):
            found.setdefault(row.waybill, set()).add(row.state)
        return found

    async def open_references(self, account_id: str) -> set[str]:
        """References of the account whose outcome is still open: a look-up will find theirs."""
        columns = self.table.c
        mine = select(columns.client_ref).where(
            columns.exporter_id == self.tx.exporter_id,
            columns.account_id == account_id,
            columns.state.in_(("sending", "unknown")),
        )
        return set((await self.tx.run(mine)).scalars())

    async def live_by_waybill(self, carrier: str, waybill: str) -> Record | None:
        return await self.that(kind="booking", carrier=carrier, waybill=waybill, state="live")


class Exchanges(Shelf):
    table, prefix, noun = tables.exchanges, "exc", "exchange"

    async def of_return(self, return_id: str) -> Sequence[Record]:
        return await self.those("at", return_id=return_id)


class Labels(Shelf):
    table, prefix, noun = tables.labels, "lbl", "label"


def event_digest(event: TrackingEvent) -> str:
    """What makes an event distinct: the carrier's own id, else number (however it is written), code, instant and place."""
    place = event.place
    said = (
        [event.event_id]
        if event.event_id
        else [
            canonical_number(event.waybill),
            event.piece and canonical_number(event.piece),
            event.wire_code,
            event.occurred_at.isoformat() if event.occurred_at else event.wire_time,
            *((place.city, place.postal_code, place.country) if place else (None,)),
        ]
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()


class Events(Shelf):
    table, prefix, noun = tables.events, "evt", "tracking event"

    async def of_shipment(self, shipment_id: str) -> Sequence[Record]:
        """In order of time; equal times in a fixed order."""
        return await self.those("occurred_at", "digest", shipment_id=shipment_id)

    async def of_shipments(self, shipment_ids: Sequence[str]) -> Sequence[Record]:
        columns = self.table.c
        mine = self.mine().where(columns.shipment_id.in_(shipment_ids))
        return await self.tx.all(mine.order_by(columns.shipment_id, columns.occurred_at, columns.digest))

    async def count_of_return(self, return_id: str) -> int:
        columns, shipments = self.table.c, tables.shipments.c
        mine = (
            select(func.count())
            .select_from(self.table)
            .join(tables.shipments, shipments.id == columns.shipment_id)
            .where(shipments.return_id == return_id, columns.exporter_id == self.tx.exporter_id)
        )
        return (await self.tx.run(mine)).scalar() or 0

    async def add_distinct(self, shipment_id: str, events: Sequence[TrackingEvent], origin: str) -> list[TrackingEvent]:
        """Store each distinct event once; those that are new come back."""
        by_digest = {event_digest(event): event for event in events}
        columns = self.table.c
        known = await self.tx.run(
            select(columns.digest).where(columns.shipment_id == shipment_id, columns.digest.in_(list(by_digest)))
        )
        for digest in known.scalars():
            del by_digest[digest]
        if by_digest:
            rows = [self._row(shipment_id, digest, event, origin) for digest, event in by_digest.items()]
            await self.tx.run(insert(self.table), rows)
        return list(by_digest.values())

    def _row(self, shipment_id: str, digest: str, event: TrackingEvent, origin: str) -> dict[str, object]:
        ahead = event.occurred_at is not None and event.occurred_at > self.tx.now + AHEAD
        said = event.wire_time or (event.occurred_at.isoformat() if ahead and event.occurred_at else None)
        return {
            "id": self.tx.new_id(self.prefix),
            "exporter_id": self.tx.exporter_id,
            "shipment_id": shipment_id,
            "digest": digest,
            "waybill": event.waybill,
            "status": event.status,
            "occurred_at": event.occurred_at or self.tx.now,
            "received_at": self.tx.now,
            "zone": event.zone if event.occurred_at and not ahead else "assumed",
            "place": event.place.model_dump() if event.place else None,
            "piece": event.piece,
            "reason": event.reason,
            "wire_code": event.wire_code,
            "wire_text": event.wire_text,
            "wire_time": said,
            "origin": origin,
        }

    async def count_unknown(self, adapter: str, events: Sequence[TrackingEvent]) -> None:
        """Remember codes that stand in no table, until someone gives them a home."""
        codes = tables.unknown_codes
        for event in events:
            key = {"adapter": adapter, "code": event.wire_code[:200]}
            fresh = {**key, "example": event.wire_text, "seen": 1, "first_at": self.tx.now, "last_at": self.tx.now}
            if await self.tx.add_new(codes, fresh, unique=("adapter", "code")) == 0:
                await self.tx.run(
                    update(codes)
                    .where(codes.c.adapter == key["adapter"], codes.c.code == key["code"])
                    .values(seen=codes.c.seen + 1, last_at=self.tx.now)
                )


def meant(found: Sequence[Record]) -> list[tuple[str, str]]:
    """Which shipment each number means. Numbers are kept by return: the shipment whose own waybill it is comes first, of
    several the one that was booked last, for carriers give their numbers out again; then (a parcel's number) those that are
    not cancelled."""
    own: dict[str, Record] = {}
    for row in sorted(found, key=lambda row: (row.booked_at or row.created_at, row.id)):
        if canonical_number(row.waybill or "") == row.canonical:
            own[row.canonical] = row
    rest = {(row.id, row.canonical) for row in found if row.canonical not in own and row.state != "cancelled"}
    return sorted({(row.id, canonical) for canonical, row in own.items()} | rest)
