"""Recorded messages as plain text: reading them, and saying where a request differs from its record."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from adapters.toolkit.transport import Answer, NotSent, NoWholeReply, Request

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


@dataclass(frozen=True)
class Acted:
    """A wire at whose other end a function answers."""

    answer: Callable[[Request], Answer]

    async def exchange(self, request: Request) -> Answer:
        return self.answer(request)


def answer_of(recorded: Recorded) -> Answer:
    """Raises the wire's error where the record says that the line broke."""
    if recorded.start == LOST:
        raise NoWholeReply("recorded: the reply was lost")
    if recorded.start == REFUSED:
        raise NotSent("recorded: not reached")
    return Answer(int(recorded.start.split()[1]), recorded.headers, recorded.body)


def differences(sent: Request, recorded: Recorded) -> list[str]:
    """What is not as recorded: method, path, query (in any order), each listed header, the body by its kind."""
    method, target = recorded.start.split()[:2]
    wanted, url = urlsplit(target), urlsplit(sent.url)
    headers = {"host": url.netloc, **{name.lower(): value for name, value in sent.headers.items()}}
    pairs = [
        ("method", sent.method, method),
        ("path", url.path or "/", wanted.path or "/"),
        ("query", sorted(parse_qsl(url.query, True)), sorted(parse_qsl(wanted.query, True))),
        *((f"header {name}", headers.get(name), value) for name, value in recorded.headers.items()),
    ]
    kind = headers.get("content-type", "")
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
