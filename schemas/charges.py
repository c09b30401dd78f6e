"""Money lines: what was agreed, what was billed, and what the difference is called."""

from datetime import date
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from schemas.values import Instant, Model, Money, ShortText, Text, Weight


class ChargeType(StrEnum):
    """The closed list of charge types, named as in `contracts/reference/charge_types.csv`."""

    __hash__ = str.__hash__  # as equality has it; and an enumeration's own costs a call at every look into a table

    FREIGHT = "FREIGHT"
    FREIGHT_RETURN_SERVICE = "FREIGHT_RETURN_SERVICE"
    RETURN_TO_SENDER = "RETURN_TO_SENDER"
    DISCOUNT = "DISCOUNT"
    FUEL = "FUEL"
    REMOTE_AREA = "REMOTE_AREA"
    RESIDENTIAL = "RESIDENTIAL"
    PEAK_DEMAND = "PEAK_DEMAND"
    ADDITIONAL_HANDLING = "ADDITIONAL_HANDLING"
    OVERSIZE = "OVERSIZE"
    OVERWEIGHT = "OVERWEIGHT"
    WEIGHT_ADJUSTMENT = "WEIGHT_ADJUSTMENT"
    RATE_ADJUSTMENT = "RATE_ADJUSTMENT"
    ADDRESS_CORRECTION = "ADDRESS_CORRECTION"
    INTERCEPT_REROUTE = "INTERCEPT_REROUTE"
    PICKUP = "PICKUP"
    SIGNATURE = "SIGNATURE"
    SATURDAY_HOLIDAY = "SATURDAY_HOLIDAY"
    COD = "COD"
    PRINT_LABEL = "PRINT_LABEL"
    DANGEROUS_GOODS = "DANGEROUS_GOODS"
    INSURANCE = "INSURANCE"
    DECLARED_VALUE = "DECLARED_VALUE"
    DUTY = "DUTY"
    IMPORT_TAX = "IMPORT_TAX"
    EXCISE = "EXCISE"
    GOVERNMENT_FEE = "GOVERNMENT_FEE"
    DUTY_TAX_OTHER = "DUTY_TAX_OTHER"
    DISBURSEMENT = "DISBURSEMENT"
    CUSTOMS_CLEARANCE = "CUSTOMS_CLEARANCE"
    EXPORT_DECLARATION = "EXPORT_DECLARATION"
    DUTY_TAX_SERVICE_FEE = "DUTY_TAX_SERVICE_FEE"
    STORAGE = "STORAGE"
    RETURN_HANDLING = "RETURN_HANDLING"
    DISPOSAL = "DISPOSAL"
    SECURITY_RISK = "SECURITY_RISK"
    ENVIRONMENT = "ENVIRONMENT"
    DATA_ENTRY_FEE = "DATA_ENTRY_FEE"
    PAPER_INVOICE_FEE = "PAPER_INVOICE_FEE"
    AUDIT_FEE = "AUDIT_FEE"
    PROHIBITED_ITEM_FEE = "PROHIBITED_ITEM_FEE"
    BILLING_FEE = "BILLING_FEE"
    SERVICE_FEE = "SERVICE_FEE"
    LATE_PAYMENT = "LATE_PAYMENT"
    CHARGEBACK = "CHARGEBACK"
    TAX = "TAX"
    INSURANCE_TAX = "INSURANCE_TAX"
    CREDIT_SERVICE_FAILURE = "CREDIT_SERVICE_FAILURE"
    CREDIT_VOID = "CREDIT_VOID"
    CREDIT_REBATE = "CREDIT_REBATE"
    CREDIT_CLAIM = "CREDIT_CLAIM"
    CURRENCY_VARIANCE = "CURRENCY_VARIANCE"
    INCLUDED_NO_CHARGE = "INCLUDED_NO_CHARGE"
    OTHER_SERVICE = "OTHER_SERVICE"
    UNKNOWN = "UNKNOWN"


class Charge(Model):
    """One agreed or quoted line."""

    type: ChargeType
    money: Money
    wire_code: Text | None = None
    wire_text: Text | None = None


