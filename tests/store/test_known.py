"""What a transaction need not ask: it is known only while it is true."""

import sqlite3
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from gateway.store import prepared, tables
from gateway.store.store import Desk, Store
from schemas.errors import NotFound
from tests.house.rows import add_exporter, add_row


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many prepared statements were run that read a table, by its name."""
    counted: Counter[str] = Counter()
    real = prepared.Prepared.run

    async def counting(self: prepared.Prepared, connection: Any, values: Any) -> prepared.Rows:
        text = str(self._statement)
        if text.startswith("SELECT"):
            counted[text.split("FROM ")[1].split()[0]] += 1
        return await real(self, connection, values)

    monkeypatch.setattr(prepared.Prepared, "run", counting)
    return counted


async def channel_names(store: Store, exporter: str) -> list[str]:
    async with store.transaction(exporter) as tx:
        return [row.name for row in await tx.channels.listed()]


async def a_channel(store: Store, exporter: str) -> str:
    async with store.transaction(exporter) as tx:
        return await add_row(tx, tables.channels, name="first")


@pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
async def test_settings_are_asked_once_until_they_change(store: Store, asked: Counter[str]) -> None:
    exporter = await add_exporter(store)
    channel = await a_channel(store, exporter)
    assert [await channel_names(store, exporter) for _ in range(3)] == [["first"]] * 3
    assert asked["channels"] == 1
    async with store.transaction(exporter) as tx:
        await tx.channels.set(channel, name="second")
    assert await channel_names(store, exporter) == ["second"]


async def test_what_was_rolled_back_is_not_remembered(store: Store) -> None:
    exporter = await add_exporter(store)
    channel = await a_channel(store, exporter)

    async def changed_and_failed() -> None:
        async with store.transaction(exporter) as tx:
            await tx.channels.set(channel, name="second")
            assert [row.name for row in await tx.channels.listed()] == ["second"]
            assert (await tx.channels.get(channel)).name == "second"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await changed_and_failed()
    assert await channel_names(store, exporter) == ["first"]
    async with store.transaction(exporter) as tx:
        assert (await tx.channels.get(channel)).name == "first"


@pytest.mark.parametrize("profile", ["sqlite"], indirect=True)
async def test_what_another_process_wrote_is_seen(store: Store) -> None:
    exporter = await add_exporter(store)
    channel = await a_channel(store, exporter)
    assert await channel_names(store, exporter) == ["first"]
    with sqlite3.connect(store.database.path) as other:
        other.execute("UPDATE channels SET name = 'theirs' WHERE id = ?", (channel,))
    assert await channel_names(store, exporter) == ["theirs"]


@pytest.mark.parametrize("said", ["by the shelf", "by hand"])
async def test_a_row_is_read_again_after_it_was_changed(store: Store, said: str) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        shipment = await add_row(tx, tables.shipments, state="requested")
        assert (await tx.shipments.get(shipment)).state == "requested"
    async with store.transaction(exporter) as tx:
        if said == "by the shelf":
            await tx.shipments.set(shipment, state="booked")
        else:
            await tx.run(update(tables.shipments).values(state="booked"))
    async with store.transaction(exporter) as tx:
        assert (await tx.shipments.get(shipment)).state == "booked"


async def test_a_remembered_row_is_still_nobody_elses(store: Store) -> None:
    exporter, other = await add_exporter(store), await add_exporter(store, "Ahorn")
    channel = await a_channel(store, exporter)
    async with store.transaction(exporter) as tx:
        await tx.channels.get(channel)
    async with store.transaction(other) as tx:
        with pytest.raises(NotFound):
            await tx.channels.get(channel)


async def a_return(tx: Desk) -> Any:
    source, like = await add_row(tx, tables.sources), await add_row(tx, tables.returns)
    said = (await tx.returns.get(like)).authorization
    tx.known = type(tx.known)(tx.exporter_id, None, alone=False)  # as if this had been another transaction
    return await tx.returns.added(
        source_id=source,
        rma_id="R-2",
        status="approved",
        authorization=said,
        created_at=tx.now,
        updated_at=tx.now,
    )


async def test_nothing_refers_to_a_return_that_is_new(store: Store, asked: Counter[str]) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row = await a_return(tx)
        asked.clear()
        assert not await tx.attempts.of_return(row.id)
        assert not await tx.shipments.of_return(row.id)
        assert not await tx.documents.of_return(row.id)
        assert not asked
        assert (await tx.returns.get(row.id)).rma_id == "R-2"


async def test_what_was_added_to_a_new_return_is_seen(store: Store, asked: Counter[str]) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row = await a_return(tx)
        paper = await tx.documents.keep("paper", "text/plain", b"x", return_id=row.id)
        assert [one.id for one in await tx.documents.of_return(row.id)] == [paper]
        account = await add_row(tx, tables.accounts)
        tx.known = type(tx.known)(exporter, None, alone=False)
        attempts = [
            await tx.attempts.added(
                return_id=row.id,
                kind="booking",
                subject_id=f"s{number}",
                number=1,
                client_ref=f"HW-{number}",
                state="sending",
                request="{}",
                sent_at=tx.now,
                account_id=account,
                carrier="x",
            )
            for number in range(2)
        ]
        assert {one.id for one in await tx.attempts.of_return(row.id)} == {one.id for one in attempts}
        await tx.attempts.set(attempts[0].id, state="live")
        assert sorted(one.state for one in await tx.attempts.of_return(row.id)) == ["live", "sending"]


async def test_a_row_that_was_added_is_at_hand_as_it_stands(store: Store) -> None:
    exporter = await add_exporter(store)
    at_hand = []
    async with store.transaction(exporter) as tx:
        for shelf in (tx.documents, tx.inbox, tx.accounts, tx.deadlines, tx.tariffs, tx.endpoints):
            like = await tx.first(shelf.mine().where(shelf.table.c.id == await add_row(tx, shelf.table)))
            said = {name: getattr(like, name) for name in like._fields}
            given = {column.name for column in shelf.table.columns if not column.nullable and column.default is None}
            await tx.run(shelf.table.delete().where(shelf.table.c.id == said["id"]))
            at_hand.append((shelf.table, await shelf.added(**{name: said[name] for name in given})))
    async with store.reading(exporter) as tx:
        for table, row in at_hand:
            stands = await tx.first(table.select().where(table.c.id == row.id))
            assert stands is not None
            assert [getattr(row, name) for name in row._fields] == list(stands)
            assert row._fields == stands._fields
