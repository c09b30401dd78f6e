"""How many days goods lay in store, by the scans of their carrier. Pure."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.tracking import TrackingStatus

LIES = frozenset({TrackingStatus.READY_TO_COLLECT, TrackingStatus.HELD})
"""Scans after which it lies somewhere until the next one."""
SAYS_NOTHING = frozenset({TrackingStatus.UNKNOWN, TrackingStatus.ANNOUNCED, TrackingStatus.DELIVERY_FAILED})


def days_stored(scans: Iterable[tuple[TrackingStatus, datetime]], zone: ZoneInfo) -> int | None:
    """Local days from each arrival to the scan that ended it, the day of arrival not counted. None where no scan says that it
    lay anywhere, or where none says that it has left."""
    days, since, lay = 0, None, False
    for status, at in sorted(scans, key=lambda one: one[1]):
        if status in SAYS_NOTHING:
            continue
        if status in LIES:
            since, lay = since or at, True
        elif since is not None:
            days += (at.astimezone(zone).date() - since.astimezone(zone).date()).days
            since = None
    return days if lay and since is None else None
