"""What happened to a limit in time and is told when it is over or met, on both stores: the true end is judged, once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway import worker
from gateway.journeys import tracking
from schemas.acceptance import Clock, DeadlinePolicy, ExtensionTerms, LimitUnit, PolicySource
from schemas.limits import ChannelLimits
from schemas.starts import ClaimKind
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.web.browser import Browser
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


async def proof(house: House) -> str:
    answer = await house.mine.ask("POST", "/v1/documents", data=b"%PDF-1.7\n")
    return str((await answer.json())["document_id"])


async def test_a_pause_and_its_end_that_are_told_when_the_limit_is_over(house: House) -> None:
    return_id, before = await over(house)
    path, began = f"/v1/deadlines/{before['id']}", house.clock() - 28 * DAY
    stopped = await house.mine.post(
        f"{path}/pause", {"reason": "customs", "proof": await proof(house), "at": (began + 3 * DAY).isoformat()}
    )
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
    await house.mine.post(f"{path}/pause", {"reason": "customs", "proof": await proof(house), **at})
    await house.mine.post(f"{path}/resume", at)
    await judged(house)
    assert await state(house, return_id) == ("expired", ["due", "lapse"], 1)


async def test_a_pause_that_lasts_until_now_leaves_time(house: House) -> None:
    return_id, before = await over(house)
    path = f"/v1/deadlines/{before['id']}"
    at = house.clock() - 25 * DAY
    await house.mine.post(f"{path}/pause", {"reason": "customs", "proof": await proof(house), "at": at.isoformat()})
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


async def heard(house: House, shipment_id: str, delivered_at: datetime) -> None:
    scan = TrackingEvent(
        waybill=Waybill("SBX1"),
        status=TrackingStatus.DELIVERED,
        occurred_at=delivered_at,
        zone=ZoneSource.STATED,
        wire_code="DLV",
    )
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tracking.record(house.gw, tx, shipment_id, [scan], "poll")


async def decided(house: House, return_id: str) -> dict[str, Any]:
    said = {"decision": "reject", "decided_at": house.clock().isoformat(), "decided_by": "Li"}
    return dict(await house.mine.post(f"/v1/returns/{return_id}/acceptances", said, 201))


async def lateness(house: House, return_id: str) -> list[int]:
    told = await house.mine.get(f"/v1/returns/{return_id}/acceptances")
    return [one["late_by_seconds"] for one in told["data"]]


async def test_a_delivery_that_is_heard_after_the_decision_starts_the_limit_and_the_decision_meets_it(
    house: House, browser: Browser
) -> None:
    """Delivered on 2 March, five working days: over at midnight in Shanghai after 9 March; decided on 22 March."""
    return_id, shipment_id = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.IN_TRANSIT)
    delivered_at = house.clock()
    house.clock.forward(20 * DAY)
    assert (await decided(house, return_id))["late_by_seconds"] == 0
    assert "acceptance" not in await limits_of(house, return_id)
    await browser.sign_in()
    assert "no limit known" in await (await browser.get(f"/console/returns/{return_id}?lang=en")).text()
    await heard(house, shipment_id, delivered_at)
    limit = (await limits_of(house, return_id))["acceptance"]
    assert (limit["state"], limit["due_at"]) == ("met", "2026-03-09T16:00:00Z")
    assert limit["settled_at"] == "2026-03-22T09:30:00Z"
    assert await lateness(house, return_id) == [(12 * 24 + 17) * 3600 + 1800]
    assert "no limit known" not in await (await browser.get(f"/console/returns/{return_id}?lang=en")).text()
    kinds = [one["kind"] for one in (await house.mine.get(f"/v1/returns/{return_id}/timeline"))["moments"]]
    assert "acceptance.judged_again" in kinds
    await judged(house)
    assert await state(house, return_id) == ("met", [], 0), "it warns of nothing any more"


async def test_a_delivery_that_is_corrected_after_the_decision_moves_the_limit_and_the_window_for_damage(
    house: House,
) -> None:
    return_id, shipment_id = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.DELIVERED)
    before = await limits_of(house, return_id)
    house.clock.forward(4 * DAY)
    assert (await decided(house, return_id))["late_by_seconds"] == 0
    await heard(house, shipment_id, house.clock() - 7 * DAY)
    after = await limits_of(house, return_id)
    assert (after["acceptance"]["state"], after["claim damage"]["state"]) == ("met", "running")
    for one in ("acceptance", "claim damage"):
        assert after[one]["due_at"] < before[one]["due_at"]
        assert [past["due_at"] for past in after[one]["history"]] == [before[one]["due_at"]]
    (late,) = await lateness(house, return_id)
    over = datetime.fromisoformat(after["acceptance"]["due_at"])
    assert late == (datetime.fromisoformat("2026-03-06T09:30Z") - over).total_seconds() == 63_000


async def test_a_claim_goes_by_the_rule_of_the_day_that_it_counts_from(house: House) -> None:
    """Delivered on the old rule's last day, and heard when the new one holds."""
    terms = {"clock": Clock.CLAIM, "about": ClaimKind.DAMAGE, "unit": LimitUnit.CALENDAR_DAYS}
    rules = (
        DeadlinePolicy(amount=14, source=PolicySource.CONTRACT, valid_until=date(2026, 3, 2), **terms),
        DeadlinePolicy(amount=3, source=PolicySource.CONTRACT, valid_from=date(2026, 3, 3), **terms),
    )
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, limits=ChannelLimits(policies=rules))
    return_id, shipment_id = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.IN_TRANSIT)
    delivered_at = house.clock()
    house.clock.forward(2 * DAY)
    await heard(house, shipment_id, delivered_at)
    assert (await limits_of(house, return_id))["claim damage"]["due_at"] == "2026-03-16T16:00:00Z"
