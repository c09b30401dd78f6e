"""Billed lines against what was agreed, and what they post. Every expectation here is worked out by hand."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.ledger import DISPUTED, PAYABLE, RECEIVABLE, entries_of
from gateway.rules.matching import BilledLine, Booked, Verdict, judge, tolerance
from schemas.charges import ChargeType, FindingKind

FREIGHT, FUEL, UNKNOWN = ChargeType.FREIGHT, ChargeType.FUEL, ChargeType.UNKNOWN
BOOKED = Booked(
    shipment_id="shp_1",
    return_id="ret_1",
    currency="EUR",
    agreed={FREIGHT: 10_000, FUEL: 1_500},
    insured=False,
    live=True,
    moved=True,
)


def line(minor: int, kind: ChargeType = FREIGHT, **given: object) -> BilledLine:
    fixed = {"id": "lin_1", "waybill": "W1", "type": kind, "minor": minor, "currency": "EUR"}
    return BilledLine(**(fixed | given))  # type: ignore[arg-type]


def verdicts(*lines: BilledLine, booked: Booked | None = BOOKED) -> list[Verdict]:
    bookings: Mapping[str, Booked] = {} if booked is None else {"W1": booked, "HW-REF": booked}
    return judge(lines, bookings)


def kinds(*lines: BilledLine, booked: Booked | None = BOOKED) -> list[FindingKind]:
    return [verdict.finding.kind for verdict in verdicts(*lines, booked=booked)]


@pytest.mark.parametrize(
    ("expected", "currency", "allowed"),
    [
        (100, "EUR", 50),  # fifty cents
        (5_000, "EUR", 50),  # one per cent is fifty cents too
        (5_099, "EUR", 50),
        (5_100, "EUR", 51),
        (100_000, "EUR", 1_000),
        (1_000, "JPY", 10),  # half a yen is none: one per cent speaks
        (49, "JPY", 0),
        (1_000, "BHD", 500),  # half a dinar is five hundred fils
        (100_000, "BHD", 1_000),
        (-100_000, "EUR", 1_000),  # a credit has the same
    ],
)
def test_the_tolerance_is_half_a_unit_or_one_per_cent(expected: int, currency: str, allowed: int) -> None:
    assert tolerance(expected, currency) == allowed


@pytest.mark.parametrize(
    ("billed", "kind", "agreed"),
    [
        (10_000, FindingKind.MATCHED, 10_000),
        (10_100, FindingKind.MATCHED, 10_100),  # the edge is inside
        (10_101, FindingKind.OVER, 10_000),
        (9_900, FindingKind.MATCHED, 9_900),
        (9_899, FindingKind.UNDER, 9_899),
    ],
)
def test_within_tolerance_is_paid_and_beyond_it_only_what_was_agreed(
    billed: int, kind: FindingKind, agreed: int
) -> None:
    (verdict,) = verdicts(line(billed))
    assert (verdict.finding.kind, verdict.agreed) == (kind, agreed)
    assert (verdict.shipment_id, verdict.return_id) == ("shp_1", "ret_1")


@pytest.mark.parametrize("currency", ["JPY", "BHD"])
def test_currencies_of_other_decimals_are_held_to_the_same(currency: str) -> None:
    booked = replace(BOOKED, currency=currency)
    edge = 10_000 + tolerance(10_000, currency)
    assert kinds(line(edge, currency=currency), booked=booked) == [FindingKind.MATCHED]
    assert kinds(line(edge + 1, currency=currency), booked=booked) == [FindingKind.OVER]


def test_the_same_amount_again_is_a_duplicate_in_one_bill_and_in_the_next() -> None:
    assert kinds(line(10_000), line(10_000, id="lin_2")) == [FindingKind.MATCHED, FindingKind.DUPLICATE]
    billed_before = replace(BOOKED, billed={FREIGHT: 10_000})
    (again,) = verdicts(line(10_000), booked=billed_before)
    assert (again.finding.kind, again.agreed) == (FindingKind.DUPLICATE, 0)


def test_parts_of_what_was_agreed_may_come_in_several_lines() -> None:
    parts = verdicts(line(6_000), line(4_000, id="lin_2"))
    assert [part.finding.kind for part in parts] == [FindingKind.UNDER, FindingKind.MATCHED]
    assert sum(part.agreed for part in parts) == 10_000


def test_a_credit_for_what_was_billed_twice_is_no_duplicate() -> None:
    (credit,) = verdicts(line(-10_000), booked=replace(BOOKED, billed={FREIGHT: 20_000}))
    assert credit.finding.kind is not FindingKind.DUPLICATE


VOIDED = replace(BOOKED, live=False, moved=False)


@pytest.mark.parametrize(
    ("billed", "booked", "kind"),
    [
        (line(10_000), None, FindingKind.UNKNOWN_WAYBILL),
        (line(10_000, waybill="W9"), BOOKED, FindingKind.UNKNOWN_WAYBILL),
        (line(10_000, waybill=None), BOOKED, FindingKind.UNKNOWN_WAYBILL),
        (line(10_000, waybill=None, references=("other", "HW-REF")), BOOKED, FindingKind.MATCHED),
        (line(1, UNKNOWN), BOOKED, FindingKind.UNKNOWN_CHARGE),
        (line(10_000, currency="USD"), BOOKED, FindingKind.CURRENCY_MISMATCH),
        (line(10_000), VOIDED, FindingKind.VOIDED_BILLED),
        (line(10_000), replace(VOIDED, moved=True), FindingKind.MATCHED),  # void, and used all the same
        (line(300, ChargeType.INSURANCE), BOOKED, FindingKind.COVER_MISMATCH),
        (line(300, ChargeType.INSURANCE), replace(BOOKED, insured=True), FindingKind.UNAGREED_SURCHARGE),
        (line(300, ChargeType.REMOTE_AREA), BOOKED, FindingKind.UNAGREED_SURCHARGE),
    ],
)
def test_each_oddity_has_its_name_and_a_reason(billed: BilledLine, booked: Booked | None, kind: FindingKind) -> None:
    (verdict,) = verdicts(billed, booked=booked)
    assert verdict.finding.kind is kind
    assert verdict.finding.because
    if kind is not FindingKind.MATCHED:
        assert verdict.agreed == 0


def test_a_line_for_information_is_not_held_against_anything() -> None:
    assert kinds(line(99, UNKNOWN, informational=True), booked=None) == [FindingKind.MATCHED]


charges = st.sampled_from(ChargeType)
amounts = st.integers(-(10**9), 10**9)


@given(charges, amounts, amounts, st.sampled_from(["EUR", "JPY", "BHD"]))
def test_what_is_posted_sums_to_zero_and_owes_the_carrier_exactly_the_bill(
    kind: ChargeType, billed: int, agreed: int, currency: str
) -> None:
    entries = entries_of(kind, billed, agreed, currency)
    assert sum(entry.minor for entry in entries) == 0
    assert {entry.currency for entry in entries} <= {currency}
    by_account = {entry.account: entry.minor for entry in entries}
    assert len(by_account) == len(entries)
    assert by_account.get(PAYABLE, 0) == -billed
    assert by_account.get(RECEIVABLE, 0) == agreed
    assert by_account.get(DISPUTED, 0) == billed - agreed
    assert 0 not in by_account.values()


lines = st.lists(
    st.builds(
        line,
        st.integers(-20_000, 20_000),
        st.sampled_from([FREIGHT, FUEL, UNKNOWN, ChargeType.INSURANCE]),
        waybill=st.sampled_from(["W1", "W9", None]),
        currency=st.sampled_from(["EUR", "USD"]),
    ),
    max_size=8,
)


@given(lines)
def test_each_line_has_one_verdict_and_nothing_unexplained_is_agreed(billed: list[BilledLine]) -> None:
    judged = verdicts(*billed)
    assert [verdict.line_id for verdict in judged] == [one.id for one in billed]
    paid = (FindingKind.MATCHED, FindingKind.OVER, FindingKind.UNDER)
    for one, verdict in zip(billed, judged, strict=True):
        assert verdict.agreed == 0 or verdict.finding.kind in paid
        assert verdict.finding.billed is not None
        assert verdict.finding.billed.minor == one.minor


@given(st.lists(st.integers(1, 20_000), max_size=8))
def test_however_a_carrier_splits_its_bill_no_more_is_agreed_than_was_agreed(amounts: list[int]) -> None:
    judged = verdicts(*(line(minor, id=f"lin_{n}") for n, minor in enumerate(amounts)))
    agreed = sum(verdict.agreed for verdict in judged)
    assert agreed <= BOOKED.agreed[FREIGHT] + tolerance(BOOKED.agreed[FREIGHT], "EUR")
