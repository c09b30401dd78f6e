"""Segments of EDI interchanges, X12 and EDIFACT, one at a time, the marks read from the file itself.

Why our own: the one kept library for EDIFACT (pydifact) takes the whole file as text, looks for a service string anywhere in
it, gives an element now as a text and now as a list, and needs seconds for a few hundred KiB; for X12 there is none that is
kept and not bound to health care. Both languages are separators and no more, so one reader serves both. Marks are single
bytes; segments are cut from the bytes and decoded alone, so a large file is never held twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.errors import Unintelligible

LONGEST = 20_000
"""Bytes of one segment. The longest lawful ones, free texts, are well under 10,000."""
MOST = 2_000_000
"""Segments of one file."""
BLANK = b" \t\r\n\x00"


@dataclass(frozen=True, slots=True)
class Marks:
    """Single bytes. `release` makes the mark behind it a letter; X12 has none."""

    element: bytes
    component: bytes
    segment: bytes
    release: bytes = b""


@dataclass(frozen=True, slots=True)
class Segment:
    """`number` is its place in the file, from 1."""

    number: int
    tag: str
    elements: tuple[tuple[str, ...], ...]

    def at(self, element: int, component: int = 1) -> str:
        """By the numbers that the standards use, from 1; empty where there is none."""
        if element > len(self.elements) or component > len(self.elements[element - 1]):
            return ""
        return self.elements[element - 1][component - 1].strip()


def x12(document: bytes) -> Iterator[Segment]:
    """Raises Unintelligible where the file does not begin with a whole ISA, or is over a cap.

    The separators stand in the ISA: the byte behind its name, and the two behind its last separator.
    """
    document = document.removeprefix(b"\xef\xbb\xbf").lstrip(BLANK)
    mark = document[3:4]
    parts = document[:400].split(mark, 16) if document.startswith(b"ISA") and mark else []
    if len(parts) < 17 or len(parts[16]) < 2:
        raise Unintelligible("not an X12 interchange: no whole ISA segment")
    marks = Marks(element=mark, component=parts[16][:1], segment=parts[16][1:2])
    return _segments(document, _distinct(marks))


def edifact(document: bytes) -> Iterator[Segment]:
    """Raises Unintelligible where the file does not begin with UNA or UNB, or is over a cap.

    The usual marks are those of syntax level A; a UNA names others.
    """
    document = document.removeprefix(b"\xef\xbb\xbf").lstrip(BLANK)
    if document.startswith(b"UNA") and len(document) > 9:
        una, document = document[3:9], document[9:].lstrip(BLANK)
        release = una[3:4].strip()
        marks = Marks(component=una[:1], element=una[1:2], release=release, segment=una[5:6])
    else:
        marks = Marks(component=b":", element=b"+", release=b"?", segment=b"'")
    if not document.startswith(b"UNB"):
        raise Unintelligible("not an EDIFACT interchange: no UNB segment")
    return _segments(document, _distinct(marks))


def _distinct(marks: Marks) -> Marks:
    given = [mark for mark in (marks.element, marks.component, marks.segment, marks.release) if mark]
    if len(set(given)) != len(given) or any(mark.isalnum() or mark in b" -." or mark > b"\x7f" for mark in given):
        raise Unintelligible("the interchange names letters, or one sign twice, as its separators")
    return marks


def _segments(document: bytes, marks: Marks) -> Iterator[Segment]:
    at, number = 0, 0
    while at < len(document):
        end = _end(document, at, marks)
        raw, at = document[at:end].lstrip(BLANK), end + 1
        if not raw:
            continue
        number += 1
        if number > MOST:
            raise Unintelligible(f"over {MOST} segments")
        tag, elements = _parts(raw, marks)
        yield Segment(number, tag, elements)


def _parts(raw: bytes, marks: Marks) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The tag, and the components of each element."""
    if marks.release and marks.release in raw:
        tag, *elements = _split(raw, marks.element, marks.release)
        parts = (
            tuple(_text(one, marks) for one in _split(piece, marks.component, marks.release)) for piece in elements
        )
        return _text(tag, marks).strip(), tuple(parts)
    component = marks.component.decode("latin-1")
    name, *pieces = _decoded(raw).split(marks.element.decode("latin-1"))
    return name.strip(), tuple(tuple(piece.split(component)) for piece in pieces)


def _end(document: bytes, at: int, marks: Marks) -> int:
    """Where the segment that begins at `at` ends: at a mark that no release stands before, or with the file."""
    end = at
    while True:
        end = document.find(marks.segment, end, at + LONGEST + 1)
        if end < 0:
            if len(document) - at > LONGEST:
                raise Unintelligible(f"a segment of over {LONGEST} bytes")
            return len(document)
        if not marks.release or document[end - 1 : end] != marks.release or _free(document[at:end], marks.release):
            return end
        end += 1


def _free(before: bytes, release: bytes) -> bool:
    """Whether an even number of releases stands at the end: they release each other."""
    return (len(before) - len(before.rstrip(release))) % 2 == 0


def _split(raw: bytes, mark: bytes, release: bytes) -> list[bytes]:
    pieces, held = [], b""
    for piece in raw.split(mark):
        held += piece
        if _free(held, release):
            pieces.append(held)
            held = b""
        else:
            held += mark
    return [*pieces, held] if held else pieces


def _text(raw: bytes, marks: Marks) -> str:
    """Without releases."""
    return _decoded(re.sub(rb"%b(.)" % re.escape(marks.release), rb"\1", raw, flags=re.DOTALL))


def _decoded(raw: bytes) -> str:
    """UTF-8, or Latin-1, which takes any byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
