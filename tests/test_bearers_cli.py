"""`homeward bearers`: what counts is said, a file is kept as the next version, and what is wrong in it is named."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli_bearers import bearers
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import settling_in

app = typer.Typer()
app.command("bearers")(bearers)
RULES = "valid_from: 2026-03-01\nrules:\n  - {bearer: platform, charges: [FUEL]}\n  - {by: terms}\n"


@pytest.fixture
async def data(tmp_path: Path, sqlite_template: Path) -> Path:
    shutil.copyfile(sqlite_template, tmp_path / "homeward.db")
    async with open_gateway(Settings(data=tmp_path)) as gw:
        await settling_in.add_exporter(gw, "Linden")
    return tmp_path


def run(data: Path, content: str | None = None, *argv: str) -> tuple[int, str]:
    if content is not None:
        (data / "rules.yaml").write_text(content)
        argv = (str(data / "rules.yaml"), *argv)
    result = CliRunner().invoke(app, list(argv), env={"HOMEWARD_DATA": str(data)})
    return result.exit_code, result.stdout


def test_rules_are_kept_as_versions_and_said(data: Path) -> None:
    assert run(data) == (0, "no rules\n  exporter: everything else\n")
    status, said = run(data, RULES)
    assert (status, said.splitlines()[0]) == (0, "version 1, bills from 2026-03-01")
    assert "  platform: FUEL\n  as the terms say: everything\n" in said
    told: Any = json.loads(run(data, RULES, "--json")[1])
    assert (told["version"], told["valid_from"]) == (1, "2026-03-01")
    assert json.loads(run(data, RULES.replace("platform", "carrier"), "--json")[1])["version"] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (RULES.replace("platform", "nobody"), "rules.0.bearer: "),
        (RULES.replace("by: terms", "note: x"), "rules.1: a rule names its bearer"),
        ("rules: [", "this is not YAML"),
        (RULES + "  - {bearer: carrier, channels: [chn_00000000000000000000000000]}\n", "no such channel"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_kept(data: Path, content: str, said: str) -> None:
    status, told = run(data, content)
    assert status == 1
    assert told.startswith(said)
    assert run(data)[1].startswith("no rules")
