"""The fault bench's own house: as everywhere, but waits are measured by the clock that the test moves."""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from adapters import registry
from adapters.seam import Pace
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.store import tables
from tests.faults.house import House
from tests.faults.processes import Nursery, nursery
from tests.faults.scans import SECRET
from tests.faults.where import FAULTS, NOT_ON
from tests.faults.whole import Surroundings, run_all
from tests.house.clock import MovableClock
from tests.house.servers import Postgres
from tests.house.settled import Settled

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


FAULT = re.compile(r"test_(f\d\d)_\w+\[(.*)\]$")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The faults that were run, with where and how many times: `pytest tests/faults -q`."""
    counted: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            if match := FAULT.search(getattr(report, "nodeid", "")):
                store = next((name for name in ("sqlite", "postgresql") if name in match[2]), "no store")
                counted.setdefault(match[1].upper(), Counter())[f"{store} {outcome}"] += 1
    if not counted:
        return
    terminalreporter.section("faults", sep="-")
    for fault in FAULTS:
        told = [f"{what} {count}" for what, count in sorted(counted.get(fault, Counter()).items())]
        told += [f"{store}: not there, {why}" for (name, store), why in NOT_ON.items() if name == fault]
        terminalreporter.write_line(f"{fault}  {'; '.join(told) or 'not run'}")


@pytest.fixture(autouse=True)
def brisk_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own caution towards platforms is five calls a second of real time; the sandbox's shop may be asked faster."""
    adapter = registry.platform("sandbox")
    pace = Pace(per_second=2000.0, concurrency=32)
    monkeypatch.setattr(adapter, "profile", adapter.profile.model_copy(update={"pace": pace}))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where the system has such a place: processes are killed here, machines are not, so no disk is waited for."""
    memory = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(prefix="homeward-faults-", dir=memory if memory.is_dir() else None))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
async def gateway(settings: Settings, clock: MovableClock) -> AsyncIterator[Gateway]:
    """Waits, turns and lanes follow the clock as well, so that a lane shut for an hour opens when the hour is moved."""

    async with open_gateway(settings, clock=clock, monotonic=lambda: (clock() - EPOCH).total_seconds()) as gw:
        yield gw


@pytest.fixture
async def house(settled: Settled, clock: MovableClock) -> House:
    return House(settled, clock)


@pytest.fixture(scope="session")
def nursery_of_processes() -> Iterator[Nursery]:
    with nursery() as opened:
        yield opened


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest,
    nursery_of_processes: Nursery,
    sqlite_template: Path,
    postgres: Postgres,
) -> dict[str, BaseException | None]:
    """What came of every scenario of whole processes that was selected."""
    around = Surroundings(nursery_of_processes, sqlite_template, postgres)
    return run_all(request.session.items, around)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Carriers with a limit of one second, so that a hanging one is waited for in real time only so long."""
    for name in ("sandbox_rest", "sandbox_soap"):
        adapter = registry.carrier(name)
        monkeypatch.setattr(adapter, "profile", adapter.profile.model_copy(update={"total_seconds": 1.0}))


@pytest.fixture
async def pushing(house: House) -> House:
    """An account whose carrier pushes."""
    credentials = registry.carrier("sandbox_rest").profile.credentials.model_validate(
        {"client_id": "linden", "client_secret": "open-sesame", "push_secret": SECRET}
    )
    sealed = house.gw.seal_credentials(house.settled.account, credentials)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.run(
            update(tables.accounts).where(tables.accounts.c.id == house.settled.account).values(credentials=sealed)
        )
    return house
