"""Misbehaviour on order: what the carrier does wrong, and where in an answer it does it.

A script is one JSON object, e.g. `{"script": "accept_then_hang", "verb": "book", "seconds": 30}`; the first whose `verb`,
`channel` and `match` fit the request is used, `times` times (default 1). Those named `accept_then_…` do the work first.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from gateway.sandbox.carrier import Refusal

HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
MAGIC: dict[str, dict[str, Any]] = {
    "TEST-REFUSED": {"script": "refuse", "times": -1},
    "TEST-TIMEOUT": {"script": "accept_then_hang", "seconds": 30},
    "TEST-UNKNOWN-FOUND": {"script": "accept_then_500"},
    "TEST-UNKNOWN-ABSENT": {"script": "fail_500"},
    "TEST-429": {"script": "429", "retry_after": 5},
}
"""Written into an order number by a person who wants to see one of these; each strikes once per number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply of a dialect, before anything goes wrong with it."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        headers = {"Content-Type": self.content_type, **self.headers}
        return web.Response(status=self.status, body=self.body, headers=headers)


class Dialect(Protocol):
    """How REST or SOAP says the same thing."""

    def refusal(self, refusal: Refusal, *, in_200: bool = False) -> Answer: ...


@dataclass(slots=True)
class Script:
    """One instruction. `verb` and `channel` may be `*`; `match` is a text the request must contain."""

    script: str
    verb: str = "book"
    channel: str = "*"
    match: str = ""
    times: int = 1
    seconds: float = 30.0
    bytes: int = 20
    retry_after: int | str | None = None
    code: str = "ADDRESS_NOT_SERVED"

    def fits(self, channel: str, verb: str, text: str) -> bool:
        return self.verb in ("*", verb) and self.channel in ("*", channel) and self.match in text


class Scripts:
    """The queue, and the magic numbers already used up."""

    def __init__(self) -> None:
        self.queue: list[Script] = []
        self._used: set[str] = set()

    def take(self, channel: str, verb: str, text: str) -> Script | None:
        """The first script that fits this request, counted down."""
        found = next((script for script in self.queue if script.fits(channel, verb, text)), None)
        if found is None:
            return self._magic(text) if verb == "book" else None
        found.times -= 1
        if found.times == 0:
            self.queue.remove(found)
        return found

    def _magic(self, text: str) -> Script | None:
        for word, facts in MAGIC.items():
            marks = set(re.findall(rf"{word}[\w-]*", text))
            if not marks:
                continue
            if facts.get("times") == -1:
                return Script(**facts)
            struck = bool(marks & self._used)
            self._used |= marks
            return None if struck else Script(**facts)
        return None


@dataclass(frozen=True, slots=True)
class Scene:
    """One request as it is being misbehaved to."""

    request: web.Request
    dialect: Dialect
    act: Callable[[str], Answer]
    """Does the work and says so. The word is a twist on the answer (`dead_2xx`, `swapped`), mostly empty."""
    stopping: asyncio.Event
    expire_tokens: Callable[[], None]

    async def wait(self, seconds: float) -> None:
        """That long, or until the sandbox stops."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    def reset(self) -> web.Response:
        if self.request.transport is not None:
            self.request.transport.abort()
        return web.Response(status=500)


Play = Callable[[Script, Scene], Awaitable[web.StreamResponse]]


async def play(script: Script | None, scene: Scene) -> web.StreamResponse:
    """The answer, as the script wants it."""
    if script is None:
        return scene.act("").response()
    return await PLAYS[script.script](script, scene)


async def _twist(script: Script, scene: Scene) -> web.StreamResponse:
    return scene.act(script.script).response()


async def _refuse(script: Script, scene: Scene) -> web.StreamResponse:
    return scene.dialect.refusal(Refusal(script.code, "the sandbox was told to refuse", "to")).response()


async def _fault_in_200(script: Script, scene: Scene) -> web.StreamResponse:
    return scene.dialect.refusal(Refusal(script.code, "the sandbox was told to refuse", "to"), in_200=True).response()


async def _fail_500(script: Script, scene: Scene) -> web.StreamResponse:
    return web.Response(status=500, text="internal error")


async def _outage(script: Script, scene: Scene) -> web.StreamResponse:
    return web.Response(status=503, text="down for maintenance")


async def _throttle(script: Script, scene: Scene) -> web.StreamResponse:
    headers = {} if script.retry_after is None else {"Retry-After": str(script.retry_after)}
    return web.Response(status=429, text="slow down", headers=headers)


async def _token_expired(script: Script, scene: Scene) -> web.StreamResponse:
    scene.expire_tokens()
    return web.Response(status=401, text="token expired")


async def _delay(script: Script, scene: Scene) -> web.StreamResponse:
    await scene.wait(script.seconds)
    return scene.act("").response()


async def _then_hang(script: Script, scene: Scene) -> web.StreamResponse:
    answer = scene.act("")
    await scene.wait(script.seconds)
    return answer.response()


async def _then_500(script: Script, scene: Scene) -> web.StreamResponse:
    scene.act("")
    return web.Response(status=500, text="internal error")


async def _then_refuse(script: Script, scene: Scene) -> web.StreamResponse:
    """What the second copy of a request hears, of a network that delivers it twice."""
    scene.act("")
    return await _refuse(script, scene)


async def _then_502(script: Script, scene: Scene) -> web.StreamResponse:
    scene.act("")
    return web.Response(status=502, body=HTML, content_type="text/html")


async def _then_html(script: Script, scene: Scene) -> web.StreamResponse:
    scene.act("")
    return web.Response(status=200, body=HTML, content_type="text/html")


async def _then_reset(script: Script, scene: Scene) -> web.StreamResponse:
    scene.act("")
    return scene.reset()


async def _then_truncate(script: Script, scene: Scene) -> web.StreamResponse:
    """The full length is announced, the first `bytes` are sent, the line is cut."""
    answer = scene.act("")
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    response.content_length = len(answer.body)
    await response.prepare(scene.request)
    await response.write(answer.body[: script.bytes])
    scene.reset()
    return response


PLAYS: dict[str, Play] = {
    "refuse": _refuse,
    "fault_in_200": _fault_in_200,
    "fail_500": _fail_500,
    "outage": _outage,
    "429": _throttle,
    "token_expired": _token_expired,
    "delay": _delay,
    "dead_2xx": _twist,
    "swapped": _twist,
    "accept_then_hang": _then_hang,
    "accept_then_500": _then_500,
    "accept_then_refuse": _then_refuse,
    "accept_then_502_html": _then_502,
    "accept_then_html": _then_html,
    "accept_then_reset": _then_reset,
    "accept_then_truncate": _then_truncate,
}
