"""Findings on what comes after the price: tax, customs, storage, lateness. Pure; the rest is `findings.py`."""

from datetime import timedelta

from gateway.rules.findings import Case, Hit, over
from gateway.rules.running import OUTLAY, RATE
from schemas.charges import ChargeType, FindingKind


def tax(case: Case) -> Hit | None:
    """Tax of another sum than rate times what is taxed; outlay at the border is not."""
    line, permille = case.line, case.booked.tax_permille
    if line.type is not ChargeType.TAX or line.minor <= 0:
        return None
    if case.run.left(line.type) is not None:
        return over(case, FindingKind.TAX_WRONG, "tax")
    if permille is None:
        return Hit(FindingKind.TAX_WRONG, f"no tax was agreed, {case.said(line.minor)} are billed")
    expected = int((case.run.taxed * permille + 500) // 1000) - case.run.accepted[ChargeType.TAX]
    if line.minor <= expected + 1:
        return None
    base = case.said(case.run.taxed)
    because = f"{float(permille) / 10:g} % of {base} is {case.said(expected)}, {case.said(line.minor)} are billed"
    return Hit(FindingKind.TAX_WRONG, because, max(expected, 0), expected)


def duty(case: Case) -> Hit | None:
    """Duty and tax at the border on goods that come home: somebody else's, or not due at all."""
    line = case.line
    if line.type not in OUTLAY or line.minor <= 0:
        return None
    if not case.booked.duty_is_ours:
        because = f"{line.type} of {case.said(line.minor)} is to be paid by the other side"
        return Hit(FindingKind.DUTY_NOT_PAYER, because, expected=0)
    if case.booked.relief:
        because = f"{line.type} of {case.said(line.minor)} on goods that come home: relief may apply, a person confirms"
        return Hit(FindingKind.DUTY_RELIEF, because, expected=0)
    return None


def disbursement(case: Case) -> Hit | None:
    """The fee for paying duty: agreed, or by its formula; for duty that was not due there is none."""
    line, policy = case.line, case.policy
    if line.type is not ChargeType.DISBURSEMENT or line.minor <= 0:
        return None
    if case.run.relieved > 0:
        because = f"a fee for paying {case.said(case.run.relieved)} of duty that is disputed itself"
        return Hit(FindingKind.DISBURSEMENT_OVER, because, expected=0)
    if case.run.left(line.type) is not None:
        return over(case, FindingKind.DISBURSEMENT_OVER, "the fee for paying duty")
    if policy.disbursement_share is None:
        return Hit(FindingKind.DISBURSEMENT_OVER, "no fee for paying duty was agreed, and no formula is known")
    outlay = sum(case.run.accepted[kind] for kind in OUTLAY)
    by_formula = max(policy.disbursement_minimum, (outlay * policy.disbursement_share + 500) // 1000)
    expected = by_formula - case.run.accepted[ChargeType.DISBURSEMENT]
    if line.minor <= expected + 1:
        return None
    because = f"{policy.disbursement_share / 10:g} % of {case.said(outlay)} is {case.said(expected)} with the minimum"
    return Hit(FindingKind.DISBURSEMENT_OVER, f"{because}, {case.said(line.minor)} are billed", expected, expected)


def storage(case: Case) -> Hit | None:
    """Days of storage counted wrong. Where the tariff or the days are not known a person looks."""
    line = case.line
    if line.type is not ChargeType.STORAGE or line.minor <= 0:
        return None
    if case.run.left(line.type) is not None:
        return over(case, FindingKind.STORAGE_OVER, "storage")
    if case.booked.storage is None:
        because = f"storage of {case.said(line.minor)}: neither its days nor its tariff are known here"
        return Hit(FindingKind.STORAGE_OVER, because)
    expected = case.booked.storage - case.run.accepted[ChargeType.STORAGE]
    if line.minor <= expected + case.policy.above(expected, line.currency, line.type):
        return None
    because = f"by days and tariff storage is {case.said(expected)}, {case.said(line.minor)} are billed"
    return Hit(FindingKind.STORAGE_OVER, because, max(expected, 0), expected)


def late_delivery(case: Case) -> Hit | None:
    """A promise missed by a minute is missed: the transport charge is asked back."""
    promised, delivered = case.booked.promised_at, case.booked.delivered_at
    if case.line.type not in RATE or promised is None or delivered is None:
        return None
    late = delivered - promised
    if late < timedelta(seconds=case.policy.late_seconds):
        return None
    because = f"promised for {promised:%Y-%m-%d %H:%M:%S}, delivered {int(late.total_seconds())} seconds later (UTC)"
    return Hit(FindingKind.LATE_DELIVERY, because, expected=0)


def late_billed(case: Case) -> Hit | None:
    shipped = case.line.shipped_on or case.booked.ship_on
    if case.issued_on is None or shipped is None:
        return None
    days = (case.issued_on - shipped).days
    if days <= case.policy.billing_days:
        return None
    because = f"shipped on {shipped}, billed {days} days later; the limit is {case.policy.billing_days}"
    return Hit(FindingKind.LATE_BILLED, because, expected=0)
