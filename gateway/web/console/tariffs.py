"""Tariffs in the console: versions, a file to keep or to try, and what is wrong with it by row and column."""

from typing import Any

from aiohttp import web

from gateway.journeys import pricing
from gateway.rules.tariff_file import Unreadable
from gateway.web.api.tariffs import sample_of, tried
from gateway.web.console.acts import id_of, seen, sent
from gateway.web.console.invoices import file_of
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.console.session import Visit
from gateway.web.paging import cut, open_cursor
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY

PAGE = 50
LARGEST = 5_000_000


async def tariffs(request: web.Request) -> web.Response:
    return await _list(request, await visitor(request, "invoices"))


async def _list(request: web.Request, visit: Visit, status: int = 200, **shown: Any) -> web.Response:
    gw, belongs_to = request.app[GATEWAY], f"console:tariffs:{visit.caller.exporter_id}"
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        rows = await tx.lists.tariffs(open_cursor(gw, belongs_to, request.query.get("cursor")), PAGE + 1)
        accounts = await tx.accounts.listed()
    kept, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
    said = {"wrong": (), "trial": None, "names": {row.id: row.name for row in accounts}, **shown}
    return page(request, "tariffs.html", visit, words, status, rows=kept, more=more, accounts=accounts, **said)


async def tariff(request: web.Request) -> web.Response:
    visit = await visitor(request, "invoices")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        row = await tx.tariffs.get(id_of(request, "trf_"))
        account = await tx.accounts.get(row.account_id)
    return page(request, "tariff.html", visit, words, row=row, one=row.tariff, account=account)


async def add(request: web.Request) -> web.Response:
    """Keep the form's file."""
    visit, form = await sent(request, "admin", LARGEST + 100_000)
    content = await _content(form)
    try:
        async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            tariff_id = await pricing.agree(tx, str(form.get("account_id", "")), content)
    except Unreadable as error:
        return await _list(request, visit, 422, wrong=[str(one) for one in error.problems])
    return seen(f"/console/tariffs/{tariff_id}")


async def try_it(request: web.Request) -> web.Response:
    """What the form's shipment would come to by its file."""
    visit, form = await sent(request, "invoices", LARGEST + 100_000)
    today = request.app[GATEWAY].clock().date().isoformat()
    said = {key: str(value).strip() for key, value in form.items() if isinstance(value, str) and str(value).strip()}
    content = await _content(form)
    wanted = sample_of({"ship_on": today, **said})
    try:
        trial = tried(content, wanted)
    except Problem as problem:
        return await _list(request, visit, 422, wrong=[one.hint for one in problem.errors])
    return await _list(request, visit, trial=trial)


async def _content(form: Any) -> bytes:
    content = await file_of(form.get("file"), LARGEST)
    if not content:
        raise Problem("validation")
    return content
