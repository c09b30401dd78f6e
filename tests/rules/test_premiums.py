"""What cover costs, by the forms of `contracts/reference/insurance_tariffs.csv` and the rules that produce money errors."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.rules.premiums import NotCovered, premium
from schemas.premiums import FreeCover, PremiumBand, PremiumBasis, PremiumForm, UnitRounding
from schemas.values import Money

D = Decimal
PERCENT = PremiumForm(currency="USD", basis=PremiumBasis.PERCENT, price=D("1.0"), minimum=D("1.00"))
STARTED = PremiumForm(currency="USD", basis=PremiumBasis.PER_UNIT, price=D("0.45"))
PRO_RATA = PremiumForm(
    currency="USD",
    basis=PremiumBasis.PER_UNIT,
    price=D("1.50"),
    rounding=UnitRounding.PRO_RATA,
    free_up_to=D(100),
    cap=D(5000),
)
DECLARED = PremiumForm(
    currency="USD",
    basis=PremiumBasis.PER_UNIT,
    price=D("1.15"),
    minimum=D("3.45"),
    free_up_to=D(100),
    free=FreeCover.LOST,
)
BANDS = PremiumForm(
    currency="USD",
    basis=PremiumBasis.PER_UNIT,
    price=D("0.90"),
    bands=(PremiumBand(up_to=D(50), price=D("1.65")), PremiumBand(up_to=D(300), price=D("4.60"))),
)
INCLUDED = PremiumForm(currency="USD", basis=PremiumBasis.INCLUDED, cap=D(500))
BY_500 = PremiumForm(currency="EUR", basis=PremiumBasis.PER_UNIT, price=D("2.50"), unit=D(500))


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        (PERCENT, "250.00", "2.50"),
        (PERCENT, "40.00", "1.00"),
        (PERCENT, "100.50", "1.01"),
        (STARTED, "250.00", "1.35"),
        (STARTED, "300.00", "1.35"),
        (STARTED, "300.01", "1.80"),
        (PRO_RATA, "100.00", "0.00"),
        (PRO_RATA, "350.00", "3.75"),
        (PRO_RATA, "5000.00", "73.50"),
        (DECLARED, "100.00", "0.00"),
        (DECLARED, "100.01", "3.45"),
        (DECLARED, "300.00", "3.45"),
        (DECLARED, "300.01", "4.60"),
        (BANDS, "50.00", "1.65"),
        (BANDS, "50.01", "4.60"),
        (BANDS, "300.01", "5.50"),
        (INCLUDED, "499.00", "0.00"),
        (BY_500, "500.01", "5.00"),
    ],
)
def test_the_premium_of_each_form(form: PremiumForm, value: str, expected: str) -> None:
    assert premium(form, Money.of(value, form.currency)) == Money.of(expected, form.currency)


def test_what_is_above_the_cap_or_in_another_currency_is_not_covered() -> None:
    with pytest.raises(NotCovered, match="no more than 5000 USD"):
        premium(PRO_RATA, Money.of("5000.01", "USD"))
    with pytest.raises(NotCovered, match="priced in USD, the value is in EUR"):
        premium(PERCENT, Money.of("10", "EUR"))


def test_a_currency_without_decimals_is_rounded_to_whole_units() -> None:
    form = PremiumForm(currency="JPY", basis=PremiumBasis.PERCENT, price=D("0.3"))
    assert premium(form, Money.of("1500", "JPY")) == Money.of("5", "JPY")


@given(st.integers(1, 400_000), st.integers(0, 400_000), st.sampled_from([PERCENT, STARTED, DECLARED, BANDS]))
def test_more_cover_never_costs_less(minor: int, more: int, form: PremiumForm) -> None:
    less = premium(form, Money.from_minor(minor, "USD"))
    assert premium(form, Money.from_minor(minor + more, "USD")).minor >= less.minor


@given(st.integers(1, 400_000))
def test_started_units_never_cost_less_than_parts_of_them(minor: int) -> None:
    parts = STARTED.model_copy(update={"rounding": UnitRounding.PRO_RATA})
    value = Money.from_minor(minor, "USD")
    assert premium(parts, value).minor <= premium(STARTED, value).minor


@pytest.mark.parametrize(
    "given",
    [
        {"basis": "included", "price": "1.00"},
        {"basis": "percent"},
        {"basis": "per_unit", "price": "1", "unit": "0"},
        {"basis": "percent", "price": "-1"},
        {"basis": "percent", "price": "1", "bands": [{"up_to": "50", "price": "1"}, {"up_to": "50", "price": "2"}]},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PremiumForm.model_validate_json(json.dumps({"currency": "EUR", **given}))
