"""Finding what is due among a million running limits, beside among ten thousand, on both stores.

Measured is the sweep's own statement, as the workers say it (`store.due`), when nothing is due, and when a page of rows is,
in turns: a look takes so little that the machine's weather would decide otherwise. Also told is the plan that each database
makes of it. Run: `python -m tests.bench.deadlines`, with `--rows` for the large one.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, text

from gateway.config import Settings
from gateway.core import Gateway
from gateway.journeys import settling_in
from gateway.rules import deadlines
from gateway.running import ready_gateway
from gateway.store import tables
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit
from schemas.returns import ReturnAuthorization, ReturnStatus
from tests.bench.load import load_of_machine
from tests.house import servers
from tests.house.clock import MONDAY_NOON, MovableClock

SMALL, PAGE, ASKED, PIECE = 10_000, 500, 200, 50_000
POLICY = DeadlinePolicy(clock=Clock.ACCEPTANCE, amount=5, unit=LimitUnit.BUSINESS_DAYS, calendar="CN")


MOMENTS = {"nothing due": timedelta(0), "a page due": timedelta(hours=1, minutes=1)}
MICROSECONDS = 1_000_000
SERIES = "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {last})"


@dataclass(frozen=True)
class Filled:
    """One open database, and its time."""

    gw: Gateway
    clock: MovableClock


class Looked(NamedTuple):
    """Microseconds of one look, and how many rows it found."""

    us: float
    found: int


def first_of(exporter: str, clock: MovableClock) -> dict[str, Any]:
    """The limit of one return, due in an hour."""
    ahead = clock() + timedelta(hours=1)
    return {
        "id": f"ddl_{0:026d}",
        "exporter_id": exporter,
        "return_id": "ret_bench",
        "clock": "acceptance",
        "subject_id": f"ret_{0:026d}",
        "about": "",
        "state": "running",
        "terms": deadlines.start(POLICY, clock(), "Asia/Shanghai"),
        "due_by": ahead,
        "fired": [],
        "history": [],
        "created_at": clock(),
        "due_at": ahead,
    }


def another(first: int, last: int) -> str:
    """The first limit again and again, as both databases do it themselves: a page is due with it, and the next stage of every
    other is two hours to a hundred days ahead. A million rows by a driver took minutes."""
    hour = 3_600 * MICROSECONDS
    due = f"t.due_at + CASE WHEN i < {PAGE} THEN 0 ELSE {hour} + CAST(i AS BIGINT) * {8 * MICROSECONDS} END"
    number = "'0000000000000000' || CAST(1000000000 + i AS TEXT)"
    changed = {"id": f"'ddl_' || {number}", "subject_id": f"'ret_' || {number}", "due_by": due, "due_at": due}
    names = [column.name for column in tables.deadlines.columns]
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    series = SERIES.format(first=first, last=last)
    wanted = f"SELECT {values} FROM n, deadlines t WHERE t.id = 'ddl_{0:026d}'"
    return f"{series} INSERT INTO deadlines ({', '.join(names)}) {wanted}"


async def fill(gw: Gateway, clock: MovableClock, exporter: str, rows: int) -> None:
    """In pieces that stay below the time that one statement may take."""
    async with gw.store.transaction(exporter) as tx:
        await tx.run(insert(tables.deadlines), [first_of(exporter, clock)])
    for start in range(1, rows, PIECE):
        async with gw.store.transaction(exporter) as tx:
            await tx.run(text(another(start, min(start + PIECE, rows))))
    async with gw.store.transaction(exporter) as tx:
        await tx.run(text("ANALYZE deadlines"))


async def settle_in(gw: Gateway) -> str:
    exporter = await settling_in.add_exporter(gw, "Bench")
    async with gw.store.transaction(exporter) as tx:
        source = await tx.sources.of_platform("manual")
        await tx.run(
            insert(tables.returns).values(
                id="ret_bench",
                exporter_id=exporter,
                source_id=source.id if source else "",
                rma_id="R1",
                status="delivered",
                authorization=ReturnAuthorization(rma_id="R1", status=ReturnStatus.APPROVED),
                created_at=tx.now,
                updated_at=tx.now,
            )
        )
    return exporter


async def measured(one: Filled, ahead: timedelta) -> Looked:
    """The median of many looks, at an instant so far ahead."""
    one.clock.stand(MONDAY_NOON + ahead)
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        found = await one.gw.store.due("judge")
        times.append(time.perf_counter() - began)
    return Looked(round(statistics.median(times) * 1e6, 1), len(found))


async def plan_of(gw: Gateway) -> str:
    """How the database finds them; PostgreSQL says too how many pages it touched, which no other load changes."""
    async with gw.store.front_desk() as connection:
        word = "EXPLAIN QUERY PLAN" if gw.store.database.is_sqlite else "EXPLAIN (ANALYZE, BUFFERS)"
        due = "due_at IS NOT NULL AND due_at <= 1 ORDER BY due_at LIMIT 500"
        statement = f"SELECT id, exporter_id, turn FROM deadlines WHERE {due}"
        said = (await connection.execute(text(f"{word} {statement}"))).all()
    return " / ".join(str(row[-1]).strip() for row in said)


@asynccontextmanager
async def filled(settings: Settings, rows: int) -> AsyncIterator[Filled]:
    clock = MovableClock()
    clock.stand(MONDAY_NOON)
    async with ready_gateway(settings) as gw:
        gw.store.clock = clock
        await fill(gw, clock, await settle_in(gw), rows)
        yield Filled(gw, clock)


async def one_store(name: str, small: Settings, large: Settings, rows: int, runs: int) -> None:
    async with filled(small, SMALL) as few, filled(large, rows) as many:
        for what, ahead in MOMENTS.items():
            looks: dict[int, list[Looked]] = {SMALL: [], rows: []}
            for _ in range(runs + 1):
                looks[SMALL].append(await measured(few, ahead))
                looks[rows].append(await measured(many, ahead))
            us = {count: statistics.median(one.us for one in taken[1:]) for count, taken in looks.items()}
            found = looks[rows][0].found
            told = {"store": name, "what": what, "found": found, "ratio": round(us[rows] / us[SMALL], 2)}
            print(json.dumps({**told, "us": us, "machine": load_of_machine()}), flush=True)
        print(json.dumps({"store": name, "rows": rows, "plan": await plan_of(many.gw)}), flush=True)


async def main(rows: int, runs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        small, large = (Settings(data=Path(folder) / size) for size in ("small", "large"))
        await one_store("sqlite", small, large, rows, runs)
        with servers.postgres() as server:
            async with server.database() as few, server.database() as many:
                on = (small.model_copy(update={"db": few}), large.model_copy(update={"db": many}))
                await one_store("postgresql", *on, rows, runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    asyncio.run(main(asked.rows, asked.runs))
