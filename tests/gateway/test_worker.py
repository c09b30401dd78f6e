"""What becomes of a job that fails: each kind of failure, and nobody's neighbour."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from gateway import worker
from gateway.core import Gateway
from gateway.store import tables
from gateway.store.database import Interlocked, StoreUnavailable
from gateway.store.transaction import Record
from gateway.store.work import LEASE, WORK, Job, TurnLost
from tests.house.clock import MovableClock
from tests.house.rows import add_row

Failure = Callable[[], Exception]
PERSON = "Canary" + "Person"


@pytest.fixture
async def job(gateway: Gateway, exporter: str, clock: MovableClock) -> Job:
    clock.stand()
    async with gateway.store.transaction(exporter) as tx:
        return Job("reconcile", await add_row(tx, tables.invoices, due_at=tx.now), exporter)


def handle(monkeypatch: pytest.MonkeyPatch, kind: str, handler: Callable[[Gateway, Job], Awaitable[None]]) -> None:
    changed: Mapping[str, worker.Handler] = {**worker.HANDLERS, kind: handler}
    monkeypatch.setattr(worker, "HANDLERS", changed)


def failing(error: Failure) -> Callable[[Gateway, Job], Awaitable[None]]:
    async def claim_and_fail(gw: Gateway, job: Job) -> None:
        async with gw.store.transaction(job.exporter_id) as tx:
            assert await tx.claim(job) is not None
        raise error()

    return claim_and_fail


async def row_of(gateway: Gateway, job: Job) -> Record:
    async with gateway.store.reading(job.exporter_id) as tx:
        row = await tx.first(WORK[job.kind].select().where(WORK[job.kind].c.id == job.id))
    assert row is not None
    return row


def counted(gateway: Gateway, kind: str, outcome: str) -> float:
    return gateway.metrics.registry.get_sample_value("homeward_jobs_total", {"kind": kind, "outcome": outcome}) or 0


async def test_a_bug_is_tried_again_later_each_time_and_then_parked_with_a_task(
    gateway: Gateway, job: Job, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle(monkeypatch, "reconcile", failing(lambda: ZeroDivisionError("secret-canary")))
    for tries in range(1, worker.PATIENCE + 1):
        (due,) = await gateway.store.due("reconcile")
        assert due.turn == tries - 1
        await worker.run(gateway, due)
        row = await row_of(gateway, job)
        assert (row.held, row.tries) == (False, tries)
        if tries < worker.PATIENCE:
            assert row.due_at > clock()
            clock.advance(timedelta(minutes=10))
    assert row.due_at is None
    assert row.parked
    async with gateway.store.reading(job.exporter_id) as tx:
        (task,) = await tx.tasks.open_ones()
    assert job.id in task.cause
    assert "secret-canary" not in task.detail + row.parked
    assert counted(gateway, "reconcile", "bug") == worker.PATIENCE


async def test_a_parked_message_is_in_quarantine_where_a_person_sees_it(
    gateway: Gateway, exporter: str, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.stand()
    handle(monkeypatch, "ingest", failing(ZeroDivisionError))
    async with gateway.store.transaction(exporter) as tx:
        await add_row(tx, tables.inbox, due_at=tx.now, state="received")
    for _ in range(worker.PATIENCE):
        (due,) = await gateway.store.due("ingest")
        await worker.run(gateway, due)
        clock.advance(timedelta(minutes=10))
    async with gateway.store.reading(exporter) as tx:
        (message,) = await tx.inbox.quarantined()
    assert message.reason


async def test_a_turn_that_was_lost_is_dropped(
    gateway: Gateway, job: Job, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle(monkeypatch, "reconcile", failing(TurnLost))
    await worker.run(gateway, job)
    row = await row_of(gateway, job)
    assert (row.held, row.due_at, row.parked) == (True, clock() + LEASE, None)
    assert counted(gateway, "reconcile", "turn_lost") == 1


async def test_when_the_database_is_away_the_row_is_left_to_its_lease(
    gateway: Gateway, job: Job, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle(monkeypatch, "reconcile", failing(lambda: StoreUnavailable("away")))
    await worker.run(gateway, job)
    row = await row_of(gateway, job)
    assert (row.held, row.due_at) == (True, clock() + LEASE)


RACED: tuple[Failure, ...] = (
    lambda: IntegrityError("insert", {}, Exception("taken")),
    lambda: Interlocked("each waited for the other"),
)


@pytest.mark.parametrize("error", RACED, ids=["wrote the same", "interlocked"])
async def test_two_that_met_try_again_at_once_and_are_not_parked_for_a_race(
    gateway: Gateway, job: Job, clock: MovableClock, monkeypatch: pytest.MonkeyPatch, error: Failure
) -> None:
    handle(monkeypatch, "reconcile", failing(error))
    for tries in range(1, worker.RACES + 1):
        (due,) = await gateway.store.due("reconcile")
        await worker.run(gateway, due)
        row = await row_of(gateway, job)
        assert (row.parked is None) == (tries < worker.RACES)
        if row.due_at:
            assert row.due_at - clock() < timedelta(seconds=1)
        clock.advance(timedelta(seconds=1))
    assert await gateway.store.due("reconcile") == []


@pytest.mark.parametrize("error", [*RACED, ZeroDivisionError], ids=["wrote the same", "interlocked", "a bug"])
async def test_what_a_carrier_did_not_answer_is_no_failure_of_ours(
    gateway: Gateway, exporter: str, clock: MovableClock, monkeypatch: pytest.MonkeyPatch, error: Failure
) -> None:
    """It was silent overnight, and the first turn that brings something stumbles once: the account is looked at all the
    same."""
    clock.stand()
    async with gateway.store.transaction(exporter) as tx:
        await add_row(tx, tables.accounts, due_at=tx.now, tries=60)
    (job,) = await gateway.store.due("poll")
    handle(monkeypatch, "poll", failing(error))
    await worker.run(gateway, job)
    row = await row_of(gateway, job)
    assert (row.parked, row.tries) == (None, 61)
    assert row.due_at > clock()


async def test_a_turn_that_goes_well_begins_the_count_anew(
    gateway: Gateway, job: Job, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def well(gw: Gateway, job: Job) -> None:
        async with gw.store.transaction(job.exporter_id) as tx:
            if row := await tx.claim(job):
                await tx.settle(job.kind, row, due_at=tx.now)

    for handler in (*([failing(ZeroDivisionError)] * (worker.PATIENCE - 1)), well, failing(ZeroDivisionError)):
        (due,) = await gateway.store.due("reconcile")
        handle(monkeypatch, "reconcile", handler)
        await worker.run(gateway, due)
        handle(monkeypatch, "reconcile", well)
        await worker.run(gateway, job)  # said long ago
        clock.advance(timedelta(minutes=10))
    assert list(gateway.stumbles.values()) == [(1, worker.PATIENCE)]
    assert (await row_of(gateway, job)).parked is None


@pytest.fixture
def fails_with_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    async def write_and_fail(gw: Gateway, job: Job) -> None:
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.claim(job)
            await tx.run(insert(tables.exporters).values(id="exp_ghost", name="x", created_at=tx.now))
            raise ZeroDivisionError

    handle(monkeypatch, "reconcile", write_and_fail)


@pytest.mark.usefixtures("fails_with_its_claim")
async def test_what_a_failed_job_wrote_is_gone_and_its_neighbour_is_untouched(gateway: Gateway, job: Job) -> None:
    async with gateway.store.transaction(job.exporter_id) as tx:
        neighbour = Job("reconcile", await add_row(tx, tables.invoices, due_at=tx.now), job.exporter_id)
    await worker.run(gateway, job)
    async with gateway.store.reading("exp_ghost") as tx:
        assert await tx.exporters.find("exp_ghost") is None
    assert await gateway.store.due("reconcile") == [neighbour]


@pytest.mark.usefixtures("fails_with_its_claim")
async def test_a_job_that_takes_its_own_claim_back_is_counted_and_parked_all_the_same(
    gateway: Gateway, job: Job, clock: MovableClock
) -> None:
    for _ in range(worker.PATIENCE):
        (due,) = await gateway.store.due("reconcile")
        await worker.run(gateway, due)
        clock.advance(timedelta(minutes=10))
    assert await gateway.store.due("reconcile") == []
    assert (await row_of(gateway, job)).parked


async def test_what_a_row_says_of_people_does_not_reach_the_log(
    gateway: Gateway, job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(gw: Gateway, job: Job) -> None:
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.run(insert(tables.exporters).values(id="exp_2", name=PERSON, created_at=None))

    async def misread(gw: Gateway, job: Job) -> None:
        async with gw.store.reading(job.exporter_id) as tx:
            await tx.run(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": PERSON})

    async def misspell(gw: Gateway, job: Job) -> None:
        try:
            await refuse(gw, job)
        except IntegrityError as error:
            raise RuntimeError("a bug of ours") from error

    for handler in (refuse, misread, misspell):
        handle(monkeypatch, "reconcile", handler)
        await worker.run(gateway, job)
    assert "job.failed" in caplog.text
    assert PERSON not in caplog.text
