"""The list of faults and the tests, held against each other."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WHOLE
from tests.faults.where import FAULTS, NOT_ON

HERE = Path(__file__).parent
NAME = re.compile(r"test_(f\d\d)_")


def modules() -> list[Any]:
    return [importlib.import_module(f"tests.faults.{path.stem}") for path in sorted(HERE.glob("test_*.py"))]


def stores_of(test: Any) -> set[str]:
    """The stores a test runs on: its own parameter, else both."""
    for mark in getattr(test, "pytestmark", ()):
        names = mark.args[0] if mark.name == "parametrize" else ()
        if names == "profile" or "profile" in tuple(names if not isinstance(names, str) else (names,)):
            return {_first(case) for case in mark.args[1]}
    return {"sqlite", "postgresql"}


def _first(case: Any) -> str:
    values = getattr(case, "values", case)
    return str(values if isinstance(values, str) else values[0])


def stores_by_fault() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module in modules():
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if match := NAME.match(name):
                found.setdefault(match[1].upper(), set()).update(stores_of(test))
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_tests_on_each_store(fault: str) -> None:
    stores = stores_by_fault().get(fault, set())
    missing = {"sqlite", "postgresql"} - stores - {store for name, store in NOT_ON if name == fault}
    assert not missing, f"{fault} has no test on {', '.join(sorted(missing))}, and no reason is given"


def test_no_reason_is_given_where_there_is_a_test() -> None:
    there = stores_by_fault()
    assert [key for key in NOT_ON if key[1] in there.get(key[0], set())] == []


def test_whole_processes_are_kept_together() -> None:
    """Of several pytest processes one has them all: each would run all of them, for the few that it has."""
    whole = {f"tests/faults/{path.name}" for path in HERE.glob("test_*.py") if "import whole" in path.read_text()}
    assert whole == set(WHOLE) | {f"tests/faults/{Path(__file__).name}"}


def test_every_fault_ends_with_the_judgement() -> None:
    """By the code: each test of a fault calls `judge`, itself or through a helper of its module."""
    for path in HERE.glob("test_*.py"):
        tree = ast.parse(path.read_text())
        functions = {node.name: node for node in tree.body if isinstance(node, (ast.AsyncFunctionDef, ast.FunctionDef))}
        judging = {name for name, node in functions.items() if _calls(node) & {"judge"}}
        while more := {name for name, node in functions.items() if _calls(node) & judging} - judging:
            judging |= more
        assert [name for name in functions if NAME.match(name) and name not in judging] == [], path.name


def _calls(node: ast.AST) -> set[str]:
    called = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in called}
