"""What judging leaves out because it can say nothing, and says in a shorter way because it is the same."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.findings import Case
from gateway.rules.judging import ASKED, ORDER
from gateway.rules.matching import BilledLine, Booked
from gateway.rules.running import Running
from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType
from schemas.iso import CURRENCY_DIGITS
from schemas.values import Money, said

FREIGHT = ChargeType.FREIGHT
BOOKED = Booked(
    shipment_id="shp_1",
    return_id="ret_1",
    currency="EUR",
    agreed={},
    insured=False,
    live=True,
    moved=True,
    service="P",
    grams=1,
    ship_on=date(2026, 3, 2),
    promised_at=datetime(2026, 3, 4, tzinfo=UTC),
    delivered_at=datetime(2026, 3, 5, tzinfo=UTC),
)


@pytest.mark.parametrize("kind", ChargeType)
def test_a_rule_that_is_not_asked_of_a_type_has_nothing_to_say_of_it(kind: ChargeType) -> None:
    """Under every circumstance that any rule looks at: nothing agreed or too little, late, relieved or not, as promised."""
    agreements: list[dict[ChargeType, int]] = [{}, {FREIGHT: 1}, {kind: 1}]
    for rule in set(ORDER) - set(ASKED[kind]):
        for agreed in agreements:
            booked = replace(BOOKED, agreed=agreed, relief=not agreed, tax_permille=190 if agreed else None)
            line = BilledLine("lin_1", "W1", kind, 10_000, "EUR", grams=9_000, service="D")
            case = Case(line, booked, Running(booked), Policy())
            case.services = {"d": "D"}
            assert rule(case) is None


@given(st.integers(-(10**14) + 1, 10**14 - 1), st.sampled_from(sorted(CURRENCY_DIGITS)))
def test_an_amount_is_said_as_money_says_it(minor: int, currency: str) -> None:
    assert said(minor, currency) == str(Money.from_minor(minor, currency))
