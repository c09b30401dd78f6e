"""What customs is told, so that goods coming home are not taxed as if they were new."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.values import Country, Model, Money, ShortText, Text, Weight


class Incoterm(StrEnum):
    """Who bears cost, risk and duty (Incoterms 2020)."""

    EXW = "EXW"
    FCA = "FCA"
    CPT = "CPT"
    CIP = "CIP"
    DAP = "DAP"
    DPU = "DPU"
    DDP = "DDP"
    FAS = "FAS"
    FOB = "FOB"
    CFR = "CFR"
    CIF = "CIF"


class CustomsItem(Model):
    """One line of goods. `unit_value` is of the returned goods, as they are now."""

    description: ShortText
    quantity: Annotated[int, Field(ge=1)]
    unit_value: Money
    unit_weight: Weight
    hs_code: Annotated[str | None, Field(pattern=r"^[0-9]{6,10}$")] = None
    origin: Country
    sku: Text | None = None


class CustomsDeclaration(Model):
    """Goods returned to where they were exported from; the reason for export is always a return."""

    items: Annotated[tuple[CustomsItem, ...], Field(min_length=1, max_length=1000)]
    incoterm: Incoterm = Incoterm.DAP
    customs_value: Money
    invoice_number: Text | None = None
    invoice_on: date | None = None
    outbound_waybill: Text | None = None
    export_mrn: Text | None = None
    """Movement reference number of the outbound export declaration."""
