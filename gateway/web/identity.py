"""Who is asking: an API key names its exporter and what it may do."""

from dataclasses import dataclass

from aiohttp import web

from gateway.core import Gateway
from gateway.journeys.settling_in import key_digest
from gateway.store import parties
from gateway.store.transaction import Record
from gateway.web.problems import Problem
from gateway.web.state import DOORS, STANDING

CHALLENGE = {"WWW-Authenticate": "Bearer"}
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """One exporter's key, and what it may do. `actor` is how the audit names it."""

    exporter_id: str
    key_id: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        return f"exporter:{self.key_id}"

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Problem("forbidden", extra={"scope": scope})


async def identify(gw: Gateway, request: web.Request) -> Caller:
    """The key's owner, who has a call left. Every failure looks the same."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("unauthenticated", headers=CHALLENGE)
    row = await key_row(gw, key.strip())
    if row is None:
        raise Problem("unauthenticated", headers=CHALLENGE)
    await count(request, row.id)
    return Caller(exporter_id=row.exporter_id, key_id=row.id, scopes=frozenset(row.scopes))


async def count(request: web.Request, key_id: str) -> None:
    """One call of the key's. Raises Problem where it is one too many."""
    standing = request[STANDING] = await request.app[DOORS].allowance.call(key_id)
    if standing.wait:
        raise Problem("rate-limited", headers={"Retry-After": standing.retry_after})


async def key_row(gw: Gateway, key: str) -> Record | None:
    """The row of a key, unless it is unknown or revoked. Found by its digest: nothing is compared that timing could tell."""
    if not (key.startswith("hw_") and key.isascii() and len(key) <= LONGEST_KEY):
        return None
    async with gw.store.front_desk() as connection:
        return await parties.key_of(connection, key_digest(key))
