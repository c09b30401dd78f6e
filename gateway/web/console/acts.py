"""Pages that act. Each is one of the API's acts, paired with its route in `console.routes`, and checks its form's token."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import ValidationError

from gateway.journeys import asking, renewing, tracking, verdicts
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.papers import accept, keep_upload
from gateway.web.api.returns import find_return
from gateway.web.asked import AskedAcceptance
from gateway.web.body import check_announced
from gateway.web.console import session
from gateway.web.console.pages import return_page, visitor
from gateway.web.console.paper import sign_in_page, words_of
from gateway.web.console.session import FORM_COOKIE, Visit, csrf_of, require_csrf
from gateway.web.identity import key_row
from gateway.web.languages import LANGUAGES
from gateway.web.problem_texts import FIELDS
from gateway.web.problems import Problem, invalid
from gateway.web.state import GATEWAY
from schemas.errors import NotFound
from schemas.values import FORBIDDEN_TEXT

FORM_LIMIT = 4
"""Times `document_limit`: a form brings several photographs."""
FORM_SECONDS = 60.0
SMALL_FORM = 10_000
DECIMAL = re.compile(r"[0-9]{1,6}([.,][0-9]{1,6})?")
Form = Mapping[str, Any]


async def _form(request: web.Request, limit: int) -> Form:
    check_announced(request, limit)
    try:
        async with asyncio.timeout(FORM_SECONDS):
            return await request.post()
    except TimeoutError as error:
        raise Problem("request-timeout") from error
    except (ValueError, LookupError, AssertionError) as error:  # a multipart body that is none
        raise Problem("malformed-body") from error


async def sent(request: web.Request, scope: str, limit: int = SMALL_FORM) -> tuple[Visit, Form]:
    """Who sent the form, and the form, its token checked."""
    visit = await visitor(request, scope)
    form = await _form(request, limit)
    require_csrf(visit.csrf, form.get("csrf"))
    return visit, form


def seen(path: str) -> web.Response:
    """Go and look: a reload then sends nothing again."""
    return web.Response(status=303, headers={"Location": path})


async def sign_in(request: web.Request) -> web.Response:
    gw = request.app[GATEWAY]
    form = await _form(request, SMALL_FORM)
    require_csrf(csrf_of(request.cookies.get(FORM_COOKIE, "")), form.get("csrf"))
    came, given = time.monotonic(), str(form.get("key", "")).strip()
    key = await key_row(gw, given)
    if key is None:
        standing = await session.refuse(gw, request, given, came)
        return sign_in_page(request, 429 if standing.wait else 401, failed=True, wait=standing)
    response = seen("/console")
    await session.sign_in(gw, response, key)
    return response


async def sign_out(request: web.Request) -> web.Response:
    visit, _ = await sent(request, "returns")
    response = seen("/console/sign-in")
    await session.sign_out(request.app[GATEWAY], request, response, visit.caller)
    return response


async def record_acceptance(request: web.Request) -> web.Response:
    """One transaction for the files and the act: a form that is wrong leaves neither."""
    gw = request.app[GATEWAY]
    visit, form = await sent(request, "acceptances", gw.settings.document_limit * FORM_LIMIT)
    said_id = request.match_info["id"]
    try:
        async with gw.store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            row = await find_return(tx, said_id)
            exporter = await tx.exporters.get(tx.exporter_id)
            evidence = [await keep_file(tx, row.id, file, gw.settings.document_limit) for file in _files(form)]
            body = {**_said(form, row, exporter.zone), "evidence": [{"document_id": one} for one in evidence]}
            await accept(tx, row.id, _read(body), "console")
    except Problem as problem:
        async with gw.store.reading(visit.caller.exporter_id) as tx:
            row = await find_return(tx, said_id)
            errors = spoken_errors(problem, words_of(request).language)
            return await return_page(request, visit, tx, row, errors=errors, status=problem.status)
    return seen(f"/console/returns/{row.id}?recorded=1#acceptance")


def _read(body: Mapping[str, Any]) -> AskedAcceptance:
    try:
        return AskedAcceptance.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise invalid(error) from error


def spoken_errors(problem: Problem, language: str) -> list[str]:
    """What was wrong with a form, one line a field."""
    spoken = LANGUAGES.index(language)
    if not problem.errors:
        return [problem.slug]
    return [
        f"{error.pointer.strip('/')}: {FIELDS[error.code][spoken]}" for error in problem.errors if error.code in FIELDS
    ]


def _files(form: Any) -> list[web.FileField]:
    return [file for file in form.getall("photographs", []) if isinstance(file, web.FileField) and file.filename]


async def keep_file(tx: Desk, return_id: str | None, file: web.FileField, limit: int) -> str:
    content = await asyncio.to_thread(file.file.read, limit + 1)
    if len(content) > limit:
        raise Problem("body-too-large")
    return await keep_upload(tx, content, return_id)


def _said(form: Form, row: Record, zone: str) -> dict[str, Any]:
    """The form as the API's body. A line without a condition was not inspected."""
    said: dict[str, Any] = {
        "decision": form.get("decision"),
        "decided_at": instant_of(str(form.get("decided_at", "")), zone),
        "decided_by": form.get("decided_by"),
        "inspections": [],
    }
    if note := str(form.get("reservation", "")).replace("\r\n", "\n").strip():
        said["reservation"] = note
    said |= _dock(form)
    for place, item in enumerate(row.authorization.items):
        if form.get(f"condition.{place}"):
            said["inspections"].append(_inspection(form, place, item.line_id))
    return said


