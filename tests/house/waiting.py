"""Waiting for what must come true, with a deadline. Tests never wait for time to pass."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], *, within: float = 10.0, every: float = 0.02) -> T:
    """The first answer that is true. Fails with the last one when the deadline has passed."""
    deadline = time.monotonic() + within
    while not (answer := await ask()):
        assert time.monotonic() < deadline, f"not within {within} s; last answer: {answer!r}"
        await asyncio.sleep(every)
    return answer
