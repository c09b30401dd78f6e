"""Signing, constant-time comparison, and tokens that many callers share.

Comparison is of bytes: comparing text with non-ASCII characters raises instead of returning False.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from schemas.errors import SignatureRejected


def hmac_sha256(secret: str | bytes, content: bytes) -> bytes:
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, content, hashlib.sha256).digest()


def same(ours: str | bytes, theirs: str | bytes) -> bool:
    """Constant-time, on bytes."""
    left = ours.encode("utf-8", "surrogateescape") if isinstance(ours, str) else ours
    right = theirs.encode("utf-8", "surrogateescape") if isinstance(theirs, str) else theirs
    return hmac.compare_digest(left, right)


def require_signature(given: str | None, expected: Iterable[str]) -> None:
    """Raise SignatureRejected unless `given` is one of `expected`; all are compared, none ends the comparison early."""
    if not given or len(given) > 1024:
        raise SignatureRejected("no signature, or one of no possible length")
    if not sum([same(candidate, given) for candidate in expected]):
        raise SignatureRejected("the signature does not match")


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")}


@dataclass(slots=True)
class Token:
    """A bearer token and the monotonic second at which it is to be renewed."""

    value: str = field(repr=False)
    renew_at: float


@dataclass(slots=True)
class TokenStore:
    """One account's token. `get` lets one caller refresh while the others wait for the same answer."""

    monotonic: Callable[[], float]
    _token: Token | None = field(default=None, repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def get(self, refresh: Callable[[], Awaitable[Token]]) -> str:
        """The current token; `refresh` asks the carrier for a new one."""
        async with self._lock:
            if self._token is None or self.monotonic() >= self._token.renew_at:
                self._token = await refresh()
            return self._token.value

    @property
    def holds(self) -> bool:
        return self._token is not None

    def drop(self) -> None:
        """Forget a token that the carrier no longer takes."""
        self._token = None
