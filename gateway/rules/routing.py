"""Which designated channel a return goes to: the first, in the exporter's own order, that serves it.

While that one's account is paused, new returns go to the fallbacks he named for it, in his order; without one they wait.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar


class Channel(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def platforms(self) -> Sequence[str]: ...
    @property
    def fallbacks(self) -> Sequence[str]: ...
    @property
    def rank(self) -> int: ...


AnyChannel = TypeVar("AnyChannel", bound=Channel)


class Why(StrEnum):
    """Why a channel was taken or passed over."""

    CHOSEN = "chosen"
    BETTER_RECORD = "better_record"
    """Of several that the exporter ranks the same, the one whose carrier has done best for him."""
    CHEAPER = "cheaper"
    """Of several that he ranks the same and that no record tells apart, the one that costs least by his tariffs."""
    FALLBACK = "fallback"
    BEHIND = "behind"
    OFF = "off"
    OTHER_COUNTRY = "other_country"
    OTHER_PLATFORM = "other_platform"
    NOT_SERVED = "not_served"
    PAUSED = "paused"
    TOO_SLOW = "too_slow"
    """Nine of ten of its returns have taken so long that the limit for the re-import would be missed."""


@dataclass(frozen=True, slots=True)
class Route(Generic[AnyChannel]):
    """The channel, None where the exporter has designated none; and what was said of each, in his order."""

    chosen: AnyChannel | None
    considered: tuple[tuple[AnyChannel, Why], ...]


def choose_channel(
    channels: Sequence[AnyChannel],
    *,
    country: str,
    source_id: str,
    unserved: Collection[str] = (),
    paused: Collection[str] = (),
    records: Mapping[str, tuple[float, ...]] | None = None,
    too_slow: Collection[str] = (),
    prices: Mapping[str, int] | None = None,
) -> Route[AnyChannel]:
    """`country` is where the return starts. `unserved`: ids whose carrier collects nothing there; `paused`: ids whose account
    takes nothing at the moment; `records`: the smaller the better, of channels with enough of it to be judged by; `too_slow`:
    ids that are passed over while another one serves; `prices`: minor units of one currency, of channels that have one."""
    barred = {one.id: _barred(one, country, source_id, unserved) for one in channels}
    serving = [one for one in channels if barred[one.id] is None]
    quick = [one for one in serving if one.id not in too_slow]
    if quick and len(quick) < len(serving):
        barred |= {one.id: Why.TOO_SLOW for one in serving if one.id in too_slow}
        serving = quick
    first, how = _first(serving, records or {}, prices or {})
    chosen = first
    if first is not None and first.id in paused:
        by_id = {one.id: one for one in serving if one.id not in paused}
        fallback = next((by_id[name] for name in first.fallbacks if name in by_id), None)
        chosen, how = (fallback, Why.FALLBACK) if fallback else (first, how)
    told = []
    for one in channels:
        why = how if one is chosen else barred[one.id] or (Why.PAUSED if one.id in paused else Why.BEHIND)
        told.append((one, why))
    return Route(chosen, tuple(told))


def _first(
    serving: Sequence[AnyChannel], records: Mapping[str, tuple[float, ...]], prices: Mapping[str, int]
) -> tuple[AnyChannel | None, Why]:
    """The first in the exporter's order. Where he ranks several the same, the best of them by their records, if each has one;
    where these are alike or missing, the cheapest, if each has a price."""
    if not serving:
        return None, Why.CHOSEN
    tied = [one for one in serving if one.rank == serving[0].rank]
    if best := _least(tied, records):
        return best, Why.BETTER_RECORD
    if cheapest := _least(tied, prices):
        return cheapest, Why.CHEAPER
    return serving[0], Why.CHOSEN


def _least(tied: Sequence[AnyChannel], known: Mapping[str, Any]) -> AnyChannel | None:
    """The first with the smallest value; None where one of them has none, or where all have the same."""
    if len(tied) < 2 or any(one.id not in known for one in tied):
        return None
    best = min(tied, key=lambda one: known[one.id])
    return best if known[best.id] < max(known[one.id] for one in tied) else None


def _barred(channel: Channel, country: str, source_id: str, unserved: Collection[str]) -> Why | None:
    if not channel.enabled:
        return Why.OFF
    if channel.countries and country not in channel.countries:
        return Why.OTHER_COUNTRY
    if channel.platforms and source_id not in channel.platforms:
        return Why.OTHER_PLATFORM
    return Why.NOT_SERVED if channel.id in unserved else None
