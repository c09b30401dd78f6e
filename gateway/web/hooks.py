"""Webhooks in: kept before they are answered, and answered within two seconds whatever the database does."""

import asyncio
import math
from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.core import Gateway
from gateway.journeys import intake
from gateway.store.database import StoreUnavailable
from gateway.web.body import check_announced, read_body
from gateway.web.problems import Problem
from gateway.web.state import DOORS, GATEWAY
from schemas.errors import SignatureRejected, Throttled
from schemas.messages import InboundMessage
from schemas.values import tidy

PATIENCE = 1.8
"""Seconds until a platform is told to come again; what is under way goes on, and the repetition is then known."""
LONGEST_ID = 64
Receive = Callable[[Gateway, str, str, InboundMessage, intake.Hinted], Awaitable[bool]]


async def platform_hook(request: web.Request) -> web.Response:
    return await _kept(request, intake.receive, request.match_info["platform"], request.match_info["source"])


async def carrier_hook(request: web.Request) -> web.Response:
    return await _kept(request, intake.receive_push, request.match_info["carrier"], request.match_info["account"])


async def _kept(request: web.Request, receive: Receive, adapter_id: str, owner_id: str) -> web.Response:
    gw = request.app[GATEWAY]
    check_announced(request, gw.settings.body_limit)
    raw = await read_body(request, gw.settings.body_limit)
    if not (owner_id.isascii() and owner_id.isprintable() and len(owner_id) <= LONGEST_ID):
        raise SignatureRejected("no such address")
    message = InboundMessage(
        body=raw,
        headers={name.lower(): value for name, value in request.headers.items()},
        url=tidy(request.url, 500),
        received_at=gw.clock(),
    )
    hinted = request.app[DOORS].allowance.hinted
    keeping = asyncio.ensure_future(receive(gw, adapter_id, owner_id, message, hinted))
    done, _ = await asyncio.wait({keeping}, timeout=PATIENCE)
    if not done:
        keeping.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise StoreUnavailable("the database is slow")
    try:
        return web.json_response({"status": "received" if keeping.result() else "duplicate"})
    except Throttled as error:
        raise Problem("rate-limited", headers={"Retry-After": str(math.ceil(error.retry_after or 1))}) from None


def hook_routes() -> list[web.RouteDef]:
    return [
        web.post("/hooks/platforms/{platform}/{source}", platform_hook),
        web.post("/hooks/carriers/{carrier}/{account}", carrier_hook),
    ]
