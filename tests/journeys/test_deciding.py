"""Unknown charges from the held line to one decision that settles all of them, on both databases."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from gateway import worker
from gateway.core import Gateway
from gateway.journeys.deciding import Saying, decide
from gateway.journeys.disputes import withdraw
from gateway.store import checks, tables
from schemas.charges import ChargeType
from tests.house.billing import AGREED, bill, book, freight, lines_of, take_in

REMOTE = {**AGREED, ChargeType.REMOTE_AREA: 400}


async def all_of(gw: Gateway, table: Any) -> list[Any]:
    async with gw.store.front_desk() as connection:
        return list((await connection.execute(select(table).order_by(table.c.id))).all())


async def books(gw: Gateway) -> Counter[str]:
    """The ledger's balances; nothing offends the check."""
    sums = Counter[str]()
    for row in await all_of(gw, tables.ledger):
        sums[row.debit] += row.minor
        sums[row.credit] -= row.minor
    async with gw.store.front_desk() as connection:
        found = await checks.check(connection, lambda *_: "approved")
    assert not any(found.values()), found
    return sums


async def say(gw: Gateway, exporter: str, said: str, kind: ChargeType, **more: Any) -> str:
    """Decide, and let the bills that wait be judged again."""
    async with gw.store.transaction(exporter, "Li") as tx:
        decision_id = await decide(tx, Saying("sandbox", said, kind, **more))
        jobs = list(tx.woken)
    for job in jobs:
        await worker.run(gw, job)
    return decision_id


async def waiting(gw: Gateway, exporter: str) -> list[tuple[Any, ...]]:
    async with gw.store.reading(exporter) as tx:
        return [
            (row.code, row.text, row.currency, row.lines, int(row.minor)) for row in await tx.charge_types.waiting()
        ]


@pytest.fixture
async def held(gateway: Gateway, exporter: str) -> list[str]:
    """Two bills with charges that no table knows; their ids."""
    async with gateway.store.transaction(exporter) as tx:
        for waybill in ("SBX1", "SBX2", "SBX3"):
            await book(tx, waybill, REMOTE)
    first = [
        freight("SBX1"),
        freight("SBX1", "4.00", "ZZ9", text="Island"),
        freight("SBX2", "9.00", "zz9 ", text="Island"),
    ]
    second = [freight("SBX3", "4.00", "ZZ9"), freight("SBX3", "1.00", "", text="Odd  Thing")]
    made = [await take_in(gateway, exporter, bill(f"B{n}", rows)) for n, rows in enumerate((first, second))]
    return [one.invoice_ids[0] for one in made]


async def test_one_decision_settles_every_line_that_waits(gateway: Gateway, exporter: str, held: list[str]) -> None:
    assert await waiting(gateway, exporter) == [
        ("ZZ9", "", "EUR", 2, 800),
        (None, "Odd Thing", "EUR", 1, 100),
        ("zz9", "Island", "EUR", 1, 900),
    ]
    assert (await books(gateway))["dispute_receivable"] == 1_800
    decision = await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA, reason="their price list")
    lines = [line for invoice_id in held for line in await lines_of(gateway, invoice_id)]
    assert [(line.type, line.state, line.finding, line.agreed_minor) for line in lines] == [
        ("FREIGHT", "matched", "matched", 1_000),
        ("REMOTE_AREA", "matched", "matched", 400),
        ("REMOTE_AREA", "disputed", "rate_over", 400),
        ("REMOTE_AREA", "matched", "matched", 400),
        ("UNKNOWN", "held", "unknown_charge", 0),
    ]
    assert [line.charge_type_id for line in lines] == [None, decision, decision, decision, None]
    sums = await books(gateway)
    assert (sums["dispute_receivable"], sums["carrier_payable"], sums["exporter_receivable"]) == (600, -2_800, 2_200)
    assert [row[:2] for row in await waiting(gateway, exporter)] == [(None, "Odd Thing")]


async def test_lines_leave_their_dispute_for_one_of_what_is_found_now(
    gateway: Gateway, exporter: str, held: list[str]
) -> None:
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    found = {(row.invoice_id, row.finding): (row.state, row.minor) for row in await all_of(gateway, tables.disputes)}
    assert found == {
        (held[0], "unknown_charge"): ("withdrawn", 0),
        (held[0], "rate_over"): ("draft", 500),
        (held[1], "unknown_charge"): ("draft", 100),
    }
    async with gateway.store.reading(exporter) as tx:
        asked = {task.detail for task in await tx.tasks.open_ones() if task.kind == "invoice_discrepancy"}
    assert asked == {
        "invoice B0: unknown_charge 1",  # of the return that has a line above its price
        "invoice B0: rate_over 1",
        "invoice B1: unknown_charge 2",
    }


