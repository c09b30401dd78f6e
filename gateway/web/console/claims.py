"""Claims in the console: which are open, what one asks for and brings, and all that a person does with it."""

from typing import Any

from aiohttp import web

from gateway.journeys import claiming
from gateway.journeys import claims as journey
from gateway.rules.claims import ClaimAct, allows
from gateway.store.store import Desk
from gateway.web.api.claims import claim_pack, claim_summary, claim_told
from gateway.web.api.proofs import headers
from gateway.web.console.acts import id_of, seen, sent
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page, words_of
from gateway.web.paging import cut, open_cursor
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY
from schemas.starts import ClaimKind
from schemas.values import FORBIDDEN_TEXT, Money

PAGE = 50
LONGEST = 100


async def claims(request: web.Request) -> web.Response:
    """The newest first."""
    visit, gw = await visitor(request, "invoices"), request.app[GATEWAY]
    belongs_to = f"console:claims:{visit.caller.exporter_id}"
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        rows = await tx.lists.claims(open_cursor(gw, belongs_to, request.query.get("cursor")), PAGE + 1)
        shown, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
    return page(request, "claims.html", visit, words, rows=[claim_summary(row) for row in shown], more=more)


async def claim(request: web.Request) -> web.Response:
    visit = await visitor(request, "invoices")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        one = await claim_told(tx, id_of(request, "clm_"))
        currency = (await tx.claims.get(one.id)).currency
    may = {act.value for act in ClaimAct if allows(act, one.state)}
    return page(request, "claim.html", visit, words, one=one, currency=currency, may=may)


async def open_claim(request: web.Request) -> web.Response:
    """For a shipment of a return, from its page."""
    visit, form = await sent(request, "invoices")
    about = str(form.get("about", ""))
    if about not in list(ClaimKind):
        raise Problem("validation")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        shipment = await tx.shipments.get(id_of(request, "shp_"), lock=True)
        claim_id = await journey.open_claim(tx, shipment, ClaimKind(about))
    return seen(f"/console/claims/{claim_id}")


async def act(request: web.Request) -> web.Response:
    """One of the things a person does or hears."""
    visit, form = await sent(request, "invoices")
    claim_id, what = id_of(request, "clm_"), request.path.rpartition("/")[2]
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await _do(tx, claim_id, what, form)
    return seen(f"/console/claims/{claim_id}")


async def _do(tx: Desk, claim_id: str, what: str, form: Any) -> None:
    match what:
        case "send":
            await claiming.send(tx, claim_id)
        case "file":
            await journey.file(tx, claim_id, _text(form, "reference"))
        case "change":
            note = str(form.get("note", "")).strip()
            await journey.change(tx, claim_id, await _money(tx, claim_id, form), _fit(note) if note else None)
        case "accept":
            await journey.accepted(tx, claim_id, await _money(tx, claim_id, form))
        case "reject":
            await journey.rejected(tx, claim_id, _text(form, "reason"))
        case "pay":
            await journey.pay(tx, claim_id, await _money(tx, claim_id, form), _text(form, "reference"))
        case _:
            await journey.withdraw(tx, claim_id, _text(form, "reason"))


def _text(form: Any, name: str) -> str:
    said = str(form.get(name, "")).strip()
    if not 0 < len(said) <= LONGEST:
        raise Problem("validation")
    return _fit(said)


def _fit(said: str) -> str:
    if len(said) > 5 * LONGEST or FORBIDDEN_TEXT.search(said):
        raise Problem("validation")
    return said


async def _money(tx: Desk, claim_id: str, form: Any) -> Money:
    """The form's amount, in the claim's own currency."""
    row = await tx.claims.get(claim_id)
    try:
        money = Money.model_validate({"amount": str(form.get("amount", "")).strip(), "currency": row.currency})
    except ValueError as error:
        raise Problem("validation") from error
    if money.amount <= 0:
        raise Problem("validation")
    return money


async def pack(request: web.Request) -> web.Response:
    """The document to send, in the reader's language."""
    visit, claim_id = await visitor(request, "invoices"), id_of(request, "clm_")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        content = await claim_pack(tx, claim_id, words_of(request).language)
    return web.Response(body=content, headers=headers(f"{claim_id}-claim"))
