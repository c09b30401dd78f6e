"""A verdict for every line of an invoice, whatever order they stand in. Pure.

Lines of one shipment are judged in an order of their own: what was given back first, then transport, extras, customs, fuel
and tax, which depend on them; a repeated line after the first of its kind. So a file with its lines shuffled gives the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from gateway.rules import findings, findings_after
from gateway.rules.findings import Case, Hit, Rule
from gateway.rules.matching import NO_MATCH, BilledLine, Booked, Index, Match, Past, match
from gateway.rules.meanings import MEANINGS, LineState
from gateway.rules.running import COVER, CREDITS, OUTLAY, RATE, Key, Running, is_credit, key_of
from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType, FindingKind
from schemas.values import said

ORDER: Sequence[Rule] = (
    findings.duplicate,
    findings.voided,
    findings.currency,
    findings.unknown_charge,
    findings.unpriced,
    findings.service,
    findings.not_requested,
    findings.weight,
    findings.rate,
    findings.fuel,
    findings_after.tax,
    findings_after.duty,
    findings_after.disbursement,
    findings_after.storage,
    findings_after.late_delivery,
    findings_after.late_billed,
)
"""After `sum_error`, which is the whole invoice's, and `unmatched`."""
ONLY: Mapping[Rule, frozenset[ChargeType]] = {
    findings.unknown_charge: frozenset({ChargeType.UNKNOWN}),
    findings.unpriced: frozenset(findings.PRICED),
    findings.service: RATE,
    findings.not_requested: frozenset(ChargeType)
    - findings.BY_ITSELF
    - {ChargeType.WEIGHT_ADJUSTMENT, ChargeType.UNKNOWN},
    findings.rate: frozenset(ChargeType) - findings.BY_RULE - COVER,
    findings.weight: RATE | {ChargeType.WEIGHT_ADJUSTMENT},
    findings.fuel: frozenset({ChargeType.FUEL}),
    findings_after.tax: frozenset({ChargeType.TAX}),
    findings_after.duty: OUTLAY,
    findings_after.disbursement: frozenset({ChargeType.DISBURSEMENT}),
    findings_after.storage: frozenset({ChargeType.STORAGE}),
    findings_after.late_delivery: RATE,
}
"""The types that a rule has anything to say about, where those are few: a line of another type need not ask it."""
ASKED: Mapping[ChargeType, Sequence[Rule]] = {
    kind: tuple(rule for rule in ORDER if kind in ONLY.get(rule, (kind,))) for kind in ChargeType
}
PHASES: Mapping[ChargeType, int] = {
    **dict.fromkeys(RATE, 1),
    ChargeType.WEIGHT_ADJUSTMENT: 1,
    **dict.fromkeys(OUTLAY, 3),
    ChargeType.DISBURSEMENT: 4,
    ChargeType.FUEL: 5,
    ChargeType.TAX: 6,
}
"""When a line of a shipment is judged, by its type: credits at 0, what is not named at 2."""
ENDS = frozenset({FindingKind.VOIDED_BILLED, FindingKind.CURRENCY})
"""What is found after these would compare what cannot be compared."""
LEVEL = frozenset(
    {
        ChargeType.BILLING_FEE,
        ChargeType.SERVICE_FEE,
        ChargeType.LATE_PAYMENT,
        ChargeType.PAPER_INVOICE_FEE,
        ChargeType.DATA_ENTRY_FEE,
        ChargeType.AUDIT_FEE,
        ChargeType.CURRENCY_VARIANCE,
        ChargeType.PICKUP,
        ChargeType.TAX,
    }
    | CREDITS
)
"""Charges of an account, not of a parcel, where the line names no shipment at all."""


class Verdict(NamedTuple):
    """What is found of a line: how much of it is agreed, why, and which shipment it belongs to."""

    line_id: str
    kind: FindingKind
    because: str
    agreed: int = 0
    expected: int | None = None
    notes: tuple[FindingKind, ...] = ()
    match: Match = NO_MATCH
    closes: int = 0
    """How much a credit gives back of what was disputed."""

    @property
    def state(self) -> LineState:
        return MEANINGS[self.kind].state

    @property
    def booked(self) -> Booked | None:
        return self.match.booked


