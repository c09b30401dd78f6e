"""Lanes: how fast, how many at once, and whether at all, per carrier account.

Pace is GCRA without a burst (evenly spaced, never a full window at the turn of the second), in memory on one machine and on
Redis across machines. A turn may come a tenth of its space early, after one that came late: nobody wakes to the microsecond,
and a lane of 50 a second would make 47. When Redis is away a lane goes on at rate/N on its own; there is never no limit.
`Retry-After` closes the lane until its time. The breaker opens at half of 20 calls in 60 s and lets one probe through each
15 s.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as dt_time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from redis.exceptions import RedisError
from throttled.asyncio import MemoryStore, RateLimiterType, RedisStore, Throttled, rate_limiter
from throttled.exceptions import StoreUnavailableError

from adapters.seam import Pace
from gateway.clock import Clock, utc_now
from gateway.places import Places
from schemas import errors

PATIENCE = 20.0
"""Seconds a call waits for its turn before it gives the turn back."""
GIVING_WAY = 0.01
WINDOW, CALLS, PROBE = 60.0, 20, 15.0
Spend = Callable[[str, str, int], Awaitable[int | None]]
"""Takes one call out of a lane's quota of a day under a limit: how many are taken now, None where the limit is reached."""


TENTHS = 10
"""What a call costs, so that a burst can be a tenth of one."""


def _quota(per_second: float) -> Any:
    rate = Fraction(per_second).limit_denominator(3600)  # the library counts whole calls in whole seconds
    space = timedelta(seconds=rate.denominator)
    return rate_limiter.per_duration(space, limit=rate.numerator * TENTHS, burst=TENTHS + 1)


@dataclass
class Breaker:
    """Counts how calls end. Open: turned away at once, but for one probe each 15 s."""

    monotonic: Callable[[], float]
    outcomes: deque[tuple[float, bool]] = field(default_factory=deque)
    failures: int = 0
    opened_at: float | None = None
    probed_at: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None

    def admits(self) -> bool:
        now = self.monotonic()
        if self.opened_at is None:
            return True
        if now - max(self.opened_at, self.probed_at) < PROBE:
            return False
        self.probed_at = now
        return True

    def shut_for(self) -> float:
        """Seconds until it would let anyone through."""
        if self.opened_at is None:
            return 0.0
        return max(0.0, max(self.opened_at, self.probed_at) + PROBE - self.monotonic())

    def heard(self, failed: bool) -> None:
        now = self.monotonic()
        if not failed and self.opened_at is not None:
            self.opened_at = None
            self.outcomes.clear()
            self.failures = 0
        self.outcomes.append((now, failed))
        self.failures += failed
        while now - self.outcomes[0][0] > WINDOW:
            self.failures -= self.outcomes.popleft()[1]
        if self.opened_at is None and len(self.outcomes) >= CALLS and self.failures * 2 >= len(self.outcomes):
            self.opened_at = now


class CarrierLane:
    """One account's lane, as `adapters.toolkit.http.Lane`. Accounts under one contract share a lane key."""

    def __init__(
        self,
        key: str,
        pace: Pace,
        pacer: "Pacer",
        monotonic: Callable[[], float] = time.monotonic,
        clock: Clock = utc_now,
        zone: str = "UTC",
        spend: Spend | None = None,
    ) -> None:
        self.key = key
        self.clock = clock
        self.zone = ZoneInfo(zone)
        self.spent: dict[tuple[str, str], int] = {}
        """Calls by day and verb that nobody was told of yet."""
        self.used = 0
        """Of today's quota, as far as this process has seen."""
        self._spend = spend
        self.pace = pace
        self.monotonic = monotonic
        self.breaker = Breaker(monotonic)
        self.closed_until = 0.0
        self.waiting = 0
        self.granted = 0
        self._pacer = pacer
        self._places = Places(pace.concurrency)
        self._hurried = 0
        self._in_line = 0

    def closed_for(self) -> float:
        """Seconds that the carrier told us to wait, or until its next day."""
        return max(0.0, self.closed_until - self.monotonic())

    def shut_for(self) -> float:
        """Seconds for which it makes no sense to begin anything here: told to wait, or the breaker is open."""
        return max(self.closed_for(), self.breaker.shut_for())

    @asynccontextmanager
    async def passage(self, verb: str = "", *, creates: bool = False, urgent: bool = False) -> AsyncIterator[None]:
        """Wait for a turn. Raises Throttled when it would take too long, while the breaker is open, and when the day's
        quota is used up. What is urgent goes first, at the same pace."""
        self.waiting += 1
        try:
            if not self.breaker.admits():
                raise errors.Throttled("the lane is shut: too many failures", retry_after=PROBE)
            async with self._places.one(urgent=urgent):
                await self._take_turn(urgent=urgent)
                await self._take_from_quota(verb, kept_too=creates or urgent)
                self.granted += 1
                yield
        finally:
            self.waiting -= 1

    async def _take_turn(self, *, urgent: bool) -> None:
        patience = self.monotonic() + PATIENCE
        before = 0 if urgent else self._in_line
        self._in_line += 1
        self._hurried += urgent
        try:
            while True:
                wait = await self._wait(gives_way=bool(self._hurried) and not urgent)
                if wait <= 0:
                    return
                if self.monotonic() + wait > patience:
                    raise errors.Throttled("the lane is full", retry_after=wait)
                # The first time after all who wait already: woken at once, all but one of them would have to ask again.
                await asyncio.sleep(min(wait + before / self.pace.per_second, PATIENCE))
                before = 0
        finally:
            self._hurried -= urgent
            self._in_line -= 1

    async def _wait(self, *, gives_way: bool) -> float:
        if gives_way:
            return GIVING_WAY
        return max(self.closed_for(), await self._pacer.ask(self.key, self.pace))

    async def _take_from_quota(self, verb: str, *, kept_too: bool) -> None:
        now = self.clock().astimezone(self.zone)
        day = now.date().isoformat()
        if self.pace.daily is not None and self._spend is not None:
            kept = 0 if kept_too else self.pace.daily // 10
            used = await self._spend(self.key, day, self.pace.daily - kept)
            if used is None:
                midnight = datetime.combine(now.date() + timedelta(days=1), dt_time.min, self.zone)
                if not kept:
                    self.closed_until = self.monotonic() + (midnight - self.clock()).total_seconds()
                raise errors.Throttled("the day's quota is used up", retry_at=midnight)
            self.used = used
        self.spent[day, verb] = self.spent.get((day, verb), 0) + 1

    def told(self, day: str, verb: str, calls: int) -> None:
        """So many of what was spent are written down."""
        self.spent[day, verb] -= calls
        if not self.spent[day, verb]:
            del self.spent[day, verb]

    def heard(self, error: errors.AdapterError | None) -> None:
        """Feed back how a call ended."""
        if isinstance(error, errors.Throttled):
            self.closed_until = max(self.closed_until, self.monotonic() + _seconds(error, self.clock()))
        self.breaker.heard(
            isinstance(error, (errors.Unavailable, errors.OutcomeUnknown)) and not isinstance(error, errors.Throttled)
        )


