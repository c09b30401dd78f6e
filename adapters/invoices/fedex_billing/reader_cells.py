"""Bytes to records, and cells to values: encodings, separators, numbers, dates. Knows nothing of invoices."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

DATE_FORMS = (
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})"),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"),
)


def decoded(document: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else Windows-1252, which takes any byte."""
    if document[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return document.decode("utf-16", "replace")
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError:
        return document.decode("cp1252", "replace")


def delimiter_of(text: str) -> str:
    """What the head of the file has most of."""
    head = text[:8192]
    return max(",;\t|", key=head.count)


def records(text: str, broken: Callable[[int, str], None]) -> Iterator[tuple[int, list[str]]]:
    """Every record with its number from 1. One with broken quotes is told to `broken`, and the next line goes on."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            broken(number, str(error))


def parsed_amount(text: str, decimal: str = ".") -> Decimal | None:
    """An exact number, with thousands separators, brackets or a trailing minus; None for anything else.

    `decimal` is the file's usual mark. The other one is taken only where it can mean nothing else: `1,234` in a file with
    points is a thousand, `12,34` is twelve.
    """
    bare = re.sub(r"[\s\u00a0\u202f$€£']", "", text).replace("\u2212", "-")
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


def parsed_date(text: str) -> date | None:
    """`20250804`, `2025-08-04` or, month first, `8/4/2025`."""
    for form in DATE_FORMS:
        if found := form.fullmatch(text):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    return None


def folded(text: str) -> str:
    """As texts and names are compared: blanks folded, small letters."""
    return " ".join(text.split()).casefold()


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
