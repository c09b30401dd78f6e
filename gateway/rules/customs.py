"""Reliefs for goods that come home, as a table: each with its conditions, papers, period and source. Pure.

This decides no law: it lists what speaks for and against each relief; a person confirms one. Sources: China's announcement
2026 no. 16 (finance ministry, customs and tax administration, 6 February 2026); customs order no. 124, promulgated on 4
January 2005 and in force from 1 March 2005 (whether a later one has taken its place is for the broker to say); UCC article
203; the guidance of gov.uk to returned goods relief, with the rules from 1 January 2021; HTSUS 9801.00.10.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.rules.calendars import add_months
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, PolicySource
from schemas.customs_case import (
    Candidate,
    CustomsFacts,
    CustomsVerdict,
    GoodsState,
    Ground,
    NeededPaper,
    Supervision,
    TaxRefund,
    Weighing,
    WhyBack,
)
from schemas.terms import PaperKind
from schemas.territories import EU

LISTED = frozenset({Supervision.BONDED_ZONE, Supervision.RETAIL, Supervision.B2B_DIRECT, Supervision.B2B_WAREHOUSE})
Weigh = Callable[[CustomsFacts], bool | None]
"""True speaks for the relief, False against it, None is not known."""


@dataclass(frozen=True, slots=True)
class Relief:
    """One row of the table. `months` is None where there is no period; `starts` names the fact that it runs from."""

    id: str
    countries: Collection[str]
    months: int | None
    starts: Callable[[CustomsFacts], date | None]
    conditions: Mapping[str, Weigh]
    papers: Sequence[PaperKind]
    needs: Sequence[str]
    zone: str
    relief: str
    source: str
    source_on: date
    confidence: str


def _known(value: object, unknown: object, good: Collection[object]) -> bool | None:
    return None if value is None or value == unknown else value in good


def _left(facts: CustomsFacts) -> date | None:
    """Under 1210 the period runs from leaving the zone, otherwise from export."""
    return facts.zone_exit_on if facts.supervision is Supervision.BONDED_ZONE else facts.exported_on


def _declared_in_time(facts: CustomsFacts) -> bool | None:
    day = facts.declared_on
    return None if day is None else date(2026, 1, 1) <= day <= date(2027, 12, 31)


def _same_state(facts: CustomsFacts) -> bool | None:
    return _known(facts.state, GoodsState.UNKNOWN, {GoodsState.UNCHANGED, GoodsState.TRIED})


def _proved(facts: CustomsFacts) -> bool | None:
    return True if facts.export_mrn else None


def _home(facts: CustomsFacts) -> date | None:
    return facts.exported_on


def _by_proof(regime: str, countries: Collection[str], **said: Any) -> Relief:
    """Three years, the same state, and proof of the export: the European form of it."""
    return Relief(
        id=regime,
        countries=countries,
        months=36,
        starts=_home,
        conditions={"same_state": _same_state, "proof_of_export": _proved},
        papers=(PaperKind.EXPORT_DECLARATION, PaperKind.COMMERCIAL_INVOICE, PaperKind.SAME_STATE_STATEMENT),
        needs=("export_mrn",),
        **said,
    )


RELIEFS: tuple[Relief, ...] = (
    Relief(
        id="cn_2026_16",
        countries={"CN"},
        months=6,
        starts=_left,
        conditions={
            "supervision": lambda facts: _known(facts.supervision, None, LISTED),
            "declared_in_time": _declared_in_time,
            "not_food": lambda facts: None if facts.food is None else not facts.food,
            "why_back": lambda facts: _known(facts.why, WhyBack.UNKNOWN, {WhyBack.UNSOLD, WhyBack.RETURNED}),
            "same_state": _same_state,
            "refund": lambda facts: _known(facts.refund, TaxRefund.UNKNOWN, {TaxRefund.NEVER, TaxRefund.PAID_BACK}),
        },
        papers=(
            PaperKind.EXPORT_DECLARATION,
            PaperKind.TAX_CERTIFICATE,
            PaperKind.RETURN_STATEMENT,
            PaperKind.SAME_STATE_STATEMENT,
            PaperKind.COMMERCIAL_INVOICE,
        ),
        needs=("supervision", "declaration_number"),
        zone="Asia/Shanghai",
        relief="no import duty, import VAT or consumption tax; export duty refunded",
        source="Announcement 2026 no. 16, 1210/9610/9710/9810",
        source_on=date(2026, 2, 6),
        confidence="high",
    ),
    Relief(
        id="cn_quality",
        countries={"CN"},
        months=12,
        starts=_home,
        conditions={
            "why_quality": lambda facts: _known(facts.why, WhyBack.UNKNOWN, {WhyBack.QUALITY}),
            "same_state": _same_state,
            "refund": lambda facts: _known(facts.refund, TaxRefund.UNKNOWN, {TaxRefund.NEVER, TaxRefund.PAID_BACK}),
        },
        papers=(
            PaperKind.EXPORT_DECLARATION,
            PaperKind.TAX_CERTIFICATE,
            PaperKind.INSPECTION,
            PaperKind.SAME_STATE_STATEMENT,
        ),
        needs=("declaration_number",),
        zone="Asia/Shanghai",
        relief="no import duty",
        source="Customs order no. 124, article 57: back because of quality or specification",
        source_on=date(2005, 1, 4),
        confidence="medium",
    ),
    _by_proof(
        "eu_ucc_203",
        EU,
        zone="Europe/Brussels",
        relief="no import duty; VAT relief where the same person imports, by national rule",
        source="Union Customs Code, article 203",
        source_on=date(2013, 10, 9),
        confidence="high",
    ),
    _by_proof(
        "uk_rgr",
        {"GB"},
        zone="Europe/London",
        relief="no duty; VAT under conditions",
        source="Returned goods relief: the guidance on gov.uk to re-importing goods, by the rules from this day",
        source_on=date(2021, 1, 1),
        confidence="medium",
    ),
    Relief(
        id="us_9801_home",
        countries={"US"},
        months=None,
        starts=_home,
        conditions={"home_product": lambda facts: facts.home_product, "same_state": _same_state},
        papers=(PaperKind.COMMERCIAL_INVOICE, PaperKind.SAME_STATE_STATEMENT),
        needs=(),
        zone="America/New_York",
        relief="free of duty, at any time",
        source="HTSUS 9801.00.10, products of the United States",
        source_on=date(2016, 2, 24),
        confidence="high",
    ),
    Relief(
        id="us_9801",
        countries={"US"},
        months=36,
        starts=_home,
        conditions={"same_state": _same_state},
        papers=(PaperKind.EXPORT_DECLARATION, PaperKind.COMMERCIAL_INVOICE, PaperKind.SAME_STATE_STATEMENT),
        needs=("exported_on",),
        zone="America/New_York",
        relief="free of duty",
        source="HTSUS 9801.00.10, other products",
        source_on=date(2016, 2, 24),
        confidence="high",
    ),
)
BY_ID: Mapping[str, Relief] = {relief.id: relief for relief in RELIEFS}


def candidates(
    facts: CustomsFacts, *, home: str, today: date, papers: Collection[PaperKind] = ()
) -> tuple[Candidate, ...]:
    """Every relief of the country that the goods go home to. `today` is the day of re-import, if that is not told."""
    return tuple(_weighed(one, facts, home, today, papers) for one in RELIEFS if home in one.countries)


def last_day(relief: Relief, facts: CustomsFacts) -> date | None:
    """The last day of the relief's period; None where there is none, or its start is not known."""
    start = relief.starts(facts)
    return add_months(start, relief.months) if start and relief.months else None


