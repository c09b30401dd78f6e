"""What a shipment costs by a tariff: freight by lane and weight, surcharges by rule, cover by its form, fuel by its table.
Pure. Every charge says which line of the tariff it comes from.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.rules.calendars import DAY, SATURDAY_SUNDAY, clock_on
from gateway.rules.premiums import NotCovered, premium
from schemas.charges import Charge, ChargeType, Quote
from schemas.shipments import BookingRequest, Parcel
from schemas.tariffs import AREA, Lane, Per, Scope, Surcharge, Tariff, WeighedBy, grams
from schemas.values import Money, tidy


class NoPrice(Exception):
    """The tariff has no price for this shipment, and why, for people."""


@dataclass(frozen=True, slots=True)
class Priced:
    """`lacking` is what was asked for and has no price here."""

    quote: Quote
    lacking: tuple[str, ...] = ()


def price(tariff: Tariff, request: BookingRequest) -> Priced:
    """What it comes to on the day it is shipped, before tax. Raises NoPrice."""
    at = way_of(request)
    lane = next((one for one in tariff.freight if fits(tariff, one, at)), None)
    if lane is None:
        way = f"{request.shipper.address.country} to {request.consignee.address.country}"
        raise NoPrice(f"no lane for {request.service} from {way}")
    found = [_freight(tariff, lane, request)]
    found += _surcharges(tariff, request, found[0].money)
    covered, lacking = _cover(tariff, request)
    found += covered
    found += _fuel(tariff, request, found)
    total = Money.from_minor(sum(one.money.minor for one in found), tariff.currency)
    ended = _fuel_ended(tariff, request)
    quote = Quote(service=request.service, charges=tuple(found), total=total)
    return Priced(quote, (*lacking, ended) if ended else lacking)


class Place(NamedTuple):
    country: str
    postal_code: str | None = None


class Way(NamedTuple):
    """What a rule's scope is held against."""

    service: str
    origin: Place
    destination: Place


def way_of(request: BookingRequest) -> Way:
    start, end = request.shipper.address, request.consignee.address
    return Way(request.service, Place(start.country, start.postal_code), Place(end.country, end.postal_code))


def fits(tariff: Tariff, scope: Scope, way: Way) -> bool:
    """Whether a rule is for this service and these places."""
    return (
        (not scope.services or way.service in scope.services)
        and _within(tariff, scope.origin, way.origin)
        and _within(tariff, scope.destination, way.destination)
    )


def _within(tariff: Tariff, places: Sequence[str], place: Place) -> bool:
    return not places or any(_in_area(area, place) for name in places for area in tariff.zones.get(name, (name,)))


def _in_area(area: str, place: Place) -> bool:
    found = AREA.fullmatch(area)
    if found is None or found["country"] != place.country:
        return False
    first, last = found["first"], found["last"]
    if first is None:
        return True
    code = "".join(filter(str.isalnum, place.postal_code or "")).upper()
    if found["any"]:
        return code.startswith(first)
    return first <= code[: len(first)] <= (last or first) and len(code) >= len(first)


def chargeable(tariff: Tariff, parcels: Iterable[Parcel]) -> int:
    """Grams that are paid for: of each parcel the heavier of what it weighs and what its volume counts for."""
    return sum(_chargeable(tariff, parcel) for parcel in parcels)


def _chargeable(tariff: Tariff, parcel: Parcel) -> int:
    size = parcel.dimensions
    if size is None or tariff.volume_divisor is None:
        return parcel.weight.grams
    volume = Decimal(size.length_mm * size.width_mm * size.height_mm) / tariff.volume_divisor  # mm³/cm³ is g/kg
    return max(parcel.weight.grams, int(volume.to_integral_value(ROUND_CEILING)))


def _freight(tariff: Tariff, lane: Lane, request: BookingRequest) -> Charge:
    by_parcel = tariff.weighed_by is WeighedBy.PARCEL
    weighed = [(parcel,) for parcel in request.parcels] if by_parcel else [request.parcels]
    weights = [chargeable(tariff, parcels) for parcels in weighed]
    amount = max(sum((_by_weight(lane, weight) for weight in weights), Decimal(0)), lane.minimum)
    said = ", ".join(f"{weight} g" for weight in weights)
    number = tariff.freight.index(lane) + 1
    return _charge(tariff, ChargeType.FREIGHT, amount, f"lane {number}, {said}")


