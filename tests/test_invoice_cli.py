"""`homeward invoice import`: what is answered, what is written, and how it ends."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli_invoice import invoice_app
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import settling_in
from tests.house.billing import AGREED, bill, book, freight

app = typer.Typer()
app.add_typer(invoice_app, name="invoice")


@pytest.fixture
async def data(tmp_path: Path, sqlite_template: Path) -> Path:
    """A folder with an exporter who has one booking."""
    shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
    async with open_gateway(Settings(data=tmp_path)) as gw:
        exporter = await settling_in.add_exporter(gw, "Linden")
        async with gw.store.transaction(exporter) as tx:
            await book(tx, "SBX1", AGREED)
    return tmp_path


def run(data: Path, *argv: str | Path) -> tuple[int, Any]:
    env = {"HOMEWARD_DATA": str(data), "COLUMNS": "200"}
    result = CliRunner().invoke(app, ["invoice", "import", "--json", *map(str, argv)], env=env)
    return result.exit_code, json.loads(result.stdout)["files"] if result.stdout else None


def put(data: Path, name: str, content: bytes) -> Path:
    path = data / name
    path.write_bytes(content)
    return path


def test_a_bill_is_imported_judged_and_told(data: Path) -> None:
    file = put(data, "march.csv", bill("B1", [freight("SBX1"), freight("SBX9", "4.00")]))
    status, (told,) = run(data, file)
    assert status == 0
    assert (told["format"], told["again"], told["problems"]) == ("sandbox_csv", False, [])
    assert [(one["number"], one["findings"]) for one in told["invoices"]] == [("B1", {"matched": 1, "unmatched": 1})]
    status, (again,) = run(data, file)
    assert (status, again["again"], again["invoices"]) == (0, True, told["invoices"])


def test_a_dry_run_says_what_would_be_found_and_writes_nothing(data: Path) -> None:
    file = put(data, "march.csv", bill("B1", [freight("SBX1", "20.00")]))
    status, (told,) = run(data, "--dry-run", file)
    (one,) = told["invoices"]
    assert (status, one["findings"], one["total"]["amount"]) == (0, {"rate_over": 1}, "20.00")
    assert run(data, file)[1][0]["again"] is False


def test_what_nobody_can_read_ends_with_three_and_what_is_held_with_one(data: Path) -> None:
    status, (told,) = run(data, put(data, "x.bin", b"\x00\x01nothing of ours"))
    assert (status, told["error"]["class"]) == (3, "Refused")
    wrong = bill("B2", [freight("SBX1")]).replace(b"10.00", b"10.01", 1)
    status, (told,) = run(data, put(data, "wrong.csv", wrong))
    assert (status, told["invoices"][0]["state"], told["invoices"][0]["findings"]) == (
        1,
        "quarantined",
        {"sum_error": 1},
    )


def test_progress_goes_to_the_other_stream(data: Path) -> None:
    file = put(data, "march.csv", bill("B1", [freight("SBX1")]))
    env = {"HOMEWARD_DATA": str(data), "COLUMNS": "200"}
    result = CliRunner().invoke(app, ["invoice", "import", str(file)], env=env)
    assert result.exit_code == 0
    assert "B1 reconciled: 1 matched" in result.stdout


def test_an_unknown_charge_is_decided_once(data: Path) -> None:
    rows = [freight("SBX1"), freight("SBX1", "1.50", "ZZ9")]
    assert run(data, put(data, "a.csv", bill("B1", rows)))[1][0]["invoices"][0]["findings"]["unknown_charge"] == 1
    env = {"HOMEWARD_DATA": str(data)}
    wanted = ["invoice", "decide", "sandbox", "ZZ9", "FUEL", "--from", "2026-01-01", "--reason", "their letter"]
    result = CliRunner().invoke(app, wanted, env=env)
    assert result.exit_code == 0, result.output
    assert result.stdout == "sandbox ZZ9: FUEL, version 1; 1 bill judged again\n"
    assert run(data, put(data, "a.csv", bill("B1", rows)))[1][0]["invoices"][0]["findings"] == {"matched": 2}
    dry = put(data, "b.csv", bill("B2", [freight("SBX1", "1.40", "ZZ9")]))
    assert "unknown_charge" not in run(data, "--dry-run", dry)[1][0]["invoices"][0]["findings"]
    assert CliRunner().invoke(app, [*wanted[:4], "UNKNOWN"], env=env).exit_code == 2


def test_where_nobody_is_settled_in_it_says_how_to(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
    file = put(tmp_path, "march.csv", bill("B1", [freight("SBX1")]))
    result = CliRunner().invoke(app, ["invoice", "import", str(file)], env={"HOMEWARD_DATA": str(tmp_path)})
    assert result.exit_code != 0
    assert "start `homeward serve` once" in result.output + str(result.exception)
