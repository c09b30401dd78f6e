"""A database with as many open shipments as one likes: each a return of its own with its numbers, a limit that runs, and a
scan. Rows are made by the database itself, and on PostgreSQL the indexes after them: five million take minutes.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from gateway.config import Settings
from gateway.core import open_gateway
from gateway.store import tables
from gateway.store.types import EPOCH, MICROSECOND
from schemas.returns import ReturnAuthorization, ReturnStatus
from tests.bench import world
from tests.house.rows import MODELS

FILLED = ("returns", "numbers", "shipments", "rounds", "looks", "events", "deadlines")
POSTCODES, PHONES = 20_000, 10_000_000
SPREAD = 20_000
"""Seconds over which the next looks are spread: half of them are overdue."""
TOGETHER = 50
"""Shipments of a round, as polling leaves them: what one call asks about. They were booked here and there."""
RUNS = 90 * 86_400
"""Seconds until a limit ends: none is near."""
NUMBERS = {
    "rma": "'R' || i",
    "order": "'O' || i",
    "external": "'X' || i",
    "waybill": "'SBX' || i",
    "client_ref": "'HW' || i",
    "email": "'C' || i || '@EXAMPLECOM'",
    "phone": f"CAST({PHONES // 10} + i % {PHONES - PHONES // 10} AS TEXT)",
    "postal_code": f"'P' || (i % {POSTCODES})",
}
ASKED = {
    "rma": lambda i: f"R{i}",
    "our id": lambda i: f"ret_{i:026d}",
    "order": lambda i: f"O-{i}",
    "external": lambda i: f"x{i}",
    "waybill": lambda i: f"SBX {i}",
    "email": lambda i: f"c{i}@example.com",
    "phone": lambda i: str(PHONES // 10 + i % (PHONES - PHONES // 10)),
    "postal_code": lambda i: f"p{i % POSTCODES}",
}
"""How a person writes the number of the i-th return, by kind."""


async def settle_in(database: Settings) -> tuple[str, str]:
    """An exporter and his account; nothing of theirs is due by itself."""
    there = await world.settle_in(database.data, "http://127.0.0.1:9", database.db)
    async with open_gateway(database) as gw, gw.store.transaction(there.exporter) as tx:
        (account,) = await tx.all(tx.accounts.mine())
    return there.exporter, account.id


async def fill(database: Settings, exporter: str, account: str, rows: int) -> None:
    """So many of everything."""
    if database.db:
        await _fill_postgres(database.db, exporter, account, rows)
    else:
        _fill_sqlite(database.database_path, exporter, account, rows)


def _statements(exporter: str, account: str, source: str, channel: str, rows: int, *, sqlite: bool) -> list[str]:
    now = (datetime.now(UTC) - EPOCH) // MICROSECOND
    padded = "printf('%026d', {})" if sqlite else "lpad(CAST({} AS TEXT), 26, '0')"
    some = "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {}) SELECT i FROM s)"
    series = some if sqlite else "generate_series(CAST(1 AS BIGINT), {})"
    pad, every, rounds = padded.format("i"), series.format(rows), max(1, rows // TOGETHER)
    at, poll_at = f"{now} - ({rows} - i) * 1000", f"{now} + ((i * 7919) % {SPREAD} - {SPREAD // 2}) * 1000000"
    asked, limit = (_said(tables.shipments.c.request), _said(tables.deadlines.c.terms))
    allowed = ReturnAuthorization(rma_id="R@N@", status=ReturnStatus.APPROVED).model_dump_json()
    given = {
        "returns": {
            "id": f"'ret_' || {pad}",
            "source_id": f"'{source}'",
            "rma_id": "'R' || i",
            "external_id": "'X' || i",
            "status": "'in_transit'",
            '"authorization"': f"replace('{allowed}', '@N@', CAST(i AS TEXT))",
            "created_at": at,
            "updated_at": at,
        },
        "shipments": {
            "id": f"'shp_' || {pad}",
            "return_id": f"'ret_' || {pad}",
            "account_id": f"'{account}'",
            "channel_id": f"'{channel}'",
            "carrier": "'sandbox_rest'",
            "state": "'moving'",
            "status": "'in_transit'",
            "request": f"'{asked}'",
            "waybill": "'SBX' || i",
            "client_ref": "'HW' || i",
            "booked_at": at,
            "heard_at": at,
            "created_at": at,
        },
        "looks": {
            "id": f"'shp_' || {pad}",
            "return_id": f"'ret_' || {pad}",
            "waybill": "'SBX' || i",
            "state": "'moving'",
            "status": "'in_transit'",
            "limit_at": f"{at} + {RUNS * 1_000_000}",
            "round_id": f"'rnd_' || {padded.format(f'(1 + i % {rounds})')}",
        },
        "events": {
            "id": f"'evt_' || {pad}",
            "shipment_id": f"'shp_' || {pad}",
            "digest": f"'d' || {pad}",
            "waybill": "'SBX' || i",
            "status": "'in_transit'",
            "occurred_at": at,
            "received_at": at,
            "zone": "'stated'",
            "wire_code": "'HUB'",
            "wire_text": "'At the hub'",
            "origin": "'poll'",
        },
        "deadlines": {
            "id": f"'ddl_' || {pad}",
            "return_id": f"'ret_' || {pad}",
            "shipment_id": f"'shp_' || {pad}",
            "clock": "'claim'",
            "about": "'loss'",
            "subject_id": f"'shp_' || {pad}",
            "state": "'running'",
            "terms": f"'{limit}'",
            "due_by": f"{at} + {RUNS * 1_000_000}",
            "fired": "'[]'",
            "history": "'[]'",
            "created_at": at,
        },
    }
    when = {"id": f"'rnd_' || {pad}", "account_id": f"'{account}'", "poll_at": poll_at, "polled_at": at, "silent": "1"}
    made = [_insert("rounds", {"exporter_id": f"'{exporter}'", **when}, series.format(rounds))]
    made += [_insert(table, {"exporter_id": f"'{exporter}'", **values}, every) for table, values in given.items()]
    for kind, canonical in NUMBERS.items():
        values = {"canonical": canonical, "return_id": f"'ret_' || {pad}", "kind": f"'{kind}'"}
        made.append(_insert("numbers", {"exporter_id": f"'{exporter}'", **values}, every))
    return made


def _said(column: Any) -> str:
    return MODELS[column.type.model].model_dump_json(exclude_none=True).replace("'", "''")


def _insert(table: str, values: dict[str, str], every: str) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {every} AS s(i)"


async def _fill_postgres(url: str, exporter: str, account: str, rows: int) -> None:
    connection = await asyncpg.connect(make_url(url).render_as_string(hide_password=False))
    try:
        source = await connection.fetchval("SELECT id FROM sources LIMIT 1")
        channel = await connection.fetchval("SELECT id FROM channels LIMIT 1")
        await connection.execute("SET session_replication_role = replica")  # no foreign key is looked up
        await connection.execute("SET maintenance_work_mem = '1GB'")
        async with connection.transaction():  # what is emptied and filled in one is not logged
            await connection.execute(f"TRUNCATE {', '.join(FILLED)} CASCADE")
            again = await _without_indexes(connection)
            for statement in [*_statements(exporter, account, source, channel, rows, sqlite=False), *again]:
                await connection.execute(statement)
        for table in FILLED:
            await connection.execute(f"VACUUM (ANALYZE, FREEZE) {table}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _without_indexes(connection: Any) -> Sequence[str]:
    """Drops what nothing refers to; the statements that make it again."""
    again: list[str] = []
    for table in FILLED:
        kept = "contype = 'u' OR (contype = 'p' AND conname = 'pk_numbers')"
        constraints = await connection.fetch(
            f"SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND ({kept})",
            table,
        )
        for name, text in constraints:
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}")
        plain = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1 AND indexname NOT LIKE 'pk\\_%'"
        for name, text in await connection.fetch(plain, table):
            await connection.execute(f"DROP INDEX {name}")
            again.append(text)
    return again


def _fill_sqlite(path: Path, exporter: str, account: str, rows: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        (source,), (channel,) = (connection.execute(f"SELECT id FROM {t}").fetchone() for t in ("sources", "channels"))
        for pragma in ("synchronous = OFF", "cache_size = -500000", "temp_store = MEMORY", "foreign_keys = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for statement in _statements(exporter, account, source, channel, rows, sqlite=True):
            connection.execute(statement.replace(" AS s(i)", ""))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
