"""The sandbox as one aiohttp application: a carrier in two dialects, a platform, a sink and the control desk."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from gateway.sandbox.carrier import Carrier
from gateway.sandbox.carrier_rest import Rest
from gateway.sandbox.carrier_soap import Soap
from gateway.sandbox.control import Control, MovableClock
from gateway.sandbox.desk import Desk
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.platform import Platform
from gateway.sandbox.sink import Sink

CONTROL: web.AppKey[Control] = web.AppKey("control", Control)


def build_sandbox(ledger_path: Path | None, *, clock: Callable[[], datetime] | None = None) -> web.Application:
    """The application. `ledger_path` None keeps the ledger in memory; `clock` is where its instants come from."""
    movable = MovableClock(clock)
    ledger = Ledger(ledger_path, movable)
    desk, platform, sink = Desk(Carrier(ledger)), Platform(ledger), Sink(movable)
    control = Control(movable, desk, platform, sink)
    app = web.Application(client_max_size=10_000_000)
    app[CONTROL] = control
    for part in (Rest(desk), Soap(desk), platform, sink, control):
        app.add_routes(part.routes())

    async def stop(app: web.Application) -> None:
        desk.stopping.set()
        sink.stopping.set()
        platform.stopping.set()

    async def close(app: web.Application) -> None:
        await platform.close()
        await control.close()
        ledger.close()

    app.on_shutdown.append(stop)
    app.on_cleanup.append(close)
    return app


async def start_sandbox(
    ledger_path: Path | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
) -> tuple[web.AppRunner, int]:
    """Serve it, on loopback unless told otherwise; returns the runner (`await runner.cleanup()` stops it) and the port."""
    runner = web.AppRunner(build_sandbox(ledger_path, clock=clock), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    return runner, int(runner.addresses[0][1])
