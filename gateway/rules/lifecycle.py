"""Where a shipment and a return stand, given everything that is known; and which of our own acts that allows.

The world cannot be illegal, only our acts can. A scan is a fact, whatever we expected: the state is a function of the *set*
of events, so the order in which they arrive, repeated or shuffled, changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from schemas.errors import Conflict
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingStatus as T


class Seen(Protocol):
    """What of an event decides: a stored row and a canonical event both have it."""

    @property
    def status(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def piece(self) -> str | None: ...
    @property
    def wire_code(self) -> str: ...


# How far along a status is. Within a stage the latest event speaks; a later stage outranks any stamp, because stamps of
# different scanners are minutes apart and "delivered" often carries an earlier one than "out for delivery".
STAGE: Mapping[T, int] = {
    T.ANNOUNCED: 0,
    T.EXPIRED: 0,  # renewed, it is waited for again: the latest word counts
    T.CANCELLED: 1,  # of the label only: a physical scan afterwards shows that it was used all the same
    T.HANDED_OVER: 2,
    T.IN_TRANSIT: 3,
    T.IN_CUSTOMS: 3,
    T.HELD: 3,
    T.DELIVERY_FAILED: 3,
    T.OUT_FOR_DELIVERY: 3,
    T.READY_TO_COLLECT: 3,
    T.LOST: 4,  # until it is scanned again
    T.DELIVERED: 4,
    T.RETURNED_TO_SENDER: 5,  # carriers write "delivered" when the parcel is back at the returner
}
ORDER: Mapping[T, int] = {status: place for place, status in enumerate(STAGE)}
PHYSICAL = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a shipment stands by its events. Instants are of the events, not of when we heard."""

    status: T
    handed_over_at: datetime | None = None
    delivered_at: datetime | None = None
    ready_at: datetime | None = None
    """Since when it waits, or waited until it was delivered, at a collection point."""
    hand_over_seen: bool = False
    """Whether the hand-over itself was scanned; otherwise its instant is that of the first scan after it."""


def standing_of(events: Sequence[Seen], parcels: int = 1) -> Standing:
    """A shipment stands where its slowest parcel stands. Unknown codes move nothing."""
    known = [event for event in events if event.status in STAGE]
    if not known:
        return Standing(T.ANNOUNCED if not events else T.UNKNOWN)
    pieces = {event.piece for event in known if event.piece}
    whole = [event for event in known if not event.piece]
    groups = [_found([event for event in known if event.piece in (None, piece)]) for piece in sorted(pieces)]
    if len(pieces) < parcels or not groups:
        groups.append(_found(whole or known))
    last = min(map(_latest, groups), key=lambda event: (STAGE[T(event.status)], event.status != T.LOST))
    physical = [event for event in known if STAGE[T(event.status)] >= PHYSICAL]
    first = min(physical, key=lambda event: (event.occurred_at, STAGE[T(event.status)]), default=None)
    delivered = [_first_delivery(group) for group in groups]
    status = T(last.status)
    return Standing(
        status=status,
        handed_over_at=first.occurred_at if first else None,
        delivered_at=max((at for at in delivered if at), default=None) if status is T.DELIVERED else None,
        ready_at=min((at for at in map(_waits_since, groups) if at), default=None),
        hand_over_seen=first is not None and first.status == T.HANDED_OVER,
    )


def _found(events: Sequence[Seen]) -> Sequence[Seen]:
    """Without the loss of what was scanned afterwards: it turned up."""
    scans = [event.occurred_at for event in events if event.status != T.LOST and STAGE[T(event.status)] >= PHYSICAL]
    last = max(scans, default=None)
    return [event for event in events if event.status != T.LOST or last is None or event.occurred_at >= last]


ON_ITS_WAY = frozenset({T.HANDED_OVER, T.IN_TRANSIT, T.IN_CUSTOMS, T.OUT_FOR_DELIVERY})


def _waits_since(events: Sequence[Seen]) -> datetime | None:
    """The first "ready to collect" after which it did not move on; None where it did, or goes back, or is lost."""
    if any(event.status in (T.RETURNED_TO_SENDER, T.LOST) for event in events):
        return None
    moved = max((event.occurred_at for event in events if event.status in ON_ITS_WAY), default=None)
    ready = [event.occurred_at for event in events if event.status == T.READY_TO_COLLECT]
    return min((at for at in ready if moved is None or at >= moved), default=None)


def _latest(events: Iterable[Seen]) -> Seen:
    return max(
        events, key=lambda event: (STAGE[T(event.status)], event.occurred_at, ORDER[T(event.status)], event.wire_code)
    )


def _first_delivery(events: Iterable[Seen]) -> datetime | None:
    return min((event.occurred_at for event in events if event.status == T.DELIVERED), default=None)


RECYCLED = timedelta(days=14)
"""A scan so long before the shipment was planned is of another parcel: carriers give their numbers out again."""


def of_an_earlier_life(occurred_at: datetime | None, began_at: datetime) -> bool:
    """Whether a scan belongs to whoever had the waybill before. Scans of a few days before may be wrong clocks or zones."""
    return occurred_at is not None and occurred_at < began_at - RECYCLED


