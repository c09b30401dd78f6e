"""Bills with findings planted in them, and the truth: what each line is, and how much of it is agreed.

Five currencies of no, two and three decimals. Every booking is clean or has one finding, in turn; the clean ones try to look
wrong: within tolerance, net of a discount, by a weight that our own dock bears out, used after it was void, given back and
billed again.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.rules.matching import BilledLine, Booked
from gateway.rules.tolerances import Policy
from schemas.charges import ChargeType, FindingKind

CURRENCIES = ("JPY", "EUR", "USD", "BHD", "KWD")
POLICY = Policy(disbursement_share=25, disbursement_minimum=900)
ISSUED = date(2026, 9, 26)
SERVICES = {"p": "P", "express": "P", "d": "D", "documents": "D"}
K, C = FindingKind, ChargeType
Truth = tuple[FindingKind, int]


@dataclass
class Planted:
    """Lines by invoice; an invoice in `broken` does not come to its total."""

    index: dict[str, list[Booked]] = field(default_factory=dict)
    invoices: dict[str, list[BilledLine]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    truth: dict[str, Truth] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        return sum(len(lines) for lines in self.invoices.values())


@dataclass
class Maker:
    """One booking and the lines that bill it."""

    planted: Planted
    chance: random.Random
    invoice: str
    booked: Booked

    @property
    def freight(self) -> int:
        return self.booked.agreed[C.FREIGHT]

    @property
    def fuel(self) -> int:
        return self.booked.agreed[C.FUEL]

    def over(self, expected: int) -> int:
        """More than is let pass."""
        return POLICY.above(expected, str(self.booked.currency), C.FREIGHT) + self.chance.randint(1, 5_000)

    def bill(self, kind: ChargeType, minor: int, truth: FindingKind, agreed: int, **given: Any) -> None:
        lines = self.planted.invoices.setdefault(self.invoice, [])
        line = BilledLine(
            id=f"{self.invoice}.{len(lines):06}",
            waybill=given.pop("waybill", next(iter(self.booked.waybills))),
            type=kind,
            minor=minor,
            currency=given.pop("currency", self.booked.currency),
            shipped_on=self.booked.ship_on,
            service=given.pop("service", "Express"),
            grams=given.pop("grams", self.booked.grams),
        )
        lines.append(line)
        self.planted.truth[line.id] = (truth, agreed)

    def agreed_lines(self, truth: FindingKind = K.MATCHED) -> None:
        """Freight and fuel just as agreed."""
        self.bill(C.FREIGHT, self.freight, truth, self.freight)
        self.bill(C.FUEL, self.fuel, truth, self.fuel)

    def change(self, **given: Any) -> None:
        self.booked = replace(self.booked, **given)


def nothing_agreed(kind: ChargeType, finding: FindingKind, **booked: Any) -> Callable[[Maker], None]:
    """What was agreed, and a charge beside it of which nothing is."""

    def plant(maker: Maker) -> None:
        maker.change(**booked)
        maker.agreed_lines()
        maker.bill(kind, maker.chance.randint(1_000, 9_000), finding, 0)

    return plant


def too_much(finding: FindingKind, **line: Any) -> Callable[[Maker], None]:
    def plant(maker: Maker) -> None:
        maker.bill(C.FREIGHT, maker.freight + maker.over(maker.freight), finding, maker.freight, **line)
        maker.bill(C.FUEL, maker.fuel, K.MATCHED, maker.fuel)

    return plant


def duplicate(maker: Maker) -> None:
    maker.agreed_lines()
    maker.bill(C.FREIGHT, maker.freight, K.DUPLICATE, 0)


def unmatched(maker: Maker) -> None:
    maker.agreed_lines()
    maker.bill(C.FREIGHT, maker.freight, K.UNMATCHED, 0, waybill=f"X{next(iter(maker.booked.waybills))}")


def voided(maker: Maker) -> None:
    maker.change(live=False, moved=False)
    maker.bill(C.FREIGHT, maker.freight, K.VOIDED_BILLED, 0)
    maker.bill(C.FUEL, maker.fuel, K.VOIDED_BILLED, 0)


def fuel_over(maker: Maker) -> None:
    maker.bill(C.FREIGHT, maker.freight, K.MATCHED, maker.freight)
    maker.bill(C.FUEL, maker.fuel + maker.over(maker.fuel), K.FUEL_OVER, maker.fuel)


def currency(maker: Maker) -> None:
    other = next(one for one in CURRENCIES if one != maker.booked.currency)
    maker.agreed_lines()
    maker.bill(C.FREIGHT, maker.freight, K.CURRENCY, 0, currency=other)


def late(maker: Maker) -> None:
    promised = datetime(2026, 9, 10, 12, tzinfo=UTC)
    maker.change(promised_at=promised, delivered_at=promised + timedelta(seconds=60 + maker.chance.randint(0, 9_000)))
    maker.bill(C.FREIGHT, maker.freight, K.LATE_DELIVERY, 0)
    maker.bill(C.FUEL, maker.fuel, K.MATCHED, maker.fuel)


def stale(maker: Maker) -> None:
    maker.change(ship_on=ISSUED - timedelta(days=181))
    maker.bill(C.FREIGHT, maker.freight, K.LATE_BILLED, 0)
    maker.bill(C.FUEL, maker.fuel, K.LATE_BILLED, 0)


def tax_wrong(maker: Maker) -> None:
    maker.change(tax_permille=190)
    maker.agreed_lines()
    right = ((maker.freight + maker.fuel) * 190 + 500) // 1000
    maker.bill(C.TAX, right + maker.chance.randint(2, 900), K.TAX_WRONG, right)


def disbursement_over(maker: Maker) -> None:
    maker.change(relief=False)
    duty = maker.chance.randint(10_000, 90_000)
    right = max(900, (duty * 25 + 500) // 1000)
    maker.agreed_lines()
    maker.bill(C.DUTY, duty, K.MATCHED, duty)
    maker.bill(C.DISBURSEMENT, right + maker.chance.randint(2, 900), K.DISBURSEMENT_OVER, right)


def storage_over(maker: Maker) -> None:
    days = maker.chance.randint(1_000, 5_000)
    maker.change(storage=days)
    maker.agreed_lines()
    maker.bill(C.STORAGE, days + maker.over(days), K.STORAGE_OVER, days)


PLANTS: Mapping[FindingKind, Callable[[Maker], None]] = {
    K.DUPLICATE: duplicate,
    K.UNMATCHED: unmatched,
    K.VOIDED_BILLED: voided,
    K.CURRENCY: currency,
    K.SERVICE_MISMATCH: too_much(K.SERVICE_MISMATCH, service="Documents"),
    K.ACCESSORIAL_NOT_REQUESTED: nothing_agreed(C.SIGNATURE, K.ACCESSORIAL_NOT_REQUESTED),
    K.INSURANCE_NOT_REQUESTED: nothing_agreed(C.INSURANCE, K.INSURANCE_NOT_REQUESTED),
    K.RESIDENTIAL_WRONG: nothing_agreed(C.RESIDENTIAL, K.RESIDENTIAL_WRONG),
    K.ADDRESS_CORRECTION_WRONG: nothing_agreed(C.ADDRESS_CORRECTION, K.ADDRESS_CORRECTION_WRONG),
    K.WEIGHT_OVER: too_much(K.WEIGHT_OVER, grams=9_900),
    K.RATE_OVER: too_much(K.RATE_OVER),
    K.FUEL_OVER: fuel_over,
    K.TAX_WRONG: tax_wrong,
    K.DUTY_NOT_PAYER: nothing_agreed(C.DUTY, K.DUTY_NOT_PAYER, duty_is_ours=False),
    K.DUTY_RELIEF: nothing_agreed(C.IMPORT_TAX, K.DUTY_RELIEF),
    K.DISBURSEMENT_OVER: disbursement_over,
    K.STORAGE_OVER: storage_over,
    K.LATE_DELIVERY: late,
    K.LATE_BILLED: stale,
}
"""All twenty but `sum_error`, which is a whole invoice's."""


