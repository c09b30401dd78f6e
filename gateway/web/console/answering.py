"""Yes or no to a buyer's request, on a return's page."""

from aiohttp import web

from gateway.journeys import answering
from gateway.web.api.returns import find_return
from gateway.web.console.acts import seen, sent
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY
from schemas.returns import DecisionKind
from schemas.values import FORBIDDEN_NOTE

MOST = 500


async def approve(request: web.Request) -> web.Response:
    return await _answer(request, DecisionKind.APPROVED, needs_reason=False)


async def decline(request: web.Request) -> web.Response:
    return await _answer(request, DecisionKind.DECLINED, needs_reason=True)


async def _answer(request: web.Request, kind: DecisionKind, *, needs_reason: bool) -> web.Response:
    visit, form = await sent(request, "admin")
    reason = str(form.get("reason", "")).replace("\r\n", "\n").strip()
    if (needs_reason and not reason) or len(reason) > MOST or FORBIDDEN_NOTE.search(reason):
        raise Problem("validation")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        row = await find_return(tx, request.match_info["id"])
        await answering.answer(tx, row.id, kind, reason or None)
    return seen(f"/console/returns/{row.id}")
