"""How long a carrier hears a dispute about its bill: what a carrier, or the trade, says of it."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.charges import FindingKind
from schemas.values import Model, Text


class WindowStart(StrEnum):
    INVOICE = "the day of the invoice"
    SHIPMENT = "the day of the shipment"
    PROMISE = "the promised day of delivery"


class Confidence(StrEnum):
    """Of a source: the carrier's own rule, several who should know, hearsay."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class DisputeWindow(Model):
    """One rule. Of several that may hold, the one that ends first is kept to: a country, say, stands on no bill."""

    days: Annotated[int, Field(gt=0, le=1000)]
    starts: WindowStart = WindowStart.INVOICE
    findings: tuple[FindingKind, ...] = ()
    """What it is for; empty for all that no other window of the carrier names."""
    source: Text
    read_on: date
    confidence: Confidence
