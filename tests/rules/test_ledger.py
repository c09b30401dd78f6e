"""What a judged line posts, and how a fee is shared out. Every expectation here is worked out by hand."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.ledger import (
    DISPUTED,
    OWED,
    OWED_DUTY,
    PAYABLE,
    RECEIVED,
    paid_beside_bills,
    share_out,
    transfers_of,
)
from schemas.charges import ChargeType, Transfer


def balances(transfers: Sequence[Transfer]) -> Counter[str]:
    sums = Counter[str]()
    for one in transfers:
        sums[one.debit] += one.minor
        sums[one.credit] -= one.minor
    return sums


amounts = st.integers(-(10**9), 10**9)


@given(st.sampled_from(ChargeType), amounts, amounts, st.dictionaries(st.text("abc", min_size=1), st.integers(0, 99)))
def test_what_is_posted_sums_to_zero_and_owes_the_carrier_exactly_the_bill(
    kind: ChargeType, billed: int, agreed: int, weights: dict[str, int]
) -> None:
    transfers = transfers_of(kind, billed, agreed, "EUR", "ret_1", share_out(agreed, weights))
    sums = balances(transfers)
    assert sum(sums.values()) == 0
    assert sums[PAYABLE] == -billed
    assert sums[OWED] + sums[OWED_DUTY] == agreed
    assert sums[DISPUTED] == billed - agreed


def test_what_is_paid_beside_bills_comes_to_what_a_credit_would() -> None:
    """But for where it came: the carrier owes it no more, and its bills are what they were."""
    credit = balances(transfers_of(ChargeType.CREDIT_CLAIM, -4_000, -4_000, "EUR", "ret_1"))
    paid = balances(paid_beside_bills(4_000, "EUR", "ret_1"))
    assert paid.pop(RECEIVED) == credit.pop(PAYABLE) == 4_000
    assert paid == credit
    assert paid[OWED] == -4_000


def test_duty_is_owed_apart() -> None:
    assert balances(transfers_of(ChargeType.DUTY, 500, 500, "EUR", "ret_1"))[OWED_DUTY] == 500


def test_shares_go_by_the_largest_remainder_and_ties_by_the_key() -> None:
    assert share_out(100, {"b": 1, "a": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert share_out(-100, {"a": 1, "b": 1, "c": 1}) == {"a": -34, "b": -33, "c": -33}
    assert share_out(10, {"a": 0, "b": 3}) == {"a": 0, "b": 10}
    assert share_out(3, {"a": 0, "b": 0}) == {"a": 2, "b": 1}
    assert share_out(3, {}) == {}


@given(amounts, st.dictionaries(st.text("abcd", min_size=1), st.integers(0, 10**9), min_size=1))
def test_shares_come_to_the_amount_and_are_within_one_of_their_part(amount: int, weights: dict[str, int]) -> None:
    parts = share_out(amount, weights)
    assert sum(parts.values()) == amount
    if total := sum(weights.values()):
        assert all(abs(part * total - amount * weights[key]) < total for key, part in parts.items())
