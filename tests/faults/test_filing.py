"""Disputes filed through the carrier's door: once, whatever becomes of the answer; and by hand where there is no door."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.journeys import disputes, disputing, importing, verdicts
from gateway.sandbox.papers import build_bill
from gateway.store import checks, tables
from schemas.errors import Conflict, Unsupported
from tests.faults.house import House
from tests.faults.params import by_rest, by_soap


async def drafted(house: House, rma_id: str = "R1") -> Any:
    """A draft about a booked shipment's freight, four euros too high."""
    shipment = await house.booked(rma_id)
    head = {"invoice": f"SBI-{rma_id}", "account": "demo", "currency": "EUR"}
    head["issued_on"] = house.clock().date().isoformat()
    row = {"waybill": shipment.waybill, "code": "FRT", "text": "Freight", "amount": "13.50"}
    await importing.import_document(house.gw, house.settled.exporter, build_bill(head, [row]), actor="test")
    await house.run("reconcile")
    return (await rows(house))[-1]


async def rows(house: House) -> list[Any]:
    async with house.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.disputes).order_by(tables.disputes.c.created_at))).all())


async def send(house: House, dispute: Any) -> None:
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await disputing.send(tx, dispute.id)


async def tries(house: House, dispute: Any) -> list[Any]:
    return list(await house.settled.reading(lambda tx: tx.attempts.of_subject("dispute", dispute.id)))


async def filed_once(house: House, number: str = "") -> None:
    (entry,) = await house.ledger("dispute_filed")
    (row,) = await rows(house)
    assert (row.state, row.reference) == ("filed", number or entry["number"])
    assert len(await house.notices("dispute.filed")) == 1
    await house.judge()


@by_rest
async def test_it_is_filed_with_its_lines_and_the_carriers_number_is_kept(house: House) -> None:
    dispute = await drafted(house)
    await send(house, dispute)
    await send(house, dispute)  # a second click is the same filing
    await house.come_to_rest()
    (entry,) = await house.ledger("dispute_filed")
    (attempt,) = await tries(house, dispute)
    wanted = entry["wanted"]
    assert (attempt.state, attempt.handle, attempt.client_ref) == ("live", entry["number"], entry["client_ref"])
    assert (wanted["invoice"], wanted["reason"], wanted["amount"]) == (
        "SBI-R1",
        "rate_over",
        {"amount": "4.00", "currency": "EUR"},
    )
    assert [line["billed"]["amount"] for line in wanted["lines"]] == ["13.50"]
    await filed_once(house)
    with pytest.raises(Conflict):
        await send(house, dispute)


@pytest.mark.usefixtures("quick")
@by_rest
@pytest.mark.parametrize(
    "script", ["accept_then_500", "accept_then_reset", "accept_then_html", "accept_then_hang", "accept_then_truncate"]
)
async def test_a_lost_answer_is_looked_up_and_filed_once(house: House, script: str) -> None:
    dispute = await drafted(house)
    await house.script(script, verb="file_dispute", seconds=2)
    await send(house, dispute)
    await house.run("dispute")
    assert [one.state for one in await tries(house, dispute)] == ["unknown"]
    for act in (disputes.file, disputes.withdraw):  # nobody may guess meanwhile
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            with pytest.raises(Conflict):
                await act(tx, dispute.id, "CASE-1")
    await house.come_to_rest()
    assert len((await house.bench.ask("requests?verb=file_dispute"))["requests"]) == 1
    assert len((await house.bench.ask("requests?verb=find_dispute"))["requests"]) == 1
    await filed_once(house)


@by_rest
@pytest.mark.parametrize("script", ["fail_500", "429", "outage", "dead_2xx", "token_expired"])
async def test_whatever_it_answers_one_is_open_there_in_the_end(house: House, script: str) -> None:
    dispute = await drafted(house)
    if script == "outage":
        await house.bench.tell("script", script="outage", seconds=90)
    else:
        await house.script(script, verb="file_dispute")
    await send(house, dispute)
    await house.come_to_rest(timedelta(hours=3))
    closed = {entry["number"] for entry in await house.ledger("dispute_closed")}
    standing = [entry for entry in await house.ledger("dispute_filed") if entry["number"] not in closed]
    (row,) = await rows(house)
    assert [entry["number"] for entry in standing] == [row.reference]
    assert row.state == "filed"
    assert [one.state for one in await tries(house, dispute)][-1] == "live"
    assert len(closed) == (script == "dead_2xx")
    await house.judge()


