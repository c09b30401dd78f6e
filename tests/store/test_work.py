"""Rows that are work: claimed by one, fenced by their turn, moved and parked; and the two indexes that booking rests on."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.store import tables, work
from gateway.store.store import Desk, Store
from gateway.store.transaction import Record
from gateway.store.work import LEASE, WORK, Job, TurnLost
from tests.house.clock import MovableClock
from tests.house.rows import add_exporter, add_row

HOUR = timedelta(hours=1)


@pytest.fixture
async def exporter(store: Store) -> str:
    return await add_exporter(store)


async def due_source(store: Store, exporter: str, **given: object) -> Job:
    async with store.transaction(exporter) as tx:
        return Job("list", await add_row(tx, tables.sources, **({"due_at": tx.now} | given)), exporter)


async def claimed(store: Store, job: Job) -> Record | None:
    async with store.transaction(job.exporter_id) as tx:
        return await tx.claim(job)


async def source(store: Store, job: Job) -> Record:
    async with store.reading(job.exporter_id) as tx:
        return await tx.sources.get(job.id)


async def test_of_many_claims_of_one_row_one_wins(store: Store, exporter: str) -> None:
    job = await due_source(store, exporter)
    won = [row for row in await asyncio.gather(*(claimed(store, job) for _ in range(8))) if row]
    assert [(row.turn, row.tries, row.held) for row in won] == [(1, 1, True)]


async def test_a_claim_takes_the_lease_and_a_job_of_an_old_turn_gets_nothing(
    store: Store, exporter: str, clock: MovableClock
) -> None:
    clock.stand()
    job = await due_source(store, exporter)
    row = await claimed(store, job)
    assert row is not None
    assert row.due_at == clock() + LEASE
    assert await claimed(store, replace(job, turn=1)) is None  # leased
    clock.advance(LEASE)
    assert await claimed(store, job) is None
    again = await claimed(store, replace(job, turn=1))
    assert again is not None
    assert (again.turn, again.tries) == (2, 2)


@pytest.mark.parametrize("given", [{"due_at": None}, {"turn": 4}])
async def test_what_is_not_due_or_was_said_of_another_turn_is_not_claimed(
    store: Store, exporter: str, given: dict[str, object]
) -> None:
    assert await claimed(store, await due_source(store, exporter, **given)) is None


async def test_somebody_elses_row_is_not_claimed(store: Store, exporter: str) -> None:
    job = await due_source(store, exporter)
    other = await add_exporter(store, "Somebody else")
    assert await claimed(store, replace(job, exporter_id=other)) is None
    assert (await source(store, job)).turn == 0


async def test_a_turn_that_was_lost_writes_nothing_at_all(store: Store, exporter: str, clock: MovableClock) -> None:
    job = await due_source(store, exporter)
    late = await claimed(store, job)
    clock.advance(LEASE + HOUR)
    taken_over = await claimed(store, replace(job, turn=1))
    assert late is not None
    assert taken_over is not None

    async def write_late() -> None:
        async with store.transaction(exporter) as tx:
            await tx.sources.set(job.id, name="written too late")
            await tx.settle("list", late)

    with pytest.raises(TurnLost):
        await write_late()
    row = await source(store, job)
    assert row.name != "written too late"
    assert (row.held, row.turn) == (True, 2)
    async with store.transaction(exporter) as tx:
        await tx.settle("list", taken_over, due_at=tx.now + HOUR)
    assert (await source(store, job)).held is False


async def test_settling_gives_the_next_time_or_the_reason_to_stop(store: Store, exporter: str) -> None:
    job = await due_source(store, exporter)
    row = await claimed(store, job)
    assert row is not None
    async with store.transaction(exporter) as tx:
        await tx.settle("list", row, parked="a person must look")
    parked = await source(store, job)
    assert (parked.due_at, parked.parked, parked.held, parked.tries) == (None, "a person must look", False, 0)
    async with store.transaction(exporter) as tx:
        await tx.wake("list", job.id)
    assert (await source(store, job)).parked is None


async def test_waking_leaves_a_taken_turn_alone(store: Store, exporter: str) -> None:
    job = await due_source(store, exporter)
    row = await claimed(store, job)
    assert row is not None
    async with store.transaction(exporter) as tx:
        await tx.wake("list", job.id)
        assert tx.woken == []
    assert (await source(store, job)).due_at == row.due_at


async def test_waking_moves_a_timer_either_way_but_says_go_only_for_now(
    store: Store, exporter: str, clock: MovableClock
) -> None:
    clock.stand()
    job = await due_source(store, exporter, due_at=clock() + HOUR, tries=3)
    async with store.transaction(exporter) as tx:
        await tx.wake("list", job.id, tx.now + 2 * HOUR)
        assert tx.woken == []
    assert (await source(store, job)).due_at == clock() + 2 * HOUR
    async with store.transaction(exporter) as tx:
        await tx.wake("list", job.id)
        assert tx.woken == [job]
    row = await source(store, job)
    assert (row.due_at, row.tries) == (clock(), 0)


@pytest.mark.parametrize(
    ("stands", "asked", "then"),
    [(2, 1, 1), (1, 2, 1), (1, 1, 1), (None, 1, 1)],
    ids=["earlier", "later", "same", "none"],
)
async def test_a_timer_that_may_only_come_earlier_is_never_moved_back(
    store: Store, exporter: str, clock: MovableClock, stands: int | None, asked: int, then: int
) -> None:
    now = clock.stand()
    job = await due_source(store, exporter, due_at=stands and now + stands * HOUR)
    async with store.transaction(exporter) as tx:
        await tx.wake("list", job.id, now + asked * HOUR, only_earlier=True)
    assert (await source(store, job)).due_at == now + then * HOUR


async def test_due_names_what_is_due_oldest_first_and_nothing_else(
    store: Store, exporter: str, clock: MovableClock
) -> None:
    clock.stand()
    other = await add_exporter(store, "Somebody else")
    late = await due_source(store, exporter, due_at=clock() - HOUR)
    later = await due_source(store, other, due_at=clock() - 2 * HOUR, turn=5)
    await due_source(store, exporter, due_at=clock() + HOUR)
    await due_source(store, exporter, due_at=None)
    assert await store.due("list") == [replace(later, turn=5), late]


async def test_release_gives_back_taken_turns_and_only_those(store: Store, exporter: str, clock: MovableClock) -> None:
    clock.stand()
    left, waiting = await due_source(store, exporter), await due_source(store, exporter, due_at=clock() + HOUR)
    await claimed(store, left)
    assert await store.release_turns() == 1
    assert await store.due("list") == [replace(left, turn=1)]
    assert (await source(store, waiting)).due_at == clock() + HOUR


async def test_a_stumble_ends_the_turn_that_its_job_took_and_no_later_one(
    store: Store, exporter: str, clock: MovableClock
) -> None:
    job = await due_source(store, exporter)
    await claimed(store, job)
    async with store.transaction(exporter) as tx:
        await work.stumble(tx.connection, job, due_at=tx.now, parked=None)
    assert (await source(store, job)).held is False
    await claimed(store, replace(job, turn=1))
    async with store.transaction(exporter) as tx:
        await work.stumble(tx.connection, job, due_at=None, parked="late")
    row = await source(store, job)
    assert (row.held, row.parked) == (True, None)


@pytest.mark.parametrize("kind", sorted(WORK))
async def test_each_kind_of_work_is_found_and_claimed_in_its_table(store: Store, exporter: str, kind: str) -> None:
    async with store.transaction(exporter) as tx:
        job = Job(kind, await add_row(tx, WORK[kind], due_at=tx.now), exporter)
    assert job in await store.due(kind)
    row = await claimed(store, job)
    assert row is not None
    assert row.id == job.id


async def attempt(tx: Desk, **given: object) -> str:
    fixed = {"kind": "booking", "subject_id": "shp_1", "state": "sending", "carrier": "any"}
    return await add_row(tx, tables.attempts, **(fixed | given))


async def add_attempts(store: Store, exporter: str, *rows: dict[str, object]) -> None:
    for row in rows:
        async with store.transaction(exporter) as tx:
            await attempt(tx, **row)


@pytest.mark.parametrize("first", ["sending", "unknown", "live"])
@pytest.mark.parametrize("second", ["sending", "live"])
async def test_a_slot_that_is_held_takes_no_second_attempt(
    store: Store, exporter: str, first: str, second: str
) -> None:
    with pytest.raises(IntegrityError):
        await add_attempts(store, exporter, {"state": first}, {"state": second})


async def test_a_slot_that_was_left_and_another_subjects_slot_are_free(store: Store, exporter: str) -> None:
    left = [{"state": state} for state in ("refused", "absent", "void", "lapsed", "released")]
    others: list[dict[str, object]] = [{"subject_id": "shp_2"}, {"kind": "void"}]
    await add_attempts(store, exporter, *left, *left, {"state": "live"}, *others)


async def test_a_released_attempt_cannot_take_a_slot_back_that_is_held(store: Store, exporter: str) -> None:
    await add_attempts(store, exporter, {"state": "released"}, {"state": "live"})
    async with store.reading(exporter) as tx:
        released = next(row for row in await tx.attempts.of_subject("booking", "shp_1") if row.state == "released")

    async def take_back() -> None:
        async with store.transaction(exporter) as tx:
            await tx.attempts.set(released.id, state="live")

    with pytest.raises(IntegrityError):
        await take_back()


async def test_two_returns_cannot_hold_one_live_waybill(store: Store, exporter: str) -> None:
    held = {"state": "live", "waybill": "W1"}
    with pytest.raises(IntegrityError):
        await add_attempts(store, exporter, held, held | {"subject_id": "shp_2"})


async def test_a_waybill_may_come_again_at_another_carrier_or_when_it_was_voided(store: Store, exporter: str) -> None:
    held = {"state": "live", "waybill": "W1"}
    await add_attempts(
        store,
        exporter,
        held | {"state": "void", "subject_id": "shp_0"},
        held,
        held | {"subject_id": "shp_2", "carrier": "another"},
        held | {"subject_id": "shp_3", "kind": "pickup"},
    )
    other = await add_exporter(store, "Somebody else")
    await add_attempts(store, other, held | {"subject_id": "shp_4"})


async def test_of_two_at_once_one_takes_the_slot(store: Store, exporter: str) -> None:
    async with store.transaction(exporter) as tx:
        account = await add_row(tx, tables.accounts)

    async def take() -> bool:
        async with store.transaction(exporter) as tx:
            await attempt(tx, account_id=account)
            return True

    outcomes = await asyncio.gather(*(take() for _ in range(6)), return_exceptions=True)
    assert outcomes.count(True) == 1
    assert {type(outcome) for outcome in outcomes if outcome is not True} == {IntegrityError}
