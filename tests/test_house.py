"""The house itself: arrows point down, files and functions stay short, no carrier is named, no job is without its row."""

import ast
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from adapters import registry
from gateway import worker
from gateway.store import tables
from gateway.store.work import WORK
from tests.house.sources import OURS, ROOT, File, files

MIGRATIONS = "gateway/store/migrations/versions/"


def room_of(module: str) -> str:
    """`schemas`; `adapters.seam`, `adapters.carriers.some_carrier`; `gateway.store`, `gateway.lanes`."""
    parts = module.split(".")
    if parts[0] == "schemas":
        return "schemas"
    if parts[0] == "adapters" and parts[1:2] and parts[1] in ("carriers", "platforms", "invoices"):
        return ".".join(parts[:3])
    return ".".join(parts[:2])


ADAPTERS = {"adapters.registry", "adapters.seam", "adapters.toolkit", "schemas"}
INNER = {"gateway.core", "gateway.journeys", "gateway.store", *ADAPTERS}
BELOW: Mapping[str, set[str]] = {
    "schemas": set(),
    "adapters.toolkit": {"schemas"},
    "adapters.profiles": {"schemas"},
    "adapters.remedies": {"schemas"},
    "adapters.seam": {"adapters.profiles", "adapters.remedies", "adapters.toolkit", "schemas"},
    "adapters.registry": {"adapters.carriers", "adapters.platforms", "adapters.invoices", "adapters.seam", "schemas"},
    "gateway.rules": {"schemas"},
    "gateway.store": {"schemas"},
    "gateway.clock": set(),
    "gateway.config": {"schemas"},
    "gateway.crash": set(),
    "gateway.guard": set(),
    "gateway.lock": set(),
    "gateway.shown": {"schemas"},
    "gateway.reading": {*ADAPTERS},
    "gateway.sandbox": {"adapters.toolkit", "schemas"},
    "gateway.letters": {"schemas"},
    "gateway.live": set(),
    "gateway.places": set(),
    "gateway.pacer": {"adapters.seam", "schemas"},
    "gateway.breaker": set(),
    "gateway.lanes": {
        "adapters.seam",
        "gateway.breaker",
        "gateway.clock",
        "gateway.pacer",
        "gateway.places",
        "schemas",
    },
    "gateway.spending": {"gateway.clock", "gateway.lanes", "gateway.store", "schemas"},
    "gateway.jobs": {"gateway.store", "schemas"},
    "gateway.core": {
        *("gateway.clock", "gateway.config", "gateway.crash", "gateway.guard", "gateway.lanes", "gateway.letters"),
        *("gateway.live", "gateway.pacer", "gateway.spending", "gateway.store", *ADAPTERS),
    },
    "gateway.mailing": {"gateway.core", "gateway.letters", "gateway.store", "schemas"},
    "gateway.journeys": {
        *("gateway.core", "gateway.crash", "gateway.guard", "gateway.jobs", "gateway.mailing"),
        *("gateway.papers", "gateway.rules"),
        *("gateway.store", *ADAPTERS),
    },
    "gateway.papers": {"schemas"},
    "gateway.worker": {"gateway.core", "gateway.jobs", "gateway.journeys", "gateway.rules", "gateway.store"},
    "gateway.web": {"gateway.guard", "gateway.letters", "gateway.papers", "gateway.rules", *INNER},
    "gateway.running": {"gateway.config", "gateway.core", "gateway.jobs", "gateway.store", "gateway.worker"},
    "gateway.archive": {"gateway.config", "gateway.crash", "gateway.rules", "gateway.running", *INNER},
    "gateway.backup": {"gateway.config", "gateway.rules", *INNER},
    "gateway.cli_read": {"gateway.reading", "gateway.shown", "schemas"},
    "gateway.bulk": {"gateway.rules", "schemas"},
    "gateway.cli_invoice": {
        *("gateway.bulk", "gateway.cli_settings", "gateway.config", "gateway.lock", "gateway.running", "gateway.shown"),
        *INNER,
    },
    "gateway.cli_settings": {"gateway.config"},
    "gateway.cli_bearers": {
        *("gateway.cli_invoice", "gateway.cli_settings", "gateway.config", "gateway.lock", "gateway.running", *INNER),
    },
    "gateway.cli_ledger": {"gateway.cli_invoice", "gateway.cli_settings", "gateway.config", "gateway.running", *INNER},
    "gateway.cli_tariff": {
        *("gateway.cli_invoice", "gateway.cli_settings", "gateway.config", "gateway.lock", "gateway.rules"),
        *("gateway.running", *INNER),
    },
    "gateway.demo": {
        *("gateway.clock", "gateway.config", "gateway.lock", "gateway.running", "gateway.sandbox", "gateway.web"),
        *INNER,
    },
    "gateway.commands": {
        *("gateway.archive", "gateway.backup", "gateway.config", "gateway.lock", "gateway.rules", "gateway.running"),
        *("gateway.sandbox", "gateway.web", *INNER),
    },
    "gateway.__main__": {
        *(
            "gateway.backup",
            "gateway.cli_bearers",
            "gateway.cli_invoice",
            "gateway.cli_ledger",
            "gateway.cli_read",
            "gateway.cli_settings",
            "gateway.cli_tariff",
            "gateway.commands",
            "gateway.config",
            "gateway.demo",
            "gateway.lock",
        ),
        *("gateway.running", "gateway.store", "schemas"),
    },
}
"""Each room, and the rooms it may ask. Every arrow points down: `test_the_rooms_have_an_order`."""
AN_ADAPTER = {"adapters.seam", "adapters.toolkit", "schemas"}


