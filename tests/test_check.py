"""The word `check` of CONTRIBUTING.md, and that README, CI and the image say the same."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", [("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",)])
def test_the_tree_is_clean(command: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]


def test_ci_runs_the_tests_as_the_readme_says() -> None:
    set_up = 'python3 -m venv .venv && .venv/bin/pip install -q ".[test]"'
    command = f"{set_up} && .venv/bin/python -m pytest -n auto --maxprocesses 4"
    assert command in (ROOT / "README.md").read_text()
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()
