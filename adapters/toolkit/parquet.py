"""Rows as a Parquet file, for whoever reads tables by columns. Written with polars, an extra of the installation."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from schemas.errors import Unsupported

DIGITS, DECIMALS = 38, 8
"""Of every amount and rate: exact, and more decimals than any currency has, so that every file has the same columns."""


def write_parquet(
    rows: Iterable[Sequence[str | date | Decimal]], kinds: Sequence[type[str] | type[date] | type[Decimal]]
) -> bytes:
    """A header and its rows; `kinds` says what each column holds. An empty text is no value.

    Raises Unsupported where polars is not installed.
    """
    try:
        import polars as pl
    except ImportError as error:
        raise Unsupported("Parquet files need the extra: pip install 'homeward[bulk]'") from error
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
