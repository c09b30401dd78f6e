"""The sandbox carrier's codes as its SOAP service writes them, in our words. They are our own invention."""

from collections.abc import Mapping

from schemas.charges import ChargeType
from schemas.customs_fields import Carries, CustomsFact
from schemas.errors import RefusalCode
from schemas.shipments import BookingState, LabelFormat, RefundState, VoidOutcome
from schemas.tracking import ExceptionReason, TrackingStatus

SERVICES: Mapping[str, str] = {
    "RETURN": "Sandbox Return",
    "RETURN_EXPRESS": "Sandbox Return Express",
}

TRACKING: Mapping[str, TrackingStatus] = {
    "ANN": TrackingStatus.ANNOUNCED,
    "COL": TrackingStatus.HANDED_OVER,
    "HUB": TrackingStatus.IN_TRANSIT,
    "CIN": TrackingStatus.IN_CUSTOMS,
    "OFD": TrackingStatus.OUT_FOR_DELIVERY,
    "PUD": TrackingStatus.READY_TO_COLLECT,
    "ATT": TrackingStatus.DELIVERY_FAILED,
    "DLV": TrackingStatus.DELIVERED,
    "RTS": TrackingStatus.RETURNED_TO_SENDER,  # back at the returner, not on the way to the consignee
    "HLD": TrackingStatus.HELD,
    "LST": TrackingStatus.LOST,
    "CAN": TrackingStatus.CANCELLED,
    "DMG": TrackingStatus.HELD,  # goes on only after somebody has looked
}

REASONS: Mapping[str, ExceptionReason] = {
    "ATT": ExceptionReason.CONSIGNEE_ABSENT,
    "HLD": ExceptionReason.CARRIER_OTHER,
    "LST": ExceptionReason.CARRIER_LOST,
    "DMG": ExceptionReason.CARRIER_DAMAGED,
}

ZONES: Mapping[str, str] = {
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "JP": "Asia/Tokyo",
}
"""The zone of a country that has only one; elsewhere the account's zone is assumed."""

CHARGES: Mapping[str, ChargeType] = {
    "FRT": ChargeType.FREIGHT,
    "FSC": ChargeType.FUEL,
    "INS": ChargeType.INSURANCE,
}

REFUSALS: Mapping[str, RefusalCode] = {
    "ADDRESS_NOT_SERVED": RefusalCode.ADDRESS_NOT_SERVICED,
    "ADDRESS_UNKNOWN": RefusalCode.ADDRESS_INVALID,
    "DATA_MISSING": RefusalCode.DATA_MISSING,
    "DATE_INVALID": RefusalCode.DATE_INVALID,
    "KEY_REUSED": RefusalCode.REFERENCE_IN_USE,
    "NOT_FOUND": RefusalCode.NOT_FOUND,
    "REFERENCE_IN_USE": RefusalCode.REFERENCE_IN_USE,
    "SERVICE_UNKNOWN": RefusalCode.SERVICE_UNAVAILABLE,
    "TOO_HEAVY": RefusalCode.WEIGHT_EXCEEDED,
    "TOO_MANY": RefusalCode.DATA_INVALID,
    "WINDOW": RefusalCode.WINDOW_CLOSED,
}

SHUT: frozenset[str] = frozenset({"ACCOUNT"})
"""Faults that mean the account, not the request."""

STATES: Mapping[str, BookingState] = {
    "BOOKED": BookingState.LIVE,
    "VOID": BookingState.VOID,
}

VOIDS: Mapping[str, VoidOutcome] = {
    "VOIDED": VoidOutcome.VOIDED,
    "ALREADY_VOID": VoidOutcome.ALREADY_VOID,
    "REJECTED": VoidOutcome.REJECTED,
}

REFUNDS: Mapping[VoidOutcome, RefundState] = {
    VoidOutcome.VOIDED: RefundState.SUBMITTED,
    VoidOutcome.ALREADY_VOID: RefundState.SUBMITTED,
    VoidOutcome.REJECTED: RefundState.NOT_APPLICABLE,
}

LABELS: Mapping[LabelFormat, str] = {
    LabelFormat.PDF: "PDF",
    LabelFormat.ZPL: "ZPL",
}

LABEL_FORMATS: Mapping[str, LabelFormat] = {
    "PDF": LabelFormat.PDF,
    "ZPL": LabelFormat.ZPL,
}

CUSTOMS: Mapping[CustomsFact, tuple[Carries, str]] = {
    CustomsFact.VALUE: (Carries.NEEDED, "Customs.Item.UnitValue"),
    CustomsFact.ORIGIN: (Carries.NEEDED, "Customs.Item.Origin"),
    CustomsFact.HS_CODE: (Carries.IF_KNOWN, "Customs.Item.HsCode"),
    CustomsFact.DUTY_PAYER: (Carries.IF_KNOWN, "Customs.Incoterm"),
    CustomsFact.INVOICE_NUMBER: (Carries.IF_KNOWN, "Customs.InvoiceNumber"),
    CustomsFact.OUTBOUND_WAYBILL: (Carries.IF_KNOWN, "Customs.OutboundWaybill"),
    CustomsFact.EXPORT_MRN: (Carries.IF_KNOWN, "Customs.ExportMrn"),
    CustomsFact.RMA: (Carries.IF_KNOWN, "OtherReference"),
    CustomsFact.SUPERVISION: (Carries.NOT_CARRIED, ""),
    CustomsFact.INSURED_VALUE: (Carries.IF_KNOWN, "Insured"),
    CustomsFact.RETURNER_PHONE: (Carries.IF_KNOWN, "From.Phone"),
    CustomsFact.CONSIGNEE_PHONE: (Carries.IF_KNOWN, "To.Phone"),
}
