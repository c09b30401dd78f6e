"""A process that imports a large bill is killed, again and again, wherever it is: nothing is lost, nothing doubled."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.journeys import settling_in
from gateway.store import checks, tables
from tests.house.billing import AGREED, bill, book, freight

ROOT = Path(__file__).parents[2]
BOOKED = 20


@pytest.fixture
async def data(tmp_path: Path, sqlite_template: Path) -> Path:
    shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
    async with open_gateway(Settings(data=tmp_path)) as gw:
        exporter = await settling_in.add_exporter(gw, "Linden")
        async with gw.store.transaction(exporter) as tx:
            for n in range(BOOKED):
                await book(tx, f"SBX{n}", AGREED)
    return tmp_path


def importing(data: Path, file: Path, **env: str) -> "subprocess.Popen[bytes]":
    told: Mapping[str, str] = {**os.environ, "HOMEWARD_DATA": str(data), **env}
    argv = [sys.executable, "-m", "gateway", "invoice", "import", "--json", str(file)]
    return subprocess.Popen(argv, env=told, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write(data: Path, lines: int) -> Path:
    """What was booked, billed right, and very many lines of nobody's."""
    rows = [freight(f"SBX{n}") for n in range(BOOKED)] + [freight(f"X{n}", "1.00") for n in range(lines - BOOKED)]
    file = data / "large.csv"
    file.write_bytes(bill("LARGE", rows))
    return file


async def stands_whole(data: Path, lines: int) -> None:
    """Every line in one state that is an end, posted once; the ledger comes to the bill, and every invariant holds."""
    async with open_gateway(Settings(data=data)) as gw:
        found = await _read(gw)
        (invoice,) = found["invoices"]
        assert (invoice.state, len(found["lines"])) == ("reconciled", lines)
        assert Counter(line.state for line in found["lines"]) == {"matched": BOOKED, "held": lines - BOOKED}
        owed = [row for row in found["ledger"] if "carrier_payable" in (row.debit, row.credit)]
        assert Counter(row.posting_key for row in owed) == {f"line:{line.id}": 1 for line in found["lines"]}
        assert sum(row.minor if row.credit == "carrier_payable" else -row.minor for row in owed) == invoice.total_minor
        async with gw.store.front_desk() as connection:
            assert not any((await checks.check(connection, lambda *_: "approved")).values())


async def _read(gw: Gateway) -> dict[str, list[Any]]:
    async with gw.store.front_desk() as connection:
        kept = (tables.invoices, tables.invoice_lines, tables.ledger)
        invoices, lines, ledger = [list((await connection.execute(select(table))).all()) for table in kept]
    return {"invoices": invoices, "lines": lines, "ledger": ledger}


async def test_killed_while_it_keeps_the_lines_and_while_it_posts_them(data: Path) -> None:
    file = write(data, 1_200)
    for place in ("invoice.mid:2", "invoice.before_commit"):
        assert importing(data, file, HOMEWARD_CRASH=place).wait(120) == -signal.SIGKILL
    assert importing(data, file).wait(120) == 0
    await stands_whole(data, 1_200)


@pytest.mark.soak
async def test_killed_anywhere_in_fifty_thousand_lines(data: Path) -> None:
    file, chance, killed = write(data, 50_000), random.Random(1), 0
    for most in (4, 8, 12, 16, 20, 24, 28, 32, 40, 50):
        running = importing(data, file)
        try:
            running.wait(chance.uniform(1, most))
        except subprocess.TimeoutExpired:
            running.kill()
            killed += running.wait() == -signal.SIGKILL
    assert killed >= 3
    for _ in range(2):
        assert importing(data, file).wait(600) == 0
    await stands_whole(data, 50_000)
