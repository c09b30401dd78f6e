"""GET /v1/statements/{month}: the invariant over real postings, in its five forms, and by the operator's rates."""

import io
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from adapters.toolkit.parquet import write_parquet
from adapters.toolkit.workbook import workbook_rows, write_workbook
from gateway.rules import statements
from schemas.charges import ChargeType
from tests.house.billing import AGREED, bill, book, freight, take_in
from tests.web.doors import House, OpenHouse

SUM = statements.Sum("inv_1", "sandbox", "B1", date(2026, 3, 20), 1_000, "BHD", "ret_1", "carrier_payable", -1_000)


@pytest.fixture
async def billed(open_house: OpenHouse, tmp_path: Path) -> House:
    (tmp_path / "rates.csv").write_text("Date,USD\n2026-03-19,1.25\n")
    house = await open_house(rates=tmp_path / "rates.csv")
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        for waybill in ("SBX1", "SBX2"):
            await book(tx, waybill, AGREED)
    rows = [freight("SBX1"), freight("SBX2", "14.00"), freight("SBX9", "3.00"), freight("", "1.01", "TAX")]
    await take_in(house.gw, house.mine.exporter_id, bill("B1", rows))
    await take_in(house.gw, house.mine.exporter_id, bill("B2", [freight("SBX1", "5")], currency="JPY"))
    april = bill("B3", [freight("SBX1", "9.00")], issued_on=date(2026, 4, 1))
    await take_in(house.gw, house.mine.exporter_id, april)
    return house


async def test_bills_are_allocated_or_disputed(billed: House) -> None:
    told = await billed.mine.get("/v1/statements/2026-03")
    assert told["holds"] is True
    by_currency = {
        one["billed"]["currency"]: {key: value["amount"] for key, value in one.items() if key != "others"}
        for one in told["totals"]
    }
    assert by_currency == {
        "EUR": {"billed": "28.01", "allocated": "21.01", "duty": "0.00", "disputed": "7.00"},
        "JPY": {"billed": "5", "allocated": "0", "duty": "0", "disputed": "5"},
    }
    assert sorted(one["allocated"]["amount"] for one in told["returns"]) == ["10.50", "10.51"]
    assert [one["number"] for one in told["invoices"]] == ["B1", "B2"]
    assert told["accrued"] == []


async def test_what_is_booked_and_not_billed_by_the_months_end_is_accrued(billed: House) -> None:
    async with billed.gw.store.transaction(billed.mine.exporter_id) as tx:
        await book(tx, "SBX3", AGREED)
        await book(tx, "SBX4", AGREED, state="cancelled")
    billed.clock.forward(timedelta(days=60))
    async with billed.gw.store.transaction(billed.mine.exporter_id) as tx:
        await book(tx, "SBX5", {ChargeType.FREIGHT: 700}, currency="USD")

    async def accrued(month: str) -> list[str]:
        told = await billed.mine.get(f"/v1/statements/{month}")
        return [f"{one['amount']} {one['currency']}" for one in told["accrued"]]

    assert await accrued("2026-02") == []
    assert await accrued("2026-03") == await accrued("2026-04") == ["11.50 EUR"]
    assert await accrued("2026-05") == ["11.50 EUR", "7.00 USD"]
    assert await accrued("2026-09") == ["7.00 USD"]  # the other would be stale
    await take_in(billed.gw, billed.mine.exporter_id, bill("B9", [freight("SBX3")], issued_on=date(2026, 4, 3)))
    assert await accrued("2026-03") == ["11.50 EUR"]
    assert await accrued("2026-04") == []
    theirs = await billed.theirs.get("/v1/statements/2026-05")
    assert theirs["accrued"] == []


async def test_each_exporter_sees_his_own(billed: House) -> None:
    assert (await billed.theirs.get("/v1/statements/2026-03"))["invoices"] == []


async def test_by_the_operators_rates(billed: House) -> None:
    first, second = (await billed.mine.get("/v1/statements/2026-03?currency=USD"))["invoices"]
    assert first["converted"] == {
        "money": {"amount": "35.01", "currency": "USD"},
        "rate": "1.25000000",
        "rate_on": "2026-03-19",
        "source": "rates.csv",
    }
    assert second["converted"] is None  # no rate for the yen
    wrong = await billed.mine.get("/v1/statements/2026-03?currency=QQQ", 422)
    assert wrong["errors"][0]["code"] == "currency"


async def test_files(billed: House) -> None:
    table = await billed.mine.ask("GET", "/v1/statements/2026-03?as=csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len((await table.text()).splitlines()) == 3
    book = await billed.mine.ask("GET", "/v1/statements/2026-03?as=xlsx")
    assert book.headers["Content-Type"].endswith("spreadsheetml.sheet")
    (_, header), *rows = list(workbook_rows(await book.read()))
    assert dict(zip(header, rows[0][1], strict=False))["billed"] == "28.01"
    assert len(rows) == 2
    columns = pl.read_parquet(await (await billed.mine.ask("GET", "/v1/statements/2026-03?as=parquet")).read())
    assert columns["billed"].to_list() == [Decimal("28.01"), Decimal("5")]
    assert (columns["issued_on"].dtype, columns["rate"].to_list()) == (pl.Date, [None, None])
    plain = await (await billed.mine.ask("GET", "/v1/statements/2026-03?as=beancount")).text()
    assert "Liabilities:Carriers:Payable  -28.01 EUR" in plain


async def test_a_file_whose_extra_is_missing_says_what_to_install(
    billed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    told = await billed.mine.get("/v1/statements/2026-03?as=parquet", 422)
    assert "homeward[bulk]" in told["errors"][0]["detail"]


def test_a_month_without_bills_has_the_same_columns() -> None:
    none, some = (
        pl.read_parquet(write_parquet(statements.as_rows(one), statements.KINDS))
        for one in (statements.build([]), statements.build([SUM]))
    )
    assert none.is_empty()
    assert none.schema == some.schema


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "0000-01", "x", "2026-3", "２０２６-03"])
async def test_what_is_no_month_is_not_found(house: House, month: str) -> None:
    await house.mine.get(f"/v1/statements/{month}", 404)


def test_a_text_in_a_workbook_is_no_formula() -> None:
    (row,) = openpyxl.load_workbook(io.BytesIO(write_workbook([["=1+1", "-2", "x"]]))).active.iter_rows()
    assert [(cell.value, cell.data_type) for cell in row] == [("=1+1", "s"), ("-2", "s"), ("x", "s")]
