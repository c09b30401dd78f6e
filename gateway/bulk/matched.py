"""Which booking each line means: nearly all by the waybill or the reference alone, column by column; the rest as ever.

`rules/matching.py` says what a match is. A key that stands for one booking in whose life the line was shipped is decided
here; numbers that several bookings share, barcodes, prefixes and corrections are left to it.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl
from polars import col

from gateway.bulk.files import FIRST, SECOND, canonical, hashed
from gateway.rules.matching import (
    GROUND_BARCODE,
    POSTAL_BARCODE,
    PREFIX,
    BilledLine,
    Booked,
    Match,
    keys_of,
    match,
)
from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType

FEW = 100_000
"""Lines for which it is worth while to look through the bookings first."""
METHODS = pl.Enum(["waybill", "original", "reference", "reference_core"])
PREFIXES = "^" + PREFIX.pattern.split("(?=")[0]
"""The same without looking ahead, which polars cannot."""


def by_number(lines: pl.DataFrame, bookings: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, dict[int, Match]]:
    """The lines with `booking`, `method` and `doubtful`; and of those that were looked at one by one what was found, by row.

    `doubtful`: no booking, though several may be meant.
    """
    lines = _joined(lines, "waybill", bookings, policy)
    rest = lines.filter(col("booking").is_null())
    rest = rest.with_columns(_canonical_few(rest["reference"])).with_columns(
        hashed(col("carrier").cast(pl.String), col("number")).alias("other_key")
    )
    plainly = rest.filter((col("waybill") == "") & col("original_waybill").is_null() & col("other_key").is_not_null())
    found = _by_reference(plainly, bookings, policy)
    left = rest.join(found, on="row", how="anti")
    singly = _one_by_one(left.filter(_is_worth_a_look(left, bookings)), bookings, policy)
    also = _found(found, singly)
    doubtful = pl.Series([row for row, one in singly.items() if one.candidates], dtype=pl.UInt32)
    named = pl.Series("method", ["waybill"], dtype=METHODS).new_from_index(0, lines.height)
    named = named.scatter(also["row"] - 1, also["method"].cast(METHODS))
    merged = lines["booking"].scatter(also["row"] - 1, also["booking"])
    return lines.with_columns(merged, named, col("row").is_in(doubtful.implode()).alias("doubtful")), singly


def _found(plainly: pl.DataFrame, singly: Mapping[int, Match]) -> pl.DataFrame:
    """`row`, `booking`, `method` of what was found without the waybill's own join."""
    rows = [(row, int(one.booked.shipment_id), one.method) for row, one in singly.items() if one.booked]
    schema = {"row": pl.UInt32, "booking": pl.UInt32, "method": pl.String}
    by_reference = plainly.select("row", "booking", pl.lit("reference").alias("method"))
    return pl.concat([by_reference, pl.DataFrame(rows, schema=schema, orient="row")])


