"""Which designated channel a return goes to: the first, in the exporter's own order, that serves it.

While that one's account is paused, new returns go to the fallbacks he named for it, in his order; without one they wait.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar


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


AnyChannel = TypeVar("AnyChannel", bound=Channel)


class Why(StrEnum):
    """Why a channel was taken or passed over."""

    CHOSEN = "chosen"
    FALLBACK = "fallback"
    BEHIND = "behind"
    OFF = "off"
    OTHER_COUNTRY = "other_country"
    OTHER_PLATFORM = "other_platform"
    NOT_SERVED = "not_served"
    PAUSED = "paused"


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
) -> Route[AnyChannel]:
    """`country` is where the return starts. `unserved`: ids whose carrier collects nothing there; `paused`: ids whose account
    takes nothing at the moment."""
    barred = {one.id: _barred(one, country, source_id, unserved) for one in channels}
    serving = [one for one in channels if barred[one.id] is None]
    first = serving[0] if serving else None
    chosen, how = first, Why.CHOSEN
    if first is not None and first.id in paused:
        by_id = {one.id: one for one in serving if one.id not in paused}
        fallback = next((by_id[name] for name in first.fallbacks if name in by_id), None)
        chosen, how = (fallback, Why.FALLBACK) if fallback else (first, Why.CHOSEN)
    told = []
    for one in channels:
        why = how if one is chosen else barred[one.id] or (Why.PAUSED if one.id in paused else Why.BEHIND)
        told.append((one, why))
    return Route(chosen, tuple(told))


def _barred(channel: Channel, country: str, source_id: str, unserved: Collection[str]) -> Why | None:
    if not channel.enabled:
        return Why.OFF
    if channel.countries and country not in channel.countries:
        return Why.OTHER_COUNTRY
    if channel.platforms and source_id not in channel.platforms:
        return Why.OTHER_PLATFORM
    return Why.NOT_SERVED if channel.id in unserved else None
