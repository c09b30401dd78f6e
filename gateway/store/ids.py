"""Ids of ours: a prefix that says what it is, then time and chance, so that they sort by age and never collide."""

import os
from datetime import datetime
from functools import lru_cache

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u, so it can be read aloud
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
FOLDED = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
"""A byte of chance as the letter that its last five bits make."""

CHANCE = 16
"""Last characters of an id, which are by chance; what stands before them is its moment."""


def new_id(prefix: str, at: datetime) -> str:
    """E.g. `shp_01jf3k9…`: 48 bits of milliseconds, 80 bits of chance, 26 characters after the prefix."""
    return f"{prefix}_{_moment(at)}{os.urandom(16).translate(FOLDED).decode()}"


def new_ids(prefix: str, at: datetime, many: int) -> list[str]:
    """So many of them, in ascending order: rows that are written one after the other then stand so in their indexes too."""
    start, chance = f"{prefix}_{_moment(at)}", os.urandom(16 * many).translate(FOLDED).decode()
    return sorted(start + chance[place : place + 16] for place in range(0, 16 * many, 16))


@lru_cache(maxsize=64)
def _moment(at: datetime) -> str:
    """A transaction makes all of its ids of one moment: a bill has a hundred thousand."""
    milliseconds = int(at.timestamp() * 1000)
    return "".join([PAIRS[milliseconds >> place & 1023] for place in range(40, -1, -10)])