def _seconds(error: errors.Throttled, now: datetime) -> float:
    if error.retry_at is not None:
        return max(0.0, min((error.retry_at - now).total_seconds(), 3600.0))
    return min(error.retry_after if error.retry_after is not None else 5.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Hurried:
    """A lane for what cannot wait: it goes first, and may use what is kept of the day's quota."""

    lane: CarrierLane

    def passage(self, verb: str, *, creates: bool) -> AbstractAsyncContextManager[None]:
        return self.lane.passage(verb, creates=creates, urgent=True)

    def heard(self, error: errors.AdapterError | None) -> None:
        self.lane.heard(error)


class Pacer:
    """Asks the limiter: Redis where there is one, its own memory otherwise or while Redis is away."""

    def __init__(self, redis_url: str = "", share: int = 1) -> None:
        self._share = share
        self._memory = MemoryStore()
        self._redis: RedisStore | None = None
        self._away_until = 0.0
        self._limiters: dict[tuple[int, float], Throttled] = {}
        if redis_url:
            self._redis = RedisStore(server=redis_url, options={"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1})

    @property
    def is_shared(self) -> bool:
        """Whether the pace is agreed with other machines right now."""
        return self._redis is not None and time.monotonic() >= self._away_until

    async def ask(self, key: str, pace: Pace) -> float:
        """0 when the turn is granted, else seconds to wait before asking again."""
        if self._redis is not None and time.monotonic() >= self._away_until:
            try:
                return await self._ask(self._redis, key, pace.per_second)
            except (StoreUnavailableError, RedisError, OSError):
                self._away_until = time.monotonic() + 2
        share = self._share if self._redis is not None else 1
        return await self._ask(self._memory, key, pace.per_second / share)

    async def _ask(self, store: Any, key: str, per_second: float) -> float:
        result = await self._limiter(store, per_second).limit(key, TENTHS)
        return max(0.001, float(result.state.retry_after)) if result.limited else 0.0

    def _limiter(self, store: Any, per_second: float) -> Throttled:
        """One a rate: building it costs more than asking it."""
        known = (id(store), per_second)
        if known not in self._limiters:
            self._limiters[known] = Throttled(
                using=RateLimiterType.GCRA.value, quota=_quota(per_second), store=store, key_prefix="lane"
            )
        return self._limiters[known]

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis._backend.get_client().aclose(close_connection_pool=True)  # it has no closing of its own


class Lanes:
    """Every lane of this process, by key."""

    def __init__(self, pacer: Pacer, monotonic: Callable[[], float] = time.monotonic, clock: Clock = utc_now) -> None:
        self._pacer = pacer
        self._clock = clock
        self._monotonic = monotonic
        self._lanes: dict[str, CarrierLane] = {}
        self.spend: Spend | None = None

    def of(self, key: str, pace: Pace, zone: str = "UTC") -> CarrierLane:
        """A lane is made once; its first account's zone is where its days begin."""
        if key not in self._lanes:
            self._lanes[key] = CarrierLane(key, pace, self._pacer, self._monotonic, self._clock, zone, self.spend)
        return self._lanes[key]

    def all(self) -> list[CarrierLane]:
        return list(self._lanes.values())

    async def close(self) -> None:
        await self._pacer.close()
