"""Verdicts column by column, for shipments on which every type of charge is billed once, above zero, on one bill.

There the running account of `rules/running.py` never matters: what is left of an agreed type is what was agreed. The order is
that of `rules/judging.py`, and so are the sums; whatever these expressions cannot say goes there (`odd`).
"""

from collections.abc import Iterable

import polars as pl
from polars import col, lit, when

from gateway.bulk.files import TYPES, by_text
from gateway.rules.findings import BY_ITSELF, NOT_AGREED, PRICED
from gateway.rules.running import BUCKET, COVER, CREDITS, OUTLAY, RATE
from gateway.rules.tolerances import Limit, Policy
from schemas.charges import ChargeType, FindingKind
from schemas.iso import CURRENCY_DIGITS

K, C = FindingKind, ChargeType
FINDINGS = pl.Enum([kind.value for kind in K])
ODD = OUTLAY | CREDITS | {C.TAX, C.STORAGE, C.DISBURSEMENT, C.WEIGHT_ADJUSTMENT, C.DISCOUNT}
"""Types that are judged by what else was billed."""
NOTHING = lit(None, pl.Int64)


def of(kinds: Iterable[ChargeType]) -> pl.Expr:
    return col("type").is_in(pl.Series(sorted(kind.value for kind in kinds), dtype=TYPES).implode())


