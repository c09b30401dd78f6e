"""A platform that sends at its own pace, straight to the door, and keeps what it was answered."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from adapters.toolkit.auth import standard_webhook
from tests.faults.town import Town


@dataclass
class Sent:
    """Answers by delivery id. A missing status is a connection that broke."""

    statuses: dict[str, int | None] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    retry_after: int = 0
    """How many refusals named a time to come back."""

    @property
    def counted(self) -> Counter[int | None]:
        return Counter(self.statuses.values())

    @property
    def accepted(self) -> set[str]:
        return {name for name, status in self.statuses.items() if status is not None and 200 <= status < 300}


async def messages(town: Town, numbers: Iterable[int], prefix: str = "m", **changed: Any) -> dict[str, bytes]:
    """Deliveries by id, a `return.changed` each. The shop knows the returns and sends nothing of its own."""
    made = {}
    for number in numbers:
        data = town.settled.a_return(f"R{number}", **changed)
        await town.bench.tell("platform/shop/returns", **{"return": data, "drop": True})
        message = {"type": "return.changed", "occurred_at": data["updated_at"], "data": data}
        made[f"{prefix}-{number}"] = json.dumps(message).encode()
    return made


def signed(town: Town, delivery: str, body: bytes, secret: str = "") -> dict[str, str]:
    stamp = str(int(town.clock().timestamp()))
    signature = standard_webhook(secret or town.settled.webhook_secret, delivery, stamp, body)
    return {"webhook-id": delivery, "webhook-timestamp": stamp, "webhook-signature": signature}


async def post(town: Town, sent: Sent, delivery: str, body: bytes, base: str = "") -> int | None:
    """One try of one delivery; what was answered."""
    url = f"{base or town.url}/hooks/platforms/sandbox/{town.settled.source}"
    begun = time.monotonic()
    try:
        async with town.http.post(url, data=body, headers=signed(town, delivery, body)) as response:
            sent.statuses[delivery] = response.status
            sent.retry_after += response.status in (429, 503) and "Retry-After" in response.headers
            await response.read()
    except (aiohttp.ClientError, TimeoutError):
        sent.statuses[delivery] = None
    sent.seconds.append(time.monotonic() - begun)
    return sent.statuses[delivery]


async def burst(town: Town, bodies: dict[str, bytes], at_once: int = 50) -> Sent:
    """All of them, so many at once."""
    sent, places = Sent(), asyncio.Semaphore(at_once)

    async def one(delivery: str, body: bytes) -> None:
        async with places:
            await post(town, sent, delivery, body)

    await asyncio.gather(*(one(delivery, body) for delivery, body in bodies.items()))
    return sent


async def insist(town: Town, bodies: dict[str, bytes], sent: Sent, within: float = 15.0) -> None:
    """Send again what was not accepted, until all is."""
    deadline = time.monotonic() + within
    while left := {name: body for name, body in bodies.items() if name not in sent.accepted}:
        assert time.monotonic() < deadline, f"not accepted: {sent.counted}"
        again = await burst(town, left)
        sent.statuses |= again.statuses
        await asyncio.sleep(0.1)