@by_rest
async def test_an_answer_with_the_number_of_another_is_not_believed(house: House) -> None:
    await send(house, await drafted(house, "R1"))
    await house.come_to_rest()
    second = await drafted(house, "R2")
    await house.script("swapped", verb="file_dispute")
    await send(house, second)
    await house.come_to_rest()
    assert [row.reference for row in await rows(house)] == ["DSP000001", "DSP000002"]
    await house.judge()


@by_rest
async def test_what_the_carrier_refuses_is_a_draft_again(house: House) -> None:
    dispute = await drafted(house)
    await house.script("refuse", verb="file_dispute", code="DATA_MISSING")
    await send(house, dispute)
    await house.come_to_rest()
    (row,) = await rows(house)
    assert row.state == "draft"
    assert house.clock() < row.due_at < row.file_by  # its window goes on
    assert row.reason.startswith("data_missing")
    assert [task.kind for task in await house.tasks()].count("dispute_refused") == 1
    await send(house, dispute)  # corrected: it goes under another reference
    await house.come_to_rest()
    assert [one.state for one in await tries(house, dispute)] == ["refused", "live"]
    await filed_once(house)


@by_soap
async def test_a_carrier_without_a_door_is_written_to(house: House) -> None:
    dispute = await drafted(house)
    with pytest.raises(Unsupported, match="send the document"):
        await send(house, dispute)
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await disputes.file(tx, dispute.id, "CASE-7")
    await house.come_to_rest()
    (row,) = await rows(house)
    assert (row.state, row.reference, await tries(house, dispute)) == ("filed", "CASE-7", [])
    await house.judge()


@by_rest
async def test_a_person_may_say_that_it_exists(house: House) -> None:
    dispute = await drafted(house)
    await house.script("accept_then_500", verb="file_dispute")
    await send(house, dispute)
    await house.run("dispute")
    (attempt,) = await tries(house, dispute)
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        await verdicts.exists(tx, attempt.id, (await house.ledger("dispute_filed"))[0]["number"])
    await house.come_to_rest()
    await filed_once(house)


@by_rest
async def test_a_paused_account_files_when_it_is_opened(house: House) -> None:
    dispute = await drafted(house)
    for paused in ("for a test", None):
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            await tx.accounts.set(house.settled.account, paused=paused)
        if paused:
            await send(house, dispute)
            await house.run("dispute")
            assert await house.ledger("dispute_filed") == []
    await house.come_to_rest()
    await filed_once(house)


@by_rest
async def test_after_a_restore_it_is_looked_up_before_it_is_filed_again(house: House) -> None:
    """The database is a copy from before: it has forgotten that it filed."""
    dispute = await drafted(house)
    await send(house, dispute)
    await house.come_to_rest()
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        (attempt,) = await tx.attempts.of_subject("dispute", dispute.id)
        await tx.run(tables.exchanges.delete().where(tables.exchanges.c.attempt_id == attempt.id))
        await tx.run(tables.attempts.delete().where(tables.attempts.c.id == attempt.id))
        await tx.disputes.set(dispute.id, state="draft", reference=None, filed_at=None)
        await tx.accounts.set(house.settled.account, doubted_until=tx.now + timedelta(days=1))
    await house.bench.tell("settings", idempotent_rest=False)
    await send(house, dispute)
    await house.come_to_rest()
    await filed_once(house)


@by_rest
async def test_the_check_sees_a_dispute_that_is_filed_twice(house: House) -> None:
    dispute = await drafted(house)
    await send(house, dispute)
    await house.come_to_rest()
    await filed_once(house)
    async with house.gw.store.transaction(house.settled.exporter) as tx:  # as if somebody had filed it by hand as well
        await tx.run(update(tables.disputes).values(reference="CASE-9"))
    async with house.gw.store.front_desk() as connection:
        found = await checks.check(connection, lambda *_: "approved")
    assert found["I3 what is filed is filed once"] == [f"{dispute.id} is filed as DSP000001 and says CASE-9"]
