"""Live updates: a nudge that a return has changed, within the process and, over Redis, to every other one.

A nudge says only which return; whoever listens reads the store. One that is lost, or a Redis that is away, costs a few
seconds: listeners look by themselves now and then.
"""

import asyncio
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "homeward:live"
PUBLISH_SECONDS = 1.0


class Live:
    """Who listens in this process, and the line to the others."""

    def __init__(self, redis_url: str = "") -> None:
        self._redis: Any = Redis.from_url(redis_url, socket_connect_timeout=1) if redis_url else None
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._untold: set[str] = set()
        self._publishing: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None

    @contextmanager
    def listening(self, return_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever this return has changed."""
        if self._redis is not None and self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())
        stirred = asyncio.Event()
        self._listeners.setdefault(return_id, set()).add(stirred)
        try:
            yield stirred
        finally:
            self._listeners[return_id].discard(stirred)
            if not self._listeners[return_id]:
                del self._listeners[return_id]

    def tell(self, return_ids: Collection[str]) -> None:
        """These have changed, durably."""
        self._wake(return_ids)
        if self._redis is not None and return_ids:
            self._untold.update(return_ids)
            if self._publishing is None or self._publishing.done():
                self._publishing = asyncio.create_task(self._publish())

    def wake_all(self) -> None:
        self._wake(list(self._listeners))

    def _wake(self, return_ids: Collection[str]) -> None:
        for return_id in return_ids:
            for stirred in self._listeners.get(return_id, ()):
                stirred.set()

    async def _publish(self) -> None:
        """One at a time, and what changes meanwhile together: a Redis that hangs keeps one connection."""
        while self._untold:
            told, self._untold = sorted(self._untold), set()
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await self._redis.publish(CHANNEL, json.dumps(told))

    async def _hear(self) -> None:
        while True:
            with suppress(RedisError, OSError, ValueError, TypeError):  # the last two: what somebody else says there
                async with self._redis.pubsub() as line:
                    await line.subscribe(CHANNEL)
                    async for message in line.listen():
                        if message["type"] == "message":
                            self._wake(json.loads(message["data"]))
            await asyncio.sleep(1)

    async def close(self) -> None:
        tasks = [task for task in (self._publishing, self._hearing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._redis is not None:
            await self._redis.aclose()
