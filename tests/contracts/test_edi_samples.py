"""X12 210 and EDIFACT INVOIC against the shared samples and the shared tables of charges."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.invoices.edifact_invoic import ADAPTER as EDIFACT
from adapters.invoices.x12_210 import ADAPTER as X12
from adapters.invoices.x12_210 import codes
from adapters.toolkit.uncefact import CHARGE_REASONS
from schemas.charges import ChargeType

CONTRACT = Path(__file__).parents[3] / "shared/contracts"
pytestmark = pytest.mark.skipif(not CONTRACT.is_dir(), reason="the contracts folder is not here")


def sample(name: str) -> bytes:
    return (CONTRACT / "invoices/synthetic" / name).read_bytes()


def expected(name: str) -> dict[str, object]:
    return json.loads(sample("expected.json"))["files"][name]


def listed(carrier: str) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO((CONTRACT / "reference/carrier_charge_map.csv").read_text()))
    return {row["key"]: row["canonical_type"] for row in rows if row["carrier"] == carrier}


def test_the_x12_sample() -> None:
    reading, about = X12().read(sample("x12_210.edi")), expected("x12_210.edi")
    [invoice] = reading.invoices
    assert (invoice.number, str(invoice.total)) == (about["invoice"], f"{about['total']} {about['currency']}")
    assert (reading.problems, invoice.line_sum, invoice.currency_assumed) == ((), invoice.total.minor, False)
    assert {line.wire_code: str(line.money.amount) for line in invoice.lines} == about["charges"]
    assert [line.type for line in invoice.lines] == [ChargeType.FREIGHT, ChargeType.FUEL]
    assert {line.waybill for line in invoice.lines} == {"1Z7877890332879211"}
    assert {line.references for line in invoice.lines} == {("RMA-11-00000",)}


def test_the_edifact_sample() -> None:
    """Its line amount is repeated by one of the charges, and counts once."""
    reading, about = EDIFACT().read(sample("edifact_invoic.edi")), expected("edifact_invoic.edi")
    [invoice] = reading.invoices
    assert (invoice.number, str(invoice.total)) == (about["invoice"], f"{about['total']} {about['currency']}")
    assert (reading.problems, invoice.line_sum) == ((), invoice.total.minor)
    assert [str(line.money.amount) for line in invoice.lines] == about["charges"]
    assert [line.type for line in invoice.lines] == [ChargeType.FREIGHT, ChargeType.FUEL]
    assert {line.waybill for line in invoice.lines} == {"9354875364"}
    assert sum(line.money.amount for line in invoice.lines) == Decimal(str(about["total"]))


def test_the_tables_hold_what_is_listed() -> None:
    assert {code: CHARGE_REASONS[code].value for code in listed("un_cefact")} == listed("un_cefact")
    rows = listed("x12_210")
    assert len(rows) == 6
    for key, kind in rows.items():
        for code in key.partition("(")[0].split("/"):
            assert codes.CHARGES[code.strip()].value == kind, code
