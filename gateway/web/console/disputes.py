"""Disputes in the console: which are open, what one is about and what it has to bring, and the two things a person does."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.journeys import disputes as journey
from gateway.journeys import disputing
from gateway.store.store import Desk
from gateway.web.api.disputes import dispute_pack, dispute_told, summary
from gateway.web.api.proofs import headers
from gateway.web.console.acts import id_of, seen, sent
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page, words_of
from gateway.web.paging import cut, open_cursor
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY
from schemas.values import FORBIDDEN_TEXT

PAGE = 50
MOST = 2_000
"""Lines on one page; the API gives all of them."""
LONGEST = 100
Act = Callable[[Desk, str, str], Awaitable[None]]


async def disputes(request: web.Request) -> web.Response:
    """The newest first."""
    visit, gw = await visitor(request, "invoices"), request.app[GATEWAY]
    belongs_to = f"console:disputes:{visit.caller.exporter_id}"
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        rows = await tx.lists.disputes(open_cursor(gw, belongs_to, request.query.get("cursor")), PAGE + 1)
        shown, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
        told = [summary(row, tx.now) for row in shown]
    return page(request, "disputes.html", visit, words, rows=told, more=more)


async def dispute(request: web.Request) -> web.Response:
    visit = await visitor(request, "invoices")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        one = await dispute_told(tx, id_of(request, "dsp_"))
        number = (await tx.invoices.get(one.invoice_id)).number
    return page(
        request,
        "dispute.html",
        visit,
        words,
        one=one,
        number=number,
        shown=one.lines[:MOST],
        more=len(one.lines) > MOST,
        may_file=one.state in journey.FILEABLE,
        is_open=one.state in journey.OPEN,
    )


async def _act(request: web.Request, field: str, act: Act) -> web.Response:
    visit, form = await sent(request, "invoices")
    said, dispute_id = str(form.get(field, "")).strip(), id_of(request, "dsp_")
    if not 0 < len(said) <= LONGEST or FORBIDDEN_TEXT.search(said):
        raise Problem("validation")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await act(tx, dispute_id, said)
    return seen(f"/console/disputes/{dispute_id}")


async def file(request: web.Request) -> web.Response:
    """By hand: it was sent, and the carrier has it under this reference."""
    return await _act(request, "reference", journey.file)


async def send(request: web.Request) -> web.Response:
    """Through the carrier's door. A form that is sent twice files once: what is under way is not begun again."""
    visit, _ = await sent(request, "invoices")
    dispute_id = id_of(request, "dsp_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await disputing.send(tx, dispute_id)
    return seen(f"/console/disputes/{dispute_id}")


async def pack(request: web.Request) -> web.Response:
    """The document to send, in the reader's language."""
    visit, dispute_id = await visitor(request, "invoices"), id_of(request, "dsp_")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        content = await dispute_pack(tx, dispute_id, words_of(request).language)
    return web.Response(body=content, headers=headers(f"{dispute_id}-dispute"))


async def withdraw(request: web.Request) -> web.Response:
    return await _act(request, "reason", journey.withdraw)
