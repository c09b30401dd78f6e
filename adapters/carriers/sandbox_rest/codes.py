"""The sandbox carrier's codes, in our words. They are our own invention."""

from collections.abc import Mapping

from schemas.charges import ChargeType
from schemas.customs_fields import Carries, CustomsFact
from schemas.errors import RefusalCode
from schemas.filings import FilingState
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

CHARGES: Mapping[str, ChargeType] = {
    "FRT": ChargeType.FREIGHT,
    "FSC": ChargeType.FUEL,
    "INS": ChargeType.INSURANCE,
}

REFUSALS: Mapping[str, RefusalCode] = {
    "ADDRESS_NOT_SERVED": RefusalCode.ADDRESS_NOT_SERVICED,
    "ADDRESS_UNKNOWN": RefusalCode.ADDRESS_INVALID,
    "DATA_MISSING": RefusalCode.DATA_MISSING,
    "BAD_JSON": RefusalCode.DATA_INVALID,
    "DATE_INVALID": RefusalCode.DATE_INVALID,
    "KEY_REUSED": RefusalCode.REFERENCE_IN_USE,  # same key, other body: the first booking stands
    "NOT_DELIVERED": RefusalCode.NOT_FOUND,
    "NOT_FOUND": RefusalCode.NOT_FOUND,
    "REFERENCE_IN_USE": RefusalCode.REFERENCE_IN_USE,
    "SERVICE_UNKNOWN": RefusalCode.SERVICE_UNAVAILABLE,
    "TOO_HEAVY": RefusalCode.WEIGHT_EXCEEDED,
    "TOO_MANY": RefusalCode.DATA_INVALID,
    "USED": RefusalCode.ALREADY_USED,
    "WINDOW": RefusalCode.WINDOW_CLOSED,
}

STATES: Mapping[str, BookingState] = {
    "booked": BookingState.LIVE,
    "void": BookingState.VOID,
}

VOIDS: Mapping[str, VoidOutcome] = {
    "voided": VoidOutcome.VOIDED,
    "already_void": VoidOutcome.ALREADY_VOID,
    "rejected": VoidOutcome.REJECTED,
}

FILINGS: Mapping[str, FilingState] = {
    "open": FilingState.OPEN,
    "closed": FilingState.CLOSED,
}

REFUNDS: Mapping[str, RefundState] = {
    "submitted": RefundState.SUBMITTED,
    "refunded": RefundState.REFUNDED,
    "none": RefundState.NOT_APPLICABLE,
}

LABELS: Mapping[LabelFormat, str] = {
    LabelFormat.PDF: "pdf",
    LabelFormat.ZPL: "zpl",
}

LABEL_FORMATS: Mapping[str, LabelFormat] = {
    "pdf": LabelFormat.PDF,
    "zpl": LabelFormat.ZPL,
}

CUSTOMS: Mapping[CustomsFact, tuple[Carries, str]] = {
    CustomsFact.REASON: (Carries.IF_KNOWN, "customs.reason"),
    CustomsFact.VALUE: (Carries.NEEDED, "customs.items.unit_value"),
    CustomsFact.ORIGIN: (Carries.NEEDED, "customs.items.origin"),
    CustomsFact.HS_CODE: (Carries.IF_KNOWN, "customs.items.hs_code"),
    CustomsFact.DUTY_PAYER: (Carries.IF_KNOWN, "customs.incoterm"),
    CustomsFact.INVOICE_NUMBER: (Carries.IF_KNOWN, "customs.invoice_number"),
    CustomsFact.OUTBOUND_WAYBILL: (Carries.IF_KNOWN, "customs.outbound_waybill"),
    CustomsFact.EXPORT_MRN: (Carries.IF_KNOWN, "customs.export_mrn"),
    CustomsFact.RMA: (Carries.IF_KNOWN, "references"),
    CustomsFact.SUPERVISION: (Carries.NOT_CARRIED, ""),
    CustomsFact.INSURED_VALUE: (Carries.IF_KNOWN, "insured"),
    CustomsFact.RETURNER_PHONE: (Carries.IF_KNOWN, "from.phone"),
    CustomsFact.CONSIGNEE_PHONE: (Carries.IF_KNOWN, "to.phone"),
}
