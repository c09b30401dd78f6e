"""The findings: which one names a billed line, how much of it is agreed, and why, in numbers a person can check. Pure.

Every rule looks at one line of one booking and says what it finds, or nothing. They are asked in the order of
charges-acceptance.md C.3: the first that hits names the line, the others are kept as notes. Nothing is paid silently: what no
rule explains and nobody agreed to is a finding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from gateway.rules.matching import BilledLine, Booked
from gateway.rules.running import COVER, OUTLAY, RATE, Running, key_of
from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType, FindingKind
from schemas.values import said


@dataclass(slots=True)
class Case:
    """A line, the booking it means, and what its shipment came to before it."""

    line: BilledLine
    booked: Booked
    run: Running
    policy: Policy
    issued_on: date | None = None
    services: Mapping[str, str] | None = None
    """The carrier's services, by their folded codes and names: only a service we know can be the wrong one."""

    @property
    def allowed(self) -> int:
        """What the line may be at most, where something was agreed."""
        left = self.run.left(self.line.type) or 0
        agreed = max(self.run.agreed.get(self.line.type, left), left, 0)
        return left + self.policy.above(agreed, self.line.currency, self.line.type)

    @property
    def is_over(self) -> bool:
        left = self.run.left(self.line.type)
        return left is not None and self.line.minor > self.allowed

    def said(self, minor: int) -> str:
        return said(minor, self.line.currency)


class Hit(NamedTuple):
    """What a rule found: how much of the line is agreed all the same, and what was expected."""

    kind: FindingKind
    because: str
    agreed: int = 0
    expected: int | None = None


Rule = Callable[[Case], Hit | None]


def duplicate(case: Case) -> Hit | None:
    """The same type, amount, currency and ship date again, with nothing given back between, and more than was agreed."""
    line = case.line
    if case.run.seen[key_of(line)] < 1:
        return None
    left = case.run.left(line.type)
    if left is not None and (line.minor <= left if line.minor > 0 else left > 0):
        return None
    possible = f"; the shipment has {case.booked.pieces} pieces, which may explain it" if case.booked.pieces > 1 else ""
    billed = case.run.seen[key_of(line)]
    because = f"{line.type} of {case.said(line.minor)} was billed {billed} time(s) before for this ship date{possible}"
    return Hit(FindingKind.DUPLICATE, because, expected=0)


def voided(case: Case) -> Hit | None:
    if case.booked.live or case.booked.moved:
        return None
    because = f"the booking is void and was never scanned, {case.said(case.line.minor)} are billed"
    return Hit(FindingKind.VOIDED_BILLED, because, expected=0)


def currency(case: Case) -> Hit | None:
    agreed_in = case.booked.currency
    if agreed_in is None or agreed_in == case.line.currency:
        return None
    return Hit(FindingKind.CURRENCY, f"agreed in {agreed_in}, billed in {case.line.currency}")


def unknown_charge(case: Case) -> Hit | None:
    if case.line.type is not ChargeType.UNKNOWN:
        return None
    return Hit(FindingKind.UNKNOWN_CHARGE, "the charge is in no table; a person decides what it is")


PRICED = RATE | {
    ChargeType.FUEL,
    ChargeType.REMOTE_AREA,
    ChargeType.PEAK_DEMAND,
    ChargeType.ADDITIONAL_HANDLING,
    ChargeType.OVERSIZE,
    ChargeType.OVERWEIGHT,
    ChargeType.SECURITY_RISK,
    ChargeType.ENVIRONMENT,
}
"""What a price names when there is one: without any, nothing says that these are too much."""


def unpriced(case: Case) -> Hit | None:
    """Carriage of a booking that came with no price, no quote and no tariff: there is nothing that it could be above."""
    if case.run.agreed or case.line.type not in PRICED or case.line.minor <= 0:
        return None
    because = f"the booking came without any price, {case.said(case.line.minor)} are billed; a person compares"
    return Hit(FindingKind.UNPRICED, because)


def service(case: Case) -> Hit | None:
    """Another service of the carrier's than was booked, and dearer."""
    line, booked = case.line, case.booked
    if line.type not in RATE or not line.service or not booked.service or not case.services or not case.is_over:
        return None
    billed = case.services.get(line.service.casefold())
    if billed is None or billed == booked.service:
        return None
    left = case.run.left(line.type) or 0
    because = f"booked as {booked.service} for {case.said(left)}, billed as {line.service} for {case.said(line.minor)}"
    return Hit(FindingKind.SERVICE_MISMATCH, because, max(left, 0), left)


BY_ITSELF = RATE | OUTLAY | {ChargeType.FUEL, ChargeType.TAX, ChargeType.STORAGE, ChargeType.DISBURSEMENT}
"""Judged by a rule of its own."""
BY_RULE = BY_ITSELF - RATE
NOT_AGREED = {
    ChargeType.RESIDENTIAL: FindingKind.RESIDENTIAL_WRONG,
    ChargeType.ADDRESS_CORRECTION: FindingKind.ADDRESS_CORRECTION_WRONG,
    ChargeType.INSURANCE_TAX: FindingKind.INSURANCE_NOT_REQUESTED,
}


def not_requested(case: Case) -> Hit | None:
    """Something that the booking did not ask for."""
    line = case.line
    if line.type in BY_ITSELF or line.type in (ChargeType.WEIGHT_ADJUSTMENT, ChargeType.UNKNOWN) or line.minor <= 0:
        return None
    if unpriced(case):
        return None
    if line.type in COVER:
        return _cover(case)
    if case.run.left(line.type) is not None:
        return None
    if line.type is ChargeType.INSURANCE_TAX and case.booked.insured:
        return None
    kind = NOT_AGREED.get(line.type, FindingKind.ACCESSORIAL_NOT_REQUESTED)
    return Hit(kind, f"{line.type} of {case.said(line.minor)} was not agreed at booking", expected=0)


