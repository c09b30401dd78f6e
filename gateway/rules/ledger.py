"""What a matched line posts: one balanced transaction in minor units, debit positive, credit negative."""

from collections.abc import Mapping, Sequence

from schemas.charges import ChargeType, LedgerEntry

PAYABLE = "carrier_payable"
RECEIVABLE = "exporter_receivable"
DISPUTED = "dispute_receivable"
RECHARGED = "costs_recharged"

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
}
FREIGHT = "return_freight_expense"


def entries_of(kind: ChargeType, billed: int, agreed: int, currency: str) -> Sequence[LedgerEntry]:
    """`billed` is owed to the carrier; what is agreed of it is an expense that the exporter bears, the rest is disputed.

    The bill first, then the exporter's debt for the agreed part. Every set sums to zero.
    """
    sides = [
        (PAYABLE, -billed),
        (EXPENSE.get(kind, FREIGHT), agreed),
        (DISPUTED, billed - agreed),
        (RECEIVABLE, agreed),
        (RECHARGED, -agreed),
    ]
    return [LedgerEntry(account=account, minor=minor, currency=currency) for account, minor in sides if minor]
