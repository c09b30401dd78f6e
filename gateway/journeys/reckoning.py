"""Where a shipment stands: all of its events, as far as what we did with it ourselves lets them count.

A shipment that is booked again has another waybill: what the carrier says of the one before is kept, and tells nothing of the
one that stands. An authorisation that was renewed did not expire before. Both are acts of ours, so where a shipment stands is
a function of these and of the set of its events, in whatever order they came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.rules import lifecycle
from gateway.rules.lifecycle import Standing
from gateway.store.returns import canonical_number
from gateway.store.shipments import SLOT
from gateway.store.transaction import Record
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingStatus

LEFT: dict[str, ShipmentState] = {
    "live": ShipmentState.BOOKED,
    "void": ShipmentState.CANCELLED,
    "released": ShipmentState.CANCELLED,
    "lapsed": ShipmentState.EXPIRED,
}
"""How the booking that a shipment's waybill is of leaves it, before any scan."""


@dataclass(frozen=True, slots=True)
class Acts:
    """What we did with a shipment."""

    state: ShipmentState
    """The state it would be in without any event."""
    ended: frozenset[str]
    """Numbers of its bookings that are over, but for the one that it stands for now."""
    renewed_at: datetime | None

    def count(self, event: Any) -> bool:
        """Whether an event, stored or just heard, tells of what stands."""
        if canonical_number(event.waybill) in self.ended:
            return False
        before = self.renewed_at is not None and event.occurred_at is not None and event.occurred_at <= self.renewed_at
        return not (before and event.status == TrackingStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Reckoned:
    standing: Standing
    state: ShipmentState
    acts: Acts
    counting: Sequence[Any]


def reckon(shipment: Record, attempts: Sequence[Record], events: Sequence[Any]) -> Reckoned:
    """`attempts` are the shipment's bookings and renewals in the order of their numbers; `events` all that is stored."""
    acts = _acts_of(shipment, attempts)
    counting = [event for event in events if acts.count(event)]
    standing = lifecycle.standing_of(counting, len(shipment.request.parcels))
    return Reckoned(standing, lifecycle.shipment_state_of(acts.state, standing.status), acts, counting)


def status_of(shipment: Record, attempts: Sequence[Record], events: Sequence[Any]) -> str:
    return reckon(shipment, attempts, events).standing.status


def _acts_of(shipment: Record, attempts: Sequence[Record]) -> Acts:
    now = canonical_number(shipment.waybill or "")
    numbered = [(canonical_number(one.waybill), one) for one in attempts if one.kind == "booking" and one.waybill]
    stands = [one.state for number, one in numbered if number == now]
    renewals = [one for one in attempts if one.kind == "renewal" and one.state in ("live", "lapsed")]
    current = ShipmentState(shipment.state)
    return Acts(
        state=LEFT.get(stands[-1], current) if stands else current,
        ended=frozenset(number for number, one in numbered if one.state not in SLOT) - {now},
        renewed_at=max((one.settled_at for one in renewals if one.settled_at), default=None),
    )
