"""The sink: an exporter's endpoint that checks signatures, keeps every delivery, and answers as it is told.

    POST /sink/{name}

Scripts: a status (`500`, `410`, `301`, `429` with `retry_after`; `bytes` of body), `hang` for some seconds, `drip` a byte
at a time.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.toolkit.auth import same, standard_webhook
from gateway.sandbox.ledger import Clock

Json = dict[str, Any]
TOLERANCE = 300


@dataclass(slots=True)
class Endpoint:
    """One sink: its secret, what it will answer next, and what it was sent."""

    secret: str = ""
    scripts: deque[Json] = field(default_factory=deque)
    deliveries: list[Json] = field(default_factory=list)


class Sink:
    def __init__(self, clock: Clock) -> None:
        self.clock, self.endpoints, self.stopping = clock, dict[str, Endpoint](), asyncio.Event()

    def endpoint(self, name: str) -> Endpoint:
        return self.endpoints.setdefault(name, Endpoint())

    def tell(self, name: str, told: Json) -> None:
        """`secret`, and `scripts`: a list of `{"answer": 500 | "hang" | "drip", "times", "seconds", "bytes", "retry_after"}`,
        of which only the first must be there."""
        endpoint = self.endpoint(name)
        endpoint.secret = told.get("secret", endpoint.secret)
        for script in told.get("scripts", ()):
            endpoint.scripts.extend([script] * int(script.get("times", 1)))

    async def receive(self, request: web.Request) -> web.StreamResponse:
        endpoint, body = self.endpoint(request.match_info["name"]), await request.read()
        script = endpoint.scripts.popleft() if endpoint.scripts else {"answer": 200}
        endpoint.deliveries.append(
            {
                "at": self.clock().isoformat(),
                "id": request.headers.get("webhook-id"),
                "timestamp": request.headers.get("webhook-timestamp"),
                "verified": self._verified(endpoint.secret, request, body),
                "answered": script["answer"],
                "body": body.decode("utf-8", "replace"),
            }
        )
        return await self._answer(request, script)

    def _verified(self, secret: str, request: web.Request, body: bytes) -> bool:
        stamp = request.headers.get("webhook-timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - self.clock().timestamp()) > TOLERANCE:
            return False
        expected = standard_webhook(secret, request.headers.get("webhook-id", ""), stamp, body)
        return any(same(expected, given) for given in request.headers.get("webhook-signature", "").split(" "))

    async def _answer(self, request: web.Request, script: Json) -> web.StreamResponse:
        answer, seconds = script["answer"], float(script.get("seconds", 30))
        if answer == "hang":
            await self._wait(seconds)
            return web.Response()
        if answer == "drip":
            return await self._drip(request, seconds)
        headers = {"Location": "/elsewhere"} if answer in (301, 302, 307, 308) else {}
        if "retry_after" in script:
            headers["Retry-After"] = str(script["retry_after"])
        return web.Response(status=int(answer), headers=headers, body=b"." * int(script.get("bytes", 0)))

    async def _drip(self, request: web.Request, seconds: float) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(int(seconds * 5)):
            if self.stopping.is_set():
                break
            await response.write(b".")
            await self._wait(0.2)
        return response

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/sink/{name}", self.receive)]
