"""Finds a profile's table in a file: its rows, its header, what stands above. CSV or XLSX."""

import difflib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from adapters.invoices.mapped.reader_profile import PLACE, Profile
from adapters.toolkit.sheets import Dialect, Row, folded, names_at, records
from adapters.toolkit.workbook import is_workbook, workbook_rows
from schemas.values import tidy

SEARCHED = 40
"""Rows from the top in which a header is looked for."""
Record = tuple[int, list[str]]


@dataclass(slots=True)
class Table:
    """`at` is empty where no header fits; then `missing` says which columns, and `header` what comes nearest."""

    rows: Iterator[Record]
    decimal: str
    cut: bool = True
    """A row that ends early has lost something. A workbook's rows, and those without a header, end where they like."""
    header: list[str] = field(default_factory=list)
    header_row: int = 0
    at: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    above: list[Record] = field(default_factory=list)

    def stated(self, names: tuple[str, ...]) -> tuple[Row, int] | None:
        """The cell that a label or a place above the table names: its row and position."""
        for name in names:
            if place := PLACE.fullmatch(name):
                number, position = int(place["row"]), int(place["column"]) - 1
                cells = next((cells for row, cells in self.above if row == number), [])
                return Row(number, cells, {}), position
            for index, (number, cells) in enumerate(self.above):
                labels = [folded(cell).rstrip(" :") for cell in cells]
                if folded(name).rstrip(" :") in labels:
                    position = labels.index(folded(name).rstrip(" :"))
                    beneath = Row(*self.above[index + 1], {}) if index + 1 < len(self.above) else None
                    if beneath is not None and beneath.cell(position):
                        return beneath, position
                    return Row(number, cells, {}), position + 1
        return None


def open_table(document: bytes, profile: Profile, broken: Callable[[int, str], None]) -> Table:
    """Raises Unintelligible for a workbook that cannot be read."""
    rows: Iterator[Record]
    decimal: str
    workbook = is_workbook(document[:8192])
    if workbook:
        decimal = profile.decimal or "."
        rows = workbook_rows(document, profile.sheet, decimal)
    else:
        delimiter = "\t" if profile.delimiter == "tab" else profile.delimiter
        dialect = Dialect.of(document, profile.encoding, delimiter, profile.decimal)
        rows, decimal = records(document, dialect, broken), dialect.decimal
    top = list(itertools.islice(rows, SEARCHED))
    table = Table(itertools.chain(top, rows), decimal, cut=not workbook and profile.header != "none")
    _place(table, profile, top)
    return table


def _place(table: Table, profile: Profile, top: list[Record]) -> None:
    if profile.header == "none":
        widest = max((len(cells) for _, cells in top), default=0)
        table.header = [f"C{position}" for position in range(1, widest + 1)]
        table.at = {name: position for position, name in enumerate(map(folded, table.header))}
        table.above = top
        table.missing = [name for name in profile.needed if folded(name) not in table.at]
        table.at = {} if table.missing else table.at
        return
    asked = [one for one in top if profile.header in ("auto", str(one[0]))]
    if not asked:
        table.missing = list(profile.needed)
        return
    best = min(asked, key=lambda one: (len(missing_of(profile, one[1])), one[0]))
    table.header_row, table.header = best
    table.above = [one for one in top if one[0] < best[0]]
    table.missing = missing_of(profile, best[1])
    if not table.missing:
        table.at = names_at(best[1])
        table.rows = itertools.dropwhile(lambda one: one[0] <= best[0], table.rows)


def missing_of(profile: Profile, header: list[str]) -> list[str]:
    there = {folded(name) for name in header}
    return [name for name in profile.needed if not any(folded(other) in there for other in profile.alternatives(name))]


def explained(name: str, profile: Profile, table: Table) -> str:
    """For somebody who has to mend a profile, or ask for another file."""
    there = [tidy(cell, 60) for cell in table.header if cell.strip()]
    near = difflib.get_close_matches(folded(name), [folded(one) for one in there], 1, 0.6)
    meant = next((one for one in there if near and folded(one) == near[0]), None)
    others = [other for other in profile.alternatives(name) if other != name]
    said = f"no column {name!r}" + (f" (or {', '.join(map(repr, others))})" if others else "")
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"{said}{hint}; row {table.header_row or 1} has: {', '.join(there)}"
