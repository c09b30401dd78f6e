"""The peer: the same two files reconciled by what somebody writes in an afternoon with polars, and nothing around it.

Reads both files, brings the numbers to one form, matches by waybill and else by reference, marks repeated lines, gives one of
ten verdicts by plain comparisons, adds up by booking and keeps the exceptions. It knows of no running account of a shipment,
no reasons in words, no notes. Prints one JSON line.
"""

import json
import resource
import sys
import time
from pathlib import Path

import polars as pl


def main(folder: Path) -> None:
    started = time.perf_counter()
    lines = pl.read_csv(folder / "lines.csv").with_row_index("number")
    bookings = pl.read_csv(folder / "bookings.csv").with_row_index("booking")
    column = pl.col
    number = column("waybill").fill_null("").str.to_uppercase().str.replace_all("[^A-Z0-9]", "")
    lines = lines.with_columns(number.alias("key"))
    same = ["carrier", "key", "reference", "type", "currency", "minor", "shipped_on"]
    lines = lines.with_columns((~pl.struct(same).is_first_distinct()).alias("again"))
    by_waybill = bookings.select("carrier", column("waybill").alias("key"), column("booking").alias("first"))
    by_reference = bookings.select("carrier", "reference", column("booking").alias("second"))
    found = lines.join(by_waybill, on=["carrier", "key"], how="left").join(
        by_reference, on=["carrier", "reference"], how="left"
    )
    found = found.with_columns(pl.coalesce("first", "second").alias("booking"))
    found = found.join(bookings.drop("waybill", "reference", "carrier"), on="booking", how="left", suffix="_booked")
    types = ("FREIGHT", "FUEL", "REMOTE_AREA", "INSURANCE")
    expected = pl.coalesce(*(pl.when(column("type") == name).then(column(name)) for name in types))
    found = found.with_columns(expected.alias("expected"))
    let_pass = pl.max_horizontal(pl.lit(50), column("expected") // 100)
    over = column("minor") > column("expected") + let_pass
    heavy = column("grams") > column("grams_booked") + pl.max_horizontal(pl.lit(100), column("grams_booked") // 20)
    verdict = (
        pl.when(column("again")).then(pl.lit("duplicate"))
        .when(column("booking").is_null()).then(pl.lit("unmatched"))
        .when(column("live") == 0).then(pl.lit("voided_billed"))
        .when(column("currency") != column("currency_booked")).then(pl.lit("currency"))
        .when((column("type") == "INSURANCE") & (column("insured") == 0)).then(pl.lit("insurance_not_requested"))
        .when((column("type") == "FREIGHT") & over & heavy).then(pl.lit("weight_over"))
        .when(column("expected").is_null() & (column("minor") > 0)).then(pl.lit("accessorial_not_requested"))
        .when(over).then(pl.lit("rate_over"))
        .when(column("minor") < column("expected") - let_pass).then(pl.lit("under"))
        .otherwise(pl.lit("matched"))
    )  # fmt: skip
    found = found.with_columns(verdict.alias("verdict"))
    counts = found.group_by("verdict").agg(pl.len(), column("minor").sum().alias("sum"))
    billed = found.filter(column("booking").is_not_null()).group_by("booking", "currency").agg(column("minor").sum())
    exceptions = found.filter(~column("verdict").is_in(["matched", "under"]))
    told = {
        "seconds": round(time.perf_counter() - started, 3),
        "counts": {row[0]: row[1] for row in counts.sort("verdict").iter_rows()},
        "billed": billed.height,
        "exceptions": exceptions.height,
    }
    used = resource.getrusage(resource.RUSAGE_SELF)
    told |= {"cpu": round(used.ru_utime + used.ru_stime, 3), "peak_mib": round(used.ru_maxrss / 1024)}
    print(json.dumps({"engine": "bare polars", **told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
