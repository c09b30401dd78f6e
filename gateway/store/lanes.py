"""Daily quotas, counted where every process counts, and how each process's lanes stand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as lite

from gateway.store.database import Connection
from gateway.store.tables import lanes, quotas

KEPT = timedelta(days=60)
FRESH = timedelta(seconds=30)
"""How long a process's word about its lanes is believed."""
TOTAL = ""
WORKER = ""
"""In place of a lane: the process itself, which works jobs."""


async def spend(connection: Connection, lane: str, day: str, limit: int, *, sqlite: bool) -> int | None:
    """Take one call out of the day's quota: how many are taken now, or None where the limit is reached. One statement, so
    that two processes cannot both take the last."""
    if limit < 1:
        return None
    insert = (lite.insert if sqlite else postgresql.insert)(quotas).values(lane=lane, day=day, verb=TOTAL, calls=1)
    taken = insert.on_conflict_do_update(
        index_elements=["lane", "day", "verb"], set_={"calls": quotas.c.calls + 1}, where=quotas.c.calls < limit
    ).returning(quotas.c.calls)
    found: int | None = (await connection.execute(taken)).scalar()
    return found


async def add_spent(connection: Connection, spent: Mapping[tuple[str, str, str], int], *, sqlite: bool) -> None:
    """Calls by lane, day and verb, beside what is there."""
    for (lane, day, verb), calls in sorted(spent.items()):
        insert = (lite.insert if sqlite else postgresql.insert)(quotas)
        row = insert.values(lane=lane, day=day, verb=verb, calls=calls)
        await connection.execute(
            row.on_conflict_do_update(
                index_elements=["lane", "day", "verb"], set_={"calls": quotas.c.calls + row.excluded.calls}
            )
        )


async def tell(connection: Connection, process: str, now: datetime, standing: Sequence[Mapping[str, Any]]) -> None:
    """Replace what this process said of its lanes; what nobody repeats and what is long past goes. That a lane is closed
    stays true when the process that was told so is gone."""
    open_now = lanes.c.closed_until.is_(None) | (lanes.c.closed_until <= now)
    old = (lanes.c.told_at < now - FRESH * 10) & open_now
    await connection.execute(delete(lanes).where((lanes.c.process == process) | old))
    if standing:
        await connection.execute(lanes.insert(), [{"process": process, "told_at": now, **lane} for lane in standing])
    await connection.execute(delete(quotas).where(quotas.c.day < (now - KEPT).date().isoformat()))


async def elsewhere(connection: Connection, process: str, now: datetime) -> tuple[Mapping[str, datetime], int]:
    """Until when lanes are closed, as every process but this one was told, those that are gone since too; and how many of
    the others work jobs."""
    working = (lanes.c.lane == WORKER) & (lanes.c.told_at >= now - FRESH)
    theirs = select(lanes.c.lane, func.max(lanes.c.closed_until).label("until"), func.count().label("told"))
    theirs = theirs.where((lanes.c.closed_until > now) | working, lanes.c.process != process).group_by(lanes.c.lane)
    rows = (await connection.execute(theirs)).all()
    return {row.lane: row.until for row in rows if row.until}, sum(row.told for row in rows if row.lane == WORKER)


async def standing_elsewhere(connection: Connection, process: str, now: datetime) -> Sequence[Any]:
    """How each lane stands, over all processes but this one that are alive: `lane`, `waiting`, `breaker_open` (0 or 1),
    `closed_until`, `daily`, `used`."""
    theirs = select(
        lanes.c.lane,
        func.sum(lanes.c.waiting).label("waiting"),
        func.max(case((lanes.c.breaker_open, 1), else_=0)).label("breaker_open"),
        *(func.max(lanes.c[name]).label(name) for name in ("closed_until", "daily", "used")),
    )
    others = (lanes.c.told_at >= now - FRESH, lanes.c.process != process, lanes.c.lane != WORKER)
    return (await connection.execute(theirs.where(*others).group_by(lanes.c.lane))).all()


async def told(connection: Connection, keys: Sequence[str], now: datetime) -> Sequence[Any]:
    """What processes that are alive say of these lanes."""
    mine = select(lanes).where(lanes.c.lane.in_(keys), lanes.c.told_at >= now - FRESH)
    return (await connection.execute(mine)).all()


async def spent_on(connection: Connection, keys: Sequence[str], since: date) -> Sequence[Any]:
    """What was spent of these lanes, by day and verb."""
    mine = select(quotas).where(quotas.c.lane.in_(keys), quotas.c.day >= since.isoformat())
    return (await connection.execute(mine.order_by(quotas.c.day, quotas.c.calls.desc()))).all()
