"""Disputes from draft to credit: what they are about, when their window ends, and that nothing else closes them."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adapters import registry
from gateway import worker
from gateway.core import Gateway
from gateway.journeys import disputes
from gateway.store import checks, tables
from gateway.store.work import Job
from schemas.charges import ChargeType
from schemas.dispute_windows import Confidence, DisputeWindow, WindowStart
from schemas.errors import Conflict
from tests.house.billing import AGREED, bill, book, freight, lines_of, take_in
from tests.house.clock import MovableClock


async def all_of(gw: Gateway) -> list[Any]:
    async with gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.disputes).order_by(tables.disputes.c.id))).all())


async def balance(gw: Gateway, account: str) -> int:
    async with gw.store.front_desk() as connection:
        found = await checks.check(connection, lambda *_: "approved")
        assert not any(found.values()), found
        rows = (await connection.execute(select(tables.ledger))).all()
    return sum((row.debit == account) * row.minor - (row.credit == account) * row.minor for row in rows)


@pytest.fixture
async def billed(gateway: Gateway, exporter: str) -> str:
    """A bill with two rates too high and one waybill of nobody's; its id."""
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", AGREED)
        await book(tx, "SBX2", AGREED)
    rows = [freight("SBX1", "15.00"), freight("SBX2", "12.00"), freight("SBX9", "3.00")]
    return (await take_in(gateway, exporter, bill("B1", rows))).invoice_ids[0]


async def test_a_bill_drafts_one_dispute_for_each_finding(gateway: Gateway, billed: str) -> None:
    drafts = {row.finding: row for row in await all_of(gateway)}
    assert {finding: (row.state, row.minor) for finding, row in drafts.items()} == {
        "rate_over": ("draft", 700),
        "unmatched": ("draft", 300),
    }
    assert drafts["rate_over"].file_by == datetime(2026, 4, 4, tzinfo=UTC)  # fourteen days after the invoice's own
    assert Counter(row.dispute_id for row in await lines_of(gateway, billed)) == {
        drafts["rate_over"].id: 2,
        drafts["unmatched"].id: 1,
    }
    assert await balance(gateway, "dispute_receivable") == 1_000


async def test_only_the_credit_closes_it(gateway: Gateway, exporter: str, billed: str) -> None:
    rate = next(row for row in await all_of(gateway) if row.finding == "rate_over")
    async with gateway.store.transaction(exporter) as tx:
        await disputes.file(tx, rate.id, "CASE-1")
        with pytest.raises(Conflict):
            await disputes.file(tx, rate.id, "CASE-2")
    await take_in(gateway, exporter, bill("B2", [freight("SBX1", "-5.00")]))
    (part,) = [row for row in await all_of(gateway) if row.id == rate.id]
    assert (part.state, part.credited_minor, part.reference) == ("filed", 500, "CASE-1")
    assert [row.state for row in await lines_of(gateway, billed)] == ["credited", "disputed", "held"]
    await take_in(gateway, exporter, bill("B3", [freight("SBX2", "-2.50")]))
    (whole,) = [row for row in await all_of(gateway) if row.id == rate.id]
    assert (whole.state, whole.credited_minor, whole.closed_at is not None) == ("credit_seen", 700, True)
    assert await balance(gateway, "dispute_receivable") == 300
    assert await balance(gateway, "exporter_receivable") == 2_000 - 50  # what was given back beyond the dispute


async def test_what_the_carrier_was_right_about_is_borne(gateway: Gateway, exporter: str, billed: str) -> None:
    rate = next(row for row in await all_of(gateway) if row.finding == "rate_over")
    async with gateway.store.transaction(exporter) as tx:
        await disputes.withdraw(tx, rate.id, "the contract says so")
        with pytest.raises(Conflict):
            await disputes.withdraw(tx, rate.id, "again")
    assert await balance(gateway, "dispute_receivable") == 300
    assert await balance(gateway, "exporter_receivable") == 2_700
    assert [row.state for row in await lines_of(gateway, billed)] == ["matched", "matched", "held"]


async def test_the_window_asks_and_then_ends(gateway: Gateway, exporter: str, billed: str, clock: MovableClock) -> None:
    rate = next(row for row in await all_of(gateway) if row.finding == "rate_over")
    for at, state, asked in ((rate.due_at, "draft", 1), (rate.file_by, "expired", 2)):
        clock.advance(at - gateway.clock() + timedelta(seconds=1))
        await worker.run(gateway, Job("dispute", rate.id, exporter, 0 if asked == 1 else 1))
        (now,) = [row for row in await all_of(gateway) if row.id == rate.id]
        async with gateway.store.reading(exporter) as tx:
            tasks = [task for task in await tx.tasks.open_ones() if task.kind == "dispute_window"]
        assert (now.state, len(tasks)) == (state, asked)
    assert now.due_at is None


async def test_a_typed_credit_closes_a_repeated_charge(gateway: Gateway, exporter: str) -> None:
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", {ChargeType.FREIGHT: 1_000})
    await take_in(gateway, exporter, bill("B1", [freight("SBX1")]))
    await take_in(gateway, exporter, bill("B2", [freight("SBX1")]))
    (draft,) = await all_of(gateway)
    assert (draft.finding, draft.minor) == ("duplicate", 1_000)
    await take_in(gateway, exporter, bill("B3", [freight("SBX1", "-10.00", "CRV")]))
    (closed,) = await all_of(gateway)
    assert closed.state == "credit_seen"


async def test_the_window_is_the_carriers_own_and_of_its_lines_the_first_to_end(
    gateway: Gateway, exporter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two shipments a week apart are billed too high together: the older one's window is the dispute's."""
    window = DisputeWindow(
        days=30, starts=WindowStart.SHIPMENT, source="its terms", read_on=date(2026, 11, 22), confidence=Confidence.HIGH
    )
    monkeypatch.setattr(registry, "dispute_windows", lambda carrier: (window,))
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", AGREED)
        await book(tx, "SBX2", AGREED)
    rows = [
        freight("SBX1", "15.00", shipped_on="2026-03-09"),
        freight("SBX2", "12.00", shipped_on="2026-03-02"),
    ]
    await take_in(gateway, exporter, bill("B1", rows))
    [rate] = await all_of(gateway)
    assert rate.file_by == datetime(2026, 4, 2, tzinfo=UTC)
    assert rate.because == "30 days from the day of the shipment: its terms, read on 2026-11-22, confidence high"


async def test_what_was_delivered_after_the_promised_day_is_billed_for_nothing(gateway: Gateway, exporter: str) -> None:
    promised = datetime(2026, 3, 6, 16, tzinfo=UTC)
    async with gateway.store.transaction(exporter) as tx:
        await book(tx, "SBX1", AGREED, promised_at=promised, delivered_at=promised + timedelta(hours=2))
        await book(tx, "SBX2", AGREED, promised_at=promised, delivered_at=promised - timedelta(hours=2))
    await take_in(gateway, exporter, bill("B1", [freight("SBX1", "10.00"), freight("SBX2", "10.00")]))
    [late] = await all_of(gateway)
    assert (late.finding, late.minor) == ("late_delivery", 1_000)
