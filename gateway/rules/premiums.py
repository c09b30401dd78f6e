"""What cover costs by its tariff form (charges-acceptance.md D, `contracts/reference/insurance_tariffs.csv`). Pure.

The rounding of units is a part of the form; the premium itself is rounded once, half up to the minor unit.
"""

from decimal import ROUND_CEILING, Decimal

from schemas.premiums import FreeCover, PremiumBasis, PremiumForm, UnitRounding
from schemas.values import Money


class NotCovered(ValueError):
    """The form has no price for this value, and why."""


def premium(form: PremiumForm, insured_value: Money) -> Money:
    """The expected premium; zero for what is free. Raises NotCovered: another currency, above the cap."""
    if insured_value.currency != form.currency:
        raise NotCovered(f"cover is priced in {form.currency}, the value is in {insured_value.currency}")
    if form.cap is not None and insured_value.amount > form.cap:
        raise NotCovered(f"no more than {form.cap} {form.currency} is covered")
    return Money.of(_amount(form, insured_value.amount), form.currency)


def _amount(form: PremiumForm, value: Decimal) -> Decimal:
    if form.basis is PremiumBasis.INCLUDED or value <= form.free_up_to:
        return Decimal(0)
    return max(form.minimum, _priced(form, value))


def _priced(form: PremiumForm, value: Decimal) -> Decimal:
    band = next((band for band in form.bands if value <= band.up_to), None)
    if band is not None:
        return band.price
    last = form.bands[-1] if form.bands else None
    below = last.up_to if last else form.free_up_to if form.free is FreeCover.TAKEN_OFF else Decimal(0)
    above = value - below
    price = above * form.price / 100 if form.basis is PremiumBasis.PERCENT else _units(form, above) * form.price
    return price + (last.price if last else 0)


def _units(form: PremiumForm, value: Decimal) -> Decimal:
    units = value / form.unit
    return units.to_integral_value(ROUND_CEILING) if form.rounding is UnitRounding.STARTED else units
