"""Shipments that need an account of their own, line by line, as `rules/judging.py` does it: bill after bill, by their day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

import polars as pl
from polars import col, lit, when

from gateway.bulk.files import TYPES
from gateway.bulk.matched import as_billed
from gateway.rules.judging import Bill, Verdict, judge_shipment
from gateway.rules.matching import NO_MATCH, BilledLine, Booked, Match, Past
from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType

Row = dict[str, Any]


def judge_odd(
    odd: pl.DataFrame, bookings: pl.DataFrame, singly: Mapping[int, Match], policy: Policy
) -> Iterator[tuple[int, Verdict]]:
    """(row, verdict) of every line."""
    services = {name.casefold(): name for name in bookings["service"].cast(pl.String).unique().drop_nulls()}
    number = pl.concat_str(col("carrier").cast(pl.String), lit("|"), col("waybill"))
    named = odd.with_columns(
        when(col("booking").is_null()).then(number).alias("nobodys"),
        col("invoice").cast(pl.String).alias("invoice_name"),
    )
    rows = named.sort("booking", "nobodys", "issued_on", "invoice_name", "row", nulls_last=True).iter_rows(named=True)
    booked = _bookings(odd["booking"].drop_nulls().unique(), bookings)
    for (place, _), its in groupby(rows, key=lambda row: (row["booking"], row["nobodys"])):
        yield from _shipment(list(its), booked.get(place) if place is not None else None, singly, policy, services)


def _shipment(
    rows: Sequence[Row],
    booked: Booked | None,
    singly: Mapping[int, Match],
    policy: Policy,
    services: Mapping[str, str],
) -> Iterator[tuple[int, Verdict]]:
    past: list[Past] = []
    for (issued_on, invoice), its in groupby(rows, key=lambda row: (row["issued_on"], row["invoice_name"])):
        now = replace(booked, past=list(past)) if booked else None
        group = [(as_billed(row), _match(row, now, singly)) for row in its]
        waybill = group[0][0].waybill
        bill = Bill(issued_on, services, {waybill: list(past)} if waybill and not now else None)
        verdicts = {verdict.line_id: verdict for verdict in judge_shipment(group, policy, bill)}
        for line, _ in group:
            past.append(_past(line, verdicts[line.id], invoice))
            yield int(line.id), verdicts[line.id]


def _match(row: Row, booked: Booked | None, singly: Mapping[int, Match]) -> Match:
    if booked is not None:
        return Match(booked, row["method"])
    return singly.get(row["row"], NO_MATCH)


def _past(line: BilledLine, verdict: Verdict, invoice: str) -> Past:
    return Past(
        line.type, line.minor, verdict.agreed, line.currency, verdict.kind, verdict.notes, line.shipped_on, invoice
    )


def _bookings(places: pl.Series, bookings: pl.DataFrame) -> dict[int, Booked]:
    agreed = [name for name in bookings.columns if name in TYPES.categories]
    return {row["booking"]: _booked(row, agreed) for row in bookings[places].iter_rows(named=True)}


def _booked(row: Row, agreed: Sequence[str]) -> Booked:
    prices = {ChargeType(name): int(row[name]) for name in agreed if row[name]}
    ship_on: date | None = row["ship_on"]
    return Booked(
        shipment_id=str(row["booking"]),
        return_id=str(row["booking"]),
        currency=row["currency"] if prices else None,
        agreed=prices,
        insured=row["insured"],
        live=row["live"],
        moved=row["moved"],
        service=row["service"],
        pieces=row["pieces"] or 1,
        grams=row["grams"],
        dock_grams=row["dock_grams"],
        ship_on=ship_on,
    )
