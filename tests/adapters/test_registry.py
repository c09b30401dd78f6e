"""Adapters of others come by entry point; one that cannot be used stops the start and is named."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import registry
from adapters.carriers.sandbox_rest import ADAPTER
from gateway import commands
from gateway.config import Settings

KINDS = (registry.carriers, registry.platforms, registry.invoice_readers)
NO_CARRIER = "ADAPTER = object"
OTHER_NAME = "from adapters.carriers.sandbox_rest import ADAPTER"
WRONG = {
    "does not import": ("acme", "import no_such_module", "the adapter 'acme' in gateway.carriers cannot be loaded: "),
    "raises": ("acme", "raise RuntimeError('no licence')", "cannot be loaded: RuntimeError: no licence"),
    "names nothing": ("acme", "", "cannot be loaded: AttributeError"),
    "is no adapter": ("acme", NO_CARRIER, "the adapter 'acme' in gateway.carriers is not a Carrier"),
    "has another name": ("acme", OTHER_NAME, "calls itself 'sandbox_rest'"),
    "has a name that is taken": ("sandbox_rest", OTHER_NAME, "two adapters call themselves 'sandbox_rest'"),
}


def distribution(folder: Path, name: str, code: str) -> None:
    """An installed distribution of somebody else's with one carrier."""
    told = folder / "acme_returns-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-returns\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(f"[gateway.carriers]\n{name} = acme_returns:ADAPTER\n")
    (folder / "acme_returns.py").write_text(code)


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    for find in KINDS:
        find.cache_clear()
    yield tmp_path
    sys.modules.pop("acme_returns", None)
    for find in KINDS:
        find.cache_clear()


@pytest.mark.parametrize("wrong", WRONG)
def test_an_adapter_that_cannot_be_used_is_named(others: Path, wrong: str) -> None:
    name, code, said = WRONG[wrong]
    distribution(others, name, code)
    with pytest.raises(registry.BadAdapter, match=said):
        registry.load()


def test_an_adapter_of_others_is_there_like_ours(others: Path) -> None:
    theirs = "from adapters.carriers.sandbox_rest import ADAPTER as Ours\n\n\nclass ADAPTER(Ours):\n"
    renamed = "    profile = Ours.profile.model_copy(update={'id': 'acme'})\n"
    distribution(others, "acme", theirs + renamed)
    registry.load()
    assert issubclass(registry.carrier("acme"), ADAPTER)


@pytest.mark.parametrize("command", ["serve", "web", "work", "adapters"])
def test_it_stops_the_start_in_one_line(tmp_path: Path, command: str) -> None:
    distribution(tmp_path, *WRONG["does not import"][:2])
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        "HOMEWARD_DATA": str(tmp_path / "data"),
    }
    asked = [sys.executable, "-m", "gateway", command]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "homeward: the adapter 'acme' in gateway.carriers cannot be loaded: Mod"
    )
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


async def test_the_doctor_names_it(others: Path) -> None:
    distribution(others, *WRONG["is no adapter"][:2])
    found = await commands.doctor(Settings(data=others, _env_file=None))
    assert not found["ok"]
    assert found["checks"][-1]["found"] == "the adapter 'acme' in gateway.carriers is not a Carrier"
