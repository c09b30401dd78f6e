"""F37-F40: what a carrier may do to its own scans. F41, where the poller dies, is among the crash points."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import CapturingLogger

from adapters import registry
from gateway.journeys import polling, tracking
from gateway.store import tables
from gateway.store.store import Desk
from schemas.errors import RefusalCode, Refused, Throttled
from schemas.shipments import ShipmentState
from tests.faults.house import House
from tests.faults.params import by_rest
from tests.faults.scans import events, polled, pushed

STEPS = ("COL", "HUB", "CIN", "HUB", "OFD", "DLV")


@by_rest
@pytest.mark.parametrize("first", ["poll", "push"])
async def test_f37_by_poll_and_by_push(pushing: House, first: str) -> None:
    house = pushing
    booked = await house.booked()
    told = await house.bench.tell("journey", waybill=booked.waybill, every_hours=0, steps=STEPS, push=False)
    scans = [{**scan, "waybill": booked.waybill} for scan in told["scans"]]
    for turn in ("poll", "push") if first == "poll" else ("push", "poll"):
        await (polled(house) if turn == "poll" else pushed(house, scans))
        assert len(await events(house)) == len(STEPS)
    await pushed(house, scans)
    await pushed(house, list(reversed(scans[1:])))
    assert len(await events(house)) == len(STEPS)
    assert (await house.shipment()).state == ShipmentState.DELIVERED
    await house.come_to_rest()
    assert len(await house.notices("tracking.status_changed")) == 1
    await house.judge()


@by_rest
async def test_f38_in_any_order(pushing: House) -> None:
    """Delivered is stamped minutes before out-for-delivery; one standing, whatever arrives first. Through all doors; fifty
    orders on PostgreSQL too in `tests/journeys/test_any_order.py`."""
    house, start = pushing, pushing.clock()
    seen, orders = set(), 50 if pushing.gw.store.database.is_sqlite else 20
    minutes = {"COL": 0, "HUB": 60, "CIN": 120, "OFD": 300, "DLV": 296}
    for turn in range(orders):
        name = f"R{turn}"
        await house.settled.authorise(name)
    await house.webhooks_sent()
    await house.come_to_rest()
    chance = random.Random(38)
    for turn in range(orders):
        waybill = (await house.shipment(f"R{turn}")).waybill
        scans = [
            {"waybill": waybill, "id": f"{turn}-{code}", "code": code, "at": (start + timedelta(minutes=m)).isoformat()}
            for code, m in minutes.items()
        ]
        chance.shuffle(scans)
        cut = chance.randrange(1, len(scans))
        for part in (scans[:cut], scans[cut:], scans[:1]):
            await pushed(house, part)
        row = await house.shipment(f"R{turn}")
        seen.add((row.status, row.state, row.handed_over_at, row.delivered_at))
    assert seen == {("delivered", "delivered", start, start + timedelta(minutes=296))}
    await house.judge()


@by_rest
async def test_f39_stamps_in_the_future(house: House) -> None:
    """A delivery stamped a year ahead is kept as it came; limits run from when we heard of it at the latest."""
    booked = await house.booked()
    ahead = (house.clock() + timedelta(days=365)).isoformat()
    await house.bench.tell("scans", waybill=booked.waybill, code="COL", at=ahead)
    await house.bench.tell("scans", waybill=booked.waybill, code="DLV", at=ahead)
    assert (await polled(house)).status == "delivered"
    kept = await events(house)
    assert {one.occurred_at for one in kept} == {datetime.fromisoformat(ahead)}
    assert {(one.zone, one.wire_time) for one in kept} == {("assumed", ahead)}
    limits = {row.clock: row for row in await _limits(house)}
    assert limits["hand_over"].state == "met"
    assert limits["acceptance"].terms.start_at <= house.clock()
    assert not list(await house.notices("deadline.missed"))
    await house.judge()


async def _limits(house: House) -> list[Any]:
    row = await house.settled.return_of()
    assert row is not None
    return list(await house.settled.reading(lambda tx: tx.deadlines.of_return(row.id)))


@by_rest
async def test_f39_stamps_without_zone_and_unreadable(house: House) -> None:
    booked = await house.booked()
    local = house.clock().replace(tzinfo=None, microsecond=0).isoformat()
    await house.bench.tell("scans", waybill=booked.waybill, code="COL", at=local)
    await house.bench.tell("scans", waybill=booked.waybill, code="HUB", at="tomorrow, perhaps")
    assert (await polled(house)).status == "in_transit"
    kept = {one.wire_code: one for one in await events(house)}
    assert (kept["COL"].zone, kept["COL"].wire_time) == ("assumed", local)
    assert (kept["HUB"].zone, kept["HUB"].wire_time) == ("assumed", "tomorrow, perhaps")
    assert not await house.notices("deadline.missed")
    await house.judge()


async def test_f40_an_unknown_code(house: House) -> None:
    booked = await house.booked()
    for code in ("COL", "ZZ9"):
        await house.bench.tell("scans", waybill=booked.waybill, code=code)
    assert (await polled(house)).status == "handed_over"
    kept = {one.wire_code: one.status for one in await events(house)}
    assert kept == {"COL": "handed_over", "ZZ9": "unknown"}
    async with house.gw.store.front_desk() as connection:
        counted = (await connection.execute(select(tables.unknown_codes))).one()
    assert (counted.adapter, counted.code, counted.seen) == (house.carrier, "ZZ9", 1)
    await house.judge()


@by_rest
async def test_a_carrier_that_falls_silent_is_said_once_and_so_is_its_return(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(polling, "log", said)
    await house.booked()
    await house.reach_carrier_at("http://127.0.0.1:9")
    await house.pass_time(timedelta(hours=6))
    await house.reach_carrier_at(None)
    await house.pass_time(timedelta(hours=6))
    assert [call.args[0] for call in said.calls] == ["carrier.silent", "carrier.back"]


@by_rest
async def test_a_shut_lane_is_no_silence_of_the_carriers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(polling, "log", said)
    await house.booked()
    account = await house.settled.reading(lambda tx: tx.accounts.get(house.settled.account))
    lane = house.gw.lanes.of(account.lane, registry.carrier(account.carrier).profile.pace)
    lane.heard(Throttled("slow down", retry_after=3000))
    await polled(house)
    assert said.calls == []
    later = await house.settled.reading(lambda tx: tx.accounts.get(house.settled.account))
    assert later.due_at - house.clock() > timedelta(seconds=2900)  # nobody asks before it opens


@by_rest
async def test_a_number_that_was_given_out_before(house: House) -> None:
    """The carrier still knows the parcel that had this waybill last year, delivered and all."""
    booked = await house.booked()
    before, now = house.clock() - timedelta(days=300), house.clock()
    for code, at in (("COL", before), ("DLV", before + timedelta(days=4)), ("COL", now), ("HUB", now)):
        await house.bench.tell("scans", waybill=booked.waybill, code=code, at=at.isoformat())
    row = await polled(house)
    assert (row.status, row.handed_over_at) == ("in_transit", now)
    assert [one.wire_code for one in await events(house)] == ["COL", "HUB"]
    await house.judge()


@by_rest
async def test_somebody_who_wants_to_know_does_not_end_a_carriers_silence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(polling, "log", said)
    await house.booked()
    await house.reach_carrier_at("http://127.0.0.1:9")
    for _ in range(polling.SILENT_AFTER + 2):
        await polled(house)
    assert [call.args[0] for call in said.calls] == ["carrier.silent"]
    await house.reach_carrier_at(None)
    await polled(house)
    assert [call.args[0] for call in said.calls] == ["carrier.silent", "carrier.back"]


@by_rest
async def test_a_turn_that_asks_nobody_tells_nothing_of_a_carriers_silence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(polling, "log", said)
    await house.booked()
    await house.reach_carrier_at("http://127.0.0.1:9")
    for look in (tracking.refresh, _nothing_due) * (polling.SILENT_AFTER + 2):
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            await look(tx, (await house.shipment()).id)
        await house.run_due()
    assert [call.args[0] for call in said.calls] == ["carrier.silent"]
    await house.reach_carrier_at(None)
    await polled(house)
    assert [call.args[0] for call in said.calls] == ["carrier.silent", "carrier.back"]


async def _nothing_due(tx: Desk, shipment_id: str) -> datetime:
    """The account's turn comes, and no shipment's."""
    shipment = await tx.shipments.get(shipment_id)
    await tx.looks.plan(shipment, tx.now + timedelta(hours=1))
    await tx.wake("poll", shipment.account_id)
    return tx.now


@by_rest
async def test_a_number_that_its_carrier_refuses_is_asked_about_no_oftener_than_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked, asked = await house.booked(), []

    async def track(carrier: object, waybills: list[str]) -> None:
        asked.extend(waybills)
        raise Refused("no such number", code=RefusalCode.NOT_FOUND)

    monkeypatch.setattr(registry.carrier(house.carrier), "track", track)
    await house.pass_time(timedelta(hours=24))
    assert 2 <= len(asked) <= 8
    look = await house.settled.reading(lambda tx: tx.looks.find(booked.id))
    assert look.poll_at > house.clock()
