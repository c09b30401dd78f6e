"""What another file under the same invoice number changes, for a person to see. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol


class HasLine(Protocol):
    """As much of a line as makes it the same line."""

    waybill: str | None
    type: str
    description: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One charge of one waybill: minor units as the first file had it and as this one has it, None where it is not there."""

    waybill: str | None
    type: str
    description: str
    currency: str
    was: int | None
    now: int | None


def differences(before: Sequence[HasLine], after: Sequence[HasLine]) -> list[Difference]:
    """Lines that are gone, new or of another amount. The same line twice is two lines; their order says nothing."""
    was, now = Counter(_whole(line) for line in before), Counter(_whole(line) for line in after)
    gone, new = sorted((was - now).elements()), sorted((now - was).elements())
    pairs: dict[tuple[str, str, str, str], tuple[list[int], list[int]]] = {}
    for line in gone:
        pairs.setdefault(line[:4], ([], []))[0].append(line[4])
    for line in new:
        pairs.setdefault(line[:4], ([], []))[1].append(line[4])
    return [
        Difference(key[0] or None, *key[1:], then, instead)
        for key, (old, fresh) in sorted(pairs.items())
        for then, instead in zip_longest(old, fresh)
    ]


def _whole(line: HasLine) -> tuple[str, str, str, str, int]:
    return line.waybill or "", line.type, line.description, line.currency, line.minor