def with_booking(lines: pl.DataFrame, bookings: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """What the verdict of a line needs of its booking, taken from its place there; `left` is what was agreed of its type."""
    agreed = _by_bucket(bookings)

    def its(column: pl.Series) -> pl.Expr:
        return lit(column).gather(col("booking")).alias(column.name)

    left: pl.Expr = NOTHING
    for name in (one for one in agreed.columns if one != "priced"):
        left = when(col("bucket") == name).then(its(agreed[name])).otherwise(left)
    bucket_ = by_text(lines["type"], lambda name: BUCKET[C(name)].value, TYPES).alias("bucket")
    frame = lines.with_columns(bucket_).with_columns(
        left.alias("left"),
        *(its(bookings[name]) for name in ("insured", "live", "moved", "dock_grams", "ship_on")),
        *(its(bookings[name].alias(f"booked_{name}")) for name in ("grams", "service", "currency")),
        its(agreed["priced"]),
    )
    above, below = (_limit(lines["currency"], one) for one in (policy.up, policy.down))
    over = (col("minor") > col("left") + above).fill_null(False)
    return frame.with_columns(over.alias("over"), (col("minor") < col("left") - below).fill_null(False).alias("under"))


def _by_bucket(bookings: pl.DataFrame) -> pl.DataFrame:
    """What was agreed, in one column a bucket; nothing where it comes to nothing. `priced`: whether anything was."""
    groups: dict[str, list[str]] = {}
    for name in (one for one in bookings.columns if one in TYPES.categories):
        groups.setdefault(BUCKET[C(name)].value, []).append(name)
    sums = []
    for name, parts in groups.items():
        each = [when(col(part) != 0).then(col(part)) for part in parts]
        some = pl.any_horizontal(one.is_not_null() for one in each)
        sums.append((each[0] if len(each) == 1 else when(some).then(pl.sum_horizontal(each))).alias(name))
    made = bookings.select(sums)
    priced = pl.any_horizontal(col(name).is_not_null() for name in groups) if groups else lit(False)
    return made.with_columns(priced.alias("priced"))


def _limit(currency: pl.Series, limit: Limit) -> pl.Expr:
    """`Limit.of` what is left, a column at a time."""
    fixed = by_text(currency, lambda code: limit.absolute[CURRENCY_DIGITS[code]], pl.Int64)
    return pl.max_horizontal(fixed, col("left").abs() // limit.share)


def mark_odd(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Which lines are judged one by one: all of a shipment as soon as one of them is odd. `counts`: whether it is billed."""
    service = (col("service") != col("booked_service")).fill_null(False)
    weighed = of(RATE) & col("over") & (service | col("dock_grams").is_not_null())
    shipped = pl.coalesce("shipped_on", "ship_on")
    late = ((col("issued_on") - shipped).dt.total_days() > policy.billing_days).fill_null(False)
    itself = (
        (col("minor") < 0)
        | of(ODD)
        | (~col("live") & col("moved"))
        | late
        | weighed
        | (col("left") < 0).fill_null(False)
    )
    frame = lines.with_columns((col("minor") != 0).alias("counts"))
    counted = frame.filter(col("counts"))
    told = counted.select(
        "booking",
        itself.fill_null(True).alias("odd"),
        (col("booking").cast(pl.UInt64) * 256 + col("bucket").to_physical()).is_duplicated().alias("again"),
        col("invoice").to_physical().alias("invoice"),
        (heavy(policy) & of(RATE)).alias("heavy"),
        (of({C.FUEL}) & col("over")).alias("dear_fuel"),
    )
    bills = told.select("booking", "invoice").unique().filter(col("booking").is_duplicated())["booking"]
    fuel = told.filter(col("dear_fuel"))["booking"]
    both = told.filter(col("heavy") & col("booking").is_in(fuel.implode()))["booking"]
    strange = pl.concat([told.filter(col("odd") | col("again"))["booking"], bills, both]).drop_nulls().unique()
    odd = col("booking").is_in(strange.implode()) if len(strange) else lit(False)
    frame = frame.with_columns((col("counts") & odd.fill_null(False)).alias("odd"))
    return frame.with_columns((col("odd") | _odd_strangers(frame)).alias("odd"))


def _odd_strangers(lines: pl.DataFrame) -> pl.Expr:
    """Lines that mean no booking and are not a waybill's only one: repeated, the account's own, or in doubt."""
    key = when(col("counts") & col("booking").is_null()).then(col("key"))
    alone = lines.lazy().select(key.alias("key")).drop_nulls().group_by("key").len().filter(col("len") == 1)
    only = alone.collect()["key"]
    return (
        col("counts")
        & col("booking").is_null()
        & (col("doubtful") | ~col("key").is_in(only.implode()).fill_null(False))
    )


def heavy(policy: Policy) -> pl.Expr:
    """`findings.weight`, where our own scale said nothing."""
    billed, booked = col("grams"), col("booked_grams")
    steps = (billed - 1) // policy.weight_step > (booked - 1) // policy.weight_step
    differs = billed > booked + pl.max_horizontal(booked // policy.weight_share, lit(policy.weight_grams))
    return (col("over") & steps & differs).fill_null(False)


def judged(lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`finding`, `agreed` and `expected` of lines that are not odd."""
    nothing_left = col("left").is_null()
    cover, rate = of(COVER), of(RATE)
    extra = ~of(BY_ITSELF | COVER) & nothing_left & ~(of({C.INSURANCE_TAX}) & col("insured"))
    not_agreed: pl.Expr = lit(K.ACCESSORIAL_NOT_REQUESTED.value)
    for kind, known_as in NOT_AGREED.items():
        not_agreed = when(of({kind})).then(lit(known_as.value)).otherwise(not_agreed)
    finding = (
        when(~col("counts")).then(lit(K.MATCHED.value))
        .when(col("booking").is_null()).then(lit(K.UNMATCHED.value))
        .when(~col("live")).then(lit(K.VOIDED_BILLED.value))
        .when(col("priced") & (col("currency") != col("booked_currency"))).then(lit(K.CURRENCY.value))
        .when(of({C.UNKNOWN})).then(lit(K.UNKNOWN_CHARGE.value))
        .when(~col("priced") & of(PRICED)).then(lit(K.UNPRICED.value))
        .when(cover & (nothing_left | col("over"))).then(lit(K.INSURANCE_NOT_REQUESTED.value))
        .when(extra).then(not_agreed)
        .when(rate & heavy(policy)).then(lit(K.WEIGHT_OVER.value))
        .when(rate & nothing_left).then(lit(K.RATE_OVER.value))
        .when(of({C.FUEL}) & (nothing_left | col("over"))).then(lit(K.FUEL_OVER.value))
        .when(col("over") & ~cover).then(lit(K.RATE_OVER.value))
        .when(col("under")).then(lit(K.UNDER.value))
        .otherwise(lit(K.MATCHED.value))
        .cast(FINDINGS)
    )  # fmt: skip
    frame = lines.with_columns(finding.alias("finding"))
    as_agreed = col("finding").is_in(pl.Series([K.MATCHED.value, K.UNDER.value], dtype=FINDINGS).implode())
    ends = _found(K.UNMATCHED, K.VOIDED_BILLED, K.CURRENCY, K.UNKNOWN_CHARGE, K.UNPRICED)
    asked_for = _found(K.INSURANCE_NOT_REQUESTED) & col("insured")
    agreed = when(as_agreed).then(col("minor")).when(ends).then(lit(0)).otherwise(col("left").fill_null(0))
    expected = (
        when(~col("counts") | _found(K.UNMATCHED, K.CURRENCY, K.UNKNOWN_CHARGE, K.UNPRICED)).then(NOTHING)
        .when(_found(K.VOIDED_BILLED)).then(lit(0))
        .when(as_agreed | asked_for).then(col("left"))
        .otherwise(col("left").fill_null(0))
    )  # fmt: skip
    return frame.with_columns(agreed.cast(pl.Int64).alias("agreed"), expected.cast(pl.Int64).alias("expected"))


def _found(*kinds: FindingKind) -> pl.Expr:
    return col("finding").is_in(pl.Series([kind.value for kind in kinds], dtype=FINDINGS).implode())
