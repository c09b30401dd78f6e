"""Messages in the console: who is told and how it goes, what could not be told, and what came in that nobody could read."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.journeys import asking, settling_in
from gateway.store.lists import OPEN_DELIVERIES
from gateway.store.store import Desk
from gateway.web.asked import AskedEndpoint, AskedReplay
from gateway.web.console.acts import id_of, instant_of, seen, sent, spoken_errors
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page, words_of
from gateway.web.console.session import Visit
from gateway.web.problems import invalid, problem_of
from gateway.web.state import GATEWAY
from schemas.errors import Refused
from schemas.messages import NoticeKind

HERE = "/console/messages"
MOST = 200
M = TypeVar("M", bound=BaseModel)
Act = Callable[[web.Request], Awaitable[web.Response]]


async def messages(request: web.Request) -> web.Response:
    return await _show(request, await visitor(request, "endpoints"))


async def _show(request: web.Request, visit: Visit, status: int = 200, **shown: Any) -> web.Response:
    """`wrong` is what a form got wrong, `made` an endpoint's address and its secret, which is shown this once."""
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        endpoints = [row for row in await tx.endpoints.listed() if row.disabled_because != asking.REMOVED]
        untold = await tx.lists.deliveries(OPEN_DELIVERIES, None, MOST)
        unread = await tx.lists.messages("quarantined", None, MOST) if "admin" in visit.caller.scopes else []
        lists = {"endpoints": endpoints, "untold": untold, "unread": unread, "names": await _names(tx)}
    kinds = [kind.value for kind in NoticeKind if kind is not NoticeKind.ENDPOINT_TEST]
    said = {"wrong": (), "made": None, "kinds": kinds, "most": MOST, **lists, **shown}
    return page(request, "messages.html", visit, words, status, **said)


async def _names(tx: Desk) -> dict[str, str]:
    """What people call whoever is told, or has told us."""
    named = {row.id: row.url for row in await tx.endpoints.listed()}
    return named | {row.id: row.name for row in (*await tx.sources.listed(), *await tx.accounts.listed())}


async def add(request: web.Request) -> web.Response:
    """One more who is told. The answer is no other page: a secret stands in no address."""
    gw = request.app[GATEWAY]
    visit, form = await sent(request, "endpoints")
    try:
        kinds = [str(kind) for kind in form.getall("kinds", [])]  # type: ignore[attr-defined]
        asked = _read(AskedEndpoint, {"url": str(form.get("url", "")).strip(), "kinds": kinds})
        async with gw.store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            told = [kind.value for kind in asked.kinds]
            _, secret = await settling_in.add_endpoint(gw, tx, asked.url, told)
    except (ValidationError, Refused) as error:
        problem = problem_of(error)
        return await _show(request, visit, problem.status, wrong=spoken_errors(problem, words_of(request).language))
    return await _show(request, visit, made=(asked.url, secret))


def _read(model: type[M], said: Any) -> M:
    """A form as the API reads a body."""
    return model.model_validate_json(json.dumps(said))


async def try_one(request: web.Request) -> web.Response:
    return await _act(request, asking.test_endpoint)


async def enable(request: web.Request) -> web.Response:
    return await _act(request, asking.enable_endpoint)


async def remove(request: web.Request) -> web.Response:
    return await _act(request, asking.remove_endpoint)


async def _act(request: web.Request, act: Any) -> web.Response:
    visit, _ = await sent(request, "endpoints")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await act(tx, id_of(request, "end_"))
    return seen(HERE)


async def replay(request: web.Request) -> web.Response:
    """Everything of a span of time once more; times are the exporter's."""
    visit, form = await sent(request, "endpoints")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        zone = (await tx.exporters.get(tx.exporter_id)).zone
        said = {name: instant_of(str(form[name]), zone) for name in ("since", "until") if form.get(name)}
        try:
            asked = _read(AskedReplay, said)
        except ValidationError as error:
            raise invalid(error) from error
        await asking.replay(tx, id_of(request, "end_"), asked.since, asked.until or tx.now)
    return seen(f"{HERE}#untold")


async def resend(request: web.Request) -> web.Response:
    visit, _ = await sent(request, "endpoints")
    async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        await asking.send_again(tx, id_of(request, "dlv_"))
    return seen(f"{HERE}#untold")


async def redrive(request: web.Request) -> web.Response:
    """Read again what nobody could read, once what stood in its way is mended."""
    visit, _ = await sent(request, "admin")
    caller = visit.caller
    await asking.redrive(request.app[GATEWAY], caller.exporter_id, id_of(request, "msg_"), caller.actor)
    return seen(f"{HERE}#unread")


ACTS: Mapping[str, Act] = {
    "/console/endpoints": add,
    "/console/endpoints/{id}/test": try_one,
    "/console/endpoints/{id}/enable": enable,
    "/console/endpoints/{id}/replay": replay,
    "/console/endpoints/{id}/remove": remove,
    "/console/deliveries/{id}/resend": resend,
    "/console/messages/{id}/redrive": redrive,
}
