"""What a judged line posts: one transaction of transfers in minor units. Each moves money between two accounts, so every
transaction sums to zero; the database has no way to keep one that does not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from schemas.bearers import ChargeBearer
from schemas.charges import ChargeType, Transfer

PAYABLE = "carrier_payable"
DISPUTED = "dispute_receivable"
RECHARGED = "costs_recharged"
RECEIVED = "claims_received"
"""What carriers paid on claims beside their bills, wherever it went."""
OWED = "exporter_receivable"
OWED_DUTY = "exporter_receivable_duty"

EXPENSE: Mapping[ChargeType, str] = {
    ChargeType.INSURANCE: "insurance_expense",
    ChargeType.DECLARED_VALUE: "insurance_expense",
    ChargeType.INSURANCE_TAX: "insurance_expense",
    ChargeType.DUTY: "duty_recoverable",
    ChargeType.IMPORT_TAX: "duty_recoverable",
    ChargeType.EXCISE: "duty_recoverable",
    ChargeType.GOVERNMENT_FEE: "duty_recoverable",
    ChargeType.DUTY_TAX_OTHER: "duty_recoverable",
    ChargeType.TAX: "vat_recoverable",
    ChargeType.CURRENCY_VARIANCE: "rounding",
}
FREIGHT = "return_freight_expense"
DUTIES = frozenset(kind for kind, account in EXPENSE.items() if account == "duty_recoverable")


RECEIVABLE: Mapping[ChargeBearer, str] = {
    ChargeBearer.EXPORTER: OWED,
    ChargeBearer.RETURNER: "returner_receivable",
    ChargeBearer.PLATFORM: "platform_receivable",
    ChargeBearer.CARRIER: "carrier_receivable",
}
"""What is owed by whom; duty, the importer's of record, stands apart to be seen, under the same name with `_duty`."""
RECEIVABLES: Mapping[str, tuple[ChargeBearer, bool]] = {
    f"{account}{duty}": (bearer, bool(duty)) for bearer, account in RECEIVABLE.items() for duty in ("", "_duty")
}
"""Who, and whether it is duty, by account."""
Bears = Callable[[ChargeType, str | None], ChargeBearer]
"""Who bears a charge of a return."""


def the_exporter(kind: ChargeType, return_id: str | None) -> ChargeBearer:
    """The exporter bears everything, where nothing else was said."""
    return ChargeBearer.EXPORTER


def receivable_of(kind: ChargeType, bearer: ChargeBearer) -> str:
    return f"{RECEIVABLE[bearer]}_duty" if kind in DUTIES else RECEIVABLE[bearer]


def transfers_of(
    kind: ChargeType,
    billed: int,
    agreed: int,
    currency: str,
    return_id: str | None,
    shares: Mapping[str, int] | None = None,
    bears: Bears = the_exporter,
) -> Sequence[Transfer]:
    """`billed` is owed to the carrier; what is agreed of it is an expense that somebody `bears`, the rest is in dispute.

    `shares` says for which returns how much of `agreed` is borne, and comes to it; without it all is `return_id`'s.
    """
    moves = [
        *_moved(EXPENSE.get(kind, FREIGHT), PAYABLE, agreed, currency, return_id),
        *_moved(DISPUTED, PAYABLE, billed - agreed, currency, return_id),
    ]
    for its, part in _borne(agreed, return_id, shares):
        moves.extend(_moved(receivable_of(kind, bears(kind, its)), RECHARGED, part, currency, its))
    return moves


def accepted_after_all(
    kind: ChargeType,
    minor: int,
    currency: str,
    return_id: str | None,
    shares: Mapping[str, int] | None = None,
    bears: Bears = the_exporter,
) -> Sequence[Transfer]:
    """What was in dispute is an expense that somebody bears; `shares` says for which returns, as above."""
    moves = [*_moved(EXPENSE.get(kind, FREIGHT), DISPUTED, minor, currency, return_id)]
    for its, part in _borne(minor, return_id, shares):
        moves.extend(_moved(receivable_of(kind, bears(kind, its)), RECHARGED, part, currency, its))
    return moves


def paid_beside_bills(minor: int, currency: str, return_id: str, bears: Bears = the_exporter) -> Sequence[Transfer]:
    """What a carrier paid on a claim, posted as its credit on a bill would be; but what we owe it stays."""
    bearer = bears(ChargeType.CREDIT_CLAIM, return_id)
    return (
        Transfer(RECEIVED, EXPENSE.get(ChargeType.CREDIT_CLAIM, FREIGHT), minor, currency, return_id),
        Transfer(RECHARGED, receivable_of(ChargeType.CREDIT_CLAIM, bearer), minor, currency, return_id),
    )


def _borne(minor: int, return_id: str | None, shares: Mapping[str, int] | None) -> Iterable[tuple[str | None, int]]:
    return shares.items() if shares else [(return_id, minor)]


def _moved(debit: str, credit: str, minor: int, currency: str, return_id: str | None) -> Sequence[Transfer]:
    """A negative amount moves the other way."""
    if minor > 0:
        return (Transfer(debit, credit, minor, currency, return_id),)
    return (Transfer(credit, debit, -minor, currency, return_id),) if minor else ()


def share_out(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """An amount in whole minor units over keys by weight, by the largest remainder: the parts come to the amount.

    Equal remainders go in the order of the keys, so that a second run says the same. Without any weight all weigh alike.
    """
    if not weights:
        return {}
    sign, whole = (-1, -amount) if amount < 0 else (1, amount)
    keys = sorted(weights)
    heavy = {key: max(weights[key], 0) for key in keys}
    total = sum(heavy.values())
    if total == 0:
        heavy, total = dict.fromkeys(keys, 1), len(keys)
    parts = {key: whole * heavy[key] // total for key in keys}
    missing = whole - sum(parts.values())
    by_remainder = sorted(keys, key=lambda key: (-(whole * heavy[key] % total), key))
    for key in by_remainder[:missing]:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}
