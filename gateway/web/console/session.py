"""Who is signed in: an opaque id in a cookie, a row behind it, and a token in every form."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from aiohttp import web

from adapters.toolkit.auth import same
from gateway.core import Gateway
from gateway.store import sessions
from gateway.store.transaction import Record
from gateway.web.identity import Caller, count
from gateway.web.problems import Problem

COOKIE = "homeward_session"
FORM_COOKIE = "homeward_form"
"""Before anybody is signed in there is no session, and the sign-in form needs its token all the same."""


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
