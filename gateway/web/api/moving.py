"""What moves: pickups, and tracking by any number."""

from gateway.journeys import pickups, tracking
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.asked import AskedPickup
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import EventTold, Page, PickupTold, TrackingsTold, TrackingTold
from schemas.errors import NotFound
from schemas.shipments import PickupRequest
from schemas.values import FORBIDDEN_TEXT, ClientRef

PLANNED = ClientRef("HW-PLANNED")
"""Stands in the request until the journey gives it a reference of its own."""


def pickup_told(row: Record) -> PickupTold:
    return PickupTold(
        id=row.id,
        account_id=row.account_id,
        carrier=row.carrier,
        state=row.state,
        confirmation=row.confirmation,
        reason=row.reason,
        cancel_asked_at=row.cancel_asked_at,
        shipment_ids=row.shipment_ids,
        request=row.request,
        created_at=row.created_at,
    )


async def create_pickup(call: Call) -> Answer:
    asked = call.asked(AskedPickup)
    said = {name: getattr(asked, name) for name in type(asked).model_fields if name in PickupRequest.model_fields}
    request = PickupRequest.model_validate({"client_ref": PLANNED, **said})
    pickup_id = await pickups.request_pickup(call.tx, asked.account_id, request, asked.shipment_ids)
    return Answer(pickup_told(await call.tx.pickups.get(pickup_id)), {"Location": f"/v1/pickups/{pickup_id}"})


async def get_pickup(call: Call) -> Answer:
    return Answer(pickup_told(await call.tx.pickups.get(call.id("pku"))))


async def list_pickups(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"pickups:{call.caller.exporter_id}"
    rows = await call.tx.lists.pickups(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[PickupTold](data=tuple(map(pickup_told, page)), next=more))


async def cancel_pickup(call: Call) -> Answer:
    pickup_id = call.id("pku")
    await pickups.cancel_pickup(call.tx, pickup_id)
    return Answer(pickup_told(await call.tx.pickups.get(pickup_id)))


async def _named(tx: Desk, number: str) -> list[Record]:
    """Shipments that a number names: those with this very waybill or reference, else all of the returns it names."""
    if FORBIDDEN_TEXT.search(number):
        raise NotFound("no number has such characters")
    found = await tx.shipments.of_returns([row.id for row in await tx.returns.search(number)])
    canonical = canonical_number(number)
    own = [one for one in found if canonical in map(canonical_number, (one.waybill or "", one.client_ref or ""))]
    by_id = await tx.shipments.find(number) if number.startswith("shp_") else None
    if by_id is not None:
        return [by_id]
    if not found:
        raise NotFound("nothing is known by this number")
    return own or list(found)


async def _told(tx: Desk, row: Record) -> TrackingTold:
    events = await tx.events.of_shipment(row.id)
    look = await tx.looks.find(row.id)
    return TrackingTold(
        shipment_id=row.id,
        return_id=row.return_id,
        carrier=row.carrier,
        waybill=row.waybill,
        state=row.state,
        status=row.status,
        polled_at=look.polled_at if look else None,
        next_poll_at=look.poll_at if look else None,
        events=tuple(_event(event) for event in events),
    )


def _event(row: Record) -> EventTold:
    return EventTold(
        status=row.status,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        zone=row.zone,
        place=row.place,
        reason=row.reason,
        wire_code=row.wire_code,
        wire_text=row.wire_text,
        origin=row.origin,
    )


async def get_tracking(call: Call) -> Answer:
    found = await _named(call.tx, call.path["number"])
    return Answer(TrackingsTold(data=tuple([await _told(call.tx, row) for row in found])))


async def refresh_tracking(call: Call) -> Answer:
    """Look as soon as the carrier's lane allows. What has no waybill yet is not asked about."""
    found = await _named(call.tx, call.path["number"])
    for row in found:
        if row.waybill is not None:
            await tracking.refresh(call.tx, row.id)
    return Answer(TrackingsTold(data=tuple([await _told(call.tx, row) for row in found])))
