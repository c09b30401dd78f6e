"""How a town is founded: an exporter moved in, a sandbox, a database of its own. Nothing runs yet."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from adapters.toolkit.transport import open_client
from gateway.clock import FileClock
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import settling_in
from tests.faults.processes import Nursery
from tests.faults.town import Town
from tests.house.servers import a_port
from tests.house.settled import API_KEY, running_sandbox, settled_in
from tests.sandbox.bench import Bench


@asynccontextmanager
async def a_town(
    settings: Settings, nursery: Nursery, *, carrier: str = "rest", redis: str = ""
) -> AsyncIterator[Town]:
    """An exporter moved in, nothing running yet. `settings` name a migrated, empty database."""
    folder = settings.data.parent
    clock = FileClock(folder / "clock")
    settings = settings.model_copy(update={"test_clock": str(clock.path), "private_endpoints": True})
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(running_sandbox(clock))
        bench = Bench(base, await stack.enter_async_context(open_client()))
        async with open_gateway(settings) as gw, settled_in(gw, bench, carrier) as moved_in:
            key = await settling_in.add_key(gw, moved_in.exporter, "bench")
        reader = await stack.enter_async_context(open_gateway(settings))
        limits = aiohttp.ClientTimeout(total=20)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=limits))
        town = Town(replace(moved_in, gateway=reader), settings, clock, key, nursery, http, folder, redis=redis)
        town.port = a_port()
        hook = f"{town.url}/hooks/platforms/sandbox/{moved_in.source}"
        await bench.tell("platform/shop", url=hook, secret=moved_in.webhook_secret, api_key=API_KEY)
        try:
            yield town
        finally:
            await town.down()


@asynccontextmanager
async def settings_of(profile: str, sqlite_template: Path, postgres: Any) -> AsyncIterator[Settings]:
    """Settings over a database of one town's own, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="homeward-town-", dir=memory if memory.is_dir() else None))
    data = folder / "data"
    data.mkdir()
    try:
        if profile == "sqlite":
            shutil.copyfile(sqlite_template, data / "homeward.db")
            yield Settings(data=data)
        else:
            async with postgres.database() as url:
                yield Settings(data=data, db=url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
