"""What people did to a limit in time and tell when it is over, on both stores: the new end is judged, once."""

from datetime import timedelta
from typing import Any

import pytest

from gateway import worker
from gateway.journeys import tracking
from schemas.acceptance import Clock, DeadlinePolicy, ExtensionTerms, LimitUnit, PolicySource
from schemas.tracking import TrackingReport, TrackingStatus
from tests.web.doors import ON_BOTH, House
from tests.web.test_limits import limits_of, scanned

pytestmark = ON_BOTH
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def the_last_look_finds_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked(*_: Any) -> TrackingReport:
        return TrackingReport()

    monkeypatch.setattr(tracking, "look_now", looked)


async def judged(house: House) -> None:
    for _ in range(4):
        for job in await house.gw.store.due("judge"):
            await worker.run(house.gw, job)


async def over(house: House) -> tuple[str, dict[str, Any]]:
    """A return of 2 March whose seven days have been over for three weeks; its acceptance limit as it was."""
    terms = {"amount": 7, "unit": LimitUnit.CALENDAR_DAYS}
    policy = DeadlinePolicy(
        clock=Clock.ACCEPTANCE, source=PolicySource.CONTRACT, grace=DAY, extension=ExtensionTerms(**terms), **terms
    )
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, acceptance=policy)
    return_id, _ = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.DELIVERED)
    before = (await limits_of(house, return_id))["acceptance"]
    house.clock.forward(28 * DAY)
    await judged(house)
    assert await state(house, return_id) == ("expired", ["due", "lapse"], 1)
    return return_id, before


async def state(house: House, return_id: str) -> tuple[str, list[str], int]:
    """How the limit stands, which of its ends fired, and how many questions about it are open."""
    case = await house.mine.get(f"/v1/returns/{return_id}")
    (limit,) = [one for one in case["deadlines"] if one["clock"] == "acceptance"]
    open_ones = [task for task in case["tasks"] if task["kind"] == "deadline_missed" and "acceptance" in task["detail"]]
    return limit["state"], [name for name in limit["fired"] if name in ("due", "lapse")], len(open_ones)


async def missed(house: House, return_id: str) -> list[str]:
    """The ends that fired, in order."""
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        said = await tx.audit.of_chain(return_id)
        row = await tx.deadlines.of_clock("acceptance", return_id)
    return [one.after["at"][:10] for one in said if (one.action, one.subject_id) == ("deadline.fired.due", row.id)]


async def test_a_pause_and_its_end_that_are_told_when_the_limit_is_over(house: House) -> None:
    return_id, before = await over(house)
    path, began = f"/v1/deadlines/{before['id']}", house.clock() - 28 * DAY
    stopped = await house.mine.post(f"{path}/pause", {"reason": "customs", "at": (began + 3 * DAY).isoformat()})
    assert stopped["state"] == "paused"
    await judged(house)
    assert await state(house, return_id) == ("paused", [], 0), "it was not missed as far as is known now"
    await house.mine.post(f"{path}/resume", {"at": (began + 4 * DAY).isoformat()})
    await judged(house)
    assert await state(house, return_id) == ("expired", ["due", "lapse"], 1)
    assert await missed(house, return_id) == ["2026-03-09", "2026-03-11"], "two days were touched"
    await judged(house)
    assert len(await missed(house, return_id)) == 2


async def test_a_pause_that_took_no_time_leaves_it_as_missed_as_it_was(house: House) -> None:
    return_id, before = await over(house)
    path, at = f"/v1/deadlines/{before['id']}", {"at": (house.clock() - 25 * DAY).isoformat()}
    await house.mine.post(f"{path}/pause", {"reason": "customs", **at})
    await house.mine.post(f"{path}/resume", at)
    await judged(house)
    assert await state(house, return_id) == ("expired", ["due", "lapse"], 1)


async def test_a_pause_that_lasts_until_now_leaves_time(house: House) -> None:
    return_id, before = await over(house)
    path = f"/v1/deadlines/{before['id']}"
    at = house.clock() - 25 * DAY
    await house.mine.post(f"{path}/pause", {"reason": "customs", "at": at.isoformat()})
    await house.mine.post(f"{path}/resume", {})
    await judged(house)
    assert await state(house, return_id) == ("running", [], 0)
    house.clock.forward(9 * DAY)
    await judged(house)
    assert await state(house, return_id) == ("expired", ["due", "lapse"], 1)


async def test_more_time_that_is_told_when_it_is_over_as_well(house: House) -> None:
    return_id, before = await over(house)
    asked = {"amount": 7, "asked_at": (house.clock() - 26 * DAY).isoformat()}
    longer = await house.mine.post(f"/v1/deadlines/{before['id']}/extend", asked)
    assert longer["state"] == "expired"
    await judged(house)
    assert await state(house, return_id) == ("expired", ["due", "lapse"], 1)
    assert await missed(house, return_id) == ["2026-03-09", "2026-03-16"]