def within_tolerance(maker: Maker) -> None:
    allowed = POLICY.above(maker.freight, str(maker.booked.currency), C.FREIGHT)
    maker.bill(C.FREIGHT, maker.freight + allowed, K.MATCHED, maker.freight + allowed)
    maker.bill(C.FUEL, maker.fuel, K.MATCHED, maker.fuel)


def net_of_discount(maker: Maker) -> None:
    maker.bill(C.FREIGHT, maker.freight + 700, K.MATCHED, maker.freight + 700)
    maker.bill(C.DISCOUNT, -700, K.MATCHED, -700)
    maker.bill(C.FUEL, maker.fuel, K.MATCHED, maker.fuel)


def borne_out_by_the_dock(maker: Maker) -> None:
    maker.change(dock_grams=4_000)
    maker.bill(C.FREIGHT, maker.freight * 2, K.MATCHED, maker.freight * 2, grams=4_000)
    maker.bill(C.FUEL, maker.fuel, K.MATCHED, maker.fuel)


def used_after_void(maker: Maker) -> None:
    maker.change(live=False, moved=True)
    maker.agreed_lines(K.USED_AFTER_VOID)


def given_back_and_billed_again(maker: Maker) -> None:
    maker.agreed_lines()
    maker.bill(C.FREIGHT, -maker.freight, K.CREDIT, -maker.freight)
    maker.bill(C.FREIGHT, maker.freight, K.MATCHED, maker.freight)


CLEAN = (
    Maker.agreed_lines,
    within_tolerance,
    net_of_discount,
    borne_out_by_the_dock,
    used_after_void,
    given_back_and_billed_again,
)


def plant(lines: int, *, seed: int = 1) -> Planted:
    """At least so many lines. Each kind of finding is there as often as any other."""
    planted, chance, number = Planted(), random.Random(seed), 0
    kinds = list(PLANTS)
    while planted.lines < lines:
        number += 1
        code = CURRENCIES[number % len(CURRENCIES)]
        maker = Maker(planted, chance, f"{code}-{number // 1_000}", _booked(number, code, chance))
        (PLANTS[kinds[number // 2 % len(kinds)]] if number % 2 else CLEAN[number // 2 % len(CLEAN)])(maker)
        planted.index[f"W{number}"] = [maker.booked]
    for code in CURRENCIES:
        number += 1
        maker = Maker(planted, chance, f"{code}-BROKEN", _booked(number, code, chance))
        maker.bill(C.FREIGHT, maker.freight, K.SUM_ERROR, 0)
        planted.broken.add(maker.invoice)
        planted.index[f"W{number}"] = [maker.booked]
    return planted


def _booked(number: int, code: str, chance: random.Random) -> Booked:
    return Booked(
        shipment_id=f"shp_{number}",
        return_id=f"ret_{number}",
        currency=code,
        agreed={C.FREIGHT: chance.randint(10_000, 90_000), C.FUEL: chance.randint(2_000, 9_000)},
        insured=False,
        live=True,
        moved=True,
        waybills=frozenset({f"W{number}"}),
        service="P",
        grams=2_000,
        ship_on=date(2026, 9, 1),
    )
