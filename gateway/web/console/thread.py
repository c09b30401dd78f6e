"""The thread on a return's page: a message to the others."""

import json

from aiohttp import web
from pydantic import ValidationError

from gateway.web.api.returns import find_return
from gateway.web.api.thread import posted
from gateway.web.asked_thread import AskedMessage
from gateway.web.console.acts import Form, instant_of, seen, sent, spoken_errors
from gateway.web.console.pages import return_page
from gateway.web.console.paper import words_of
from gateway.web.problems import Problem, invalid
from gateway.web.state import GATEWAY

FORM_LIMIT = 50_000
"""Four thousand characters of any script, as forms write them."""


async def post(request: web.Request) -> web.Response:
    visit, form = await sent(request, "returns", FORM_LIMIT)
    store, said_id = request.app[GATEWAY].store, request.match_info["id"]
    try:
        async with store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            row = await find_return(tx, said_id)
            exporter = await tx.exporters.get(tx.exporter_id)
            await posted(tx, row.id, _read(form, exporter.zone))
    except Problem as problem:
        async with store.reading(visit.caller.exporter_id) as tx:
            row = await find_return(tx, said_id)
            errors = spoken_errors(problem, words_of(request).language)
            return await return_page(request, visit, tx, row, errors=errors, status=problem.status)
    return seen(f"/console/returns/{row.id}#thread")


def _read(form: Form, zone: str) -> AskedMessage:
    """The form as the API's body. Raises Problem."""
    said = {"who": form.get("who"), "text": str(form.get("text", "")).replace("\r\n", "\n").strip()}
    if by := str(form.get("answer_by", "")):
        said["answer_by"] = instant_of(by, zone)
    try:
        return AskedMessage.model_validate_json(json.dumps(said))
    except ValidationError as error:
        raise invalid(error) from error
