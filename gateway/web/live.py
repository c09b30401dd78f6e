"""Live updates of one return as `text/event-stream`: for API keys, and for a console page that is open.

    GET /v1/returns/{id}/events          scope `returns`
    GET /console/returns/{id}/events     the session

Each event is a `change` with what happened in one word; its id goes back as `Last-Event-ID` (or `?after=`), and the stream
goes on from there out of the store. A comment comes each quarter of a minute; after ten minutes the stream ends, so that a
key that was revoked does not listen on. One key has at most twenty streams in one process.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from gateway.core import Gateway
from gateway.journeys.news import News, Position, news_of, position_of
from gateway.web.console.pages import visitor
from gateway.web.identity import Caller, identify
from gateway.web.problems import Problem
from gateway.web.state import DOORS, GATEWAY, Doors
from schemas.errors import NotFound

AT_ONCE = 20
LOOK_SECONDS, HEARTBEAT_SECONDS, LONGEST_SECONDS = 5.0, 15.0, 600.0
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",
}
RETURN_ID = re.compile(r"ret_[0-9a-z]{26}")


async def for_key(request: web.Request) -> web.StreamResponse:
    caller = await identify(request.app[GATEWAY], request)
    caller.require("returns")
    return await _stream(request, caller)


async def for_page(request: web.Request) -> web.StreamResponse:
    return await _stream(request, (await visitor(request)).caller)


async def _stream(request: web.Request, caller: Caller) -> web.StreamResponse:
    gw, doors, return_id = request.app[GATEWAY], request.app[DOORS], request.match_info["id"]
    if not RETURN_ID.fullmatch(return_id):
        raise NotFound("not of our form")
    async with gw.store.reading(caller.exporter_id) as tx:
        await tx.returns.get(return_id)
        known = request.headers.get("Last-Event-ID") or request.query.get("after")
        since = Position.of(known) if known else await position_of(tx, return_id)
    with _a_place(doors, caller.key_id), gw.live.listening(return_id) as stirred:
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        with suppress(ConnectionError):
            await response.write(b": listening\n\n")
            await _tell(gw, doors, response, caller.exporter_id, return_id, since, stirred)
    return response


@contextmanager
def _a_place(doors: Doors, key_id: str) -> Iterator[None]:
    if doors.streams[key_id] >= AT_ONCE:
        raise Problem("rate-limited", headers={"Retry-After": "60"})
    doors.streams[key_id] += 1
    try:
        yield
    finally:
        doors.streams[key_id] -= 1
        if not doors.streams[key_id]:
            del doors.streams[key_id]


async def _tell(
    gw: Gateway,
    doors: Doors,
    response: web.StreamResponse,
    exporter_id: str,
    return_id: str,
    since: Position,
    stirred: asyncio.Event,
) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + LONGEST_SECONDS
    quiet_since = loop.time()
    while loop.time() < ends and not doors.stopping:
        stirred.clear()
        async with gw.store.reading(exporter_id) as tx:
            news = await news_of(tx, return_id, since)
        for one in news:
            await response.write(_event(one))
            since, quiet_since = one.position, loop.time()
        if loop.time() - quiet_since >= HEARTBEAT_SECONDS:
            await response.write(b": still here\n\n")
            quiet_since = loop.time()
        with suppress(TimeoutError):
            await asyncio.wait_for(stirred.wait(), LOOK_SECONDS)


def _event(news: News) -> bytes:
    told = json.dumps({"kind": news.kind, "subject_id": news.subject_id, "at": news.at.isoformat()})
    return f"id: {news.position}\nevent: change\ndata: {told}\n\n".encode()


def live_routes() -> list[web.RouteDef]:
    return [
        web.get("/v1/returns/{id}/events", for_key),
        web.get("/console/returns/{id}/events", for_page),
    ]
