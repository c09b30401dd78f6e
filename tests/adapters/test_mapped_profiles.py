"""Profiles: what they can say, and what somebody is told whose profile or file is wrong."""

import io
import re
import sys
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from adapters.invoices.mapped.reader import Mapped
from adapters.invoices.mapped.reader_profile import shipped
from adapters.toolkit import workbook
from schemas.charges import CarrierInvoice, ChargeType, InvoiceReading
from schemas.errors import Refused, Unintelligible, Unsupported

README = Path(__file__).parents[2] / "adapters/README.md"
WIDE = """
carrier: oddpost
currency: EUR
columns: {invoice: Bill, waybill: Parcel}
charges: {Base: FREIGHT, Fuel: FUEL}
row_total: Sum
"""
ROWS = "Bill,Parcel,Base,Fuel,Sum\nB1,P0001,10.00,1.50,11.50\nB1,P0002,20.00,,20.00\n"


def reading(profile: str, document: str | bytes) -> InvoiceReading:
    content = document.encode() if isinstance(document, str) else document
    return Mapped.with_profile(profile.encode()).read(content)


def bill(profile: str, document: str | bytes) -> CarrierInvoice:
    found = reading(profile, document)
    assert found.problems == ()
    [one] = found.invoices
    return one


def amounts(one: CarrierInvoice) -> list[tuple[str, str]]:
    return [(line.type.value, str(line.money.amount)) for line in one.lines]


