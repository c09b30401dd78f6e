"""Who is signed in: an opaque id in a cookie, a row behind it, and a token in every form."""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

import structlog
from aiohttp import web

from adapters.toolkit.auth import same
from gateway.core import Gateway
from gateway.journeys.settling_in import HINT
from gateway.store import parties, sessions
from gateway.store.transaction import Record
from gateway.web.allowance import WRONG_KEYS, Standing
from gateway.web.identity import Caller, count
from gateway.web.problems import Problem
from gateway.web.state import DOORS

log = structlog.get_logger(__name__)
COOKIE = "homeward_session"
FORM_COOKIE = "homeward_form"
"""Before anybody is signed in there is no session, and the sign-in form needs its token all the same."""
KEY_HINT = re.compile(rf"hw_[A-Za-z0-9_-]{{{HINT - 3}}}")
SLOWED = 0.3
"""Seconds by which each wrong key of an address is answered later than the one before."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in reader: a caller like any other, with the token that his forms must bring back."""

    caller: Caller
    csrf: str


def csrf_of(secret_id: str) -> str:
    """The form token that belongs to a secret id. The id cannot be told from it."""
    return hmac.new(secret_id.encode("utf-8", "surrogateescape"), b"form", hashlib.sha256).hexdigest()


def require_csrf(expected: str, given: object) -> None:
    if not isinstance(given, str) or not same(expected, given):
        raise Problem("csrf")


async def visit_of(gw: Gateway, request: web.Request) -> Visit:
    """Raises Problem where nobody is signed in any more: signed out, expired, the key revoked or its scopes changed;
    and where the key has no call left."""
    session_id = request.cookies.get(COOKIE, "")
    row = None
    if session_id:
        async with gw.store.front_desk() as connection:
            row = await sessions.session_of(connection, session_id, gw.clock())
    if row is None:
        raise Problem("unauthenticated")
    await count(request, row.key_id)
    caller = Caller(exporter_id=row.exporter_id, key_id=row.key_id, scopes=frozenset(row.scopes))
    return Visit(caller, csrf_of(session_id))


async def sign_in(gw: Gateway, response: web.StreamResponse, key: Record) -> None:
    """A session under a new id, whatever the browser brought."""
    session_id = secrets.token_urlsafe(32)
    async with gw.store.transaction(key.exporter_id, f"exporter:{key.id}") as tx:
        await tx.sessions.begin(session_id, key)
    set_cookie(gw, response, COOKIE, session_id, sessions.LASTS.total_seconds())


async def refuse(gw: Gateway, request: web.Request, key: str, came: float) -> Standing:
    """A wrong key was brought at the monotonic second `came`. Returns at an instant that tells nothing of what was found:
    each wrong key of one address later than the one before. A key that begins like nobody's is told to the first exporter.

    A good key is let in whatever came before it, because a key cannot be guessed, and an address is many people's.
    """
    standing, audited = request.app[DOORS].allowance.wrong_key(request)
    if audited:
        await _keep_in_mind(gw, key)
    if not standing.wait:
        late = SLOWED * (WRONG_KEYS[0] - standing.left)
        await asyncio.sleep(max(0.0, came + late - time.monotonic()))
    log.warning("console.sign_in_failed", address=request.app[DOORS].allowance.address_of(request))
    return standing


async def _keep_in_mind(gw: Gateway, key: str) -> None:
    async with gw.store.front_desk() as connection:
        meant = await parties.hinted_key(connection, key[:HINT]) if KEY_HINT.match(key) else None
        owners = [meant.exporter_id] if meant else await parties.exporter_ids(connection)
    for owner in owners[:1]:
        async with gw.store.transaction(owner, "console") as tx:
            tx.note("console.sign_in_failed", meant.id if meant else owner)


def set_cookie(gw: Gateway, response: web.StreamResponse, name: str, value: str, seconds: float) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(seconds),
        path="/console",
        httponly=True,
        samesite="Lax",
        secure=gw.settings.address.startswith("https:"),
    )


async def sign_out(gw: Gateway, request: web.Request, response: web.StreamResponse, caller: Caller) -> None:
    async with gw.store.transaction(caller.exporter_id, caller.actor) as tx:
        await tx.sessions.end(request.cookies.get(COOKIE, ""))
    response.del_cookie(COOKIE, path="/console")
