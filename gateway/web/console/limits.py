"""What a person does to a running limit in the console: stop its clock with reason and proof, let it go on, prolong it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from gateway.journeys import prolonging
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.asked_limits import AskedExtension, AskedPause, AskedResume
from gateway.web.console.acts import Form, id_of, instant_of, keep_file, seen, sent, spoken_errors
from gateway.web.console.pages import return_page
from gateway.web.console.paper import words_of
from gateway.web.problems import Problem, invalid
from gateway.web.state import GATEWAY
from schemas.values import DocumentId, Model

AROUND = 20_000
"""Bytes of a form beside the proof."""
Act = Callable[[Desk, Record, Form, str], Awaitable[None]]
"""Of a limit, by what a form says, at the exporter's zone."""
Asked = TypeVar("Asked", bound=Model)


async def pause(request: web.Request) -> web.Response:
    most = request.app[GATEWAY].settings.document_limit

    async def act(tx: Desk, limit: Record, form: Form, zone: str) -> None:
        said: dict[str, Any] = {
            "reason": str(form.get("reason", "")).replace("\r\n", "\n").strip(),
            "at": _at(form, zone),
        }
        file = form.get("proof")
        if isinstance(file, web.FileField) and file.filename:
            said["proof"] = await keep_file(tx, limit.return_id, file, most)
        asked = _read(AskedPause, said)
        await prolonging.pause(tx, limit.id, reason=asked.reason, proof=DocumentId(asked.proof), at=asked.at)

    return await _done(request, act)


async def resume(request: web.Request) -> web.Response:
    async def act(tx: Desk, limit: Record, form: Form, zone: str) -> None:
        await prolonging.resume(tx, limit.id, at=_read(AskedResume, {"at": _at(form, zone)}).at)

    return await _done(request, act)


async def extend(request: web.Request) -> web.Response:
    async def act(tx: Desk, limit: Record, form: Form, zone: str) -> None:
        amount = str(form.get("amount", "")).strip()
        number = int(amount) if amount.isascii() and amount.isdigit() and len(amount) < 7 else amount
        asked = _read(AskedExtension, {"amount": number, "asked_at": _at(form, zone)})
        await prolonging.extend(tx, limit.id, asked.amount, asked_at=asked.asked_at)

    return await _done(request, act)


async def _done(request: web.Request, act: Act) -> web.Response:
    """One transaction for the proof and the act: a form that is wrong leaves neither, and is shown with what is wrong."""
    gw, deadline_id = request.app[GATEWAY], id_of(request, "ddl_")
    visit, form = await sent(request, "acceptances", gw.settings.document_limit + AROUND)
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        limit = await tx.deadlines.get(deadline_id)
    try:
        async with gw.store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            zone = (await tx.exporters.get(tx.exporter_id)).zone
            await act(tx, limit, form, zone)
    except Problem as problem:
        async with gw.store.reading(visit.caller.exporter_id) as tx:
            row = await tx.returns.get(limit.return_id)
            errors = spoken_errors(problem, words_of(request).language)
            return await return_page(request, visit, tx, row, errors=errors, status=problem.status)
    return seen(f"/console/returns/{limit.return_id}#limits")


def _at(form: Form, zone: str) -> str | None:
    """When it happened, as the browser says it at the exporter's; None is now."""
    local = str(form.get("at", "")).strip()
    return instant_of(local, zone) if local else None


def _read(model: type[Asked], body: Mapping[str, Any]) -> Asked:
    try:
        return model.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise invalid(error) from error
