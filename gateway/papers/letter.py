"""What is sent to a carrier that takes no disputes or claims by its API: a letter, the lines as CSV, and the evidence."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.papers.evidence import File
from gateway.papers.pack import zipped
from gateway.papers.sheet import Sheet
from gateway.papers.words import Said

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Letter:
    """`facts` and `head` are keys of the papers' words; a fact without a value is left out."""

    kind: str
    """`dispute` or `claim`."""
    id: str
    made_on: date
    exporter: str
    carrier: str
    facts: Sequence[tuple[str, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    files: Sequence[File]


def pack(letter: Letter, language: str) -> bytes:
    """As a ZIP with a manifest. Raises Conflict where the extra `pdf` is not installed."""
    files = {f"files/{file.name}": file.content for file in letter.files}
    about = {"id": letter.id, "kind": letter.kind, "made_on": letter.made_on.isoformat()}
    return zipped({f"{letter.kind}.pdf": sheet(letter, language), "lines.csv": lines(letter), **files}, about)


def sheet(letter: Letter, language: str) -> bytes:
    said = Said(language)
    paper = Sheet(said(f"letter.{letter.kind}"), f"{said('made')} · {letter.id}")
    paper.pairs(
        [
            (said("to"), letter.carrier),
            (said("from"), letter.exporter),
            (said("dated"), letter.made_on.isoformat()),
            (said("our_reference"), letter.id),
            *((said(key), value) for key, value in letter.facts),
        ]
    )
    paper.gap(6)
    paper.text(said(f"letter.{letter.kind}_words"))
    paper.heading(said("lines"))
    paper.table([said(key) for key in letter.head], letter.rows, letter.widths)
    if letter.files:
        paper.heading(said("files"))
        shown = [(file.name, f"{file.sha256[:32]} {file.sha256[32:]}", str(len(file.content))) for file in letter.files]
        paper.table([said("file"), "SHA-256", said("size")], shown, (0.4, 0.46, 0.14))
    paper.gap(24)
    paper.text(said("sign"))
    return paper.pdf()


def lines(letter: Letter) -> bytes:
    """RFC 4180, UTF-8. Text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(letter.head)
    for row in letter.rows:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) and not _is_amount(cell) else cell for cell in row])
    return out.getvalue().encode()


def _is_amount(cell: str) -> bool:
    number = cell.removeprefix("-").partition(" ")[0]
    return number.replace(".", "", 1).isdigit()
