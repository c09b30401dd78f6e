"""Applications in the console: which wait, what each clause says, and the decision."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.journeys import applying, handing_in
from gateway.store.store import Desk
from gateway.web.api.applying import told
from gateway.web.console.acts import id_of, seen, sent
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.paging import cut, open_cursor
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY
from schemas.values import FORBIDDEN_NOTE

PAGE = 50
MOST_WORDS = 4000
Act = Callable[[Desk, str], Awaitable[None]]


async def applications(request: web.Request) -> web.Response:
    """The newest first."""
    visit, gw = await visitor(request), request.app[GATEWAY]
    belongs_to = f"console:applications:{visit.caller.exporter_id}"
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        rows = await tx.lists.applications(None, open_cursor(gw, belongs_to, request.query.get("cursor")), PAGE + 1)
        shown, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
        returns = await tx.lists.returns_by_id([row.return_id for row in shown])
    return page(request, "applications.html", visit, words, rows=shown, returns=returns, more=more)


async def application(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        row = await tx.applications.get(id_of(request, "app_"))
        return page(
            request,
            "application.html",
            visit,
            words,
            one=await told(tx, row),
            row=await tx.returns.get(row.return_id),
            open=row.state in applying.OPEN,
            may_decide=row.state in applying.OPEN
            and "admin" in visit.caller.scopes
            and not await handing_in.decides(tx, row.id),
        )


async def _act(request: web.Request, scope: str, act: Act) -> web.Response:
    visit, _ = await sent(request, scope)
    return await _done(request, visit.caller.exporter_id, visit.caller.actor, act)


async def _done(request: web.Request, exporter_id: str, actor: str, act: Act) -> web.Response:
    application_id = id_of(request, "app_")
    async with request.app[GATEWAY].store.transaction(exporter_id, actor) as tx:
        await act(tx, application_id)
    return seen(f"/console/applications/{application_id}")


async def _act_with_reason(request: web.Request, act: Callable[[Desk, str, str], Awaitable[None]]) -> web.Response:
    visit, form = await sent(request, "admin")
    reason = str(form.get("reason", "")).replace("\r\n", "\n").strip()
    if not reason or len(reason) > MOST_WORDS or FORBIDDEN_NOTE.search(reason):
        raise Problem("validation")
    return await _done(request, visit.caller.exporter_id, visit.caller.actor, lambda tx, one: act(tx, one, reason))


async def approve(request: web.Request) -> web.Response:
    return await _act(request, "admin", applying.approve)


async def withdraw(request: web.Request) -> web.Response:
    return await _act(request, "returns", applying.withdraw)


async def reject(request: web.Request) -> web.Response:
    return await _act_with_reason(request, applying.reject)


async def ask_papers(request: web.Request) -> web.Response:
    return await _act_with_reason(request, applying.ask_papers)
