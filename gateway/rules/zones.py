"""In which zone a country's days are counted, where only the country of a place is known.

By `zone.tab` of the tz database (public domain), as the package `tzdata` brings it along.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def _zones() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in (files("tzdata.zoneinfo") / "zone.tab").read_text("ascii").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), zone)
    return found


def country_of(zone: str) -> str | None:
    """The country whose clocks this zone is; None for one that is nobody's (`UTC`) or goes by an old name."""
    return next((country for country, zones in _zones().items() if zone in zones), None)


def zone_in(country: str, at: datetime) -> str | None:
    """The country's zone; of several the one where days end first, so that no limit is thought longer than it is. None for a
    code that names no country with a clock."""
    return max(_zones().get(country, ()), key=lambda zone: _ahead(zone, at), default=None)


def _ahead(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
