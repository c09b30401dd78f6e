"""How the price of cover follows from the value that is covered."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.values import Currency, Model, exact_amount

Amount = Annotated[Decimal, BeforeValidator(exact_amount), Field(ge=0)]
"""In the currency of what it belongs to: a decimal string, zero or more."""


class PremiumBasis(StrEnum):
    INCLUDED = "included"
    """Cover is in the price of carriage."""
    PERCENT = "percent"
    """`price` per cent of the value."""
    PER_UNIT = "per_unit"
    """`price` for each `unit` of value."""


class UnitRounding(StrEnum):
    """What a part of a unit costs. The same value of 250 is three units of 100, or two and a half."""

    STARTED = "started"
    PRO_RATA = "pro_rata"


class FreeCover(StrEnum):
    """What becomes of the part that is free where the value is above it."""

    TAKEN_OFF = "taken_off"
    """Only what is above it is priced."""
    LOST = "lost"
    """All of the value is priced."""


class PremiumBand(Model):
    """A fixed price for values up to an amount, this amount included."""

    up_to: Amount
    price: Amount


class PremiumForm(Model):
    """One tariff form. `bands` come first, the smallest first: a value above the last of them costs that band's price and,
    by `basis`, what is above it. `cap` is the highest value that is covered at all."""

    currency: Currency
    basis: PremiumBasis
    price: Amount = Decimal(0)
    unit: Annotated[Amount, Field(gt=0)] = Decimal(100)
    rounding: UnitRounding = UnitRounding.STARTED
    free_up_to: Amount = Decimal(0)
    free: FreeCover = FreeCover.TAKEN_OFF
    bands: Annotated[tuple[PremiumBand, ...], Field(max_length=100)] = ()
    minimum: Amount = Decimal(0)
    cap: Amount | None = None

    @model_validator(mode="after")
    def says_its_price(self) -> Self:
        limits = [band.up_to for band in self.bands]
        if limits != sorted(set(limits)):
            raise ValueError("bands go up, each to another amount")
        if (self.basis is PremiumBasis.INCLUDED) != (self.price == 0 and not self.bands):
            raise ValueError("cover that is included has no price, any other has one")
        return self
