"""Signing, constant-time comparison, and tokens that many callers share.

Comparison is of bytes: comparing text with non-ASCII characters raises instead of returning False.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
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
    """One account's token. `get` lets one caller refresh while the others wait for the same answer.

    A 401 on a token that had worked, or on one that was never tried, is worth one new token; a second 401 in a row, on the
    new one, is not. Callers that still held the dropped token do not drop its successor.
    """

    monotonic: Callable[[], float]
    _token: Token | None = field(default=None, repr=False)
    _dropped: str | None = field(default=None, repr=False)
    _refusals: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def get(self, refresh: Callable[[], Awaitable[Token]]) -> str:
        """The current token; `refresh` asks the carrier for a new one."""
        if self._token is not None and self.monotonic() < self._token.renew_at:
            return self._token.value
        async with self._lock:
            if self._token is None or self.monotonic() >= self._token.renew_at:
                self._token = await refresh()
            return self._token.value

    def keep(self, token: Token) -> None:
        """Use this token from now on."""
        self._token = token

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token values that a transcript must not show."""
        return tuple(value for value in (self._token.value if self._token else None, self._dropped) if value)

    def drop(self) -> None:
        """Forget a token that the carrier no longer takes."""
        if self._token is not None:
            self._dropped, self._token = self._token.value, None

    def worked(self, sent: str) -> None:
        """A call with this in it was let in."""
        if self._token is not None and self._token.value in sent:
            self._refusals = 0

    def stale(self, sent: str) -> bool:
        """A call with this in it was answered 401: whether a new token may help. Drops the token it carried."""
        if self._token is not None and self._token.value in sent:
            self.drop()
            self._refusals += 1
            return self._refusals == 1
        return self._dropped is not None and self._dropped in sent


def standard_webhook(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The `webhook-signature` of Standard Webhooks 1.0 (section "Signature scheme"): `v1,` and base64 of the HMAC over
    `id.timestamp.body`. The secret is `whsec_` and base64; one of another form is used as the bytes of its text."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = secret.encode()
    digest = hmac_sha256(key, f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body)
    return "v1," + base64.b64encode(digest).decode("ascii")


def require_standard_webhook(
    secrets: Iterable[str], headers: Mapping[str, str], body: bytes, received_at: float, *, tolerance: float = 300.0
) -> None:
    """Raise SignatureRejected unless one of the given signatures is by one of the secrets, and the time of signing is
    within the tolerance of `received_at` (seconds since 1970). Header names are lower case."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise SignatureRejected("no id, or no time of signing")
    if abs(received_at - int(stamp)) > tolerance:
        raise SignatureRejected("signed too long ago, or in the future")
    given = headers.get("webhook-signature", "")[:2048].split(" ")
    expected = [standard_webhook(secret, name, stamp, body) for secret in secrets if secret]
    if not sum([same(ours, theirs) for ours in expected for theirs in given]):
        raise SignatureRejected("the signature does not match")
