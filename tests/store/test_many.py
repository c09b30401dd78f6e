"""Many rows by their columns and many keys in one question come to what one at a time comes to."""

from itertools import repeat

import pytest
from sqlalchemy import select

from gateway.store import many, tables
from gateway.store.ids import new_id, new_ids
from gateway.store.many import ByKeys
from gateway.store.prepared import Columns
from gateway.store.store import Store
from gateway.store.transaction import adding
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row

COLUMNS = tables.numbers.c
ASKED = ByKeys(
    lambda keys: select(COLUMNS.canonical, COLUMNS.kind).where(COLUMNS.canonical.in_(keys)).order_by(COLUMNS.canonical)
)


@pytest.mark.parametrize("rows", [1, 8, 9, 600])
async def test_what_is_written_by_columns_is_found_by_keys(
    store: Store, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(many, "ROWS", 250)
    names = [f"W{n:04}" for n in range(rows)]
    async with store.transaction(await add_exporter(store)) as tx:
        return_id = await add_row(tx, tables.returns)
        told = {"exporter_id": repeat(tx.exporter_id), "return_id": repeat(return_id), "kind": repeat("waybill")}
        await many.write(tx, adding(tables.numbers), Columns(canonical=names, **told))
        assert await ASKED.tuples(tx, names) == [(name, "waybill") for name in names]
        assert await ASKED.tuples(tx, [*names[:1], "X"]) == [(names[0], "waybill")]
        assert await ASKED.tuples(tx, []) == await ASKED.tuples(tx, ["X"]) == []


def test_many_ids_ascend_and_are_as_one_is() -> None:
    ids = new_ids("lin", MONDAY_NOON, 1_000)
    assert ids == sorted(set(ids))
    assert len(ids) == 1_000
    one = new_id("lin", MONDAY_NOON)
    assert {(len(each), each[:14]) for each in ids} == {(len(one), one[:14])}
