"""No question that is asked again and again reads through a table: SQLite says of each how it would be answered.

On PostgreSQL the plan depends on what the tables hold; `tests/bench/scale.py` measures that. What SQLite finds by an index
here it finds there, but for what only PostgreSQL does: an `OR` across tables, which no hot statement has.
"""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.store import tables, work
from gateway.store.looks import Going
from gateway.store.store import Desk, Store
from gateway.store.work import Job
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row

AFTER = (MONDAY_NOON, "x")
EVENT = TrackingEvent(
    waybill=Waybill("W1"),
    status=TrackingStatus.IN_TRANSIT,
    occurred_at=MONDAY_NOON,
    zone=ZoneSource.STATED,
    wire_code="HUB",
)


async def poll(tx: Desk, account: str, shipment: str) -> None:
    row = await tx.claim(Job("poll", account, tx.exporter_id))
    (due,) = await tx.looks.due(account, 50)
    await tx.looks.known([shipment])
    await tx.shipments.get(shipment, lock=True)
    await tx.events.add_distinct(shipment, [EVENT], "poll")
    await tx.events.of_shipment(shipment)
    await tx.attempts.of_shipments([shipment])
    await tx.deadlines.of_return((await tx.shipments.get(shipment)).return_id)
    await tx.looks.standing([due.round_id, account])
    for stays in (due.round_id, None):
        await tx.looks.go_on(account, [Going(stays, tx.now, 1, {shipment: due.round_id})])
    await tx.looks.end([due.round_id])
    await tx.settle("poll", row, due_at=await tx.looks.next(account))


async def push(tx: Desk, account: str, shipment: str) -> None:
    await tx.shipments.known_as(["sandbox_rest"], ["W1"])


async def due(tx: Desk, account: str, shipment: str) -> None:
    for kind in work.WORK:
        await work.due(tx.connection, kind, tx.now)


async def count(tx: Desk, account: str, shipment: str) -> None:
    await work.standing(tx.connection, tx.now)


async def look_up(tx: Desk, account: str, shipment: str) -> None:
    await tx.returns.search("W1")
    await tx.returns.by_external("X1")
    await tx.shipments.by_waybill("sandbox_rest", "W1")
    await tx.looks.find(shipment)
    await tx.deadlines.running_of(["ret_x", "ret_y"])


async def lists(tx: Desk, account: str, shipment: str) -> None:
    for after in (None, AFTER):
        await tx.lists.returns(None, after, 51)
        await tx.lists.returns("approved", after, 51)
        await tx.lists.pickups(after, 51)
        await tx.lists.deadlines("running", None, after, 51)
        await tx.lists.applications(None, after, 51)
        await tx.lists.disputes(after, 51)
        await tx.lists.thread("ret_x", after, 51)
        await tx.lists.tasks(done=False, after=after, limit=51)
        await tx.lists.deliveries([], after, 51)
    await tx.lists.deliveries(["waiting", "dead"], None, 51)
    await tx.lists.unknown_attempts(51)
    await tx.lists.stuck_shipments(tx.now, 51)
    await tx.posts.answer("ret_x", "service", tx.now)


@pytest.fixture
async def plans(store: Store) -> Callable[[Any], Awaitable[list[tuple[str, str]]]]:
    """What an act asks, and each step of how SQLite answers it."""
    exporter = await add_exporter(store)

    async def of(act: Callable[[Desk, str, str], Awaitable[None]]) -> list[tuple[str, str]]:
        said: list[str] = []
        async with store.transaction(exporter) as tx:
            account = await add_row(tx, tables.accounts, due_at=tx.now)
            shipment = await add_row(tx, tables.shipments, account_id=account, waybill="W1")
            await tx.looks.begin(await tx.shipments.get(shipment), waybill="W1", state="moving", poll_at=tx.now)
            driver = tx.connection._driver  # type: ignore[attr-defined]
            driver.set_trace_callback(said.append)
            await act(tx, account, shipment)
            driver.set_trace_callback(None)
        with sqlite3.connect(f"file:{store.database.path}?mode=ro", uri=True) as connection:
            return [
                (statement, step[3])
                for statement in dict.fromkeys(said)
                if statement.lstrip().upper().startswith(("SELECT", "UPDATE"))
                for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
            ]

    return of


@pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
@pytest.mark.parametrize("act", [poll, push, due, count, look_up, lists], ids=lambda act: act.__name__)
async def test_what_is_asked_often_is_found_by_an_index(plans: Any, act: Any) -> None:
    steps = await plans(act)
    assert len({statement for statement, _ in steps}) >= 1
    for statement, step in steps:
        read_through = any(step == f"SCAN {table}" for table in tables.metadata.tables)
        assert not read_through, (step, statement)
        all_of_his = step.endswith(("(exporter_id=?)", "(exporter_id=? AND state=?)")) and act in (poll, push, look_up)
        assert not all_of_his, (step, statement)
        sorts = step == "USE TEMP B-TREE FOR ORDER BY"
        assert not sorts or small_by_nature(statement), (step, statement)


def small_by_nature(statement: str) -> bool:
    """What is sorted after it was found: the fifty of a look-up, one shipment's scans, one return's limits, what waits."""
    few = ("IN (SELECT anon_1.return_id", "events.shipment_id = ", "deadlines.return_id ", "deliveries.state IN")
    return any(words in statement for words in few)
