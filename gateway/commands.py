"""What the commands do, apart from how they print it."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, nullcontext
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from adapters import registry
from adapters.seam import CARRIER_CAPABILITIES, PLATFORM_CAPABILITIES, capabilities
from gateway import archive as archiving
from gateway import backup, running
from gateway.archive import Counts
from gateway.config import Settings
from gateway.core import Gateway, open_gateway, relay_of
from gateway.journeys import reckoning, settling_in, timeline, verdicts
from gateway.journeys.lanes_told import LaneTold, lanes_of
from gateway.lock import only_writer
from gateway.sandbox import start_sandbox
from gateway.store import checks, lists, migrations, parties, work
from schemas.errors import NotFound

log = structlog.get_logger(__name__)
SAFE_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


class CannotListen(Exception):
    """Somebody else has the port, or the address is none of this machine's."""


class CannotUse(Exception):
    """An adapter; says which, and why."""


def _load_adapters() -> None:
    try:
        registry.load()
    except registry.BadAdapter as error:
        raise CannotUse(str(error)) from error


async def serve(settings: Settings, *, with_sandbox: bool) -> None:
    """Everything in one process until it is told to stop."""
    _load_adapters()
    async with AsyncExitStack() as stack:
        if not settings.db:
            stack.enter_context(only_writer(settings.data, settings.address))
        gw = await stack.enter_async_context(running.ready_gateway(settings))
        await _first_exporter(gw)
        if with_sandbox:
            runner, port = await start_sandbox(settings.data / "sandbox.jsonl", clock=gw.clock)
            stack.push_async_callback(runner.cleanup)
            print(f"Sandbox: http://127.0.0.1:{port} (its control desk: gateway/sandbox/__init__.py)", flush=True)  # noqa: T201
        stop = running.until_told_to_stop()
        await stack.enter_async_context(running.working(gw))
        await _serve_web(stack, gw)
        await running.stay(stop)


async def serve_web(settings: Settings) -> None:
    """The doors only."""
    _load_adapters()
    async with running.ready_gateway(settings) as gw, AsyncExitStack() as stack:
        running.telling(gw)
        stop = running.until_told_to_stop()
        await _serve_web(stack, gw, shared=True)
        await running.stay(stop)


async def serve_work(settings: Settings) -> None:
    """The workers only."""
    _load_adapters()
    async with running.ready_gateway(settings) as gw:
        stop = running.until_told_to_stop()
        async with running.working(gw):
            log.info("working", at_once=settings.jobs_at_once)
            await running.stay(stop)


async def _serve_web(stack: AsyncExitStack, gw: Gateway, *, shared: bool = False) -> None:
    from gateway.web.app import serve as open_doors
    from gateway.web.app import stop_taking

    host, port = gw.settings.host, gw.settings.port
    try:
        runner = await open_doors(gw, host, port, reuse_port=shared)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port} (HOMEWARD_HOST, HOMEWARD_PORT): {error.strerror}"
        ) from error
    stack.push_async_callback(runner.cleanup)
    stack.callback(stop_taking, runner)  # first of all when it ends: not ready, so that nobody sends more
    log.info("serving", url=gw.settings.address)


async def _first_exporter(gw: Gateway) -> None:
    """The first start makes an exporter and shows its key once."""
    async with gw.store.front_desk() as connection:
        if await parties.exporter_ids(connection):
            return
    exporter_id = await settling_in.add_exporter(gw, "My company")
    key = await settling_in.add_key(gw, exporter_id, "first key")
    print(f"Your first API key (shown once): {key}\nConsole: {gw.settings.address}/console", flush=True)  # noqa: T201


async def migrate(settings: Settings) -> str:
    with nullcontext() if settings.db else only_writer(settings.data):
        return await running.migrate(settings)


def matrix() -> dict[str, list[dict[str, Any]]]:
    """What each adapter is and can do, from its profile and its class. Raises CannotUse."""
    _load_adapters()
    return {
        "carriers": [
            {
                "id": name,
                "name": one.profile.name,
                "protocol": one.profile.protocol,
                "version": one.profile.api_version,
                "look_up": one.profile.look_up.value,
                "batch": one.profile.tracking_batch,
                "live_checked_on": one.profile.live_checked_on,
                "can": ["book", "track", *sorted(capabilities(one, CARRIER_CAPABILITIES))],
            }
            for name, one in registry.carriers().items()
        ],
        "platforms": [
            {
                "id": name,
                "name": one.profile.name,
                "signature": one.profile.signature,
                "can": sorted(capabilities(one, PLATFORM_CAPABILITIES)),
            }
            for name, one in registry.platforms().items()
        ],
        "invoices": [
            {"id": name, "name": one.profile.name, "carrier": one.profile.carrier, "identity": one.profile.identity}
            for name, one in registry.invoice_readers().items()
        ],
    }


