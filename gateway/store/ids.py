"""Ids of ours: a prefix that says what it is, then time and chance, so that they sort by age and never collide."""

import os
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u, so it can be read aloud


def _base32(value: int, length: int) -> str:
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(length)))


def new_id(prefix: str, at: datetime) -> str:
    """E.g. `shp_01jf3k9…`: 48 bits of milliseconds, 80 bits of chance, 26 characters after the prefix."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_base32(milliseconds, 10)}{_base32(int.from_bytes(os.urandom(10)), 16)}"