def test_the_example_of_the_manual_is_read() -> None:
    text = README.read_text("utf-8")
    [table] = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    [profile] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert profile.count("\n") <= 14
    one = bill(profile, table)
    assert (one.number, str(one.total), one.lines[0].shipped_on) == ("R-4711", "1027.10 EUR", date(2026, 9, 3))
    assert [line.type.value for line in one.lines] == ["FREIGHT", "FUEL", "FREIGHT", "FUEL", "INSURANCE"]
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        assert bill(profile, table.encode(encoding)) == one


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (
            "carier: x\ncurrency: EUR\ncharges: {A: FREIGHT}",
            "carier: there is nothing of that name; did you mean carrier?",
        ),
        (
            "carrier: x\ncurrency: EUR\ncharges: {A: FUL}",
            "charges.A: no charge type is called 'FUL'; did you mean FUEL?",
        ),
        ("carrier: x\ncurrency: EUR\ncolumns: {amount: A, waybil: B}", "columns.waybil: there is nothing of that name"),
        ("carrier: x\ncurrency: EURO\ncharges: {A: FUEL}", "did you mean EUR?"),
        ("carrier: x\ncharges: {A: FUEL}", "say the currency"),
        ("carrier: x\ncurrency: EUR", "say where amounts stand"),
        ("carrier: x\ncurrency: EUR\nrest: FUEL", "name that column too"),
        ("carrier: x\ncurrency: EUR\ncharges: {A: FUEL}\ndates: DD/MM", "a day, a month and a year"),
        ("carrier: x\ncurrency: EUR\ncharges: {A: FUEL}\nheader: none", "is called C1, C2"),
        ("carrier: x\ncurrency: EUR\ncharges: {A: FUEL}\nencoding: klingon", "no encoding is called 'klingon'"),
        ("carrier: x\ncarrier: y", "line 2: 'carrier' stands there twice"),
        ("a: &a [x]\nb: *a", "no anchors"),
        ("a: [", "line 1"),
        ("- x", "lines like `carrier: somebody`"),
        ("", "carrier: is missing"),
        ("x: " + "y" * 70_000, "at most 64 KiB"),
    ],
)
def test_a_wrong_profile_is_told_what_is_wrong(profile: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        Mapped.with_profile(profile.encode())
    assert said in str(caught.value)


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    found = reading(WIDE, ROWS.replace("Fuel", "Fuell"))
    assert [(one.row, one.column, one.code) for one in found.problems] == [(1, "Fuel", "column_missing")]
    assert found.problems[0].detail == (
        "no column 'Fuel'; did you mean 'Fuell'?; row 1 has: Bill, Parcel, Base, Fuell, Sum"
    )
    assert found.invoices == ()


def test_headers_are_found_below_titles_and_compared_without_capitals() -> None:
    one = bill(WIDE, "Oddpost Ltd\n\n" + ROWS.replace("Parcel", " PARCEL "))
    assert amounts(one) == [("FREIGHT", "10.00"), ("FUEL", "1.50"), ("FREIGHT", "20.00")]
    assert one.lines[0].number == 4


def test_a_row_that_does_not_come_to_its_total_is_told_with_its_place() -> None:
    found = reading(WIDE, ROWS.replace("11.50", "11.51"))
    assert [(one.code, one.row, one.column, one.invoice) for one in found.problems] == [("sum_error", 2, "Sum", "B1")]


def test_numbers_of_columns_and_rows_that_are_none() -> None:
    profile = "carrier: x\ncurrency: USD\ncolumns: {amount: '2026', waybill: No}\nskip: {No: [total, '']}"
    one = bill(profile, "No,2026\nP1,5.00\nTotal,5.00\n,5.00\n")
    assert (amounts(one), one.number.startswith("file-")) == ([("UNKNOWN", "5.00")], True)
    assert bill(profile, "No,2026\nP1,5.00\nTotal,5.00\n,5.00\n").number == one.number


def test_signs_alternatives_and_columns_that_may_be_missing() -> None:
    profile = (
        "carrier: x\ncurrency: EUR\nsign: minus\noptional: [Note]\n"
        "columns: {invoice: [Bill no, Bill], total: Total, amount: Amount, code: Kind, description: Note}\n"
        "codes: {frt: FREIGHT, back: CREDIT_VOID}"
    )
    one = bill(profile, "Bill,Total,Amount,Kind\nB1,-8.00,-10.00,FRT\nB1,-8.00,2.00,Back\n")
    assert (str(one.total), amounts(one)) == ("8.00 EUR", [("FREIGHT", "10.00"), ("CREDIT_VOID", "-2.00")])
    wrong = reading(profile, "Bill,Total,Amount,Kind\nB1,-8.00,-10.00,FRT\nB1,-8.01,2.00,Back\n")
    assert {problem.code for problem in wrong.problems} == {"total_conflict"}


def test_labels_above_the_table_and_places() -> None:
    profile = (
        "carrier: x\ndates: D MMM YYYY\n"
        "above: {invoice: Bill no, issued_on: R2C4, currency: Currency, total: [Sum, Total]}\n"
        "columns: {amount: Amount, shipped_on: Day}"
    )
    text = "Bill no:,Currency\n77,JPY,,5 Sep 2026\nTotal,1500\n\nDay,Amount\n4 Sep 2026,1500\n"
    one = bill(profile, text)
    assert (one.number, str(one.total), one.issued_on) == ("77", "1500 JPY", date(2026, 9, 5))
    assert one.lines[0].shipped_on == date(2026, 9, 4)
    assert [problem.code for problem in reading(profile, text.replace("Total,1500", "Total,1501")).problems] == [
        "sum_error"
    ]


def test_days_without_a_form_are_not_guessed() -> None:
    profile = "carrier: x\ncurrency: EUR\ncolumns: {amount: A, shipped_on: Day}"
    [problem] = reading(profile, "Day,A\n03/09/2026,1.00\n").problems
    assert (problem.code, problem.row) == ("date_unreadable", 2)
    assert "say `dates:`" in problem.detail


def book_of(*rows: list[object], name: str = "Sheet") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADER: list[object] = ["Bill", "Parcel", "Day", "Base", "Fuel", "Sum"]
DAYS = WIDE.replace("waybill: Parcel", "waybill: Parcel, shipped_on: Day")


@pytest.mark.parametrize("decimal", ["", 'decimal: ","\n'])
def test_workbooks_have_numbers_and_days_and_no_style(decimal: str) -> None:
    document = book_of(HEADER, ["B1", 340434161, date(2026, 9, 3), 0.1 + 0.2, 8.125 - 0.005, 8.42], ["B1", "P2"])
    one = bill(decimal + DAYS, document)
    assert amounts(one) == [("FREIGHT", "0.30"), ("FUEL", "8.12")]
    assert (one.lines[0].waybill, one.lines[0].shipped_on) == ("340434161", date(2026, 9, 3))


def test_a_number_that_a_workbook_has_rounded_is_no_waybill() -> None:
    document = book_of(HEADER, ["B1", 3.40434161094e17, None, 1, None, 1])
    assert [problem.code for problem in reading(DAYS, document).problems] == ["waybill_rounded"]


def test_sheets_by_name() -> None:
    document = book_of(HEADER, ["B1", "P1", None, 1, None, 1], name="Detail")
    assert amounts(bill("sheet: Detail\n" + DAYS, document)) == [("FREIGHT", "1.00")]
    with pytest.raises(Unintelligible, match=r"no sheet is called 'Other'; there are: Detail"):
        reading("sheet: Other\n" + DAYS, document)


def changed(document: bytes, member: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, content if one == member else old.read(one))
    return out.getvalue()


def test_workbooks_that_would_harm_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = book_of(HEADER)
    entity = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'
    with pytest.raises(Unintelligible, match="document type"):
        reading(DAYS, changed(document, "xl/worksheets/sheet1.xml", entity))
    monkeypatch.setattr(workbook, "LARGEST", 1000)
    with pytest.raises(Unintelligible, match="would grow"):
        reading(DAYS, document)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    document = book_of(HEADER)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(Unsupported, match="homeward\\[xlsx\\]"):
        reading(DAYS, document)


def test_the_shipped_profiles_are_sound_and_named() -> None:
    assert len(shipped()) >= 4
    for name, profile in shipped().items():
        assert (profile.name, profile.source) != ("", ""), name
        assert Mapped.with_profile(name).mapping == profile
    with pytest.raises(Refused, match="there are: correos_express"):
        Mapped.with_profile("nobody")


def test_a_file_that_no_profile_fits() -> None:
    with pytest.raises(Unintelligible, match="with --profile"):
        Mapped().read(ROWS.encode())
    assert not Mapped().recognises(ROWS.encode())
    assert set(shipped()["dhl_ecommerce"].charges.values()) == {ChargeType.UNKNOWN}
