"""Where a carrier is told what customs asks of goods that come home: a row a fact, with whoever says so."""

from collections.abc import Mapping
from enum import StrEnum

from schemas.values import Country, Model, ShortText, Text


class CustomsFact(StrEnum):
    """What customs, or the carrier on its behalf, asks of a returned parcel."""

    DECLARATION = "declaration"
    """Goods that must be declared at all."""
    REASON = "reason"
    """That it is a return, and no sale."""
    VALUE = "value"
    ORIGIN = "origin"
    HS_CODE = "hs_code"
    DUTY_PAYER = "duty_payer"
    INVOICE_NUMBER = "invoice_number"
    OUTBOUND_WAYBILL = "outbound_waybill"
    RMA = "rma"
    EXPORT_MRN = "export_mrn"
    SUPERVISION = "supervision"
    """China's code of the way the goods were exported, and the number of the list."""
    INSURED_VALUE = "insured_value"
    RETURNER_PHONE = "returner_phone"
    CONSIGNEE_PHONE = "consignee_phone"
    RETURNER_TAX_ID = "returner_tax_id"
    CONSIGNEE_TAX_ID = "consignee_tax_id"


class Carries(StrEnum):
    """Whether a carrier's interface takes a fact."""

    NEEDED = "needed"
    """It books nothing without."""
    IF_KNOWN = "if_known"
    NOT_CARRIED = "not_carried"
    """It has no field: the papers say it, or the broker is told. Goods that need a `DECLARATION` it does not carry at all."""


class CustomsField(Model):
    """One fact at one carrier. `where` is the carrier's own name of the field, from the top of the booking request."""

    fact: CustomsFact
    carries: Carries
    where: Text = ""
    within: tuple[Country, ...] = ()
    """Between these countries nothing is declared, and the row does not hold."""
    source: Text


class Lack(Model):
    """A field that is missing: the rule is `<carrier>.<fact>`."""

    rule: ShortText
    fact: CustomsFact
    where: Text
    source: Text


def rows(
    table: Mapping[CustomsFact, tuple[Carries, str]], source: str, *, within: tuple[Country, ...] = ()
) -> tuple[CustomsField, ...]:
    """A carrier's table from what is the same in every row and what is not."""
    return tuple(
        CustomsField(fact=fact, carries=carries, where=where, within=within, source=source)
        for fact, (carries, where) in table.items()
    )
