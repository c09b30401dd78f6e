"""F42-F44: limits and time. F45, where the process dies between firing and telling, is among the crash points."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from gateway import worker
from gateway.core import open_gateway
from gateway.journeys import acceptance, tracking
from gateway.rules import deadlines
from schemas.acceptance import (
    AcceptanceDecision,
    AcceptanceRecord,
    Clock,
    DeadlinePolicy,
    ExpiryAction,
    LimitUnit,
    PolicySource,
)
from schemas.errors import Throttled
from schemas.opting import OptIn
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.faults.house import House
from tests.faults.params import by_rest, on_postgresql
from tests.faults.scans import polled
from tests.house.clock import MovableClock

DAY = timedelta(days=1)
SIGNED = OptIn(by="Li Na", on=date(2026, 1, 5), words="signed")


async def delivered(house: House) -> Any:
    """A return at the consignee's: its acceptance limit runs. The deadline's row."""
    booked = await house.booked()
    await house.bench.tell("journey", waybill=booked.waybill, every_hours=0, steps=["COL", "DLV"])
    await polled(house)
    return await limit(house)


async def limit(house: House, clock: str = "acceptance") -> Any:
    row = await house.settled.return_of()
    assert row is not None
    limits = await house.settled.reading(lambda tx: tx.deadlines.of_return(row.id))
    return next(one for one in limits if one.clock == clock)


async def fired(house: House, clock: str = "acceptance") -> list[str]:
    """The stages of one clock that the audit says fired, in order, each as often as it did."""
    row = await limit(house, clock)
    said = await house.settled.reading(lambda tx: tx.audit.of_chain(row.return_id))
    mine = [one.action for one in said if one.subject_id == row.id and one.action.startswith("deadline.fired.")]
    return [action.rpartition(".")[2] for action in mine]


async def told(house: House, kind: str, clock: str = "acceptance") -> list[Any]:
    """Distinct notices of one kind about one clock."""
    return [one for one in await house.notices(f"deadline.{kind}") if f'"clock":"{clock}"' in one["body"]]


@by_rest
async def test_f42_down_across_the_due_time(house: House) -> None:
    row = await delivered(house)
    house.clock.advance(row.due_by - house.clock() + DAY)  # nobody worked meanwhile
    await house.come_to_rest()
    names = [stage.name for stage in row.terms.stages]
    assert await fired(house) == names
    heard = await told(house, "missed")
    assert len(heard) == 1
    assert '"late_by_seconds":864' in heard[0]["body"]
    assert len(await told(house, "reminder")) == len(names) - 1
    await house.judge()


@by_rest
async def test_f43_the_clock_jumps(house: House) -> None:
    """An hour ahead fires what an hour later is due, and when it goes back nothing fires again."""
    row = await delivered(house)
    first = row.terms.stages[0]
    house.clock.advance(first.at - house.clock() - timedelta(minutes=90))
    await house.come_to_rest()
    assert await fired(house) == []
    house.clock.advance(timedelta(hours=1))
    await house.come_to_rest()
    assert await fired(house) == []  # half an hour too early still
    house.clock.advance(timedelta(minutes=31))
    await house.come_to_rest()
    assert await fired(house) == [first.name]
    house.clock.advance(timedelta(hours=-1))
    await house.come_to_rest()
    house.clock.advance(timedelta(hours=1))
    await house.come_to_rest()
    assert await fired(house) == [first.name]
    assert len(await told(house, "reminder")) == 1
    await house.judge()


@by_rest
@on_postgresql
async def test_f44_two_schedulers(house: House, clock: MovableClock) -> None:
    """Two processes' worth of workers take the same due stages at the same time, each job many times over."""
    row = await delivered(house)
    async with open_gateway(house.gw.settings, clock=clock) as other:
        house.clock.advance(row.due_by - house.clock() + timedelta(minutes=1))
        for _ in range(6):
            jobs = list(await house.gw.store.due("judge"))
            await asyncio.gather(*(worker.run(gw, job) for job in jobs * 3 for gw in (house.gw, other)))
        await house.come_to_rest()
    assert await fired(house) == [stage.name for stage in row.terms.stages]
    assert len(await told(house, "missed")) == 1
    await house.judge()


