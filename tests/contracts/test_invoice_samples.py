"""Against the synthetic bills and the layouts of real ones: sums, charges, planted lines, and the places of columns."""

import csv
import io
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from adapters.invoices.dhl_mybill import codes as dhl
from adapters.invoices.mapped.reader import Mapped
from adapters.invoices.royal_mail.reader import NEEDED
from adapters.invoices.ups_billing import codes as ups
from adapters.invoices.ups_billing import reader as ups_reader
from adapters.registry import invoice_readers
from gateway.reading import read_invoice
from schemas.charges import CarrierInvoice, ChargeType

CONTRACT = Path(__file__).parents[3] / "shared/contracts"
SAMPLES = CONTRACT / "invoices"
pytestmark = pytest.mark.skipif(not CONTRACT.is_dir(), reason="the contracts folder is not here")
FILES = {
    "ups_billing": "ups_headerless_250.csv",
    "dhl_mybill": "dhl_mybill.csv",
    "royal_mail": "royal_mail_pipe.csv",
}


def table(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((CONTRACT / path).read_text("utf-8"))))


def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / "synthetic/expected.json").read_text())
    return found


def bill_of(name: str) -> CarrierInvoice:
    reading = read_invoice((SAMPLES / "synthetic" / FILES[name]).read_bytes(), None)
    assert (reading.format, reading.problems) == (name, ())
    [bill] = reading.invoices
    return bill


@pytest.mark.parametrize("name", FILES)
def test_synthetic_bills_come_to_their_sums(name: str) -> None:
    bill, about = bill_of(name), expected()["files"][FILES[name]]
    total = about.get("total") or about.get("total_gross") or about["gross"]
    assert (bill.number, bill.total.amount) == (about["invoice"], Decimal(total))
    assert bill.line_sum == bill.total.minor
    tax = sum(line.money.amount for line in bill.lines if line.type is ChargeType.TAX)
    assert bill.total.amount - tax == Decimal(about.get("total_net") or about.get("net") or total)
    assert bill.currency_assumed == (name == "royal_mail")
    if name != "royal_mail":
        assert (bill.total.currency, len({line.number for line in bill.lines})) == (
            about["currency"],
            about["rows"] - (name == "dhl_mybill"),
        )


@pytest.mark.parametrize("name", ["ups_billing", "dhl_mybill"])
def test_planted_lines_are_there_with_their_amounts(name: str) -> None:
    bill = bill_of(name)
    billed: defaultdict[str | None, set[Decimal]] = defaultdict(set)
    for line in bill.lines:
        billed[line.waybill].add(line.money.amount)
    planted = [one for one in expected()["findings"] if one["invoice"] == bill.number]
    whole = {"rate_over", "fuel_over", "voided_billed", "unmatched", "duty_relief", "storage_over"}
    assert len(planted) > 3
    for one in planted:
        assert one["finding"] in whole or Decimal(one["amount"]) in billed[one["tracking"] or None], one


@pytest.mark.parametrize("name", ["ups_billing", "dhl_mybill"])
def test_bookings_are_found_by_waybill_and_reference(name: str) -> None:
    carrier = {"ups_billing": "ups", "dhl_mybill": "dhl_express"}[name]
    booked = {
        row["tracking_number"]: row["return_id"]
        for row in table("invoices/synthetic/bookings.csv")
        if row["carrier"] == carrier
    }
    lines = [line for line in bill_of(name).lines if line.waybill in booked]
    assert len({line.waybill for line in lines}) > 15
    assert {line.references for line in lines if booked[str(line.waybill)] not in line.references} <= {()}


def test_no_planted_charge_is_unknown() -> None:
    for name in FILES:
        assert ChargeType.UNKNOWN not in {line.type for line in bill_of(name).lines}


def test_rows_for_information_are_not_summed() -> None:
    information = [line for line in bill_of("ups_billing").lines if line.informational]
    assert len(information) == 20
    assert {line.type for line in information} == {ChargeType.INCLUDED_NO_CHARGE}


def test_ups_columns_stand_where_the_layout_has_them() -> None:
    layout = {int(row["position"]) - 1: row for row in table("invoices/ups_billing_data_250_columns.csv")}
    assert len(layout) == ups_reader.COLUMNS
    named = {position: name for position, name in enumerate(ups_reader.HEADER) if name}
    assert {position: layout[position]["column_name"] for position in named} == named
    other = {"LEAD": "Lead Shipment Number", "WEIGHT": "Billed Weight", "UNIT": "Billed Weight Unit of Measure"}
    other |= {"CATEGORY": "Charge Category Code", "DETAIL": "Charge Category Detail Code", "TEXT": "Charge Description"}
    other |= {"CLASS": "Charge Classification Code", "CODE": "Charge Description Code", "COUNTRY": "Account Country"}
    other |= {"SERVICE": "Original Service Description", "VERSION": "Version"}
    assert {name: layout[getattr(ups_reader, name)]["column_name"] for name in other} == other