def _by_weight(lane: Lane, weight: int) -> Decimal:
    for step in lane.prices:
        if weight <= grams(step.up_to_kg):
            return step.price
    last = lane.prices[-1]
    if lane.per_step is None:
        raise NoPrice(f"no price above {last.up_to_kg} kg, it is {weight} g")
    steps = -((grams(last.up_to_kg) - weight) // grams(lane.step_kg))
    return last.price + steps * lane.per_step


def _surcharges(tariff: Tariff, request: BookingRequest, freight: Money) -> Iterator[Charge]:
    way = way_of(request)
    for number, rule in enumerate(tariff.surcharges, 1):
        if fits(tariff, rule, way) and _counts(rule, request):
            amount = max(rule.price * _times(tariff, rule.per, request, freight), rule.minimum)
            yield _charge(tariff, rule.type, amount, f"surcharge {number}, per {rule.per.value}")


def _counts(rule: Surcharge, request: BookingRequest) -> bool:
    on = request.ship_on
    longest = max((_longest(parcel) for parcel in request.parcels), default=0)
    return (
        (rule.valid_from or on) <= on <= (rule.valid_until or on)
        and (rule.over_kg is None or sum(one.weight.grams for one in request.parcels) > grams(rule.over_kg))
        and (rule.over_cm is None or longest > rule.over_cm * 10)
    )


def _longest(parcel: Parcel) -> int:
    size = parcel.dimensions
    return max(size.length_mm, size.width_mm, size.height_mm) if size else 0


def _times(tariff: Tariff, per: Per, request: BookingRequest, freight: Money) -> Decimal:
    return {
        Per.SHIPMENT: lambda: Decimal(1),
        Per.PARCEL: lambda: Decimal(len(request.parcels)),
        Per.KG: lambda: Decimal(-(-chargeable(tariff, request.parcels) // 1000)),
        Per.FREIGHT: lambda: freight.amount / 100,
    }[per]()


def _cover(tariff: Tariff, request: BookingRequest) -> tuple[list[Charge], tuple[str, ...]]:
    value, form = request.insured_value, tariff.insurance
    if value is None:
        return [], ()
    if form is None:
        return [], ("cover was asked for, and the tariff has no price for it",)
    try:
        costs = premium(form, value)
    except NotCovered as error:
        return [], (str(error),)
    return [Charge(type=ChargeType(form.type), money=costs, wire_text=f"{form.basis.value} of {value}")], ()


def fuel_percent(tariff: Tariff, service: str, on: date) -> tuple[Decimal, date] | None:
    """What fuel is on a day, and since when; rows of the service itself go before those of all. Before the first row of a
    table nobody knows."""
    rows = [row for row in tariff.fuel if row.valid_from <= on and (not row.services or service in row.services)]
    row = max(rows, key=lambda one: (bool(one.services), one.valid_from), default=None)
    return (row.percent, row.valid_from) if row else None


def _fuel_ended(tariff: Tariff, request: BookingRequest) -> str:
    """Why the percentage is an old one, where the table of the service goes by weeks or months and has ended: twice the time
    between its last two rows ago. A table of one row has no end."""
    mine = [row for row in tariff.fuel if not row.services or request.service in row.services]
    special = [row for row in mine if row.services]
    days = sorted(row.valid_from for row in special or mine)
    if len(days) < 2 or request.ship_on <= days[-1] + 2 * (days[-1] - days[-2]):
        return ""
    return f"fuel: the table ends with the row of {days[-1]}"


def _fuel(tariff: Tariff, request: BookingRequest, charges: Sequence[Charge]) -> Iterator[Charge]:
    found = fuel_percent(tariff, request.service, request.ship_on)
    if found is None:
        return
    percent, since = found
    base = sum((one.money.amount for one in charges if one.type in tariff.fuel_base), Decimal(0))
    said = f"{percent} % of {base} {tariff.currency}, the row of {since}"
    yield _charge(tariff, ChargeType.FUEL, base * percent / 100, said)


def tax_permille(tariff: Tariff, way: Way) -> Decimal | None:
    """The rate of tax on the carrier's service; None where the tariff says nothing of it."""
    row = next((one for one in tariff.tax if fits(tariff, one, way)), None)
    return None if row is None else row.percent * 10


def promised_at(tariff: Tariff, way: Way, handed_over_on: date) -> datetime | None:
    """When it must be there at the latest; None where nothing is guaranteed."""
    rule = next((one for one in tariff.guarantees if fits(tariff, one, way)), None)
    if rule is None:
        return None
    day, left = handed_over_on, rule.days
    while left or day.weekday() in SATURDAY_SUNDAY:
        day += DAY
        left -= left > 0 and day.weekday() not in SATURDAY_SUNDAY
    return clock_on(day, time.fromisoformat(rule.by), ZoneInfo(rule.zone))


def storage_of(tariff: Tariff, days: int) -> Money | None:
    """What so many days of storage cost; None where the tariff says nothing of it."""
    rule = tariff.storage
    if rule is None:
        return None
    return Money.of(max(days - rule.free_days, 0) * rule.per_day, tariff.currency)


def _charge(tariff: Tariff, kind: ChargeType, amount: Decimal, said: str) -> Charge:
    if tariff.round_to is not None:
        amount = (amount / tariff.round_to).to_integral_value(ROUND_HALF_UP) * tariff.round_to
    return Charge(type=kind, money=Money.of(amount, tariff.currency), wire_text=tidy(said))
