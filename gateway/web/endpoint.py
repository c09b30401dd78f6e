"""One route of the API: what it takes and gives, and the one order in which every request is checked and answered.

Size, key, scope, media type, syntax, schema; then the handler asks the store, so that object and state come last. A writing
handler runs inside one transaction with its Idempotency-Key: a crash leaves both or neither.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.core import Gateway
from gateway.store.database import Interlocked
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.asked import Nothing
from gateway.web.body import check_announced, check_syntax, read_body, require_json
from gateway.web.identity import Caller, identify
from gateway.web.problems import FieldError, Problem, invalid
from gateway.web.state import DOORS, GATEWAY
from schemas.errors import NotFound
from schemas.values import FORBIDDEN_TEXT

TRIES = 3
"""How often a request goes that another transaction's rows stood in the way of."""
KEY_FORM = re.compile(r"[\x21-\x7e]{1,255}")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives: a model, or a file with its headers, in memory or open: it is closed when it is sent."""

    content: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    file: bytes | BinaryIO | None = None


@dataclass(slots=True)
class Call:
    """One request, checked. `tx` is open: for reading, or for writing where the route writes."""

    gw: Gateway
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: BaseModel | None
    raw: bytes
    headers: Mapping[str, str]
    desk: Desk | None = None

    @property
    def tx(self) -> Desk:
        assert self.desk is not None  # only routes with a transaction of their own have none
        return self.desk

    def asked(self, model: type[M]) -> M:
        assert isinstance(self.body, model)
        return self.body

    def id(self, prefix: str, name: str = "id") -> str:
        """An id from the path. One that cannot be ours is not found, like any other."""
        value = self.path[name]
        if not re.fullmatch(rf"{prefix}_[0-9a-z]{{26}}", value):
            raise NotFound("not of our form")
        return value


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Either:
    """Two bodies for one route, told apart by whether a field is there."""

    field: str
    having: type[BaseModel]
    lacking: type[BaseModel]

    def of(self, value: Any) -> type[BaseModel]:
        return self.having if isinstance(value, dict) and self.field in value else self.lacking


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. `form` is a pattern that the whole value must match."""

    name: str
    form: str
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table that the handlers, the OpenAPI file and the tests are made from."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    scope: str
    summary: str
    told: type[BaseModel] | None = None
    status: int = 200
    body: type[BaseModel] | Either | None = None
    upload: tuple[str, ...] = ()
    """Media types of a raw body."""
    query: tuple[Parameter, ...] = ()
    key: Literal["none", "accepted", "required"] = "none"
    own_transaction: bool = False
    """The handler opens its own: its journey works in several steps, or its effect is keyed by content."""

    @property
    def name(self) -> str:
        return self.handler.__name__

    async def serve(self, request: web.Request) -> web.Response:
        """Check in order, run, answer."""
        gw = request.app[GATEWAY]
        limit = gw.settings.document_limit if self.upload else gw.settings.body_limit
        check_announced(request, limit)
        caller = await identify(gw, request)
        caller.require(self.scope)
        key = self._key(request)
        query = self._query(request)
        raw, body = await self._body(request, limit)
        call = Call(gw, caller, request.match_info, query, body, raw, request.headers)
        if self.method == "GET" and not self.own_transaction:
            async with gw.store.reading(caller.exporter_id) as call.desk:
                return _response(self, await self.handler(call))
        if self.own_transaction:
            return _response(self, await self.handler(call))
        for left in reversed(range(TRIES)):
            try:
                return await self._write(call) if key is None else await self._once(request, call, key)
            except Interlocked:  # nothing of it was written, and whoever it waited for is through by now
                if not left:
                    raise
        raise AssertionError("the last try has answered or raised")

    async def _write(self, call: Call) -> web.Response:
        async with call.gw.store.transaction(call.caller.exporter_id, call.caller.actor) as call.desk:
            answer = await self.handler(call)
        return _response(self, answer)

    async def _once(self, request: web.Request, call: Call, key: str) -> web.Response:
        """Run under an Idempotency-Key: once, however often and wherever it is asked."""
        in_flight, mark = request.app[DOORS].in_flight, (call.caller.exporter_id, key)
        if mark in in_flight:
            raise Problem("request-in-progress", headers={"Retry-After": "1"})
        in_flight.add(mark)
        try:
            said = hashlib.sha256(f"{self.method} {request.raw_path}\n".encode() + call.raw).hexdigest()
            async with call.gw.store.transaction(call.caller.exporter_id, call.caller.actor) as tx:
                before = await tx.answers.take(key, said)
                if before is not None:
                    return _replay(call.gw, before, said)
                call.desk = tx
                response = _response(self, await self.handler(call))
                await _keep(call.gw, tx, key, response)
            return response
        finally:
            in_flight.discard(mark)

    def _key(self, request: web.Request) -> str | None:
        given = request.headers.getall("Idempotency-Key", [])
        if self.key == "none" or (not given and self.key == "accepted"):
            return None
        if len(given) != 1 or not KEY_FORM.fullmatch(given[0]):
            raise Problem("idempotency-key-required")
        return given[0]

    def _query(self, request: web.Request) -> Mapping[str, str]:
        known = {parameter.name: parameter for parameter in self.query}
        errors = []
        for name in dict.fromkeys(request.query):
            values = request.query.getall(name)
            if name not in known:
                errors.append(FieldError("", "unknown_parameter"))
            elif len(values) > 1:
                errors.append(FieldError(name, "repeated"))
            elif FORBIDDEN_TEXT.search(values[0]) or not re.fullmatch(known[name].form, values[0]):
                errors.append(FieldError(name, "format", known[name].description))
        if errors:
            raise Problem("invalid-parameter", errors=errors)
        return dict(request.query)

    async def _body(self, request: web.Request, limit: int) -> tuple[bytes, BaseModel | None]:
        if self.method != "POST":
            return b"", None
        if self.upload:
            return await read_body(request, limit), None
        if self.body is None:
            raw = await read_body(request, limit)
            return raw, _read(raw, Nothing) if raw else None
        require_json(request.headers)
        raw = await read_body(request, limit)
        return raw, _read(raw, self.body)


def _read(raw: bytes, body: type[BaseModel] | Either) -> BaseModel:
    value = check_syntax(raw)
    model = body.of(value) if isinstance(body, Either) else body
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from error


def _response(route: Route, answer: Answer) -> web.Response:
    if answer.file is not None:
        return web.Response(body=answer.file, headers=dict(answer.headers))
    if answer.content is None:
        return web.Response(status=204, headers=dict(answer.headers))
    headers = {"Content-Type": "application/json", **answer.headers}
    return web.Response(status=route.status, body=answer.content.model_dump_json().encode(), headers=headers)


async def _keep(gw: Gateway, tx: Desk, key: str, response: web.Response) -> None:
    """The answer is sealed: it may hold names, and once a secret."""
    body = response.body if isinstance(response.body, bytes) else b""
    kept = {name: response.headers[name] for name in ("Location", "Content-Type") if name in response.headers}
    await tx.answers.keep(key, response.status, kept, gw.sealer.seal(f"answer:{key}", body.decode()))


def _replay(gw: Gateway, before: Record, said: str) -> web.Response:
    if before.fingerprint != said:
        raise Problem("idempotency-key-reused")
    if before.status is None:
        raise Problem("request-in-progress", headers={"Retry-After": "1"})
    body = gw.sealer.open(f"answer:{before.key}", before.body).encode()
    return web.Response(status=before.status, body=body, headers={**before.headers, "Idempotent-Replayed": "true"})
