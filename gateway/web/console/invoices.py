"""Carriers' invoices in the console: a file to import, what came of it, and the reason on every line."""

import asyncio
from typing import Any

from aiohttp import web

from gateway.journeys import importing
from gateway.web.api.invoices import invoice_told
from gateway.web.console.acts import id_of, seen, sent
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.console.session import Visit
from gateway.web.paging import cut, open_cursor
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY
from schemas.errors import AdapterError
from schemas.values import Money

PAGE = 50


async def invoices(request: web.Request) -> web.Response:
    """The newest first, under the form."""
    return await _list(request, await visitor(request, "invoices"))


async def _list(request: web.Request, visit: Visit, status: int = 200, wrong: str = "") -> web.Response:
    gw, belongs_to = request.app[GATEWAY], f"console:invoices:{visit.caller.exporter_id}"
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        rows = await tx.lists.invoices(open_cursor(gw, belongs_to, request.query.get("cursor")), PAGE + 1)
        shown, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
    totals = {row.id: str(Money.from_minor(row.total_minor, row.currency)) for row in shown}
    return page(request, "invoices.html", visit, words, status, rows=shown, totals=totals, more=more, wrong=wrong)


async def upload_invoice(request: web.Request) -> web.Response:
    """Import the form's file; a profile of one's own may come beside it."""
    gw = request.app[GATEWAY]
    visit, form = await sent(request, "invoices", gw.settings.document_limit + 100_000)
    content = await file_of(form.get("file"), gw.settings.document_limit)
    if not content:
        raise Problem("validation")
    named = str(form.get("profile_name", "")).strip()
    profile = await file_of(form.get("profile"), 100_000) or named or None
    try:
        made = await importing.import_document(
            gw, visit.caller.exporter_id, content, actor=visit.caller.actor, profile=profile
        )
    except AdapterError as error:
        return await _list(request, visit, 422, str(error))
    ids = [*made.invoice_ids, *made.known]
    if not ids:
        told = [f"{one.row}: {one.column or ''} {one.detail}" for one in made.problems[:5]]
        return await _list(request, visit, 422, "; ".join(told))
    return seen(f"/console/invoices/{ids[0]}" if len(ids) == 1 else "/console/invoices")


async def file_of(part: Any, limit: int) -> bytes:
    """What a form brings under a name of a file; nothing where it brings none."""
    if not isinstance(part, web.FileField) or not part.filename:
        return b""
    content = await asyncio.to_thread(part.file.read, limit + 1)
    if len(content) > limit:
        raise Problem("body-too-large")
    return content


async def invoice(request: web.Request) -> web.Response:
    visit = await visitor(request, "invoices")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        row = await tx.invoices.get(id_of(request, "inv_"))
        told = await invoice_told(tx, row)
    return page(request, "invoice.html", visit, words, one=told, shown=told.lines[:MOST], more=len(told.lines) > MOST)


MOST = 2_000
"""Lines on one page; the API gives all of them."""
