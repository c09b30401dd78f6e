"""What callers may say about charges."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.web.asked import AskedDay
from schemas.bearers import BearerRule
from schemas.charges import ChargeType
from schemas.values import Model, ShortText, Text

SaidCharge = Annotated[Text, Field(min_length=1)]


class AskedChargeType(Model):
    """What a carrier's unknown charge is: by its `code`, or else by its `text`. `carrier` is named as its bills name it;
    `valid_from` is the first day of bills that it is for, all bills without one."""

    carrier: ShortText
    code: SaidCharge | None = None
    text: SaidCharge | None = None
    type: ChargeType
    valid_from: AskedDay | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def one_charge_and_a_known_type(self) -> Self:
        if self.code is None and self.text is None:
            raise PydanticCustomError("required", "a code or a text", {"at": "code"})
        if self.code is not None and self.text is not None:
            raise PydanticCustomError("repeated", "a code or a text", {"at": "text"})
        if self.type is ChargeType.UNKNOWN:
            raise PydanticCustomError("choice", "unknown is what it is already", {"at": "type"})
        return self


class AskedBearers(Model):
    """Who bears which charge, of bills from a day on: the first rule that fits. A rule names its bearer, or says
    `"by": "terms"`; nothing said of `charges`, `channels` or `reasons` is all of them. What none fits the exporter bears."""

    valid_from: AskedDay
    rules: Annotated[tuple[BearerRule, ...], Field(max_length=200)] = ()
