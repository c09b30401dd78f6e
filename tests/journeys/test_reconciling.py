"""A bill from its import to the ledger, on both databases: how much is asked of them, and what stands there afterwards."""

import asyncio
import re
import sqlite3
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from gateway.core import Gateway
from gateway.store import checks, tables
from gateway.store.touched import ACCEPTED, BOOKINGS, NAMED, OVER, SHIPMENTS
from gateway.store.transaction import Tx
from schemas.acceptance import AcceptanceDecision, AcceptanceRecord
from schemas.values import Weight
from tests.house.billing import AGREED, bill, book, freight, lines_of, take_in
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_row


async def books(gw: Gateway) -> Counter[str]:
    """The ledger's balances."""
    sums = Counter[str]()
    async with gw.store.front_desk() as connection:
        for row in await connection.execute(select(tables.ledger)):
            sums[row.debit] += row.minor
            sums[row.credit] -= row.minor
        assert not any((await checks.check(connection, lambda *_: "approved")).values())
    return sums


async def test_the_number_of_statements_is_not_the_number_of_lines(
    gateway: Gateway, exporter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Counter[str]()
    for name in ("say", "run"):
        monkeypatch.setattr(Tx, name, counting(said, getattr(Tx, name)))
    counted = []
    for many in (5, 100):
        waybills = [f"SBX{many}N{n:04}" for n in range(many)]
        async with gateway.store.transaction(exporter) as tx:
            for waybill in waybills:
                await book(tx, waybill, AGREED)
        said.clear()
        rows = [freight(waybill) for waybill in waybills] + [freight(f"X{n}{many}", "9.99") for n in range(many)]
        made = await take_in(gateway, exporter, bill(f"B{many}", rows))
        counted.append(said["statements"])
        states = Counter(row.state for row in await lines_of(gateway, made.invoice_ids[0]))
        assert states == {"matched": many, "held": many}
    assert counted[0] == counted[1] < 40


async def test_what_a_bill_names_is_looked_up_and_never_gone_through(gateway: Gateway, exporter: str) -> None:
    """SQLite began the join of numbers and shipments at the shipments: an hour for a day's bill in a large store."""
    if not gateway.store.database.is_sqlite:
        pytest.skip("PostgreSQL knows how many rows there are")
    said: list[str] = []
    for ids in (["id_0"], [f"id_{n}" for n in range(1_000)]):
        async with gateway.store.transaction(exporter) as tx:
            driver = tx.connection._driver  # type: ignore[attr-defined]
            driver.set_trace_callback(said.append)
            for question in (NAMED, SHIPMENTS, BOOKINGS, ACCEPTED, OVER):
                await question.tuples(tx, ids, mine=exporter)
            await tx.accruals.of_shipments(ids)
            await tx.invoice_lines.of_shipments(ids, but="")
            await tx.invoice_lines.of_waybills(ids, but="")
            await tx.invoice_lines.small_overs("sandbox", MONDAY_NOON.date(), MONDAY_NOON.date(), but="")
            await tx.invoice_lines.unknown("inv_x")
            await tx.invoice_lines.of_return("ret_x")
            await tx.accruals.of_return("ret_x")
            await tx.disputes.lines("dsp_x")
            await tx.disputes.open_lines(ids, but="")
            driver.set_trace_callback(None)
    with sqlite3.connect(f"file:{gateway.store.database.path}?mode=ro", uri=True) as connection:
        asked = [one for one in said if one.startswith("SELECT")]
        plans = [step[3] for one in asked for step in connection.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert len(plans) >= 20
    wrong = re.compile(r"SCAN|.*\(exporter_id=\?( AND carrier=\?)?\)")
    few = "SEARCH invoices"  # one carrier's bills
    assert [plan for plan in plans if wrong.match(plan) and not plan.startswith(few)] == []
    for name in ("over", "unknown", "return", "dispute", "shipment", "waybill"):
        assert any(f"ix_invoice_lines_{name} " in plan for plan in plans), (name, plans)


def counting(said: Counter[str], whole: Any) -> Any:
    async def counted(*args: Any, **kw: Any) -> Any:
        said["statements"] += 1
        return await whole(*args, **kw)

    return counted


async def test_what_was_billed_on_another_invoice_is_billed_twice_and_given_back_it_is_not(
    gateway: Gateway, exporter: str
) -> None:
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", AGREED)
    await take_in(gateway, exporter, bill("B1", [freight("SBX1")]))
    second = await take_in(gateway, exporter, bill("B2", [freight("SBX1")]))
    (line,) = await lines_of(gateway, second.invoice_ids[0])
    assert (line.finding, line.state, line.agreed_minor) == ("duplicate", "disputed", 0)
    assert (await books(gateway))["dispute_receivable"] == 1_000
    credit = await take_in(gateway, exporter, bill("B3", [freight("SBX1", "-10.00")]))
    (line,) = await lines_of(gateway, credit.invoice_ids[0])
    assert line.finding == "credit"
    sums = await books(gateway)
    assert (sums["dispute_receivable"], sums["exporter_receivable"], sums["carrier_payable"]) == (0, 1_000, -1_000)


async def test_a_void_label_is_billed_under_its_own_number(gateway: Gateway, exporter: str) -> None:
    """The shipment was booked again: the old label must not pass for the new one, nor the new one for the old."""
    async with gateway.store.transaction(exporter) as tx:
        return_id = await book(tx, "SBXNEW", AGREED)
        (shipment,) = await tx.shipments.of_return(return_id)
        await add_row(
            tx, tables.attempts, kind="booking", subject_id=shipment.id, state="void", waybill="SBXOLD", number=0
        )
        await tx.returns.known_as(return_id, [("waybill", "SBXOLD")])
    made = await take_in(gateway, exporter, bill("B1", [freight("SBXOLD"), freight("SBXNEW")]))
    old, new = await lines_of(gateway, made.invoice_ids[0])
    assert (old.finding, new.finding) == ("voided_billed", "matched")
    assert old.shipment_id == new.shipment_id == shipment.id


async def test_the_weight_on_our_dock_bears_the_carrier_out(gateway: Gateway, exporter: str) -> None:
    heavy = AcceptanceRecord(
        decision=AcceptanceDecision.ACCEPT,
        decided_at=MONDAY_NOON,
        decided_by="dock",
        dock_weight=Weight(grams=3_000),
    )
    async with gateway.store.transaction(exporter) as tx:
        weighed = await book(tx, "SBX1", AGREED)
        await book(tx, "SBX2", AGREED)
        await add_row(tx, tables.acceptances, return_id=weighed, version=1, record=heavy)
    rows = [freight(waybill, "15.00", billed_kg="3.0") for waybill in ("SBX1", "SBX2")]
    made = await take_in(gateway, exporter, bill("B1", rows))
    first, second = await lines_of(gateway, made.invoice_ids[0])
    assert (first.finding, first.agreed_minor) == ("matched", 1_500)
    assert (second.finding, second.agreed_minor) == ("weight_over", 1_000)
    assert "3000 g" in second.because


async def test_a_fee_of_the_account_is_borne_by_the_returns_of_its_bill(gateway: Gateway, exporter: str) -> None:
    async with gateway.store.transaction(exporter) as tx:
        returns = [await book(tx, f"SBX{n}", AGREED) for n in range(3)]
    rows = [freight(f"SBX{n}") for n in range(3)]
    await take_in(gateway, exporter, bill("B1", [*rows, {"waybill": "", "code": "TAX", "amount": "1.00"}]))
    async with gateway.store.front_desk() as connection:
        columns = tables.ledger.c
        owed = await connection.execute(
            select(columns.return_id, columns.minor).where(columns.credit == "costs_recharged")
        )
        by_return = Counter[str | None]()
        for row in owed:
            by_return[row.return_id] += row.minor
    assert sorted(by_return.values()) == [1_033, 1_033, 1_034]
    assert set(by_return) == set(returns)
    assert (await books(gateway))["carrier_payable"] == -3_100


async def test_two_bills_at_once_do_not_both_find_the_shipment_unbilled(gateway: Gateway, exporter: str) -> None:
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", AGREED)
    made = await asyncio.gather(*(take_in(gateway, exporter, bill(f"B{n}", [freight("SBX1")])) for n in range(4)))
    found = Counter([row.finding for one in made for row in await lines_of(gateway, one.invoice_ids[0])])
    assert found == {"matched": 1, "duplicate": 3}


async def test_small_overs_of_a_month_ask_a_person_once(gateway: Gateway, exporter: str) -> None:
    async with gateway.store.transaction(exporter) as tx:
        for n in range(45):
            await book(tx, f"SBX{n}", AGREED)
    for part in range(3):
        rows = [freight(f"SBX{n}", "10.49") for n in range(15 * part, 15 * part + 15)]
        await take_in(gateway, exporter, bill(f"B{part}", rows))
    async with gateway.store.reading(exporter) as tx:
        asked = [task for task in await tx.tasks.open_ones() if task.kind == "invoice_drift"]
    (one,) = asked
    assert "14.70 EUR" in one.detail
