"""GET /v1/ledger and `homeward ledger`: the books read back say what the database says, with exact types."""

import asyncio
import csv
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from gateway.cli_ledger import ledger
from gateway.journeys import exporting
from tests.house.billing import AGREED, bill, book, freight, take_in
from tests.web.doors import ON_BOTH, House

TYPES = {"place": pl.Int64, "minor": pl.Int64, "decimals": pl.Int64, "posted_at": pl.Datetime("us", "UTC")}


@pytest.fixture
async def billed(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Bills in three currencies on two days, read in pages of two and written in parts of four."""
    monkeypatch.setattr(exporting, "PAGE", 2)
    monkeypatch.setattr(exporting, "PART", 2)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await book(tx, "SBX1", AGREED)
    await take_in(house.gw, house.mine.exporter_id, bill("B1", [freight("SBX1"), freight("SBX9", "3.00")]))
    await take_in(house.gw, house.mine.exporter_id, bill("B2", [freight("SBX1", "5")], currency="JPY"))
    house.clock.forward(timedelta(days=1))
    await take_in(house.gw, house.mine.exporter_id, bill("B3", [freight("SBX8", "9.001")], currency="BHD"))
    return house


async def parquet(house: House, query: str = "") -> pl.DataFrame:
    answer = await house.mine.ask("GET", f"/v1/ledger?as=parquet{query}")
    assert (answer.status, answer.content_type) == (200, "application/vnd.apache.parquet")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ledger.parquet"'
    return pl.read_parquet(await answer.read())


@ON_BOTH
async def test_what_is_read_back_is_what_was_posted(billed: House) -> None:
    table = await parquet(billed)
    async with billed.gw.store.reading(billed.mine.exporter_id) as tx:
        rows = await tx.ledger.those("id")
    assert len(rows) == 5  # a part of four, and a part of what is left
    digits = {"EUR": 2, "JPY": 0, "BHD": 3}
    named = [name for name in exporting.COLUMNS if name != "decimals"]
    assert table.rows() == [(*(getattr(row, name) for name in named), digits[row.currency]) for row in rows]
    assert dict(table.schema) == {name: TYPES.get(name, pl.String) for name in exporting.COLUMNS}
    assert set(table["currency"]) == set(digits)


async def test_each_account_comes_to_the_same_in_the_file_and_in_the_statement(billed: House) -> None:
    table = await parquet(billed)
    paid = table.filter(pl.col("credit") == "carrier_payable").group_by("currency").agg(pl.col("minor").sum())
    statement = await billed.mine.get("/v1/statements/2026-03")
    owed = {one["billed"]["currency"]: one["billed"]["amount"].replace(".", "") for one in statement["totals"]}
    assert {currency: str(minor) for currency, minor in paid.rows()} == {
        currency: amount.lstrip("0") for currency, amount in owed.items()
    }
    assert statement["holds"] is True


async def test_csv_says_the_same(billed: House) -> None:
    answer = await billed.mine.ask("GET", "/v1/ledger")
    assert answer.content_type == "text/csv"
    header, *rows = csv.reader(io.StringIO(await answer.text()))
    assert header == list(exporting.COLUMNS)
    table = await parquet(billed)
    said: list[list[Any]] = [[str(value) if value is not None else "" for value in row] for row in table.rows()]
    assert [[value.replace("T", " ") if value[10:11] == "T" else value for value in row] for row in rows] == said


@ON_BOTH
async def test_from_a_day_on_and_before_another(billed: House) -> None:
    first, second = [datetime(2026, 3, day, tzinfo=UTC) for day in (2, 3)]
    early, late = await parquet(billed, "&before=2026-03-03"), await parquet(billed, "&from=2026-03-03")
    assert first < early["posted_at"].max() < second < late["posted_at"].min()  # type: ignore[operator]
    assert pl.concat([early, late]).equals(await parquet(billed))
    nothing = await parquet(billed, "&from=2026-04-01")
    assert (nothing.height, nothing.schema) == (0, early.schema)
    wrong = await billed.mine.get("/v1/ledger?from=2026-02-30", 400)
    assert wrong["errors"][0]["pointer"] == "from"


async def test_each_exporter_sees_his_own(billed: House) -> None:
    answer = await billed.theirs.ask("GET", "/v1/ledger")
    assert (await answer.text()).splitlines() == [",".join(exporting.COLUMNS)]


async def test_without_the_extra_parquet_is_refused_and_csv_is_not(
    billed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    told = await billed.mine.get("/v1/ledger?as=parquet", 422)
    assert "homeward[bulk]" in told["errors"][0]["detail"]
    assert (await billed.mine.ask("GET", "/v1/ledger?as=csv")).status == 200


@ON_BOTH
async def test_the_command_writes_the_same_file(billed: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = await parquet(billed, "&before=2026-03-03")
    app = typer.Typer()
    app.command()(ledger)
    settings = billed.gw.settings
    env = {"HOMEWARD_DATA": str(settings.data), "HOMEWARD_DB": settings.db, "HOMEWARD_KEY_FILE": str(settings.keys)}
    file = tmp_path / "books.parquet"
    said = [str(file), "--before", "2026-03-03", "--exporter", billed.mine.exporter_id]
    told = await asyncio.to_thread(CliRunner().invoke, app, [*said, "--json"], env=env)
    assert (told.exit_code, told.stdout) == (0, f'{{"file": "{file}", "rows": {expected.height}}}\n')
    assert pl.read_parquet(file).equals(expected)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".books")) == []
    assert isinstance(CliRunner().invoke(app, said, env=env).exception, FileExistsError)
    assert CliRunner().invoke(app, ["books.txt"], env=env).exit_code == 2
