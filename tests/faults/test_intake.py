"""F01-F13, where no process dies and no door is needed but the one that receives."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from adapters import registry
from gateway.journeys import asking, planning
from gateway.store import tables
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from tests.faults.house import House
from tests.faults.params import by_rest
from tests.house.settled import API_KEY


async def inbox(house: House) -> list[Any]:
    async with house.gw.store.front_desk() as connection:
        return list((await connection.execute(select(tables.inbox).order_by(tables.inbox.c.received_at))).all())


@pytest.fixture
def told_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that cannot be asked back: what its messages say is all there is."""
    there = dict(registry.platforms())
    there["sandbox"] = type("Told", (there["sandbox"],), {"fetch_return": None, "list_returns": None})
    monkeypatch.setattr(registry, "platforms", lambda: there)


async def send(house: House, number: int, minutes: int, **changed: Any) -> None:
    """A message of the shop about R1 as it was so many minutes from now."""
    at = (house.clock() + timedelta(minutes=minutes)).isoformat()
    message = {
        "type": "return.changed",
        "occurred_at": at,
        "data": house.settled.a_return(**changed) | {"updated_at": at},
    }
    await house.bench.tell("platform/shop/send", message=message, id=f"msg-{number}")
    await house.webhooks_sent()


@by_rest
async def test_f01_the_same_delivery_twice(house: House) -> None:
    for _ in range(2):
        await house.bench.tell("platform/shop/returns", **{"return": house.settled.a_return(), "id": "twice"})
        assert [one["status"] for one in await house.webhooks_sent()][-1] == 200
    (row,) = await inbox(house)
    assert row.repeats == 1
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@by_rest
async def test_f02_the_same_delivery_twenty_times_at_once(house: House) -> None:
    """In one process. On two processes it is among the tests of whole processes."""
    await house.bench.tell("platform/shop/returns", **{"return": house.settled.a_return(), "id": "often", "copies": 20})
    assert {one["status"] for one in await house.webhooks_sent()} == {200}
    (row,) = await inbox(house)
    assert row.repeats == 19
    await house.come_to_rest()
    await house.judge()


@by_rest
@pytest.mark.usefixtures("told_only")
@pytest.mark.parametrize("newer_first", [False, True])
async def test_f03_amended_before_booking(house: House, newer_first: bool) -> None:
    """Two deliveries of one return; the platform's time decides, whichever comes first."""
    versions = [(1, 0, {"note": "older"}), (2, 5, {"note": "newer"})]
    for number, minutes, changed in reversed(versions) if newer_first else versions:
        await send(house, number, minutes, **changed)
        await house.run("ingest")
    row = await house.settled.return_of()
    assert row is not None
    assert row.authorization.note == "newer"
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@by_rest
@pytest.mark.usefixtures("told_only")
async def test_f04_amended_after_booking(house: House) -> None:
    await send(house, 1, 0)
    await house.come_to_rest()
    booked = await house.shipment()
    await send(house, 2, 5, note="changed my mind about the colour")
    await house.come_to_rest()
    after = await house.shipment()
    assert (after.waybill, after.request, after.state) == (booked.waybill, booked.request, booked.state)
    assert len(await house.ledger("booked")) == 1
    assert "review_amendment" in [task.kind for task in await house.tasks()]
    assert len(await house.notices("return.needs_review")) == 1
    await house.judge()


@by_rest
@pytest.mark.usefixtures("told_only")
async def test_f04_amended_while_the_booking_is_unknown(house: House) -> None:
    """The carrier may have it already, as it was: a person looks, as at one that is confirmed."""
    await house.script("accept_then_reset")
    await send(house, 1, 0)
    await house.run("ingest")
    await house.run("book")
    asked = (await house.shipment()).request
    await send(house, 2, 5, note="changed my mind about the colour")
    await house.come_to_rest()
    assert (await house.shipment()).request == asked
    assert "review_amendment" in [task.kind for task in await house.tasks()]
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@by_rest
@pytest.mark.usefixtures("told_only")
async def test_f05_approved_again_before_the_cancellation_is_done(house: House) -> None:
    """What is wanted again in the moment in which it was to be stopped is booked: the last word counts."""
    for number, minutes, status in ((1, 0, "approved"), (2, 5, "cancelled"), (3, 6, "approved")):
        await send(house, number, minutes, status=status)
        await house.run("ingest")
    await house.come_to_rest()
    row = await house.settled.return_of()
    assert row is not None
    assert (row.status, (await house.shipment()).state) == (ReturnStatus.BOOKED, ShipmentState.BOOKED)
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@by_rest
@pytest.mark.usefixtures("told_only")
async def test_f05_cancelled_before_approved(house: House) -> None:
    await send(house, 2, 5, status="cancelled")
    await house.run("ingest")
    await send(house, 1, 0, status="approved")
    await house.come_to_rest()
    row = await house.settled.return_of()
    assert row is not None
    assert row.status == ReturnStatus.CANCELLED
    assert not await house.creates()
    await house.judge()


