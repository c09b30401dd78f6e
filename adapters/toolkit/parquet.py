"""Rows as a Parquet file, for whoever reads tables by columns. Written with polars, an extra of the installation."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from schemas.errors import Unsupported

DIGITS, DECIMALS = 38, 8
"""Of every amount and rate: exact, and more decimals than any currency has, so that every file has the same columns."""


def write_parquet(
    rows: Iterable[Sequence[str | date | Decimal]], kinds: Sequence[type[str] | type[date] | type[Decimal]]
) -> bytes:
    """A header and its rows; `kinds` says what each column holds. An empty text is no value.

    Raises Unsupported where polars is not installed.
    """
    pl = _polars()
    types = {str: pl.String(), date: pl.Date(), Decimal: pl.Decimal(DIGITS, DECIMALS)}
    header, *told = rows
    columns = zip(*told, strict=True) if told else ((),) * len(kinds)
    out = io.BytesIO()
    pl.DataFrame(
        [
            pl.Series(str(name), [None if value == "" else value for value in column], dtype=types[kind])
            for name, column, kind in zip(header, columns, kinds, strict=True)
        ]
    ).write_parquet(out)
    return out.getvalue()


class ParquetParts:
    """A table that is longer than memory: parts in a folder, made one file at the end. `columns` names each column's kind:
    str, int (64 bits) or datetime (UTC, microseconds). Raises Unsupported where polars is not installed."""

    def __init__(self, columns: Mapping[str, type[str] | type[int] | type[datetime]], folder: Path) -> None:
        self._pl = _polars()
        types = {str: self._pl.String(), int: self._pl.Int64(), datetime: self._pl.Datetime("us", "UTC")}
        self._schema = {name: types[kind] for name, kind in columns.items()}
        self._folder = folder
        self._parts: list[Path] = []

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """The next rows, each with a value or None for every column."""
        part = self._folder / f"{len(self._parts)}.parquet"
        self._pl.DataFrame(rows, schema=self._schema, orient="row").write_parquet(part)
        self._parts.append(part)

    def join(self, file: Path) -> None:
        """All of them, in order, as one file; without any, the columns alone."""
        if not self._parts:
            self.add([])
        self._pl.scan_parquet(self._parts).sink_parquet(file)


def _polars() -> Any:
    try:
        import polars
    except ImportError as error:
        raise Unsupported("Parquet files need the extra: pip install 'homeward[bulk]'") from error
    return polars
