"""Shopify's words and ours. Statuses and reasons are matched in capitals: webhooks write them small."""

from collections.abc import Mapping

from schemas.acceptance import Condition
from schemas.errors import RefusalCode
from schemas.returns import DecisionKind, PlatformEventKind, ReturnReason, ReturnStatus

TOPICS: Mapping[str, PlatformEventKind] = {
    "returns/request": PlatformEventKind.RETURN_CHANGED,
    "returns/approve": PlatformEventKind.RETURN_CHANGED,
    "returns/decline": PlatformEventKind.RETURN_CHANGED,
    "returns/cancel": PlatformEventKind.RETURN_CHANGED,
    "returns/close": PlatformEventKind.RETURN_CHANGED,
    "returns/reopen": PlatformEventKind.RETURN_CHANGED,
    "returns/update": PlatformEventKind.RETURN_CHANGED,
    "returns/process": PlatformEventKind.RETURN_CHANGED,
    "reverse_deliveries/attach_deliverable": PlatformEventKind.LABEL_ATTACHED,
    "reverse_fulfillment_orders/dispose": PlatformEventKind.RETURN_CHANGED,
}
"""Any other topic is kept and ignored."""

STATUS: Mapping[str, ReturnStatus] = {
    "REQUESTED": ReturnStatus.REQUESTED,
    "OPEN": ReturnStatus.APPROVED,  # also after a label is attached: Shopify has no word for booked or on its way
    "CLOSED": ReturnStatus.CLOSED,
    "DECLINED": ReturnStatus.DECLINED,
    "CANCELED": ReturnStatus.CANCELLED,
}

STATUS_OF_TOPIC: Mapping[str, ReturnStatus] = {
    "returns/request": ReturnStatus.REQUESTED,
    "returns/approve": ReturnStatus.APPROVED,
    "returns/reopen": ReturnStatus.APPROVED,
    "returns/decline": ReturnStatus.DECLINED,
    "returns/cancel": ReturnStatus.CANCELLED,
    "returns/close": ReturnStatus.CLOSED,
}
"""Only where the body names no status."""

REASONS: Mapping[str, ReturnReason] = {
    "UNWANTED": ReturnReason.UNWANTED,
    "SIZE_TOO_SMALL": ReturnReason.SIZE_TOO_SMALL,
    "SIZE_TOO_LARGE": ReturnReason.SIZE_TOO_LARGE,
    "DEFECTIVE": ReturnReason.DEFECTIVE,
    "WRONG_ITEM": ReturnReason.WRONG_ITEM,
    "NOT_AS_DESCRIBED": ReturnReason.NOT_AS_DESCRIBED,
    "STYLE": ReturnReason.COLOUR_OR_STYLE,
    "COLOR": ReturnReason.COLOUR_OR_STYLE,
    "OTHER": ReturnReason.OTHER,
    "UNKNOWN": ReturnReason.UNKNOWN,  # also what the old field says when only the newer definition is set
}

GRAMS_PER_UNIT: Mapping[str, str] = {
    "GRAMS": "1",
    "KILOGRAMS": "1000",
    "OUNCES": "28.349523125",
    "POUNDS": "453.59237",
}

DISPOSITIONS: Mapping[DecisionKind, str | None] = {
    DecisionKind.RECEIVED: "PROCESSING_REQUIRED",
    DecisionKind.ACCEPTED: "RESTOCKED",  # the only one that needs a location
    DecisionKind.RESERVED: None,
    DecisionKind.PART: None,
    DecisionKind.REJECTED: "NOT_RESTOCKED",
}
"""Of units that nobody inspected; None: cannot be told. REFUND is missing on purpose: a refund on Shopify names payments and
amounts, which a decision does not carry."""

CONDITIONS: Mapping[Condition, str] = {
    Condition.NEW: "RESTOCKED",
    Condition.USED: "NOT_RESTOCKED",
    Condition.DEFECTIVE: "NOT_RESTOCKED",
    Condition.DAMAGED: "NOT_RESTOCKED",
    Condition.WRONG_ITEM: "NOT_RESTOCKED",
    Condition.MISSING: "MISSING",
}
"""Of units that were inspected. OPENED is missing on purpose: some of them are sold again as new and some are not."""

ANSWERS: Mapping[DecisionKind, str] = {
    DecisionKind.APPROVED: "returnApproveRequest",
    DecisionKind.DECLINED: "returnDeclineRequest",
}
"""Of a request, by mutation."""

ANSWERED: Mapping[DecisionKind, frozenset[str]] = {
    DecisionKind.APPROVED: frozenset({"OPEN", "CLOSED"}),
    DecisionKind.DECLINED: frozenset({"DECLINED"}),
}
"""Statuses in which that was said already."""

FINAL_DISPOSITIONS: frozenset[str] = frozenset({"RESTOCKED", "NOT_RESTOCKED", "MISSING"})
"""PROCESSING_REQUIRED is not final: the goods are there and not judged yet."""

REFUSALS: Mapping[str, RefusalCode] = {
    "INVALID_STATE": RefusalCode.WINDOW_CLOSED,
    "NOT_EDITABLE": RefusalCode.WINDOW_CLOSED,
    "NOT_FOUND": RefusalCode.NOT_FOUND,
    "ALREADY_EXISTS": RefusalCode.ALREADY_USED,
    "TAKEN": RefusalCode.ALREADY_USED,
    "BLANK": RefusalCode.DATA_MISSING,
    "PRESENT": RefusalCode.DATA_INVALID,
    "INVALID": RefusalCode.DATA_INVALID,
    "INCLUSION": RefusalCode.DATA_INVALID,
    "EQUAL_TO": RefusalCode.DATA_INVALID,
    "GREATER_THAN": RefusalCode.DATA_INVALID,
    "GREATER_THAN_OR_EQUAL_TO": RefusalCode.DATA_INVALID,
    "LESS_THAN": RefusalCode.DATA_INVALID,
    "LESS_THAN_OR_EQUAL_TO": RefusalCode.DATA_INVALID,
    "NOT_A_NUMBER": RefusalCode.DATA_INVALID,
    "TOO_BIG": RefusalCode.DATA_INVALID,
    "TOO_LONG": RefusalCode.DATA_INVALID,
    "TOO_SHORT": RefusalCode.DATA_INVALID,
    "WRONG_LENGTH": RefusalCode.DATA_INVALID,
    "TOO_MANY_ARGUMENTS": RefusalCode.DATA_INVALID,
    "FEATURE_NOT_ENABLED": RefusalCode.UNSUPPORTED,
    "MISSING_PERMISSION": RefusalCode.ACCOUNT_INVALID,
}
"""`userErrors[].code` (ReturnErrorCode). One that is not here is refused all the same, as `other`."""

UNCERTAIN: frozenset[str] = frozenset({"INTERNAL_ERROR", "CREATION_FAILED", "NOTIFICATION_FAILED"})
"""User errors that may come after the change was made (the notification is sent after it)."""

SHUT: frozenset[str] = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE", "402", "423"})
"""GraphQL codes and statuses after which this shop is shut to us: scope missing, frozen for non-payment, locked."""

FAULTS: frozenset[str] = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT"})
"""GraphQL codes of Shopify's own trouble."""
