"""What no reader may fall over: recorded replies with something wrong in them, and bytes that never were a reply."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from lxml import etree

NOTHING = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"text"',
    b"true",
    b"NaN",
    b"\x00" * 40,
    b"\xff\xfe\xfa\xfb",
    b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    b"<html><body><br>unclosed",
    b"<?xml version='1.0'?><Envelope><Body/></Envelope>",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"<a>" * 400 + b"</a>" * 400,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 5_000,
    '{"a": "\u202e"}'.encode("utf-16"),
)
WRONG: tuple[Any, ...] = (None, "", "x", 0, -1, True, 1e308, [], {}, [None], {"x": 1}, "\ud800", "\x00", "9" * 5000)
WORDS = ("", "x", "-1", "\u202e", "9" * 400, "0001-01-01T00:00:00+14:00", "2026-13-45")


def mutations(body: bytes, seed: int = 1) -> Iterator[bytes]:
    """Cut short, and with each leaf of its JSON or XML replaced by what does not belong there."""
    for share in (0.25, 0.5, 0.9, 0.99):
        yield body[: int(len(body) * share)]
    try:
        yield from _json_mutations(json.loads(body), random.Random(seed))
    except ValueError:
        yield from _xml_mutations(body, random.Random(seed))


def _json_mutations(value: Any, chance: random.Random, most: int = 300) -> Iterator[bytes]:
    made = [(path, wrong) for path in _paths(value) for wrong in WRONG]
    for path, wrong in chance.sample(made, min(most, len(made))):
        yield json.dumps(_replaced(value, path, wrong)).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from _paths(below, (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    changed = copy.deepcopy(value)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = wrong
    return changed


def _xml_mutations(body: bytes, chance: random.Random, most: int = 200) -> Iterator[bytes]:
    try:
        elements = list(etree.fromstring(body).iter(etree.Element))
    except (etree.XMLSyntaxError, ValueError):
        return
    made = [(number, word) for number in range(len(elements)) for word in (*WORDS, None)]
    for number, word in chance.sample(made, min(most, len(made))):
        changed = list(etree.fromstring(body).iter(etree.Element))
        target, parent = changed[number], changed[number].getparent()
        if word is None and parent is not None:
            parent.remove(target)
        else:
            target[:] = []
            target.text = word
        yield etree.tostring(changed[0], encoding="utf-8")
