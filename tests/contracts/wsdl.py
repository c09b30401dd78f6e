"""Our WSDLs against a carrier's: where ours says something theirs does not, or leaves out what they demand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zeep
from lxml import etree

NS = {"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://schemas.xmlsoap.org/wsdl/soap/"}


def differences(ours: Path, theirs: Path) -> list[str]:
    """Where our WSDL says something the carrier's does not, or leaves out what it demands."""
    mine, real = zeep.Client(str(ours)), zeep.Client(str(theirs))
    found = [f"message {name}" for name, parts in parts_of(ours).items() if parts_of(theirs).get(name) != parts]
    for name, operation in mine.service._binding._operations.items():
        other = real.service._binding._operations.get(name)
        if other is None:
            found.append(f"operation {name}")
            continue
        if (operation.soapaction, operation.style) != (other.soapaction, other.style):
            found.append(f"soapAction or style of {name}")
        for side in ("input", "output"):
            one, two = getattr(operation, side).body, getattr(other, side).body
            if one.qname != two.qname:
                found.append(f"{side} element of {name}")
            found += type_differences(one.type, two.type, f"{name}.{side}")
    return found


def type_differences(ours: Any, theirs: Any, where: str) -> list[str]:
    """Elements of two complex types by name, order, type, occurrence and namespace; ours may leave out optional ones."""
    real = {name: (place, element) for place, (name, element) in enumerate(theirs.elements)}
    found, last = [], -1
    for name, element in ours.elements:
        if name not in real:
            found.append(f"{where}: no {name}")
            continue
        place, other = real[name]
        if place < last:
            found.append(f"{where}: {name} is out of order")
        last = place
        if facts(element) != facts(other):
            found.append(f"{where}.{name}: {facts(element)} is {facts(other)}")
        if hasattr(element.type, "elements"):
            found += type_differences(element.type, other.type, f"{where}.{name}")
    missing = {name for name, (_, element) in real.items() if element.min_occurs} - {name for name, _ in ours.elements}
    return found + [f"{where}: {name} is compulsory" for name in sorted(missing)]


def facts(element: Any) -> tuple[Any, ...]:
    return (element.qname.text, str(element.type.qname), element.min_occurs, element.max_occurs, element.nillable)


def parts_of(path: Path) -> dict[str, list[tuple[str, str]]]:
    messages = etree.parse(path).findall("w:message", NS)
    return {
        message.get("name"): [(part.get("name"), part.get("element")) for part in message.findall("w:part", NS)]
        for message in messages
    }


def leaves(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, name)
    elif value is not None:
        yield name


def written(root: Any) -> list[tuple[str, str]]:
    return [(etree.QName(e).localname, (e.text or "").strip()) for e in root.iter(etree.Element) if not len(e)]
