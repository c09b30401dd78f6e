"""Rows of an XLSX file as texts, in a stream, and rows as such a file. The only place that touches openpyxl, an extra of the
installation.

A workbook is a ZIP of XML. It is refused before it is opened where it would grow too large or names a document type; entities
from outside are never fetched.
"""

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from schemas.errors import Unintelligible, Unsupported

START = b"PK\x03\x04"
LARGEST = 256 << 20
MOST_COLUMNS = 1000
CHUNK = 500


def is_workbook(head: bytes) -> bool:
    """Whether a file that starts so is a ZIP such as spreadsheets are."""
    return head.startswith(START) and (b"[Content_Types].xml" in head or b"xl/" in head)


def workbook_rows(document: bytes, sheet: str | None = None, decimal: str = ".") -> Iterator[tuple[int, list[str]]]:
    """Each row of a sheet (the first, if none is named) with its number. Numbers are written with `decimal`, days as ISO.

    Raises Unintelligible for what is no workbook, Unsupported where openpyxl is not installed.
    """
    _guard(document)
    try:
        import openpyxl
    except ImportError as error:
        raise Unsupported("XLSX files need the extra: pip install 'homeward[xlsx]'") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(document), read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise Unintelligible("not a workbook that can be read") from error
    names = book.sheetnames
    if sheet is not None and sheet not in names:
        raise Unintelligible(f"no sheet is called {sheet!r}; there are: {', '.join(names)[:300]}")
    number = 0
    for rows in _chunks(book, sheet or names[0]):
        for cells in rows:
            number += 1
            yield number, [text_of(cell, decimal) for cell in cells[:MOST_COLUMNS]]


def write_workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet of texts, days and exact numbers; a text is never a formula. Raises Unsupported without openpyxl."""
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
    except ImportError as error:
        raise Unsupported("XLSX files need the extra: pip install 'homeward[xlsx]'") from error
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell, value in zip(cells, row, strict=True):
            if isinstance(value, str):
                cell.data_type = "s"
        sheet.append(cells)
    book.save(out)
    return out.getvalue()


def _guard(document: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise Unintelligible(f"the workbook would grow to more than {LARGEST >> 20} MB")
            for member in archive.infolist():
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        if b"<!DOCTYPE" in part.read(4096).replace(b"\x00", b""):
                            raise Unintelligible("the workbook names a document type")
    except Unintelligible:
        raise
    except Exception as error:  # the library lets through whatever its decompressors raise
        raise Unintelligible("not a workbook") from error


def _chunks(book: Any, sheet: str) -> Iterator[list[Sequence[object]]]:
    """The library warns of odd cells; nobody can act on that."""
    try:
        table = book[sheet]
        table.reset_dimensions()
        rows = table.iter_rows(values_only=True)
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                chunk = list(islice(rows, CHUNK))
            if not chunk:
                return
            yield chunk
    except Exception as error:
        raise Unintelligible("the sheet cannot be read to its end") from error


def text_of(cell: object, decimal: str = ".") -> str:
    """As a person would have typed it. A whole number too long for a spreadsheet shows that it was rounded."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        midnight = cell.time().isoformat() == "00:00:00"
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        if abs(cell) >= 1e15:
            return f"{cell:E}"
        plain = format(round(Decimal(repr(cell)), 9), "f")
        return (plain.rstrip("0").rstrip(".") if "." in plain else plain).replace(".", decimal)
    return str(cell)
