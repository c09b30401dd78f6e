"""A platform's list beside its webhooks: nothing newer is undone, and a list that is longer than a turn comes to its end."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters import registry
from gateway.journeys import intake
from gateway.store.work import Job
from schemas.errors import CredentialsRejected, CredentialsStale, Refused
from schemas.returns import ListedReturns, ReturnAuthorization, ReturnStatus
from tests.faults.house import House
from tests.faults.params import by_rest, on_sqlite

pytestmark = [by_rest, on_sqlite]
Meanwhile = Callable[[str], Awaitable[None]]


class Shop:
    """A platform that lists ids, answers by them, and knows no versions: `meanwhile` goes on between its answer and us."""

    def __init__(self, house: House, told: dict[str, ReturnAuthorization]) -> None:
        self.house, self.told = house, told
        self.asked: list[str] = []
        self.listed: list[tuple[datetime, str | None]] = []
        self.meanwhile: Meanwhile | None = None
        self.expired: set[str] = set()
        """Marks of pages that it takes no more."""

    async def list_returns(self, since: datetime, after: str | None) -> ListedReturns:
        self.listed.append((since, after))
        if after in self.expired:
            raise Refused("this page's mark is too old")
        ids = list(self.told)
        half = len(ids) // 2 + 1
        return ListedReturns(ids=tuple(ids[half:] if after else ids[:half]), next=None if after else "half")

    async def fetch_return(self, rma_id: str) -> ReturnAuthorization:
        self.asked.append(rma_id)
        answer = self.told.get(rma_id)
        if self.meanwhile is not None:
            await self.meanwhile(rma_id)
        if answer is None:
            raise Refused("not here")
        return answer


@pytest.fixture
async def shop(house: House, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """In the place of the sandbox's, with a return R1 that is known and approved."""
    await house.authorise()
    await house.run("ingest")
    row = await house.settled.return_of()
    assert row is not None
    there = dict(registry.platforms())
    asked = Shop(house, {"R1": row.authorization.model_copy(update={"version_at": None})})

    async def list_returns(_: Any, since: datetime, after: str | None) -> ListedReturns:
        return await asked.list_returns(since, after)

    async def fetch_return(_: Any, rma_id: str) -> ReturnAuthorization:
        return await asked.fetch_return(rma_id)

    verbs = {"list_returns": list_returns, "fetch_return": fetch_return}
    there["sandbox"] = type("Unversioned", (there["sandbox"],), verbs)
    monkeypatch.setattr(registry, "platforms", lambda: there)
    return asked


async def list_now(house: House) -> None:
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.wake("list", house.settled.source)
    await house.run("list")


async def source(house: House) -> Any:
    return await house.settled.reading(lambda tx: tx.sources.get(house.settled.source))


async def test_what_was_asked_for_earlier_does_not_undo_what_was_asked_for_later(house: House, shop: Shop) -> None:
    """The list asks for a return; before its answer is applied, a webhook's says that it is cancelled."""
    cancelled = shop.told["R1"].model_copy(update={"status": ReturnStatus.CANCELLED})

    async def cancel(rma_id: str) -> None:
        house.clock.advance(timedelta(seconds=1))
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            await intake.apply(tx, await tx.sources.get(house.settled.source), cancelled, tx.now)

    shop.meanwhile = cancel
    await list_now(house)
    row = await house.settled.return_of()
    assert row is not None
    assert row.status == ReturnStatus.CANCELLED
    assert (await house.shipment()).cancel_asked_at is not None
    shop.meanwhile, shop.told["R1"] = None, shop.told["R1"].model_copy(update={"note": "approved once more"})
    house.clock.advance(timedelta(seconds=1))
    await list_now(house)
    row = await house.settled.return_of()
    assert row is not None
    assert row.status == ReturnStatus.APPROVED  # asked for after it was cancelled: the platform's last word


