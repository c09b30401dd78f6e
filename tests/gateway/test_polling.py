"""A turn at one carrier: how much it asks, how many calls at once, and what one bad answer does to the others."""

import asyncio
from collections import deque
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from adapters import registry
from adapters.seam import Pace
from gateway.journeys import polling
from schemas.errors import RefusalCode, Refused, Throttled, Unavailable, Unintelligible
from schemas.tracking import TrackingReport
from schemas.values import Waybill


class Carrier:
    """Answers when it is let; `says` are errors by waybill."""

    def __init__(self, says: dict[str, Exception] | None = None) -> None:
        self.says = says or {}
        self.asked: list[str] = []
        self.under_way = self.most = self.calls = 0

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        self.calls += 1
        self.asked += waybills
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        for waybill in waybills:
            if waybill in self.says:
                raise self.says[waybill]
        return TrackingReport(not_found=tuple(waybills))


def a_turn(carrier: Carrier, shipments: int, *, ends: float = 10.0) -> polling.Turn:
    waiting = deque([SimpleNamespace(id=f"s{number}", waybill=f"W{number}")] for number in range(shipments))
    gw: Any = SimpleNamespace(monotonic=lambda: 0.0)
    return polling.Turn(gw, SimpleNamespace(tries=1), carrier, waiting, ends)  # type: ignore[arg-type]


async def answers(turn: polling.Turn, callers: int) -> list[str]:
    """Waybills that were answered about, page after page."""
    turn.begin(callers)
    answered: list[str] = []
    over = False
    while not over:
        page, over = await turn.page()
        assert len(page) <= polling.PAGE
        answered += [shipment.waybill for batch, _ in page for shipment in batch]
    await asyncio.gather(*turn.callers)
    return answered


async def test_several_calls_are_under_way_at_once_and_each_shipment_is_asked_about_once() -> None:
    carrier = Carrier()
    answered = await answers(a_turn(carrier, 120), 8)
    assert carrier.most == 8
    assert sorted(carrier.asked) == sorted(answered) == sorted(f"W{number}" for number in range(120))


@pytest.mark.parametrize("error", [Refused("no such number"), Unintelligible("HTML")])
async def test_what_is_wrong_with_one_shipment_is_not_held_against_the_others(error: Exception) -> None:
    turn = a_turn(Carrier({"W0": error}), 20)
    answered = await answers(turn, 3)
    assert len(answered) == 19
    assert turn.trouble() is None
    assert [shipment.waybill for batch, _ in turn.unread for shipment in batch] == ["W0"]


@pytest.mark.parametrize("error", [Refused("no such number"), Unintelligible("HTML")])
async def test_a_call_that_fails_by_one_of_its_shipments_is_made_for_the_others(error: Exception) -> None:
    """They are asked about together again and again: none of them would be heard of any more."""
    carrier = Carrier({"W7": error})
    turn = a_turn(carrier, 50)
    turn.waiting = deque([[shipment for (shipment,) in turn.waiting]])
    assert sorted(await answers(turn, 3)) == sorted({f"W{number}" for number in range(50)} - {"W7"})
    assert [shipment.waybill for batch, _ in turn.unread for shipment in batch] == ["W7"]
    assert carrier.calls <= 13


async def test_where_no_call_can_be_read_they_are_not_split_for_ever() -> None:
    carrier = Carrier({f"W{number}": Unintelligible("HTML") for number in range(200)})
    turn = a_turn(carrier, 200)
    turn.waiting = deque(
        [[shipment for (shipment,) in list(turn.waiting)[first : first + 50]] for first in range(0, 200, 50)]
    )
    assert await answers(turn, 3) == []
    assert carrier.calls <= 4 + 2 * polling.SPLITS
    assert sum(len(batch) for batch, _ in turn.unread) == 200


async def test_a_number_that_is_refused_alone_is_an_answer() -> None:
    """Else it is asked about every few minutes, day and night, and its carrier said to be silent."""
    turn = a_turn(Carrier({"W0": Refused("no such number")}), 1)
    assert await answers(turn, 3) == []
    assert turn.trouble() is None
    shut = Refused("no such account", code=RefusalCode.ACCOUNT_INVALID)
    turn = a_turn(Carrier({"W0": shut}), 1)
    await answers(turn, 3)
    assert turn.trouble() is shut
    astray = Refused("status 404")
    turn = a_turn(Carrier({f"W{number}": astray for number in range(50)}), 50)
    await answers(turn, 3)
    assert turn.trouble() is astray  # something before the carrier answers


async def test_where_nothing_can_be_read_the_carrier_is_left_alone() -> None:
    error = Unintelligible("HTML")
    turn = a_turn(Carrier({"W0": error}), 1)
    assert await answers(turn, 3) == []
    assert turn.trouble() is error


@pytest.mark.parametrize("error", [Throttled("slow down"), Unavailable("away")])
async def test_a_carrier_that_does_not_want_to_is_asked_nothing_more(error: Exception) -> None:
    carrier = Carrier({"W5": error})
    turn = a_turn(carrier, 100)
    answered = await answers(turn, 2)
    assert turn.trouble() is error
    assert len(carrier.asked) <= 8  # those that were under way already
    assert sorted(answered) == sorted(set(carrier.asked) - {"W5"})  # and what was answered is kept


@pytest.mark.parametrize(
    ("says", "back"), [({}, True), ({"W5": Unavailable("away")}, True), ({"W0": Unavailable("away")}, False)]
)
async def test_a_silence_is_over_when_anything_was_answered(says: dict[str, Exception], back: bool) -> None:
    turn = a_turn(Carrier(says), 10)
    await answers(turn, 1)
    assert turn.ends_silence() is False  # there was none
    turn.account = SimpleNamespace(tries=polling.SILENT_AFTER + 1)  # type: ignore[assignment]
    assert turn.ends_silence() is back


async def test_a_turn_begins_nothing_after_its_time() -> None:
    carrier = Carrier()
    assert await answers(a_turn(carrier, 5, ends=0.0), 2) == []
    assert carrier.asked == []


async def test_a_bug_in_a_caller_is_the_jobs() -> None:
    turn = a_turn(Carrier({"W0": ZeroDivisionError()}), 1)
    turn.begin(1)
    assert await turn.page() == ([], True)
    with pytest.raises(ZeroDivisionError):
        await asyncio.gather(*turn.callers)


def test_a_turn_takes_what_the_lane_carries_in_its_time() -> None:
    profile = registry.carrier("sandbox_rest").profile

    def shipments(per_second: float, batch: int) -> int:
        pace = Pace(per_second=per_second)
        return polling.in_a_turn(profile.model_copy(update={"pace": pace, "tracking_batch": batch}))

    assert shipments(0.01, 1) == 1
    assert shipments(2, 10) == 300
    assert shipments(20, 1) == 300
    assert shipments(2000, 50) == polling.MOST
