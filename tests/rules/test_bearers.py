"""Who bears a charge: the first rule that fits, by charge, channel, reason and sales terms; else the exporter."""

from datetime import date

import pytest
from pydantic import ValidationError

from gateway.rules.bearers import Facts, bearer_of
from gateway.rules.ledger import RECHARGED, share_out, transfers_of
from gateway.rules.statements import Sum, as_csv, build
from schemas.bearers import BearerRule, BearerRules, By, ChargeBearer
from schemas.charges import ChargeType
from schemas.returns import ReturnReason
from schemas.terms import Bearer, CostClause, CostKind

B, C, R = ChargeBearer, ChargeType, ReturnReason
SEA, AIR = f"chn_{'0' * 26}", f"chn_{'1' * 26}"
RULES = BearerRules(
    valid_from=date(2026, 1, 1),
    rules=(
        BearerRule(bearer=B.CARRIER, charges=(C.ADDRESS_CORRECTION,)),
        BearerRule(bearer=B.RETURNER, charges=(C.FREIGHT, C.FUEL), reasons=(R.UNWANTED, R.SIZE_TOO_SMALL)),
        BearerRule(bearer=B.PLATFORM, channels=(AIR,)),
        BearerRule(by=By.TERMS),
    ),
)
TERMS = (
    CostClause(cost=CostKind.DUTY, bearer=Bearer.BUYER),
    CostClause(cost=CostKind.HANDLING, bearer=Bearer.PLATFORM, reasons=(R.DAMAGED,)),
    CostClause(cost=CostKind.INSURANCE, bearer=Bearer.SELLER),
)


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        (C.FREIGHT, Facts(), B.EXPORTER),
        (C.ADDRESS_CORRECTION, Facts(), B.CARRIER),
        (C.FREIGHT, Facts(reasons=(R.UNWANTED,)), B.RETURNER),
        (C.FREIGHT, Facts(reasons=(R.UNWANTED, R.DAMAGED)), B.EXPORTER),
        (C.STORAGE, Facts(reasons=(R.UNWANTED,)), B.EXPORTER),
        (C.STORAGE, Facts(frozenset({AIR}), (R.UNWANTED,)), B.PLATFORM),
        (C.STORAGE, Facts(frozenset({SEA}), (R.DAMAGED,), TERMS), B.PLATFORM),
        (C.STORAGE, Facts(frozenset({SEA}), (R.DAMAGED, R.LATE), TERMS), B.EXPORTER),
        (C.DUTY, Facts(reasons=(R.LATE,), costs=TERMS), B.RETURNER),
        (C.INSURANCE, Facts(reasons=(R.LATE,), costs=TERMS), B.EXPORTER),
        (C.FREIGHT, Facts(reasons=(R.LATE,), costs=TERMS), B.EXPORTER),
    ],
)
def test_the_first_rule_that_fits_counts(kind: ChargeType, facts: Facts, expected: ChargeBearer) -> None:
    assert bearer_of(RULES, kind, facts) is expected


@pytest.mark.parametrize("given", [{}, {"by": By.TERMS, "bearer": B.CARRIER}])
def test_a_rule_names_one_bearer(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BearerRule(**given)  # type: ignore[arg-type]


def test_a_fee_that_is_shared_out_is_borne_by_each_returns_own() -> None:
    shares = share_out(1_000, {"ret_1": 1, "ret_2": 2})
    bears = {"ret_1": B.RETURNER, "ret_2": B.EXPORTER}
    moves = transfers_of(C.TAX, 1_000, 1_000, "EUR", None, shares, lambda kind, its: bears[its or ""])
    owed = {move.debit: (move.minor, move.return_id) for move in moves if move.credit == RECHARGED}
    assert owed == {"returner_receivable": (333, "ret_1"), "exporter_receivable": (667, "ret_2")}


def test_the_statement_shows_what_others_bear_and_still_adds_up() -> None:
    accounts = {
        "carrier_payable": -1_000,
        "return_freight_expense": 700,
        "duty_recoverable": 200,
        "dispute_receivable": 100,
        "exporter_receivable": 300,
        "returner_receivable": 400,
        "returner_receivable_duty": 150,
        "platform_receivable_duty": 50,
        "costs_recharged": -900,
    }
    sums = [
        Sum("inv_1", "c", "N1", date(2026, 3, 22), 1_000, "EUR", "ret_1", name, minor)
        for name, minor in accounts.items()
    ]
    statement = build(sums)
    (row,), (share,) = statement.rows, statement.shares
    assert statement.holds
    assert (row.allocated, row.duty, row.disputed) == (300, 0, 100)
    assert row.others == share.others == {(B.RETURNER, False): 400, (B.RETURNER, True): 150, (B.PLATFORM, True): 50}
    assert statement.totals()["EUR"].others == row.others
    assert as_csv(statement).splitlines()[1].startswith("2026-03-22,c,N1,EUR,10.00,3.00,0.00,1.00,5.50,0.50,0.00,")
    assert not build([one for one in sums if one.account != "returner_receivable"]).holds
