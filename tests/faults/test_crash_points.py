"""Every named place where a process may die, each with a real process that kills itself there, on both stores.

F06, F07, F24 to F27, F41, F45, F47 and F51 are among them; the others have no number and are held to the same.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

import gateway
from gateway.journeys.resolving import ACTS
from gateway.store import tables
from schemas.shipments import ShipmentState
from tests.faults import asks
from tests.faults.archiving import killed_before_it_deletes
from tests.faults.town import Town
from tests.faults.whole import whole

SOURCE = Path(gateway.__file__).parent
EXERCISED: set[str] = set()


def point(name: str) -> str:
    """Notes that a test exercises it."""
    EXERCISED.add(name)
    return name


async def fall(town: Town, name: str, **sent: Any) -> None:
    """A return is authorised while the processes carry this crash point; one dies and is started again."""
    started = await town.up(crash=name)
    await town.authorise(wait=False, **sent)
    await asks.after_the_fall(town, await town.died(started))


async def ends_booked_once(town: Town) -> None:
    await town.booked()
    verdict = await town.judge()
    assert (verdict.returns, verdict.live, len(await town.ledger("booked"))) == (1, 1, 1)


POINT_INTAKE_BEFORE = point("intake.before_commit")


@whole()
async def test_f06_killed_before_the_inbox_commit(town: Town) -> None:
    await fall(town, POINT_INTAKE_BEFORE)
    tries = await town.webhooks_sent()
    assert not isinstance(tries[0]["status"], int)  # nothing was answered
    assert tries[-1]["status"] == 200
    await ends_booked_once(town)


POINT_INTAKE_AFTER = point("intake.after_commit")


@whole()
async def test_f07_killed_after_the_commit_before_the_reply(town: Town) -> None:
    await fall(town, POINT_INTAKE_AFTER)
    assert (await town.webhooks_sent())[-1]["status"] == 200
    async with town.gw.store.front_desk() as connection:
        (row,) = (await connection.execute(select(tables.inbox))).all()
    assert row.repeats >= 1  # the repetition was known
    await ends_booked_once(town)


@whole(each=[point("ingest.before_commit")])
async def test_killed_while_a_message_is_read(town: Town, one: str) -> None:
    await fall(town, one)
    await ends_booked_once(town)


@whole(each=[point("booking.before_send")])
async def test_f24_killed_with_the_intent_written_and_nothing_sent(town: Town, one: str) -> None:
    await fall(town, one)
    await ends_booked_once(town)


@whole(each=[point("booking.after_send")])
async def test_f25_killed_before_the_reply_was_read(town: Town, one: str) -> None:
    await fall(town, one)
    await ends_booked_once(town)


@whole(each=[point("booking.before_commit")])
async def test_f26_killed_before_the_reply_was_written(town: Town, one: str) -> None:
    await fall(town, one)
    await ends_booked_once(town)


@whole(each=[point("booking.after_commit")])
async def test_f27_killed_before_the_notice_went_out(town: Town, one: str) -> None:
    await fall(town, one)
    await town.booked()
    heard = [entry["id"] for entry in await town.told() if '"type":"booking.confirmed"' in entry["body"]]
    assert len(set(heard)) == 1
    await ends_booked_once(town)


@whole(each=[point("resolve.before_commit")])
async def test_killed_while_an_unknown_booking_is_looked_up(town: Town, one: str) -> None:
    await town.script("accept_then_500")
    started = await town.up(crash=one)
    await town.authorise()
    await town.until(lambda: _somebody_fell(started), within=15)
    await asks.after_the_fall(town, await town.died(started))
    await ends_booked_once(town)


async def _somebody_fell(started: list[Any]) -> bool:
    return any(one.status is not None for one in started)


@whole(each=[point(f"void.{place}") for place in ("before_send", "after_send", "before_commit", "after_commit")])
async def test_killed_while_voiding(town: Town, one: str) -> None:
    started = await town.up(crash=one)
    await town.authorise()
    await town.booked()
    status, _, _ = await town.api("POST", f"/v1/returns/{await _return_id(town)}/cancel")
    assert status < 300
    await asks.after_the_fall(town, await town.died(started))
    verdict = await town.judge()
    assert (verdict.live, len(await town.ledger("voided"))) == (0, 1)
    assert (await town.settled.shipments_of())[0].state == ShipmentState.CANCELLED


async def _return_id(town: Town) -> str:
    row = await town.settled.return_of()
    assert row is not None
    return str(row.id)


@whole(each=[point(f"pickup.{place}") for place in ("before_send", "after_send", "before_commit", "after_commit")])
async def test_killed_while_a_pickup_is_booked(town: Town, one: str) -> None:
    started = await town.up(crash=one)
    await town.authorise()
    await asks.ask_for_pickup(town)
    await asks.after_the_fall(town, await town.died(started))
    await town.judge()
    assert len(await town.ledger("pickup_booked")) == 1


@whole(each=[point(f"pickup_void.{place}") for place in ("before_send", "after_send", "before_commit", "after_commit")])
async def test_killed_while_a_pickup_is_cancelled(town: Town, one: str) -> None:
    started = await town.up(crash=one)
    await town.authorise()
    pickup = await asks.ask_for_pickup(town)
    await town.until(lambda: town.ledger("pickup_booked"))
    await town.come_to_rest()
    status, said, _ = await town.api("POST", f"/v1/pickups/{pickup['id']}/cancel")
    assert status < 300, said
    await asks.after_the_fall(town, await town.died(started))
    await town.judge()
    assert (len(await town.ledger("pickup_booked")), len(await town.ledger("pickup_cancelled"))) == (1, 1)


@whole(each=[point(f"renewal.{place}") for place in ("before_send", "after_send")])
async def test_killed_while_an_authorisation_is_renewed(town: Town, one: str) -> None:
    started = await town.up(crash=one)
    await town.authorise()
    booked = await town.booked()
    await town.come_to_rest()  # a notice that is signed before the clock jumps would arrive too old
    town.clock.advance(timedelta(days=11))
    await town.come_to_rest()
    status, said, _ = await town.api("POST", f"/v1/bookings/{booked.id}/renew", json={"days": 10}, key="renew-R1")
    assert status == 202, said
    await asks.after_the_fall(town, await town.died(started))
    await town.judge()
    (entry,) = await town.ledger("renewed")
    clock = await town.settled.reading(lambda tx: tx.deadlines.of_clock("hand_over", booked.id))
    assert clock.due_by == datetime.fromisoformat(entry["until"])


@whole(each=[point(f"application.{place}") for place in ("before_send", "after_send")])
async def test_killed_while_an_application_is_handed_in(town: Town, one: str) -> None:
    """It is handed in again under the same name, and the platform has one."""
    started = await town.up(crash=one)
    said = await asks.apply_for_return(town)
    await asks.after_the_fall(town, await town.died(started))
    assert len({entry["rma"] for entry in await town.ledger("applied")}) == 1
    _, now, _ = await town.api("GET", f"/v1/applications/{said['id']}")
    assert now["handed_in"]["state"] == "live"


@whole(each=[point(one) for one in asks.FILED])
async def test_killed_while_something_is_filed(town: Town, one: str) -> None:
    kind = one.partition(".")[0]
    await asks.ready_for(town, kind)
    started = await town.up(crash=one)
    await asks.ASKS[kind][0](town)
    await asks.after_the_fall(town, await town.died(started))
    await town.judge()
    await asks.done_once(town, kind)


@whole(each=[point("poll.mid_page"), point("poll.before_commit")])
async def test_f41_the_poller_is_killed_halfway(town: Town, one: str) -> None:
    await town.up()
    for name in ("R1", "R2"):
        await town.authorise(name)
    for name in ("R1", "R2"):
        booked = await town.booked(name)
        await town.bench.tell("journey", waybill=booked.waybill, every_hours=0, steps=["COL", "HUB", "CIN"])
    await town.come_to_rest()
    await town.down()
    started = await town.up(crash=one)
    town.clock.advance(timedelta(hours=5))  # both are overdue for a look
    await asks.after_the_fall(town, await town.died(started))

    async def all_seen() -> bool:
        rows = [(await town.settled.shipments_of(name))[0] for name in ("R1", "R2")]
        return all(row.status == "in_customs" for row in rows)

    await town.until(all_seen)
    for name in ("R1", "R2"):
        shipment = (await town.settled.shipments_of(name))[0]
        assert len(await _events(town, shipment.id)) == 3
    await town.judge()


async def _events(town: Town, shipment_id: str) -> list[Any]:
    return list(await town.settled.reading(lambda tx: tx.events.of_shipment(shipment_id)))


@whole(each=[point("deadline.after_fire")])
async def test_f45_killed_between_firing_and_telling(town: Town, one: str) -> None:
    await town.up()
    await town.authorise()
    booked = await town.booked()
    await town.come_to_rest()
    limits = await town.settled.reading(lambda tx: tx.deadlines.of_return(booked.return_id))
    (limit,) = [row for row in limits if row.clock == "hand_over"]
    await town.down()
    started = await town.up(crash=one)
    town.clock.advance(limit.terms.stages[0].at - town.clock() + timedelta(seconds=1))
    await asks.after_the_fall(town, await town.died(started))

    async def heard() -> list[str]:
        return [entry["id"] for entry in await town.told() if '"type":"deadline.reminder"' in entry["body"]]

    await town.until(heard)
    assert len(set(await heard())) == 1
    await town.judge()


LINES = 3000


@whole(each=[point("invoice.mid"), "invoice.mid:3", point("invoice.before_commit")])
async def test_f47_killed_in_an_import(town: Town, one: str) -> None:
    """A long invoice: all of it or nothing; imported again it comes to the same as without the fall."""
    await asks.import_twice(town, one, LINES)
    verdict = await town.judge(within=40)
    assert verdict.ledger_sum == 0
    async with town.gw.store.front_desk() as connection:
        lines = tables.invoice_lines.c
        counted = (await connection.execute(select(func.count(), func.sum(lines.minor)))).one()
        states = (await connection.execute(select(tables.invoices.c.state))).scalars().all()
    assert tuple(counted) == (LINES, LINES * 101)
    assert states == ["reconciled"]


@whole(each=[point("outbound.after_2xx")])
async def test_f51_killed_after_the_endpoint_said_well(town: Town, one: str) -> None:
    await fall(town, one)
    heard = [entry["id"] for entry in await town.told()]
    assert len(heard) > len(set(heard))  # sent again, under the same id
    await ends_booked_once(town)


@whole(each=[point("archive.before_delete")])
async def test_the_archive_is_killed_before_it_deletes(town: Town, one: str) -> None:
    await killed_before_it_deletes(town, one)
    await town.judge()


def test_every_crash_point_is_exercised() -> None:
    """All names in the source, and no others."""
    stages = sorted(ACTS)
    named = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        for name in re.findall(r'\bcrash\(f?"([^"]+)"\)', text):
            named |= _expanded(name, path, stages)
    assert named == EXERCISED


def _expanded(name: str, path: Path, stages: list[str]) -> set[str]:
    if "{" not in name:
        return {name}
    place = name.rpartition(".")[2]
    if path.name == "core.py":  # around the sends of every kind of creating call
        return {f"{stage}.{moment}" for stage in stages for moment in ("before_send", "after_send")}
    kinds = asks.KINDS.get(path.name, ("booking", "void"))
    return {f"{kind}.{place}" for kind in kinds}
