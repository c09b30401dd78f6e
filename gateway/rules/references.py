"""Our number at a carrier: short enough for everyone, and safe to read from a label.

`HW` + 12 characters of the subject + `-` + attempt number (2) + check character: 18 characters of A-Z, 0-9 and '-'. The
shortest field we know takes 20 (reliability.md section 2). The check is ISO 7064 MOD 37,36, as on container seals and
music codes: it shows every single wrong character and nearly every swap of two.
"""

import hashlib
import re
import string

from schemas.values import ClientRef

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
ALPHABET = string.digits + string.ascii_uppercase
FORM = re.compile(f"HW[{DIGITS}]{{12}}-[{DIGITS}]{{2}}[{ALPHABET}]")


def _check(body: str) -> str:
    carried = 36
    for character in body.replace("-", ""):
        carried = 2 * ((carried + ALPHABET.index(character)) % 36 or 36) % 37
    return ALPHABET[(37 - carried) % 36]


def client_ref(subject_id: str, number: int) -> ClientRef:
    """The reference of a subject's nth attempt; the same every time it is asked for."""
    digest = int.from_bytes(hashlib.sha256(subject_id.encode()).digest()[:8])
    core = "".join(DIGITS[(digest >> (5 * place)) & 31] for place in range(12))
    body = f"HW{core}-{_digits(number)}"
    return ClientRef(body + _check(body))


def nth(first: ClientRef, number: int) -> ClientRef:
    """The reference of the nth attempt of the subject that this one was made for."""
    body = f"{first.rpartition('-')[0]}-{_digits(number)}"
    return ClientRef(body + _check(body))


def _digits(number: int) -> str:
    return DIGITS[number // 32 % 32] + DIGITS[number % 32]


def is_client_ref(text: str) -> bool:
    """Whether this is one of ours and was read without a mistake."""
    return FORM.fullmatch(text) is not None and _check(text[:-1]) == text[-1]