async def test_later_bills_know_it_at_once_and_a_later_version_rewrites_nothing(
    gateway: Gateway, exporter: str, held: list[str]
) -> None:
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    before = [await lines_of(gateway, invoice_id) for invoice_id in held]
    posted = await books(gateway)
    await say(gateway, exporter, "ZZ9", ChargeType.FUEL, valid_from=date(2026, 4, 1))
    assert [await lines_of(gateway, invoice_id) for invoice_id in held] == before
    assert await books(gateway) == posted
    types = []
    for n, day in enumerate((date(2026, 3, 31), date(2026, 4, 1))):
        async with gateway.store.transaction(exporter) as tx:
            await book(tx, f"SBX1{n}", REMOTE)
        made = await take_in(gateway, exporter, bill(f"C{n}", [freight(f"SBX1{n}", "1.50", "ZZ9")], issued_on=day))
        types += [(row.type, row.state) for row in await lines_of(gateway, made.invoice_ids[0])]
    assert types == [("REMOTE_AREA", "matched"), ("FUEL", "matched")]
    versions = [(row.version, row.type, row.decided_by) for row in await all_of(gateway, tables.charge_types)]
    assert versions == [(1, "REMOTE_AREA", "Li"), (2, "FUEL", "Li")]


async def test_a_decision_from_a_later_day_leaves_what_was_billed_before(
    gateway: Gateway, exporter: str, held: list[str]
) -> None:
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA, valid_from=date(2026, 3, 21))  # bills are of the 20th
    assert sum(row[3] for row in await waiting(gateway, exporter)) == 4
    assert (await books(gateway))["dispute_receivable"] == 1_800


async def test_saying_it_twice_posts_once(gateway: Gateway, exporter: str, held: list[str]) -> None:
    first = await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    posted = await books(gateway)
    assert await say(gateway, exporter, " zz9", ChargeType.REMOTE_AREA) == first
    assert await books(gateway) == posted
    assert len(await all_of(gateway, tables.charge_types)) == 1


async def test_a_text_decides_where_there_is_no_code(gateway: Gateway, exporter: str, held: list[str]) -> None:
    await say(gateway, exporter, "odd thing", ChargeType.ADDRESS_CORRECTION, by_text=True)
    (line,) = [line for line in await lines_of(gateway, held[1]) if not line.wire_code]
    assert (line.type, line.finding, line.state) == ("ADDRESS_CORRECTION", "address_correction_wrong", "held")
    await books(gateway)


async def test_a_fee_of_the_account_is_shared_out_after_all(gateway: Gateway, exporter: str) -> None:
    async with gateway.store.transaction(exporter) as tx:
        returns = [await book(tx, f"SBX{n}", AGREED) for n in range(3)]
    rows = [freight(f"SBX{n}") for n in range(3)]
    await take_in(gateway, exporter, bill("B1", [*rows, freight("", "1.00", "ZZF")]))
    assert await waiting(gateway, exporter) == [("ZZF", "", "EUR", 1, 100)]
    await say(gateway, exporter, "ZZF", ChargeType.BILLING_FEE)
    borne = Counter[str | None]()
    for row in await all_of(gateway, tables.ledger):
        if row.credit == "costs_recharged":
            borne[row.return_id] += row.minor
    assert (sorted(borne.values()), set(borne)) == ([1_033, 1_033, 1_034], set(returns))
    assert (await books(gateway))["dispute_receivable"] == 0


async def test_what_a_person_accepted_meanwhile_stays_and_is_known_when_billed_again(
    gateway: Gateway, exporter: str, held: list[str]
) -> None:
    async with gateway.store.transaction(exporter) as tx:
        for row in await all_of(gateway, tables.disputes):
            await withdraw(tx, row.id, "it is right")
    posted = await books(gateway)
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    assert await books(gateway) == posted
    again = await take_in(gateway, exporter, bill("B9", [freight("SBX1", "4.00", "ZZ9")]))
    assert [row.finding for row in await lines_of(gateway, again.invoice_ids[0])] == ["duplicate"]


async def test_a_credit_in_part_keeps_its_line_in_the_dispute(gateway: Gateway, exporter: str, held: list[str]) -> None:
    await take_in(gateway, exporter, bill("B9", [freight("SBX1", "-1.00", "CRV")]))
    await say(gateway, exporter, "ZZ9", ChargeType.REMOTE_AREA)
    _, line, other = await lines_of(gateway, held[0])
    assert (line.type, line.state, line.credited_minor) == ("REMOTE_AREA", "held", 100)
    assert (other.state, other.finding) == ("disputed", "rate_over")
    dispute = next(row for row in await all_of(gateway, tables.disputes) if row.id == line.dispute_id)
    assert (dispute.state, dispute.minor, dispute.credited_minor) == ("draft", 400, 100)
    assert (await books(gateway))["dispute_receivable"] == 300 + 500 + 100
