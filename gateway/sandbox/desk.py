"""Where every request to the sandbox carrier comes in: who asks, what is written down, and what goes wrong with it."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from gateway.sandbox.carrier import Carrier, Refusal, Shipment
from gateway.sandbox.scripts import Answer, Dialect, Scene, Scripts, play

Act = Callable[[str], Answer]
KEPT = 20_000


class Desk:
    """The carrier's front: one for both dialects."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier, self.scripts = carrier, Scripts()
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.stopping = asyncio.Event()
        self.outage_until: datetime | None = None
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._seen = 0

    @property
    def now(self) -> datetime:
        return self.carrier.ledger.clock()

    def issue_token(self, account: str) -> tuple[str, float]:
        """A token and the seconds it is good for."""
        token, seconds = secrets.token_urlsafe(24), self.carrier.settings.token_seconds
        self._tokens[token] = (account, self.now + timedelta(seconds=seconds))
        return token, seconds

    def account_of(self, token: str) -> str | None:
        account, until = self._tokens.get(token, ("", self.now))
        return account if account and until > self.now else None

    async def serve(
        self, request: web.Request, channel: str, verb: str, dialect: Dialect, act: Act, **noted: Any
    ) -> Any:
        """Write the request down, then answer it as scripted. A Refusal from `act` is said in the dialect's words."""
        body = (await request.read()).decode("utf-8", "replace")
        text = f"{request.path_qs} {body}"
        script = self.scripts.take(channel, verb, text)
        self.note(channel, verb, script.script if script else "", noted)
        if self.outage_until is not None and self.now < self.outage_until:
            return web.Response(status=503, text="down for maintenance")

        def answer(twist: str) -> Answer:
            try:
                return act(twist)
            except Refusal as refusal:
                return dialect.refusal(refusal)

        return await play(script, Scene(request, dialect, answer, self.stopping, self._tokens.clear))

    def note(self, channel: str, verb: str, script: str, noted: dict[str, Any]) -> None:
        self._seen += 1
        line = {"seq": self._seen, "at": self.now.isoformat(), "channel": channel, "verb": verb, "script": script}
        self.requests.append({**line, **noted})

    def book(self, twist: str, account: str, channel: str, order: dict[str, Any], key: str | None = None) -> Shipment:
        """Book, and answer with what the twist wants: a dead booking, or somebody else's waybill."""
        others = [one for one in self.carrier.shipments.values() if one.reference != order.get("reference")]
        if twist == "dead_2xx" and (dead := next((one for one in reversed(others) if not one.live), None)):
            return replace(dead, order=order)
        shipment = self.carrier.book(account, channel, order, key)
        if twist == "dead_2xx":
            self.carrier.void(shipment.waybill)
        if twist == "swapped":
            return replace(shipment, waybill=others[-1].waybill if others else "SBX999999999")
        return shipment
