"""A day's bill of 20,000 lines against a million bookings in the embedded store: parse, keep, judge, committed ledger.

`--rows`, `--lines`, `--runs`; `--data FOLDER` keeps what was filled for the next time. Meanwhile a beat every 10 ms on the
same loop says how long anything else would have waited: the API answers on that loop.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import structlog

from adapters import registry
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.journeys import importing, reconciliation
from gateway.running import run
from gateway.sandbox.papers import build_bill
from gateway.store.types import EPOCH, MICROSECOND
from gateway.store.work import Job
from schemas.returns import ReturnAuthorization, ReturnStatus
from tests.bench import load, world
from tests.sandbox.bench import request

BEAT = 0.01


def fill(path: Path, exporter: str, account: str, rows: int) -> None:
    """So many bookings, each a return with its waybill and what was agreed."""
    connection = sqlite3.connect(path, isolation_level=None)
    (source,), (channel,) = (connection.execute(f"SELECT id FROM {one}").fetchone() for one in ("sources", "channels"))
    for pragma in ("synchronous = OFF", "cache_size = -500000", "temp_store = MEMORY", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    now = (datetime.now(UTC) - EPOCH) // MICROSECOND
    asked = request("HW-SOME-REFERENCE").model_dump_json().replace("'", "''")
    allowed = ReturnAuthorization(rma_id="R1", status=ReturnStatus.APPROVED).model_dump_json()
    pad, booked = "printf('%026d', i)", {"created_at": now}
    ids = {"return_id": f"'ret_' || {pad}", "shipment_id": f"'shp_' || {pad}"}
    accrual = {**ids, "currency": "'EUR'", "basis": "'booking'", **booked}
    made: list[tuple[str, dict[str, Any]]] = [
        (
            "returns",
            {
                "id": ids["return_id"],
                "source_id": f"'{source}'",
                "rma_id": "'R' || i",
                "status": "'in_transit'",
                '"authorization"': f"'{allowed}'",
                "updated_at": now,
                **booked,
            },
        ),
        (
            "shipments",
            {
                "id": ids["shipment_id"],
                "return_id": ids["return_id"],
                "account_id": f"'{account}'",
                "channel_id": f"'{channel}'",
                "carrier": "'sandbox_rest'",
                "state": "'booked'",
                "status": "'in_transit'",
                "request": f"'{asked}'",
                "waybill": "'SBX' || i",
                **booked,
            },
        ),
        ("numbers", {"canonical": "'SBX' || i", "return_id": ids["return_id"], "kind": "'waybill'"}),
        ("accruals", {"id": f"'acf_' || {pad}", "type": "'FREIGHT'", "minor": "1000 + i % 900", **accrual}),
        ("accruals", {"id": f"'acu_' || {pad}", "type": "'FUEL'", "minor": "150 + i % 90", **accrual}),
    ]
    connection.execute("BEGIN")
    for table, values in made:
        given = {"exporter_id": f"'{exporter}'", **values}
        every = f"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {rows})"
        what = ", ".join(map(str, given.values()))
        connection.execute(f"INSERT INTO {table} ({', '.join(given)}) {every} SELECT {what} FROM s")
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def days_bill(number: int, lines: int, rows: int) -> bytes:
    """Freight and fuel of bookings that no other bill of this run names; every twentieth line is wrong."""
    chance = random.Random(number)
    billed = []
    for place in range(lines // 2):
        i = (number * lines // 2 + place) % rows + 1
        wrong = chance.random() < 0.1
        freight, fuel = 1000 + i % 900 + (400 if wrong else 0), 150 + i % 90
        for code, minor in (("FRT", freight), ("FSC", fuel)):
            billed.append({"waybill": f"SBX{i}", "code": code, "text": "", "amount": f"{minor / 100:.2f}"})
    issued_on = date(2026, 3, 20).isoformat()  # eighteen days after what `request` ships on: in time
    head = {"invoice": f"DAY{number}-{time.time_ns()}", "account": "linden", "currency": "EUR", "issued_on": issued_on}
    return build_bill(head, billed)


@asynccontextmanager
async def beats() -> AsyncIterator[list[float]]:
    """How late each beat of the loop came, in ms."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            wanted = time.perf_counter() + BEAT
            await asyncio.sleep(BEAT)
            late.append((time.perf_counter() - wanted) * 1000)

    beating = asyncio.create_task(beat())
    try:
        yield late
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def one_day(gw: Gateway, exporter: str, document: bytes) -> dict[str, Any]:
    async with beats() as late:
        started, worked = time.perf_counter(), time.process_time()
        made = await importing.import_document(gw, exporter, document, actor="bench")
        kept = time.perf_counter()
        for invoice_id in made.invoice_ids:
            await reconciliation.reconcile_invoice(gw, Job("reconcile", invoice_id, exporter))
        done = time.perf_counter()
    return {
        "seconds": round(done - started, 3),
        "import": round(kept - started, 3),
        "judge_and_post": round(done - kept, 3),
        "cpu": round(time.process_time() - worked, 3),
        "loop_late_ms_p99": round(statistics.quantiles(late, n=100)[98], 1),
        "loop_late_ms_most": round(max(late), 1),
    }


async def measure(data: Path, rows: int, lines: int, runs: int) -> list[dict[str, Any]]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    registry.carriers()  # a worker has long known them
    kept = data / "daily.json"
    if not kept.exists():
        there = await world.settle_in(data, "http://127.0.0.1:9")
        async with open_gateway(Settings(data=data)) as gw, gw.store.transaction(there.exporter) as tx:
            (account,) = await tx.all(tx.accounts.mine())
        await asyncio.to_thread(fill, Settings(data=data).database_path, there.exporter, account.id, rows)
        kept.write_text(json.dumps({"exporter": there.exporter, "bills": 0}))
    told: dict[str, Any] = json.loads(kept.read_text())
    measured = []
    async with open_gateway(Settings(data=data)) as gw:
        for _ in range(runs):
            measured.append(await one_day(gw, told["exporter"], days_bill(told["bills"], lines, rows)))
            print(json.dumps(measured[-1]), flush=True)
            told["bills"] += 1
            kept.write_text(json.dumps(told))
    return measured


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() if asked.data is None else nullcontext(asked.data) as name:
        Path(name).mkdir(exist_ok=True)
        measured = run(measure(Path(name), asked.rows, asked.lines, asked.runs))
    median = {key: statistics.median(one[key] for one in measured) for key in measured[0]}
    print(json.dumps({"median": median, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
