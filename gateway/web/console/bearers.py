"""Who bears which charge, in the console: the rules that count, one more before them, or some taken away."""

from typing import Any

from aiohttp import web
from pydantic import ValidationError

from gateway.journeys import bearing
from gateway.web.api.bearers import told
from gateway.web.console.acts import seen, sent
from gateway.web.console.charge_types import TYPES
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.problems import Problem, invalid
from gateway.web.state import GATEWAY
from schemas.bearers import BearerRule, BearerRules, By, ChargeBearer
from schemas.returns import ReturnReason

MOST = 20
TERMS = By.TERMS.value


async def bearers(request: web.Request) -> web.Response:
    visit = await visitor(request, "invoices")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        versions = [told(row) for row in await tx.lists.bearers(None, MOST)]
        channels = {row.id: row.name for row in await tx.channels.listed()}
    versions.sort(key=lambda one: -one.version)
    shown: dict[str, Any] = {"versions": versions, "channels": channels, "types": TYPES, "today": words.now.date()}
    choices = [*(one.value for one in ChargeBearer), TERMS]
    return page(request, "bearers.html", visit, words, bearers=choices, reasons=list(ReturnReason), **shown)


async def decide(request: web.Request) -> web.Response:
    """The form's rule, before those of the last version that it keeps."""
    visit, form = await sent(request, "admin")
    try:
        rules = [_rule(form)] if form.get("bearer") else []
        kept = {int(place) for place in _several(form, "keep")}
        async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            last = await tx.bearers.last()
            before = last.rules.rules if last else ()
            rules += [rule for place, rule in enumerate(before) if place in kept]
            said = {"valid_from": str(form.get("valid_from", "")), "rules": rules}
            await bearing.decide(tx, BearerRules.model_validate(said, strict=False))
    except ValidationError as error:
        raise invalid(error) from error
    except ValueError as error:
        raise Problem("validation") from error
    return seen("/console/bearers")


def _several(form: Any, name: str) -> list[str]:
    return [str(value) for value in form.getall(name, []) if value]


def _rule(form: Any) -> BearerRule:
    bearer = str(form.get("bearer"))
    said: dict[str, Any] = {"by": TERMS} if bearer == TERMS else {"bearer": bearer}
    for name in ("charges", "channels", "reasons"):
        said[name] = _several(form, name)
    said["note"] = str(form.get("note", "")).strip()
    return BearerRule.model_validate(said, strict=False)
