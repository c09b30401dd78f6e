"""F46 and F48: invoices that come twice, and money in currencies of 0, 2 and 3 decimals. F47 is among the crash points."""

import csv
import io
from collections import Counter
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from gateway.journeys import importing
from gateway.sandbox.papers import build_bill
from gateway.store import tables
from tests.faults.house import House
from tests.faults.params import by_rest


async def imported(house: House, document: bytes) -> importing.Imported:
    made = await importing.import_document(house.gw, house.settled.exporter, document, actor="test")
    await house.come_to_rest()
    return made


async def posted(house: House) -> list[Any]:
    async with house.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.ledger))).all())


def rewritten(document: bytes) -> bytes:
    """The same bill in other bytes: its charges the other way round, other line ends."""
    rows = list(csv.DictReader(io.StringIO(document.decode())))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([rows[0], *reversed(rows[1:])])
    return out.getvalue().encode()


@by_rest
async def test_f46_the_same_invoice_twice(house: House) -> None:
    await house.booked()
    document = (await house.bench.tell("bill", account="linden"))["document"].encode()
    first = await imported(house, document)
    before = await posted(house)
    assert before
    again = await imported(house, document)
    assert (again.invoice_ids, again.known) == ([], first.invoice_ids)
    other = await imported(house, rewritten(document))
    assert await posted(house) == before
    held = await house.settled.reading(lambda tx: tx.invoices.get(other.invoice_ids[0]))
    assert held.state == "quarantined"
    assert "under this number" in held.reason
    assert [task.kind for task in await house.tasks()] == ["invoice_quarantined"]
    await house.judge()


@by_rest
async def test_f48_three_kinds_of_currency(house: House) -> None:
    """Yen, euro and dinar: exact to the last minor unit, and never netted with each other."""
    booked = await house.booked()
    totals = {"JPY": Decimal(1201), "EUR": Decimal("12.34"), "KWD": Decimal("1.235")}
    for currency, amount in totals.items():
        head = {"invoice": f"SBI-{currency}", "account": "linden", "currency": currency, "issued_on": "2026-03-02"}
        row = {"waybill": booked.waybill, "code": "FRT", "text": "Freight", "amount": str(amount)}
        await imported(house, build_bill(head, [row]))
    sums = Counter[tuple[str, str]]()
    for row in await posted(house):
        sums[row.debit, row.currency] += row.minor
        sums[row.credit, row.currency] -= row.minor
    assert min(row.minor for row in await posted(house)) > 0
    for currency in totals:
        assert sum(minor for (_, of), minor in sums.items() if of == currency) == 0
    lines = await _lines(house)
    assert {(row.currency, row.minor) for row in lines} == {("JPY", 1201), ("EUR", 1234), ("KWD", 1235)}
    await house.judge()


async def _lines(house: House) -> list[Any]:
    async with house.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.invoice_lines))).all())
