"""The pace of a lane: GCRA without a burst, which is evenly spaced and never a full window at the turn of a second.

In memory in one process, on Redis across them. Turns are given ahead, each with its instant, so that no time is lost by
asking and waking up. Where there is no Redis, or it is away, each of N processes goes at rate/N; there is never no limit.
"""

import time
from contextlib import suppress
from datetime import timedelta
from fractions import Fraction
from typing import Any

from redis.exceptions import RedisError
from throttled.asyncio import RateLimiterType, RedisStore, Throttled, rate_limiter
from throttled.exceptions import StoreUnavailableError

from adapters.seam import Pace
from schemas import errors

PATIENCE = 20.0
"""Seconds that a turn is given ahead at most."""
AHEAD = 1.0
"""Seconds by which Redis's schedule may reach further than that and one space more: no turn that was given makes it."""


class ClockWentBack(Exception):
    """Redis goes by its machine's clock, which was set back, or a replica took over that is behind: until it is where it was
    there would be no turn at all."""


def _quota(per_second: float) -> Any:
    rate = Fraction(per_second).limit_denominator(3600)  # the library counts whole calls in whole seconds
    space = timedelta(seconds=rate.denominator)
    return rate_limiter.per_duration(space, limit=rate.numerator, burst=1 + int(PATIENCE * per_second))


class Pacer:
    """Gives turns: by Redis where there is one, by its own memory otherwise or while Redis is away."""

    def __init__(self, redis_url: str = "", share: int = 1) -> None:
        self.share = share
        """How many processes take turns, where they cannot agree them."""
        self._redis: RedisStore | None = None
        self._away_until = 0.0
        self._limiters: dict[float, Throttled] = {}
        self._next: dict[str, float] = {}
        """The monotonic second of each lane's next turn, as far as this process gives them."""
        if redis_url:
            self._redis = RedisStore(server=redis_url, options={"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1})

    @property
    def is_shared(self) -> bool:
        """Whether the pace is agreed with other machines right now."""
        return self._redis is not None and time.monotonic() >= self._away_until

    async def ask(self, key: str, pace: Pace) -> float:
        """The next turn is the caller's: in so many seconds. Raises Throttled where that is beyond patience; then it is
        nobody's."""
        if self._redis is not None and time.monotonic() >= self._away_until:
            with suppress(StoreUnavailableError, RedisError, OSError, ClockWentBack):
                return await self._agreed(key, pace.per_second)
            self._away_until = time.monotonic() + 2
        return self._alone(key, pace.per_second / self.share)

    def _alone(self, key: str, per_second: float) -> float:
        now = time.monotonic()
        turn = max(now, self._next.get(key, now))
        if turn - now > PATIENCE:
            raise errors.Throttled("the lane is full", retry_after=turn - now)
        self._next[key] = turn + 1 / per_second
        return turn - now

    async def _agreed(self, key: str, per_second: float) -> float:
        """What GCRA calls a burst are turns given ahead: how far the schedule then reaches says when ours is."""
        if per_second not in self._limiters:  # building one costs more than asking it
            self._limiters[per_second] = Throttled(
                using=RateLimiterType.GCRA.value, quota=_quota(per_second), store=self._redis, key_prefix="lane"
            )
        result = await self._limiters[per_second].limit(key)
        if result.limited and float(result.state.retry_after) > 1 / per_second + AHEAD:
            raise ClockWentBack
        if result.limited:
            raise errors.Throttled("the lane is full", retry_after=float(result.state.retry_after))
        return max(0.0, round(float(result.state.reset_after) - 1 / per_second, 6))

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis._backend.get_client().aclose(close_connection_pool=True)  # it has no closing of its own