class Quote(Model):
    """A price for one service, in the return's direction, with its parts. `total` is what the carrier says it comes to."""

    service: ShortText
    name: Text | None = None
    charges: tuple[Charge, ...]
    total: Money | None = None
    delivery_at: Instant | None = None
    pickup_cutoff_at: Instant | None = None


class InvoiceLine(Model):
    """One billed line. `number` is the row in the file, from 1; `amount` is signed, credits negative, before tax."""

    number: Annotated[int, Field(ge=1)]
    waybill: Text | None = None
    original_waybill: Text | None = None
    references: tuple[Text, ...] = ()
    type: ChargeType
    money: Money
    wire_code: Text | None = None
    description: Text = ""
    shipped_on: date | None = None
    service: Text | None = None
    billed_weight: Weight | None = None
    informational: bool = False


class CarrierInvoice(Model):
    """One bill of a carrier, as its file says it. `total` is what the carrier asks for; the lines must come to it."""

    carrier: ShortText
    number: ShortText
    account: Text | None = None
    issued_on: date | None = None
    due_on: date | None = None
    total: Money
    lines: tuple[InvoiceLine, ...]
    currency_assumed: bool = False
    """The file names no currency: it is the account's, and what stands here is the format's usual one."""

    @property
    def line_sum(self) -> int:
        """Minor units of all lines that count."""
        return sum(line.money.minor for line in self.lines if not line.informational)


class InvoiceProblem(Model):
    """Something in an invoice file that could not be read, with its row and column. `invoice` names the bill it blocks."""

    row: int | None = None
    column: Text | None = None
    code: ShortText
    detail: Text
    invoice: Text | None = None


class InvoiceReading(Model):
    """All that one file said: its invoices, and what could not be read."""

    format: ShortText
    carrier: Text
    invoices: tuple[CarrierInvoice, ...] = ()
    problems: tuple[InvoiceProblem, ...] = ()


class FindingKind(StrEnum):
    """What is found of a billed line. `gateway/rules/meanings.py` says what becomes of the line, and what proves it."""

    __hash__ = str.__hash__

    MATCHED = "matched"
    UNDER = "under"
    CREDIT = "credit"
    INVOICE_LEVEL_FEE = "invoice_level_fee"
    USED_AFTER_VOID = "used_after_void"
    SUM_ERROR = "sum_error"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    VOIDED_BILLED = "voided_billed"
    CURRENCY = "currency"
    UNKNOWN_CHARGE = "unknown_charge"
    UNPRICED = "unpriced"
    SERVICE_MISMATCH = "service_mismatch"
    ACCESSORIAL_NOT_REQUESTED = "accessorial_not_requested"
    INSURANCE_NOT_REQUESTED = "insurance_not_requested"
    RESIDENTIAL_WRONG = "residential_wrong"
    ADDRESS_CORRECTION_WRONG = "address_correction_wrong"
    WEIGHT_OVER = "weight_over"
    RATE_OVER = "rate_over"
    FUEL_OVER = "fuel_over"
    TAX_WRONG = "tax_wrong"
    DUTY_NOT_PAYER = "duty_not_payer"
    DUTY_RELIEF = "duty_relief"
    DISBURSEMENT_OVER = "disbursement_over"
    STORAGE_OVER = "storage_over"
    LATE_DELIVERY = "late_delivery"
    LATE_BILLED = "late_billed"
    COVER_MISSING = "cover_missing"
    """Only ever a note: cover was agreed, and a bill without its premium may mean that it was never bound."""
    DRIFT = "drift"
    """Of a carrier's month, not of a line: small overs that come to more than is small."""


class Finding(Model):
    """One verdict with its reason in words a person can check. What else was found of the line stands in `notes`."""

    kind: FindingKind
    line: int | None = None
    expected: Money | None = None
    billed: Money | None = None
    because: Text
    notes: tuple[FindingKind, ...] = ()


class Transfer(NamedTuple):
    """Minor units from one account to another. A transaction is made of these, so it cannot but sum to zero per currency.

    No model, for a bill has tens of thousands: what is not above zero the database refuses.
    """

    debit: str
    credit: str
    minor: int
    currency: str
    return_id: str | None = None
