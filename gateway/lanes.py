"""Lanes: how fast, how many at once, and whether at all, per carrier account.

Whoever waits for a turn sleeps until its instant; whoever wakes too late gives it up for the next, so that none are made up
for in a bunch. `Retry-After` closes the lane until its time. The breaker opens at half of 20 calls in 60 s and lets one
probe through each 15 s. What closes a lane is told to other processes at once, and what they told is heard.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as dt_time
from types import TracebackType
from zoneinfo import ZoneInfo

from adapters.seam import Pace
from gateway.breaker import PROBE, Breaker
from gateway.clock import Clock, utc_now
from gateway.pacer import PATIENCE, Pacer
from gateway.places import Places
from schemas import errors

LONGEST = 86_400.0
"""Seconds that a carrier is believed at most when it says how long to stay away: some name a day, none means a year."""
SAME = 1.0
"""Seconds by which a lane has to be closed for longer before it is worth telling anybody."""
SHUT = "the lane is shut: too many failures"
Spend = Callable[[str, str, int], Awaitable[int | None]]
"""Takes one call out of a lane's quota of a day under a limit: how many are taken now, None where the limit is reached."""


EARLY, LATE = 0.001, 0.006
"""Seconds that a call may go before and after its turn's instant; after it half of the space between two turns,
where that is more. Together they are less than a space, so that no second sees more than one call too many; and a loop that
writes a page in between loses no turn."""


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
        news: asyncio.Event | None = None,
    ) -> None:
        self.key = key
        self._news = news or asyncio.Event()
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
        self._late = max(LATE, 0.5 / pace.per_second)
        self._begin_day(clock())

    def used_today(self) -> int:
        return self.used if self._day_began <= self.clock() < self._day_ends else 0

    def close_for(self, seconds: float) -> None:
        """Shut it for so long at least, and have the other processes told."""
        until = self.monotonic() + seconds
        if until > self.closed_until + SAME:
            self._news.set()
        self.closed_until = max(self.closed_until, until)

    def closed_elsewhere(self, until: datetime) -> None:
        """Another process was told to stay away until then."""
        theirs = self.monotonic() + (until - self.clock()).total_seconds()
        if theirs > self.closed_until + SAME:  # less is the difference of two clocks, not to be passed to and fro
            self.closed_until = theirs

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

    async def enter(self, verb: str, *, kept_too: bool, urgent: bool) -> bool:
        """As `passage`; whoever was let in leaves, and says whether he was the breaker's probe."""
        if not self.breaker.admits():
            raise errors.Throttled(SHUT, retry_after=PROBE)
        probe = self.breaker.begin_probe()
        self.waiting += 1
        try:
            await self._places.take(urgent=urgent)
            try:
                await self._take_turn(verb, kept_too=kept_too, urgent=urgent, probe=probe)
            except BaseException:
                self._places.give()
                raise
        except BaseException:
            self._out(probe)
            raise
        self.granted += 1
        return probe

    def leave(self, *, probe: bool) -> None:
        self._places.give()
        self._out(probe)

    def _out(self, probe: bool) -> None:
        self.waiting -= 1
        if probe:
            self.breaker.end_probe()

    def _ask_breaker(self, *, probe: bool) -> None:
        if self.breaker.is_open and not probe:
            raise errors.Throttled(SHUT, retry_after=PROBE)

    async def _take_turn(self, verb: str, *, kept_too: bool, urgent: bool, probe: bool) -> None:
        """One at a time stands at the door and has the next turn: then nobody who is urgent waits for more than that one.
        The breaker may open meanwhile, and then nobody who stands in line goes out any more. The day's count is taken while
        the turn is waited for: however long that takes, nobody goes at an instant that is over."""
        patience, counted = self.monotonic() + PATIENCE, ""
        await self._door.take(urgent=urgent)
        try:
            while True:
                self._ask_breaker(probe=probe)
                closed = self.closed_for()
                if self.monotonic() + closed > patience:
                    raise errors.Throttled("the lane is full", retry_after=max(closed, 1 / self.pace.per_second))
                if closed:
                    await asyncio.sleep(closed)
                at = await self._next_turn()
                if counted != self._today():
                    counted = await self._take_from_quota(verb, kept_too=kept_too)
                if await _late_for(at) > self._late:
                    await _late_for(await self._next_turn())  # the place given up stays empty: room for this one
                if not self.closed_for() and counted == self._today():
                    return self._ask_breaker(probe=probe)
        finally:
            self._door.give()

    async def _next_turn(self) -> float:
        """Its instant."""
        asked = time.monotonic()
        return asked + await self._pacer.ask(self.key, self.pace)

    def _today(self) -> str:
        now = self.clock()
        if not self._day_began <= now < self._day_ends:
            self._begin_day(now)
        return self._day

    async def _take_from_quota(self, verb: str, *, kept_too: bool) -> str:
        """The day of whose quota it was."""
        day, ends = self._today(), self._day_ends
        if self.pace.daily is not None and self._spend is not None:
            kept = 0 if kept_too else self.pace.daily // 10
            used = await self._spend(self.key, day, self.pace.daily - kept)
            if used is None:
                if not kept:
                    self.close_for((ends - self.clock()).total_seconds())
                raise errors.Throttled("the day's quota is used up", retry_at=ends)
            self.used = used
        self.spent[day, verb] = self.spent.get((day, verb), 0) + 1
        return day

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
        if isinstance(error, errors.Throttled) or (isinstance(error, errors.OutcomeUnknown) and _names_a_time(error)):
            self.close_for(_seconds(error, self.clock()))
        self.breaker.heard(
            isinstance(error, (errors.Unavailable, errors.OutcomeUnknown)) and not isinstance(error, errors.Throttled)
        )


