"""A year of returns over twelve zones: late, repeated, shuffled and naive scans, unknown codes, pauses, extensions, decisions
in the last second. No limit is judged otherwise than a naive recomputation says, none lapses unwarned, no stage comes twice.

The small one is in every run. The whole one: `pytest -m soak tests/journeys/test_simulated_year.py -s`, with as many as
YEAR_RETURNS says.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.core import Gateway, open_gateway
from gateway.journeys import tracking
from gateway.store import tables
from schemas.tracking import TrackingReport
from tests.house.clock import MovableClock
from tests.journeys.year.oracle import Expected, expected
from tests.journeys.year.running import Year
from tests.journeys.year.story import tell

FIRED = "deadline.fired."
HOUR = timedelta(hours=1)
"""How often somebody looks: what is heard and done is done on the hour, and what falls due in between waits so long."""


@dataclass
class Found:
    """What was counted."""

    limits: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    fired: int = 0
    twice: int = 0
    early: int = 0
    lapsed: int = 0
    heard_too_late: int = 0
    unwarned: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{sum(self.limits.values())} limits ({', '.join(f'{k} {n}' for k, n in sorted(self.limits.items()))}), "
            f"{len(self.wrong)} judged wrongly, {self.fired} stages fired, {self.twice} twice, {self.early} early, "
            f"{self.lapsed} lapsed, {len(self.unwarned)} of them unwarned, {self.heard_too_late} heard of after their end"
        )


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where the system has such a place: a year is a few hundred thousand commits."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="homeward-year-", dir=memory if memory.is_dir() else None) as path:
        yield Path(path)


@pytest.fixture
async def workers(gateway: Gateway, profile: str, clock: MovableClock) -> AsyncIterator[list[Gateway]]:
    """Two gateways on one PostgreSQL; on SQLite, whose file belongs to one process, two workers of the one gateway."""
    async with AsyncExitStack() as stack:
        other = gateway
        if profile == "postgresql":
            other = await stack.enter_async_context(open_gateway(gateway.settings, clock=clock))
        yield [gateway, other]


@pytest.fixture(autouse=True)
def the_last_look_finds_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked(*_: Any) -> TrackingReport:
        return TrackingReport()

    monkeypatch.setattr(tracking, "look_now", looked)


async def test_a_small_year(workers: list[Gateway], clock: MovableClock) -> None:
    await simulate(workers, clock, 24, HOUR)


@pytest.mark.soak
async def test_a_whole_year(workers: list[Gateway], clock: MovableClock) -> None:
    await simulate(workers, clock, int(os.environ.get("YEAR_RETURNS", "10000")), HOUR)


async def simulate(workers: list[Gateway], clock: MovableClock, count: int, grain: timedelta) -> None:
    began = time.perf_counter()
    year = Year(workers, clock, [tell(number, 2026, grain) for number in range(count)])
    await year.run(grain)
    found = await compare(year)
    took = time.perf_counter() - began
    print(f"\n{count} returns: {found}; {year.jobs} jobs offered to {len(workers)} workers, {took:.1f} s")
    assert not found.wrong, "\n".join(found.wrong[:20])
    assert not found.unwarned, "\n".join(found.unwarned[:20])
    assert (found.twice, found.early) == (0, 0)
    assert sum(sample.value for sample in samples(workers) if sample.labels["outcome"] == "bug") == 0


def samples(workers: list[Gateway]) -> list[Any]:
    gateways = {id(gw): gw for gw in workers}.values()
    return [
        s for gw in gateways for metric in gw.metrics.jobs.collect() for s in metric.samples if "outcome" in s.labels
    ]


async def compare(year: Year) -> Found:
    """Every limit beside what the naive recomputation says, and every stage that the audit says fired."""
    found = Found()
    async with year.gw.store.front_desk() as connection:
        rows = (await connection.execute(select(tables.deadlines))).all()
        audit = tables.audit.c
        told = await connection.execute(
            select(audit.subject_id, audit.action, audit.at, audit.after).where(audit.action.startswith(FIRED))
        )
        fired: dict[str, list[Any]] = {}
        for entry in told:
            fired.setdefault(entry.subject_id, []).append(entry)
    of_return: dict[str, dict[tuple[str, str], Any]] = {}
    for row in rows:
        of_return.setdefault(row.return_id, {})[row.clock, row.about] = row
        _stages(found, row, fired.get(row.id, []))
    for story in year.stories:
        _judge(found, f"return {story.number}", of_return.get(year.return_id(story), {}), expected(story))
    return found


def _judge(found: Found, name: str, rows: dict[tuple[str, str], Any], wanted: dict[tuple[str, str], Expected]) -> None:
    for key in rows.keys() ^ wanted.keys():
        found.wrong.append(f"{name}: {key} is {'missing' if key in wanted else 'too many'}")
    for key in rows.keys() & wanted.keys():
        row, should = rows[key], wanted[key]
        found.limits[" ".join(filter(None, key))] += 1
        ends = row.settled_at if row.state == "met" else None
        same_end = should.due is None or row.due_by == should.due
        if row.state != should.state or not same_end or ends != should.ended:
            found.wrong.append(f"{name}: {key} is {row.state} {row.due_by} {ends}, should be {should}")


def _stages(found: Found, row: Any, entries: list[Any]) -> None:
    """Each stage of each window once, none before its time, and a warning before the end wherever there was time for one."""
    found.fired += len(entries)
    seen = Counter((entry.action, entry.after["at"]) for entry in entries)
    found.twice += sum(count - 1 for count in seen.values())
    found.early += sum(entry.at < datetime.fromisoformat(entry.after["at"]) for entry in entries)
    lapsed = [one for one in entries if one.action == f"{FIRED}due" and one.after["at"] == row.due_by.isoformat()]
    if not lapsed:
        return
    found.lapsed += 1
    known_since = datetime.fromisoformat(row.history[-1]["at"]) if row.history else row.created_at
    if known_since >= row.due_by:
        found.heard_too_late += 1
    elif not any(one.action.startswith(f"{FIRED}warn") and one.at < row.due_by for one in entries):
        found.unwarned.append(f"{row.id} {row.clock} {row.about} lapsed at {row.due_by} without a warning")
