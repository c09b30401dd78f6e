"""What the lines of one shipment have come to so far, over all invoices: accepted, disputed, repeated, given back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from gateway.rules.matching import BilledLine, Booked, Past
from schemas.charges import ChargeType, FindingKind

RATE = frozenset({ChargeType.FREIGHT, ChargeType.FREIGHT_RETURN_SERVICE, ChargeType.DISCOUNT})
COVER = frozenset({ChargeType.INSURANCE, ChargeType.DECLARED_VALUE})
OUTLAY = frozenset(
    {
        ChargeType.DUTY,
        ChargeType.IMPORT_TAX,
        ChargeType.EXCISE,
        ChargeType.GOVERNMENT_FEE,
        ChargeType.DUTY_TAX_OTHER,
    }
)
"""Paid for the importer at the border: no revenue of the carrier, and no tax on it."""
UNTAXED = OUTLAY | COVER | {ChargeType.TAX, ChargeType.INSURANCE_TAX}
GIVEN_BACK = frozenset({ChargeType.CREDIT_VOID, ChargeType.CREDIT_SERVICE_FAILURE, ChargeType.CREDIT_REBATE})
CREDITS = GIVEN_BACK | {ChargeType.CREDIT_CLAIM}
COVERS = {
    FindingKind.VOIDED_BILLED: ChargeType.CREDIT_VOID,
    FindingKind.LATE_DELIVERY: ChargeType.CREDIT_SERVICE_FAILURE,
}
"""Which credit may come before the line that it gives back."""
Key = tuple[ChargeType, int, str, date | None]


BUCKET: Mapping[ChargeType, ChargeType] = {
    **{kind: kind for kind in ChargeType},
    **dict.fromkeys(RATE, ChargeType.FREIGHT),
    **dict.fromkeys(COVER, ChargeType.INSURANCE),
}
"""Types that are one price: freight and its discounts, cover under either name."""


def key_of(line: BilledLine | Past) -> Key:
    return line.type, line.minor, line.currency, line.shipped_on


def is_credit(kind: ChargeType, minor: int) -> bool:
    """A discount is a part of a price, everything else below zero gives something back."""
    return minor < 0 and kind is not ChargeType.DISCOUNT


class Running:
    """One shipment's account while its lines are judged."""

    __slots__ = (
        "accepted",
        "agreed",
        "discounted",
        "disputed",
        "given",
        "relieved",
        "seen",
        "taxed",
        "weight_disputed",
    )

    def __init__(self, booked: Booked | None) -> None:
        self.agreed: dict[ChargeType, int] = {}
        self.accepted: defaultdict[ChargeType, int] = defaultdict(int)
        self.disputed: defaultdict[ChargeType, int] = defaultdict(int)
        """Still open, by type."""
        self.given: defaultdict[ChargeType, int] = defaultdict(int)
        """Given back before the line that it is for, by type."""
        self.seen: defaultdict[Key, int] = defaultdict(int)
        self.discounted = 0
        """What discounts took off the freight, above zero."""
        self.weight_disputed = 0
        self.relieved = 0
        """Outlay that is disputed because the goods are relieved of it."""
        self.taxed = 0
        if booked is None:
            return
        for kind, minor in booked.agreed.items():
            self.agreed[BUCKET[kind]] = self.agreed.get(BUCKET[kind], 0) + minor
        self.remember(booked.past)

    def remember(self, past: Iterable[Past]) -> None:
        for one in past:
            if is_credit(one.type, one.minor):
                self.note_credit(one.type, -one.minor, one.agreed - one.minor, key_of(one))
            else:
                self.note(one, one.agreed, one.finding)
                for kind in (COVERS[note] for note in one.notes if note in COVERS and one.agreed):
                    self.given[kind] -= one.minor  # it used up a credit that had come before it

    def left(self, kind: ChargeType) -> int | None:
        """What is agreed of this type and not accepted yet; None where nothing was agreed."""
        agreed = self.agreed.get(BUCKET[kind])
        return None if agreed is None else agreed - self.accepted[BUCKET[kind]]

    def expected(self, kind: ChargeType) -> int | None:
        """What one line of this type should come to: what is left, but no more than was agreed for all of them. After a
        credit more is left than that, for the lines that it gave back may come again."""
        left = self.left(kind)
        if left is None:
            return None
        whole = self.agreed[BUCKET[kind]] + (self.discounted if BUCKET[kind] is ChargeType.FREIGHT else 0)
        return min(left, whole)

    def note(self, line: BilledLine | Past, agreed: int, finding: FindingKind) -> None:
        """A line was judged."""
        self.seen[key_of(line)] += 1
        self.accepted[BUCKET[line.type]] += agreed
        if line.type is ChargeType.DISCOUNT:
            self.discounted -= agreed
        open_part = line.minor - agreed
        if open_part:
            self.disputed[line.type] += open_part
        if finding is FindingKind.WEIGHT_OVER and line.type is not ChargeType.FUEL:
            self.weight_disputed += open_part
        if line.type in OUTLAY and finding in (FindingKind.DUTY_RELIEF, FindingKind.DUTY_NOT_PAYER):
            self.relieved += open_part
        if line.type not in UNTAXED:
            self.taxed += line.minor

    def note_credit(self, kind: ChargeType, amount: int, applied: int, key: Key) -> None:
        """`applied` of it closed what was open; the rest lowers what was accepted, or waits for its line."""
        reversed_key = (key[0], -key[1], key[2], key[3])
        self.seen[reversed_key] -= 1
        rest = amount - applied
        if kind in CREDITS:
            self.given[kind] += rest
            self._close(applied, self.disputed)
        else:
            self.accepted[BUCKET[kind]] -= rest
            self.disputed[kind] -= applied
            if kind not in UNTAXED:
                self.taxed -= amount

    def _close(self, amount: int, types: Iterable[ChargeType]) -> None:
        for kind in sorted(types):
            part = min(amount, max(self.disputed[kind], 0))
            self.disputed[kind] -= part
            amount -= part

    def closes(self, kind: ChargeType, amount: int) -> int:
        """How much of what is disputed a credit of this type gives back."""
        if kind in GIVEN_BACK:
            return min(amount, max(sum(self.disputed.values()), 0))
        return 0 if kind is ChargeType.CREDIT_CLAIM else min(amount, max(self.disputed[kind], 0))

    def use_credit(self, finding: FindingKind, amount: int) -> bool:
        """Whether a credit came before this line and covers it; it is then used up."""
        kind = COVERS.get(finding)
        if kind is None or amount <= 0 or self.given[kind] < amount:
            return False
        self.given[kind] -= amount
        return True
