"""Ids of ours: a prefix that says what it is, then time and chance, so that they sort by age and never collide."""

import os
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u, so it can be read aloud
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def new_id(prefix: str, at: datetime) -> str:
    """E.g. `shp_01jf3k9…`: 48 bits of milliseconds, 80 bits of chance, 26 characters after the prefix."""
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    return f"{prefix}_{''.join([PAIRS[number >> place & 1023] for place in range(120, -1, -10)])}"
