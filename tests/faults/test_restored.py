"""F59 where no process dies: what a restored copy has forgotten is looked up at the carrier, never booked again."""

from dataclasses import replace
from datetime import timedelta

from gateway.backup import backup, restore
from gateway.config import Settings
from gateway.core import open_gateway
from gateway.journeys import verdicts
from tests.faults.house import House
from tests.faults.judgement import judge


async def test_f59_what_arrived_since_the_backup(house: House, settings: Settings) -> None:
    """The shop lists the return to the copy, which finds its booking under the reference that the lost one had."""
    file = settings.data / "backup.db"
    await backup(settings, file)
    lost = await house.booked()
    elsewhere = settings.model_copy(update={"data": settings.data / "elsewhere", "db": "", "key_file": settings.keys})
    elsewhere.data.mkdir()
    await restore(elsewhere, file)
    ours = house.clock
    async with open_gateway(elsewhere, clock=ours, monotonic=lambda: ours().timestamp()) as gw:
        copy = House(replace(house.settled, gateway=gw), ours)
        await verdicts.resume_all(gw, house.settled.exporter, "operator")
        await copy.pass_time(timedelta(hours=1))
        found = await copy.shipment()
        assert (found.waybill, found.client_ref) == (lost.waybill, lost.client_ref)
        assert len(await house.ledger("booked")) == 1
        (attempt,) = await copy.attempts()
        assert [row.action for row in await copy.said(attempt)][:2] == ["booking.sending", "booking.unknown"]
        verdict = await judge(gw, house.bench)
    told_by_the_lost = ("I1 ", "I10 ")  # the message it received, the notices it sent
    assert [one for one in verdict.offences if not one.startswith(told_by_the_lost)] == []
    assert (verdict.returns, verdict.live) == (1, 1)


async def test_f59_after_the_doubt(house: House) -> None:
    """A return that was approved after the doubt's end is booked without a look-up."""
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.accounts.set(house.settled.account, doubted_until=house.clock() - timedelta(days=30))
    await house.booked()
    (attempt,) = await house.attempts()
    assert "booking.unknown" not in [row.action for row in await house.said(attempt)]
    await house.judge()