def test_the_rooms_have_an_order() -> None:
    tuple(TopologicalSorter(BELOW).static_order())


def test_no_import_points_up() -> None:
    wrong = []
    for file in files():
        room = room_of(file.module)
        allowed = BELOW.get(room, AN_ADAPTER if room.startswith("adapters.") else set())
        for name in file.imports:
            asked = room_of(name)
            if asked.split(".")[0] in OURS and asked != room and not _allowed(asked, allowed):
                wrong.append(f"{file.path} imports {name}")
    assert wrong == []


def _allowed(asked: str, allowed: set[str]) -> bool:
    return asked in allowed or ".".join(asked.split(".")[:2]) in allowed


def test_every_room_is_on_the_plan() -> None:
    rooms = {room_of(file.module) for file in files() if file.module.startswith("gateway.")}
    assert rooms == {room for room in BELOW if room.startswith("gateway.")}


def test_journeys_ask_each_other_in_one_direction_and_notices_asks_none() -> None:
    prefix = "gateway.journeys."
    asks = {
        file.module: {name for name in _modules(file) if name.startswith(prefix) and name != file.module}
        for file in files()
        if file.module.startswith(prefix)
    }
    assert len(asks) > 10
    assert asks[prefix + "notices"] == set()
    try:
        tuple(TopologicalSorter(asks).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def _modules(file: File) -> set[str]:
    known = {one.module for one in files()}
    return {name if name in known else name.rpartition(".")[0] for name in file.imports}


def test_files_are_at_most_300_lines() -> None:
    """But for migrations: they are generated, in one piece, and never edited again."""
    lengths = {file.path: file.source.count("\n") for file in files() if not file.path.startswith(MIGRATIONS)}
    for path in (ROOT / "tests").rglob("*.py"):
        lengths[path.relative_to(ROOT).as_posix()] = path.read_text().count("\n")
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def test_functions_are_at_most_40_lines() -> None:
    long = []
    for file in files():
        if file.path.startswith(MIGRATIONS):
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 40:
                    long.append(f"{file.path}: {node.name} has {lines} lines")
    assert long == []


def test_the_gateway_names_no_carrier_and_no_platform() -> None:
    """But for the sandbox, which is one, and the demo, which plays in it. Some names are everyday words: look-ups."""
    everyday = {"manual", "mapped", "sandbox", "ups"}
    folders = {*registry.carriers(), *registry.platforms(), *registry.invoice_readers()} - everyday
    names = folders | {name.partition("_")[0] for name in folders} - everyday
    assert len(names) > 4
    pattern = re.compile(rf"(?<![a-z])({'|'.join(sorted(names))})(?![a-z])", re.IGNORECASE)
    wrong = [
        f"{file.path}: {found.group()}"
        for file in files()
        if file.path.startswith("gateway/") and not file.path.startswith(("gateway/sandbox/", "gateway/demo/"))
        for found in pattern.finditer(file.source)
    ]
    assert wrong == []


def test_every_kind_of_job_has_a_handler_and_a_table_of_work() -> None:
    assert set(worker.HANDLERS) == set(WORK)
    assert {table.name for table in WORK.values()} == {table.name for table in tables.WORK}
    work_columns = {"due_at", "turn", "tries", "held", "parked"}
    for table in tables.metadata.tables.values():
        has = work_columns & set(table.c.keys())
        assert has == (work_columns if table in WORK.values() else set()), table.name


def test_every_table_carries_its_exporter() -> None:
    without = {table.name for table in tables.metadata.tables.values() if "exporter_id" not in table.c}
    # the tenant itself; codes, which are nobody's; and lanes, which accounts of several may share
    assert without == {"exporters", "unknown_codes", "lanes", "quotas"}
