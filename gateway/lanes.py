"""Lanes: how fast, how many at once, and whether at all, per carrier account.

Whoever waits for a turn sleeps until its instant; whoever wakes too late gives it up for the next, so that none are made up
for in a bunch. `Retry-After` closes the lane until its time. The breaker opens at half of 20 calls in 60 s and lets one
probe through each 15 s.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as dt_time
from types import TracebackType
from zoneinfo import ZoneInfo

from adapters.seam import Pace
from gateway.clock import Clock, utc_now
from gateway.pacer import PATIENCE, Pacer
from gateway.places import Places
from schemas import errors

WINDOW, CALLS, PROBE = 60.0, 20, 15.0
Spend = Callable[[str, str, int], Awaitable[int | None]]
"""Takes one call out of a lane's quota of a day under a limit: how many are taken now, None where the limit is reached."""


EARLY, LATE = 0.002, 0.006
"""Seconds that a call may go before and after its turn's instant; after it three quarters of the space between two turns,
where that is more. Together they are less than a space, so that no second sees more than one call too many; and a loop that
writes a page in between loses no turn."""


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
        pacer: Pacer,
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
        self._door = Places(1)
        self._late = max(LATE, 0.75 / pace.per_second)
        self._begin_day(clock())

    def closed_for(self) -> float:
        """Seconds that the carrier told us to wait, or until its next day."""
        return max(0.0, self.closed_until - self.monotonic())

    def shut_for(self) -> float:
        """Seconds for which it makes no sense to begin anything here: told to wait, or the breaker is open."""
        return max(self.closed_for(), self.breaker.shut_for())

    def passage(self, verb: str = "", *, creates: bool = False, urgent: bool = False) -> "Passage":
        """Wait for a turn. Raises Throttled when it would take too long, while the breaker is open, and when the day's
        quota is used up. What is urgent goes first, at the same pace."""
        return Passage(self, verb, creates or urgent, urgent)

    async def enter(self, verb: str, *, kept_too: bool, urgent: bool) -> None:
        """As `passage`; whoever was let in leaves."""
        self.waiting += 1
        try:
            if not self.breaker.admits():
                raise errors.Throttled("the lane is shut: too many failures", retry_after=PROBE)
            await self._places.take(urgent=urgent)
            try:
                await self._take_turn(urgent=urgent)
                await self._take_from_quota(verb, kept_too=kept_too)
            except BaseException:
                self._places.give()
                raise
        except BaseException:
            self.waiting -= 1
            raise
        self.granted += 1

    def leave(self) -> None:
        self._places.give()
        self.waiting -= 1

    async def _take_turn(self, *, urgent: bool) -> None:
        """One at a time stands at the door and has the next turn: then nobody who is urgent waits for more than that one."""
        patience = self.monotonic() + PATIENCE
        await self._door.take(urgent=urgent)
        try:
            while True:
                closed = self.closed_for()
                if self.monotonic() + closed > patience:
                    raise errors.Throttled("the lane is full", retry_after=max(closed, 1 / self.pace.per_second))
                if closed:
                    await asyncio.sleep(closed)
                if await self._next_turn() > self._late:
                    await self._next_turn()  # the place given up stays empty: room for this one, however late it comes
                if not self.closed_for():
                    return
        finally:
            self._door.give()

    async def _next_turn(self) -> float:
        """Sleep until the next turn's instant: by how many seconds this machine woke us too late."""
        asked = time.monotonic()
        at = asked + await self._pacer.ask(self.key, self.pace)
        if at - time.monotonic() > EARLY:
            await asyncio.sleep(at - time.monotonic())
        return time.monotonic() - at

    async def _take_from_quota(self, verb: str, *, kept_too: bool) -> None:
        now = self.clock()
        if not self._day_began <= now < self._day_ends:
            self._begin_day(now)
        if self.pace.daily is not None and self._spend is not None:
            kept = 0 if kept_too else self.pace.daily // 10
            used = await self._spend(self.key, self._day, self.pace.daily - kept)
            if used is None:
                if not kept:
                    self.closed_until = self.monotonic() + (self._day_ends - now).total_seconds()
                raise errors.Throttled("the day's quota is used up", retry_at=self._day_ends)
            self.used = used
        self.spent[self._day, verb] = self.spent.get((self._day, verb), 0) + 1

    def _begin_day(self, now: datetime) -> None:
        date = now.astimezone(self.zone).date()
        self._day = date.isoformat()
        self._day_began = datetime.combine(date, dt_time.min, self.zone)
        self._day_ends = datetime.combine(date + timedelta(days=1), dt_time.min, self.zone)

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


class Passage:
    """One turn in a lane, as `async with`."""

    __slots__ = ("_kept_too", "_lane", "_urgent", "_verb")

    def __init__(self, lane: CarrierLane, verb: str, kept_too: bool, urgent: bool) -> None:
        self._lane, self._verb, self._kept_too, self._urgent = lane, verb, kept_too, urgent

    async def __aenter__(self) -> None:
        await self._lane.enter(self._verb, kept_too=self._kept_too, urgent=self._urgent)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.leave()


def _seconds(error: errors.Throttled, now: datetime) -> float:
    if error.retry_at is not None:
        return max(0.0, min((error.retry_at - now).total_seconds(), 3600.0))
    return min(error.retry_after if error.retry_after is not None else 5.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Hurried:
    """A lane for what cannot wait: it goes first, and may use what is kept of the day's quota."""

    lane: CarrierLane

    def passage(self, verb: str, *, creates: bool) -> Passage:
        return self.lane.passage(verb, creates=creates, urgent=True)

    def heard(self, error: errors.AdapterError | None) -> None:
        self.lane.heard(error)


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