async def _late_for(at: float) -> float:
    """Sleep until this instant: by how many seconds it was over when this machine woke us."""
    if at - time.monotonic() > EARLY:
        await asyncio.sleep(at - time.monotonic())
    return time.monotonic() - at


class Passage:
    """One turn in a lane, as `async with`."""

    __slots__ = ("_kept_too", "_lane", "_probe", "_urgent", "_verb")

    def __init__(self, lane: CarrierLane, verb: str, kept_too: bool, urgent: bool) -> None:
        self._lane, self._verb, self._kept_too, self._urgent = lane, verb, kept_too, urgent

    async def __aenter__(self) -> None:
        self._probe = await self._lane.enter(self._verb, kept_too=self._kept_too, urgent=self._urgent)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.leave(probe=self._probe)


def _names_a_time(error: errors.OutcomeUnknown) -> bool:
    return error.retry_after is not None or error.retry_at is not None


def _seconds(error: errors.Throttled | errors.OutcomeUnknown, now: datetime) -> float:
    if error.retry_at is not None:
        return max(0.0, min((error.retry_at - now).total_seconds(), LONGEST))
    return min(error.retry_after if error.retry_after is not None else 5.0, LONGEST)


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
        self._elsewhere: Mapping[str, datetime] = {}
        self.news = asyncio.Event()
        """Set when a lane was closed: the others have to know."""
        self.spend: Spend | None = None

    def of(self, key: str, pace: Pace, zone: str = "UTC") -> CarrierLane:
        """A lane is made once; its first account's zone is where its days begin."""
        if key not in self._lanes:
            lane = CarrierLane(key, pace, self._pacer, self._monotonic, self._clock, zone, self.spend, self.news)
            self._lanes[key] = lane
            if key in self._elsewhere:
                lane.closed_elsewhere(self._elsewhere[key])
        return self._lanes[key]

    def closed_elsewhere(self, until: Mapping[str, datetime]) -> None:
        """Which lanes other processes were told to stay away from: those met here already, and those still to be met."""
        self._elsewhere = until
        for key in until.keys() & self._lanes.keys():
            self._lanes[key].closed_elsewhere(until[key])

    def shared_by(self, processes: int) -> None:
        """So many processes work, and go at their part of the pace wherever Redis does not give the turns."""
        self._pacer.share = max(1, processes)

    def all(self) -> list[CarrierLane]:
        return list(self._lanes.values())

    async def close(self) -> None:
        await self._pacer.close()
