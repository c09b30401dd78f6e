"""Claims from the scan or the inspection to the money: opened once, filed once, and over only when it was paid."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.journeys import acceptance, claiming, claims, importing
from gateway.sandbox.papers import build_bill
from gateway.store import tables
from schemas.acceptance import AcceptanceDecision, AcceptanceRecord, Condition, Inspection, Packaging
from schemas.errors import Conflict, Unsupported
from schemas.starts import ClaimKind
from schemas.values import Money
from tests.faults.house import House
from tests.faults.params import by_rest, by_soap
from tests.faults.scans import polled

WORTH = Money.of("79.90", "EUR")


async def went(house: House, *steps: str) -> Any:
    """A booked return whose parcel was scanned so; its shipment."""
    booked = await house.booked()
    await house.bench.tell("journey", waybill=booked.waybill, every_hours=0, steps=list(steps))
    await polled(house)
    return await house.shipment()


async def rows(house: House) -> list[Any]:
    async with house.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.claims).order_by(tables.claims.c.created_at))).all())


async def the_one(house: House) -> Any:
    (row,) = await rows(house)
    return row


async def do(house: House, act: Any, *given: Any) -> Any:
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        return await act(tx, *given)


async def inspected(house: House, condition: Condition, decision: AcceptanceDecision) -> None:
    row = await house.settled.return_of()
    assert row is not None
    found = Inspection(line_id="1", quantity=1, condition=condition, packaging=Packaging.DAMAGED)
    record = AcceptanceRecord(decision=decision, decided_at=house.clock(), decided_by="dock", inspections=(found,))
    await do(house, acceptance.accept, row.id, record)


@by_rest
async def test_what_the_carrier_has_lost_is_a_draft_and_filed_once(house: House) -> None:
    await went(house, "COL", "LST")
    draft = await the_one(house)
    assert (draft.about, draft.state, draft.minor, draft.opened_by) == ("loss", "draft", 7_990, "tracking")
    assert [task.kind for task in await house.tasks()].count("claim_draft") == 1
    for _ in range(2):  # a second click is the same filing
        await do(house, claiming.send, draft.id)
    await house.come_to_rest()
    (entry,) = await house.ledger("claim_filed")
    filed = await the_one(house)
    assert (filed.state, filed.reference) == ("filed", entry["number"])
    assert (entry["wanted"]["about"], entry["wanted"]["amount"]["amount"]) == ("loss", "79.90")
    row = await house.settled.return_of()
    assert row is not None
    limits = {one.about: one for one in await house.settled.reading(lambda tx: tx.deadlines.of_return(row.id))}
    assert limits["loss"].state == "met"
    assert [task for task in await house.tasks() if task.kind == "claim_draft"] == []
    kinds = [len(await house.notices(f"claim.{kind}")) for kind in ("opened", "filed")]
    assert kinds == [1, 1]
    await house.judge()


@pytest.mark.usefixtures("quick")
@by_rest
@pytest.mark.parametrize(
    "script", ["accept_then_reset", "accept_then_hang", "accept_then_html", "dead_2xx", "fail_500"]
)
async def test_whatever_the_carrier_answers_it_has_one_claim_in_the_end(house: House, script: str) -> None:
    await went(house, "COL", "LST")
    await house.script(script, verb="file_claim", seconds=2)
    await do(house, claiming.send, (await the_one(house)).id)
    await house.come_to_rest(timedelta(hours=3))
    closed = {entry["number"] for entry in await house.ledger("claim_closed")}
    standing = [one["number"] for one in await house.ledger("claim_filed") if one["number"] not in closed]
    claim = await the_one(house)
    assert (claim.state, [claim.reference]) == ("filed", standing)
    await house.judge()


@by_rest
async def test_goods_that_came_damaged_are_a_draft_with_their_worth(house: House) -> None:
    await went(house, "COL", "DLV")
    await inspected(house, Condition.DAMAGED, AcceptanceDecision.ACCEPT_WITH_RESERVATION)
    draft = await the_one(house)
    assert (draft.about, draft.minor, draft.opened_by, draft.goods) == ("damage", 7_990, "acceptance", "1 Jacket")
    await inspected(house, Condition.DAMAGED, AcceptanceDecision.REJECT)  # another version opens no other
    assert len(await rows(house)) == 1
    await house.judge()


@by_rest
async def test_a_damage_that_was_only_scanned_is_withdrawn_when_the_goods_are_well(house: House) -> None:
    await went(house, "COL", "DMG", "DLV")
    assert (await the_one(house)).opened_by == "tracking"
    await inspected(house, Condition.NEW, AcceptanceDecision.ACCEPT)
    assert (await the_one(house)).state == "withdrawn"
    await house.judge()


@by_rest
async def test_what_is_found_after_all_is_not_claimed_any_more(house: House) -> None:
    shipment = await went(house, "COL", "LST")
    for filed in (False, True):
        if filed:
            await do(house, claims.open_claim, await house.shipment(), ClaimKind.DAMAGE)
        await house.bench.tell("scans", waybill=shipment.waybill, code="RTS")
        await polled(house)
    assert [(one.about, one.state) for one in await rows(house)] == [("loss", "withdrawn"), ("damage", "draft")]
    await house.judge()


@by_rest
async def test_a_promise_closes_nothing_and_a_credit_on_a_bill_does(house: House) -> None:
    shipment = await went(house, "COL", "LST")
    claim = await the_one(house)
    with pytest.raises(Conflict):
        await do(house, claims.accepted, claim.id, WORTH)  # nothing was filed yet
    await do(house, claims.file, claim.id, "CASE-1")
    await do(house, claims.rejected, claim.id, "packed badly")
    await do(house, claims.accepted, claim.id, Money.of("60.00", "EUR"))
    promised = await the_one(house)
    assert (promised.state, promised.accepted_minor, promised.reason, promised.closed_at) == (
        "accepted",
        6_000,
        None,
        None,
    )
    with pytest.raises(Conflict, match="claimed in EUR"):
        await do(house, claims.pay, claim.id, Money.of("60.00", "USD"), "BANK-1")
    for number, amount, state in (("C1", "-20.00", "accepted"), ("C2", "-40.00", "paid")):
        head = {"invoice": number, "account": "demo", "currency": "EUR", "issued_on": "2026-03-20"}
        row = {"waybill": shipment.waybill, "code": "CRC", "text": "Claim", "amount": amount}
        await importing.import_document(house.gw, house.settled.exporter, build_bill(head, [row]), actor="test")
        await house.run("reconcile")
        seen = await the_one(house)
        assert (seen.state, seen.payment) == (state, f"sandbox {number}")
    assert (seen.paid_minor, seen.closed_at is not None) == (6_000, True)
    with pytest.raises(Conflict):
        await do(house, claims.withdraw, claim.id, "no more")
    await house.judge()


@by_soap
async def test_without_a_door_it_is_written_and_the_payment_said(house: House) -> None:
    await went(house, "COL", "LST")
    claim = await the_one(house)
    with pytest.raises(Unsupported, match="send the document"):
        await do(house, claiming.send, claim.id)
    await do(house, claims.file, claim.id, "CASE-1")
    await do(house, claims.pay, claim.id, WORTH, "BANK-7")
    paid = await the_one(house)
    assert (paid.state, paid.payment, paid.paid_minor) == ("paid", "BANK-7", 7_990)
    await house.judge()


@by_rest
async def test_nothing_is_claimed_of_what_was_never_carried_nor_twice(house: House) -> None:
    shipment = await house.booked()
    with pytest.raises(Conflict, match="booked"):
        await do(house, claims.open_claim, shipment, ClaimKind.LOSS)
    await house.bench.tell("journey", waybill=shipment.waybill, every_hours=0, steps=["COL"])
    await polled(house)
    moving = await house.shipment()
    claim_id = await do(house, claims.open_claim, moving, ClaimKind.DELAY)
    with pytest.raises(Conflict, match="already"):
        await do(house, claims.open_claim, moving, ClaimKind.DELAY)
    with pytest.raises(Conflict, match="what is asked for"):
        await do(house, claiming.send, claim_id)  # what a delay costs nobody knows here
    await do(house, claims.change, claim_id, Money.of("25.00", "EUR"), "three weeks late")
    await do(house, claiming.send, claim_id)
    await house.come_to_rest()
    (entry,) = await house.ledger("claim_filed")
    assert (entry["wanted"]["amount"]["amount"], entry["wanted"]["text"]) == ("25.00", "three weeks late")
    await house.judge()
