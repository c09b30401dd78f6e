"""Who bears which charge of a return, by rule."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.charges import ChargeType
from schemas.returns import ReturnReason
from schemas.values import Model, Text


class ChargeBearer(StrEnum):
    EXPORTER = "exporter"
    RETURNER = "returner"
    PLATFORM = "platform"
    CARRIER = "carrier"


class By(StrEnum):
    """Where a rule takes its bearer from."""

    RULE = "rule"
    TERMS = "terms"
    """From the sales terms that the return was applied for under; where they say nothing of it the next rule is asked."""


class BearerRule(Model):
    """Nothing said is everything. `reasons` fits where each line of the return has one of them."""

    by: By = By.RULE
    bearer: ChargeBearer | None = None
    charges: Annotated[tuple[ChargeType, ...], Field(max_length=60)] = ()
    channels: Annotated[tuple[Annotated[str, Field(pattern=r"^chn_[0-9a-z]{26}$")], ...], Field(max_length=100)] = ()
    reasons: Annotated[tuple[ReturnReason, ...], Field(max_length=20)] = ()
    note: Text = ""

    @model_validator(mode="after")
    def names_one_bearer(self) -> Self:
        if (self.by is By.RULE) != (self.bearer is not None):
            raise ValueError("a rule names its bearer, or takes him from the terms")
        return self


class BearerRules(Model):
    """One version: the first rule that fits counts, for bills from a day on. What none fits the exporter bears."""

    valid_from: date
    rules: Annotated[tuple[BearerRule, ...], Field(max_length=200)] = ()
