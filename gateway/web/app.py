"""The doors as one aiohttp application, and how it is served."""

from typing import Any

from aiohttp import web

from gateway.core import Gateway
from gateway.web import openapi
from gateway.web.console.acts import FORM_LIMIT
from gateway.web.console.routes import console_routes
from gateway.web.hooks import hook_routes
from gateway.web.middleware import around
from gateway.web.routes import ROUTES
from gateway.web.state import DOORS, GATEWAY, Doors
from gateway.web.status import status_routes

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
    app[DOORS] = Doors()
    for route in ROUTES:
        app.router.add_route(route.method, route.path, route.serve)
    app.add_routes([*hook_routes(), *status_routes(), *console_routes()])
    openapi.prepare(app)
    app.on_shutdown.append(_stopping)
    return app


async def _stopping(app: web.Application) -> None:
    app[DOORS].stopping = True


def stop_taking(runner: web.AppRunner) -> None:
    """Say "not ready" from now on, while what is under way goes on."""
    runner.app[DOORS].stopping = True


async def serve(gw: Gateway, host: str, port: int, *, reuse_port: bool = False) -> web.AppRunner:
    """Start serving; `await runner.cleanup()` ends it, letting requests that run finish."""
    runner = web.AppRunner(build_app(gw), handler_cancellation=False, shutdown_timeout=20.0, **SERVER)
    await runner.setup()
    site = web.TCPSite(runner, host, port, reuse_port=reuse_port or None, backlog=1024)
    await site.start()
    return runner
