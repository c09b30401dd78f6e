"""Where the demo's stories play, and how they wait for what must come."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from gateway.clock import FileClock
from gateway.core import Gateway

PATIENCE = 60.0
Seen = TypeVar("Seen")


class NotEnded(Exception):
    """The story did not get on in time."""


@dataclass(slots=True)
class Stage:
    """Where a story plays: a gateway, its doors, the sandbox, and a clock that can be moved."""

    gw: Gateway
    session: aiohttp.ClientSession
    url: str
    sandbox: str
    clock: FileClock
    say: Callable[[str], None]


async def until(what: str, look: Callable[[], Awaitable[Seen | None]], done: Callable[[Seen], Any]) -> Seen:
    """Look again and again until it is done. Raises NotEnded when it takes too long."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        seen = await look()
        if seen and done(seen):
            return seen
        if asyncio.get_running_loop().time() > deadline:
            raise NotEnded(f"waited {PATIENCE:.0f} s for {what}; last seen: {seen}")
        await asyncio.sleep(0.1)
