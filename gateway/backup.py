"""Backup and restore, from either database to one file and back into an empty one.

The file is a SQLite database with the same tables. A restored copy starts with every account paused, because the carriers
went on while the backup stood still: what was planned when it was taken, or came in since, may be booked by now. Our
references follow from what the platform calls a return and the attempt's number, so the copy looks it up under the reference
that the lost attempt had, and books only what is absent. All of it is one transaction: no copy is there with its accounts
open. `homeward resume` opens the accounts when that is done.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Table, func, insert, literal, select, tuple_

from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import attempts, booking, pickups
from gateway.rules.details import Detail
from gateway.store import migrations, parties, tables
from gateway.store.database import Connection, Database
from gateway.store.store import Desk
from schemas.shipments import ShipmentState

PAGE = 500
PAUSED = Detail.of("restored")


class NotEmpty(Exception):
    """A backup is restored into an empty database only."""


async def backup(settings: Settings, target: Path) -> dict[str, int]:
    """Write everything to one new file; rows by table. Consistent: read in one transaction on each database."""
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    fresh = target.with_suffix(target.suffix + ".part")
    for left in ("", "-wal", "-shm"):  # by a backup that was killed
        fresh.with_name(fresh.name + left).unlink(missing_ok=True)
    copy = Database(f"sqlite:///{fresh.resolve()}")
    try:
        await migrations.migrate(copy)
        async with _opened(settings) as database, copy.writing() as writing:
            counts = await _copy(database, writing)
    finally:
        await copy.close()
    os.replace(fresh, target)
    return counts


async def restore(settings: Settings, source: Path) -> dict[str, int]:
    """Load a backup into an empty, migrated database, with every carrier account paused. Raises NotEmpty."""
    copy = Database(f"sqlite:///{source.resolve()}")
    try:
        async with open_gateway(settings) as gw:
            await migrations.migrate(gw.store.database)
            async with gw.store.front_desk() as connection:
                if (await connection.execute(select(func.count()).select_from(tables.exporters))).scalar():
                    raise NotEmpty("there is something in the database already")
            async with gw.store.database.writing() as writing:
                counts = await _copy(copy, writing)
                for exporter_id in await parties.exporter_ids(writing):
                    desk = gw.store.desk(writing, exporter_id, "restore")
                    await _doubt_everything_planned(desk)
                    await desk.last_words()
            return counts
    finally:
        await copy.close()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    async with open_gateway(settings) as gw:
        yield gw.store.database


async def _copy(source: Database, writing: Connection) -> dict[str, int]:
    counts = {}
    async with source.snapshot() as reading:
        for table in tables.metadata.sorted_tables:
            counts[table.name] = 0
            async for rows in _pages(reading, table):
                await writing.execute(insert(table), rows)
                counts[table.name] += len(rows)
    return counts


async def _pages(connection: object, table: Table) -> AsyncIterator[list[dict[str, object]]]:
    """In the order of the primary key, each page after the last row of the one before."""
    keys = list(table.primary_key.columns)
    page = select(table).order_by(*keys).limit(PAGE)
    rows = (await connection.execute(page)).mappings().all()  # type: ignore[attr-defined]
    while rows:
        yield [dict(row) for row in rows]
        last = tuple_(*(literal(rows[-1][key.name], key.type) for key in keys))
        rows = (await connection.execute(page.where(tuple_(*keys) > last))).mappings().all()  # type: ignore[attr-defined]


async def _doubt_everything_planned(tx: Desk) -> None:
    """Pause every account, and write an unknown attempt for each shipment and pickup that may have been booked since."""
    for account in await tx.accounts.listed():
        await attempts.pause(tx, account.id, PAUSED)
        await tx.accounts.set(account.id, doubted_until=tx.now)
    for shipment in await tx.shipments.in_state(ShipmentState.REQUESTED):
        if await tx.attempts.holder("booking", shipment.id) is None:
            await booking.doubt(tx, shipment, await tx.accounts.get(shipment.account_id))
    for pickup in await tx.pickups.those(state="requested"):
        if await tx.attempts.holder("pickup", pickup.id) is None:
            await pickups.doubt(tx, pickup, await tx.accounts.get(pickup.account_id))