def _joined(lines: pl.DataFrame, number: str, bookings: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`booking` where the number is one booking's alone, the second hash says the same and the ship date lies in its life."""
    index = bookings.select(col(f"{number}_{FIRST}").alias("key"), "booking").filter(col("key").is_not_null())
    if lines.height < FEW:
        index = index.filter(col("key").is_in(lines["key"].implode()))
    joined = lines.join(index, on="key", how="left", maintain_order="left")
    if joined.height > lines.height:
        several = joined.filter(col("row").is_duplicated())["row"].unique()
        joined = joined.unique("row", keep="first", maintain_order=True).with_columns(
            pl.when(~col("row").is_in(several.implode())).then(col("booking")).alias("booking")
        )
    text = "waybill" if number == "waybill" else "number"
    surely = col(text).hash(SECOND) == pl.lit(bookings[f"{number}_{SECOND}"]).gather(col("booking"))
    days = (col("shipped_on") - pl.lit(bookings["ship_on"]).gather(col("booking"))).dt.total_days()
    lives = days.is_between(-policy.life_before, policy.life_after).fill_null(True)
    return joined.with_columns(pl.when(surely & lives).then(col("booking")).alias("booking"))


def _by_reference(plainly: pl.DataFrame, bookings: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Those whose reference is one booking's, and no waybill of another."""
    keys = plainly["other_key"]
    waybills = bookings[f"waybill_{FIRST}"].filter(bookings[f"waybill_{FIRST}"].is_in(keys.implode()))
    asked = plainly.drop("booking").with_columns(keys.alias("key")).filter(~col("key").is_in(waybills.implode()))
    return _joined(asked, "reference", bookings, policy).filter(col("booking").is_not_null())


def _is_worth_a_look(left: pl.DataFrame, bookings: pl.DataFrame) -> pl.Expr:
    """Whether any number of the line may mean something: as it stands, or as what a barcode or a prefix leaves of it."""
    asked = pl.concat([left["key"], left["other_key"].alias("key")]).drop_nulls().unique()
    there = pl.concat([_among(bookings[f"{kind}_{FIRST}"], asked) for kind in ("waybill", "reference")])
    known = [col(key).is_in(there.implode()).fill_null(False) for key in ("key", "other_key")]
    forms = [col("waybill").str.contains(rf"^(?:{form.pattern})$") for form in (GROUND_BARCODE, POSTAL_BARCODE)]
    prefixed = col("number").str.contains(PREFIXES)
    return pl.any_horizontal(*known, *forms, prefixed, col("original_waybill").is_not_null())


def _among(keys: pl.Series, asked: pl.Series) -> pl.Series:
    return keys.filter(keys.is_in(asked.implode())).alias("key")


def _canonical_few(numbers: pl.Series) -> pl.Series:
    return pl.Series("number", [canonical(one) for one in numbers.fill_null("").to_list()], dtype=pl.String)


def _one_by_one(rest: pl.DataFrame, bookings: pl.DataFrame, policy: Policy) -> dict[int, Match]:
    """What `rules/matching.py` says of each, by row; all of the bookings that their numbers may name are at hand."""
    lines = [(row["row"], row["carrier"], as_billed(row)) for row in rest.iter_rows(named=True)]
    wanted = {(carrier, key) for _, carrier, line in lines for _, key in keys_of(line)}
    index: dict[tuple[str, str], list[Booked]] = {}
    for carrier, key, place, is_waybill in _named(wanted, bookings):
        index.setdefault((carrier, key), []).append(_as_named(place, key if is_waybill else "", bookings))
    found = {}
    for row, carrier, line in lines:
        its = {key: index[carrier, key] for _, key in keys_of(line) if (carrier, key) in index}
        found[row] = match(line, its, policy)
    return found


def _named(wanted: Iterable[tuple[str, str]], bookings: pl.DataFrame) -> Iterable[tuple[str, str, int, bool]]:
    asked = pl.DataFrame(sorted(wanted), schema={"carrier": pl.String, "number": pl.String}, orient="row")
    first, second = hashed(col("carrier"), col("number")), col("number").hash(SECOND)
    asked = asked.with_columns(first.alias("key_1"), second.alias("key_2"))
    for kind in ("waybill", "reference"):
        there = bookings.select(
            col(f"{kind}_{FIRST}").alias("key_1"), col(f"{kind}_{SECOND}").alias("key_2"), "booking"
        )
        there = there.filter(col("key_1").is_in(asked["key_1"].implode()))
        hits = asked.join(there, on=["key_1", "key_2"], how="inner").sort("booking")
        for carrier, number, place in hits.select("carrier", "number", "booking").iter_rows():
            yield carrier, number, place, kind == "waybill"


def _as_named(place: int, waybill: str, bookings: pl.DataFrame) -> Booked:
    """As much of a booking as matching needs."""
    ship_on: date | None = bookings["ship_on"][place]
    return Booked(str(place), str(place), None, {}, False, True, True, frozenset({waybill} - {""}), ship_on=ship_on)


def as_billed(row: dict[str, object]) -> BilledLine:
    """A row of the table as the rules want it; its id sorts as the rows do."""
    references = [canonical(str(row["reference"]))] if row["reference"] else []
    original = row["original_waybill"]
    return BilledLine(
        id=f"{row['row']:010}",
        waybill=str(row["waybill"]) or None,
        type=ChargeType(str(row["type"])),
        minor=int(str(row["minor"])),
        currency=str(row["currency"]),
        original_waybill=canonical(str(original)) if original else None,
        references=references,
        shipped_on=row["shipped_on"],  # type: ignore[arg-type]
        service=row["service"],  # type: ignore[arg-type]
        grams=row["grams"],  # type: ignore[arg-type]
    )
