"""The servers of the intake bench: `python -m tests.bench.intake_servers ours|no_store|fastapi|fastapi_bare PORT`.

None of them runs jobs: only what stands between the platform and its 2xx is measured.
"""

import asyncio
import sys
import time
from typing import Any

import structlog
import uvicorn
from aiohttp import web
from fastapi import FastAPI, HTTPException, Request

from gateway.cli_settings import set_up_logging
from gateway.config import Settings
from gateway.core import Gateway
from gateway.journeys import intake
from gateway.running import ready_gateway, run, stay, telling
from gateway.store import parties
from gateway.store.ids import new_id
from gateway.web import hooks, middleware
from gateway.web.app import serve
from schemas.messages import InboundMessage

log = structlog.get_logger(__name__)
TASKS: list[asyncio.Task[None]] = []


async def ours(gw: Gateway, port: int) -> None:
    await serve(gw, "127.0.0.1", port)


async def no_store(gw: Gateway, port: int) -> None:
    """The same work but for the commit: found, verified, read, answered."""

    async def hook(request: web.Request) -> web.Response:
        message = await _message(gw, request.headers, await request.read())
        async with gw.store.front_desk() as connection:
            source = await parties.source_of(connection, request.match_info["source"])
        platform = gw.open_platform(source)  # type: ignore[arg-type]
        intake.vet(platform, message)
        return web.json_response({"status": "received"})

    app = web.Application()
    app.router.add_post("/hooks/platforms/sandbox/{source}", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()


async def fastapi(gw: Gateway, port: int) -> None:
    """FastAPI + uvicorn over the very same journey and store, with the same care: an id and headers of security on each
    answer, a line in the log, a limit on the body, patience of so many seconds with the database."""
    app = FastAPI()
    app.add_middleware(Around, gw=gw)

    @app.post("/hooks/platforms/sandbox/{source}")
    async def hook(source: str, request: Request) -> dict[str, str]:
        body = await request.body()
        if len(body) > gw.settings.body_limit:
            raise HTTPException(413)
        message = await _message(gw, request.headers, body)
        keeping = asyncio.ensure_future(intake.receive(gw, "sandbox", source, message))
        done, _ = await asyncio.wait({keeping}, timeout=hooks.PATIENCE)
        if not done:
            raise HTTPException(503)
        return {"status": "received" if keeping.result() else "duplicate"}

    _uvicorn(app, port)


async def fastapi_bare(gw: Gateway, port: int) -> None:
    """The same without that care."""
    app = FastAPI()

    @app.post("/hooks/platforms/sandbox/{source}")
    async def hook(source: str, request: Request) -> dict[str, str]:
        message = await _message(gw, request.headers, await request.body())
        new = await intake.receive(gw, "sandbox", source, message)
        return {"status": "received" if new else "duplicate"}

    _uvicorn(app, port)


class Around:
    """Around every request, in ASGI itself: quicker than the decorator that FastAPI's manual teaches."""

    def __init__(self, app: Any, gw: Gateway) -> None:
        self._app, self._gw = app, gw
        self._headers = [(name.lower().encode(), value.encode()) for name, value in middleware.SECURITY.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req", self._gw.clock())
        seen = {"status": 500}

        async def said(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                message["headers"] += [*self._headers, (b"x-request-id", request_id.encode())]
            await send(message)

        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, said)
            took = int((time.monotonic() - started) * 1000)
            log.info("request", method=scope["method"], status=seen["status"], milliseconds=took)


def _uvicorn(app: FastAPI, port: int) -> None:
    config = uvicorn.Config(app, port=port, log_level="error", access_log=False, server_header=False)
    TASKS.append(asyncio.create_task(uvicorn.Server(config).serve()))


async def _message(gw: Gateway, headers: Any, body: bytes) -> InboundMessage:
    return InboundMessage(
        body=body, headers={name.lower(): value for name, value in headers.items()}, received_at=gw.clock()
    )


SERVERS = {one.__name__: one for one in (ours, no_store, fastapi, fastapi_bare)}


async def main(kind: str, port: int) -> None:
    async with ready_gateway(Settings()) as gw:
        telling(gw)
        await SERVERS[kind](gw, port)
        await stay(asyncio.Event())  # the same care of garbage for all of them


if __name__ == "__main__":
    set_up_logging("error")
    run(main(sys.argv[1], int(sys.argv[2])))
