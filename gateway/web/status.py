"""How the process is: alive, ready, and its counters."""

import asyncio
from contextlib import suppress

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.core import Gateway
from gateway.store.database import StoreUnavailable
from gateway.web.state import DOORS, GATEWAY

PATIENCE = 2.0


async def healthz(request: web.Request) -> web.Response:
    """The process answers. Nothing else is asked, so that a database that is away restarts nobody."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """Whether requests should be sent here: the database answers, and the process is not stopping."""
    if request.app[DOORS].stopping:
        return web.json_response({"status": "stopping"}, status=503)
    try:
        async with asyncio.timeout(PATIENCE):
            await _ask_database(request.app[GATEWAY])
    except (StoreUnavailable, TimeoutError):
        return web.json_response({"status": "database away"}, status=503, headers={"Retry-After": "2"})
    return web.json_response({"status": "ready"})


async def _ask_database(gw: Gateway) -> None:
    async with gw.store.front_desk():
        pass


async def metrics(request: web.Request) -> web.Response:
    """With the lanes of those processes too that work jobs and have no door of their own."""
    with suppress(StoreUnavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await request.app[GATEWAY].spending.look_around()
    body = generate_latest(request.app[GATEWAY].metrics.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def status_routes() -> list[web.RouteDef]:
    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
