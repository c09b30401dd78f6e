"""The inbox: each delivery kept once, two hundred in one write, and nobody suffers for a neighbour's poison."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.store import messages, tables
from gateway.store.database import Connection, StoreUnavailable
from gateway.store.messages import Arrival
from gateway.store.store import Store
from gateway.store.transaction import Record
from gateway.store.work import Job
from tests.house.rows import add_exporter


@pytest.fixture
async def arrival(store: Store) -> Arrival:
    return Arrival(
        id="msg_0",
        exporter_id=await add_exporter(store),
        door="platform",
        source_id="src_1",
        delivery_id="d0",
        trust="signed",
        url="https://example.com/hooks",
        headers={"a": "b"},
        body=b"\x00 any bytes \xff",
        received_at=store.clock(),
    )


def several(arrival: Arrival, count: int) -> list[Arrival]:
    return [replace(arrival, id=f"msg_{n}", delivery_id=f"d{n}") for n in range(count)]


async def kept(store: Store) -> dict[str, Record]:
    async with store.database.reading() as connection:
        return {row.delivery_id: row for row in await connection.execute(select(tables.inbox))}


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages each statement took."""
    sizes: list[int] = []
    real = messages.append

    async def counting(connection: Connection, arrivals: Sequence[Arrival], *, is_sqlite: bool) -> set[str]:
        sizes.append(len(arrivals))
        return await real(connection, arrivals, is_sqlite=is_sqlite)

    monkeypatch.setattr(messages, "append", counting)
    return sizes


async def test_two_hundred_at_once_are_kept_in_few_writes(store: Store, arrival: Arrival, writes: list[int]) -> None:
    said: list[Job] = []

    async def hear(jobs: Sequence[Job], connection: Connection | None) -> None:
        said.extend(jobs)

    store.say_go = hear
    news = await asyncio.gather(*(store.keep_arrival(one) for one in several(arrival, 200)))
    assert all(news)
    assert len(await kept(store)) == 200
    assert len(writes) <= 3
    assert {job.id for job in said} == {f"msg_{n}" for n in range(200)}
    assert sorted(await store.due("ingest"), key=str) == sorted(said, key=str)


async def test_a_message_is_kept_byte_for_byte(store: Store, arrival: Arrival) -> None:
    await store.keep_arrival(arrival)
    row = (await kept(store))["d0"]
    assert (row.body, row.headers, row.received_at, row.state) == (
        arrival.body,
        arrival.headers,
        arrival.received_at,
        "received",
    )


async def test_a_delivery_that_comes_again_later_is_counted_and_not_kept_twice(store: Store, arrival: Arrival) -> None:
    assert await store.keep_arrival(arrival) is True
    for n in range(3):
        assert await store.keep_arrival(replace(arrival, id=f"msg_again_{n}", body=b"changed")) is False
    row = (await kept(store))["d0"]
    assert (row.id, row.body, row.repeats) == ("msg_0", arrival.body, 3)


async def test_of_one_delivery_five_times_in_one_batch_one_is_new(store: Store, arrival: Arrival) -> None:
    copies = [replace(arrival, id=f"msg_{n}") for n in range(5)]
    news = await asyncio.gather(*(store.keep_arrival(one) for one in copies))
    assert news == [True, False, False, False, False]
    assert list(await kept(store)) == ["d0"]
    assert (await kept(store))["d0"].repeats == 4


async def test_the_same_delivery_id_of_another_source_is_another_message(store: Store, arrival: Arrival) -> None:
    other = replace(arrival, id="msg_1", source_id="src_2")
    assert await asyncio.gather(store.keep_arrival(arrival), store.keep_arrival(other)) == [True, True]


async def test_a_poison_message_fails_alone(store: Store, arrival: Arrival) -> None:
    batch = several(arrival, 9)
    batch[4] = replace(batch[4], exporter_id="exp_nobody")
    outcomes = await asyncio.gather(*(store.keep_arrival(one) for one in batch), return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if outcome is not True] == [4]
    assert isinstance(outcomes[4], Exception)
    assert len(await kept(store)) == 8


async def test_when_the_database_is_away_all_are_told_and_the_next_ones_are_kept(
    store: Store, arrival: Arrival, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: object, **more: object) -> set[str]:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "append", away)
        batch = several(arrival, 5)
        outcomes = await asyncio.gather(*(store.keep_arrival(one) for one in batch), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    assert await store.keep_arrival(batch[0]) is True


async def test_one_who_hangs_up_while_it_is_written_harms_nobody(store: Store, arrival: Arrival) -> None:
    tasks = [asyncio.create_task(store.keep_arrival(one)) for one in several(arrival, 6)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[1:] == [True] * 5
    assert await store.keep_arrival(replace(arrival, id="msg_later", delivery_id="later")) is True
