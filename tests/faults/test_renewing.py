"""An authorisation not used in time: the limit the carrier stated runs out, is renewed once, and the clock follows."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.journeys import asking, renewing, tracking, verdicts
from schemas.acceptance import PolicySource
from schemas.errors import Conflict, Unsupported
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from tests.faults.house import House
from tests.faults.params import by_rest, by_soap, house_time, states
from tests.faults.test_deadlines import fired, limit

DAY = timedelta(days=1)
STATED = timedelta(days=10)
"""What the sandbox's answer names."""


async def ask(house: House, days: int = 10) -> str:
    shipment = await house.shipment()
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        return await renewing.renew(tx, shipment.id, days)


async def expired(house: House) -> Any:
    """A booked return whose hand-over limit is over; the deadline's row."""
    await house.booked()
    row = await limit(house, "hand_over")
    house.clock.advance(row.due_by - house.clock())
    await house.come_to_rest()
    return await limit(house, "hand_over")


async def missed(house: House) -> list[Any]:
    return [task for task in await house.tasks() if task.kind == "deadline_missed"]


@by_rest
async def test_the_clock_runs_to_the_limit_that_the_carrier_states(house: House) -> None:
    booked = await house.booked()
    row = await limit(house, "hand_over")
    (entry,) = await house.ledger("booked")
    assert row.due_by == house_time(entry) + STATED
    assert row.terms.policy.source is PolicySource.CARRIER_ANSWER
    assert row.terms.policy.stated_by == row.due_by
    assert entry["waybill"] == booked.waybill


@by_rest
async def test_what_has_expired_is_renewed_and_warned_of_anew(house: House) -> None:
    before = await expired(house)
    assert before.state == "expired"
    assert len(await missed(house)) == 1
    await ask(house, days=7)
    await house.come_to_rest()
    assert len(await house.ledger("renewed")) == 1
    after = await limit(house, "hand_over")
    assert (after.state, after.terms.policy.source) == ("running", PolicySource.CARRIER_ANSWER)
    assert timedelta(days=7) - timedelta(minutes=5) < after.due_by - house.clock() <= timedelta(days=7)
    assert [entry["due_by"] for entry in after.history] == [before.due_by.isoformat()]
    assert await missed(house) == []
    assert states(await house.attempts(), "renewal") == ["live"]
    seen = await fired(house, "hand_over")
    house.clock.advance(after.due_by - house.clock())
    await house.come_to_rest()
    again = [stage.name for stage in after.terms.stages]
    assert await fired(house, "hand_over") == [*seen, *again]  # every stage of the new window, each once
    assert len(await missed(house)) == 1  # a second window that was missed asks again
    assert len(await house.notices("deadline.missed")) == 2
    await house.judge()


@by_rest
async def test_it_is_renewed_time_and_again_and_ends_with_the_scan(house: House) -> None:
    await expired(house)
    for number in (1, 2):
        await ask(house, days=5)
        await house.come_to_rest()
        row = await limit(house, "hand_over")
        house.clock.advance(row.due_by - house.clock() if number == 1 else DAY)
        await house.come_to_rest()
    assert states(await house.attempts(), "renewal") == ["lapsed", "live"]
    booked = await house.shipment()
    await house.bench.tell("journey", waybill=booked.waybill, every_hours=0, steps=["COL"])
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.looks.plan(booked, tx.now)
        await tx.wake("poll", booked.account_id)
    await house.come_to_rest()
    assert (await limit(house, "hand_over")).state == "met"
    with pytest.raises(Conflict, match="cannot renew"):
        await ask(house)
    await house.judge()


@by_rest
async def test_what_is_good_is_not_renewed(house: House) -> None:
    await house.booked()
    row = await limit(house, "hand_over")
    with pytest.raises(Conflict, match=row.due_by.isoformat().replace("+", r"\+")):
        await ask(house)
    house.clock.advance(row.due_by - house.clock())
    await house.come_to_rest()
    for days in (0, 31):
        with pytest.raises(Unsupported, match="1 to 30 days"):
            await ask(house, days)
    assert await house.ledger("renewed") == []
    assert states(await house.attempts(), "renewal") == []


