"""What was agreed with a carrier on prices, as a file says it: lanes by weight, surcharges, fuel, cover, tax, storage.

Amounts are in the tariff's currency. An area is a country and may name postcodes: `FR`, `FR 20*`, `ES 35000-35999`; where
areas are asked for, a zone's name stands for all of its areas, and none at all for everywhere.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from schemas.charges import ChargeType
from schemas.premiums import Amount, PremiumForm
from schemas.values import Currency, Model, ShortText, known_country

AREA = re.compile(r"(?P<country>[A-Z]{2})(?: (?P<first>[0-9A-Z]{1,10})(?:(?P<any>\*)|-(?P<last>[0-9A-Z]{1,10}))?)?")


def _area(value: str) -> str:
    found = AREA.fullmatch(value)
    if found is None:
        raise ValueError("an area is a country, and may name postcodes: FR, FR 20*, ES 35000-35999")
    known_country(found["country"])
    if found["last"] and len(found["last"]) != len(found["first"]):
        raise ValueError("a range of postcodes has the same length at both ends")
    return value


Area = Annotated[str, AfterValidator(_area)]
Places = Annotated[tuple[ShortText, ...], Field(max_length=300)]
Services = Annotated[tuple[ShortText, ...], Field(max_length=100)]
Kg = Annotated[Amount, Field(gt=0, le=10_000)]
Percent = Annotated[Amount, Field(le=1000)]


def grams(kg: Decimal) -> int:
    return int((kg * 1000).to_integral_value(ROUND_CEILING))


class Scope(Model):
    """What a rule is for; nothing said is everything."""

    services: Services = ()
    origin: Places = ()
    destination: Places = ()


class Break(Model):
    """The price up to a weight, this weight included."""

    up_to_kg: Kg
    price: Amount


class Lane(Scope):
    """Freight from somewhere to somewhere. Above the last break each started `step_kg` costs `per_step` more; without one
    there is no price for it."""

    prices: Annotated[tuple[Break, ...], Field(min_length=1, max_length=500)]
    per_step: Amount | None = None
    step_kg: Kg = Decimal(1)
    minimum: Amount = Decimal(0)

    @model_validator(mode="after")
    def goes_up(self) -> Self:
        limits = [one.up_to_kg for one in self.prices]
        if limits != sorted(set(limits)):
            raise ValueError("weights go up, each to another one")
        return self


class Per(StrEnum):
    SHIPMENT = "shipment"
    PARCEL = "parcel"
    KG = "kg"
    """Each started kilogram of the chargeable weight."""
    FREIGHT = "freight"
    """`price` per cent of the freight."""


class Surcharge(Scope):
    """A rule that adds a charge. It counts on these days, above this weight of the shipment, for a longer parcel."""

    type: ChargeType
    price: Amount
    per: Per = Per.SHIPMENT
    minimum: Amount = Decimal(0)
    valid_from: date | None = None
    valid_until: date | None = None
    over_kg: Kg | None = None
    over_cm: Annotated[int, Field(gt=0, le=2_000)] | None = None


class FuelRow(Model):
    """The percentage from a day on, until the next row of the same services: one a week, or one a month."""

    valid_from: date
    percent: Percent
    services: Services = ()


class TaxRow(Scope):
    """The rate of tax on the carrier's own service; the first that fits counts. Outlay at the border is never taxed."""

    percent: Percent


class Storage(Model):
    """What a day costs once the free ones are over, the day of arrival not counted."""

    free_days: Annotated[int, Field(ge=0, le=365)]
    per_day: Amount


class Guarantee(Scope):
    """Delivered on the `days`-th working day (Monday to Friday) after the hand-over, `by` this time in `zone`."""

    days: Annotated[int, Field(ge=0, le=90)]
    by: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "23:59"
    zone: ShortText
    """IANA name, of the place that it goes to."""

    @model_validator(mode="after")
    def zone_is_one(self) -> Self:
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("zone is an IANA time zone such as Asia/Shanghai") from error
        return self


class DutyPayer(StrEnum):
    """Whom the carrier asks for duty and tax at the border."""

    ACCOUNT = "account"
    CONSIGNEE = "consignee"
    """Unless the booking itself said DDP."""


class CoverType(StrEnum):
    INSURANCE = ChargeType.INSURANCE.value
    DECLARED_VALUE = ChargeType.DECLARED_VALUE.value


class Cover(PremiumForm):
    type: CoverType = CoverType.INSURANCE


class WeighedBy(StrEnum):
    SHIPMENT = "shipment"
    PARCEL = "parcel"


FUEL_BASE: Sequence[ChargeType] = tuple(
    ChargeType(name)
    for name in (
        *("FREIGHT", "FREIGHT_RETURN_SERVICE", "RETURN_TO_SENDER", "REMOTE_AREA", "RESIDENTIAL", "PEAK_DEMAND"),
        *("ADDITIONAL_HANDLING", "OVERSIZE", "OVERWEIGHT", "PICKUP", "SIGNATURE", "SATURDAY_HOLIDAY"),
        *("DANGEROUS_GOODS", "SECURITY_RISK"),
    )
)
"""What fuel is usually a percentage of (`contracts/reference/charge_types.csv`, column fuel_base)."""


class Tariff(Model):
    """One version of a tariff. Of lanes the first that fits counts; every surcharge that fits is added."""

    currency: Currency
    valid_from: date
    valid_until: date | None = None
    zones: dict[ShortText, tuple[Area, ...]] = Field(default_factory=dict)
    volume_divisor: Annotated[int, Field(ge=1000, le=10_000)] | None = None
    """Cubic centimetres that count as a kilogram."""
    weighed_by: WeighedBy = WeighedBy.SHIPMENT
    round_to: Annotated[Amount, Field(gt=0)] | None = None
    """Each charge to a multiple of this, half up; else to the minor unit."""
    freight: Annotated[tuple[Lane, ...], Field(max_length=5_000)] = ()
    surcharges: Annotated[tuple[Surcharge, ...], Field(max_length=1_000)] = ()
    fuel: Annotated[tuple[FuelRow, ...], Field(max_length=2_000)] = ()
    fuel_base: tuple[ChargeType, ...] = tuple(FUEL_BASE)
    insurance: Cover | None = None
    tax: Annotated[tuple[TaxRow, ...], Field(max_length=200)] = ()
    storage: Storage | None = None
    guarantees: Annotated[tuple[Guarantee, ...], Field(max_length=200)] = ()
    """The first that fits counts."""
    duty_payer: DutyPayer = DutyPayer.ACCOUNT

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        if self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("a tariff begins before it ends")
        return self

    def strange_places(self) -> Sequence[tuple[str, int, str]]:
        """Places that are neither a zone nor an area: section, number of the rule, what stands there."""
        sections: Sequence[tuple[str, Sequence[Scope]]] = (
            ("freight", self.freight),
            ("surcharges", self.surcharges),
            ("tax", self.tax),
            ("guarantees", self.guarantees),
        )
        return [
            (section, number, place)
            for section, rules in sections
            for number, rule in enumerate(rules)
            for place in (*rule.origin, *rule.destination)
            if place not in self.zones and not AREA.fullmatch(place)
        ]