RACERS = 50


@by_rest
@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=-1)])
async def test_f44_fifty_workers_race_a_decision_of_the_same_second(house: House, late: timedelta) -> None:
    """The limit ends, fifty workers judge it, and the decision of the very instant comes in between: by event time, once."""
    row = await delivered(house)
    house.clock.advance(row.due_by - house.clock() + timedelta(milliseconds=500))
    jobs = list(await house.gw.store.due("judge"))
    decided = AcceptanceRecord(decision=AcceptanceDecision.ACCEPT, decided_at=row.due_by + late, decided_by="Li")

    async def decide() -> int:
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            return await acceptance.accept(tx, row.return_id, decided)

    (job,) = [one for one in jobs if one.id == row.id]
    racing = [worker.run(house.gw, job) for _ in range(RACERS)]
    await asyncio.gather(*racing[: RACERS // 2], decide(), *racing[RACERS // 2 :])
    await house.come_to_rest()
    after = await limit(house)
    assert (after.state, after.settled_at) == ("met", row.due_by + late)
    assert deadlines.is_met_in_time(after.terms, after.settled_at) is (late < timedelta(0))
    names = await fired(house)
    assert len(names) == len(set(names))
    assert len(await told(house, "met")) == 1
    assert len(await told(house, "missed")) <= 1
    assert not [task for task in await house.tasks() if task.kind == "deadline_missed"]
    await house.judge()


@by_rest
async def test_f44_one_scheduler_told_many_times(house: House) -> None:
    """In one process the same "go" may be heard many times at once: one of them has the turn."""
    row = await delivered(house)
    house.clock.advance(row.due_by - house.clock() + timedelta(minutes=1))
    jobs = list(await house.gw.store.due("judge"))
    await asyncio.gather(*(worker.run(house.gw, job) for job in jobs * 8))
    await house.come_to_rest()
    assert await fired(house) == [stage.name for stage in row.terms.stages]
    await house.judge()


@by_rest
@pytest.mark.parametrize(
    ("action", "status", "answers"),
    [
        (ExpiryAction.AUTO_ACCEPT, "accepted", True),
        (ExpiryAction.AUTO_ACCEPT, "accepted", False),
        (ExpiryAction.DISPOSE, "rejected", True),
    ],
)
async def test_what_was_opted_in_to_is_done_after_grace_and_a_last_look(
    house: House, action: ExpiryAction, status: str, answers: bool
) -> None:
    """At the end a person is asked; when grace is over as well it is decided by itself, if the carrier could be asked."""
    wish = DeadlinePolicy(
        clock=Clock.ACCEPTANCE,
        amount=2,
        unit=LimitUnit.CALENDAR_DAYS,
        source=PolicySource.CONTRACT,
        grace=DAY,
        on_expiry=action,
        opt_in=SIGNED,
        because="contract 4.2, signed 2026-01-05",
    )
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.channels.set(house.settled.channel, acceptance=wish)
    row = await delivered(house)
    house.clock.advance(row.due_by - house.clock() + timedelta(minutes=1))
    await house.come_to_rest()
    over = await limit(house)
    assert (over.state, over.due_at) == ("expired", row.due_by + DAY)
    assert (await house.settled.return_of()).status == "delivered"  # type: ignore[union-attr]
    if not answers:
        await house.reach_carrier_at("http://127.0.0.1:9")
    house.clock.advance(DAY)
    await house.come_to_rest()
    after = await house.settled.return_of()
    assert after is not None
    assert after.status == (status if answers else "delivered")
    versions = await house.settled.reading(lambda tx: tx.acceptances.of_return(after.id))
    said = [(one.record.decision, one.record.decided_by, one.record.source) for one in versions]
    decision = AcceptanceDecision.DISPOSE if action is ExpiryAction.DISPOSE else AcceptanceDecision.ACCEPT
    assert said == ([(decision, "the exporter's policy", f"policy:{action}")] if answers else [])
    assert [task.kind for task in await house.tasks()] == ([] if answers else ["deadline_missed"])
    assert (await fired(house))[-2:] == ["due", "lapse"]
    await house.reach_carrier_at(None)
    await house.judge()


@by_rest
async def test_a_scan_that_comes_late_moves_the_limit_and_tells_that_it_ends_earlier(house: House) -> None:
    row = await delivered(house)
    shipment = await house.shipment()
    true = TrackingEvent(
        waybill=Waybill(shipment.waybill),
        status=TrackingStatus.DELIVERED,
        occurred_at=row.terms.start_at - 3 * DAY,
        zone=ZoneSource.STATED,
        wire_code="DLV",
    )
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tracking.record(house.gw, tx, shipment.id, [true], "push")
    await house.come_to_rest()
    moved = await limit(house)
    assert (moved.terms.start_at, moved.due_by < row.due_by) == (row.terms.start_at - 3 * DAY, True)
    assert [entry["due_by"] for entry in moved.history] == [row.due_by.isoformat()]
    (heard,) = await told(house, "moved")
    assert '"earlier":true' in heard["body"]
    await house.judge()


@by_rest
async def test_a_last_look_may_have_what_is_kept_of_the_days_quota(house: House) -> None:
    booked = await house.booked()
    account = await house.settled.reading(lambda tx: tx.accounts.get(house.settled.account))
    lane = house.gw.lane_of(account)
    lane.pace = lane.pace.model_copy(update={"daily": 10})

    async def call() -> None:
        async with lane.passage("track"):
            pass

    for _ in range(9):
        await call()
    with pytest.raises(Throttled):
        await call()
    assert await tracking.look_now(house.gw, booked, account) is not None


@by_rest
async def test_an_account_that_is_paused_is_not_asked_at_the_end_of_a_limit_either(house: House) -> None:
    """It rejects our credentials, or a restore has paused it: nobody calls before a person has looked."""
    row = await delivered(house)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.accounts.set(house.settled.account, paused="the carrier rejects the credentials")
    asked = len((await house.bench.ask("requests?verb=track"))["requests"])
    house.clock.advance(row.due_by - house.clock() + timedelta(minutes=1))
    await house.come_to_rest()
    assert (await limit(house)).state == "expired"
    assert len((await house.bench.ask("requests?verb=track"))["requests"]) == asked
    await house.judge()


@by_rest
@pytest.mark.parametrize("busy", [timedelta(seconds=30), timedelta(hours=1)])
async def test_a_last_look_that_the_lane_has_no_room_for_is_waited_for_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch, busy: timedelta
) -> None:
    """Many limits end with the same day, and a slow lane takes them one by one."""
    booked = await house.booked()
    row = await limit(house, "hand_over")
    await house.bench.tell("scans", waybill=booked.waybill, code="COL", at=(row.due_by - DAY).isoformat())
    house.clock.advance(row.due_by - house.clock() + timedelta(minutes=1))
    house.clock.stand()

    async def full(*asked: object) -> float:
        raise Throttled("the lane is full", retry_after=20)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(house.gw.lane_of(await account_of(house))._pacer, "ask", full)
        for _ in range(busy // timedelta(seconds=30)):
            await house.run("judge")
            house.clock.advance(timedelta(seconds=30))
    await house.run("judge")
    late = busy > timedelta(minutes=30)
    assert (await limit(house, "hand_over")).state == ("expired" if late else "met")
    assert ("due" in await fired(house, "hand_over")) == late
    await house.judge()


async def account_of(house: House) -> Any:
    return await house.settled.reading(lambda tx: tx.accounts.get(house.settled.account))
