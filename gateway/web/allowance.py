"""How often one may call: each key has its calls, and an address only so many that are turned away.

GCRA (throttled-py): a whole minute's calls may come at once, and come back evenly. In memory, without waiting for anything;
across machines in Redis, and in memory while Redis is away. What bears a good key or a good signature is never refused for
what others from its address did, so no platform loses a message by it.
"""

import ipaddress
import math
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web
from redis.exceptions import RedisError
from throttled import MemoryStore, RateLimiterType, Throttled, rate_limiter
from throttled import asyncio as shared
from throttled.exceptions import StoreUnavailableError

REMEMBERED = 65_536
"""Keys or addresses at once; of more, the one that was quiet longest is forgotten."""
REDIS_SECONDS, REDIS_AWAY_SECONDS = 0.25, 2.0
MINUTE = timedelta(minutes=1)
WRONG_KEYS = (10, timedelta(minutes=5))
"""At the console's door, of one address: each is answered later than the one before, and the eleventh is told to wait."""
AUDITED = (100, timedelta(hours=1))
"""Wrong keys of all addresses that the audit keeps: it only grows, and nobody from outside decides by how much."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left after a call: how many more at once, and in how many seconds all of them again. `wait` is above zero where
    this one was too many."""

    left: int
    whole_in: float
    wait: float

    @property
    def retry_after(self) -> str:
        return str(max(1, math.ceil(self.wait)))


class Bucket:
    """So many in a time, by key, in this process's memory."""

    def __init__(self, limit: int, period: timedelta) -> None:
        quota = rate_limiter.per_duration(period, limit=limit, burst=limit)
        store = MemoryStore(options={"MAX_SIZE": REMEMBERED})
        self._throttle = Throttled(using=RateLimiterType.GCRA.value, quota=quota, store=store)

    def take(self, key: str) -> Standing:
        """One more of it."""
        return _standing(self._throttle.limit(key))


def _standing(result: Any) -> Standing:
    state = result.state
    return Standing(state.remaining, state.reset_after, max(state.retry_after, 0.001) if result.limited else 0.0)


class Allowance:
    """The calls of each key, and what each address was turned away for. `proxies` stand before us and are believed."""

    def __init__(self, calls: int, refusals: int, hints: int, *, redis: str = "", proxies: int = 0) -> None:
        self.policy = f'"calls";q={calls};w=60'
        self._proxies = proxies
        self._calls = Bucket(calls, MINUTE)
        self._turned_away = Bucket(refusals, MINUTE)
        self._hints = Bucket(hints, MINUTE)
        self._wrong_keys = Bucket(*WRONG_KEYS)
        self._audited = Bucket(*AUDITED)
        self._redis: Any = None
        self._away_until = 0.0
        if redis:
            options = {"SOCKET_TIMEOUT": REDIS_SECONDS, "SOCKET_CONNECT_TIMEOUT": REDIS_SECONDS}
            self._redis = shared.RedisStore(server=redis, options=options)
            quota = shared.rate_limiter.per_duration(MINUTE, limit=calls, burst=calls)
            self._agreed = shared.Throttled(
                using=RateLimiterType.GCRA.value, quota=quota, store=self._redis, key_prefix="calls"
            )

    async def call(self, key_id: str) -> Standing:
        """One call of a key."""
        if self._redis is not None and time.monotonic() >= self._away_until:
            try:
                return _standing(await self._agreed.limit(key_id))
            except (StoreUnavailableError, RedisError, OSError):
                self._away_until = time.monotonic() + REDIS_AWAY_SECONDS
        return self._calls.take(key_id)

    def turned_away(self, request: web.Request) -> Standing:
        """One request that bore no good key or signature."""
        return self._turned_away.take(self.address_of(request))

    def hinted(self, owner_id: str) -> float:
        """One message that nobody signed: seconds to wait where it is one too many of this source or account. What is lost by
        it the source's list brings."""
        return self._hints.take(owner_id).wait

    def wrong_key(self, request: web.Request) -> tuple[Standing, bool]:
        """One wrong key at the console's door, and whether the audit has room for it."""
        standing = self._wrong_keys.take(self.address_of(request))
        return standing, not standing.wait and not self._audited.take("all").wait

    def address_of(self, request: web.Request) -> str:
        """Whose request it is: the peer's address, or what the proxies that are ours say it is. An IPv6 network of 64 bits is
        one household."""
        told = request.remote or ""
        if self._proxies:
            chain = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
            told = chain[-self._proxies].strip() if len(chain) >= self._proxies else told
        try:
            address = ipaddress.ip_address(told)
        except ValueError:
            return told[:64] or "unknown"  # a bucket must have a name
        if isinstance(address, ipaddress.IPv6Address):
            return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
        return told

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis._backend.get_client().aclose(close_connection_pool=True)  # it has no closing of its own
