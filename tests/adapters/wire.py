"""Recorded messages as plain text: reading them, and saying where a request differs from its record."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
from lxml import etree

LOST = "! connection lost"
REFUSED = "! connection refused"


@dataclass(frozen=True)
class Recorded:
    """A start line, headers with lower-case names, and a body."""

    start: str
    headers: dict[str, str]
    body: bytes


def read_http(path: Path) -> Recorded:
    """A `.http` file. One line feed at the end of the file is the editor's, not the body's."""
    content = path.read_bytes().replace(b"\r\n", b"\n")
    head, _, body = content.partition(b"\n\n")
    start, *lines = head.decode().splitlines() or [""]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Recorded(start.strip(), headers, body.removesuffix(b"\n"))


def response_of(recorded: Recorded, request: httpx2.Request) -> httpx2.Response:
    """Raises the transport's error where the record says that the line broke."""
    if recorded.start == LOST:
        raise httpx2.ReadError("recorded: the reply was lost", request=request)
    if recorded.start == REFUSED:
        raise httpx2.ConnectError("recorded: not reached", request=request)
    return httpx2.Response(int(recorded.start.split()[1]), headers=recorded.headers, content=recorded.body)


def differences(sent: httpx2.Request, recorded: Recorded) -> list[str]:
    """What is not as recorded: method, path, query (in any order), each listed header, the body by its kind."""
    method, target = recorded.start.split()[:2]
    wanted, url = urlsplit(target), urlsplit(str(sent.url))
    pairs = [
        ("method", sent.method, method),
        ("path", url.path, wanted.path or "/"),
        ("query", sorted(parse_qsl(url.query, True)), sorted(parse_qsl(wanted.query, True))),
        *((f"header {name}", sent.headers.get(name), value) for name, value in recorded.headers.items()),
    ]
    kind = sent.headers.get("content-type", "")
    pairs.append(("body", canonical(sent.content, kind), canonical(recorded.body, kind)))
    return [f"{what}:\n  sent     {ours}\n  recorded {theirs}" for what, ours, theirs in pairs if ours != theirs]


def canonical(body: bytes, kind: str) -> object:
    """JSON as indented text with sorted keys, XML in its canonical form, a form as sorted pairs, else the text."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return ""
    if "form-urlencoded" in kind:
        return sorted(parse_qsl(text, keep_blank_values=True))
    if "xml" in kind:
        parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False)
        return etree.tostring(etree.fromstring(body.strip(), parser), method="c14n2", strip_text=True).decode()
    try:
        return json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
    except ValueError:
        return text
