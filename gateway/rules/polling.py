"""When to look at a shipment again: soon near delivery or a limit, rarely when silent or lost, never when final."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.rules.lifecycle import FINAL
from schemas.tracking import TrackingStatus as T

EVERY: Mapping[T, timedelta] = {
    T.ANNOUNCED: timedelta(hours=4),
    T.EXPIRED: timedelta(hours=12),
    T.UNKNOWN: timedelta(hours=4),
    T.HANDED_OVER: timedelta(hours=3),
    T.IN_TRANSIT: timedelta(hours=3),
    T.IN_CUSTOMS: timedelta(hours=3),
    T.HELD: timedelta(hours=2),
    T.DELIVERY_FAILED: timedelta(hours=1),
    T.READY_TO_COLLECT: timedelta(hours=2),
    T.OUT_FOR_DELIVERY: timedelta(minutes=20),
    T.LOST: timedelta(hours=24),
}
LOOKS: Mapping[T, int] = {T.LOST: 42, T.EXPIRED: 120}
"""Looks in a row that bring nothing, one a day at the end, and then no more: what is lost is given that long to turn up, a
label whose time is over to be scanned all the same."""
NEAR = timedelta(hours=12)
NEAR_EVERY = timedelta(minutes=15)
LONGEST = timedelta(hours=24)


def next_poll(status: T, *, silent: int, now: datetime, limit_at: datetime | None = None) -> datetime | None:
    """`silent` counts looks in a row that brought nothing new; `limit_at` is the nearest time limit that a scan decides.

    None when the shipment is final: nothing that the carrier can say is waited for any more. What is lost may turn up, and a
    label that has expired be used: those are looked at for some weeks.
    """
    if silent >= LOOKS.get(status, silent + 1):
        return None
    if status is T.LOST:
        return now + EVERY[status]
    if status in FINAL:
        return None
    wait = min(EVERY[status] * (1 + min(silent, 16) / 4), LONGEST)
    if limit_at is not None and now < limit_at:  # no look later than the time before it begins, in which we look often
        wait = min(wait, max(limit_at - NEAR - now, NEAR_EVERY))
    return now + wait
