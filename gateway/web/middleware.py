"""Around every request: its id, its line in the log, the security headers, and errors as documents or pages."""

import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from gateway.store.ids import new_id
from gateway.web.console.paper import problem_page
from gateway.web.languages import language_of
from gateway.web.problems import Problem, problem_of
from gateway.web.state import DOORS, GATEWAY, STANDING

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "homeward",
}
TURNED_AWAY = frozenset({"unauthenticated", "signature-invalid"})
REQUEST_ID_KEY: web.RequestKey[str] = web.RequestKey("request_id", str)


@web.middleware
async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost layer. No error passes it."""
    gw = request.app[GATEWAY]
    request.app[DOORS].unheard.discard(request.protocol)
    given = request.headers.get("X-Request-Id", "")
    request_id = given if REQUEST_ID.fullmatch(given) else new_id("req", gw.clock())
    request[REQUEST_ID_KEY] = request_id
    started = time.monotonic()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
        except Exception as error:
            if isinstance(error, web.HTTPRedirection):
                response = web.Response(status=error.status, headers={"Location": error.headers["Location"]})
            else:
                response = _answer(request, _told(request, problem_of(error)), request_id)
            if response.headers.get("Connection") == "close":
                response.force_close()
        response.headers["X-Request-Id"] = request_id
        _say_what_is_left(request, response)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        _say(request, response, time.monotonic() - started)
    return response


def _told(request: web.Request, problem: Problem) -> Problem:
    """Who is turned away too often is told to wait. Counted here, after the fact, so that it costs who is let in nothing."""
    if problem.slug not in TURNED_AWAY or request.path.startswith("/console"):
        return problem
    standing = request.app[DOORS].allowance.turned_away(request)
    return Problem("rate-limited", headers={"Retry-After": standing.retry_after}) if standing.wait else problem


def _say_what_is_left(request: web.Request, response: web.StreamResponse) -> None:
    """As draft-ietf-httpapi-ratelimit-headers-10: `t` is when all is whole again, or, like Retry-After, the wait."""
    standing = request.get(STANDING)
    if standing is not None:
        seconds = standing.retry_after if standing.wait else math.ceil(standing.whole_in)
        response.headers["RateLimit-Policy"] = request.app[DOORS].allowance.policy
        response.headers["RateLimit"] = f'"calls";r={standing.left};t={seconds}'


def _answer(request: web.Request, problem: Problem, request_id: str) -> web.Response:
    """A page for people in the console, a document for everybody else."""
    if request.path.startswith("/console"):
        return problem_page(request, problem, request_id)
    return problem.response(language_of(request.headers), request_id, request.app[GATEWAY].settings.address)


def _say(request: web.Request, response: web.StreamResponse, seconds: float) -> None:
    """One line, by the route's pattern: a path or query may hold a name or a number of somebody's."""
    resource = request.match_info.route.resource
    log.info(
        "request",
        method=request.method,
        route=resource.canonical if resource else None,
        status=response.status,
        milliseconds=int(seconds * 1000),
    )
