"""What callers may say of a customs case."""

from typing import Annotated

from pydantic import Field

from gateway.web.asked import AskedDay
from gateway.web.asked_applying import AskedPaper
from schemas.customs_case import MRN_FORM, GoodsState, Supervision, TaxRefund, WhyBack
from schemas.values import Model, ShortText, Text


class AskedFacts(Model):
    """All that is known of the export and of the goods. What you leave out stays open: nothing is guessed."""

    supervision: Supervision | None = None
    declaration_number: Annotated[Text | None, Field(max_length=40)] = None
    export_mrn: Annotated[str | None, Field(pattern=MRN_FORM)] = None
    declared_on: AskedDay | None = None
    exported_on: AskedDay | None = None
    zone_exit_on: AskedDay | None = None
    reimported_on: AskedDay | None = None
    why: WhyBack = WhyBack.UNKNOWN
    state: GoodsState = GoodsState.UNKNOWN
    refund: TaxRefund = TaxRefund.UNKNOWN
    food: bool | None = None
    home_product: bool | None = None


class AskedCustoms(Model):
    facts: AskedFacts
    papers: Annotated[tuple[AskedPaper, ...], Field(max_length=50)] = ()


class SaidRelief(Model):
    """One of the candidates' `regime`."""

    regime: ShortText
