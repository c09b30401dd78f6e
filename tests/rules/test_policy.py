"""The policy check: every clause has a verdict, and what was not agreed or not said cannot be told."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import policy
from schemas.acceptance import LimitUnit, Packaging
from schemas.returns import ReturnItem, ReturnReason
from schemas.terms import (
    Application,
    Bearer,
    Because,
    Clause,
    CostClause,
    CostKind,
    Finding,
    PackagingClause,
    Paper,
    PaperKind,
    PeriodStart,
    QualityClause,
    ReturnPeriod,
    SalesTerms,
    Verdict,
)
from schemas.values import DocumentId

TODAY = date(2026, 3, 2)


def paper(kind: PaperKind) -> Paper:
    return Paper(kind=kind, document_id=DocumentId("doc_1"), sha256="0" * 64, media_type="application/pdf", size=9)


def terms(**changed: Any) -> SalesTerms:
    said: dict[str, Any] = {
        "seller": "Silk Road",
        "buyer": "Maison Exemple",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "zone": "Europe/Paris",
        "period": ReturnPeriod(amount=14, unit=LimitUnit.CALENDAR_DAYS, starts=PeriodStart.DELIVERY, clause="7.1"),
        "quality": QualityClause(reasons=(ReturnReason.DEFECTIVE, ReturnReason.DAMAGED), clause="7.2"),
        "packaging": PackagingClause(allowed=(Packaging.ORIGINAL_INTACT, Packaging.ORIGINAL_OPENED)),
        "costs": tuple(CostClause(cost=cost, bearer=Bearer.SELLER) for cost in CostKind),
    }
    return SalesTerms.model_validate({**said, **changed})


def application(**changed: Any) -> Application:
    said: dict[str, Any] = {
        "ordered_on": date(2026, 2, 1),
        "delivered_on": date(2026, 2, 20),
        "packaging": Packaging.ORIGINAL_OPENED,
        "papers": (paper(PaperKind.SALES_CONTRACT), paper(PaperKind.COMMERCIAL_INVOICE)),
    }
    return Application.model_validate({**said, **changed})


def item(reason: ReturnReason = ReturnReason.DEFECTIVE, line: str = "1") -> ReturnItem:
    return ReturnItem(line_id=line, quantity=1, reason=reason)


def told(agreed: SalesTerms | None, asked: Application, *items: ReturnItem) -> dict[Clause, Finding]:
    return {finding.clause: finding for finding in policy.check(agreed, asked, items or (item(),), TODAY)}


def test_what_fits_fits_in_every_clause() -> None:
    findings = policy.check(terms(), application(), (item(),), TODAY)
    assert {finding.verdict for finding in findings} == {Verdict.FITS}
    assert [finding.about for finding in findings if finding.clause is Clause.COSTS] == [
        (cost.value, "seller") for cost in CostKind
    ]
    assert {finding.clause for finding in findings} == set(Clause)


def test_without_terms_only_the_papers_can_be_judged() -> None:
    found = told(None, application())
    assert found.pop(Clause.PAPERS).verdict is Verdict.FITS
    assert {one.because for one in found.values()} == {Because.NO_TERMS}
    assert len(found) == len(Clause) - 1


@pytest.mark.parametrize("clause", [Clause.PERIOD, Clause.QUALITY, Clause.PACKAGING])
def test_a_clause_that_is_missing_cannot_be_told(clause: Clause) -> None:
    finding = told(terms(**{clause.value: None}), application())[clause]
    assert (finding.verdict, finding.because) == (Verdict.CANNOT_TELL, Because.CLAUSE_MISSING)


@pytest.mark.parametrize(
    ("changed", "clause", "verdict", "because", "about"),
    [
        ({"delivered_on": date(2026, 2, 16)}, "period", "fits", "in_time", ("delivery", "2026-02-16")),
        ({"delivered_on": date(2026, 2, 15)}, "period", "fails", "too_late", ("delivery", "2026-02-15")),
        ({"delivered_on": None}, "period", "cannot_tell", "date_missing", ("delivery",)),
        ({"packaging": Packaging.REPLACED}, "packaging", "fails", "not_agreed", ("replaced",)),
        ({"packaging": None}, "packaging", "cannot_tell", "packaging_missing", ()),
        ({"papers": ()}, "papers", "fails", "paper_missing", ("sales_contract", "commercial_invoice")),
        ({"ordered_on": date(2025, 12, 31)}, "validity", "fails", "not_agreed", ("2025-12-31",)),
        ({"ordered_on": date(2026, 12, 31)}, "validity", "fits", "agreed", ("2026-12-31",)),
    ],
)
def test_each_clause_turns_on_what_was_said(
    changed: dict[str, Any], clause: str, verdict: str, because: str, about: tuple[str, ...]
) -> None:
    finding = told(terms(), application(**changed))[Clause(clause)]
    assert (finding.verdict, finding.because, finding.about) == (verdict, because, about)


def test_a_contract_signed_with_the_terms_need_not_come_again() -> None:
    signed = terms(signed=(paper(PaperKind.SALES_CONTRACT),))
    asked = application(papers=(paper(PaperKind.COMMERCIAL_INVOICE),))
    assert told(signed, asked)[Clause.PAPERS].verdict is Verdict.FITS


def test_the_last_day_by_business_days_months_and_with_day_one() -> None:
    start = date(2026, 9, 28)

    def last(**said: Any) -> date:
        return policy.last_day(ReturnPeriod(starts=PeriodStart.DELIVERY, **said), start)

    assert last(amount=5, unit=LimitUnit.BUSINESS_DAYS, calendar="CN") == date(2026, 10, 10)  # golden week, made up
    assert last(amount=14, unit=LimitUnit.CALENDAR_DAYS) == date(2026, 10, 12)
    assert last(amount=14, unit=LimitUnit.CALENDAR_DAYS, start_day_counts=True) == date(2026, 10, 11)
    assert last(amount=1, unit=LimitUnit.MONTHS) == date(2026, 10, 28)
    assert last(amount=1, unit=LimitUnit.MONTHS, start_day_counts=True) == date(2026, 10, 27)
    assert policy.last_day(
        ReturnPeriod(amount=6, unit=LimitUnit.MONTHS, starts=PeriodStart.DELIVERY), date(2026, 8, 31)
    ) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("start", "last"), [(date(2026, 8, 31), date(2027, 2, 28)), (date(2026, 8, 28), date(2027, 2, 27))]
)
def test_months_whose_first_day_counts_end_with_the_month_where_the_day_is_missing(start: date, last: date) -> None:
    """As the deadline engine counts them."""
    six = ReturnPeriod(amount=6, unit=LimitUnit.MONTHS, starts=PeriodStart.DELIVERY, start_day_counts=True)
    assert policy.last_day(six, start) == last


def test_reasons_that_were_not_agreed_name_their_lines() -> None:
    strange = told(terms(), application(), item(), item(ReturnReason.UNWANTED, "2"))[Clause.QUALITY]
    assert (strange.verdict, strange.about, strange.agreed_in) == (Verdict.FAILS, ("2",), "7.2")
    unsaid = told(terms(), application(), item(), item(ReturnReason.UNKNOWN, "2"))[Clause.QUALITY]
    assert (unsaid.verdict, unsaid.because, unsaid.about) == (Verdict.CANNOT_TELL, Because.REASON_MISSING, ("2",))


def test_who_bears_a_cost_may_turn_on_the_reason() -> None:
    costs = (
        CostClause(cost=CostKind.FREIGHT, bearer=Bearer.BUYER),
        CostClause(cost=CostKind.FREIGHT, bearer=Bearer.SELLER, reasons=(ReturnReason.DEFECTIVE,)),
    )

    def freight(*reasons: ReturnReason) -> Finding:
        items = tuple(item(reason, str(n)) for n, reason in enumerate(reasons))
        findings = policy.check(terms(costs=costs), application(), items, TODAY)
        return next(one for one in findings if one.clause is Clause.COSTS and one.about[0] == "freight")

    assert freight(ReturnReason.DEFECTIVE).about == ("freight", "seller")
    assert freight(ReturnReason.UNWANTED).about == ("freight", "buyer")
    assert freight(ReturnReason.DEFECTIVE, ReturnReason.UNWANTED).verdict is Verdict.CANNOT_TELL


@given(st.integers(1, 400), st.integers(-500, 500), st.booleans())
def test_the_period_is_over_exactly_after_its_last_day(amount: int, gone: int, counts: bool) -> None:
    period = ReturnPeriod(
        amount=amount, unit=LimitUnit.CALENDAR_DAYS, starts=PeriodStart.DELIVERY, start_day_counts=counts
    )
    start = TODAY - timedelta(days=gone)
    finding = told(terms(period=period), application(delivered_on=start))[Clause.PERIOD]
    assert (finding.verdict is Verdict.FITS) == (gone <= amount - counts)
    assert finding.last_day == start + timedelta(days=amount - counts)