async def test_a_list_that_is_longer_than_a_turn_goes_on_where_it_stopped(house: House, shop: Shop) -> None:
    known = shop.told.pop("R1")
    shop.told |= {f"L{number}": known.model_copy(update={"rma_id": f"L{number}"}) for number in range(9)}

    async def slowly(rma_id: str) -> None:
        house.clock.advance(timedelta(seconds=20))

    shop.meanwhile, began = slowly, house.clock()
    turns = 0
    while (await source(house)).listing is not None or not turns:
        await list_now(house)
        turns += 1
        assert turns < 9, "it begins again and again"
    assert turns > 1
    assert shop.asked == list(shop.told)  # each once
    assert [after for _, after in shop.listed] == [None, "half"]
    assert len({since for since, _ in shop.listed}) == 1
    assert (await source(house)).listed_until >= began
    assert (await source(house)).listed_until < began + timedelta(seconds=20)


async def test_f12_a_list_whose_page_is_refused_begins_anew(house: House, shop: Shop) -> None:
    """It was cut off for longer than the platform takes a page's mark: asked for with that, it would never go on."""
    known = shop.told.pop("R1")
    shop.told |= {f"L{number}": known.model_copy(update={"rma_id": f"L{number}"}) for number in range(4)}
    shop.expired = {"half"}
    await list_now(house)
    shop.expired = set()
    house.clock.advance(timedelta(hours=1))
    await house.run("list")
    assert [after for _, after in shop.listed] == [None, "half", None, "half"]
    assert {await house.settled.return_of(one) is not None for one in shop.told} == {True}
    assert (await source(house)).listing is None
    await house.judge()


async def test_a_list_that_another_turn_took_over_writes_nothing_more(house: House, shop: Shop) -> None:
    shop.told = {"L1": shop.told["R1"].model_copy(update={"rma_id": "L1"})}

    async def take_over(rma_id: str) -> None:
        house.clock.advance(timedelta(minutes=5))
        async with house.gw.store.transaction(house.settled.exporter) as tx:
            held = await tx.sources.get(house.settled.source)
            assert await tx.claim(Job("list", held.id, held.exporter_id, held.turn)) is not None

    shop.meanwhile = take_over
    await list_now(house)
    assert await house.settled.return_of("L1") is None
    assert (await source(house)).listed_until is None


async def test_one_that_the_platform_does_not_tell_does_not_hold_up_the_others(house: House, shop: Shop) -> None:
    known = shop.told["R1"]
    shop.told = {"L1": known, "L2": known.model_copy(update={"rma_id": "L2"})}

    async def forget(rma_id: str) -> None:
        if rma_id == "L1":
            raise Refused("not here any more")

    shop.meanwhile = forget
    await list_now(house)
    assert await house.settled.return_of("L2") is not None
    assert [task.kind for task in await house.tasks()] == ["parked"]
    assert (await source(house)).listing is None


@pytest.mark.parametrize("raised", [CredentialsStale, CredentialsRejected])
async def test_a_message_waits_for_a_shop_that_does_not_know_us(
    house: House, shop: Shop, raised: type[CredentialsRejected]
) -> None:
    """A token that ended is asked for again at once; credentials that are taken no more are one task for a person, and once
    they are put right what came meanwhile is read."""
    shop.told |= {rma_id: shop.told["R1"].model_copy(update={"rma_id": rma_id}) for rma_id in ("R2", "R3")}
    left = 1 if raised is CredentialsStale else 2

    async def reject(rma_id: str) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise raised("401")

    shop.meanwhile = reject
    await house.authorise("R2")
    await house.authorise("R3")
    await house.run("ingest")
    asked = [] if raised is CredentialsStale else ["source_rejected"]
    assert [task.kind for task in await house.tasks()] == asked
    house.clock.advance(timedelta(minutes=15))
    await house.run("ingest")
    assert await house.settled.return_of("R2")
    assert await house.settled.return_of("R3")
    assert [task.kind for task in await house.tasks()] == asked
    await house.judge()
