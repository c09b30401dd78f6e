"""The three servers of the intake bench: `python -m tests.bench.intake_servers ours|no_store|fastapi PORT`.

None of them runs jobs: only what stands between the platform and its 2xx is measured.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web

from gateway.cli_settings import set_up_logging
from gateway.config import Settings
from gateway.core import Gateway
from gateway.journeys import intake
from gateway.running import ready_gateway, run, stay, telling
from gateway.store import parties
from schemas.messages import InboundMessage

TASKS: list[asyncio.Task[None]] = []


async def ours(gw: Gateway, port: int) -> None:
    from gateway.web.app import serve

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
    """FastAPI + uvicorn over the very same journey and store."""
    import uvicorn
    from fastapi import FastAPI, Request

    app = FastAPI()

    @app.post("/hooks/platforms/sandbox/{source}")
    async def hook(source: str, request: Request) -> dict[str, str]:
        message = await _message(gw, request.headers, await request.body())
        new = await intake.receive(gw, "sandbox", source, message)
        return {"status": "received" if new else "duplicate"}

    config = uvicorn.Config(app, port=port, log_level="error", access_log=False)
    TASKS.append(asyncio.create_task(uvicorn.Server(config).serve()))


async def _message(gw: Gateway, headers: Any, body: bytes) -> InboundMessage:
    return InboundMessage(
        body=body, headers={name.lower(): value for name, value in headers.items()}, received_at=gw.clock()
    )


async def main(kind: str, port: int) -> None:
    async with ready_gateway(Settings()) as gw:
        telling(gw)
        await {"ours": ours, "no_store": no_store, "fastapi": fastapi}[kind](gw, port)
        await stay(asyncio.Event())  # the same care of garbage for all three


if __name__ == "__main__":
    set_up_logging("error")
    run(main(sys.argv[1], int(sys.argv[2])))
