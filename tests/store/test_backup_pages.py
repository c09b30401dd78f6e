"""A backup reads each table by its key, page after page."""

import pytest

from gateway import backup
from gateway.store import tables
from gateway.store.store import Store
from tests.house.rows import add_exporter, add_row


async def test_every_row_comes_once_whatever_its_key(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one column and by four."""
    monkeypatch.setattr(backup, "PAGE", 2)
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        one = await add_row(tx, tables.returns)
        await tx.returns.known_as(one, [("rma", f"R{number}") for number in range(5)])
    async with store.database.snapshot() as reading:
        for table in (tables.numbers, tables.exporters):
            pages = [page async for page in backup._pages(reading, table)]
            rows = [tuple(row[key.name] for key in table.primary_key.columns) for page in pages for row in page]
            assert rows == sorted(set(rows))
            assert all(len(page) <= 2 for page in pages)
            assert len(rows) >= (5 if table is tables.numbers else 1)
