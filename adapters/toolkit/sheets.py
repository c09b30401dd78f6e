"""Tables in files: bytes to rows, cells to values. Encodings, separators, numbers, dates. Knows nothing of invoices.

A file is decoded and cut into rows as it is read, never as a whole. What cannot be read is told, and the next row goes on.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

CHUNK = 1 << 20
HEAD = 65536
MOST_LINES = 50
"""Of one record. Where quotes stay open for longer, somebody forgot to close them."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DATE_FORMS = (
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", re.ASCII),
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ][0-9:.]+(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII),
)
MONTH_FIRST = re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})", re.ASCII)
DAY_FIRST = re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4}|\d{2})", re.ASCII)
NAMED_MONTH = re.compile(r"(?P<d>\d{1,2})[ -](?P<m>[A-Za-z]{3})[a-z]*[ -](?P<y>\d{4}|\d{2})", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PLAIN = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?")
AMOUNT = re.compile(r"-?[0-9]{1,3}(?:[., ]?[0-9]{3})*([.,])[0-9]{1,2}")


def encoding_of(document: bytes) -> str:
    """By its mark; else UTF-8 if all of it is, GB18030 if it reads as Chinese, or Windows-1252, which takes any byte."""
    for mark, name in MARKS:
        if document.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(document), CHUNK):
            decoder.decode(document[start : start + CHUNK])
        return "utf-8"  # a character cut off at the end is not a reason to doubt the rest
    except UnicodeDecodeError:
        return "gb18030" if _is_chinese(document[:CHUNK]) else "cp1252"


def _is_chinese(sample: bytes) -> bool:
    """Western text has lone accented letters; Chinese has runs of byte pairs, nearly all of the commonest characters."""
    high = re.findall(rb"(?:[\x81-\xfe][\x30-\x39\x40-\x7e\x80-\xfe])+", sample)
    pairs = [run[at : at + 2] for run in high for at in range(0, len(run) - 1, 2)]
    common = sum(0xB0 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 for pair in pairs)
    return any(len(run) >= 4 for run in high) and common >= 0.8 * len(pairs)


def decoded(document: bytes) -> str:
    """All of a short text, such as a file's head."""
    return document.decode(encoding_of(document), "replace").removeprefix("\ufeff")


def delimiter_of(text: str) -> str:
    """What the head of the file has most of."""
    head = text[:8192]
    return max(",;\t|", key=head.count)


def decimal_of(rows: Iterable[Sequence[str]], otherwise: str) -> str:
    """The mark that stands before the last one or two figures of most numbers."""
    found = [match[1] for cells in rows for cell in cells if (match := AMOUNT.fullmatch(cell.strip()))]
    points = found.count(".")
    return otherwise if 2 * points == len(found) else "." if 2 * points > len(found) else ","


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file of rows is written."""

    encoding: str
    delimiter: str
    decimal: str

    @classmethod
    def of(
        cls, document: bytes, encoding: str | None = None, delimiter: str | None = None, decimal: str | None = None
    ) -> "Dialect":
        """What is not given is told from the file, decimals from its first 64 KiB."""
        encoding = encoding or encoding_of(document)
        head = document[:HEAD].decode(encoding, "replace").removeprefix("\ufeff")
        delimiter = delimiter or delimiter_of(head)
        if decimal is None:
            rows = (cells for _, cells in _records(io.StringIO(head, newline=""), delimiter, lambda *_: None))
            decimal = decimal_of(rows, "," if delimiter == ";" else ".")
        return cls(encoding, delimiter, decimal)


def records(document: bytes, dialect: Dialect, broken: Callable[[int, str], None]) -> Iterator[tuple[int, list[str]]]:
    """Every record with its number from 1. One with broken quotes is told to `broken`, and the next line goes on."""
    lines = io.TextIOWrapper(io.BytesIO(document), dialect.encoding, errors="replace", newline="")
    return _records(lines, dialect.delimiter, broken)


@dataclass(slots=True)
class _Lines:
    """Lines, with those of the record at hand kept back, so that they can be read again one by one."""

    source: Iterator[str]
    held: list[str] = field(default_factory=list)
    again: deque[str] = field(default_factory=deque)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.held) >= MOST_LINES:
            raise csv.Error(f"quotes stay open for {MOST_LINES} lines")
        line = self.again.popleft() if self.again else next(self.source)
        self.held.append(line)
        return line


def _records(
    lines: Iterable[str], delimiter: str, broken: Callable[[int, str], None]
) -> Iterator[tuple[int, list[str]]]:
    source = _Lines(iter(lines))
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            broken(number, str(error))
            source.again.extendleft(reversed(source.held[1:]))
            rows = csv.reader(source, delimiter=delimiter, strict=True)
            source.held.clear()
            continue
        source.held.clear()
        if number == 1 and cells:
            cells[0] = cells[0].removeprefix("\ufeff")
        yield number, cells


@lru_cache(8192)
def parsed_amount(text: str, decimal: str = ".") -> Decimal | None:
    """An exact number, with thousands separators, brackets or a trailing minus; None for anything else.

    `decimal` is the file's usual mark. The other one is taken only where it can mean nothing else: `1,234` in a file with
    points is a thousand, `12,34` is twelve.
    """
    if PLAIN.fullmatch(text) and decimal == ".":
        return Decimal(text)
    bare = re.sub(r"[\s\u00a0\u202f$€£¥￥]", "", text).replace("\u2212", "-")
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    if bare.endswith("-"):
        bare = f"-{bare[:-1]}"
    other = "," if decimal == "." else "."
    for point, group in ((decimal, other), (other, decimal)):
        form = rf"[+-]?(?:[0-9]{{1,12}}|[0-9]{{1,3}}(?:\{group}[0-9]{{3}}){{1,3}})?(?:\{point}[0-9]{{0,9}})?"
        if re.fullmatch(form, bare) and re.search("[0-9]", bare):
            return Decimal(bare.replace(group, "").replace(point, "."))
    return None


@lru_cache(4096)
def parsed_date(text: str, *, day_first: bool = False) -> date | None:
    """`20250804`, `2025-08-04`, `4 Aug 2025`; `8/4/2025` by `day_first`, `4.8.2025` always so. A year of two figures is
    of this century."""
    order = (DAY_FIRST, MONTH_FIRST) if day_first else (MONTH_FIRST, DAY_FIRST)
    for form in (*DATE_FORMS, *order, NAMED_MONTH):
        if found := form.fullmatch(text):
            return _day(found["y"], found["m"], found["d"])
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        number = int(month) if month.isdigit() else MONTHS.index(month.casefold()) + 1
        return date(int(year) if len(year) == 4 else 2000 + int(year), number, int(day))
    except ValueError:
        return None


def folded(text: str) -> str:
    """As texts and names are compared: blanks folded, small letters."""
    return " ".join(text.split()).casefold()


def names_at(header: Sequence[str]) -> dict[str, int]:
    """Where each name stands, folded, from left to right; the first, where one repeats."""
    found: dict[str, int] = {}
    for position, name in enumerate(header):
        if name.strip():
            found.setdefault(folded(name), position)
    return found


@dataclass(slots=True)
class Row:
    """One record under its header."""

    number: int
    cells: Sequence[str]
    at: dict[str, int]

    def text(self, name: str) -> str:
        return self.cell(self.at.get(name, -1))

    def cell(self, position: int) -> str:
        return self.cells[position].strip() if 0 <= position < len(self.cells) else ""
