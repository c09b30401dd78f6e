"""One return all the way home, through the doors: the story of `homeward demo` on both stores, and cut off anywhere."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Settings

ROOT = Path(__file__).resolve().parents[2]
TOLD = {
    "return.approved",
    "booking.confirmed",
    "label.ready",
    "tracking.status_changed",
    "deadline.started",
    "deadline.reminder",
    "deadline.met",
    "acceptance.recorded",
    "invoice.matched",
}


def _environment(settings: Settings) -> dict[str, str]:
    told = {"HOMEWARD_DB": settings.db, "HOMEWARD_REDIS": settings.redis}
    return {**os.environ, **{name: value for name, value in told.items() if value}}


def _demo(settings: Settings, data: Path, *more: str, timeout: float = 150) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "demo", "--json", "--data", str(data), *more]
    return subprocess.run(
        command, cwd=ROOT, env=_environment(settings), capture_output=True, text=True, timeout=timeout, check=False
    )


def _check(settings: Settings, data: Path) -> subprocess.CompletedProcess[str]:
    env = {**_environment(settings), "HOMEWARD_DATA": str(data)}
    command = [sys.executable, "-m", "gateway", "check", "--json"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def _require_home(run: dict[str, Any]) -> None:
    assert run["ok"], run["proof"]
    assert run["return"]["status"] == "accepted"
    assert run["waybill"]
    assert run["label"]["size"] > 100
    assert [event["status"] for event in run["tracking"]][-1] == "delivered"
    assert run["acceptance"]["deadline"]["state"] == "met"
    assert run["acceptance"]["deadline"]["due_at"] > run["acceptance"]["deadline"]["start_at"]
    assert run["acceptance"]["record"]["evidence"][0]["sha256"]
    assert {charge["finding"] for charge in run["charges"]} == {"matched"}
    assert {"FREIGHT", "INSURANCE"} <= {charge["type"] for charge in run["charges"]}
    assert set(run["ledger"].values()) == {0}
    assert run["pickup"]["confirmation"]
    assert set(run["notices"]["told"]) >= TOLD
    assert run["notices"]["waiting"] == run["notices"]["dead"] == 0


def test_one_return_all_the_way_home_over_rest_and_over_soap(settings: Settings, tmp_path: Path) -> None:
    """On PostgreSQL this is one web and two work processes over a real Valkey."""
    data = tmp_path / "demo"
    ended = _demo(settings, data)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert '"event": "request"' not in ended.stderr  # what it tells is not drowned in its log
    document = json.loads(ended.stdout)
    assert [run["carrier"] for run in document["runs"]] == ["sandbox_rest", "sandbox_soap"]
    for run in document["runs"]:
        _require_home(run)
    checked = _check(settings, data)
    assert checked.returncode == 0, checked.stdout


USUAL = ("intake.before_commit", "booking.after_send", "deadline.after_fire", "invoice.before_commit")
RARE = (
    "intake.after_commit",
    "booking.before_send",
    "booking.before_commit",
    "booking.after_commit",
    "poll.before_commit",
    "pickup.after_send",
    "outbound.after_2xx",
)


@pytest.mark.parametrize("point", [*USUAL, *(pytest.param(point, marks=pytest.mark.soak) for point in RARE)])
def test_a_demo_that_was_killed_goes_on_where_it_stood(point: str, tmp_path: Path) -> None:
    """Killed at a named place, started again with the same data: the same end, one booking, nothing offends."""
    embedded, data = Settings(data=tmp_path), tmp_path / "demo"
    os.environ["HOMEWARD_CRASH"] = point
    try:
        killed = _demo(embedded, data, "--carrier", "soap")
    finally:
        del os.environ["HOMEWARD_CRASH"]
    assert killed.returncode == -signal.SIGKILL, f"{point} was not passed: {killed.stderr[-2000:]}"
    ended = _demo(embedded, data, "--carrier", "soap")
    assert ended.returncode == 0, ended.stderr[-3000:]
    _require_home(json.loads(ended.stdout)["runs"][0])
    checked = _check(embedded, data)
    assert checked.returncode == 0, checked.stdout
