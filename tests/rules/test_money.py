"""Billed lines against what was agreed. Every expectation here is worked out by hand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.judging import Bill, Verdict, drifts, judge
from gateway.rules.matching import BilledLine, Booked, Past, match
from gateway.rules.tolerances import Limit, Policy
from schemas.charges import ChargeType, FindingKind

FREIGHT, FUEL, UNKNOWN = ChargeType.FREIGHT, ChargeType.FUEL, ChargeType.UNKNOWN
SHIPPED = date(2026, 3, 2)
BOOKED = Booked(
    shipment_id="shp_1",
    return_id="ret_1",
    currency="EUR",
    agreed={FREIGHT: 10_000, FUEL: 1_500},
    insured=False,
    live=True,
    moved=True,
    waybills=frozenset({"W1"}),
    service="P",
    grams=2_000,
    ship_on=SHIPPED,
)
VOIDED = replace(BOOKED, live=False, moved=False)
UNPRICED = replace(BOOKED, agreed={}, currency=None)


def line(minor: int, kind: ChargeType = FREIGHT, **given: Any) -> BilledLine:
    fixed: dict[str, Any] = {"id": "lin_1", "waybill": "W1", "type": kind, "minor": minor, "currency": "EUR"}
    return BilledLine(**(fixed | given))


def verdicts(*lines: BilledLine, booked: Booked | None = BOOKED, **given: Any) -> list[Verdict]:
    index = {} if booked is None else {"W1": [booked], "HWREF": [booked]}
    numbered = [one._replace(id=f"lin_{place}") for place, one in enumerate(lines)]
    return judge(numbered, index, given.pop("policy", Policy()), Bill(**given))


def kinds(*lines: BilledLine, booked: Booked | None = BOOKED, **given: Any) -> list[FindingKind]:
    return [verdict.kind for verdict in verdicts(*lines, booked=booked, **given)]


@pytest.mark.parametrize(
    ("billed", "kind", "agreed"),
    [
        (10_000, FindingKind.MATCHED, 10_000),
        (10_100, FindingKind.MATCHED, 10_100),  # the edge is inside
        (10_101, FindingKind.RATE_OVER, 10_000),
        (9_900, FindingKind.MATCHED, 9_900),
        (9_899, FindingKind.UNDER, 9_899),
    ],
)
def test_within_tolerance_is_paid_and_beyond_it_only_what_was_agreed(
    billed: int, kind: FindingKind, agreed: int
) -> None:
    (verdict,) = verdicts(line(billed))
    assert (verdict.kind, verdict.agreed) == (kind, agreed)
    assert verdict.booked is BOOKED


def test_a_limit_of_its_own_for_a_type_and_for_too_little() -> None:
    policy = Policy(by_type={FUEL: Limit({2: 5}, 1_000)}, down=Limit({2: 5_000}, 1))
    assert kinds(line(1_505, FUEL), policy=policy) == [FindingKind.MATCHED]
    assert kinds(line(1_506, FUEL), policy=policy) == [FindingKind.FUEL_OVER]
    assert kinds(line(5_000), policy=policy) == [FindingKind.MATCHED]


AGAIN = Past(FREIGHT, 10_000, 10_000, "EUR", FindingKind.MATCHED)


def test_the_same_again_is_a_duplicate_in_one_bill_and_in_the_next() -> None:
    assert kinds(line(10_000), line(10_000)) == [FindingKind.MATCHED, FindingKind.DUPLICATE]
    (again,) = verdicts(line(10_000), booked=replace(BOOKED, past=[AGAIN]))
    assert (again.kind, again.agreed) == (FindingKind.DUPLICATE, 0)
    given_back = Past(FREIGHT, -10_000, -10_000, "EUR", FindingKind.CREDIT)
    assert kinds(line(10_000), booked=replace(BOOKED, past=[AGAIN, given_back])) == [FindingKind.MATCHED]


def test_another_ship_date_or_room_in_what_was_agreed_is_no_duplicate() -> None:
    assert kinds(line(5_000), line(5_000)) == [FindingKind.UNDER, FindingKind.MATCHED]
    (first, second) = verdicts(line(10_000), line(10_000, shipped_on=SHIPPED))
    assert {first.kind, second.kind} == {FindingKind.MATCHED, FindingKind.RATE_OVER}


def test_pieces_are_named_where_they_may_explain_a_repetition() -> None:
    found = verdicts(line(10_000), line(10_000), booked=replace(BOOKED, pieces=3))
    assert "3 pieces" in found[1].because


def test_a_waybill_of_nobodys_billed_again_is_a_duplicate() -> None:
    seen = Past(FREIGHT, 700, 0, "EUR", FindingKind.UNMATCHED)
    assert kinds(line(700), booked=None) == [FindingKind.UNMATCHED]
    assert kinds(line(700), booked=None, past={"W1": [seen]}) == [FindingKind.DUPLICATE]


CREDIT_VOID, LATE_CREDIT = ChargeType.CREDIT_VOID, ChargeType.CREDIT_SERVICE_FAILURE


def test_a_credit_closes_what_is_disputed_first() -> None:
    disputed = Past(FREIGHT, 12_000, 10_000, "EUR", FindingKind.RATE_OVER)
    (credit,) = verdicts(line(-2_500), booked=replace(BOOKED, past=[disputed]))
    assert (credit.kind, credit.closes, credit.agreed) == (FindingKind.CREDIT, 2_000, -500)
    (claim,) = verdicts(line(-2_500, ChargeType.CREDIT_CLAIM), booked=replace(BOOKED, past=[disputed]))
    assert (claim.closes, claim.agreed) == (0, -2_500)


def test_a_credit_before_its_invoice_waits_for_it() -> None:
    credit = Past(CREDIT_VOID, -10_000, -10_000, "EUR", FindingKind.CREDIT)
    (verdict,) = verdicts(line(10_000), booked=replace(VOIDED, past=[credit]))
    assert (verdict.kind, verdict.agreed, verdict.notes) == (
        FindingKind.MATCHED,
        10_000,
        (FindingKind.VOIDED_BILLED,),
    )
    used = Past(FREIGHT, 10_000, 10_000, "EUR", FindingKind.MATCHED, (FindingKind.VOIDED_BILLED,))
    assert kinds(line(9_000), booked=replace(VOIDED, past=[credit, used])) == [FindingKind.VOIDED_BILLED]
    assert kinds(line(-10_000, CREDIT_VOID), line(10_000), booked=VOIDED) == [FindingKind.CREDIT, FindingKind.MATCHED]
    assert kinds(line(-900, LATE_CREDIT), line(900, ChargeType.SIGNATURE)) == [
        FindingKind.CREDIT,
        FindingKind.ACCESSORIAL_NOT_REQUESTED,
    ]  # a credit for lateness pays for nothing else


def test_discounts_are_part_of_the_price() -> None:
    net = [line(12_500), line(-2_500, ChargeType.DISCOUNT)]
    assert kinds(*net) == [FindingKind.MATCHED, FindingKind.MATCHED]
    twice = verdicts(*net, *net)
    assert Counter(one.kind for one in twice) == {FindingKind.MATCHED: 2, FindingKind.DUPLICATE: 2}
    assert sum(one.agreed for one in twice) == 10_000
    assert kinds(*net, booked=VOIDED) == [FindingKind.VOIDED_BILLED] * 2


AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
LATE = replace(BOOKED, promised_at=AT, delivered_at=AT + timedelta(seconds=60))
DUTY, FEE, STORAGE, TAX = ChargeType.DUTY, ChargeType.DISBURSEMENT, ChargeType.STORAGE, ChargeType.TAX
OTHER_SERVICE = {"p": "P", "express worldwide": "P", "d": "D", "express documents": "D"}
K = FindingKind


@pytest.mark.parametrize(
    ("billed", "booked", "kind", "agreed"),
    [
        (line(10_000), None, K.UNMATCHED, 0),
        (line(10_000, waybill="W9"), BOOKED, K.UNMATCHED, 0),
        (line(10_000, waybill=None), BOOKED, K.UNMATCHED, 0),
        (line(10_000, waybill=None, references=("other", "HWREF")), BOOKED, K.MATCHED, 10_000),
        (line(10_000, waybill=None, references=("RMAHWREF",)), BOOKED, K.MATCHED, 10_000),
        (line(10_000, waybill="W9", original_waybill="W1"), BOOKED, K.MATCHED, 10_000),
        (line(10_000, shipped_on=SHIPPED + timedelta(days=400)), BOOKED, K.UNMATCHED, 0),  # the number was used again
        (line(300, ChargeType.SERVICE_FEE, waybill=None), BOOKED, K.INVOICE_LEVEL_FEE, 300),
        (line(1, UNKNOWN), BOOKED, K.UNKNOWN_CHARGE, 0),
        (line(10_000, currency="USD"), BOOKED, K.CURRENCY, 0),
        (line(10_000), UNPRICED, K.UNPRICED, 0),
        (line(1_500, FUEL), UNPRICED, K.UNPRICED, 0),
        (line(300, ChargeType.REMOTE_AREA), UNPRICED, K.UNPRICED, 0),
        (line(300, ChargeType.SIGNATURE), UNPRICED, K.ACCESSORIAL_NOT_REQUESTED, 0),
        (line(10_000), VOIDED, K.VOIDED_BILLED, 0),
        (line(10_000), replace(VOIDED, moved=True), K.USED_AFTER_VOID, 10_000),
        (line(12_000), replace(VOIDED, moved=True), K.RATE_OVER, 10_000),
        (line(300, ChargeType.INSURANCE), BOOKED, K.INSURANCE_NOT_REQUESTED, 0),
        (line(300, ChargeType.DECLARED_VALUE), replace(BOOKED, insured=True), K.INSURANCE_NOT_REQUESTED, 0),
        (line(300, ChargeType.REMOTE_AREA), BOOKED, K.ACCESSORIAL_NOT_REQUESTED, 0),
        (line(300, ChargeType.RESIDENTIAL), BOOKED, K.RESIDENTIAL_WRONG, 0),
        (line(300, ChargeType.ADDRESS_CORRECTION), BOOKED, K.ADDRESS_CORRECTION_WRONG, 0),
        (line(12_000, grams=3_000), BOOKED, K.WEIGHT_OVER, 10_000),
        (line(12_000, grams=2_050), BOOKED, K.RATE_OVER, 10_000),  # two scales may differ so far
        (line(15_000, grams=3_000), replace(BOOKED, dock_grams=3_000), K.MATCHED, 15_000),  # ours says so too
        (line(15_001, grams=3_000), replace(BOOKED, dock_grams=2_000), K.WEIGHT_OVER, 10_000),
        (line(500, ChargeType.WEIGHT_ADJUSTMENT), BOOKED, K.WEIGHT_OVER, 0),
        (line(5_000, ChargeType.WEIGHT_ADJUSTMENT), replace(BOOKED, dock_grams=3_000), K.MATCHED, 5_000),
        (line(12_000, service="Express Documents"), BOOKED, K.SERVICE_MISMATCH, 10_000),
        (line(12_000, service="Something new"), BOOKED, K.RATE_OVER, 10_000),
        (line(1_551, FUEL), BOOKED, K.FUEL_OVER, 1_500),
        (line(200, TAX), BOOKED, K.TAX_WRONG, 0),
        (line(200, DUTY), BOOKED, K.DUTY_RELIEF, 0),
        (line(200, DUTY), replace(BOOKED, duty_is_ours=False), K.DUTY_NOT_PAYER, 0),
        (line(200, DUTY), replace(BOOKED, relief=False), K.MATCHED, 200),
        (line(200, STORAGE), BOOKED, K.STORAGE_OVER, 0),
        (line(200, STORAGE), replace(BOOKED, storage=100), K.STORAGE_OVER, 100),
        (line(150, STORAGE), replace(BOOKED, storage=100), K.MATCHED, 150),
        (line(10_000), LATE, K.LATE_DELIVERY, 0),
        (line(10_000), replace(LATE, delivered_at=AT + timedelta(seconds=59)), K.MATCHED, 10_000),
        (line(0, UNKNOWN), None, K.MATCHED, 0),
        (line(99, UNKNOWN, informational=True), None, K.MATCHED, 0),
    ],
)
def test_each_oddity_has_its_name_its_part_and_a_reason(
    billed: BilledLine, booked: Booked | None, kind: FindingKind, agreed: int
) -> None:
    (verdict,) = verdicts(billed, booked=booked, services=OTHER_SERVICE)
    assert (verdict.kind, verdict.agreed) == (kind, agreed)
    assert verdict.because


def test_fuel_on_a_disputed_weight_is_part_of_that_dispute() -> None:
    lines = [line(10_000), line(1_500, FUEL), line(2_000, ChargeType.WEIGHT_ADJUSTMENT), line(300, FUEL)]
    assert kinds(*lines) == [K.MATCHED, K.MATCHED, K.WEIGHT_OVER, K.WEIGHT_OVER]
    assert kinds(*lines[:3], line(900, FUEL)) == [K.MATCHED, K.MATCHED, K.WEIGHT_OVER, K.FUEL_OVER]


def test_tax_is_rate_times_what_is_taxed_and_outlay_is_not() -> None:
    taxed = replace(BOOKED, tax_permille=190, relief=False)
    lines = [line(10_000), line(1_500, FUEL), line(4_000, DUTY)]
    assert kinds(*lines, line(2_185, TAX), booked=taxed)[-1] is K.MATCHED
    wrong = verdicts(*lines, line(2_945, TAX), booked=taxed)[-1]
    assert (wrong.kind, wrong.agreed) == (K.TAX_WRONG, 2_185)


def test_a_fee_for_duty_goes_with_the_duty_or_by_its_formula() -> None:
    assert kinds(line(4_000, DUTY), line(900, FEE)) == [K.DUTY_RELIEF, K.DISBURSEMENT_OVER]
    due = replace(BOOKED, relief=False)
    policy = Policy(disbursement_share=25, disbursement_minimum=700)
    assert kinds(line(40_000, DUTY), line(1_000, FEE), booked=due, policy=policy)[1] is K.MATCHED
    assert kinds(line(4_000, DUTY), line(700, FEE), booked=due, policy=policy)[1] is K.MATCHED
    over = verdicts(line(4_000, DUTY), line(900, FEE), booked=due, policy=policy)[1]
    assert (over.kind, over.agreed) == (K.DISBURSEMENT_OVER, 700)


def test_a_stale_bill_names_its_days_and_what_else_is_wrong_is_a_note() -> None:
    late = date(2026, 3, 2) + timedelta(days=181)
    (verdict,) = verdicts(line(10_000), issued_on=late)
    assert verdict.kind is K.LATE_BILLED
    assert "181 days" in verdict.because
    (both,) = verdicts(line(10_200), issued_on=late)
    assert (both.kind, both.notes) == (K.RATE_OVER, (K.LATE_BILLED,))


def test_a_premium_that_is_not_billed_is_a_note_on_the_freight() -> None:
    covered = replace(BOOKED, insured=True, agreed={FREIGHT: 10_000, ChargeType.INSURANCE: 330})
    (freight,) = verdicts(line(10_000), booked=covered)
    assert (freight.kind, freight.notes) == (K.MATCHED, (K.COVER_MISSING,))


def test_small_overs_that_add_up_are_one_finding() -> None:
    agreed = {f"W{n}": [replace(BOOKED, shipment_id=f"shp_{n}", waybills=frozenset({f"W{n}"}))] for n in range(30)}
    lines = [line(10_049, id=f"lin_{n}", waybill=f"W{n}") for n in range(30)]
    judged = judge(lines, agreed, Policy())
    assert {one.kind for one in judged} == {K.MATCHED}
    (drift,) = drifts(lines, judged, {}, Policy())
    assert (drift.minor, drift.limit, drift.lines) == (30 * 49, 1_000, 30)
    assert drifts(lines[:20], judged[:20], {}, Policy()) == []
    assert drifts(lines[:20], judged[:20], {"EUR": 21}, Policy())[0].minor == 1_001


def test_a_number_that_may_mean_two_bookings_means_none() -> None:
    other = replace(BOOKED, shipment_id="shp_2", waybills=frozenset({"W2"}))
    found = match(line(1, waybill=None, references=("RMA1",)), {"RMA1": [BOOKED, other]}, Policy())
    assert (found.booked, found.candidates) == (None, ("shp_1", "shp_2"))
    outbound = replace(BOOKED, outbound="OUT1")
    assert match(line(1, waybill="OUT1"), {"OUT1": [outbound]}, Policy()).booked is None
    assert match(line(1, waybill=None, original_waybill="OUT1"), {"OUT1": [outbound]}, Policy()).booked is outbound
    barcode = "96" + "0" * 20 + "123456789012"
    assert match(line(1, waybill=barcode), {"123456789012": [BOOKED]}, Policy()).key == "123456789012"


bills = st.lists(
    st.builds(
        line,
        st.integers(-20_000, 20_000),
        st.sampled_from([FREIGHT, FUEL, UNKNOWN, ChargeType.INSURANCE, ChargeType.DISCOUNT, DUTY, FEE, CREDIT_VOID]),
        waybill=st.sampled_from(["W1", "W9", None]),
        currency=st.sampled_from(["EUR", "USD"]),
    ),
    max_size=8,
)


@given(bills, st.randoms(use_true_random=False))
def test_each_line_has_one_verdict_whatever_the_order(billed: list[BilledLine], chance: Any) -> None:
    """The same lines in another order come to the same verdicts, and to the same money."""
    judged = verdicts(*billed)
    assert [verdict.line_id for verdict in judged] == [f"lin_{n}" for n in range(len(billed))]
    shuffled = chance.sample(billed, len(billed))

    def told(lines: Sequence[BilledLine], found: Sequence[Verdict]) -> Counter[Any]:
        return Counter((one.type, one.minor, v.kind, v.agreed) for one, v in zip(lines, found, strict=True))

    assert told(shuffled, verdicts(*shuffled)) == told(billed, judged)


@given(st.lists(st.integers(1, 20_000), max_size=8))
def test_however_a_carrier_splits_its_bill_no_more_is_agreed_than_was_agreed(amounts: list[int]) -> None:
    judged = verdicts(*(line(minor) for minor in amounts))
    assert sum(verdict.agreed for verdict in judged) <= BOOKED.agreed[FREIGHT] + 100
