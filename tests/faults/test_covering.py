"""Cover by a policy: bound once before the hand-over, whatever becomes of the answer, and gone with the booking."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.journeys import asking, covering, importing
from gateway.sandbox.papers import build_bill
from gateway.store import tables
from schemas.errors import Conflict, Unsupported
from schemas.values import Money
from tests.faults.house import House
from tests.faults.params import by_rest, by_soap
from tests.faults.scans import polled

WORTH = Money.of("250.00", "EUR")


async def do(house: House, act: Any, *given: Any) -> Any:
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        return await act(tx, *given)


async def asked(house: House) -> Any:
    """A cover is asked for of a booked shipment; its id."""
    shipment = await uninsured(house)
    return await do(house, covering.bind, shipment.id, WORTH, None)


async def uninsured(house: House) -> Any:
    """A booked shipment that is not covered with the booking."""
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.channels.set(house.settled.channel, insure=False)
    return await house.booked()


async def the_one(house: House) -> Any:
    async with house.gw.store.front_desk() as connection:
        (row,) = (await connection.execute(select(tables.covers))).all()
    return row


async def premiums(house: House) -> list[int]:
    shipment = await house.shipment()
    rows = await house.settled.reading(lambda tx: tx.accruals.of_shipment(shipment.id))
    return [row.minor for row in rows if row.basis == "cover"]


@by_rest
async def test_it_is_bound_once_and_its_premium_accrued(house: House) -> None:
    await asked(house)
    with pytest.raises(Conflict, match="already"):
        await asked_again(house)
    await house.come_to_rest()
    (entry,) = await house.ledger("cover_bound")
    cover = await the_one(house)
    assert (cover.state, cover.reference, cover.premium_minor) == ("bound", entry["number"], 250)
    assert entry["wanted"]["value"] == {"amount": "250.00", "currency": "EUR"}
    assert await premiums(house) == [250]
    assert len(await house.notices("cover.bound")) == 1
    await house.judge()


async def asked_again(house: House) -> None:
    await do(house, covering.bind, (await house.shipment()).id, WORTH, None)


@pytest.mark.usefixtures("quick")
@by_rest
@pytest.mark.parametrize(
    "script", ["accept_then_reset", "accept_then_hang", "accept_then_html", "dead_2xx", "fail_500"]
)
async def test_whatever_the_insurer_answers_one_policy_holds_in_the_end(house: House, script: str) -> None:
    cover_id = await asked(house)
    await house.script(script, verb="bind_cover", seconds=2)
    await house.come_to_rest(timedelta(hours=3))
    over = {entry["number"] for entry in await house.ledger("cover_cancelled")}
    holding = [one["number"] for one in await house.ledger("cover_bound") if one["number"] not in over]
    cover = await the_one(house)
    assert (cover.id, cover.state, [cover.reference]) == (cover_id, "bound", holding)
    assert await premiums(house) == [250]
    await house.judge()


@by_rest
async def test_after_the_hand_over_nothing_is_bound(house: House) -> None:
    shipment = await uninsured(house)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.accounts.set(house.settled.account, paused="for a test")
    await asked_again(house)  # it waits for the account; meanwhile the parcel is handed over
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.shipments.set(shipment.id, handed_over_at=tx.now)
        await tx.accounts.set(house.settled.account, paused=None)
    await house.come_to_rest()
    assert ((await the_one(house)).state, await house.ledger("cover_bound")) == ("refused", [])
    with pytest.raises(Conflict, match="handed over"):
        await asked_again(house)
    await house.bench.tell("journey", waybill=shipment.waybill, every_hours=0, steps=["COL"])
    await polled(house)
    await house.judge()


@by_rest
async def test_what_the_insurer_refuses_is_not_bound_and_may_be_asked_again(house: House) -> None:
    await house.script("refuse", verb="bind_cover", code="USED")
    await asked(house)
    await house.come_to_rest()
    assert (await the_one(house)).reason.startswith("already_used")
    assert [task.kind for task in await house.tasks()].count("cover_refused") == 1
    await asked_again(house)
    await house.come_to_rest()
    assert len(await house.ledger("cover_bound")) == 1
    await house.judge()


@by_rest
@pytest.mark.parametrize("script", ["", "accept_then_500", "fail_500", "429"])
async def test_a_voided_booking_takes_its_cover_along(house: House, script: str) -> None:
    await asked(house)
    await house.come_to_rest()
    if script:
        await house.script(script, verb="cancel_cover")
    await do(house, asking.void_shipment, (await house.shipment()).id)
    await house.come_to_rest(timedelta(hours=3))
    assert ((await the_one(house)).state, await premiums(house)) == ("cancelled", [0])
    assert len(await house.ledger("cover_cancelled")) == 1
    assert len(await house.notices("cover.cancelled")) == 1
    await house.judge()


@by_rest
async def test_a_cover_whose_answer_was_lost_goes_with_the_booking_too(house: House) -> None:
    await asked(house)
    await house.script("accept_then_500", verb="bind_cover")
    await house.run("cover")
    await do(house, asking.void_shipment, (await house.shipment()).id)
    await house.come_to_rest(timedelta(hours=3))
    assert (await the_one(house)).state == "cancelled"
    assert len(await house.ledger("cover_cancelled")) == 1
    await house.judge()


@by_soap
async def test_a_carrier_that_sells_no_cover_says_so(house: House) -> None:
    with pytest.raises(Unsupported, match="takes no cover"):
        await asked(house)
    async with house.gw.store.front_desk() as connection:
        assert (await connection.execute(select(tables.covers))).all() == []
    await house.judge()


@by_rest
async def test_the_premium_is_expected_on_the_bill_once(house: House) -> None:
    await asked(house)
    await house.come_to_rest()
    shipment = await house.shipment()
    for number, state in (("P1", "matched"), ("P2", "disputed")):
        head = {"invoice": number, "account": "demo", "currency": "EUR", "issued_on": house.clock().date().isoformat()}
        row = {"waybill": shipment.waybill, "code": "INS", "text": "Insurance", "amount": "2.50"}
        await importing.import_document(house.gw, house.settled.exporter, build_bill(head, [row]), actor="test")
        await house.run("reconcile")
        async with house.gw.store.front_desk() as connection:
            lines = (await connection.execute(select(tables.invoice_lines))).all()
        assert lines[-1].state == state
    await house.judge()


@by_rest
async def test_what_is_covered_with_the_booking_is_not_covered_twice(house: House) -> None:
    shipment = await house.booked()
    assert shipment.request.insured_value is not None
    with pytest.raises(Conflict, match="with the booking"):
        await asked_again(house)
    await house.judge()
