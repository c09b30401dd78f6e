"""Two files in; a verdict for every line, what each booking was billed, and every finding with its reason."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import col, lit, when

from gateway.bulk import columns, files, matched
from gateway.bulk.columns import FINDINGS
from gateway.bulk.exact import judge_odd
from gateway.bulk.reasons import with_reasons
from gateway.rules.tolerances import Policy
from schemas.charges import FindingKind

WELL = pl.Series([FindingKind.MATCHED.value, FindingKind.UNDER.value], dtype=FINDINGS)
KEPT = ("row", "invoice", "carrier", "waybill", "type", "currency", "minor", "finding", "agreed", "expected", "booking")


@dataclass(frozen=True, slots=True)
class Audit:
    """`lines`: the verdict of every line by `row`. `findings`: what is not as agreed, with `because`. `booked`: by booking
    and currency. `sums`: by finding and currency. Amounts are minor units; currencies are never netted."""

    lines: pl.DataFrame
    findings: pl.DataFrame
    booked: pl.DataFrame
    sums: pl.DataFrame
    singly: int
    """Lines that were judged one by one."""


def audit(bookings_file: Path, lines_file: Path, policy: Policy | None = None) -> Audit:
    """Hold a file of billed lines against a file of bookings. Raises Refused, naming file, row and column."""
    policy = policy or Policy()
    with ThreadPoolExecutor(1) as beside:  # polars works without the interpreter's lock
        reading = beside.submit(files.read_bookings, bookings_file)
        billed = files.read_lines(lines_file)
        bookings = reading.result()
        lines, singly = matched.by_number(billed, bookings, policy)
        del billed
        lines = columns.mark_odd(columns.with_booking(lines, bookings, policy), policy)
        plainly = beside.submit(_plainly, lines, policy)
        one_by_one = list(judge_odd(lines.filter(col("odd")), bookings, singly, policy))
        del bookings, lines
        kept, plain = plainly.result()
    told = pl.DataFrame(
        [(row, one.kind.value, one.agreed, one.expected, one.because) for row, one in one_by_one],
        schema={"row": pl.UInt32, "finding": FINDINGS, "agreed": pl.Int64, "expected": pl.Int64, "because": pl.String},
        orient="row",
    )
    places = told["row"] - 1
    kept = kept.with_columns(kept[name].scatter(places, told[name]) for name in ("finding", "agreed", "expected"))
    strange = kept[places].with_columns(told["because"]).filter(~col("finding").is_in(WELL.implode()))
    findings = pl.concat([plain, strange]).sort("row")
    booked = _by(kept.filter(col("booking").is_not_null()), "booking")
    return Audit(kept, findings, booked, _by(kept, "finding"), len(told))


def _plainly(lines: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All lines, and the findings among those that the columns can judge."""
    lines = columns.judged(lines, policy)
    plain = with_reasons(lines.filter(~col("odd") & ~col("finding").is_in(WELL.implode())))
    return lines.select(KEPT), plain.select(*KEPT, "because")


def _by(lines: pl.DataFrame, what: str) -> pl.DataFrame:
    """Lines and sums; billed = agreed + disputed."""
    return (
        lines.group_by(what, "currency")
        .agg(pl.len().alias("lines"), col("minor").sum().alias("billed"), col("agreed").sum())
        .with_columns((col("billed") - col("agreed")).alias("disputed"))
    )


def write_findings(found: pl.DataFrame, path: Path) -> None:
    """As CSV (RFC 4180), `booking` as the row of its file. What a spreadsheet would take for a formula is quoted."""
    safe = []
    for name in ("invoice", "carrier", "waybill", "because"):
        text = col(name).cast(pl.String)
        is_formula = text.str.contains(r"^[=+\-@\t\r]")
        safe.append(when(is_formula).then(pl.concat_str(lit("'"), text)).otherwise(text).alias(name))
    found.with_columns(col("row") + 1, col("booking") + 2, *safe).write_csv(path)
