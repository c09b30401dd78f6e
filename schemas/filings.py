"""What a carrier is asked for when something went wrong: money back that it billed, or money for goods that suffered."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.charges import ChargeType, FindingKind
from schemas.starts import ClaimKind
from schemas.values import ClientRef, Instant, Model, Money, ShortText, Text, Waybill

MOST_LINES = 2_000
"""Lines that one filing names; more of them go as a document."""


class DisputedCharge(Model):
    """A line of a bill, what is agreed of it, and why no more."""

    row: Annotated[int, Field(ge=1)]
    waybill: Text | None = None
    type: ChargeType
    wire_code: Text | None = None
    billed: Money
    agreed: Money
    because: Text


class DisputeRequest(Model):
    """Give this back: `amount` is the sum of what is not agreed of the lines of one invoice."""

    client_ref: ClientRef
    invoice: ShortText
    issued_on: date | None = None
    finding: FindingKind
    amount: Money
    lines: Annotated[tuple[DisputedCharge, ...], Field(min_length=1, max_length=MOST_LINES)]


class ClaimRequest(Model):
    """Pay for this: goods lost or damaged, or a delivery that came too late. `amount` is what is asked for."""

    client_ref: ClientRef
    waybill: Waybill
    about: ClaimKind
    amount: Money
    goods: Text
    handed_over_at: Instant | None = None
    delivered_at: Instant | None = None
    note: Text = ""


class FilingState(StrEnum):
    """What the carrier says of a filing. `UNKNOWN` is a word of the carrier's that we do not know."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Filing(Model):
    """A dispute or a claim as the carrier has it, under a number of its own. `echoed_ref` is our client_ref as the carrier
    repeated it, None where it does not."""

    number: ShortText
    state: FilingState = FilingState.OPEN
    echoed_ref: Text | None = None
    wire_text: Text | None = None
