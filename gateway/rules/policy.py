"""Whether a return fits what seller and buyer agreed, clause by clause. Pure; "cannot tell" is an answer.

Nobody is refused by this: it is told before an application is handed in, and shown to who decides on it.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from gateway.rules.calendars import OpenDays, last_of
from schemas.returns import ReturnItem, ReturnReason
from schemas.terms import (
    Application,
    Because,
    Clause,
    CostClause,
    CostKind,
    Finding,
    PaperKind,
    PeriodStart,
    ReturnPeriod,
    SalesTerms,
    Verdict,
)

NEEDED = (PaperKind.SALES_CONTRACT, PaperKind.COMMERCIAL_INVOICE)
"""Papers without which nobody can decide. A contract that was signed with the terms need not be handed in again."""


def check(
    terms: SalesTerms | None, application: Application, items: Sequence[ReturnItem], today: date
) -> tuple[Finding, ...]:
    """Every clause, in the order of `Clause`. `today` is the day of the application in the terms' zone."""
    papers = _papers(terms, application)
    if terms is None:
        rest = (one for one in Clause if one is not Clause.PAPERS)
        return (papers, *(_cannot(one, Because.NO_TERMS) for one in rest))
    return (
        _validity(terms, application, today),
        papers,
        _period(terms, application, today),
        _quality(terms, items),
        _packaging(terms, application),
        *_costs(terms, items),
    )


def fails(findings: Iterable[Finding]) -> bool:
    return any(finding.verdict is Verdict.FAILS for finding in findings)


def last_day(period: ReturnPeriod, start: date) -> date:
    """The last day on which goods may be sent back. Raises ValueError for a calendar that nobody knows."""
    return last_of(start, period.amount, period.unit, OpenDays.of(period.calendar), day_one=period.start_day_counts)


def _cannot(clause: Clause, because: Because, about: tuple[str, ...] = (), agreed_in: str = "") -> Finding:
    return Finding(clause=clause, verdict=Verdict.CANNOT_TELL, because=because, about=about, agreed_in=agreed_in)


def _validity(terms: SalesTerms, application: Application, today: date) -> Finding:
    """Terms bind what was sold while they held: the order's day, or the earliest day known, or today."""
    known = (application.ordered_on, application.invoiced_on, application.shipped_on, application.delivered_on)
    sold = next((day for day in known if day), today)
    holds = terms.valid_from <= sold and (terms.valid_until is None or sold <= terms.valid_until)
    return Finding(
        clause=Clause.VALIDITY,
        verdict=Verdict.FITS if holds else Verdict.FAILS,
        because=Because.AGREED if holds else Because.NOT_AGREED,
        about=(sold.isoformat(),),
    )


def _papers(terms: SalesTerms | None, application: Application) -> Finding:
    there = {paper.kind for paper in (*application.papers, *(terms.signed if terms else ()))}
    missing = tuple(kind.value for kind in NEEDED if kind not in there)
    return Finding(
        clause=Clause.PAPERS,
        verdict=Verdict.FAILS if missing else Verdict.FITS,
        because=Because.PAPER_MISSING if missing else Because.COMPLETE,
        about=missing,
    )


def _period(terms: SalesTerms, application: Application, today: date) -> Finding:
    period = terms.period
    if period is None:
        return _cannot(Clause.PERIOD, Because.CLAUSE_MISSING)
    start = {
        PeriodStart.ORDER: application.ordered_on,
        PeriodStart.INVOICE: application.invoiced_on,
        PeriodStart.SHIPMENT: application.shipped_on,
        PeriodStart.DELIVERY: application.delivered_on,
    }[period.starts]
    if start is None:
        return _cannot(Clause.PERIOD, Because.DATE_MISSING, (period.starts.value,), period.clause)
    last = last_day(period, start)
    return Finding(
        clause=Clause.PERIOD,
        verdict=Verdict.FITS if today <= last else Verdict.FAILS,
        because=Because.IN_TIME if today <= last else Because.TOO_LATE,
        about=(period.starts.value, start.isoformat()),
        last_day=last,
        agreed_in=period.clause,
    )


def _quality(terms: SalesTerms, items: Sequence[ReturnItem]) -> Finding:
    clause = terms.quality
    if clause is None:
        return _cannot(Clause.QUALITY, Because.CLAUSE_MISSING)
    strange = tuple(i.line_id for i in items if i.reason not in clause.reasons and i.reason is not ReturnReason.UNKNOWN)
    unsaid = tuple(item.line_id for item in items if item.reason is ReturnReason.UNKNOWN)
    if unsaid and not strange:
        return _cannot(Clause.QUALITY, Because.REASON_MISSING, unsaid, clause.clause)
    return Finding(
        clause=Clause.QUALITY,
        verdict=Verdict.FAILS if strange else Verdict.FITS,
        because=Because.NOT_AGREED if strange else Because.AGREED,
        about=strange,
        agreed_in=clause.clause,
    )


def _packaging(terms: SalesTerms, application: Application) -> Finding:
    clause, said = terms.packaging, application.packaging
    if clause is None:
        return _cannot(Clause.PACKAGING, Because.CLAUSE_MISSING)
    if said is None:
        return _cannot(Clause.PACKAGING, Because.PACKAGING_MISSING, agreed_in=clause.clause)
    fits = said in clause.allowed
    return Finding(
        clause=Clause.PACKAGING,
        verdict=Verdict.FITS if fits else Verdict.FAILS,
        because=Because.AGREED if fits else Because.NOT_AGREED,
        about=(said.value,),
        agreed_in=clause.clause,
    )


def _costs(terms: SalesTerms, items: Sequence[ReturnItem]) -> Iterable[Finding]:
    """Who bears each cost, for the reasons of these lines. Lines that differ make it something nobody can tell."""
    for cost in CostKind:
        found = [clause_of(terms.costs, cost, item.reason) for item in items]
        bearers = {clause.bearer for clause in found if clause}
        clause = next((one for one in found if one), None)
        if clause is None or len(bearers) > 1 or None in found:
            yield _cannot(Clause.COSTS, Because.CLAUSE_MISSING, (cost.value,))
        else:
            yield Finding(
                clause=Clause.COSTS,
                verdict=Verdict.FITS,
                because=Because.AGREED,
                about=(cost.value, clause.bearer.value),
                agreed_in=clause.clause,
            )


def clause_of(clauses: Sequence[CostClause], cost: CostKind, reason: ReturnReason) -> CostClause | None:
    """The clause for this very reason goes before one for all."""
    mine = [one for one in clauses if one.cost is cost]
    return next((one for one in mine if reason in one.reasons), next((one for one in mine if not one.reasons), None))
