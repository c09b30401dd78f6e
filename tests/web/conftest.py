"""An open gateway on a fresh SQLite file, migrated, behind its own doors."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import settling_in
from gateway.web.app import SERVER, build_app
from tests.web.browser import Browser
from tests.web.doors import Api, Clock, House, OpenHouse, settle


@pytest.fixture
async def open_house(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[OpenHouse]:
    """Opens a house with other settings than the usual."""
    async with AsyncExitStack() as stack:

        async def open_one(**changed: Any) -> House:
            clock = Clock()
            shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
            settings = Settings(data=tmp_path, _env_file=None, **changed)
            gw = await stack.enter_async_context(open_gateway(settings, clock=clock))
            mine, theirs = [await settling_in.add_exporter(gw, name) for name in ("Silk Road", "Other House")]
            server = TestServer(build_app(gw))
            await server.start_server(**SERVER)
            client = TestClient(server)
            stack.push_async_callback(client.close)
            ids = await settle(gw, mine)
            callers = [Api(client, await settling_in.add_key(gw, owner, "all"), owner) for owner in (mine, theirs)]
            return House(gw, clock, client, callers[0], callers[1], *ids)

        yield open_one


@pytest.fixture
async def house(open_house: OpenHouse, request: pytest.FixtureRequest) -> House:
    """On SQLite; on each database in turn where the module says `ON_BOTH`."""
    both: Settings | None = request.getfixturevalue("settings") if "settings" in request.fixturenames else None
    return await open_house(**({"db": both.db} if both else {}))


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    made = Browser(house)
    yield made
    await made.session.close()


@pytest.fixture
async def inside(browser: Browser) -> Browser:
    answer = await browser.sign_in()
    assert answer.status == 303
    return browser
