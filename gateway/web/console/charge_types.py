"""Unknown charges in the console: what waits, the form that decides it, and what was decided."""

import json

from aiohttp import web
from pydantic import ValidationError

from gateway.web.api.charge_types import decided, told, waiting
from gateway.web.asked_money import AskedChargeType
from gateway.web.console.acts import seen, sent
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.paging import cut, open_cursor
from gateway.web.problems import Problem, invalid
from gateway.web.state import GATEWAY
from schemas.charges import ChargeType

PAGE = 50
TYPES = [one.value for one in ChargeType if one is not ChargeType.UNKNOWN]


async def charge_types(request: web.Request) -> web.Response:
    visit, gw = await visitor(request, "invoices"), request.app[GATEWAY]
    belongs_to = f"console:charge_types:{visit.caller.exporter_id}"
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        rows = await tx.lists.charge_types(open_cursor(gw, belongs_to, request.query.get("cursor")), PAGE + 1)
        shown, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
        unknown = [(one, _named(one.carrier, one.code, one.text)) for one in await waiting(tx)]
    made = [told(row) for row in shown]
    return page(request, "charge_types.html", visit, words, unknown=unknown, made=made, more=more, types=TYPES)


def _named(carrier: str, code: str | None, text: str) -> str:
    """Which charge a choice of the form means, as the API names it."""
    said = {"code": code} if code else {"text": text}
    return json.dumps({"carrier": carrier, **said}, ensure_ascii=False)


async def decide(request: web.Request) -> web.Response:
    visit, form = await sent(request, "invoices")
    said = {name: str(form.get(name, "")).strip() or None for name in ("type", "valid_from", "reason")}
    try:
        named = json.loads(str(form.get("charge", "")))
        asked = AskedChargeType.model_validate_json(json.dumps({**said, **named}))
    except ValidationError as error:
        raise invalid(error) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Problem("validation") from error
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await decided(tx, asked)
    return seen("/console/charge-types")
