"""Cover for goods: bound once before the hand-over, cancelled with the booking or by itself."""

from gateway.journeys import covering
from gateway.rules.premiums import NotCovered, premium
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.bookings import attempt_told
from gateway.web.asked_covers import AskedCover
from gateway.web.endpoint import Answer, Call
from gateway.web.told_covers import CoversTold, CoverTold
from schemas.values import Money

NAMES = ("id", "return_id", "shipment_id", "state", "reference", "reason", "bound_at", "cancelled_at", "created_at")


async def list_covers(call: Call) -> Answer:
    return Answer(await covers_told(call.tx, await call.tx.shipments.get(call.id("shp"))))


async def bind_cover(call: Call) -> Answer:
    asked = call.asked(AskedCover)
    cover_id = await covering.bind(call.tx, call.id("shp"), asked.insured_value, asked.account_id)
    return Answer(await cover_told(call.tx, cover_id), {"Location": f"/v1/covers/{cover_id}"})


async def get_cover(call: Call) -> Answer:
    return Answer(await cover_told(call.tx, call.id("cov")))


async def cancel_cover(call: Call) -> Answer:
    cover_id = call.id("cov")
    await covering.cancel(call.tx, cover_id)
    return Answer(await cover_told(call.tx, cover_id))


async def covers_told(tx: Desk, shipment: Record) -> CoversTold:
    rows = await tx.covers.of_shipment(shipment.id)
    return CoversTold(
        shipment_id=shipment.id,
        with_booking=shipment.request.insured_value,
        data=tuple([await cover_told(tx, row.id) for row in rows]),
    )


async def cover_told(tx: Desk, cover_id: str) -> CoverTold:
    row = await tx.covers.get(cover_id)
    tries = await tx.attempts.of_subject(covering.COVER.word, cover_id)
    tries = [*tries, *await tx.attempts.of_subject(covering.CANCEL.kind, cover_id)]
    paid = row.premium_minor is not None
    return CoverTold(
        **{name: getattr(row, name) for name in NAMES},
        insurer=row.carrier,
        insured=Money.from_minor(row.insured_minor, row.currency),
        expected=await _expected(tx, row),
        premium=Money.from_minor(row.premium_minor, row.premium_currency) if paid else None,
        attempts=tuple(map(attempt_told, tries)),
    )


async def _expected(tx: Desk, row: Record) -> Money | None:
    tariff = await tx.tariffs.in_force(row.account_id, row.created_at.date())
    if tariff is None or tariff.tariff.insurance is None:
        return None
    try:
        return premium(tariff.tariff.insurance, Money.from_minor(row.insured_minor, row.currency))
    except NotCovered:
        return None
