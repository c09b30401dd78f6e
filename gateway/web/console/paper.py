"""Templates become pages: one environment, everything escaped, nothing undefined."""

import secrets
from functools import cache
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters import registry
from gateway.web.allowance import Standing
from gateway.web.console.session import FORM_COOKIE, Visit, csrf_of, set_cookie
from gateway.web.console.words import LANGUAGE_COOKIE, Words, console_language
from gateway.web.languages import LANGUAGES
from gateway.web.problem_texts import DETAILS, TITLES
from gateway.web.problems import Problem
from gateway.web.state import GATEWAY

YEAR = 365 * 86_400


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("gateway.web.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["carrier_name"] = carrier_name
    return made


def carrier_name(carrier_id: str) -> str:
    """What people call it; the id of a carrier whose adapter is not here any more."""
    adapter = registry.carriers().get(carrier_id)
    return adapter.profile.name if adapter else carrier_id


def words_of(request: web.Request, zone: str = "UTC") -> Words:
    return Words(console_language(request), zone, request.app[GATEWAY].clock())


def page(
    request: web.Request, template: str, visit: Visit | None, words: Words, status: int = 200, **shown: Any
) -> web.Response:
    """A page; the language that its address names is remembered."""
    other = LANGUAGES[1 - LANGUAGES.index(words.language)]
    html = (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            words=words,
            t=words.text,
            w=words.word,
            other_language=str(request.rel_url.update_query({"lang": other})),
            searched=request.query.get("q", ""),
            **shown,
        )
    )
    response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
    response.headers["Content-Language"] = {"en": "en", "zh": "zh-CN"}[words.language]
    if request.query.get("lang") in LANGUAGES:
        set_cookie(request.app[GATEWAY], response, LANGUAGE_COOKIE, words.language, YEAR)
    return response


def sign_in_page(
    request: web.Request, status: int = 200, *, failed: bool = False, wait: Standing | None = None
) -> web.Response:
    """The form, with a token that only this browser can bring back; after too many wrong keys with how long to wait."""
    seconds = wait.retry_after if wait is not None and wait.wait else ""
    secret_id = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    words = words_of(request)
    response = page(
        request, "sign_in.html", None, words, status, csrf=csrf_of(secret_id), failed=failed, seconds=seconds
    )
    if seconds:
        response.headers["Retry-After"] = seconds
    set_cookie(request.app[GATEWAY], response, FORM_COOKIE, secret_id, 3600)
    return response


def problem_page(request: web.Request, problem: Problem, request_id: str) -> web.Response:
    """What went wrong, for a person. Who is not signed in gets the form for it."""
    if problem.slug == "unauthenticated":
        return sign_in_page(request, 401)
    words = words_of(request)
    spoken = LANGUAGES.index(words.language)
    return page(
        request,
        "problem.html",
        None,
        words,
        problem.status,
        problem_title=TITLES[problem.slug][spoken],
        problem_detail=DETAILS[problem.slug][spoken],
        state=problem.extra.get("state"),
        request_id=request_id,
    )
