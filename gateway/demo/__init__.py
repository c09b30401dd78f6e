"""`homeward demo`: one return all the way home, in the sandbox, through the doors that everybody uses.

A signed webhook comes in, a return shipment is booked, its label kept; the parcel travels; the acceptance clock starts and
reminds; the exporter accepts with a photograph; the carrier's bill is matched; the exporter's endpoint has heard it all. Then
the same return's neighbour is booked and collected by the exporter through the API. Each step looks before it acts, so a run
that was killed anywhere goes on where it stood when it is started again with the same `--data`.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from gateway import running
from gateway.clock import FileClock
from gateway.config import Settings
from gateway.demo import props
from gateway.demo.props import free_port, open_doors
from gateway.demo.stage import Stage
from gateway.demo.story import Story
from gateway.lock import only_writer
from gateway.sandbox import start_sandbox
from gateway.sandbox.app import CONTROL

Tell = Callable[[str], None]
START_SECONDS = 90


async def run_demo(settings: Settings, kinds: Sequence[str], data: Path | None, tell: Tell) -> dict[str, Any]:
    """Run the story once per kind of carrier; the whole document, `ok` when every story ended well."""
    with tempfile.TemporaryDirectory(prefix="homeward-demo-") as scratch:
        folder = (data or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        clock = FileClock(folder / "clock")
        ours = settings.model_copy(
            update={"data": folder, "private_endpoints": True, "test_clock": str(clock.path), "port": 0}
        )
        async with AsyncExitStack() as stack:
            if not ours.db:
                stack.enter_context(only_writer(folder))
            port = await _start_sandbox(stack, folder, clock)
            stage = await stack.enter_async_context(_stage(ours, f"http://127.0.0.1:{port}", clock, tell))
            stories = [await Story(stage, kind).tell() for kind in kinds]
    return {
        "ok": all(story["ok"] for story in stories),
        "store": "postgresql" if ours.db else "sqlite",
        "runs": stories,
    }


async def _start_sandbox(stack: AsyncExitStack, folder: Path, clock: FileClock) -> int:
    """Serve the sandbox, on the same port as before: accounts and endpoints of a run that was killed name it."""
    remembered = folder / "sandbox.port"
    port = int(remembered.read_text()) if remembered.exists() else 0
    runner, port = await start_sandbox(folder / "sandbox.jsonl", clock=clock, port=port)
    stack.push_async_callback(runner.cleanup)
    for kind in props.CREDENTIALS:  # before we start: what a killed run left undelivered goes out at once
        runner.app[CONTROL].sink.tell(kind, {"secret": props.secret_of(kind)})
    remembered.write_text(str(port))
    return port


@asynccontextmanager
async def _stage(settings: Settings, sandbox: str, clock: FileClock, tell: Tell) -> AsyncIterator[Stage]:
    """A running gateway behind its own HTTP doors: in this process, or in three of its own on PostgreSQL."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        if settings.db:
            await running.migrate(settings)
        gw = await stack.enter_async_context(running.ready_gateway(settings))
        if settings.db:
            running.telling(gw)
            url = await _processes(stack, settings)
        else:
            await stack.enter_async_context(running.working(gw))
            url = await open_doors(stack, gw)
        await _answering(session, url)
        yield Stage(gw=gw, session=session, url=url, sandbox=sandbox, clock=clock, say=tell)


async def _processes(stack: AsyncExitStack, settings: Settings) -> str:
    """One web and two work processes, as an operator would start them; stopped with SIGTERM at the end."""
    port = free_port()
    env = {
        **os.environ,
        "HOMEWARD_DB": settings.db,
        "HOMEWARD_REDIS": settings.redis,
        "HOMEWARD_DATA": str(settings.data),
        "HOMEWARD_KEY_FILE": str(settings.keys),
        "HOMEWARD_TEST_CLOCK": settings.test_clock,
        "HOMEWARD_PRIVATE_ENDPOINTS": "true",
        "HOMEWARD_PORT": str(port),
        "HOMEWARD_LOG_LEVEL": "warning",
    }
    for role in ("web", "work", "work"):
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway", role, env=env)
        stack.push_async_callback(_end, process)
    return f"http://127.0.0.1:{port}"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await asyncio.wait_for(process.wait(), 40)


async def _answering(session: aiohttp.ClientSession, url: str) -> None:
    """Wait until the doors are open."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(timedelta(milliseconds=100).total_seconds())
