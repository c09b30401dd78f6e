"""Statements that go past SQLAlchemy say the same, read the same, and fail the same as those that do not."""

import pytest
from sqlalchemy import bindparam, insert, select

from gateway.store import tables
from gateway.store.database import Raced
from gateway.store.prepared import Prepared
from gateway.store.store import Store
from gateway.store.transaction import adding, those
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row

PERSON = "Marie Exemple"


async def test_a_row_reads_the_same_prepared_as_made_for_the_occasion(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        made = [
            await add_row(tx, table) for table in (tables.pickups, tables.inbox, tables.endpoints, tables.documents)
        ]
    assert len(made) == 4
    async with store.reading(exporter) as tx:
        for shelf in (tx.pickups, tx.inbox, tx.endpoints, tx.documents):
            (one,) = await tx.all(shelf.mine())
            (same,) = (await tx.say(those(shelf.table, ()), {"mine": exporter})).all()
            assert same._fields == one._fields
            assert [getattr(same, name) for name in same._fields] == list(one)
            with pytest.raises(AttributeError):
                _ = same.nothing


async def test_a_value_that_no_parameter_gives_is_the_tables_own(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row = await tx.inbox.get(await add_row(tx, tables.inbox))
    assert (row.turn, row.tries, row.held, row.repeats) == (0, 0, False, 0)


async def test_what_a_statement_needs_must_be_given(store: Store) -> None:
    exporter = await add_exporter(store)
    asking = Prepared(select(tables.returns).where(tables.returns.c.id == bindparam("this_id")))
    async with store.transaction(exporter) as tx:
        with pytest.raises(ValueError, match="needs this_id"):
            await tx.say(asking, {})


async def test_what_is_there_already_raises_the_same_and_tells_nobodys_name(store: Store) -> None:
    exporter = await add_exporter(store)

    async def twice(several: bool) -> None:
        async with store.transaction(exporter) as tx:
            row = {"id": "exp_twice", "name": PERSON, "created_at": MONDAY_NOON}
            await tx.say(adding(tables.exporters), [row, row] if several else row)
            await tx.say(Prepared(insert(tables.exporters)), row)

    for several in (False, True):
        with pytest.raises(Raced) as raced:
            await twice(several)
        assert PERSON not in str(raced.value)
    async with store.reading("exp_twice") as tx:
        assert await tx.exporters.find("exp_twice") is None


async def test_a_word_is_quoted_where_it_stands_in_the_statement(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        strange = await add_row(tx, tables.attempts, kind="it's' --", state="live")
        await add_row(tx, tables.attempts, kind="booking", state="void")
    async with store.reading(exporter) as tx:
        assert [row.id for row in await tx.attempts.those(kind="it's' --")] == [strange]
        assert [row.id for row in await tx.attempts.those(kind="it's' --", state="live", id=strange)] == [strange]
        assert not await tx.attempts.those(kind="it's' --", state="void")
