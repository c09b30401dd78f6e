"""The zone of a country: its own, and of several the one whose days end first."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.rules.zones import zone_in

SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("country", "offset"),
    [("CN", 8), ("FR", 2), ("DE", 2), ("ES", 2), ("PT", 1), ("JP", 9), ("US", -4), ("BR", -2), ("RU", 12)],
)
def test_days_end_with_the_easternmost_clock_of_the_country(country: str, offset: int) -> None:
    zone = zone_in(country, SUMMER)
    assert zone is not None
    at = SUMMER.astimezone(ZoneInfo(zone)).utcoffset()
    assert at is not None
    assert at.total_seconds() == offset * 3600


def test_which_one_is_easternmost_is_asked_of_the_day() -> None:
    """Lord Howe goes half an hour less far in summer, and is level with Sydney then."""
    assert {zone_in("AU", WINTER), zone_in("AU", SUMMER)} == {"Australia/Lord_Howe"}
    offsets = [at.astimezone(ZoneInfo(zone_in("AU", at) or "")).utcoffset() for at in (WINTER, SUMMER)]
    assert [one.total_seconds() / 3600 for one in offsets if one] == [11, 10.5]


def test_what_is_no_country_has_no_zone() -> None:
    assert zone_in("XX", SUMMER) is None