def _inspection(form: Form, place: int, line_id: str) -> dict[str, Any]:
    quantity = str(form.get(f"quantity.{place}", ""))
    serial, note = (str(form.get(f"{name}.{place}", "")).strip() for name in ("serial", "note"))
    return {
        "line_id": line_id,
        "quantity": int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) < 7 else quantity,
        "condition": form.get(f"condition.{place}"),
        "packaging": form.get(f"packaging.{place}"),
        "serial": serial or None,
        "note": note or None,
    }


def _dock(form: Form) -> dict[str, Any]:
    """What was read off the goods and the scales: kilograms and centimetres, as people write them."""
    seal, weight = str(form.get("seal", "")).strip(), str(form.get("weight_kg", "")).strip()
    sides = {side: str(form.get(f"{side}_cm", "")).strip() for side in ("length", "width", "height")}
    said: dict[str, Any] = {"seal": seal or None}
    if weight:
        said["dock_weight"] = {"grams": _times(weight, 1000)}
    if any(sides.values()):
        said["dock_dimensions"] = {f"{side}_mm": _times(value, 10) for side, value in sides.items()}
    return said


def _times(value: str, factor: int) -> int | str:
    """A decimal number in a unit so many times smaller; what is none, or not whole there, is left for the model to refuse."""
    if not DECIMAL.fullmatch(value):
        return value
    number = Decimal(value.replace(",", ".")) * factor
    return int(number) if number == int(number) else value


def instant_of(local: str, zone: str) -> str:
    """A browser's local time, in the exporter's zone; what is none is left for the model to refuse."""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return local


async def finish_task(request: web.Request) -> web.Response:
    visit, _ = await sent(request, "returns")
    task_id = id_of(request, "tsk_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        task = await tx.tasks.get(task_id)
        await asking.close_task(tx, task_id)
    return seen(f"/console/returns/{task.return_id}" if task.return_id else "/console/queues/person")


async def renew_booking(request: web.Request) -> web.Response:
    visit, form = await sent(request, "bookings")
    days = str(form.get("days", ""))
    if not (days.isascii() and days.isdigit() and len(days) <= 3):
        raise Problem("validation")
    shipment_id = id_of(request, "shp_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await renewing.renew(tx, shipment_id, int(days))
        shipment = await tx.shipments.get(shipment_id)
    return seen(f"/console/returns/{shipment.return_id}")


async def refresh_tracking(request: web.Request) -> web.Response:
    visit, _ = await sent(request, "tracking")
    shipment_id = id_of(request, "shp_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        shipment = await tx.shipments.get(shipment_id)
        if shipment.waybill is not None:
            await tracking.refresh(tx, shipment_id)
    return seen(f"/console/returns/{shipment.return_id}")


async def say_exists(request: web.Request) -> web.Response:
    visit, form = await sent(request, "bookings")
    number = str(form.get("number", "")).strip()
    if not 0 < len(number) <= 100 or FORBIDDEN_TEXT.search(number):
        raise Problem("validation")
    attempt_id = id_of(request, "att_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await verdicts.exists(tx, attempt_id, number)
        attempt = await tx.attempts.get(attempt_id)
    return seen(f"/console/returns/{attempt.return_id}")


async def say_absent(request: web.Request) -> web.Response:
    visit, _ = await sent(request, "bookings")
    attempt_id = id_of(request, "att_")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await verdicts.absent(tx, attempt_id)
        attempt = await tx.attempts.get(attempt_id)
    return seen(f"/console/returns/{attempt.return_id}")


def id_of(request: web.Request, prefix: str) -> str:
    """The id in the address. One that cannot be ours is not found, like any other."""
    value = request.match_info["id"]
    if not (value.startswith(prefix) and value.isascii() and value.isprintable()):
        raise NotFound("not of our form")
    return value
