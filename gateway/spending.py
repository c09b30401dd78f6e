"""Who spends a carrier's quota: the day's count kept in the database, and every process's word about its lanes.

The database and not Valkey, because a quota must survive a restart of either; a lane with a daily quota makes few calls, so
one statement more for each is nothing. Calls by verb, and of lanes without a quota, are added up here and told now and then.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.clock import Clock
from gateway.lanes import CarrierLane, Lanes
from gateway.store import lanes as shelf
from gateway.store.database import Database, StoreUnavailable
from gateway.store.ids import new_id
from schemas.errors import Unavailable

log = structlog.get_logger(__name__)
EVERY_SECONDS = 5.0
HEAR_SECONDS, AT_MOST_EVERY = 1.0, 0.1
"""How often others are listened to; and how soon what closes a lane is told, however many lanes a carrier closes."""


class Spending:
    """The purse of every lane of this process."""

    def __init__(self, database: Database, lanes: Lanes, clock: Clock) -> None:
        self._database, self._lanes, self._clock = database, lanes, clock
        self.process = new_id("prc", clock())
        self.works = False
        """Whether this process works jobs, and so takes its part of every lane's pace."""
        self._told = False
        self._others: Sequence[Any] = ()
        lanes.spend = self.spend

    async def spend(self, lane: str, day: str, limit: int) -> int | None:
        """One call of the day's quota. Raises Unavailable where it cannot be counted: then nothing is sent."""
        try:
            async with self._database.writing() as connection:
                return await shelf.spend(connection, lane, day, limit, sqlite=self._database.is_sqlite)
        except StoreUnavailable as error:
            raise Unavailable("the daily quota cannot be counted now") from error

    async def tell(self) -> None:
        """Write down what was spent since the last time, how the lanes stand, and whether this process works."""
        lanes = self._lanes.all()
        counts = self.works and not self._database.is_sqlite  # there nobody else can be
        if not lanes and not counts and not self._told:
            return
        spent = {(lane.key, *what): calls for lane in lanes for what, calls in lane.spent.items()}
        now = self._clock()
        async with self._database.writing() as connection:
            await shelf.add_spent(connection, spent, sqlite=self._database.is_sqlite)
            await shelf.tell(
                connection, self.process, now, [*(_standing(lane, now) for lane in lanes), *[WORKING] * counts]
            )
        self._told = counts
        for lane in lanes:
            for (key, day, verb), calls in spent.items():
                if key == lane.key:
                    lane.told(day, verb, calls)

    async def hear(self) -> None:
        """Close the lanes that other processes were told to stay away from, and leave the others their part of the pace."""
        async with self._database.glancing() as connection:
            until, others = await shelf.elsewhere(connection, self.process, self._clock())
        self._lanes.closed_elsewhere(until)
        self._lanes.shared_by(others + 1)

    async def look_around(self) -> None:
        """Have the other processes' lanes told by `stands` too."""
        if not self._database.is_sqlite:  # there nobody else can be
            async with self._database.reading() as connection:
                self._others = await shelf.standing_elsewhere(connection, self.process, self._clock())

    def stands(self) -> dict[str, dict[str, float]]:
        """Each lane by the names of `GAUGES`: what waits added up, of the rest the most."""
        now, found = self._clock(), {lane.key: _gauged(lane) for lane in self._lanes.all()}
        for row in self._others:
            mine = found.setdefault(row.lane, dict.fromkeys(GAUGES, 0.0))
            mine["waiting"] += row.waiting
            closed = (row.closed_until - now).total_seconds() if row.closed_until else 0.0
            said = {
                "closed_seconds": closed,
                "breaker_open": row.breaker_open,
                "quota": row.daily,
                "quota_used": row.used,
            }
            mine.update({name: max(mine[name], float(value or 0)) for name, value in said.items()})
        return found

    @contextmanager
    def working(self) -> Iterator[None]:
        """While this process works jobs: the others are told at once."""
        self.works = True
        self._lanes.news.set()
        try:
            yield
        finally:
            self.works = False

    async def keep_telling(self) -> None:
        """Until it is cancelled: now and then, and at once when a lane was closed; and hear what others tell."""
        news, due = self._lanes.news, time.monotonic() + EVERY_SECONDS
        while True:
            await asyncio.sleep(AT_MOST_EVERY)
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), HEAR_SECONDS - AT_MOST_EVERY)
            try:
                if news.is_set() or time.monotonic() >= due:
                    news.clear()
                    due = time.monotonic() + EVERY_SECONDS
                    await self.tell()
                await self.hear()
            except StoreUnavailable:
                log.info("lanes.not_told")  # nothing is lost: it is added to what is told next
                news.set()
                await asyncio.sleep(EVERY_SECONDS)


WORKING = {
    "lane": shelf.WORKER,
    "waiting": 0,
    "breaker_open": False,
    "closed_until": None,
    "daily": None,
    "used": 0,
}


def _standing(lane: CarrierLane, now: datetime) -> dict[str, Any]:
    seconds = lane.closed_for()
    return {
        "lane": lane.key,
        "waiting": lane.waiting,
        "breaker_open": lane.breaker.is_open,
        "closed_until": now + timedelta(seconds=seconds) if seconds > 0 else None,
        "daily": lane.pace.daily,
        "used": lane.used_today(),
    }


def _gauged(lane: CarrierLane) -> dict[str, float]:
    return {
        "waiting": lane.waiting,
        "closed_seconds": lane.shut_for(),
        "breaker_open": lane.breaker.is_open,
        "quota": lane.pace.daily or 0,
        "quota_used": lane.used_today(),
    }


GAUGES = {
    "waiting": "Calls that wait for their turn or are under way",
    "closed_seconds": "Seconds until the lane opens",
    "breaker_open": "1 while the breaker is open",
    "quota": "Calls a day that the carrier allows",
    "quota_used": "Calls of today's quota used",
}


class LaneGauges(Collector):
    """Every lane, of whichever process: this one's as they stand, the others' as they were told when last asked for."""

    def __init__(self, spending: Spending) -> None:
        self._spending = spending

    def collect(self) -> Iterator[GaugeMetricFamily]:
        stands = self._spending.stands()
        for name, text in GAUGES.items():
            gauge = GaugeMetricFamily(f"homeward_lane_{name}", text, labels=["lane"])
            for lane, values in stands.items():
                gauge.add_metric([lane], values[name])
            yield gauge
