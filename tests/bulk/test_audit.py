"""The columns say of every line what the rules say of it, one by one: kind, agreed, expected, reason."""

import csv
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.rules.judging import Bill, Verdict, judge
from gateway.rules.matching import BilledLine, Booked, Past, keys_of
from gateway.rules.tolerances import Policy
from gateway.store.returns import canonical_number
from schemas.charges import ChargeType
from schemas.errors import Refused
from tests.bench import reconcile_data
from tests.test_invoice_cli import app

pl = pytest.importorskip("polars")
from gateway.bulk.audit import audit  # noqa: E402
from gateway.bulk.files import BOOKINGS, MORE_OF_BOOKINGS  # noqa: E402

Row = dict[str, str]
KINDS = [kind.value for kind in ChargeType]


def put(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def got(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def one_by_one(folder: Path) -> list[Verdict]:
    """What the rules say of the same two files, bill after bill, in the order of the lines."""
    booked: dict[tuple[str, str], list[Booked]] = defaultdict(list)
    rows = got(folder / "bookings.csv")
    for place, row in enumerate(rows):
        numbers, one = _booked(place, row)
        for key in numbers:
            booked[row["carrier"], key].append(one)
    services = {row["service"].casefold(): row["service"] for row in rows if row.get("service")}
    bills: dict[tuple[Any, ...], list[BilledLine]] = defaultdict(list)
    for number, row in enumerate(got(folder / "lines.csv"), 1):
        issued = row.get("issued_on") or "9999-12-31"
        bills[row["carrier"], issued, row["invoice"]].append(_line(number, row))
    verdicts: dict[str, Verdict] = {}
    past: dict[str, list[Past]] = defaultdict(list)
    for (carrier, issued, number), lines in sorted(bills.items()):
        keys = {key for line in lines for _, key in keys_of(line)}
        index = {
            key: [replace(one, past=list(past[one.shipment_id])) for one in booked.get((carrier, key), ())]
            for key in keys
        }
        day = None if issued == "9999-12-31" else date.fromisoformat(issued)
        nobodys = {line.waybill: past[f"{carrier}|{line.waybill}"] for line in lines if line.waybill}
        for line, verdict in zip(lines, judge(lines, index, Policy(), Bill(day, services, nobodys)), strict=True):
            verdicts[line.id] = verdict
            whose = verdict.booked.shipment_id if verdict.booked else f"{carrier}|{line.waybill}"
            past[whose].append(
                Past(
                    line.type,
                    line.minor,
                    verdict.agreed,
                    line.currency,
                    verdict.kind,
                    verdict.notes,
                    line.shipped_on,
                    number,
                )
            )
    return [verdicts[key] for key in sorted(verdicts)]


def _booked(place: int, row: Row) -> tuple[set[str], Booked]:
    agreed = {ChargeType(name): int(row[name]) for name in KINDS if int(row.get(name) or 0)}
    waybill, reference = canonical_number(row["waybill"]), canonical_number(row.get("reference") or "")
    booked = Booked(
        shipment_id=str(place),
        return_id=str(place),
        currency=row["currency"] if agreed else None,
        agreed=agreed,
        insured=row.get("insured") == "1",
        live=row.get("live") != "0",
        moved=row.get("moved") != "0",
        waybills=frozenset({waybill}),
        service=row.get("service") or None,
        pieces=int(row.get("pieces") or 1),
        grams=int(row["grams"]) if row.get("grams") else None,
        dock_grams=int(row["dock_grams"]) if row.get("dock_grams") else None,
        ship_on=date.fromisoformat(row["ship_on"]) if row.get("ship_on") else None,
    )
    return {waybill, reference} - {""}, booked


def _line(number: int, row: Row) -> BilledLine:
    original = row.get("original_waybill")
    return BilledLine(
        id=f"{number:010}",
        waybill=canonical_number(row["waybill"]) or None,
        type=ChargeType(row["type"]),
        minor=int(row["minor"]),
        currency=row["currency"],
        original_waybill=canonical_number(original) if original else None,
        references=[canonical_number(row["reference"])] if row.get("reference") else [],
        shipped_on=date.fromisoformat(row["shipped_on"]) if row.get("shipped_on") else None,
        service=row.get("service") or None,
        grams=int(row["grams"]) if row.get("grams") else None,
    )


def same(folder: Path) -> Any:
    """The audit of a folder's files, after it was held against the rules."""
    found = audit(folder / "bookings.csv", folder / "lines.csv")
    reasons = dict(found.findings.select("row", "because").iter_rows())
    columns = found.lines.select("row", "finding", "agreed", "expected").iter_rows()
    for verdict, (row, finding, agreed, expected) in zip(one_by_one(folder), columns, strict=True):
        assert (row, finding, agreed, expected) == (
            int(verdict.line_id),
            verdict.kind,
            verdict.agreed,
            verdict.expected,
        )
        assert reasons.get(row, verdict.because) == verdict.because
    return found


def test_a_world_as_carriers_bill_it(tmp_path: Path) -> None:
    reconcile_data.write(tmp_path, 4_000, 3_000)
    found = same(tmp_path)
    assert found.lines.height == 4_000
    assert found.singly < 400
    assert found.findings["finding"].n_unique() >= 8
    for row in found.sums.iter_rows(named=True):
        assert row["billed"] == row["agreed"] + row["disputed"]


@pytest.mark.parametrize("seed", [1, 2, 3, pytest.param(range(4, 40), marks=pytest.mark.soak)])
def test_a_world_in_which_nothing_is_usual(tmp_path: Path, seed: int | range) -> None:
    for one in [seed] if isinstance(seed, int) else seed:
        odd_world(tmp_path, random.Random(one))
        same(tmp_path)


def odd_world(folder: Path, chance: random.Random) -> None:
    """Every type, credits, numbers that several bookings share, barcodes, prefixes, corrections, no price at all."""
    start, any_of = date(2026, 3, 1), chance.choice
    bookings = []
    for number in range(120):
        prices = {
            name: any_of(["", 0, chance.randint(1, 9_000)])
            for name in ("FREIGHT", "DISCOUNT", "INSURANCE", "SIGNATURE")
        }
        bookings.append(
            {
                "carrier": any_of(["alpha", "bravo"]),
                "waybill": f"W{chance.randrange(110):012}",
                "reference": any_of(
                    ["", f"RMA{number:06}", f"Ｗ{chance.randrange(110):012}", f"HW{chance.randrange(80)}"]
                ),
                "currency": any_of(["EUR", "JPY", "KWD"]),
                "ship_on": any_of(["", start.isoformat(), (start + timedelta(chance.randrange(90))).isoformat()]),
                "service": any_of(["", "P", "D"]),
                "grams": any_of(["", 900, 2_000]),
                "dock_grams": any_of(["", "", 3_000]),
                "pieces": any_of([1, 2]),
                "insured": any_of([0, 1]),
                "live": any_of([0, 1, 1, 1]),
                "moved": any_of([0, 1, 1]),
                **({} if chance.random() < 0.1 else {**prices, "FUEL": any_of(["", 500])}),
            }
        )
    put(folder / "bookings.csv", bookings)
    put(folder / "lines.csv", [odd_line(any_of(bookings), chance) for _ in range(600)])


def odd_line(booked: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    any_of, waybill = chance.choice, booked["waybill"]
    agreed = [(name, int(booked[name])) for name in ("FREIGHT", "FUEL", "INSURANCE", "SIGNATURE") if booked.get(name)]
    kind, minor = any_of(agreed) if agreed and chance.random() < 0.8 else (any_of(KINDS), chance.randint(-500, 900))
    way = any_of(
        [waybill] * 6 + ["", f"X{chance.randrange(99)}", f" {waybill.lower()}/", f"96{'0' * 20}{waybill[-12:]}"]
    )
    bill = chance.randrange(6) if chance.random() < 0.3 else sum(map(ord, waybill)) % 6
    return {
        "invoice": f"B{bill}",
        "issued_on": ["2026-06-01", "2026-06-01", "2026-05-01", "2026-09-15", "", ""][bill],
        "carrier": any_of([booked["carrier"]] * 9 + ["bravo"]),
        "waybill": way,
        "reference": any_of(["", booked["reference"], f"RET{booked['reference']}"]),
        "original_waybill": any_of(["", "", "", waybill]),
        "type": kind,
        "currency": any_of([booked["currency"]] * 9 + ["EUR"]),
        "minor": any_of([minor, minor, minor * 2, -minor, 0]),
        "grams": any_of(["", booked["grams"], 3_000]),
        "service": any_of(["", "P", "X"]),
        "shipped_on": any_of(["", booked["ship_on"], "2026-03-05", "2025-12-01"]),
    }


def test_a_file_without_a_column_says_which(tmp_path: Path) -> None:
    put(tmp_path / "lines.csv", [{"invoice": "B1", "carrier": "alpha", "waybill": "W1", "type": "FREIGHT", "minor": 1}])
    put(tmp_path / "bookings.csv", [dict.fromkeys([*BOOKINGS, *MORE_OF_BOOKINGS], "")])
    with pytest.raises(Refused, match=r"lines\.csv has no column currency; there are: invoice"):
        audit(tmp_path / "bookings.csv", tmp_path / "lines.csv")


@pytest.mark.parametrize(("column", "value"), [("currency", "XXX"), ("type", "LUNCH"), ("minor", "")])
def test_a_value_that_nobody_knows_is_told_with_its_row(tmp_path: Path, column: str, value: str) -> None:
    line = {"invoice": "B1", "carrier": "alpha", "waybill": "W1", "type": "FREIGHT", "currency": "EUR", "minor": 1}
    put(tmp_path / "lines.csv", [line, {**line, column: value}])
    put(tmp_path / "bookings.csv", [{"carrier": "alpha", "waybill": "W1", "currency": "EUR", "FREIGHT": 1}])
    with pytest.raises(Refused, match=f"row 3, column {column}"):
        audit(tmp_path / "bookings.csv", tmp_path / "lines.csv")


def test_the_command_tells_sums_and_writes_findings_no_spreadsheet_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    monkeypatch.setattr("gateway.cli_invoice.step_back", lambda: None)  # the other tests run in this process

    line = {"invoice": "=B1", "carrier": "alpha", "waybill": "W1", "type": "FREIGHT", "currency": "EUR", "minor": 200}
    put(tmp_path / "lines.csv", [line, {**line, "minor": 1_000, "waybill": "W2"}])
    put(
        tmp_path / "bookings.csv",
        [{"carrier": "alpha", "waybill": f"W{n}", "currency": "EUR", "FREIGHT": 200} for n in (1, 2)],
    )
    given = [
        str(tmp_path / "lines.csv"),
        "--bookings",
        str(tmp_path / "bookings.csv"),
        "--out",
        str(tmp_path / "out.csv"),
    ]
    result = CliRunner().invoke(app, ["invoice", "audit", *given])
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "matched: 1 lines, 2.00 EUR billed, 0.00 EUR disputed",
            "rate_over: 1 lines, 10.00 EUR billed, 8.00 EUR disputed",
        ],
    )
    (told,) = got(tmp_path / "out.csv")
    assert (told["row"], told["invoice"], told["finding"], told["booking"]) == ("3", "'=B1", "rate_over", "3")


def test_the_command_stands_back_for_whoever_answers_requests() -> None:
    """In a process of its own, for it does not come forward again."""
    program = "import os; from gateway.bulk.manners import step_back, THREADS; step_back(); "
    program += "print(os.sched_getscheduler(0) == os.SCHED_IDLE, *os.sched_getaffinity(0), os.environ[THREADS])"
    for named in ({}, {"POLARS_MAX_THREADS": "7"}):
        env = {key: value for key, value in os.environ.items() if key != "POLARS_MAX_THREADS"} | named
        told = subprocess.run(
            [sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True
        ).stdout
        ours = sorted(os.sched_getaffinity(0))
        left = ours[1:] or ours
        assert told.split() == ["True", *map(str, left), named.get("POLARS_MAX_THREADS", str(len(left)))]