@dataclass(frozen=True, slots=True)
class Bill:
    """What is known of the invoice that the lines stand on."""

    issued_on: date | None = None
    services: Mapping[str, str] | None = None
    past: Mapping[str, Sequence[Past]] | None = None
    """Lines of other invoices for waybills that are nobody's, by canonical waybill."""


def judge(lines: Sequence[BilledLine], index: Index, policy: Policy, bill: Bill | None = None) -> list[Verdict]:
    """One verdict a line, in the order of the lines."""
    bill = bill or Bill()
    groups: dict[tuple[str, object], list[tuple[BilledLine, Match]]] = {}
    for line in lines:
        found = match(line, index, policy)
        booked = found.booked
        its = (booked.shipment_id, booked.live) if booked else ("", line.waybill)
        groups.setdefault(its, []).append((line, found))
    judged: dict[str, Verdict] = {}
    for group in groups.values():
        for verdict in judge_shipment(group, policy, bill):
            judged[verdict.line_id] = verdict
    return [judged[line.id] for line in lines]


def judge_shipment(group: Sequence[tuple[BilledLine, Match]], policy: Policy, bill: Bill) -> Iterable[Verdict]:
    """The lines of one bill that mean the same booking, or the same number of nobody's."""
    first, found = group[0]
    run = Running(found.booked)
    if found.booked is None and first.waybill and bill.past:
        run.remember(bill.past.get(first.waybill, ()))
    for line, match_ in _in_order(group, run):
        yield _judged(line, match_, run, policy, bill)


def _in_order(group: Sequence[tuple[BilledLine, Match]], run: Running) -> list[tuple[BilledLine, Match]]:
    if len(group) == 1:
        return list(group)
    times: dict[Key, int] = {}
    ranked = []
    for line, found in sorted(group, key=lambda one: one[0].id):
        key = key_of(line)
        before = times.get(key, 0)
        again = max(run.seen[key], 0) + before
        times[key] = before + 1
        ranked.append(
            ((_phase(line), again, line.minor > 0, -line.minor, line.type, line.grams or 0, line.id), line, found)
        )
    ranked.sort(key=lambda one: one[0])
    return [(line, found) for _, line, found in ranked]


def _phase(line: BilledLine) -> int:
    return 0 if is_credit(line.type, line.minor) else PHASES.get(line.type, 2)


def _judged(line: BilledLine, found: Match, run: Running, policy: Policy, bill: Bill) -> Verdict:
    if line.informational or line.minor == 0:
        because = "for information only" if line.informational else "nothing is billed"
        return Verdict(line.id, FindingKind.MATCHED, because, match=found)
    if found.booked is None:
        return _nobodys(line, found, run)
    case = Case(line, found.booked, run, policy, bill.issued_on, bill.services)
    if is_credit(line.type, line.minor):
        return _credit(case, found)
    hits = list(_hits(case))
    verdict = _as_agreed(case, found) if not hits else _found(case, found, hits)
    run.note(line, verdict.agreed, verdict.kind)
    return verdict


def _hits(case: Case) -> Iterable[Hit]:
    for rule in ASKED[case.line.type]:
        hit = rule(case)
        if hit is not None:
            yield hit
            if hit.kind in ENDS:
                return


def _found(case: Case, found: Match, hits: Sequence[Hit]) -> Verdict:
    hit, line = hits[0], case.line
    notes = tuple(dict.fromkeys(one.kind for one in hits[1:] if one.kind is not hit.kind))
    if case.run.use_credit(hit.kind, line.minor - hit.agreed):
        because = f"{hit.kind}, and given back before it was billed: {hit.because}"
        return Verdict(line.id, FindingKind.MATCHED, because, line.minor, hit.expected, (hit.kind, *notes), found)
    return Verdict(line.id, hit.kind, hit.because, hit.agreed, hit.expected, notes, found)


