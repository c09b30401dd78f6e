"""Instants, canonical models and plain JSON come back from either database as they went in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import insert, select, text

from gateway.store import tables, types
from gateway.store.ids import new_id
from gateway.store.store import Store
from gateway.store.types import Instant
from schemas.returns import ReturnAuthorization, ReturnItem, ReturnStatus
from schemas.values import Money
from tests.house.rows import add_exporter, add_row

INSTANTS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC),
    datetime(1903, 5, 5, 5, 5, 5, 123_456, tzinfo=UTC),
    datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 2, 20, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
]


async def test_instants_come_back_to_the_microsecond_and_in_order(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        for n, at in enumerate(INSTANTS):
            await add_row(tx, tables.sources, id=f"src_{n}", created_at=at)
    async with store.reading(exporter) as tx:
        rows = await tx.all(select(tables.sources).order_by(tables.sources.c.created_at))
    assert [row.created_at for row in rows] == sorted(INSTANTS)
    assert all(row.created_at.tzinfo is UTC for row in rows)


async def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    exporter = await add_exporter(store)

    async def keep() -> None:
        async with store.transaction(exporter) as tx:
            await tx.sources.set("src_1", created_at=datetime(2026, 3, 2))  # noqa: DTZ001 - the point

    with pytest.raises(ValueError, match="needs its zone"):
        await keep()


@given(st.datetimes(timezones=st.timezones()))
def test_no_instant_is_rounded(at: datetime) -> None:
    try:
        expected = at.astimezone(UTC)
    except OverflowError:
        return  # beyond the years that Python can count
    column = Instant()
    kept = column.process_bind_param(at, None)  # type: ignore[arg-type]
    assert column.process_result_value(kept, None) == expected  # type: ignore[arg-type]


async def test_a_model_comes_back_equal_with_exact_money(store: Store) -> None:
    item = ReturnItem(line_id="1", quantity=2, unit_price=Money.of("0.10", "EUR"), title="Größe 退货")
    kept = ReturnAuthorization(rma_id="R9", status=ReturnStatus.APPROVED, items=(item,), version_at=INSTANTS[1])
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row_id = await add_row(tx, tables.returns, authorization=kept)
    async with store.reading(exporter) as tx:
        found = (await tx.returns.get(row_id)).authorization
    assert found == kept
    assert found.items[0].unit_price.amount == Decimal("0.10")


async def test_a_model_with_an_unknown_field_is_not_read_as_if_nothing_were(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row_id = await add_row(tx, tables.returns)
        await tx.run(text('UPDATE returns SET "authorization" = \'{"rma_id": "R1", "status": "approved", "x": 1}\''))
    async with store.reading(exporter) as tx:
        with pytest.raises(ValidationError):
            _ = (await tx.returns.get(row_id)).authorization


async def test_json_comes_back_equal_and_null_is_not_the_word_null(store: Store) -> None:
    exporter = await add_exporter(store)
    values = [{"b": [1, None, {"é": "退"}], "a": True}, [], {}, "text", 0, None]
    async with store.transaction(exporter) as tx:
        made = [await add_row(tx, tables.pickups, result=value) for value in values]
    async with store.reading(exporter) as tx:
        assert [(await tx.pickups.get(row_id)).result for row_id in made] == values
        nothing = tables.pickups.c.result.is_(None)
        assert [row.id for row in await tx.all(select(tables.pickups).where(nothing))] == [made[-1]]


async def test_documents_are_kept_byte_for_byte_under_their_hash(store: Store) -> None:
    exporter = await add_exporter(store)
    content = bytes(range(256)) * 40
    async with store.transaction(exporter) as tx:
        row_id = await tx.documents.keep("label", "application/pdf", content, return_id="ret_1", name="../../x.pdf")
    async with store.reading(exporter) as tx:
        row = await tx.documents.get(row_id)
        (listed,) = await tx.documents.of_return("ret_1")
    assert (row.content, row.size, row.id[:4]) == (content, len(content), "doc_")
    assert row.sha256 == sha256(content).hexdigest()
    assert "content" not in listed._fields


def test_ids_sort_by_age_and_never_repeat() -> None:
    at = INSTANTS[1]
    ids = [new_id("shp", at + timedelta(milliseconds=n)) for n in range(500)]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {30}
    assert len({new_id("shp", at) for _ in range(2000)}) == 2000


async def test_the_same_audit_instant_is_one_number_on_both_databases(store: Store) -> None:
    """Raw SQL must find the same integer everywhere, or an export from one cannot be compared with the other's."""
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        await tx.run(insert(tables.exporters).values(id="exp_2", name="x", created_at=INSTANTS[1]))
        raw = (await tx.run(text("SELECT created_at FROM exporters WHERE id = 'exp_2'"))).scalar()
    assert raw == 1_774_749_599_999_999


def test_a_model_is_written_the_same_again_and_a_copy_of_it_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "TEXTS", 2)
    some = [ReturnAuthorization(rma_id=f"R-{n}", status=ReturnStatus.APPROVED) for n in range(4)]
    for _ in range(2):
        for one in some:
            assert types.written(one) == one.model_dump_json()
            changed = one.model_copy(update={"order_id": "O-1"})
            assert types.written(changed) == changed.model_dump_json()
    assert types.written(some[-1]) is types.written(some[-1])
    assert len(types._said) <= len(types._texts)
