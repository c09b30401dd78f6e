"""`/openapi.json`, made from the route table, and `/docs`, a page of our own that shows it."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.web.endpoint import Either, Route
from gateway.web.problem_texts import FIELDS, STATUS, TITLES
from gateway.web.routes import ROUTES
from gateway.web.told import ProblemDocument
from schemas.messages import NoticeKind

REFS = "#/components/schemas/{model}"
PROBLEM: Mapping[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
LEFT: Mapping[str, Any] = {
    "RateLimit-Policy": "What a key may call: `q` calls in `w` seconds, all at once if need be",
    "RateLimit": "What is left of it: `r` calls now, and all again in `t` seconds",
}
HEADERS: Mapping[str, Any] = {name: {"$ref": f"#/components/headers/{name}"} for name in LEFT}
TOO_MANY: Mapping[str, Any] = {
    "description": "More calls than the key has; nothing was done",
    "headers": {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}, **HEADERS},
    "content": PROBLEM,
}
Refs = Mapping[Any, Mapping[str, Any]]


def document(routes: Sequence[Route] = ROUTES) -> dict[str, Any]:
    """OpenAPI 3.1."""
    pairs: list[tuple[type[BaseModel], Any]] = [(ProblemDocument, "serialization")]
    for route in routes:
        pairs += [(model, "validation") for model in _bodies(route)]
        pairs += [(route.told, "serialization")] if route.told else []
    refs, definitions = models_json_schema(list(dict.fromkeys(pairs)), ref_template=REFS)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Homeward", "version": "1", "description": _about()},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "headers": {name: {"description": said, "schema": {"type": "string"}} for name, said in LEFT.items()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "hw_…"}},
        },
        "security": [{"key": []}],
    }


def _about() -> str:
    slugs = "\n".join(f"- `{slug}` {status}: {TITLES[slug][0]}" for slug, status in STATUS.items())
    codes = "\n".join(f"- `{code}`: {words[0]}" for code, words in FIELDS.items())
    events = ", ".join(f"`{kind.value}`" for kind in NoticeKind)
    return (
        "Returns, from the shop to the exporter's hands.\n\n"
        "Errors are problem documents (RFC 9457); `type` ends with one of:\n\n"
        f"{slugs}\n\nCodes of single fields:\n\n{codes}\n\n"
        "Live: `GET /v1/returns/{id}/events` (scope `returns`) is a `text/event-stream` of `change` events; `Last-Event-ID` "
        "goes on where it stopped.\n\n"
        f"Events told by signed webhook (Standard Webhooks 1.0): {events}.\n"
    )


def _bodies(route: Route) -> list[type[BaseModel]]:
    if isinstance(route.body, Either):
        return [route.body.having, route.body.lacking]
    return [route.body] if route.body else []


def _operation(route: Route, refs: Refs) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.path.split("/")[2]],
        "x-scope": route.scope,
        "parameters": _parameters(route),
        "responses": {
            str(route.status): {**_success(route, refs), "headers": HEADERS},
            "429": TOO_MANY,
            "default": {"description": "Problem", "content": PROBLEM},
        },
    }
    if route.upload:
        raw = {"schema": {"type": "string", "format": "binary"}}
        said["requestBody"] = {"required": True, "content": dict.fromkeys(route.upload, raw)}
    elif route.body:
        schemas = [refs[(model, "validation")] for model in _bodies(route)]
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return said


def _success(route: Route, refs: Refs) -> dict[str, Any]:
    if route.told is None:
        file = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
        return {"description": "Done"} if route.status == 204 else {"description": "The file", "content": file}
    schema = refs[(route.told, "serialization")]
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _parameters(route: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": text}
        for part in route.path.split("/")
        if part.startswith("{")
    ]
    for parameter in route.query:
        schema = {"type": "string", "pattern": f"^(?:{parameter.form})$"}
        found.append({"name": parameter.name, "in": "query", "schema": schema, "description": parameter.description})
    if route.key != "none":
        name = {"name": "Idempotency-Key", "in": "header", "required": route.key == "required"}
        found.append({**name, "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"}})
    return found


@cache
def rendered() -> bytes:
    """Made once: it is the same for everybody."""
    return json.dumps(document(), ensure_ascii=False).encode()


async def openapi(request: web.Request) -> web.Response:
    return web.Response(body=rendered(), headers={"Content-Type": "application/json"})


def prepare(app: web.Application) -> None:
    """At the start, because it takes half a second: no request waits for it."""
    rendered()
    app.router.add_get("/openapi.json", openapi)
