"""F59 where no process dies: what a restored copy has forgotten is looked up at the carrier, never booked again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.backup import NotEmpty, backup, restore
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import booking, pickups, verdicts
from gateway.store import tables
from schemas.shipments import PickupRequest
from tests.faults.house import House
from tests.faults.judgement import judge
from tests.faults.params import by_rest, on_sqlite, states


@asynccontextmanager
async def restored(house: House, settings: Settings, file: Path) -> AsyncIterator[House]:
    """A copy out of the backup, its accounts opened again, at the same carrier and the same clock."""
    elsewhere, ours = another(settings), house.clock
    await restore(elsewhere, file)
    async with open_gateway(elsewhere, clock=ours, monotonic=lambda: ours().timestamp()) as gw:
        await verdicts.resume_all(gw, house.settled.exporter, "operator")
        yield House(replace(house.settled, gateway=gw), ours)


async def test_f59_what_arrived_since_the_backup(house: House, settings: Settings) -> None:
    """The shop lists the return to the copy, which finds its booking under the reference that the lost one had."""
    file = settings.data / "backup.db"
    await backup(settings, file)
    lost = await house.booked()
    async with restored(house, settings, file) as copy:
        await copy.pass_time(timedelta(hours=1))
        found = await copy.shipment()
        assert (found.waybill, found.client_ref) == (lost.waybill, lost.client_ref)
        assert len(await house.ledger("booked")) == 1
        (attempt,) = await copy.attempts()
        assert [row.action for row in await copy.said(attempt)][:2] == ["booking.sending", "booking.unknown"]
        verdict = await judge(copy.gw, house.bench)
    told_by_the_lost = ("I1 ", "I10 ")  # the message it received, the notices it sent
    assert [one for one in verdict.offences if not one.startswith(told_by_the_lost)] == []
    assert (verdict.returns, verdict.live) == (1, 1)


async def test_f59_what_was_refused_in_the_backup_and_booked_since(house: House, settings: Settings) -> None:
    """A person puts it right once more in the copy: it is looked up under the reference that the lost booking had."""
    await house.script("refuse")
    await house.authorise()
    await house.come_to_rest()
    assert states(await house.attempts()) == ["refused"]
    file = settings.data / "backup.db"
    await backup(settings, file)
    await booked_again(house)
    lost = await house.shipment()
    async with restored(house, settings, file) as copy:
        await booked_again(copy)
        found = await copy.shipment()
        assert (found.waybill, found.client_ref) == (lost.waybill, lost.client_ref)
        assert len(await house.ledger("booked")) == 1
        verdict = await judge(copy.gw, house.bench)
    assert [one for one in verdict.offences if not one.startswith("I10 ")] == []  # the notices that the lost one sent


async def booked_again(house: House) -> None:
    """What stood in the way was put right."""
    async with house.gw.store.transaction(house.settled.exporter, "operator:ann") as tx:
        await verdicts.book_again(tx, (await house.shipment()).id)
    await house.come_to_rest()
    assert states(await house.attempts())[-1] == "live"


async def test_f59_after_the_doubt(house: House) -> None:
    """A return that was approved after the doubt's end is booked without a look-up."""
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.accounts.set(house.settled.account, doubted_until=house.clock() - timedelta(days=30))
    await house.booked()
    (attempt,) = await house.attempts()
    assert "booking.unknown" not in [row.action for row in await house.said(attempt)]
    await house.judge()


@by_rest
@on_sqlite
async def test_a_restore_that_dies_leaves_nothing_that_could_be_resumed(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the copy is there with its accounts shut, or nothing is, and the restore can be done again."""
    await house.authorise()
    await house.run("ingest")  # planned, and not booked
    file = settings.data / "backup.db"
    await backup(settings, file)
    elsewhere = another(settings)

    async def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(booking, "doubt", die)
        with pytest.raises(SystemExit):
            await restore(elsewhere, file)
    async with open_gateway(elsewhere) as gw, gw.store.front_desk() as connection:
        assert (await connection.execute(select(tables.accounts))).all() == []
    await restore(elsewhere, file)
    async with open_gateway(elsewhere) as gw, gw.store.front_desk() as connection:
        (account,) = await connection.execute(select(tables.accounts))
        assert account.paused
        assert account.doubted_until
        assert [row.state for row in await connection.execute(select(tables.attempts))] == ["unknown"]
    with pytest.raises(NotEmpty):
        await restore(elsewhere, file)


@by_rest
@on_sqlite
async def test_f59_a_pickup_that_was_booked_since_is_looked_up(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = await house.booked()
    at = shipment.request
    ready = house.clock() + timedelta(days=2)
    request = PickupRequest(
        client_ref=at.client_ref,
        address=at.shipper.address,
        contact=at.shipper,
        parcels=at.parcels,
        ready_at=ready,
        close_at=ready + timedelta(hours=6),
        zone="Europe/Paris",
    )
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await pickups.request_pickup(tx, house.settled.account, request, [shipment.id])
    file = settings.data / "backup.db"
    await backup(settings, file)
    await house.come_to_rest()
    assert len(await house.ledger("pickup_booked")) == 1
    monkeypatch.setattr("gateway.backup.open_gateway", partial(open_gateway, clock=house.clock))
    async with restored(house, settings, file) as copy:
        await copy.pass_time(timedelta(hours=1))
        (pickup,) = await copy.settled.reading(lambda tx: tx.pickups.those())
        assert pickup.state == "booked"
        (attempt,) = await copy.settled.reading(lambda tx: tx.attempts.of_subject("pickup", pickup.id))
        assert "pickup.unknown" in [row.action for row in await copy.said(attempt)]
        verdict = await judge(copy.gw, house.bench)
    assert [one for one in verdict.offences if not one.startswith("I10 ")] == []
    assert len(await house.ledger("pickup_booked")) == 1


def another(settings: Settings) -> Settings:
    """Another machine with the same keys and no database yet."""
    elsewhere = settings.model_copy(update={"data": settings.data / "elsewhere", "db": "", "key_file": settings.keys})
    elsewhere.data.mkdir()
    return elsewhere
