"""An exporter's return policy, published from his terms: for everybody, in both languages, as a page and as JSON.

    GET /policies/{exporter}             the page; `?lang=en|zh`, else the browser's language
    GET /policies/{exporter}.json

Only what the exporter published, the last version of each, while it is valid; never the buyer's name or what was signed. Both
may be kept by caches for five minutes, and are told apart by their ETag.
"""

import hashlib
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.store.transaction import Record
from gateway.web.api.applying import duties_told
from gateway.web.console.paper import environment
from gateway.web.console.words import Words, console_language
from gateway.web.state import GATEWAY
from gateway.web.told_applying import PoliciesTold, PolicyTold
from schemas.errors import NotFound

FORM = re.compile(r"exp_[0-9a-z]{26}")


async def policy_page(request: web.Request) -> web.Response:
    told = await _published(request)
    words = Words(console_language(request), "UTC", request.app[GATEWAY].clock())
    html = environment().get_template("policy.html").render(words=words, t=words.text, w=words.word, one=told)
    response = _answered(request, html.encode(), "text/html", words.language)
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.headers["Content-Language"] = {"en": "en", "zh": "zh-CN"}[words.language]
    return response


async def policy_json(request: web.Request) -> web.Response:
    return _answered(request, (await _published(request)).model_dump_json().encode(), "application/json")


async def _published(request: web.Request) -> PoliciesTold:
    gw, exporter_id = request.app[GATEWAY], request.match_info["exporter"]
    if not FORM.fullmatch(exporter_id):
        raise NotFound("no such policy")
    async with gw.store.reading(exporter_id) as tx:
        rows = [row for row in await tx.terms.published() if _is_valid(row, tx.now)]
        if not rows:  # who publishes nothing is nobody, to a stranger
            raise NotFound("no such policy")
        exporter = await tx.exporters.get(exporter_id)
    return PoliciesTold(exporter=exporter.name, data=tuple(map(_told, rows)))


def _is_valid(row: Record, now: datetime) -> bool:
    day, terms = now.astimezone(ZoneInfo(row.terms.zone)).date(), row.terms
    return bool(terms.valid_from <= day and (terms.valid_until is None or day <= terms.valid_until))


def _told(row: Record) -> PolicyTold:
    terms = row.terms
    return PolicyTold(
        name=row.name,
        version=row.version,
        seller=terms.seller,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        zone=terms.zone,
        duties=duties_told(terms),
        words=tuple(clause.words for clause in (terms.quality, terms.packaging) if clause and clause.words),
    )


def _answered(request: web.Request, body: bytes, media_type: str, language: str = "") -> web.Response:
    etag = f'"{hashlib.sha256(body + language.encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": "public, max-age=300", "ETag": etag}
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=media_type, charset="utf-8", headers=headers)


def policy_routes() -> list[web.RouteDef]:
    return [
        web.get("/policies/{exporter}.json", policy_json),
        web.get("/policies/{exporter}", policy_page),
    ]
