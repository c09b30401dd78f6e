"""Which designated channel a return goes to: the first, in the exporter's own order, that serves it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class Channel(Protocol):
    @property
    def enabled(self) -> bool: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def platforms(self) -> Sequence[str]: ...


AnyChannel = TypeVar("AnyChannel", bound=Channel)


def choose_channel(channels: Iterable[AnyChannel], *, country: str, source_id: str) -> AnyChannel | None:
    """`country` is where the return starts. None where the exporter has designated no channel for it."""
    for channel in channels:
        serves = not channel.countries or country in channel.countries
        listens = not channel.platforms or source_id in channel.platforms
        if channel.enabled and serves and listens:
            return channel
    return None
