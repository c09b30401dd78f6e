"""A tariff's file, YAML or CSV, and where in it something is wrong: its row, and its column. Pure.

YAML says a tariff as its model does; `prices: {0.5: 9.00, 1: 11.00}` are weight breaks, `2026-03` is the first of March, and
several values may stand in one text with `;` between them. CSV is the same in a table: a column `part` (tariff, zone,
freight, surcharge, fuel, tax, guarantee, insurance, storage), a column for each field, and a row for each rule; freight has
one for each weight break, and rows of the same services and places are one lane.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import ValidationError

from schemas.tariffs import Tariff
from schemas.values import tidy

LARGEST = 5_000_000
MOST = 50
"""Problems that are told of one file."""
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong: the row of the file from 1, and the column: its name in CSV, its number in YAML."""

    row: int | None
    column: str | None
    field: str
    detail: str

    def __str__(self) -> str:
        place = f"row {self.row}" if self.row else "the file"
        column = f", column {self.column}" if self.column else ""
        return f"{place}{column}: {f'{self.field}: ' if self.field else ''}{self.detail}"


class Unreadable(ValueError):
    """A file that is no tariff."""

    def __init__(self, problems: Sequence[Wrong]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems[:MOST])


@dataclass(slots=True)
class Said:
    """What a file says, and where."""

    value: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, tuple[int, str]] = field(default_factory=dict)

    def place(self, path: Path) -> tuple[int | None, str | None]:
        """Of a field, or of the nearest thing around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return None, None


def read_tariff(content: bytes) -> Tariff:
    """Raises Unreadable with everything that is wrong."""
    if len(content) > LARGEST:
        raise _unreadable("a tariff is a text of at most 5 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise Unreadable([Wrong(row, None, "", "a tariff is written in UTF-8")]) from None
    said = _from_csv(text) if re.match(r"\"?part\"?[,;\t]", text) else _from_yaml(text)
    try:
        tariff = Tariff.model_validate(_softened(said.value), strict=False)
    except ValidationError as error:
        raise Unreadable(list(_explained(error, said))) from None
    strange = [
        Wrong(
            *said.place((section, number)), f"{section}.{number + 1}", f"{place!r} is no zone of this file and no area"
        )
        for section, number, place in tariff.strange_places()
    ]
    if strange:
        raise Unreadable(strange)
    return tariff


SEVERAL = ("services", "origin", "destination", "fuel_base")
RULES = ("freight", "surcharges", "fuel", "tax", "guarantees")


def _softened(said: dict[str, Any]) -> dict[str, Any]:
    """What is short in a file, in full."""
    full = _in_full(said)
    if isinstance(zones := full.get("zones"), dict):
        full["zones"] = {name: _split(areas) for name, areas in zones.items()}
    if isinstance(cover := full.get("insurance"), dict) and "currency" in full:
        full["insurance"] = {"currency": full["currency"], **cover}
    for name in RULES:
        if isinstance(rules := full.get(name), list):
            full[name] = [_in_full(rule) if isinstance(rule, dict) else rule for rule in rules]
    return full


def _in_full(rule: dict[str, Any]) -> dict[str, Any]:
    full = {name: _split(value) if name in SEVERAL else value for name, value in rule.items()}
    if isinstance(prices := full.get("prices"), dict):
        full["prices"] = [{"up_to_kg": key, "price": price} for key, price in prices.items()]
    since = full.get("valid_from")
    if isinstance(since, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}", since):
        full["valid_from"] = f"{since}-01"
    return full


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else value


def _unreadable(detail: str) -> Unreadable:
    return Unreadable([Wrong(None, None, "", detail)])


def _explained(error: ValidationError, said: Said) -> Iterator[Wrong]:
    for one in error.errors(include_url=False, include_context=False):
        path = tuple(part for part in one["loc"] if not str(part).startswith("function-") and part != "[key]")
        row, column = said.place(path)
        shown = ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)
        words = {"missing": "is missing", "extra_forbidden": "there is nothing of that name"}
        detail = words.get(one["type"], one["msg"].removeprefix("Value error, "))
        yield Wrong(row, column, tidy(shown), tidy(detail))


def _from_yaml(text: str) -> Said:
    said = Said()
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        value = _plain(tree, (), said, set()) if tree is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        row, column = (mark.line + 1, str(mark.column + 1)) if mark else (None, None)
        raise Unreadable([Wrong(row, column, "", tidy(error.problem or "this is not YAML"))]) from None
    except (yaml.YAMLError, RecursionError):
        raise _unreadable("this is not YAML") from None
    if not isinstance(value, dict):
        raise _unreadable("a tariff is made of lines like `currency: EUR`, or is a table whose first column is `part`")
    said.value = value
    return said


def _plain(node: yaml.Node, path: Path, said: Said, seen: set[int]) -> Any:
    """Everything is text, so that 9.10 stays what it is. A key twice is a mistake, and so is an alias."""
    here = (node.start_mark.line + 1, str(node.start_mark.column + 1))
    said.places[path] = here
    if id(node) in seen:
        raise Unreadable([Wrong(*here, "", "a tariff has no anchors")])
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, place), said, seen) for place, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for place, (key, value) in enumerate(node.value):
        there = (key.start_mark.line + 1, str(key.start_mark.column + 1))
        if not isinstance(key, yaml.ScalarNode) or key.value in found:
            raise Unreadable([Wrong(*there, "", "it stands there twice, or is no name")])
        found[key.value] = _plain(value, (*path, key.value), said, seen)
        said.places.setdefault((*path, place), there)  # prices are a table here, and a list in the model
        said.places[(*path, place, "up_to_kg")] = there
        said.places[(*path, place, "price")] = said.places[(*path, key.value)]
    return found


PARTS: Mapping[str, str] = {
    "freight": "freight",
    "surcharge": "surcharges",
    "fuel": "fuel",
    "tax": "tax",
    "guarantee": "guarantees",
}
"""Parts of many rows, and what the model calls them."""
ALONE = ("insurance", "storage")
LANE = ("services", "origin", "destination")
STEP: Sequence[str] = ("up_to_kg", "price")


def _from_csv(text: str) -> Said:
    said, lanes = Said(), dict[tuple[str, ...], int]()
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(rows)]
        for cells in rows:
            named = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
            if len(cells) > len(header):
                raise Unreadable([Wrong(rows.line_num, str(len(header) + 1), "", "the header names no such column")])
            if named:
                _take(said, lanes, named, rows.line_num)
    except csv.Error as error:
        raise Unreadable([Wrong(rows.line_num, None, "", str(error))]) from None
    return said


def _take(said: Said, lanes: dict[tuple[str, ...], int], named: dict[str, str], row: int) -> None:
    part = named.pop("part", "")
    if part == "tariff":
        _put(said, (), said.value, named, row)
    elif part == "zone":
        zones = said.value.setdefault("zones", {})
        _put(said, ("zones",), zones, {named.get("name", ""): named.get("areas", "")}, row, "areas")
    elif part in ALONE:
        _put(said, (part,), said.value.setdefault(part, {}), named, row)
    elif part == "freight":
        _take_break(said, lanes, named, row)
    elif part in PARTS:
        rules = said.value.setdefault(PARTS[part], [])
        rules.append({})
        _put(said, (PARTS[part], len(rules) - 1), rules[-1], named, row)
    else:
        known = ", ".join(("tariff", "zone", *PARTS, *ALONE))
        raise Unreadable([Wrong(row, "part", "", f"no part of a tariff is called {part!r}; there are: {known}")])


def _take_break(said: Said, lanes: dict[tuple[str, ...], int], named: dict[str, str], row: int) -> None:
    """A row of freight: the next weight break of its lane."""
    key = tuple(named.get(name, "") for name in LANE)
    step = {name: named.pop(name) for name in STEP if name in named}
    rules = said.value.setdefault("freight", [])
    if key not in lanes:
        lanes[key] = len(rules)
        rules.append({"prices": []})
    path: Path = ("freight", lanes[key])
    lane = rules[lanes[key]]
    _put(said, path, lane, named, row)
    lane["prices"].append({})
    _put(said, (*path, "prices", len(lane["prices"]) - 1), lane["prices"][-1], step, row)


def _put(
    said: Said, path: Path, target: dict[str, Any], named: Mapping[str, str], row: int, column: str | None = None
) -> None:
    said.places.setdefault(path, (row, "part"))
    for name, value in named.items():
        target[name] = value
        said.places[(*path, name)] = (row, column or name)
