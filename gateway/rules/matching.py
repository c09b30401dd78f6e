"""Invoice lines against what we booked. Pure: lines and bookings in, one verdict a line out, each with its reason.

The first rule that hits names the line, in the order of charges-acceptance.md C.3. A line that is neither matched nor within
tolerance is never paid silently: what is over becomes a dispute, what is unknown waits for a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.charges import ChargeType, Finding, FindingKind
from schemas.iso import CURRENCY_DIGITS
from schemas.values import Money

ABSOLUTE, SHARE = 50, 100
"""Tolerance: 50 minor units of a two-decimal currency, or 1 % (C.4), whichever is more."""

INSURANCE = frozenset({ChargeType.INSURANCE, ChargeType.DECLARED_VALUE})


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One line of an invoice, as far as matching needs it."""

    id: str
    waybill: str | None
    type: ChargeType
    minor: int
    currency: str
    references: Sequence[str] = ()
    informational: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """What we agreed for one shipment: minor units by type, and what became of it."""

    shipment_id: str
    return_id: str
    currency: str | None
    agreed: Mapping[ChargeType, int]
    insured: bool
    live: bool
    moved: bool
    """Whether a physical scan is known."""
    billed: Mapping[ChargeType, int] = field(default_factory=dict)
    """Already matched on other invoices."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding on a line: how much of it is agreed, and to which shipment it belongs."""

    line_id: str
    finding: Finding
    agreed: int
    shipment_id: str | None = None
    return_id: str | None = None


def tolerance(expected: int, currency: str) -> int:
    """In minor units of the currency."""
    absolute = ABSOLUTE * int(10 ** CURRENCY_DIGITS[currency]) // 100
    return max(absolute, abs(expected) // SHARE)


def judge(lines: Iterable[BilledLine], bookings: Mapping[str, Booked]) -> list[Verdict]:
    """One verdict a line. `bookings` is keyed by canonical waybill and by our own references."""
    billed: dict[tuple[str, ChargeType], int] = {}
    verdicts = []
    for line in lines:
        booked = _booked(line, bookings)
        verdicts.append(_judge(line, booked, billed))
    return verdicts


def _booked(line: BilledLine, bookings: Mapping[str, Booked]) -> Booked | None:
    for key in (line.waybill, *line.references):
        if key and key in bookings:
            return bookings[key]
    return None


def _judge(line: BilledLine, booked: Booked | None, billed: dict[tuple[str, ChargeType], int]) -> Verdict:
    if line.informational:
        return _verdict(line, booked, FindingKind.MATCHED, line.minor, "the carrier says this line is for information")
    if booked is None:
        return _verdict(line, None, FindingKind.UNKNOWN_WAYBILL, 0, "no booking of ours has this waybill or reference")
    if line.type is ChargeType.UNKNOWN:
        return _verdict(line, booked, FindingKind.UNKNOWN_CHARGE, 0, "the charge is in no table; a person decides")
    if booked.currency and line.currency != booked.currency:
        return _verdict(
            line, booked, FindingKind.CURRENCY_MISMATCH, 0, f"booked in {booked.currency}, billed in {line.currency}"
        )
    if not booked.live and not booked.moved:
        return _verdict(line, booked, FindingKind.VOIDED_BILLED, 0, "the booking is void and was never scanned")
    if line.type in INSURANCE and not booked.insured:
        return _verdict(line, booked, FindingKind.COVER_MISMATCH, 0, "no cover was asked for")
    return _against_agreed(line, booked, billed)


def _against_agreed(line: BilledLine, booked: Booked, billed: dict[tuple[str, ChargeType], int]) -> Verdict:
    key = (booked.shipment_id, line.type)
    before = billed.get(key, 0) + booked.billed.get(line.type, 0)
    expected = booked.agreed.get(line.type)
    billed[key] = billed.get(key, 0) + line.minor
    if expected is None:
        return _verdict(line, booked, FindingKind.UNAGREED_SURCHARGE, 0, f"{line.type} was not agreed at booking")
    if before >= expected > 0 and line.minor > 0:
        return _verdict(line, booked, FindingKind.DUPLICATE, 0, "the agreed amount was billed before")
    left = expected - before
    if line.minor > left + tolerance(expected, line.currency):
        return _verdict(line, booked, FindingKind.OVER, left, "billed above what was agreed", left)
    if line.minor < left - tolerance(expected, line.currency):
        return _verdict(line, booked, FindingKind.UNDER, line.minor, "billed below what was agreed", left)
    return _verdict(line, booked, FindingKind.MATCHED, line.minor, "as agreed at booking", left)


def _verdict(
    line: BilledLine, booked: Booked | None, kind: FindingKind, agreed: int, because: str, expected: int | None = None
) -> Verdict:
    finding = Finding(
        kind=kind,
        expected=None if expected is None else Money.from_minor(expected, line.currency),
        billed=Money.from_minor(line.minor, line.currency),
        because=because,
    )
    return Verdict(
        line.id,
        finding,
        agreed,
        booked.shipment_id if booked else None,
        booked.return_id if booked else None,
    )
