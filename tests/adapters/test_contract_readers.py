"""Hostile replies, tables and folders: what holds for every adapter whatever its fixtures say."""

import ast
import importlib
from collections.abc import Mapping
from enum import EnumType
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from adapters.seam import Carrier
from adapters.toolkit.http import Reply, sort_reply
from schemas.errors import AdapterError, NothingHappened
from schemas.values import Model
from tests.adapters.hostile import NOTHING, mutations
from tests.adapters.scenarios import ROOT, adapters_of, scenarios_of

CARRIERS = sorted(adapters_of("carriers"))
FOLDERS = [
    ROOT / "adapters" / kind / name for kind in ("carriers", "platforms", "invoices") for name in adapters_of(kind)
]
CREATING = ("booking", "pickup")


def bodies_of(name: str) -> list[bytes]:
    """Every recorded reply of this carrier, once."""
    mine = [one for one in scenarios_of("carriers") if one.adapter == name]
    return list(dict.fromkeys(reply.body for one in mine for reply in one.recorded("response") if reply.body))


@pytest.mark.parametrize("name", CARRIERS)
def test_only_adapter_errors_come_out_of_readers(name: str) -> None:
    """Whatever the bytes and the status; and what does come out survives JSON."""
    adapter = adapters_of("carriers")[name]
    assert adapter.readers, f"{name} declares no readers"
    for body in [*NOTHING, *(changed for whole in bodies_of(name) for changed in mutations(whole))]:
        for kind, read in adapter.readers.items():
            for status, creates in ((200, True), (200, False), (500, True)):
                require_tame(f"{name}.readers[{kind!r}]", read, Reply(status, body, {}, creates))
        require_tame(f"{name}.read_error", adapter.read_error, Reply(422, body, {}, True))


def require_tame(what: str, read: Any, reply: Reply) -> None:
    try:
        value = read(reply)
    except AdapterError:
        return
    except Exception as error:
        raise AssertionError(f"{what} let {type(error).__name__} out for {reply.content[:1500]!r}") from error
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(one, Model):
            assert type(one).model_validate_json(one.model_dump_json()) == one, what


@pytest.mark.parametrize("name", CARRIERS)
def test_garbage_after_a_create_is_never_nothing(name: str) -> None:
    """An answer that says nothing leaves open whether the carrier acted."""
    adapter: type[Carrier] = adapters_of("carriers")[name]
    for body in NOTHING:
        for kind in CREATING:
            if kind in adapter.readers:
                with pytest.raises(AdapterError) as caught:
                    adapter.readers[kind](Reply(200, body, {}, True))
                assert not isinstance(caught.value, NothingHappened), (
                    f"{name}.readers[{kind!r}] refuses on {body[:80]!r}"
                )
        with pytest.raises(AdapterError) as caught:
            sort_reply(Reply(503, body, {}, True), adapter.read_error)
        assert not isinstance(caught.value, NothingHappened), f"{name}: 503 with {body[:80]!r} is taken for a refusal"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_folder_holds_its_names_only(folder: Path) -> None:
    invoices = folder.parent.name == "invoices"
    names = (
        {"__init__.py", "codes.py", "reader.py"} if invoices else {"__init__.py", "codes.py", "client.py", "mapping.py"}
    )
    there = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    spare = "reader_" if invoices else "mapping_"
    strange = {
        name
        for name in there - names - {"profiles" if invoices else "wsdl"}
        if not (name.startswith(spare) and name.endswith(".py"))
    }
    assert not names - there, f"{folder} lacks {names - there}"
    assert not strange, f"{folder} holds {strange}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_tables_are_tables(folder: Path) -> None:
    """No logic, no key twice, and every value a member of the enum that the table's annotation names."""
    tree = ast.parse((folder / "codes.py").read_text())
    for node in ast.walk(tree):
        logic = (ast.If, ast.IfExp, ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try)
        assert not isinstance(node, logic), f"codes.py line {getattr(node, 'lineno', '?')}: a table holds no logic"
        if isinstance(node, ast.Dict):
            keys = [ast.dump(key) for key in node.keys if key is not None]
            twice = {key for key in keys if keys.count(key) > 1}
            assert not twice, f"codes.py line {node.lineno}: twice in one table: {twice}"
    module = importlib.import_module(f"adapters.{folder.parent.name}.{folder.name}.codes")
    for name, hint in get_type_hints(module).items():
        table = getattr(module, name, None)
        if isinstance(table, Mapping) and get_origin(hint) is not None:
            key, value = get_args(hint)
            require_members(f"{name} keys", key, list(table))
            require_members(name, value, list(table.values()))


def require_members(what: str, annotation: Any, values: list[Any]) -> None:
    if isinstance(annotation, EnumType):
        strange = [value for value in values if not isinstance(value, annotation)]
        assert not strange, f"{what}: not of {annotation.__name__}: {strange}"
