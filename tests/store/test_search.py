"""Any number finds its return in one step, however it is written."""

from datetime import timedelta

import pytest

from gateway.store import tables
from gateway.store.store import Desk, Store
from tests.house.rows import add_exporter, add_row

NUMBERS = [
    ("external", "EXT-7"),
    ("postal_code", "SW1A 1AA"),
    ("email", "Ana.B@Example.com"),
    ("waybill", "1Z-999-AA1"),
]
NUMBERS += [("waybill", "JJD0002"), ("order", "#1001"), ("phone", "2345678")]


async def a_return(tx: Desk, status: str = "approved") -> str:
    row_id = tx.new_id("ret")
    await add_row(tx, tables.returns, id=row_id, status=status)
    return row_id


@pytest.mark.parametrize(
    "written",
    [
        *("ext-7", "sw1a1aa", "ana.b@EXAMPLE.com", "1z 999 aa1", "1Z\u2011999\u2013AA1", "jjd0002", "1001"),
        *(
            "\uff08\uff10\uff11\uff13\uff18\uff09\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18",
            "\uff0b86 138 1234 5678",
        ),
        *("\u200b1001", "1Z\u00ad999\u2060AA1", "\uff28\uff37\uff0dref\uff0d1", "\u200b+86 138 1234 5678"),
        *("\uff11\uff10\uff10\uff11", "+86 138 1234-5678", "(0138) 1234 5678", "2345678", "HW-REF-1", "hw-ref-1 "),
    ],
)
async def test_a_number_is_found_as_people_write_it(store: Store, written: str) -> None:
    exporter, other = await add_exporter(store), await add_exporter(store, "Silk")
    async with store.transaction(exporter) as tx:
        wanted = await a_return(tx)
        await a_return(tx)
        await tx.returns.known_as(wanted, NUMBERS)
        await add_row(tx, tables.attempts, return_id=wanted, client_ref="HW-REF-1", state="unknown", kind="booking")
    async with store.reading(exporter) as tx:
        assert [row.id for row in await tx.returns.search(written)] == [wanted]
    async with store.reading(other) as tx:
        assert await tx.returns.search(written) == []


async def test_ids_of_ours_find_their_return(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        wanted = await a_return(tx)
        shipment = await add_row(tx, tables.shipments, return_id=wanted)
        attempt = await add_row(tx, tables.attempts, return_id=wanted, client_ref="HW-REF-2")
        for ours in (wanted, shipment, attempt, f" {shipment} "):
            assert [row.id for row in await tx.returns.search(ours)] == [wanted], ours


async def test_a_number_of_many_comes_page_by_page_and_by_status(store: Store) -> None:
    exporter = await add_exporter(store)
    made: list[str] = []
    async with store.transaction(exporter) as tx:
        for count in range(12):
            tx.now += timedelta(seconds=1)
            made.append(await a_return(tx, "approved" if count < 2 else "delivered"))
            await tx.returns.known_as(made[-1], [("postal_code", "75002")])
    async with store.reading(exporter) as tx:
        newest = [row.id for row in await tx.returns.search("75002", 5)]
        further = [row.id for row in await tx.returns.search("75002", 5, before=newest[-1])]
        assert newest + further == made[:1:-1]
        early = [row.id for row in await tx.returns.search("75002", 5, status="approved")]
        assert early == [made[1], made[0]]
        assert [row.id for row in await tx.returns.search("75002", 5, status="approved", before=early[0])] == made[:1]
