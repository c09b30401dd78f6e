"""The archive, killed where it must not be: between the file that is written and the rows that go."""

from datetime import timedelta

from schemas.returns import ReturnStatus
from tests.faults.town import Town


async def killed_before_it_deletes(town: Town, point: str) -> None:
    """What is in the file is still in the database; the next run writes the same file, and then deletes."""
    await town.up()
    await town.authorise()
    booked = await town.booked()
    await town.bench.tell("journey", waybill=booked.waybill, every_hours=0, steps=["COL", "HUB"])
    await town.come_to_rest()
    town.clock.advance(timedelta(hours=5))
    await town.until(lambda: _seen(town, "in_transit"))
    await town.come_to_rest()
    await town.down()
    async with town.gw.store.transaction(town.settled.exporter) as tx:
        long_ago = tx.now - timedelta(days=500)
        await tx.returns.set(booked.return_id, status=ReturnStatus.CLOSED, updated_at=long_ago)
        await tx.looks.plan(await tx.shipments.get(booked.id), None)
    await town.died([town.start("archive", CRASH=point)])
    (written,) = (town.settings.data / "archive").rglob("*.jsonl.gz")
    kept = written.read_bytes()
    assert await _events(town, booked.id) == 2
    again = town.start("archive")
    assert await again.ended() == 0
    assert await _events(town, booked.id) == 0
    assert [path.read_bytes() for path in (town.settings.data / "archive").rglob("*.jsonl.gz")] == [kept]
    town.running.clear()


async def _seen(town: Town, status: str) -> bool:
    return bool((await town.settled.shipments_of("R1"))[0].status == status)


async def _events(town: Town, shipment_id: str) -> int:
    return len(await town.settled.reading(lambda tx: tx.events.of_shipment(shipment_id)))
