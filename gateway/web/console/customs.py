"""The customs case in the console: facts, candidates with what speaks for and against them, and the confirmation."""

import json

from aiohttp import web
from pydantic import ValidationError

from gateway.journeys import customs
from gateway.web.api.customs import told
from gateway.web.api.returns import find_return
from gateway.web.asked_customs import AskedFacts
from gateway.web.console.acts import seen, sent
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.problems import invalid
from gateway.web.state import GATEWAY
from schemas.customs_case import CustomsFacts, GoodsState, Supervision, TaxRefund, WhyBack

CHOICES = {"supervision": Supervision, "why": WhyBack, "state": GoodsState, "refund": TaxRefund}
DAYS = ("declared_on", "exported_on", "zone_exit_on", "reimported_on")
NUMBERS = ("declaration_number", "export_mrn")
YES_OR_NO = ("food", "home_product")


async def case(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        row = await find_return(tx, request.match_info["id"])
        return page(
            request,
            "customs.html",
            visit,
            words,
            row=row,
            one=await told(tx, row),
            choices=CHOICES,
            days=DAYS,
            numbers=NUMBERS,
            yes_or_no=YES_OR_NO,
            may_confirm="admin" in visit.caller.scopes,
        )


async def describe(request: web.Request) -> web.Response:
    visit, form = await sent(request, "returns")
    said: dict[str, object] = {
        name: str(form.get(name, "")).strip() for name in (*CHOICES, *DAYS, *NUMBERS) if str(form.get(name, "")).strip()
    }
    said |= {name: form[name] == "yes" for name in YES_OR_NO if form.get(name) in ("yes", "no")}
    try:
        facts = AskedFacts.model_validate_json(json.dumps(said))
    except ValidationError as error:
        raise invalid(error) from error
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        row = await find_return(tx, request.match_info["id"])
        await customs.describe(tx, row.id, CustomsFacts.model_validate(dict(facts)), ())
    return seen(f"/console/returns/{row.id}/customs")


async def confirm(request: web.Request) -> web.Response:
    visit, form = await sent(request, "admin")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        row = await find_return(tx, request.match_info["id"])
        await customs.confirm(tx, row.id, str(form.get("regime", ""))[:100])
    return seen(f"/console/returns/{row.id}/customs")