async def doctor(settings: Settings) -> dict[str, Any]:
    """Facts about this machine and this database, each with a verdict."""
    found: list[dict[str, Any]] = []

    def say(what: str, ok: bool, says: Any) -> None:
        found.append({"what": what, "ok": ok, "found": says})

    for package in ("aiohttp", "zeep", "lxml", "sqlalchemy", "pgqueuer"):
        say(package, True, version(package))
    say("mail", *await mail_stands(settings))
    try:
        say("adapters", True, {title: len(rows) for title, rows in matrix().items()})
    except CannotUse as error:
        say("adapters", False, str(error))
        return {"ok": False, "checks": found}
    if not settings.db:
        safe = sqlite3.sqlite_version_info >= SAFE_SQLITE[-1] or any(
            sqlite3.sqlite_version_info[:2] == known[:2] and sqlite3.sqlite_version_info >= known
            for known in SAFE_SQLITE
        )
        how = "fixed build" if safe else "has the WAL-reset race; harmless here: one connection writes and checkpoints"
        say("sqlite", True, f"{sqlite3.sqlite_version}, {how}")
        if not settings.database_path.exists():
            say("database", False, "not there yet: run `homeward serve` or `homeward migrate`")
            return {"ok": False, "checks": found}
    async with open_gateway(settings) as gw:
        revision = await migrations.current(gw.store.database)
        say("migration", revision == migrations.newest(), f"{revision}, this code expects {migrations.newest()}")
        if revision == migrations.newest():
            async with gw.store.front_desk() as connection:
                standing = await work.standing(connection, gw.clock())
                strange = await lists.unknown_codes(connection)
            waits = {name: count for name, count in standing.items() if count}
            say("work", not any(name.startswith("parked") for name in waits), waits or "nothing waits")
            say("codes in no table", True, strange or "none")
            for lane in await _lanes(gw):
                shut = lane.paused or lane.breaker_open or lane.closed_until
                say(f"lane {lane.carrier} {lane.name}", not shut, _lane_told(lane))
    return {"ok": all(one["ok"] for one in found), "checks": found}


async def mail_stands(settings: Settings) -> tuple[bool, str]:
    """Whether letters can go, and where to. Off is well: nobody has to send mail."""
    try:
        relay = relay_of(settings)
    except ValueError as error:
        return False, str(error)
    if relay is None:
        return True, "off: set HOMEWARD_SMTP_URL and HOMEWARD_MAIL_FROM to send notices by mail"
    why = await relay.reach()
    return why is None, f"{relay}" if why is None else f"{relay}: {why}"


async def _lanes(gw: Gateway) -> list[LaneTold]:
    async with gw.store.front_desk() as connection:
        exporters = await parties.exporter_ids(connection)
    found: list[LaneTold] = []
    for exporter_id in exporters:
        async with gw.store.reading(exporter_id) as tx:
            found += await lanes_of(tx)
    return found


def _lane_told(lane: LaneTold) -> dict[str, Any]:
    """What an operator asks of a lane, what is nothing to tell left out."""
    told = {
        "pace": f"{lane.pace.per_second:g}/s, {lane.pace.concurrency} at once",
        "used today": f"{lane.used} of {lane.pace.daily}" if lane.pace.daily else lane.used,
        "by": dict(lane.verbs),
        "waiting": lane.waiting,
        "breaker": "open" if lane.breaker_open else None,
        "closed until": lane.closed_until.isoformat() if lane.closed_until else None,
        "paused": lane.paused,
    }
    return {name: value for name, value in told.items() if value}


async def check(settings: Settings) -> dict[str, Sequence[str]]:
    async with open_gateway(settings) as gw, gw.store.database.reading() as connection:
        return await checks.check(connection, reckoning.status_of)


async def show_returns(settings: Settings, number: str) -> list[dict[str, Any]]:
    """Every return of every exporter that this number names. Raises NotFound."""
    shown = []
    async with open_gateway(settings) as gw:
        async with gw.store.front_desk() as connection:
            exporters = await parties.exporter_ids(connection)
        for exporter_id in exporters:
            async with gw.store.reading(exporter_id) as tx:
                for row in await tx.returns.search(number):
                    told = [timeline.as_json(moment) for moment in await timeline.moments(tx, row.id)]
                    shown.append({"case": await timeline.case_of(tx, row), "timeline": told})
    if not shown:
        raise NotFound(f"no return has the number {number}")
    return shown


async def create_key(settings: Settings, exporter: str | None, name: str, scopes: list[str] | None) -> dict[str, str]:
    """A key for an exporter. Raises NotFound when it is not clear for whom."""
    with nullcontext() if settings.db else only_writer(settings.data):
        async with running.ready_gateway(settings) as gw:
            async with gw.store.front_desk() as connection:
                there = await parties.exporter_ids(connection)
            chosen = exporter or (there[0] if len(there) == 1 else None)
            if not there and exporter is None:
                chosen = await settling_in.add_exporter(gw, "My company")
            if chosen is None or (there and chosen not in there):
                raise NotFound(f"say whose: --exporter one of {', '.join(there)}")
            key = await settling_in.add_key(gw, chosen, name, scopes or settling_in.SCOPES)
            return {"key": key, "exporter": chosen}


async def restore(settings: Settings, source: Path) -> dict[str, int]:
    with nullcontext() if settings.db else only_writer(settings.data):
        return await backup.restore(settings, source)


async def archive(
    settings: Settings, older_than: timedelta, folder: Path | None, told: Callable[[str], None]
) -> Counts:
    with nullcontext() if settings.db else only_writer(settings.data):
        return await archiving.archive(settings, older_than, folder or settings.data / "archive", told)


async def resume(settings: Settings, exporter: str | None) -> int:
    """Open every paused account, of one exporter or of all; how many there were."""
    with nullcontext() if settings.db else only_writer(settings.data):
        async with running.ready_gateway(settings) as gw:
            async with gw.store.front_desk() as connection:
                exporters = [exporter] if exporter else list(await parties.exporter_ids(connection))
            return sum([await verdicts.resume_all(gw, one, "operator") for one in exporters])
