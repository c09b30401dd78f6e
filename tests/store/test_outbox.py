"""Notices that are written by columns: as many as a bill has returns, each cause told once all the same, on both stores."""

from sqlalchemy import func, select

from gateway.store import tables
from gateway.store.outbox import MANY
from gateway.store.store import Store
from tests.house.rows import add_exporter


async def tell(store: Store, exporter: str, count: int) -> None:
    async with store.transaction(exporter) as tx:
        for number in range(count):
            said = {"kind": "invoice.matched", "cause": f"c{number}", "occurred_at": tx.now, "body": "{}"}
            tx.outbox.tell({"return_id": None, **said}, None)


async def test_each_cause_is_told_once_however_many_there_are(store: Store) -> None:
    exporter = await add_exporter(store)
    await tell(store, exporter, MANY + 50)
    await tell(store, exporter, MANY + 51)
    async with store.database.reading() as connection:
        kept = (await connection.execute(select(func.count()).select_from(tables.notices))).scalar()
    assert kept == MANY + 51
