"""Days of storage by scans: local days, the day of arrival not counted, several stays added, an open one unknown."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.rules.storage import days_stored
from schemas.tracking import TrackingStatus as S

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scans", "days"),
    [
        ([], None),
        ([(S.IN_TRANSIT, at(2)), (S.DELIVERED, at(9))], None),
        ([(S.READY_TO_COLLECT, at(2)), (S.DELIVERED, at(2, 12))], 0),
        ([(S.READY_TO_COLLECT, at(2)), (S.DELIVERED, at(2, 17))], 1),  # past midnight there
        ([(S.DELIVERED, at(7)), (S.READY_TO_COLLECT, at(2))], 5),
        ([(S.HELD, at(2)), (S.HELD, at(4)), (S.DELIVERY_FAILED, at(5)), (S.IN_TRANSIT, at(6))], 4),
        ([(S.HELD, at(2)), (S.IN_TRANSIT, at(4)), (S.READY_TO_COLLECT, at(6)), (S.DELIVERED, at(9))], 5),
        ([(S.HELD, at(2)), (S.IN_TRANSIT, at(4)), (S.READY_TO_COLLECT, at(6))], None),
    ],
)
def test_days_of_storage(scans: list[tuple[S, datetime]], days: int | None) -> None:
    assert days_stored(scans, SHANGHAI) == days
