"""Who spends which quota: each account's lane, as every process tells of it, with what was called today and by which verb."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.seam import Pace
from gateway.core import pace_of
from gateway.journeys.settling_in import lane_name
from gateway.store import lanes as shelf
from gateway.store.store import Desk
from gateway.store.transaction import Record


@dataclass(frozen=True, slots=True)
class LaneTold:
    """One account and its lane. `used` counts against `pace.daily`; `verbs` are today's calls as far as they are told."""

    account_id: str
    carrier: str
    name: str
    lane: str
    paused: str | None
    pace: Pace
    waiting: int
    breaker_open: bool
    closed_until: datetime | None
    used: int
    verbs: tuple[tuple[str, int], ...]
    alive: bool
    """Whether a process that uses the lane has said anything lately."""


async def lanes_of(tx: Desk) -> Sequence[LaneTold]:
    """Every lane of this exporter's accounts."""
    accounts = await tx.accounts.listed()
    keys = [account.lane for account in accounts]
    if not keys:
        return ()
    told = await shelf.told(tx.connection, keys, tx.now)
    days = {account.id: tx.now.astimezone(ZoneInfo(account.zone)).date() for account in accounts}
    spent = await shelf.spent_on(tx.connection, keys, min(days.values()))
    return [_lane(account, days[account.id], told, spent) for account in accounts]


def _lane(account: Record, day: date, told: Sequence[Any], spent: Sequence[Any]) -> LaneTold:
    words = [row for row in told if row.lane == account.lane]
    calls = {row.verb: row.calls for row in spent if row.lane == account.lane and row.day == day.isoformat()}
    total = calls.pop(shelf.TOTAL, None)
    return LaneTold(
        account_id=account.id,
        carrier=account.carrier,
        name=account.name,
        lane=lane_name(account),
        paused=account.paused,
        pace=pace_of(account),
        waiting=sum(row.waiting for row in words),
        breaker_open=any(row.breaker_open for row in words),
        closed_until=max((row.closed_until for row in words if row.closed_until), default=None),
        used=total if total is not None else sum(calls.values()),
        verbs=tuple(sorted(calls.items(), key=lambda pair: (-pair[1], pair[0]))),
        alive=bool(words),
    )
