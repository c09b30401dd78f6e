"""What a transaction tells is written with it, once per cause, for everybody who listens; what it holds it reads once."""

from datetime import timedelta

from gateway.store import tables
from gateway.store.store import Desk, Store
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.values import Json
from tests.house.clock import MONDAY_NOON
from tests.house.rows import add_exporter, add_row


def notice(cause: str, kind: str = "booking.confirmed") -> Json:
    return {"return_id": None, "kind": kind, "cause": cause, "occurred_at": MONDAY_NOON, "body": "{}"}


async def listener(tx: Desk, *kinds: str, enabled: bool = True) -> str:
    return await add_row(tx, tables.endpoints, kinds=list(kinds), enabled=enabled)


async def told(store: Store, exporter: str) -> list[tuple[str, str]]:
    """Each delivery as cause and target."""
    async with store.reading(exporter) as tx:
        causes = {row.id: row.cause for row in await tx.notices.those()}
        return sorted((causes[row.notice_id], row.target_id) for row in await tx.deliveries.those())


async def test_each_cause_is_told_once_to_everybody_who_takes_its_kind(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        everything, some = await listener(tx), await listener(tx, "label.ready")
        await listener(tx, enabled=False)
    async with store.transaction(exporter) as tx:
        tx.outbox.tell(notice("a"), "src_1")
        tx.outbox.tell(notice("a", "label.ready"), None)
        tx.outbox.tell(notice("b", "label.ready"), None)
    assert await told(store, exporter) == sorted([("a", everything), ("a", "src_1"), ("b", everything), ("b", some)])


async def test_what_was_told_before_is_not_told_again_and_its_neighbour_is(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        endpoint = await listener(tx)
        tx.outbox.tell(notice("a"), None)
    for _ in range(2):
        async with store.transaction(exporter) as tx:
            tx.outbox.tell(notice("a"), None)
            tx.outbox.tell(notice("b"), None)
    assert await told(store, exporter) == [("a", endpoint), ("b", endpoint)]


async def test_what_is_told_can_be_read_in_the_same_transaction(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        await listener(tx)
        tx.outbox.tell(notice("a"), None)
        await tx.outbox.write()
        assert len(await tx.deliveries.those()) == 1
    assert len(await told(store, exporter)) == 1


async def test_a_row_that_was_changed_in_any_way_is_read_anew(store: Store) -> None:
    exporter = await add_exporter(store)
    async with store.transaction(exporter) as tx:
        row_id = await add_row(tx, tables.shipments, due_at=MONDAY_NOON)

    async def seen(tx: Desk) -> Record:
        return await tx.shipments.get(row_id)

    async with store.transaction(exporter) as tx:
        before = await tx.shipments.get(row_id, lock=True)
        assert await seen(tx) is before
        await tx.shipments.set(row_id, reason="set")
        assert (await seen(tx)).reason == "set"
        await tx.run(tables.shipments.update().values(reason="made for the occasion"))
        assert (await seen(tx)).reason == "made for the occasion"
        await tx.wake("book", row_id, tx.now - timedelta(seconds=1))
        assert (await seen(tx)).due_at == tx.now - timedelta(seconds=1)
        claimed = await tx.claim(Job("book", row_id, exporter, (await seen(tx)).turn))
        assert claimed is not None
        assert (await seen(tx)).turn == claimed.turn
        await tx.settle("book", claimed, parked="why")
        assert (await seen(tx)).parked == "why"