FINAL = frozenset({T.DELIVERED, T.RETURNED_TO_SENDER, T.LOST, T.CANCELLED})

ENDED = (
    *(ReturnStatus.ACCEPTED, ReturnStatus.REJECTED, ReturnStatus.REFUNDED, ReturnStatus.CLOSED, ReturnStatus.DECLINED),
    *(ReturnStatus.CANCELLED, ReturnStatus.EXPIRED, ReturnStatus.REFUND_ONLY),
)
"""A return that stands so goes nowhere any more."""

STATE_OF: Mapping[T, ShipmentState] = {
    T.ANNOUNCED: ShipmentState.BOOKED,
    T.UNKNOWN: ShipmentState.BOOKED,
    T.EXPIRED: ShipmentState.EXPIRED,
    T.CANCELLED: ShipmentState.CANCELLED,
    T.HANDED_OVER: ShipmentState.MOVING,
    T.IN_TRANSIT: ShipmentState.MOVING,
    T.IN_CUSTOMS: ShipmentState.MOVING,
    T.HELD: ShipmentState.MOVING,
    T.DELIVERY_FAILED: ShipmentState.MOVING,
    T.OUT_FOR_DELIVERY: ShipmentState.MOVING,
    T.READY_TO_COLLECT: ShipmentState.MOVING,
    T.LOST: ShipmentState.LOST,
    T.DELIVERED: ShipmentState.DELIVERED,
    T.RETURNED_TO_SENDER: ShipmentState.RETURNED,
}


def shipment_state_of(ours: ShipmentState, status: T) -> ShipmentState:
    """The state its events put a shipment in that our own acts alone left in `ours`. Without a physical scan they keep the
    word."""
    if STAGE.get(status, 0) < PHYSICAL and ours is not ShipmentState.BOOKED:
        return ours
    return STATE_OF[status]


RETURN_OF: Mapping[ShipmentState, ReturnStatus] = {
    ShipmentState.REQUESTED: ReturnStatus.APPROVED,
    ShipmentState.ACTION_REQUIRED: ReturnStatus.APPROVED,
    ShipmentState.EXPIRED: ReturnStatus.EXPIRED,
    ShipmentState.BOOKED: ReturnStatus.BOOKED,
    ShipmentState.MOVING: ReturnStatus.SHIPPED,
    ShipmentState.LOST: ReturnStatus.SHIPPED,
    ShipmentState.RETURNED: ReturnStatus.SHIPPED,
    ShipmentState.DELIVERED: ReturnStatus.DELIVERED,
}
CLOSED = frozenset({ReturnStatus.CANCELLED, ReturnStatus.DECLINED, ReturnStatus.CLOSED, ReturnStatus.REFUNDED})
STOPS = frozenset({ReturnStatus.CANCELLED, ReturnStatus.DECLINED, ReturnStatus.EXPIRED})
"""What a platform may say that ends a return before it is booked."""
SETTLED = frozenset({ReturnStatus.ACCEPTED, ReturnStatus.REJECTED})


def return_status_of(
    current: ReturnStatus, shipments: Collection[ShipmentState], told: ReturnStatus = ReturnStatus.APPROVED
) -> ReturnStatus:
    """Where a return stands by its shipments; a closed or accepted one stays. The slowest shipment speaks. Where all are
    cancelled it is approved, as before it was booked, unless what its platform `told` last stops it."""
    if current in CLOSED or current in SETTLED:
        return current
    order = list(RETURN_OF)
    alive = sorted((state for state in shipments if state in RETURN_OF), key=order.index)
    if alive:
        return RETURN_OF[alive[0]]
    return ReturnStatus.APPROVED if shipments and current in RETURN_OF.values() and told not in STOPS else current


class Act(StrEnum):
    """What we may do to a shipment or a return."""

    BOOK = "book"
    VOID = "void"
    COLLECT = "collect"
    RENEW = "renew"
    ACCEPT = "accept"
    CANCEL = "cancel"


ALLOWED: Mapping[Act, frozenset[str]] = {
    Act.BOOK: frozenset({ShipmentState.REQUESTED, ShipmentState.ACTION_REQUIRED}),
    Act.VOID: frozenset({ShipmentState.BOOKED, ShipmentState.EXPIRED}),
    Act.COLLECT: frozenset({ShipmentState.BOOKED}),
    Act.RENEW: frozenset({ShipmentState.BOOKED, ShipmentState.EXPIRED}),
    Act.ACCEPT: frozenset(
        {
            ReturnStatus.SHIPPED,
            ReturnStatus.DELIVERED,
            ReturnStatus.INSPECTING,
            ReturnStatus.ACCEPTED,
            ReturnStatus.REJECTED,
        }
    ),
    Act.CANCEL: frozenset(
        {ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.BOOKED, ReturnStatus.EXPIRED, ReturnStatus.UNKNOWN}
    ),
}


def require(act: Act, state: str) -> None:
    """Raises Conflict, naming the current state, where the act is not ours to do now."""
    if state not in ALLOWED[act]:
        raise Conflict(f"cannot {act} in state {state}", state=str(state))