def _cover(case: Case) -> Hit | None:
    """A premium without request, or above the one agreed; one that was asked for and never priced is a person's."""
    left = case.run.left(case.line.type)
    if not case.booked.insured and not left:
        because = f"no cover was asked for, a premium of {case.said(case.line.minor)} is billed"
        return Hit(FindingKind.INSURANCE_NOT_REQUESTED, because, expected=0)
    if left is None:
        because = f"cover was asked for, but no premium was agreed; {case.said(case.line.minor)} are billed"
        return Hit(FindingKind.INSURANCE_NOT_REQUESTED, because)
    return over(case, FindingKind.INSURANCE_NOT_REQUESTED, "the premium")


def over(case: Case, kind: FindingKind, what: str) -> Hit | None:
    """More than is left of what was agreed, and than is let pass; `what` begins the reason."""
    if not case.is_over:
        return None
    left = case.run.left(case.line.type) or 0
    extra = case.line.minor - left
    because = f"{what}: {case.said(left)} agreed and not billed yet, {case.said(case.line.minor)} billed, "
    return Hit(kind, f"{because}{case.said(extra)} too much", max(left, 0), left)


def weight(case: Case) -> Hit | None:
    """Billed by a weight above the booked one and above our own scale's, a step of the price list higher."""
    line, booked, policy = case.line, case.booked, case.policy
    if line.type is ChargeType.WEIGHT_ADJUSTMENT:
        return None if line.minor <= 0 else _correction(case)
    if line.type not in RATE or line.grams is None or booked.grams is None or not case.is_over:
        return None
    steps = -(-line.grams // policy.weight_step) > -(-booked.grams // policy.weight_step)
    if not steps or policy.same_weight(booked.grams, line.grams):
        return None
    if booked.dock_grams is not None and policy.same_weight(booked.dock_grams, line.grams):
        return None
    left = case.run.left(line.type) or 0
    because = f"billed by {line.grams} g, booked with {booked.grams} g{_dock(booked)}; {case.said(left)} agreed, "
    return Hit(FindingKind.WEIGHT_OVER, f"{because}{case.said(line.minor)} billed", max(left, 0), left)


def _correction(case: Case) -> Hit | None:
    """A correction of the weight is right as far as our own scale bears it out: freight grows at most as the weight does."""
    allowed = _by_dock(case)
    if allowed is not None and case.line.minor <= allowed + case.policy.above(
        allowed, case.line.currency, case.line.type
    ):
        return None
    because = f"a weight correction of {case.said(case.line.minor)}{_dock(case.booked) or ', and no weight of our own'}"
    return Hit(FindingKind.WEIGHT_OVER, because, max(allowed or 0, 0), allowed or 0)


def _by_dock(case: Case) -> int | None:
    """How much more freight the weight on our dock is worth; None where it bears nothing out."""
    booked, freight = case.booked, case.run.agreed.get(ChargeType.FREIGHT)
    if not booked.grams or not booked.dock_grams or freight is None or booked.dock_grams <= booked.grams:
        return None
    if case.policy.same_weight(booked.grams, booked.dock_grams):
        return None
    worth = freight * (booked.dock_grams - booked.grams) // booked.grams
    return worth - case.run.accepted[ChargeType.WEIGHT_ADJUSTMENT]


def _dock(booked: Booked) -> str:
    return "" if booked.dock_grams is None else f", our scale said {booked.dock_grams} g"


def rate(case: Case) -> Hit | None:
    """Above what was agreed, or never agreed at all."""
    line = case.line
    if line.type in RATE and case.run.left(line.type) is None and line.minor > 0 and case.run.agreed:
        return Hit(FindingKind.RATE_OVER, f"no charge was agreed, {case.said(line.minor)} are billed", expected=0)
    if line.type in BY_RULE or line.type in COVER or line.minor <= 0:
        return None
    if line.type in RATE and _borne_out(case):
        return None
    return over(case, FindingKind.RATE_OVER, str(line.type))


def _borne_out(case: Case) -> bool:
    """Whether the price is no more than the weight on our own dock is worth."""
    left, more = case.run.left(case.line.type), _by_dock(case)
    return left is not None and more is not None and case.line.minor <= left + more


def fuel(case: Case) -> Hit | None:
    """Above the agreed fuel. What follows a disputed weight, in the proportion agreed, is part of that dispute."""
    line, run = case.line, case.run
    if line.type is not ChargeType.FUEL or line.minor <= 0 or not run.agreed:
        return None
    if run.left(line.type) is None:
        return Hit(FindingKind.FUEL_OVER, f"no fuel was agreed, {case.said(line.minor)} are billed", expected=0)
    if not case.is_over:
        return None
    base, left = run.agreed.get(ChargeType.FREIGHT, 0), run.left(line.type) or 0
    extra = line.minor - left
    if run.weight_disputed > 0 and base > 0:
        share = -(-run.agreed[ChargeType.FUEL] * run.weight_disputed // base)
        if extra <= share + case.policy.above(share, line.currency, line.type):
            because = f"fuel of {case.said(extra)} on the weight that is disputed, {case.said(run.weight_disputed)}"
            return Hit(FindingKind.WEIGHT_OVER, because, max(left, 0), left)
    return over(case, FindingKind.FUEL_OVER, "fuel")