@by_rest
async def test_f08_the_platform_hangs_up(house: House) -> None:
    """The whole request and nobody to hear the answer; then the usual repetition."""
    await house.bench.tell("platform/shop/returns", **{"return": house.settled.a_return(), "hang_up": True})
    tries = await house.webhooks_sent()
    assert [one["status"] for one in tries] == ["hung up", 200]
    assert len(await inbox(house)) == 1
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    await house.judge()


@by_rest
async def test_f11_a_secret_is_rotated_under_traffic(house: House) -> None:
    """Old and new are taken in the overlap; afterwards the old one is refused."""
    old, new = house.settled.webhook_secret, "whsec_bmV3LXNlY3JldC1vZi10aGUtc2hvcA=="
    statuses: dict[str, list[Any]] = {}
    for phase, ours, theirs in (
        ("before", {"webhook_secret": old}, old),
        ("overlap, old", {"webhook_secret": old, "next_secret": new}, old),
        ("overlap, new", {"webhook_secret": old, "next_secret": new}, new),
        ("after, old", {"webhook_secret": new}, old),
        ("after, new", {"webhook_secret": new}, new),
    ):
        await _rotate(house, ours)
        await house.bench.tell("platform/shop", secret=theirs)
        sent = await asyncio.gather(*(_one(house, f"{phase} {number}") for number in range(5)))
        del sent
        tries = await house.webhooks_sent()
        statuses[phase] = [one["status"] for one in tries if one["id"].startswith(phase)]
    assert statuses.pop("after, old") == [500] * 5  # the stand-in door; the real one says 401
    assert all(seen == [200] * 5 for seen in statuses.values()), statuses
    await house.come_to_rest()
    await house.judge()


async def _rotate(house: House, secrets: dict[str, str]) -> None:
    model = registry.platform("sandbox").profile.credentials
    sealed = house.gw.seal_credentials(house.settled.source, model.model_validate({**secrets, "api_key": API_KEY}))
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.run(
            update(tables.sources).where(tables.sources.c.id == house.settled.source).values(credentials=sealed)
        )


async def _one(house: House, name: str) -> Any:
    told = {"return": house.settled.a_return(f"R-{name}", status="requested"), "id": name, "tries": 1}
    return await house.bench.tell("platform/shop/returns", **told)


@by_rest
async def test_f12_a_webhook_that_never_comes(house: House) -> None:
    """The shop's list finds it within a cycle; a webhook that comes after all makes no second return."""
    await house.pass_time(timedelta(minutes=1))
    dropped = house.settled.a_return("R1")
    await house.bench.tell("platform/shop/returns", **{"return": dropped, "drop": True})
    await house.pass_time(timedelta(minutes=20))
    await house.come_to_rest()
    assert (await house.shipment()).waybill
    await house.bench.tell("platform/shop/returns", **{"return": dropped})
    await house.webhooks_sent()
    await house.come_to_rest()
    assert len(await house.ledger("booked")) == 1
    verdict = await house.judge()
    assert verdict.returns == 1


@by_rest
async def test_f13_a_poison_message(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message our own code stumbles over: a few tries, then quarantined with a reason; the others flow; redrive works."""
    real = planning.open_return

    async def stumble(tx: Any, source: Any, authorization: Any, **rest: Any) -> str:
        if authorization.rma_id == "POISON":
            raise ZeroDivisionError("a bug of ours")
        return await real(tx, source, authorization, **rest)

    with monkeypatch.context() as broken:
        broken.setattr(planning, "open_return", stumble)
        await house.settled.authorise("POISON")
        await house.settled.authorise("R1")
        await house.webhooks_sent()
        await house.come_to_rest()
    poisoned = next(row for row in await inbox(house) if b"POISON" in row.body)
    assert poisoned.state == "quarantined"
    assert poisoned.reason
    assert (await house.shipment("R1")).waybill
    assert [task.kind for task in await house.tasks()] == ["parked", "parked"]  # by webhook, and by list
    await asking.redrive(house.gw, house.settled.exporter, poisoned.id, "operator:ann")
    await house.come_to_rest()
    assert (await house.shipment("POISON")).waybill
    await house.judge(bugs=5)
