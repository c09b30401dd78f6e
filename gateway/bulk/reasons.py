"""Why, in words and numbers, for what the columns found: the sentences of `rules/findings.py`."""

import polars as pl
from polars import col, lit, when

from gateway.bulk.columns import FINDINGS, of
from gateway.rules.running import COVER
from schemas.charges import ChargeType, FindingKind
from schemas.iso import CURRENCY_DIGITS

K = FindingKind


def said(minor: str) -> pl.Expr:
    """An amount as people write it, e.g. `12.30 EUR`."""
    whole: pl.Expr = col(minor).cast(pl.String)
    digits = col("currency").cast(pl.String).replace_strict(CURRENCY_DIGITS, return_dtype=pl.Int64)
    for places in sorted(set(CURRENCY_DIGITS.values()) - {0}):
        unit = 10**places
        size = col(minor).abs()
        part = (size % unit).cast(pl.String).str.zfill(places)
        sign = when(col(minor) < 0).then(lit("-")).otherwise(lit(""))
        whole = when(digits == places).then(pl.concat_str(sign, size // unit, lit("."), part)).otherwise(whole)
    return pl.concat_str(whole, lit(" "), col("currency").cast(pl.String))


def with_reasons(found: pl.DataFrame) -> pl.DataFrame:
    """`because` for lines that are not as agreed."""
    parts = found.with_columns(
        (col("minor") - col("left")).alias("extra"),
        said("minor").alias("billed"),
        said("left").alias("was"),
        col("type").cast(pl.String).alias("charge"),
    ).with_columns(said("extra").alias("more"))
    what = (
        when(of(COVER)).then(lit("the premium")).when(of({ChargeType.FUEL})).then(lit("fuel")).otherwise(col("charge"))
    )
    over = pl.format("{}: {} agreed and not billed yet, {} billed, {} too much", what, "was", "billed", "more")
    weight = pl.format(
        "billed by {} g, booked with {} g; {} agreed, {} billed", "grams", "booked_grams", "was", "billed"
    )
    unasked = pl.format("no cover was asked for, a premium of {} is billed", "billed")
    unagreed = pl.format("cover was asked for, but no premium was agreed; {} are billed", "billed")
    sentences = {
        K.UNMATCHED: pl.format("{}: no booking of ours has this waybill or reference", "billed"),
        K.VOIDED_BILLED: pl.format("the booking is void and was never scanned, {} are billed", "billed"),
        K.CURRENCY: pl.format("agreed in {}, billed in {}", "booked_currency", "currency"),
        K.UNKNOWN_CHARGE: lit("the charge is in no table; a person decides what it is"),
        K.UNPRICED: pl.format("the booking came without any price, {} are billed; a person compares", "billed"),
        K.WEIGHT_OVER: weight,
        K.INSURANCE_NOT_REQUESTED: when(col("left").is_not_null())
        .then(over)
        .otherwise(when(of(COVER)).then(when(col("insured")).then(unagreed).otherwise(unasked))),
        K.RATE_OVER: over.fill_null(pl.format("no charge was agreed, {} are billed", "billed")),
        K.FUEL_OVER: over.fill_null(pl.format("no fuel was agreed, {} are billed", "billed")),
    }
    because: pl.Expr = pl.format("{} of {} was not agreed at booking", "charge", "billed")
    for kind, sentence in sentences.items():
        is_it = (col("finding") == lit(kind.value, FINDINGS)) & sentence.is_not_null()
        because = when(is_it).then(sentence).otherwise(because)
    return parts.with_columns(because.alias("because"))