def policy_of(relief: Relief) -> DeadlinePolicy | None:
    """The re-import limit for the deadline engine: whole months, to the end of the last day."""
    if relief.months is None:
        return None
    return DeadlinePolicy(
        clock=Clock.CUSTOMS,
        amount=relief.months,
        unit=LimitUnit.MONTHS,
        source=PolicySource.LAW,
        because=f"{relief.source} ({relief.source_on.isoformat()})",
    )


def lacking(relief: Relief, facts: CustomsFacts) -> tuple[str, ...]:
    """Facts that the booking needs under this relief and that nobody has given."""
    needed = [*relief.needs, *_start_fact(relief, facts)]
    return tuple(name for name in dict.fromkeys(needed) if getattr(facts, name) in (None, ""))


def _start_fact(relief: Relief, facts: CustomsFacts) -> Sequence[str]:
    if relief.months is None:
        return ()
    zoned = relief.starts is _left and facts.supervision is Supervision.BONDED_ZONE
    return ("zone_exit_on",) if zoned else ("exported_on",)


def _weighed(relief: Relief, facts: CustomsFacts, home: str, today: date, papers: Collection[PaperKind]) -> Candidate:
    grounds = [_ground(name, weigh(facts)) for name, weigh in relief.conditions.items()]
    last = last_day(relief, facts)
    if relief.months is not None:
        back = facts.reimported_on or today
        grounds.append(_ground("in_period", None if last is None else back <= last, last.isoformat() if last else ""))
    weights = {ground.weighs for ground in grounds}
    verdict = (
        CustomsVerdict.EXCLUDED
        if Weighing.AGAINST in weights
        else CustomsVerdict.OPEN
        if Weighing.OPEN in weights
        else CustomsVerdict.POSSIBLE
    )
    return Candidate(
        regime=relief.id,
        country=home,
        verdict=verdict,
        grounds=tuple(grounds),
        papers=tuple(NeededPaper(kind=kind, there=kind in papers) for kind in relief.papers),
        needs=lacking(relief, facts),
        last_day=last,
        zone=relief.zone,
        relief=relief.relief,
        source=relief.source,
        source_on=relief.source_on,
        confidence=relief.confidence,
    )


def _ground(condition: str, holds: bool | None, about: str = "") -> Ground:
    weighs = Weighing.OPEN if holds is None else Weighing.FOR if holds else Weighing.AGAINST
    return Ground(condition=condition, weighs=weighs, about=about)