def _as_agreed(case: Case, found: Match) -> Verdict:
    line, left = case.line, case.run.expected(case.line.type)
    notes = _cover_missing(case)
    if not case.booked.live:
        because = f"the booking is void, but the label was used: {case.said(line.minor)} as agreed"
        return Verdict(line.id, FindingKind.USED_AFTER_VOID, because, line.minor, left, notes, found)
    if left is not None and 0 < line.minor < left - case.policy.below(left, line.currency):
        because = f"{case.said(left)} agreed and not billed yet, {case.said(line.minor)} billed"
        return Verdict(line.id, FindingKind.UNDER, because, line.minor, left, notes, found)
    if left is None:
        because = f"{case.said(line.minor)}, which its own rule bears out"
        return Verdict(line.id, FindingKind.MATCHED, because, line.minor, None, notes, found)
    because = f"{case.said(left)} agreed and not billed yet, {case.said(line.minor)} billed"
    return Verdict(line.id, FindingKind.MATCHED, because, line.minor, left, notes, found)


def _cover_missing(case: Case) -> tuple[FindingKind, ...]:
    """Cover with a price was agreed: as long as its premium is not billed, that is worth a word on the freight."""
    wanted = case.line.type in RATE and case.booked.insured
    return (FindingKind.COVER_MISSING,) if wanted and (case.run.left(ChargeType.INSURANCE) or 0) > 0 else ()


def _credit(case: Case, found: Match) -> Verdict:
    """What closes a dispute is taken off it; the rest lowers what was accepted."""
    line, amount = case.line, -case.line.minor
    if case.booked.currency and line.currency != case.booked.currency:
        because = f"agreed in {case.booked.currency}, credited in {line.currency}"
        return Verdict(line.id, FindingKind.CURRENCY, because, match=found)
    closes = case.run.closes(line.type, amount)
    case.run.note_credit(line.type, amount, closes, key_of(line))
    because = f"{case.said(amount)} given back, {case.said(closes)} of it was disputed"
    return Verdict(line.id, FindingKind.CREDIT, because, closes - amount, match=found, closes=closes)


def _nobodys(line: BilledLine, found: Match, run: Running) -> Verdict:
    billed = said(line.minor, line.currency)
    if line.waybill is None and line.original_waybill is None and not found.candidates and line.type in LEVEL:
        because = f"{line.type} of {billed} for the account, shared out over the invoice's shipments"
        return Verdict(line.id, FindingKind.INVOICE_LEVEL_FEE, because, line.minor)
    again = line.waybill is not None and run.seen[key_of(line)] > 0
    kind = FindingKind.DUPLICATE if again else FindingKind.UNMATCHED
    because = f"{billed}: no booking of ours has this waybill or reference"
    if found.candidates:
        because = f"{billed}: several bookings may be meant: {', '.join(found.candidates)}"
    verdict = Verdict(line.id, kind, f"{because}{', and it was billed before' if again else ''}", match=found)
    run.note(line, 0, kind)
    return verdict


@dataclass(frozen=True, slots=True)
class Drift:
    """Small overs of one carrier's month, in one currency, that come to more than is small."""

    currency: str
    minor: int
    limit: int
    lines: int


def drifts(
    lines: Sequence[BilledLine], verdicts: Sequence[Verdict], before: Mapping[str, int], policy: Policy
) -> list[Drift]:
    """`before` is what the month's small overs came to on other invoices, minor units by currency."""
    overs, counts = Counter(before), Counter[str]()
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict.expected is not None and line.minor > verdict.expected > 0 and verdict.state is LineState.MATCHED:
            overs[line.currency] += line.minor - verdict.expected
            counts[line.currency] += 1
    return [
        Drift(currency, minor, policy.month(currency), counts[currency])
        for currency, minor in sorted(overs.items())
        if minor > policy.month(currency) and counts[currency]
    ]


__all__ = ["COVER", "LEVEL", "ORDER", "Bill", "Drift", "Verdict", "drifts", "judge", "judge_shipment"]
