"""What each finding means for its line: what becomes of it, what is asked back, and what proves it. Data only.

Facts from charges-acceptance.md C.3 and `contracts/reference/dispute_reasons.csv`. `DISPUTED` is what can be drafted at once;
`HELD` waits for a person, because the carrier may be right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.charges import FindingKind


class LineState(StrEnum):
    """Every line is in exactly one."""

    __hash__ = str.__hash__

    IMPORTED = "imported"
    MATCHED = "matched"
    DISPUTED = "disputed"
    HELD = "held"
    CREDITED = "credited"
    """Was disputed or held, and the carrier gave all of it back."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`evidence` names what a dispute must bring, as the draft lists it."""

    state: LineState
    evidence: tuple[str, ...] = ()


GOOD = Meaning(LineState.MATCHED)


def _disputed(*evidence: str) -> Meaning:
    return Meaning(LineState.DISPUTED, evidence)


def _held(*evidence: str) -> Meaning:
    return Meaning(LineState.HELD, evidence)


MEANINGS: Mapping[FindingKind, Meaning] = {
    FindingKind.MATCHED: GOOD,
    FindingKind.UNDER: GOOD,
    FindingKind.CREDIT: GOOD,
    FindingKind.INVOICE_LEVEL_FEE: GOOD,
    FindingKind.USED_AFTER_VOID: GOOD,
    FindingKind.SUM_ERROR: _held("computed_sums"),
    FindingKind.DUPLICATE: _disputed("both_lines"),
    FindingKind.UNMATCHED: _held("search_proof", "accounts"),
    FindingKind.VOIDED_BILLED: _disputed("void_answer", "tracking"),
    FindingKind.CURRENCY: _held("agreed_currency"),
    FindingKind.UNKNOWN_CHARGE: _held("bill_line"),
    FindingKind.UNPRICED: _held("agreed_charges"),
    FindingKind.SERVICE_MISMATCH: _disputed("booking", "label"),
    FindingKind.ACCESSORIAL_NOT_REQUESTED: _disputed("booking"),
    FindingKind.INSURANCE_NOT_REQUESTED: _disputed("booking"),
    FindingKind.RESIDENTIAL_WRONG: _held("consignee_address"),
    FindingKind.ADDRESS_CORRECTION_WRONG: _held("consignee_address", "label"),
    FindingKind.WEIGHT_OVER: _held("dock_weight", "photographs", "booking"),
    FindingKind.RATE_OVER: _disputed("agreed_charges"),
    FindingKind.FUEL_OVER: _disputed("agreed_charges"),
    FindingKind.TAX_WRONG: _held("tax_base"),
    FindingKind.DUTY_NOT_PAYER: _held("incoterm"),
    FindingKind.DUTY_RELIEF: _held("export_proof", "customs_papers"),
    FindingKind.DISBURSEMENT_OVER: _disputed("outlay"),
    FindingKind.STORAGE_OVER: _held("tracking", "storage_days"),
    FindingKind.LATE_DELIVERY: _disputed("promise", "tracking"),
    FindingKind.LATE_BILLED: _held("ship_date"),
    FindingKind.COVER_MISSING: _held("booking"),
    FindingKind.DRIFT: _held("small_overs"),
}

TWENTY: tuple[FindingKind, ...] = (
    FindingKind.SUM_ERROR,
    FindingKind.DUPLICATE,
    FindingKind.UNMATCHED,
    FindingKind.VOIDED_BILLED,
    FindingKind.CURRENCY,
    FindingKind.SERVICE_MISMATCH,
    FindingKind.ACCESSORIAL_NOT_REQUESTED,
    FindingKind.INSURANCE_NOT_REQUESTED,
    FindingKind.RESIDENTIAL_WRONG,
    FindingKind.ADDRESS_CORRECTION_WRONG,
    FindingKind.WEIGHT_OVER,
    FindingKind.RATE_OVER,
    FindingKind.FUEL_OVER,
    FindingKind.TAX_WRONG,
    FindingKind.DUTY_NOT_PAYER,
    FindingKind.DUTY_RELIEF,
    FindingKind.DISBURSEMENT_OVER,
    FindingKind.STORAGE_OVER,
    FindingKind.LATE_DELIVERY,
    FindingKind.LATE_BILLED,
)
"""The twenty, in the order in which the first that hits names the line."""