def test_ups_codes_are_those_of_the_map() -> None:
    rows = [row for row in table("reference/carrier_charge_map.csv") if row["carrier"] == "ups"]
    by_code = {row["key"]: row["canonical_type"] for row in rows if row["field"] == "charge_description_code"}
    assert {code: kind.value for code, kind in ups.CHARGES.items()} == by_code
    texts = {row["key"]: row["canonical_type"] for row in rows if row["field"] == "charge_description"}
    for text, kind in texts.items():
        if "map the rest" not in kind:
            assert ups_reader.by_words(text.replace("*", "Ground").strip()).value == kind, text
    assert ups_reader.by_words("Not Previously Billed Print Label") is ChargeType.PRINT_LABEL


def test_dhl_codes_are_those_of_the_list() -> None:
    rows = table("reference/dhl_express_charge_codes.csv")
    assert len(rows) == 225
    kinds = {code: kind.value for code, kind in dhl.CHARGES.items()}
    kinds |= dict.fromkeys(dhl.OTHER, "OTHER_SERVICE") | dict.fromkeys(dhl.INCLUDED, "INCLUDED_NO_CHARGE")
    assert kinds == {row["code"]: row["canonical_type"] for row in rows}


def columns_of(layout: str) -> list[str]:
    return [row["column_name"] for row in table(f"invoices/{layout}")]


def test_dhl_reads_the_153_columns_in_any_order() -> None:
    header = columns_of("dhl_express_mybill_153_columns.csv")
    filled = {"Line Type": "S", "Invoice Number": "X1", "Shipment Number": "1234567890", "Currency": "EUR"}
    filled |= {"Weight Charge": "10.00", "Discount 3": "Rebate", "Discount 3 Amount": "-1.00", "XC9 Code": "FF"}
    filled |= {
        "XC9 Charge": "2.00",
        "Total amount (excl. VAT)": "11.00",
        "Total amount (incl. VAT)": "13.20",
        "Total Tax": "2.20",
    }
    stated = {"Line Type": "I", "Invoice Number": "X1", "Currency": "EUR", "Total amount (incl. VAT)": "13.20"}
    for names in (header, header[::-1]):
        document = "\n".join(
            ";".join(row.get(name, "") for name in names) for row in ({n: n for n in names}, filled, stated)
        )
        reading = read_invoice(document.encode(), None)
        assert reading.problems == ()
        types = Counter(line.type.value for line in reading.invoices[0].lines)
        assert types == {"FREIGHT": 1, "DISCOUNT": 1, "FUEL": 1, "TAX": 1}


def test_royal_mail_knows_its_header() -> None:
    names = {name.casefold() for name in columns_of("royal_mail_invoice_34_columns.csv")}
    assert set(NEEDED) <= names


def test_correos_express_sheet_of_the_real_layout() -> None:
    """Every charge column of the layout is billed as the map says, and the row's total holds."""
    rows = table("invoices/correos_express_51_columns.csv")
    kinds = {
        row["key"]: row["canonical_type"]
        for row in table("reference/carrier_charge_map.csv")
        if row["field"] == "column"
    }
    header = [row["column_name"] for row in rows]
    amounts = {name: 1 + n / 4 for n, name in enumerate(kinds)}
    cells: dict[str, object] = {
        **amounts,
        "IMP. TOTAL": sum(amounts.values()),
        "Nº ENVIO": "3230000012345678",
        "F.ADMISION": "14/09/2026",
    }
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["FACTURA", "FECHA"], ["F-1", "30/09/2026"], header, [cells.get(name) for name in header]):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    reading = read_invoice(out.getvalue(), None)
    assert (reading.carrier, reading.problems) == ("correos_express", ())
    [bill] = reading.invoices
    assert {str(line.wire_code): line.type.value for line in bill.lines} == kinds
    assert float(bill.total.amount) == sum(amounts.values())


def test_wwex_detail_of_the_real_layout() -> None:
    header = columns_of("wwex_shipment_detail_42_columns.csv")
    cells = {"TRACKING_NO": "1Z0000000000000001", "SHIPMENT_DATE": "9/21/2026", "ESTIMATED_TOTAL_PRICE": "44.15"}
    document = "\n".join(",".join(row.get(name, "") for name in header) for row in ({n: n for n in header}, cells))
    reading = read_invoice(document.encode(), None)
    assert (reading.carrier, reading.problems) == ("wwex", ())
    [bill] = reading.invoices
    assert [(line.type, str(line.money)) for line in bill.lines] == [(ChargeType.FREIGHT, "44.15 USD")]


def test_dhl_ecommerce_comes_to_the_total_of_its_first_line() -> None:
    def shipment(*amounts: str) -> str:
        cells = [""] * 80
        cells[29], cells[47], cells[64], cells[78] = amounts
        return ",".join(cells)

    head = "9/30/2026,DE123,555001,Somewhere 1,30.50,2"
    good = "\n".join([head, shipment("10.00", "1.00", "", "2.50"), "", shipment("15.00", "", "2.00", "0.00"), ""])
    reader = Mapped.with_profile("dhl_ecommerce")
    reading = reader.read(good.encode())
    assert (reading.problems, str(reading.invoices[0].total)) == ((), "30.50 USD")
    wrong = reader.read(good.replace("15.00", "15.01").encode())
    assert [problem.code for problem in wrong.problems] == ["sum_error"]


@pytest.mark.parametrize("name", FILES)
def test_samples_are_recognised_by_one_reader(name: str) -> None:
    head = (SAMPLES / "synthetic" / FILES[name]).read_bytes()[:8192]
    assert [other for other, reader in invoice_readers().items() if reader().recognises(head)] == [name]
