"""What several journeys are played with."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.journeys import settling_in
from gateway.running import working
from gateway.web.app import SERVER, build_app
from tests.house.settled import Settled
from tests.web.doors import Api


@pytest.fixture
async def api(settled: Settled) -> AsyncIterator[Api]:
    """The doors of the house that has moved in, and a key for them; its jobs are run meanwhile."""
    server = TestServer(build_app(settled.gateway))
    await server.start_server(**SERVER)
    key = await settling_in.add_key(settled.gateway, settled.exporter, "all")
    async with TestClient(server) as client, working(settled.gateway):
        yield Api(client, key, settled.exporter)
