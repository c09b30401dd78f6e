"""A month's statement and other currencies' views. Every expectation here is worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.rules.fx import read_rates
from gateway.rules.statements import Sum, as_beancount, as_csv, build

TABLE = "Date,USD,JPY,BHD,XYZ\n2026-03-20,1.25,160,0.5,9\n2026-03-19,1.20,N/A,,9\n2026-03-02,1.10,150,0.4,9\n"
RATES = read_rates(TABLE, "rates.csv")
FRIDAY, SUNDAY = date(2026, 3, 20), date(2026, 3, 22)


def test_a_day_is_converted_by_the_rates_published_before_it() -> None:
    found = RATES.convert(1_000, "EUR", "USD", FRIDAY)
    assert found is not None
    assert (found.minor, found.currency, found.rate_on, found.source) == (1_200, "USD", date(2026, 3, 19), "rates.csv")


def test_a_weekend_falls_back_to_the_last_day_and_says_so() -> None:
    found = RATES.convert(1_000, "EUR", "USD", SUNDAY)
    assert found is not None
    assert (found.minor, found.rate_on) == (1_250, FRIDAY)


@pytest.mark.parametrize(
    ("minor", "currency", "into", "expected"),
    [
        (1_000, "USD", "EUR", 800),
        (1_000, "EUR", "JPY", 1_600),  # ten euro, no decimals
        (160, "JPY", "EUR", 100),
        (1_000, "EUR", "BHD", 5_000),  # three decimals
        (1, "USD", "EUR", 1),  # 0.8 of a cent
        (-1, "JPY", "USD", -1),  # 0.78 of a cent, away from zero
        (1_000, "EUR", "EUR", 1_000),
    ],
)
def test_decimals_of_each_currency_are_kept(minor: int, currency: str, into: str, expected: int) -> None:
    found = RATES.convert(minor, currency, into, SUNDAY)
    assert found is not None
    assert found.minor == expected


@pytest.mark.parametrize(
    ("currency", "into", "on"),
    [
        ("EUR", "GBP", SUNDAY),
        ("EUR", "JPY", FRIDAY),  # published the day before, but not this one
        ("EUR", "USD", date(2026, 3, 2)),  # before the first
        ("EUR", "USD", date(2026, 3, 28)),  # nobody keeps the table
    ],
)
def test_without_a_rate_there_is_no_amount(currency: str, into: str, on: date) -> None:
    assert RATES.convert(1_000, currency, into, on) is None


@pytest.mark.parametrize(
    "wrong", ["", "Day,USD\n", "Date,USD\nyesterday,1\n", "Date,USD\n2026-03-02,x\n", "Date,USD\n2026-03-02,0\n"]
)
def test_a_table_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="rates"):
        read_rates(wrong, "x")


def moved(account: str, minor: int, return_id: str | None = "ret_1", invoice: str = "inv_1", total: int = 1_100) -> Sum:
    return Sum(invoice, "=carrier", invoice.upper(), SUNDAY, total, "EUR", return_id, account, minor)


SUMS = [
    moved("carrier_payable", -1_000),
    moved("carrier_payable", -100, None),
    moved("return_freight_expense", 700),
    moved("duty_recoverable", 200),
    moved("dispute_receivable", 100),
    moved("dispute_receivable", 100, None),
    moved("exporter_receivable", 700),
    moved("exporter_receivable_duty", 200),
    moved("costs_recharged", -900),
]


def test_bills_are_what_is_allocated_and_what_is_disputed() -> None:
    statement = build(SUMS)
    (row,) = statement.rows
    assert (row.billed, row.allocated, row.duty, row.disputed) == (1_100, 700, 200, 200)
    assert [(one.return_id, one.allocated, one.duty) for one in statement.shares] == [("ret_1", 700, 200)]
    assert statement.holds
    assert not build(SUMS[:-3] + SUMS[-2:]).holds
    assert not build([moved(one.account, one.minor, total=1_101) for one in SUMS]).holds


def test_a_table_for_spreadsheets_keeps_text_text() -> None:
    table = as_csv(build(SUMS, RATES, "USD")).splitlines()
    assert table[1] == (
        "2026-03-22,'=carrier,INV_1,EUR,11.00,7.00,2.00,2.00,0.00,0.00,0.00,13.75,USD,1.25000000,2026-03-20,rates.csv"
    )


def test_plain_text_accounting_balances() -> None:
    text = as_beancount(SUMS)
    amounts = [Decimal(line.split()[1]) for line in text.splitlines() if line.startswith("  ")]
    assert len(amounts) == 7
    assert sum(amounts) == 0
    assert '2026-03-22 * "=carrier" "INV_1"' in text
    assert text.startswith("2026-03-22 open Assets:Carriers:Disputed\n")
