"""`homeward tariff`: a file is tried without a database, kept as a version, and wrong by row and column."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli_tariff import tariff_app
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import settling_in
from tests.house.tariffs import TARIFF

app = typer.Typer()
app.add_typer(tariff_app, name="tariff")
SHIPMENT = ("--service", "RETURN", "--from", "FR 20137", "--to", "CN", "--kg", "1.2", "--on", "2026-03-09")


@pytest.fixture
async def data(tmp_path: Path, sqlite_template: Path) -> Path:
    """A folder with an exporter who has one account, and a tariff's file."""
    shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
    async with open_gateway(Settings(data=tmp_path)) as gw:
        exporter = await settling_in.add_exporter(gw, "Linden")
        async with gw.store.transaction(exporter) as tx:
            credentials = {"client_id": "c", "client_secret": "s"}
            await settling_in.add_account(gw, tx, "sandbox_rest", "linden", credentials, number="ACC-1")
    (tmp_path / "tariff.yaml").write_bytes(TARIFF)
    return tmp_path


def run(data: Path, *argv: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["tariff", *argv], env={"HOMEWARD_DATA": str(data), "COLUMNS": "200"})
    return result.exit_code, result.stdout


def told(data: Path, *argv: str) -> Any:
    status, said = run(data, *argv, "--json")
    assert status == 0, said
    return json.loads(said)


def test_a_shipment_is_tried_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "tariff.yaml"
    file.write_bytes(TARIFF)
    status, said = run(tmp_path, "try", str(file), *SHIPMENT, "--value", "120 EUR")
    assert status == 0
    assert [line.split()[:3] for line in said.splitlines()] == [
        ["FREIGHT", "14.00", "EUR"],
        ["REMOTE_AREA", "12.00", "EUR"],
        ["INSURANCE", "0.90", "EUR"],
        ["FUEL", "3.90", "EUR"],
        ["total", "30.80", "EUR"],
    ]
    assert told(tmp_path, "try", str(file), *SHIPMENT)["total"] == {"amount": "29.90", "currency": "EUR"}
    assert run(tmp_path, "try", str(file), *SHIPMENT, "--value", "120 USD")[1].endswith(
        "no price: cover is priced in EUR, the value is in USD\n"
    )
    assert run(tmp_path, "try", str(file), *SHIPMENT, "--service", "AIR") == (
        1,
        "no price: no lane for AIR from FR to CN\n",
    )
    assert run(tmp_path, "try", str(file), *SHIPMENT, "--from", "XX")[0] == 2


def test_a_file_is_kept_once_and_listed(data: Path) -> None:
    file = str(data / "tariff.yaml")
    first = told(data, "add", file, "--account", "ACC-1")
    assert (first["version"], first["account"], first["valid_until"]) == (1, "linden", "2026-12-31")
    assert told(data, "add", file, "--account", "linden") == first
    assert told(data, "list")["tariffs"] == [first]
    assert "version 1  2026-01-01 to 2026-12-31" in run(data, "list")[1]
    status, _ = run(data, "add", file, "--account", "somebody")
    assert status == 1


def test_what_is_wrong_is_told_by_row_and_column(data: Path) -> None:
    file = data / "tariff.yaml"
    file.write_bytes(TARIFF.replace(b"percent: 15", b"percent: lots").replace(b"free_days: 3", b"free_days: x"))
    for argv in (("try", str(file), *SHIPMENT), ("add", str(file), "--account", "linden")):
        status, said = run(data, *argv)
        assert status == 1
        assert [line.partition(":")[0] for line in said.splitlines()] == ["row 12, column 36", "row 16, column 22"]
    assert told(data, "list")["tariffs"] == []
