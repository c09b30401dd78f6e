"""What callers may say about claims."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.web.asked import id_form
from schemas.starts import ClaimKind
from schemas.values import Model, Money, ShortText, Text


def above_zero(value: Money) -> Money:
    if value.amount <= 0:
        raise ValueError("an amount above zero")
    return value


Amount = Annotated[Money, AfterValidator(above_zero)]


class AskedClaim(Model):
    """Claim for a shipment. Without an amount it is what the goods are worth, where that is known; of a delay somebody has to
    say it, before it is filed."""

    shipment_id: Annotated[str, Field(pattern=id_form("shp"))]
    about: ClaimKind
    amount: Amount | None = None
    note: Text = ""


class ChangedClaim(Model):
    """What is asked for, of a draft."""

    amount: Amount
    note: Text | None = None


class SaidAccepted(Model):
    """The carrier will pay so much."""

    accepted: Amount


class SaidRejected(Model):
    """The carrier will not pay, and why."""

    reason: ShortText


class SaidPaid(Model):
    """The money was seen, under this reference of the bank's or the carrier's. Where it is the number of a bill, the money is
    that bill's credit, and in the books already."""

    amount: Amount
    reference: ShortText
