"""What every test may ask for. Tests of the store and of the gateway run on both databases, always both.

`store_url`, `settings`, `gateway`: SQLite and PostgreSQL in turn; to have only one of them, parametrise `profile`
indirectly. `sandbox`: a running sandbox's control desk. `settled`: an exporter moved in, with each sandbox carrier in turn
(`carrier_kind`). `clock`: moved by hand. Run `working(gateway)` where jobs must run.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

# platformdirs, asked by the embedded PostgreSQL, warns without one, and warnings are errors.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="homeward-run-"))

import pytest
import structlog
from xdist.scheduler import LoadScopeScheduling

from adapters.toolkit.transport import open_client
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.journeys import settling_in
from gateway.store.database import Database
from gateway.store.store import Store
from tests.house import servers
from tests.house.clock import MovableClock
from tests.house.loopback_only import loopback_only
from tests.house.settled import Settled, running_sandbox, settled_in
from tests.sandbox.bench import Bench


@pytest.fixture(scope="session", autouse=True)
def no_way_out() -> Iterator[None]:
    with loopback_only():
        yield


@pytest.fixture(autouse=True)
def quiet_log() -> None:
    """Logs go through the standard library, so that `caplog` sees them and a passing test prints nothing. Before each test,
    because a command that ran in the one before has set up a log of its own."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    with servers.valkey() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return servers.sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


WHOLE = tuple(
    f"tests/faults/test_{name}.py" for name in ("chaos", "crash_points", "doors", "servers", "storage", "workers")
)
"""Their scenarios run several at once, in the one pytest process that has them all."""


class Scheduler(LoadScopeScheduling):
    """Test by test to whoever is free, but the whole processes' tests as one. xdist's own groups are lost on pytest 9."""

    def _split_scope(self, nodeid: str) -> str:
        return "whole" if nodeid.startswith(WHOLE) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    return Scheduler(config, log)


DIAGONAL = {("sqlite", "rest"), ("postgresql", "soap")}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two stores and two carriers: each store meets a carrier and each carrier a store; all four pairs are a long run."""
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        pair = (params.get("profile"), params.get("carrier_kind"))
        chosen = [mark.args[0] for mark in item.iter_markers("parametrize")]
        if None not in pair and pair not in DIAGONAL and not {"profile", "carrier_kind"}.intersection(chosen):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(params=["sqlite", "postgresql"])
def profile(request: pytest.FixtureRequest) -> str:
    """Which of the two databases."""
    return str(request.param)


@pytest.fixture
async def settings(profile: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Settings]:
    """Settings over a database of the test's own, migrated and empty."""
    data = tmp_path / "data"
    data.mkdir()
    if profile == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), data / "homeward.db")
        yield Settings(data=data, private_endpoints=True)
        return
    server: servers.Postgres = request.getfixturevalue("postgres")
    async with server.database() as url:
        yield Settings(data=data, db=url, private_endpoints=True)


@pytest.fixture
def store_url(settings: Settings) -> str:
    return settings.database_url


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    opened = Database(store_url)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database, clock: MovableClock) -> Store:
    """The store alone, without the rest of the house."""
    return Store(database, clock)


@pytest.fixture
async def gateway(settings: Settings, clock: MovableClock) -> AsyncIterator[Gateway]:
    """The open house. Nobody works in it: see `gateway.running.working`."""
    async with open_gateway(settings, clock=clock) as gw:
        yield gw


@pytest.fixture
async def exporter(gateway: Gateway) -> str:
    return await settling_in.add_exporter(gateway, "Linden")


@pytest.fixture
async def sandbox(clock: MovableClock) -> AsyncIterator[Bench]:
    """A running sandbox on the test's clock, and its control desk."""
    async with running_sandbox(clock) as base, open_client() as client:
        yield Bench(base, client)


@pytest.fixture(params=["rest", "soap"])
def carrier_kind(request: pytest.FixtureRequest) -> str:
    """Which of the sandbox's two carriers."""
    return str(request.param)


@pytest.fixture
async def settled(gateway: Gateway, sandbox: Bench, carrier_kind: str) -> AsyncIterator[Settled]:
    async with settled_in(gateway, sandbox, carrier_kind) as moved_in:
        yield moved_in
