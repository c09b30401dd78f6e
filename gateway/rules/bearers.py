"""Who bears a charge: the first rule that fits, else the exporter. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.rules.ledger import DUTIES
from gateway.rules.policy import clause_of
from gateway.rules.running import COVER
from schemas.bearers import BearerRule, BearerRules, By, ChargeBearer
from schemas.charges import ChargeType
from schemas.returns import ReturnReason
from schemas.terms import Bearer, CostClause, CostKind

SIDES: Mapping[Bearer, ChargeBearer] = {
    Bearer.SELLER: ChargeBearer.EXPORTER,
    Bearer.BUYER: ChargeBearer.RETURNER,
    Bearer.PLATFORM: ChargeBearer.PLATFORM,
}
"""What the sides of sales terms are to a return."""
HANDLING = frozenset({ChargeType.RETURN_HANDLING, ChargeType.STORAGE, ChargeType.DISPOSAL})
INSURED = COVER | {ChargeType.INSURANCE_TAX}


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one return, as far as rules turn on it."""

    channels: frozenset[str] = frozenset()
    reasons: tuple[ReturnReason, ...] = ()
    """One a line."""
    costs: Sequence[CostClause] = ()
    """Of the terms that it was applied for under."""


def cost_of(kind: ChargeType) -> CostKind:
    """What sales terms call a charge."""
    if kind in INSURED:
        return CostKind.INSURANCE
    if kind in DUTIES:
        return CostKind.DUTY
    return CostKind.HANDLING if kind in HANDLING else CostKind.FREIGHT


def bearer_of(rules: BearerRules, kind: ChargeType, facts: Facts) -> ChargeBearer:
    for rule in rules.rules:
        if _fits(rule, kind, facts):
            found = rule.bearer if rule.by is By.RULE else _by_terms(kind, facts)
            if found is not None:
                return found
    return ChargeBearer.EXPORTER


def _fits(rule: BearerRule, kind: ChargeType, facts: Facts) -> bool:
    return (
        (not rule.charges or kind in rule.charges)
        and (not rule.channels or not facts.channels.isdisjoint(rule.channels))
        and (not rule.reasons or (bool(facts.reasons) and set(facts.reasons) <= set(rule.reasons)))
    )


def _by_terms(kind: ChargeType, facts: Facts) -> ChargeBearer | None:
    """None where the terms do not say, or say something else of each line."""
    clauses = [clause_of(facts.costs, cost_of(kind), reason) for reason in facts.reasons]
    sides = {clause.bearer if clause else None for clause in clauses}
    side = sides.pop() if len(sides) == 1 else None
    return SIDES[side] if side else None
