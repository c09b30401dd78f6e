"""The words of the generic contract, in ours. They are the same words, on purpose; others stay unknown."""

from collections.abc import Mapping

from schemas.errors import RefusalCode
from schemas.returns import DecisionKind, LabelProvider, PlatformEventKind, ReturnKind, ReturnReason, ReturnStatus

EVENTS: Mapping[str, PlatformEventKind] = {
    "return.changed": PlatformEventKind.RETURN_CHANGED,
    "message.posted": PlatformEventKind.MESSAGE_POSTED,
    "ping": PlatformEventKind.PING,
}

STATUSES: Mapping[str, ReturnStatus] = {
    "requested": ReturnStatus.REQUESTED,
    "approved": ReturnStatus.APPROVED,
    "shipped": ReturnStatus.SHIPPED,
    "delivered": ReturnStatus.DELIVERED,
    "inspecting": ReturnStatus.INSPECTING,
    "accepted": ReturnStatus.ACCEPTED,
    "rejected": ReturnStatus.REJECTED,
    "refunded": ReturnStatus.REFUNDED,
    "closed": ReturnStatus.CLOSED,
    "declined": ReturnStatus.DECLINED,
    "cancelled": ReturnStatus.CANCELLED,
    "canceled": ReturnStatus.CANCELLED,  # as American shops write it
    "expired": ReturnStatus.EXPIRED,
    "disputed": ReturnStatus.DISPUTED,
}

KINDS: Mapping[str, ReturnKind] = {
    "return": ReturnKind.RETURN,
    "exchange": ReturnKind.EXCHANGE,
    "refund_only": ReturnKind.REFUND_ONLY,
}

LABELS: Mapping[str, LabelProvider] = {
    "merchant": LabelProvider.MERCHANT,
    "platform": LabelProvider.PLATFORM,
    "returner": LabelProvider.RETURNER,
}

REASONS: Mapping[str, ReturnReason] = {
    "unwanted": ReturnReason.UNWANTED,
    "size_too_small": ReturnReason.SIZE_TOO_SMALL,
    "size_too_large": ReturnReason.SIZE_TOO_LARGE,
    "defective": ReturnReason.DEFECTIVE,
    "damaged": ReturnReason.DAMAGED,
    "wrong_item": ReturnReason.WRONG_ITEM,
    "not_as_described": ReturnReason.NOT_AS_DESCRIBED,
    "colour_or_style": ReturnReason.COLOUR_OR_STYLE,
    "late": ReturnReason.LATE,
    "refused": ReturnReason.REFUSED,
    "undeliverable": ReturnReason.UNDELIVERABLE,
    "other": ReturnReason.OTHER,
}

DECISIONS: Mapping[DecisionKind, str] = {
    DecisionKind.APPROVED: "approved",
    DecisionKind.DECLINED: "declined",
    DecisionKind.RECEIVED: "received",
    DecisionKind.ACCEPTED: "accepted",
    DecisionKind.RESERVED: "accepted_with_reservation",
    DecisionKind.PART: "accepted_in_part",
    DecisionKind.REJECTED: "rejected",
    DecisionKind.REFUND: "refund",
}

REFUSALS: Mapping[str, RefusalCode] = {
    "order_unknown": RefusalCode.NOT_FOUND,
    "order_too_old": RefusalCode.WINDOW_CLOSED,
    "paper_unreadable": RefusalCode.DATA_INVALID,
    "decided": RefusalCode.ALREADY_USED,
    "thread_closed": RefusalCode.WINDOW_CLOSED,  # of a message
}
"""Of an application or a message, as `{"error": …}` with status 422: nothing was kept of it."""
