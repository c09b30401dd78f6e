"""Where a shipment stands is a function of the set of its events, whatever the order and however often they come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.lifecycle import (
    ALLOWED,
    CLOSED,
    PHYSICAL,
    SETTLED,
    STAGE,
    STATE_OF,
    Act,
    Standing,
    require,
    return_status_of,
    shipment_state_of,
    standing_of,
)
from schemas.errors import Conflict
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingStatus as T
from tests.house.clock import MONDAY_NOON


@dataclass(frozen=True)
class Scan:
    status: str
    occurred_at: datetime = MONDAY_NOON
    piece: str | None = None
    wire_code: str = "X"


def at(status: T, hours: float = 0, piece: str | None = None) -> Scan:
    return Scan(status, MONDAY_NOON + timedelta(hours=hours), piece)


scans = st.builds(
    Scan,
    st.sampled_from(list(T)),
    st.integers(0, 6).map(lambda hours: MONDAY_NOON + timedelta(hours=hours)),
    st.sampled_from([None, None, "P1", "P2", "P3"]),
    st.sampled_from("ABC"),
)
sets_of_scans = st.lists(scans, min_size=1, max_size=10)


@given(sets_of_scans, st.integers(1, 3), st.data())
def test_order_and_repetition_change_nothing(events: list[Scan], parcels: int, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    shuffled = data.draw(st.permutations(events + again))
    assert standing_of(shuffled, parcels) == standing_of(events, parcels)


@given(sets_of_scans, st.integers(1, 3), st.sampled_from("ABC"))
def test_a_code_in_no_table_moves_nothing_that_moved(events: list[Scan], parcels: int, code: str) -> None:
    known = [event for event in events if event.status != T.UNKNOWN]
    if known:
        assert standing_of(events, parcels) == standing_of(known, parcels)


@given(sets_of_scans, scans)
def test_one_parcel_never_goes_back_a_stage_by_hearing_more(events: list[Scan], more: Scan) -> None:
    """But for one that was lost: it turns up."""
    known = [event for event in [*events, more] if event.status != T.LOST]
    mine = [Scan(event.status, event.occurred_at, None, event.wire_code) for event in known]
    assert STAGE.get(standing_of(mine).status, -1) >= STAGE.get(standing_of(mine[:-1]).status, -1)


@given(sets_of_scans, st.integers(1, 3))
def test_what_a_standing_says_agrees_with_itself(events: list[Scan], parcels: int) -> None:
    standing = standing_of(events, parcels)
    assert (standing.delivered_at is not None) == (standing.status is T.DELIVERED)
    physical = any(STAGE.get(T(event.status), -1) >= PHYSICAL for event in events)
    assert (standing.handed_over_at is not None) == physical


def test_nothing_known_is_announced_and_only_strangers_are_unknown() -> None:
    assert standing_of([]) == Standing(T.ANNOUNCED)
    assert standing_of([at(T.UNKNOWN)]) == Standing(T.UNKNOWN)


def test_delivered_stands_though_its_stamp_is_earlier_than_out_for_delivery() -> None:
    standing = standing_of([at(T.OUT_FOR_DELIVERY, 2), at(T.DELIVERED, 1), at(T.HANDED_OVER, 0)])
    assert standing == Standing(T.DELIVERED, MONDAY_NOON, MONDAY_NOON + timedelta(hours=1), hand_over_seen=True)


def test_a_hand_over_that_nobody_scanned_is_inferred_from_the_first_scan() -> None:
    inferred = standing_of([at(T.IN_TRANSIT, 3), at(T.OUT_FOR_DELIVERY, 5)])
    assert (inferred.handed_over_at, inferred.hand_over_seen) == (MONDAY_NOON + timedelta(hours=3), False)
    late = standing_of([at(T.IN_TRANSIT, 3), at(T.HANDED_OVER, 1)])
    assert (late.handed_over_at, late.hand_over_seen) == (MONDAY_NOON + timedelta(hours=1), True)


@pytest.mark.parametrize(
    ("scans", "hours"),
    [
        ([at(T.READY_TO_COLLECT, 4), at(T.READY_TO_COLLECT, 2), at(T.IN_TRANSIT, 1)], 2),
        ([at(T.READY_TO_COLLECT, 2), at(T.UNKNOWN, 9), at(T.HELD, 9)], 2),  # neither moves it
        ([at(T.READY_TO_COLLECT, 2), at(T.OUT_FOR_DELIVERY, 5)], None),
        ([at(T.READY_TO_COLLECT, 2), at(T.OUT_FOR_DELIVERY, 5), at(T.READY_TO_COLLECT, 8)], 8),
        ([at(T.READY_TO_COLLECT, 2), at(T.DELIVERED, 5)], 2),
        ([at(T.READY_TO_COLLECT, 2), at(T.RETURNED_TO_SENDER, 90)], None),
        ([at(T.READY_TO_COLLECT, 2, "P1"), at(T.OUT_FOR_DELIVERY, 5, "P2"), at(T.READY_TO_COLLECT, 7, "P2")], 2),
    ],
)
def test_it_waits_to_be_collected_until_it_moves_on(scans: list[Scan], hours: float | None) -> None:
    ready = None if hours is None else MONDAY_NOON + timedelta(hours=hours)
    assert {standing_of(list(order), 2 if scans[0].piece else 1).ready_at for order in permutations(scans)} == {ready}


def test_within_a_stage_the_latest_speaks() -> None:
    assert standing_of([at(T.IN_CUSTOMS, 3), at(T.IN_TRANSIT, 2)]).status is T.IN_CUSTOMS
    assert standing_of([at(T.DELIVERY_FAILED, 3), at(T.OUT_FOR_DELIVERY, 2)]).status is T.DELIVERY_FAILED


def test_back_at_the_sender_wins_over_the_delivery_that_carriers_write_there() -> None:
    standing = standing_of([at(T.RETURNED_TO_SENDER, 1), at(T.DELIVERED, 2)])
    assert standing.status is T.RETURNED_TO_SENDER
    assert standing.delivered_at is None


def test_a_lost_parcel_that_turns_up_later_is_delivered() -> None:
    assert standing_of([at(T.LOST, 1), at(T.DELIVERED, 5)]).status is T.DELIVERED


@pytest.mark.parametrize("found", [T.HANDED_OVER, T.IN_TRANSIT, T.READY_TO_COLLECT])
def test_what_is_scanned_after_it_was_lost_is_found_and_what_was_scanned_before_is_not(found: T) -> None:
    assert standing_of([at(T.LOST, 1), at(found, 5)]).status is found
    assert standing_of([at(found, 1), at(T.LOST, 5)]).status is T.LOST
    assert standing_of([at(T.LOST, 1), at(T.ANNOUNCED, 5)]).status is T.LOST


def test_one_parcel_that_turns_up_does_not_find_the_other() -> None:
    lost = [at(T.LOST, 1, "P1"), at(T.LOST, 1, "P2")]
    assert standing_of([*lost, at(T.DELIVERED, 3, "P1")], parcels=2).status is T.LOST
    assert standing_of([*lost, at(T.DELIVERED, 3, "P1"), at(T.IN_TRANSIT, 3, "P2")], parcels=2).status is T.IN_TRANSIT


def test_a_cancelled_label_that_is_scanned_was_used_all_the_same() -> None:
    assert standing_of([at(T.CANCELLED, 1)]).status is T.CANCELLED
    assert standing_of([at(T.CANCELLED, 5), at(T.HANDED_OVER, 1)]).status is T.HANDED_OVER


def test_a_shipment_stands_where_its_slowest_parcel_stands() -> None:
    one, two = at(T.DELIVERED, 3, "P1"), at(T.IN_TRANSIT, 4, "P2")
    assert standing_of([one, two], parcels=2).status is T.IN_TRANSIT
    both = standing_of([one, two, at(T.DELIVERED, 9, "P2")], parcels=2)
    assert both == Standing(T.DELIVERED, MONDAY_NOON + timedelta(hours=3), MONDAY_NOON + timedelta(hours=9))


def test_a_parcel_that_nobody_has_spoken_of_yet_holds_the_shipment_back() -> None:
    announced = at(T.ANNOUNCED, 0)
    assert standing_of([announced, at(T.DELIVERED, 3, "P1")], parcels=2).status is T.ANNOUNCED


def test_an_event_about_the_whole_shipment_counts_for_each_parcel() -> None:
    events = [at(T.IN_TRANSIT, 1, "P1"), at(T.IN_TRANSIT, 1, "P2"), at(T.DELIVERED, 3)]
    assert standing_of(events, parcels=2).status is T.DELIVERED


@pytest.mark.parametrize("status", list(T))
def test_every_status_has_its_state_and_our_own_acts_keep_the_word_until_a_scan(status: T) -> None:
    assert status in STATE_OF
    scanned = STAGE.get(status, 0) >= PHYSICAL
    for current in (ShipmentState.CANCELLED, ShipmentState.EXPIRED):
        assert shipment_state_of(current, status) == (STATE_OF[status] if scanned else current)
    assert shipment_state_of(ShipmentState.BOOKED, status) is STATE_OF[status]


def test_a_return_stands_where_its_slowest_shipment_stands() -> None:
    booked = ReturnStatus.BOOKED
    assert return_status_of(booked, [ShipmentState.DELIVERED, ShipmentState.MOVING]) is ReturnStatus.SHIPPED
    assert return_status_of(booked, [ShipmentState.DELIVERED] * 2) is ReturnStatus.DELIVERED
    assert return_status_of(booked, [ShipmentState.CANCELLED, ShipmentState.DELIVERED]) is ReturnStatus.DELIVERED
    assert return_status_of(ReturnStatus.APPROVED, []) is ReturnStatus.APPROVED


@pytest.mark.parametrize("current", [ReturnStatus.BOOKED, ReturnStatus.EXPIRED, ReturnStatus.SHIPPED])
def test_a_return_whose_labels_are_cancelled_is_as_before_it_was_booked(current: ReturnStatus) -> None:
    assert return_status_of(current, [ShipmentState.CANCELLED]) is ReturnStatus.APPROVED
    assert return_status_of(current, [ShipmentState.CANCELLED], ReturnStatus.EXPIRED) is current
    assert return_status_of(current, []) is current
    assert return_status_of(ReturnStatus.REFUND_ONLY, [ShipmentState.CANCELLED]) is ReturnStatus.REFUND_ONLY


@pytest.mark.parametrize("final", sorted(CLOSED | SETTLED))
@given(st.lists(st.sampled_from(list(ShipmentState))))
def test_a_scan_does_not_reopen_a_return(final: ReturnStatus, shipments: list[ShipmentState]) -> None:
    assert return_status_of(final, shipments) is final


@given(st.lists(st.sampled_from(list(ShipmentState)), max_size=5), st.randoms())
def test_the_order_of_shipments_does_not_matter(shipments: list[ShipmentState], chance: object) -> None:
    shuffled = list(shipments)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert return_status_of(ReturnStatus.APPROVED, shuffled) is return_status_of(ReturnStatus.APPROVED, shipments)


@pytest.mark.parametrize("act", list(Act))
def test_an_act_is_ours_only_in_its_states_and_the_refusal_names_the_state(act: Act) -> None:
    for state in {*ShipmentState, *ReturnStatus}:
        if state in ALLOWED[act]:
            require(act, state)
        else:
            with pytest.raises(Conflict, match=str(state)) as refused:
                require(act, state)
            assert refused.value.state == state


def test_no_second_label_for_a_booked_shipment_and_no_void_of_one_that_moves() -> None:
    for act, state in (
        (Act.BOOK, ShipmentState.BOOKED),
        (Act.BOOK, ShipmentState.CANCELLED),
        (Act.VOID, ShipmentState.MOVING),
        (Act.VOID, ShipmentState.DELIVERED),
        (Act.COLLECT, ShipmentState.MOVING),
        (Act.ACCEPT, ReturnStatus.APPROVED),
    ):
        with pytest.raises(Conflict):
            require(act, state)
