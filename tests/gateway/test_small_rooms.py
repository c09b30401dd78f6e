"""The lock, the clock, the settings, and our reference at a carrier."""

import os
import re
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from gateway.__main__ import app
from gateway.clock import FileClock, clock_of, utc_now
from gateway.config import Settings
from gateway.core import Gateway
from gateway.jobs import back_off, jittered
from gateway.lock import Taken, only_writer
from gateway.rules.references import ALPHABET, client_ref, is_client_ref
from gateway.store.work import LEASE
from tests.house.clock import MovableClock

HOLD = "import sys; from pathlib import Path; from gateway.lock import only_writer\n" + (
    "with only_writer(Path(sys.argv[1]), 'http://127.0.0.1:1'): print('held', flush=True); sys.stdin.read()"
)
ROOT = Path(__file__).parents[2]


def holder(data: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_lock_names_who_holds_it_and_goes_with_the_process_however_it_ends(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(Taken) as taken, only_writer(tmp_path):
            pass
        assert str(process.pid) in str(taken.value)
        assert "http://127.0.0.1:1" in str(taken.value)
        process.kill()
    with only_writer(tmp_path):
        pass


def test_one_who_was_refused_does_not_take_the_lock_away(tmp_path: Path) -> None:
    with only_writer(tmp_path, "http://here"):
        for _ in range(2):
            with pytest.raises(Taken, match=f"{os.getpid()}.*http://here"), only_writer(tmp_path):
                pass
    with only_writer(tmp_path):
        pass


def test_a_lock_file_that_nobody_holds_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "homeward.lock").write_text('{"pid": 1}')
    with only_writer(tmp_path):
        pass


def test_two_clocks_on_one_file_move_together_and_stay_moved(tmp_path: Path) -> None:
    one, other = FileClock(tmp_path / "clock"), FileClock(tmp_path / "clock")
    assert one.offset == other.offset == timedelta(0)
    one.advance(timedelta(days=3))
    assert other.offset == timedelta(days=3)
    other.advance(timedelta(hours=-1.5))
    assert one.offset == timedelta(days=2, hours=22, minutes=30)
    assert FileClock(tmp_path / "clock").offset == one.offset
    assert one() > utc_now() + timedelta(days=2)
    assert one().tzinfo is not None


def test_the_real_clock_is_the_default(tmp_path: Path) -> None:
    assert clock_of("") is utc_now
    assert isinstance(clock_of(str(tmp_path / "clock")), FileClock)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("HOMEWARD_")]:
        monkeypatch.delenv(name)
    plain = Settings()
    assert plain.database_url.startswith("sqlite:////")
    assert plain.address == "http://127.0.0.1:8080"
    assert not plain.private_endpoints
    assert not plain.carriers_paused
    monkeypatch.setenv("HOMEWARD_DATA", str(tmp_path))
    monkeypatch.setenv("HOMEWARD_PUBLIC_URL", "https://returns.example.com/")
    told = Settings()
    assert told.database_url == f"sqlite:///{tmp_path}/homeward.db"
    assert told.keys == tmp_path / "keys"
    assert told.address == "https://returns.example.com"
    monkeypatch.setenv("HOMEWARD_DB", "postgresql://db/homeward")
    assert Settings().database_url == "postgresql://db/homeward"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOMEWARD_PORT", "70000"),
        ("HOMEWARD_JOBS_AT_ONCE", "1"),
        ("HOMEWARD_PROXIES", "-1"),
        ("HOMEWARD_LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()
    refused = CliRunner().invoke(app, ["doctor"])
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"homeward: {name}: ")
    assert len(refused.stderr.splitlines()) == 1


@given(st.text(min_size=1), st.integers(1, 1023))
def test_a_reference_is_the_same_each_time_and_reads_back(subject: str, number: int) -> None:
    reference = client_ref(subject, number)
    assert reference == client_ref(subject, number)
    assert re.fullmatch(r"HW[0-9A-HJKMNP-TV-Z]{12}-[0-9A-Z]{3}", reference)
    assert is_client_ref(reference)
    assert client_ref(subject, number + 1) != reference


@given(st.text(min_size=1), st.integers(1, 99))
def test_every_single_wrong_character_is_noticed(subject: str, number: int) -> None:
    reference = client_ref(subject, number)
    for place, right in enumerate(reference):
        for wrong in ALPHABET + "-":
            if wrong != right:
                assert not is_client_ref(reference[:place] + wrong + reference[place + 1 :])


@pytest.mark.parametrize("text", ["", "HW", "退" * 18, "hw" + "0" * 16, "HW0123456789AB-01", "HW" + "0" * 17])
def test_what_is_not_a_reference_of_ours_is_told_apart(text: str) -> None:
    assert not is_client_ref(text)


def test_references_of_many_subjects_do_not_meet() -> None:
    made = {client_ref(f"shp_{n}", 1) for n in range(20_000)}
    assert len(made) == 20_000


@given(st.integers(0, 10_000))
def test_waiting_grows_and_is_capped(tries: int) -> None:
    ceiling = min(2 * 2 ** min(tries, 20), 600)
    assert timedelta(seconds=0.2) <= back_off(tries) <= timedelta(seconds=ceiling)


def test_what_was_planned_together_does_not_come_together() -> None:
    delays = {jittered(timedelta(hours=1)) for _ in range(50)}
    assert len(delays) > 40
    assert all(timedelta(minutes=48) <= delay <= timedelta(minutes=72) for delay in delays)


def test_a_port_that_somebody_has_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = {"HOMEWARD_DATA": str(tmp_path), "HOMEWARD_PORT": str(taken.getsockname()[1])}
        command = [sys.executable, "-m", "gateway", "serve"]
        ended = subprocess.run(
            command, env={**os.environ, **told}, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"homeward: cannot listen on 127.0.0.1:{told['HOMEWARD_PORT']} (HOMEWARD_HOST")
    assert len(ended.stderr.splitlines()) == 1


async def test_what_a_claim_waited_for_is_gone_from_its_turn(gateway: Gateway, clock: MovableClock) -> None:
    claimed_at = clock.stand()
    at_once = gateway.turn_ends(45, claimed_at) - gateway.monotonic()
    clock.advance(timedelta(seconds=12))
    later = gateway.turn_ends(45, claimed_at) - gateway.monotonic()
    assert LEASE.total_seconds() - 45 > at_once > 0
    assert later == pytest.approx(at_once - 12, abs=1)
