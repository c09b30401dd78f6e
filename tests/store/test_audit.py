"""The audit is a chain without gaps, whoever writes at once, and a change in it shows."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Executable, delete, text, update
from sqlalchemy.exc import DBAPIError

from gateway.store import audit, tables
from gateway.store.audit import GENESIS, Entry
from gateway.store.store import Store
from gateway.store.transaction import Record
from tests.house.rows import add_exporter


async def chain_of(store: Store, exporter: str, chain: str) -> Sequence[Record]:
    async with store.reading(exporter) as tx:
        return await tx.audit.of_chain(chain)


def first_break(rows: Sequence[Record]) -> int | None:
    """The number of the first entry that does not follow from the one before it."""
    previous = GENESIS
    for place, row in enumerate(rows, start=1):
        entry = Entry(row.chain, row.exporter_id, row.at, row.actor, row.action, row.subject_id, row.before, row.after)
        if row.seq != place or row.previous != previous or row.digest != audit.digest(entry, place, previous):
            return place
        previous = row.digest
    return None


async def note(store: Store, exporter: str, action: str, chain: str | None = None) -> None:
    async with store.transaction(exporter, "somebody") as tx:
        tx.note(action, "ret_1", chain=chain, before={"b": [1, None, "é"]}, after={"a": {"z": 1, "a": "退货"}})


async def test_entries_say_who_did_what_and_when_and_can_be_computed_again(store: Store) -> None:
    exporter = await add_exporter(store)
    for n in range(4):
        await note(store, exporter, f"action {n}")
    rows = await chain_of(store, exporter, exporter)
    assert [row.action for row in rows] == [f"action {n}" for n in range(4)]
    assert (rows[0].actor, rows[0].after) == ("somebody", {"a": {"z": 1, "a": "退货"}})
    assert first_break(rows) is None


async def test_many_writers_at_once_leave_no_gap_and_no_fork(store: Store) -> None:
    exporter = await add_exporter(store)
    writers = [note(store, exporter, f"{n}", "ret_1" if n % 2 else None) for n in range(30)]
    await asyncio.gather(*writers)
    for chain in ("ret_1", exporter):
        rows = await chain_of(store, exporter, chain)
        assert len(rows) == 15
        assert first_break(rows) is None


async def test_writers_of_the_same_two_chains_do_not_wait_for_each_other_for_ever(store: Store) -> None:
    exporter = await add_exporter(store)

    async def both(one: str, two: str) -> None:
        async with store.transaction(exporter) as tx:
            tx.note("x", "s", chain=one)
            tx.note("x", "s", chain=two)
            tx.note("x", "s", chain=one)

    pairs = [("ret_1", "ret_2"), ("ret_2", "ret_1")] * 8
    await asyncio.wait_for(asyncio.gather(*(both(*pair) for pair in pairs)), 10)
    for chain in ("ret_1", "ret_2"):
        rows = await chain_of(store, exporter, chain)
        assert len(rows) == 24
        assert first_break(rows) is None


@pytest.mark.parametrize("change", [update(tables.audit).values(actor="nobody"), delete(tables.audit)])
async def test_the_database_refuses_to_change_or_delete_an_entry(store: Store, change: Executable) -> None:
    exporter = await add_exporter(store)
    await note(store, exporter, "action")
    with pytest.raises(DBAPIError, match="only added to"):
        async with store.transaction(exporter) as tx:
            await tx.run(change)
    assert [row.actor for row in await chain_of(store, exporter, exporter)] == ["somebody"]


async def test_a_changed_entry_shows(store: Store) -> None:
    """By somebody who has taken away what keeps it from being changed."""
    exporter = await add_exporter(store)
    for n in range(3):
        await note(store, exporter, f"action {n}")
    async with store.transaction(exporter) as tx:
        name = "audit_stays_on_update" if tx.is_sqlite else "audit_stays ON audit"
        await tx.run(text(f"DROP TRIGGER {name}"))
        await tx.run(update(tables.audit).where(tables.audit.c.seq == 2).values(after={"nothing": "happened"}))
    assert first_break(await chain_of(store, exporter, exporter)) == 2


async def test_one_exporters_audit_is_not_shown_to_another(store: Store) -> None:
    exporter, other = await add_exporter(store), await add_exporter(store, "Somebody else")
    await note(store, exporter, "action", "ret_1")
    assert await chain_of(store, other, "ret_1") == []
