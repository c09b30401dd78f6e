"""The life of a claim, what it is worth, and what bounds it."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.rules import claims
from gateway.rules.claims import LIFE, ClaimAct, after, allows, goods_of, suffered
from gateway.rules.liability import bounds
from schemas.acceptance import Condition, Inspection, Packaging
from schemas.claims import ClaimState
from schemas.errors import Conflict
from schemas.returns import ReturnItem
from schemas.starts import ClaimKind
from schemas.values import Money

ACT = ClaimAct


def item(line: str, quantity: int, price: str | None, currency: str = "EUR") -> ReturnItem:
    return ReturnItem(
        line_id=line, title=f"Thing {line}", quantity=quantity, unit_price=Money.of(price, currency) if price else None
    )


def looked(line: str, quantity: int, condition: Condition) -> Inspection:
    return Inspection(line_id=line, quantity=quantity, condition=condition, packaging=Packaging.DAMAGED)


def test_only_money_or_a_person_ends_a_claim() -> None:
    over = {state for state in ClaimState if not any(known == state for _, known in LIFE)}
    assert over == {ClaimState.PAID, ClaimState.WITHDRAWN}
    assert {act for (act, _), led in LIFE.items() if led in over} == {ACT.PAY, ACT.WITHDRAW}


def test_while_it_is_being_filed_only_the_carriers_answer_moves_it() -> None:
    assert {act for act, state in LIFE if state is ClaimState.FILING} == {ACT.TAKEN, ACT.NOT_TAKEN}


def test_every_state_is_reached_from_a_draft() -> None:
    reached = {ClaimState.DRAFT}
    while more := {led for (_, state), led in LIFE.items() if state in reached} - reached:
        reached |= more
    assert reached == set(ClaimState)


def test_what_was_rejected_may_still_be_accepted_and_paid() -> None:
    assert after(ACT.ACCEPT, "rejected") is ClaimState.ACCEPTED
    assert after(ACT.PAY, "rejected") is ClaimState.PAID
    assert not allows(ACT.REJECT, "rejected")
    with pytest.raises(Conflict, match="cannot pay a claim in state draft"):
        after(ACT.PAY, "draft")


def test_only_what_happened_on_the_way_is_claimed() -> None:
    seen = [
        looked("1", 1, Condition.DAMAGED),
        looked("1", 2, Condition.MISSING),
        looked("2", 1, Condition.USED),
        looked("3", 0, Condition.DAMAGED),
    ]
    assert suffered(seen) == {"1": 3}


def test_goods_are_worth_what_their_pieces_cost() -> None:
    items = [item("1", 3, "10.00"), item("2", 1, "5.50")]
    assert goods_of(items) == ("3 Thing 1, 1 Thing 2", Money.of("35.50", "EUR"))
    assert goods_of(items, {"1": 2}) == ("2 Thing 1", Money.of("20.00", "EUR"))
    assert goods_of(items, {"1": 9}) == ("3 Thing 1", Money.of("30.00", "EUR"))  # no more than came back
    assert goods_of([*items, item("3", 1, None)])[1] is None
    assert goods_of([*items, item("3", 1, "1.00", "USD")])[1] is None
    assert goods_of([], {})[1] is None


def test_every_kind_says_what_it_has_to_bring() -> None:
    assert set(claims.EVIDENCE) == set(ClaimKind)


@pytest.mark.parametrize(
    ("on", "sdr"),
    [
        (date(2026, 3, 2), "33.80"),
        (date(2024, 12, 28), "33.80"),
        (date(2024, 12, 27), "28.60"),
        (date(2019, 12, 27), "24.70"),
        (date(2009, 12, 29), "22.10"),
    ],
)
def test_the_air_limit_is_that_of_the_day_of_shipping(on: date, sdr: str) -> None:
    found = {one.law: one for one in bounds(grams=1_300, packages=1, on=on, crosses_border=True, insured=None)}
    assert (str(found["montreal"].amount), found["montreal"].unit) == (sdr, "SDR")
    assert str(found["cmr"].amount) == "10.83"  # 8.33 for 1.3 kg
    assert found["hague_visby"].amount == Decimal("666.67")  # a package is more than 2.60


def test_cover_comes_first_and_conventions_hold_across_borders_only() -> None:
    worth = Money.of("120.00", "EUR")
    found = bounds(grams=1_000, packages=2, on=date(2026, 3, 2), crosses_border=True, insured=worth)
    assert [one.law for one in found] == ["cover", "montreal", "cmr", "hague_visby"]
    assert (found[0].amount, found[0].unit) == (Decimal("120.00"), "EUR")
    assert found[3].amount == Decimal("1333.34")
    at_home = bounds(grams=1_000, packages=1, on=date(2026, 3, 2), crosses_border=False, insured=worth)
    assert [one.law for one in at_home] == ["cover"]
