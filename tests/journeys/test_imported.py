"""Bills made by chance, from their bytes to the ledger: what holds whatever stands in them."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.core import Gateway
from gateway.journeys import settling_in
from gateway.rules import statements
from gateway.rules.ledger import PAYABLE
from gateway.rules.meanings import LineState
from gateway.store import checks, tables
from tests.house.billing import AGREED, ISSUED, bill, book, freight, lines_of, take_in

CODES = ("FRT", "FSC", "FSC", "INS", "RAS", "WGT", "DTY", "VAT", "TAX", "CRC", "CRV", "ODD")
ENDS = set(LineState) - {LineState.IMPORTED}
BOOKED = 6
KEPT = (tables.invoice_lines, tables.ledger, tables.disputes, tables.notices, tables.tasks, tables.documents)

some = pytest.mark.parametrize(
    "chance", [1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 200))]
)


def rows_by(chance: random.Random) -> list[dict[str, Any]]:
    """Charges and credits of what is booked, of nobody's and of the account; many of them twice."""
    waybills = [f"SBX{n}" for n in range(BOOKED)] + ["X1", "X2", ""]
    rows = []
    for _ in range(chance.randint(1, 40)):
        minor = chance.choice([1_000, 150, 0, chance.randint(-3_000, 3_000)])
        rows.append(freight(chance.choice(waybills), f"{minor / 100:.2f}", chance.choice(CODES)))
    return rows + chance.sample(rows, len(rows) // 4)


async def booked(gw: Gateway, name: str) -> str:
    exporter = await settling_in.add_exporter(gw, name)
    async with gw.store.transaction(exporter) as tx:
        for n in range(BOOKED):
            await book(tx, f"SBX{n}", AGREED)
    return exporter


async def kept(gw: Gateway) -> list[int]:
    async with gw.store.front_desk() as connection:
        return [(await connection.execute(select(func.count()).select_from(table))).scalar() or 0 for table in KEPT]


@some
async def test_whatever_stands_in_a_bill(gateway: Gateway, chance: int) -> None:
    """Every line is in one state that is an end; the ledger owes the carrier the bill's total, and sums to nothing; the
    month's statement holds; the same bytes again post nothing; the same lines in another order come to the same."""
    dice = random.Random(chance)
    rows = rows_by(dice)
    document = bill("B1", rows)
    exporter = await booked(gateway, "Linden")
    made = await take_in(gateway, exporter, document)
    lines = await lines_of(gateway, made.invoice_ids[0])
    assert len(lines) == len(rows)
    assert {line.state for line in lines} <= ENDS
    assert await owed(gateway, made.invoice_ids[0]) == sum(round(float(row["amount"]) * 100) for row in rows)
    async with gateway.store.reading(exporter) as tx:
        sums = await tx.months.sums(ISSUED, ISSUED + timedelta(days=1))
    statement = statements.build(statements.Sum(*row[:-1], int(row.minor)) for row in sums)
    assert statement.holds
    assert len(statement.rows) == (sum(row["amount"] != "0.00" for row in rows) > 0)

    before = await kept(gateway)
    again = await take_in(gateway, exporter, document)
    assert (again.invoice_ids, again.known) == ([], made.invoice_ids)
    assert await kept(gateway) == before

    other = await take_in(gateway, await booked(gateway, "Esche"), bill("B1", dice.sample(rows, len(rows))))
    assert told(await lines_of(gateway, other.invoice_ids[0])) == told(lines)
    async with gateway.store.front_desk() as connection:
        assert not any((await checks.check(connection, lambda *_: "approved")).values())


async def owed(gw: Gateway, invoice_id: str) -> int:
    """What the ledger owes the carrier for one bill."""
    ledger = tables.ledger.c
    async with gw.store.front_desk() as connection:
        found = await connection.execute(select(tables.ledger).where(ledger.invoice_id == invoice_id))
        return sum(row.minor * ((row.credit == PAYABLE) - (row.debit == PAYABLE)) for row in found)


def told(lines: list[Any]) -> Counter[Any]:
    return Counter((row.waybill, row.type, row.minor, row.state, row.finding, row.agreed_minor) for row in lines)
