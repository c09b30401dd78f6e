"""The customs case of a return: what is known of its export, which reliefs come into question, what a person confirmed."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.terms import Paper, PaperKind
from schemas.values import Country, Instant, Model, ShortText, Text

MRN_FORM = r"^[0-9]{2}[A-Z]{2}[A-Z0-9]{14}$"
"""Movement reference number: year, country, fourteen characters."""


class Supervision(StrEnum):
    """China's customs supervision codes of exports."""

    BONDED_ZONE = "1210"
    RETAIL = "9610"
    B2B_DIRECT = "9710"
    B2B_WAREHOUSE = "9810"
    GENERAL = "0110"
    OTHER = "other"


class WhyBack(StrEnum):
    UNSOLD = "unsold"
    RETURNED = "returned"
    QUALITY = "quality"
    UNKNOWN = "unknown"


class GoodsState(StrEnum):
    """What happened to the goods abroad. `TRIED`: used only so far as the fault shows, or as a customer tries things on."""

    UNCHANGED = "unchanged"
    TRIED = "tried"
    USED = "used"
    PROCESSED = "processed"
    UNKNOWN = "unknown"


class TaxRefund(StrEnum):
    """What became of the tax refund on export."""

    NEVER = "never"
    PAID_BACK = "paid_back"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


class CustomsFacts(Model):
    """What somebody says of the export and of the goods. Nothing is guessed: what is not said stays open."""

    supervision: Supervision | None = None
    declaration_number: Annotated[Text | None, Field(max_length=40)] = None
    """Of the export declaration or the export list."""
    export_mrn: Annotated[str | None, Field(pattern=MRN_FORM)] = None
    declared_on: date | None = None
    exported_on: date | None = None
    zone_exit_on: date | None = None
    """When the goods left the bonded zone for abroad (1210)."""
    reimported_on: date | None = None
    why: WhyBack = WhyBack.UNKNOWN
    state: GoodsState = GoodsState.UNKNOWN
    refund: TaxRefund = TaxRefund.UNKNOWN
    food: bool | None = None
    home_product: bool | None = None
    """Made in the country they go home to."""


class CustomsCase(Model):
    """Kept with the return. `regime` is set by a person, and taken back by any new fact."""

    facts: CustomsFacts = CustomsFacts()
    papers: Annotated[tuple[Paper, ...], Field(max_length=50)] = ()
    regime: Text | None = None
    confirmed_at: Instant | None = None
    confirmed_by: Text | None = None


class Weighing(StrEnum):
    FOR = "for"
    AGAINST = "against"
    OPEN = "open"


class CustomsVerdict(StrEnum):
    """Never the law's last word: a person confirms what is `POSSIBLE`."""

    POSSIBLE = "possible"
    OPEN = "open"
    EXCLUDED = "excluded"


class Ground(Model):
    """One condition of a relief, weighed."""

    condition: ShortText
    weighs: Weighing
    about: Text = ""


class NeededPaper(Model):
    kind: PaperKind
    there: bool


class Candidate(Model):
    """A relief that comes into question, with all that speaks for and against it."""

    regime: ShortText
    country: Country
    verdict: CustomsVerdict
    grounds: tuple[Ground, ...]
    papers: tuple[NeededPaper, ...]
    needs: tuple[ShortText, ...] = ()
    """Facts without which nothing is booked under it."""
    last_day: date | None = None
    zone: ShortText
    relief: Text
    source: Text
    source_on: date
    confidence: ShortText
