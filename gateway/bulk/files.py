"""The two CSV files: which columns they have, and what is made of them. UTF-8, comma, a header; other columns are not read.

Numbers are compared as `canonical` makes them. Of a booking only two hashes of each number are kept (64 bits to find it by,
64 more to be sure), so that a million of them takes tens of megabytes.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from polars import col, when

from schemas.charges import ChargeType
from schemas.errors import RefusalCode, Refused
from schemas.iso import CURRENCY_DIGITS

TYPES = pl.Enum([kind.value for kind in ChargeType])
LINES: Mapping[str, type[pl.DataType]] = {
    "invoice": pl.String,
    "carrier": pl.String,
    "waybill": pl.String,
    "type": pl.String,
    "currency": pl.String,
    "minor": pl.Int64,
}
"""What a line must have. `minor` is the amount in whole minor units; credits are negative."""
MORE_OF_LINES: Mapping[str, type[pl.DataType]] = {
    "issued_on": pl.String,
    "reference": pl.String,
    "original_waybill": pl.String,
    "shipped_on": pl.String,
    "service": pl.String,
    "grams": pl.Int32,
}
BOOKINGS: Mapping[str, type[pl.DataType]] = {"carrier": pl.String, "waybill": pl.String, "currency": pl.String}
MORE_OF_BOOKINGS: Mapping[str, type[pl.DataType]] = {
    "reference": pl.String,
    "ship_on": pl.String,
    "service": pl.String,
    "grams": pl.Int32,
    "dock_grams": pl.Int32,
    "pieces": pl.Int32,
    "insured": pl.Int8,
    "live": pl.Int8,
    "moved": pl.Int8,
}
"""What may be known of a booking: flags are 0 and 1. A column named by a charge type is what was agreed, in minor units."""
PUNCTUATION = "[\\s\\-\u00ad\u200b-\u200d\u2010-\u2015\u2060\u2212_/.#:]+"
FIRST, SECOND = 1, 2
"""Seeds: by the first a number is found, by the second it is made sure of."""


def canonical(value: str) -> str:
    """As the store compares numbers: full-width folded, upper case, without spaces and punctuation."""
    return re.sub(PUNCTUATION, "", unicodedata.normalize("NFKC", value)).upper()[:254]


def _canonical(name: str) -> pl.Expr:
    """The same, a column at a time; what is not plain ASCII goes one by one."""
    plain = col(name).str.to_uppercase().str.replace_all(PUNCTUATION, "")
    odd = col(name).str.len_chars() != col(name).str.len_bytes()
    return when(odd).then(col(name).map_elements(canonical, pl.String, skip_nulls=True)).otherwise(plain).fill_null("")


def hashed(carrier: pl.Expr, number: pl.Expr) -> pl.Expr:
    """A carrier's number as 64 bits; None where there is no number."""
    return when(number != "").then(number.hash(FIRST) ^ carrier.hash(FIRST + 2))


def read_lines(path: Path) -> pl.DataFrame:
    """Billed lines, in the file's order: `row` counts from 1. Raises Refused with what is wrong, and where."""
    frame = _scan(path, LINES, MORE_OF_LINES)
    lines = frame.with_columns(
        _canonical("waybill").alias("waybill"),
        col("type").cast(TYPES, strict=False),
        *(
            col(name).cast(pl.Categorical)
            for name in ("invoice", "carrier", "currency", "service", "issued_on", "shipped_on")
        ),
    )
    lines = lines.with_columns(hashed(col("carrier").cast(pl.String), col("waybill")).alias("key"))
    kept = lines.collect(engine="streaming").with_row_index("row", 1)
    _known(path, kept, ("type", "currency", "minor"))
    return kept.with_columns(_day(kept["issued_on"]), _day(kept["shipped_on"]))


def read_bookings(path: Path) -> pl.DataFrame:
    """Bookings; `booking` is their place in the file, from 0. Raises Refused with what is wrong, and where."""
    names = _header(path)
    agreed = {name: pl.Int64 for name in names if name in TYPES.categories}
    frame = _scan(path, BOOKINGS, {**MORE_OF_BOOKINGS, **agreed})
    frame = frame.with_columns(_canonical("waybill").alias("waybill"), _canonical("reference").alias("reference"))
    made = [
        one
        for number in ("waybill", "reference")
        for one in (
            hashed(col("carrier"), col(number)).alias(f"{number}_{FIRST}"),
            col(number).hash(SECOND).alias(f"{number}_{SECOND}"),
        )
    ]
    kept = frame.select(
        *made,
        *(col(name).cast(pl.Categorical) for name in ("currency", "service", "ship_on")),
        *(col(name).cast(pl.Boolean).fill_null(name != "insured") for name in ("insured", "live", "moved")),
        *(col(name) for name in ("grams", "dock_grams", "pieces", *agreed)),
    ).collect(engine="streaming")
    _known(path, kept, ("currency",))
    return kept.with_columns(_day(kept["ship_on"])).with_row_index("booking")


def _header(path: Path) -> Sequence[str]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return [name.strip() for name in next(csv.reader(file), [])]


def _scan(path: Path, needed: Mapping[str, type[pl.DataType]], more: Mapping[str, type[pl.DataType]]) -> pl.LazyFrame:
    names = _header(path)
    missing = [name for name in needed if name not in names]
    if missing:
        raise _refused(path, f"has no column {', '.join(missing)}; there are: {', '.join(names)[:300]}")
    known = {**needed, **more}
    given = {name: pl.String if kind is pl.String else kind for name, kind in known.items() if name in names}
    try:
        frame = pl.scan_csv(path, schema_overrides=given).select(list(given))
        frame.head(1).collect()
    except pl.exceptions.PolarsError as error:
        raise _refused(path, f"cannot be read: {str(error).splitlines()[0][:200]}") from error
    return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in known.items() if name not in names)


def _known(path: Path, kept: pl.DataFrame, names: Sequence[str]) -> None:
    """Every row has them, and no currency is one that nobody knows."""
    for name in names:
        gone = kept[name].is_null()
        if name == "currency":
            gone = by_text(kept[name], CURRENCY_DIGITS.get, pl.Int64).is_null()
        if gone.any():
            place = gone.arg_true()[0]
            raise _refused(path, f"row {place + 2}, column {name}: nothing, or nothing that is known")


def by_text(column: pl.Series, worth: Callable[[str], Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    """A column of few distinct texts turned into something else: each text once, not each row."""
    codes = column.to_physical()
    texts = pl.DataFrame({"code": codes, "text": column}).unique("code").drop_nulls()
    top = int(str(codes.max() or 0)) + 1
    values = pl.Series(column.name, [None], dtype=kind).new_from_index(0, top)
    made = pl.Series([worth(text) for text in texts["text"].cast(pl.String)], dtype=kind)
    return values.scatter(texts["code"], made).gather(codes) if len(texts) else values.new_from_index(0, len(column))


def _day(column: pl.Series) -> pl.Series:
    """What is no day is none."""
    return by_text(column, _as_day, pl.Date)


def _as_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refused(path: Path, what: str) -> Refused:
    return Refused(f"{path.name} {what}", code=RefusalCode.DATA_INVALID)
