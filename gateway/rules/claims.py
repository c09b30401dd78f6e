"""The life of a claim: which act leads where, what proves it, and what is asked for. Pure.

Facts from charges-acceptance.md D. Only money ends a claim well: an acceptance is a promise. What a carrier rejected it may
still accept, and pay.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from schemas.acceptance import Condition, Inspection
from schemas.claims import ClaimState
from schemas.errors import Conflict
from schemas.returns import ReturnItem
from schemas.starts import ClaimKind
from schemas.tracking import ExceptionReason, TrackingStatus
from schemas.values import Money

S = ClaimState


class ClaimAct(StrEnum):
    """What we do, or hear."""

    CHANGE = "change"
    SEND = "send"
    """Through the carrier's door."""
    FILE = "file"
    """By hand."""
    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    ACCEPT = "accept"
    REJECT = "reject"
    PAY = "pay"
    WITHDRAW = "withdraw"


LIFE: Mapping[tuple[ClaimAct, ClaimState], ClaimState] = {
    (ClaimAct.CHANGE, S.DRAFT): S.DRAFT,
    (ClaimAct.SEND, S.DRAFT): S.FILING,
    (ClaimAct.FILE, S.DRAFT): S.FILED,
    (ClaimAct.TAKEN, S.FILING): S.FILED,
    (ClaimAct.TAKEN, S.DRAFT): S.FILED,
    (ClaimAct.NOT_TAKEN, S.FILING): S.DRAFT,
    (ClaimAct.ACCEPT, S.FILED): S.ACCEPTED,
    (ClaimAct.ACCEPT, S.ACCEPTED): S.ACCEPTED,
    (ClaimAct.ACCEPT, S.REJECTED): S.ACCEPTED,
    (ClaimAct.REJECT, S.FILED): S.REJECTED,
    (ClaimAct.REJECT, S.ACCEPTED): S.REJECTED,
    (ClaimAct.PAY, S.FILED): S.PAID,
    (ClaimAct.PAY, S.ACCEPTED): S.PAID,
    (ClaimAct.PAY, S.REJECTED): S.PAID,
    (ClaimAct.WITHDRAW, S.DRAFT): S.WITHDRAWN,
    (ClaimAct.WITHDRAW, S.FILED): S.WITHDRAWN,
    (ClaimAct.WITHDRAW, S.ACCEPTED): S.WITHDRAWN,
    (ClaimAct.WITHDRAW, S.REJECTED): S.WITHDRAWN,
}
PAYABLE = frozenset(state for act, state in LIFE if act is ClaimAct.PAY)


def after(act: ClaimAct, state: str) -> ClaimState:
    """Where it stands then. Raises Conflict, naming the state, where the act is not possible."""
    led = LIFE.get((act, ClaimState(state)))
    if led is None:
        raise Conflict(f"cannot {act} a claim in state {state}", state=str(state))
    return led


def allows(act: ClaimAct, state: str) -> bool:
    return (act, ClaimState(state)) in LIFE


EVIDENCE: Mapping[ClaimKind, tuple[str, ...]] = {
    ClaimKind.LOSS: ("booking", "label", "value_proof", "tracking"),
    ClaimKind.DAMAGE: (
        "booking",
        "label",
        "value_proof",
        "tracking",
        "photographs",
        "dock_weight",
        "packaging",
        "statement",
    ),
    ClaimKind.DELAY: ("booking", "label", "tracking", "promise", "statement"),
}
"""What a carrier wants to see. Packaging that is gone is a usual reason to deny: it is kept until the claim is over."""
TOLD_BY: Mapping[ExceptionReason, ClaimKind] = {
    ExceptionReason.CARRIER_LOST: ClaimKind.LOSS,
    ExceptionReason.CARRIER_DAMAGED: ClaimKind.DAMAGE,
}
"""Scans by which the carrier itself says that there is something to claim."""
IS_LOST = frozenset({TrackingStatus.LOST})
SUFFERED = frozenset({Condition.DAMAGED, Condition.MISSING})
"""What happened on the way. Goods that are used, defective or wrong came so from the returner."""


def suffered(inspections: Iterable[Inspection]) -> dict[str, int]:
    """How many pieces of which line suffered on the way."""
    counted: dict[str, int] = {}
    for one in inspections:
        if one.condition in SUFFERED and one.quantity:
            counted[one.line_id] = counted.get(one.line_id, 0) + one.quantity
    return counted


def goods_of(items: Iterable[ReturnItem], pieces: Mapping[str, int] | None = None) -> tuple[str, Money | None]:
    """The goods in words, and what they are worth; no worth where a price is missing, or there are several currencies.
    `pieces` are those of a line that are meant, all goods without it."""
    words, worth = [], []
    for item in items:
        count = item.quantity if pieces is None else min(pieces.get(item.line_id, 0), item.quantity)
        if count:
            words.append(f"{count} {item.title or item.sku or item.line_id}")
            worth.append(item.unit_price and Money.from_minor(item.unit_price.minor * count, item.unit_price.currency))
    known = [money for money in worth if money is not None]
    if not known or len(known) < len(worth) or len({money.currency for money in known}) > 1:
        return ", ".join(words), None
    total = known[0]
    for money in known[1:]:
        total = total + money
    return ", ".join(words), total
