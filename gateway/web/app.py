"""The doors as one aiohttp application, and how it is served."""

import asyncio
from typing import Any

from aiohttp import web

from gateway.core import Gateway
from gateway.web import openapi
from gateway.web.allowance import Allowance
from gateway.web.console.acts import FORM_LIMIT
from gateway.web.console.routes import console_routes
from gateway.web.hooks import hook_routes
from gateway.web.live import live_routes
from gateway.web.middleware import around
from gateway.web.policies import policy_routes
from gateway.web.routes import ROUTES
from gateway.web.state import DOORS, GATEWAY, Doors
from gateway.web.status import status_routes

HEAD_SECONDS = 20.0
BACKLOG = 1024
SERVER: dict[str, Any] = {
    "auto_decompress": False,  # unpacked by `body`, under a limit
    "keepalive_timeout": 75.0,
    "lingering_time": 10.0,
    "access_log": None,  # the middleware's line names no path: a path may hold a number of somebody's
}


def build_app(gw: Gateway) -> web.Application:
    """The API, the hooks, the console and the status pages over an open gateway, which the caller closes."""
    app = web.Application(middlewares=[around], client_max_size=gw.settings.document_limit * FORM_LIMIT)
    app[GATEWAY] = gw
    told = gw.settings
    allowance = Allowance(
        told.calls_per_minute, told.refusals_per_minute, told.hints_per_minute, redis=told.redis, proxies=told.proxies
    )
    app[DOORS] = Doors(allowance)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, route.serve)
    app.add_routes([*hook_routes(), *status_routes(), *live_routes(), *policy_routes(), *console_routes()])
    openapi.prepare(app)
    app.on_shutdown.append(_stopping)
    app.on_cleanup.append(_closing)
    return app


async def _stopping(app: web.Application) -> None:
    app[DOORS].stopping = True
    app[GATEWAY].live.wake_all()


async def _closing(app: web.Application) -> None:
    await app[DOORS].allowance.close()


def stop_taking(runner: web.AppRunner) -> None:
    """Say "not ready" from now on, while what is under way goes on."""
    runner.app[DOORS].stopping = True


class Site(web.TCPSite):
    """A listening socket that closes connections which do not bring a request head in time: the server itself waits as
    long for the first one as for the next one on an idle connection."""

    def __init__(self, runner: web.AppRunner, host: str, port: int, *, reuse_port: bool) -> None:
        super().__init__(runner, host, port, backlog=BACKLOG, reuse_port=reuse_port or None)
        self._address = (host, port, reuse_port or None)
        self._unheard = runner.app[DOORS].unheard

    async def start(self) -> None:
        await web.BaseSite.start(self)
        host, port, reuse_port = self._address
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._meet, host, port, backlog=BACKLOG, reuse_port=reuse_port)

    def _meet(self) -> asyncio.Protocol:
        server = self._runner.server
        assert server is not None  # the runner was set up before any site
        connection = server()
        self._unheard.add(connection)
        asyncio.get_running_loop().call_later(HEAD_SECONDS, self._dismiss, connection)
        return connection

    def _dismiss(self, connection: web.RequestHandler) -> None:
        if connection in self._unheard:
            self._unheard.discard(connection)
            if connection.transport is not None:
                connection.transport.close()


async def serve(gw: Gateway, host: str, port: int, *, reuse_port: bool = False) -> web.AppRunner:
    """Start serving; `await runner.cleanup()` ends it, letting requests that run finish."""
    runner = web.AppRunner(build_app(gw), handler_cancellation=False, shutdown_timeout=20.0, **SERVER)
    await runner.setup()
    await Site(runner, host, port, reuse_port=reuse_port).start()
    return runner
