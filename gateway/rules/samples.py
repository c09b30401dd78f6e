"""A shipment that nobody wants, to try a tariff with. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.shipments import BookingRequest, Parcel
from schemas.tariffs import grams
from schemas.values import Address, ClientRef, Money, Party, Weight


@dataclass(frozen=True, slots=True)
class Sample:
    """`origin` and `destination` are a country, and may name a postcode after it: `FR 75002`."""

    service: str
    origin: str
    destination: str
    kg: Decimal
    ship_on: date
    parcels: int = 1
    value: Money | None = None
    """What is to be covered."""


def request_of(sample: Sample) -> BookingRequest:
    """Parcels of that weight each. Raises ValueError where a country is none, or a weight."""
    parcel = Parcel(weight=Weight(grams=grams(sample.kg)))
    return BookingRequest(
        client_ref=ClientRef("HW-SAMPLE"),
        service=sample.service,
        shipper=_somebody(sample.origin),
        consignee=_somebody(sample.destination),
        parcels=(parcel,) * sample.parcels,
        insured_value=sample.value,
        ship_on=sample.ship_on,
    )


def _somebody(place: str) -> Party:
    country, _, postal_code = place.strip().partition(" ")
    where = Address(lines=("-",), city="-", country=country.upper(), postal_code=postal_code.strip() or None)
    return Party(name="-", address=where)


def money_of(said: str) -> Money:
    """`90 EUR`, `90.00 EUR`. Raises ValueError."""
    amount, _, currency = said.strip().partition(" ")
    return Money.of(amount, currency.strip().upper())
