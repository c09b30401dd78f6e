"""A label that nobody hands over in time: voided where the exporter opted in to that, and left where it cannot be voided."""

from datetime import date, timedelta
from typing import Any

import pytest

from gateway.journeys import acceptance, verdicts
from schemas.acceptance import Clock, DeadlinePolicy, ExpiryAction, LimitUnit, PolicySource
from schemas.limits import ChannelLimits
from schemas.opting import OptIn
from tests.faults.house import House
from tests.faults.params import by_rest, on_sqlite, states
from tests.faults.test_deadlines import fired, limit

DAY = timedelta(days=1)
SIGNED = OptIn(by="Li Na", on=date(2026, 1, 5), words="signed")


async def unused(house: House, **terms: Any) -> Any:
    """A booked return whose label nobody hands over in two days, with a day of grace; the limit's row when it is over."""
    policy = DeadlinePolicy(
        clock=Clock.HAND_OVER, amount=2, unit=LimitUnit.CALENDAR_DAYS, source=PolicySource.LAW, grace=DAY, **terms
    )
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.channels.set(house.settled.channel, limits=ChannelLimits(policies=(policy,)))
    await house.booked()
    row = await limit(house, "hand_over")
    house.clock.advance(row.due_by - house.clock() + timedelta(minutes=1))
    await house.come_to_rest()
    assert [one.kind for one in await house.tasks()] == ["deadline_missed"], "first a person is asked"
    assert not await house.ledger("voided")
    return row


@by_rest
@on_sqlite
@pytest.mark.parametrize(
    ("opted_in", "answers", "used"),
    [(True, True, False), (False, True, False), (True, False, False), (True, True, True)],
)
async def test_a_label_that_nobody_used_is_voided_where_that_was_opted_in_to(
    house: House, opted_in: bool, answers: bool, used: bool
) -> None:
    """After grace, and only if the carrier could be asked and knows of no scan."""
    agreed = {"on_expiry": ExpiryAction.VOID, "opt_in": SIGNED} if opted_in else {}
    await unused(house, because="agreed 2026-01-05", **agreed)
    shipment = await house.shipment()
    if used:
        await house.bench.tell("journey", waybill=shipment.waybill, every_hours=0, steps=["COL"])
    if not answers:
        await house.reach_carrier_at("http://127.0.0.1:9")
    house.clock.advance(DAY)
    await house.come_to_rest()
    await house.reach_carrier_at(None)
    await house.come_to_rest()
    voided = opted_in and answers and not used
    assert len(await house.ledger("voided")) == voided
    assert states(await house.attempts()) == (["void"] if voided else ["live"])
    assert (await house.shipment()).state == ("cancelled" if voided else "moving" if used else "booked")
    assert (await limit(house, "hand_over")).state == ("met" if used else "expired")
    left = [one.kind for one in await house.tasks() if one.kind == "deadline_missed"]
    assert left == ([] if voided or used else ["deadline_missed"]), "there is nothing to hand over any more"
    await house.judge()


@by_rest
@on_sqlite
async def test_a_label_that_cannot_be_voided_leaves_its_slot_when_it_lapses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the carrier takes no cancellation it ends by itself, without the exporter's word, and may be booked again."""
    monkeypatch.setattr(acceptance, "VoidsBookings", type("NobodyVoids", (), {}))
    row = await unused(house)
    house.clock.advance(DAY)
    await house.come_to_rest()
    assert states(await house.attempts()) == ["lapsed"]
    shipment = await house.shipment()
    assert shipment.state == "expired"
    assert (await fired(house, "hand_over"))[-2:] == ["due", "lapse"]
    assert not await house.ledger("voided")
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await verdicts.book_again(tx, shipment.id)
    await house.come_to_rest()
    assert states(await house.attempts()) == ["lapsed", "live"]
    again = await limit(house, "hand_over")
    assert (again.state, again.due_by > row.due_by) == ("running", True), "with a limit of its own"
    assert not await house.tasks()
