"""What the shelves find: returns by any number, events once, money that sums to zero."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from gateway.store import tables
from gateway.store.store import Store
from schemas.charges import Transfer
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Place, Waybill
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row

WRITTEN = {
    "R-1001": ["R-1001", "r1001", "r 1001", "#R.1001", "Ｒ－１００１", "R_1001", " R/1001 "],
    "1Z 999-AA1": ["1z999aa1", "1Z999AA1", "１Ｚ９９９ＡＡ１"],
    "+33 6 00 00 00 01": ["+33600000001", "+33 6 00-00-00-01"],
    "订单88": ["订单88", "订单８８", "订单 88"],
}


@pytest.mark.parametrize("number", WRITTEN)
async def test_a_return_is_found_however_its_number_is_written(store: Store, number: str) -> None:
    exporter, other = await add_exporter(store), await add_exporter(store, "Somebody else")
    async with store.transaction(exporter) as tx:
        wanted, unwanted = await add_row(tx, tables.returns), await add_row(tx, tables.returns)
        for _ in range(2):
            await tx.returns.known_as(wanted, [("order", number), ("rma", number), ("waybill", None), ("order", " ")])
        await tx.returns.known_as(unwanted, [("order", number + "9")])
    for written in WRITTEN[number]:
        async with store.reading(exporter) as tx:
            assert [row.id for row in await tx.returns.search(written)] == [wanted], written
        async with store.reading(other) as tx:
            assert await tx.returns.search(written) == []


async def test_a_return_is_found_by_its_own_id_and_nothing_by_nothing(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        wanted = await add_row(tx, tables.returns)
        await tx.returns.known_as(wanted, [("order", "1001")])
    async with store.reading(exporter) as tx:
        assert [row.id for row in await tx.returns.search(wanted)] == [wanted]
        assert await tx.returns.search("") == []
        assert await tx.returns.search("%") == []
        assert await tx.returns.search("100") == []


async def test_several_returns_of_one_order_are_found_newest_first(store: Store) -> None:
    exporter = await add_exporter(store)
    made = []
    async with store.transaction(exporter) as tx:
        for n in range(3):
            tx.now = MONDAY_NOON + timedelta(hours=n)  # ids sort by age
            made.append(await add_row(tx, tables.returns, created_at=tx.now))
            await tx.returns.known_as(made[-1], [("order", "O-7")])
    async with store.reading(exporter) as tx:
        assert [row.id for row in await tx.returns.search("o7")] == made[::-1]


def scan(code: str = "HUB", hours: int = 0, **given: object) -> TrackingEvent:
    fixed = {
        "waybill": Waybill("W1"),
        "status": TrackingStatus.IN_TRANSIT,
        "occurred_at": MONDAY_NOON + timedelta(hours=hours),
        "zone": ZoneSource.STATED,
        "wire_code": code,
        "place": Place(city="Lyon", country="FR"),
    }
    return TrackingEvent.model_validate(fixed | given)


async def test_each_distinct_event_is_kept_once_however_often_and_from_wherever_it_comes(store: Store) -> None:
    exporter = await add_exporter(store)
    elsewhere = scan(place=Place(city="Liège", country="BE"))
    async with store.transaction(exporter) as tx:
        shipment = await add_row(tx, tables.shipments)
        first = await tx.events.add_distinct(shipment, [scan(), scan(), scan("OFD", 1), elsewhere], "poll")
    async with store.transaction(exporter) as tx:
        again = await tx.events.add_distinct(shipment, [scan(), scan("OFD", 1), scan("DLV", 2)], "push")
    assert [event.wire_code for event in first] == ["HUB", "OFD", "HUB"]
    assert [event.wire_code for event in again] == ["DLV"]


async def test_codes_in_no_table_are_counted(store: Store) -> None:
    exporter = await add_exporter(store)
    strange = scan("ZZ9", wire_text="gone fishing")
    for _ in range(2):
        async with store.transaction(exporter) as tx:
            await tx.events.count_unknown("some_carrier", [strange, strange])
    async with store.reading(exporter) as tx:
        (row,) = await tx.all(tables.unknown_codes.select())
    assert (row.adapter, row.code, row.example, row.seen) == ("some_carrier", "ZZ9", "gone fishing", 4)


OWED = [Transfer(debit="expense", credit="payable", minor=500, currency="EUR", return_id="ret_1")]


async def test_a_posting_is_made_once_for_its_cause(store: Store) -> None:
    exporter = await add_exporter(store)
    for expected in (True, False):
        async with store.transaction(exporter) as tx:
            assert await tx.ledger.post("line:1", OWED) is expected
    async with store.reading(exporter) as tx:
        (row,) = await tx.ledger.of_return("ret_1")
        assert (row.debit, row.credit, row.minor) == ("expense", "payable", 500)
        assert await tx.ledger.sums("ret_1") == {"EUR": 0}


async def test_of_two_postings_of_one_cause_at_once_one_stands(store: Store) -> None:
    exporter = await add_exporter(store)

    async def post() -> bool:
        async with store.transaction(exporter) as tx:
            return await tx.ledger.post("line:1", OWED)

    outcomes = await asyncio.gather(*(post() for _ in range(5)), return_exceptions=True)
    assert outcomes.count(True) == 1
    async with store.reading(exporter) as tx:
        assert len(await tx.ledger.of_return("ret_1")) == 1


@pytest.mark.parametrize("wrong", [{"minor": 0}, {"minor": -5}, {"credit": "expense"}])
async def test_the_database_keeps_nothing_that_does_not_sum_to_zero(store: Store, wrong: dict[str, object]) -> None:
    """A row is a transfer between two accounts: one side alone cannot be written down, nor an amount that turns it round."""
    exporter = await add_exporter(store)
    row = {
        "id": "led_1",
        "exporter_id": exporter,
        "transaction_id": "txn_1",
        "posting_key": "line:1",
        "place": 0,
        "debit": "expense",
        "credit": "payable",
        "minor": 500,
        "currency": "EUR",
        "posted_at": MONDAY_NOON,
    }
    async with store.transaction(exporter) as tx:
        with pytest.raises(IntegrityError):
            await tx.run(insert(tables.ledger).values(**{**row, **wrong}))
    async with store.reading(exporter) as tx:
        assert await tx.ledger.sums() == {}


async def test_a_task_with_the_same_cause_is_asked_once(store: Store) -> None:
    exporter = await add_exporter(store)
    for _ in range(2):
        async with store.transaction(exporter) as tx:
            await tx.tasks.ask("look", "cause:1", "somebody should look", "ret_1")
    async with store.transaction(exporter, "somebody") as tx:
        assert len(await tx.tasks.open_ones()) == 1
        await tx.tasks.done("cause:1")
        assert await tx.tasks.open_ones() == []
        (done,) = await tx.tasks.of_return("ret_1")
    assert done.done_by == "somebody"


async def test_an_idempotency_key_is_taken_once_and_remembers_its_answer(store: Store) -> None:
    exporter, other = await add_exporter(store), await add_exporter(store, "Somebody else")
    async with store.transaction(exporter) as tx:
        assert await tx.answers.take("k1", "f1") is None
        await tx.answers.keep("k1", 201, {"location": "/x"}, '{"id": 1}')
    async with store.transaction(other) as tx:
        assert await tx.answers.take("k1", "f2") is None
    async with store.transaction(exporter) as tx:
        held = await tx.answers.take("k1", "f3")
    assert held is not None
    assert (held.fingerprint, held.status, held.headers, held.body) == ("f1", 201, {"location": "/x"}, '{"id": 1}')