@by_soap
async def test_a_carrier_that_renews_nothing_is_not_asked(house: House) -> None:
    await expired(house)
    with pytest.raises(Unsupported, match="renews nothing"):
        await ask(house)


@by_rest
async def test_asking_twice_is_asking_once(house: House) -> None:
    await expired(house)
    assert await ask(house) == await ask(house)
    await house.come_to_rest()
    assert len(await house.ledger("renewed")) == 1


@pytest.mark.usefixtures("quick")
@by_rest
@pytest.mark.parametrize("script", ["accept_then_hang", "accept_then_500", "accept_then_reset", "fail_500", "429"])
async def test_a_renewal_without_an_answer_is_asked_again_and_gives_one_limit(house: House, script: str) -> None:
    """The second request finds it good, and is told until when."""
    await expired(house)
    await house.script(script, verb="renew", seconds=2)
    await ask(house, days=10)
    await house.come_to_rest()
    (entry,) = await house.ledger("renewed")
    row = await limit(house, "hand_over")
    assert row.due_by.isoformat() == entry["until"]
    assert row.state == "running"
    assert states(await house.attempts(), "renewal") == ["live"]
    await house.judge()


@by_rest
async def test_an_account_that_is_paused_renews_when_it_is_opened(house: House) -> None:
    await expired(house)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.accounts.set(house.settled.account, paused="for a test")
    await ask(house)
    await house.run_due()
    assert await house.ledger("renewed") == []
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.accounts.set(house.settled.account, paused=None)
    await house.come_to_rest()
    assert len(await house.ledger("renewed")) == 1


@by_rest
async def test_a_renewal_that_is_refused_waits_for_a_person_and_moves_nothing(house: House) -> None:
    before = await expired(house)
    await house.script("refuse", verb="renew", code="USED")
    await ask(house)
    await house.come_to_rest()
    assert [task.kind for task in await house.tasks()].count("renewal_refused") == 1
    after = await limit(house, "hand_over")
    assert (after.state, after.due_by) == ("expired", before.due_by)
    await ask(house)  # and may be asked for once more
    await house.come_to_rest()
    assert states(await house.attempts(), "renewal") == ["refused", "live"]


@by_rest
async def test_the_carriers_own_word_expires_a_shipment_and_a_renewal_revives_it(house: House) -> None:
    booked = await house.booked()
    event = TrackingEvent(
        waybill=booked.waybill,
        status=TrackingStatus.EXPIRED,
        occurred_at=house.clock(),
        zone=ZoneSource.STATED,
        wire_code="PEX",
    )
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tracking.record(house.gw, tx, booked.id, [event], "poll")
    row = await house.settled.return_of()
    assert row is not None
    assert ((await house.shipment()).state, row.status) == (ShipmentState.EXPIRED, ReturnStatus.EXPIRED)
    house.clock.advance(STATED)
    await house.come_to_rest()
    await ask(house)
    await house.come_to_rest()
    row = await house.settled.return_of()
    assert row is not None
    revived = await house.shipment()
    assert (revived.state, revived.status, row.status) == (ShipmentState.BOOKED, "announced", ReturnStatus.BOOKED)


@by_rest
async def test_booked_again_after_a_void_it_has_a_clock_of_its_own(house: House) -> None:
    """A limit that ended with the void must not be the new booking's; nor are its charges agreed twice."""
    booked = await house.booked()
    first = await limit(house, "hand_over")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await asking.void_shipment(tx, booked.id)
    await house.come_to_rest()
    assert (await limit(house, "hand_over")).state == "cancelled"
    house.clock.advance(2 * DAY)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await verdicts.book_again(tx, booked.id)
    await house.come_to_rest()
    again = await limit(house, "hand_over")
    assert again.state == "running"
    assert again.due_by - first.due_by >= 2 * DAY
    row = await house.settled.return_of()
    assert row is not None
    agreed = await house.settled.reading(lambda tx: tx.accruals.of_return(row.id))
    assert [(one.type, one.minor) for one in agreed] == [("FREIGHT", 950), ("FUEL", 114), ("INSURANCE", 100)]
    assert {one.created_at for one in agreed} == {(await house.shipment()).booked_at}
