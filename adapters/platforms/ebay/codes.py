"""eBay's words and ours. Source: ReturnStateEnum, ReturnStatusEnum, ReturnReasonEnum, DecisionEnum of Post-Order v2."""

from collections.abc import Mapping

from schemas.errors import RefusalCode
from schemas.returns import DecisionKind, ReturnKind, ReturnReason, ReturnStatus

EVENTS: frozenset[str] = frozenset(
    {
        "ReturnCreated",
        "ReturnWaitingForSellerInfo",
        "ReturnSellerInfoOverdue",
        "ReturnShipped",
        "ReturnDelivered",
        "ReturnRefundOverdue",
        "ReturnClosed",
        "ReturnEscalated",
    }
)
"""Platform Notifications that are about a return. Any other is kept and ignored."""

STATES: Mapping[str, ReturnStatus] = {
    "RETURN_REQUESTED": ReturnStatus.REQUESTED,
    "RMA_PENDING": ReturnStatus.APPROVED,
    "RETURN_LABEL_PENDING": ReturnStatus.APPROVED,
    "RETURN_LABEL_REQUESTED": ReturnStatus.APPROVED,
    "ITEM_READY_TO_SHIP": ReturnStatus.APPROVED,
    "ITEM_SHIPPED": ReturnStatus.SHIPPED,
    "ITEM_DELIVERED": ReturnStatus.DELIVERED,
    "ITEM_KEPT": ReturnStatus.REFUND_ONLY,
    "LESS_THAN_A_FULL_REFUND_ISSUED": ReturnStatus.REFUNDED,
    "PARTIAL_REFUNDED": ReturnStatus.REFUNDED,
    "REFUND_SENT_PENDING_CONFIRMATION": ReturnStatus.REFUNDED,
    "CLOSED": ReturnStatus.CLOSED,
    "RETURN_REJECTED": ReturnStatus.DECLINED,
    "RETURN_REQUEST_TIMEOUT": ReturnStatus.EXPIRED,
    "RETURN_LABEL_PENDING_TIMEOUT": ReturnStatus.EXPIRED,
    "RETURN_LABEL_REQUESTED_TIMEOUT": ReturnStatus.EXPIRED,
}
"""Of `summary.state`. The REPLACEMENT_… states, which eBay says are not in use, and refunds under way stay unknown."""

STATUSES: Mapping[str, ReturnStatus] = {
    "RETURN_REQUESTED": ReturnStatus.REQUESTED,
    "WAITING_FOR_RMA": ReturnStatus.APPROVED,
    "WAITING_FOR_RETURN_LABEL": ReturnStatus.APPROVED,
    "RETURN_LABEL_REQUESTED": ReturnStatus.APPROVED,
    "READY_FOR_SHIPPING": ReturnStatus.APPROVED,
    "ITEM_SHIPPED": ReturnStatus.SHIPPED,
    "ITEM_DELIVERED": ReturnStatus.DELIVERED,
    "LESS_THAN_A_FULL_REFUND_ISSUED": ReturnStatus.REFUNDED,
    "CLOSED": ReturnStatus.CLOSED,
    "RETURN_REJECTED": ReturnStatus.DECLINED,
    "RETURN_REQUESTED_TIMEOUT": ReturnStatus.EXPIRED,
    "ESCALATED": ReturnStatus.DISPUTED,  # decides, whatever the state says: a case is open at eBay
}
"""Of `summary.status`, where the state is missing or unknown."""

LABEL_WANTED: frozenset[str] = frozenset({"RETURN_LABEL_PENDING", "RETURN_LABEL_REQUESTED", "WAITING_FOR_RETURN_LABEL"})
"""States and statuses in which the seller has to provide a label."""

BEFORE_ARRIVAL: frozenset[ReturnStatus] = frozenset({ReturnStatus.APPROVED, ReturnStatus.SHIPPED})
"""In which goods can be marked as received."""

AFTER_APPROVAL: frozenset[ReturnStatus] = frozenset(
    {ReturnStatus.APPROVED, ReturnStatus.SHIPPED, ReturnStatus.DELIVERED, ReturnStatus.REFUNDED}
)

KINDS: Mapping[str, ReturnKind] = {
    "MONEY_BACK": ReturnKind.RETURN,
    "EXCHANGE": ReturnKind.EXCHANGE,
    "REPLACEMENT": ReturnKind.EXCHANGE,
}

REASONS: Mapping[str, ReturnReason] = {
    "ARRIVED_DAMAGED": ReturnReason.DAMAGED,
    "ARRIVED_LATE": ReturnReason.LATE,
    "BUYER_CANCEL_ORDER": ReturnReason.UNWANTED,
    "BUYER_NO_SHOW": ReturnReason.UNDELIVERABLE,
    "BUYER_REFUSED_TO_PICKUP": ReturnReason.REFUSED,
    "DEFECTIVE_ITEM": ReturnReason.DEFECTIVE,
    "DIFFERENT_FROM_LISTING": ReturnReason.NOT_AS_DESCRIBED,
    "EXPIRED_ITEM": ReturnReason.NOT_AS_DESCRIBED,
    "FAKE_OR_COUNTERFEIT": ReturnReason.NOT_AS_DESCRIBED,
    "FOUND_BETTER_PRICE": ReturnReason.UNWANTED,
    "MISSING_PARTS": ReturnReason.NOT_AS_DESCRIBED,
    "NO_LONGER_NEED_ITEM": ReturnReason.UNWANTED,
    "NOT_AS_DESCRIBED": ReturnReason.NOT_AS_DESCRIBED,
    "ORDERED_ACCIDENTALLY": ReturnReason.UNWANTED,
    "ORDERED_DIFFERENT_ITEM": ReturnReason.WRONG_ITEM,
    "ORDERED_WRONG_ITEM": ReturnReason.UNWANTED,  # the buyer's slip; the seller's is ORDERED_DIFFERENT_ITEM
    "OTHER": ReturnReason.OTHER,
    "RETURNING_GIFT": ReturnReason.UNWANTED,
    "WITHDRAW_FROM_PURCHASE_CONTRACT": ReturnReason.UNWANTED,
}
"""WRONG_SIZE and DOES_NOT_FIT do not say which way; they, and what happens in shops, stay unknown beside eBay's word."""

DECISIONS: Mapping[DecisionKind, str] = {
    DecisionKind.APPROVED: "APPROVE",
    DecisionKind.DECLINED: "DECLINE",
}

RECEIVED: frozenset[DecisionKind] = frozenset({DecisionKind.RECEIVED, DecisionKind.ACCEPTED, DecisionKind.RESERVED})
"""Told as received: that is all of it that eBay takes from us. A reservation is against the carrier. PART is missing on
purpose: who marks it as received and no more owes the buyer all of it, so a person says it there."""

BUYER_WROTE = "BUYER_SEND_MESSAGE"
"""Of a history's activities."""

REFUSALS: Mapping[str, RefusalCode] = {
    "1301": RefusalCode.ACCOUNT_INVALID,  # neither the buyer nor the seller of it
    "1302": RefusalCode.ACCOUNT_INVALID,
    "1303": RefusalCode.DATA_INVALID,
    "1304": RefusalCode.NOT_FOUND,
    "1308": RefusalCode.ACCOUNT_INVALID,
}
"""`errorId`, of "Errors by Number"."""

SHUT: frozenset[str] = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})
"""`error` of the token's answer: the consent has ended (after 18 months, or withdrawn), or the keys are wrong."""

REQUEST_FAULTS: frozenset[str] = frozenset({"REQUEST"})
"""Categories of errors that say that the request was not taken, whatever its number."""
