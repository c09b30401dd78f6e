"""Cover from a return's page: bound for one of its shipments, and cancelled."""

from aiohttp import web

from gateway.journeys import covering
from gateway.web.console.acts import id_of, seen, sent
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY
from schemas.values import Money


async def bind(request: web.Request) -> web.Response:
    visit, form = await sent(request, "bookings")
    shipment_id = id_of(request, "shp_")
    try:
        said = {"amount": str(form.get("amount", "")).strip(), "currency": str(form.get("currency", "")).strip()}
        insured = Money.model_validate(said)
    except ValueError as error:
        raise Problem("validation") from error
    if insured.amount <= 0:
        raise Problem("validation")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await covering.bind(tx, shipment_id, insured, None)
        shipment = await tx.shipments.get(shipment_id)
    return seen(f"/console/returns/{shipment.return_id}#cover")


async def cancel(request: web.Request) -> web.Response:
    visit, _ = await sent(request, "bookings")
    cover_id = id_of(request, "cov_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await covering.cancel(tx, cover_id)
        cover = await tx.covers.get(cover_id)
    return seen(f"/console/returns/{cover.return_id}#cover")
