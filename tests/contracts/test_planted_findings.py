"""The synthetic invoices and the findings that were planted in them: all of them, and no other.

Reads `../shared/contracts/invoices/synthetic`; skipped where it is absent.
"""

import csv
import json
import random
from collections import Counter
from datetime import date

import pytest

from adapters import registry
from gateway.rules.judging import Bill, Verdict, judge
from gateway.rules.matching import BilledLine, Booked
from gateway.rules.tolerances import Policy
from gateway.store.returns import canonical_number
from schemas.charges import CarrierInvoice, ChargeType, FindingKind
from schemas.values import Money
from tests.house.sources import ROOT

SET = ROOT.parent / "shared" / "contracts" / "invoices" / "synthetic"
needs_set = pytest.mark.skipif(not SET.is_dir(), reason="the contracts are not beside the project")
FILES = {
    "ups_headerless_250.csv": "ups_billing",
    "fedex_billing_online.csv": "fedex_billing",
    "dhl_mybill.csv": "dhl_mybill",
}
GRAMS = {"kg": 1000.0, "lb": 453.59237}
QUIET = {FindingKind.MATCHED, FindingKind.UNDER, FindingKind.USED_AFTER_VOID}


def bookings(carrier: str) -> dict[str, list[Booked]]:
    index: dict[str, list[Booked]] = {}
    with (SET / "bookings.csv").open() as file:
        for row in csv.DictReader(file):
            if row["carrier"] != carrier:
                continue
            booked = booking(row)
            for number in (row["tracking_number"], row["return_id"]):
                index.setdefault(canonical_number(number), []).append(booked)
    return index


def booking(row: dict[str, str]) -> Booked:
    priced = {
        ChargeType.FREIGHT: row["exp_freight"],
        ChargeType.FUEL: row["exp_fuel"],
        ChargeType.INSURANCE: row["exp_insurance"],
        ChargeType.REMOTE_AREA: row["exp_remote"],
    }
    agreed = {kind: Money.of(amount, row["currency"]).minor for kind, amount in priced.items()}
    return Booked(
        shipment_id=row["booking_id"],
        return_id=row["return_id"],
        currency=row["currency"],
        agreed={kind: minor for kind, minor in agreed.items() if minor},
        insured=row["insured"] == "yes",
        live=row["status"] != "VOIDED",
        moved=row["status"] != "VOIDED",
        waybills=frozenset({canonical_number(row["tracking_number"])}),
        grams=round(float(row["weight"]) * GRAMS[row["weight_uom"]]),
        ship_on=date.fromisoformat(row["ship_date"]),
    )


def lines_of(invoice: CarrierInvoice) -> list[BilledLine]:
    return [
        BilledLine(
            id=f"lin_{place:05}",
            waybill=canonical_number(line.waybill) if line.waybill else None,
            type=line.type,
            minor=line.money.minor,
            currency=line.money.currency,
            references=[canonical_number(one) for one in line.references],
            shipped_on=line.shipped_on,
            service=line.service,
            grams=line.billed_weight.grams if line.billed_weight else None,
            informational=line.informational,
        )
        for place, line in enumerate(invoice.lines)
    ]


def told(invoice: CarrierInvoice, lines: list[BilledLine], verdicts: list[Verdict]) -> Counter[tuple[str, str, str]]:
    """What was found, as the set tells it: minor units by invoice, number and finding."""
    found = Counter[tuple[str, str, str]]()
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict.kind not in QUIET:
            whole = verdict.kind in (FindingKind.CREDIT, FindingKind.INVOICE_LEVEL_FEE)
            found[invoice.number, line.waybill or "", verdict.kind] += line.minor - (0 if whole else verdict.agreed)
    return found


@needs_set
@pytest.mark.parametrize("file", FILES)
def test_what_was_planted_is_found_and_nothing_else(file: str) -> None:
    reading = registry.invoice_reader(FILES[file])().read((SET / file).read_bytes())
    (invoice,) = reading.invoices
    lines, index = lines_of(invoice), bookings(reading.carrier)
    bill = Bill(issued_on=invoice.issued_on)
    expected = Counter[tuple[str, str, str]]()
    for one in json.loads((SET / "expected.json").read_text())["findings"]:
        if one["invoice"] == invoice.number:
            minor = Money.of(one["amount"], invoice.total.currency).minor
            expected[invoice.number, one["tracking"], one["finding"]] += minor
    verdicts = judge(lines, index, Policy(), bill)
    assert told(invoice, lines, verdicts) == expected
    assert all(verdict.because for verdict in verdicts)
    for seed in range(5):
        shuffled = random.Random(seed).sample(lines, len(lines))
        assert told(invoice, shuffled, judge(shuffled, index, Policy(), bill)) == expected
