"""FedEx's charge texts and ours. Texts are compared with blanks folded and in small letters.

Source: a real download of August 2025 (three invoices read by us) and the texts of ten invoices listed from it.
"""

from collections.abc import Mapping

from schemas.charges import ChargeType

TRANSPORT = "Transportation Charge Amount"
"""Transport has no text of its own, but a column."""

SERVICES: Mapping[str, ChargeType] = {
    "ground - return": ChargeType.FREIGHT_RETURN_SERVICE,
}
"""Service types whose transport is not plain freight."""

CHARGES: Mapping[str, ChargeType] = {
    "fuel surcharge": ChargeType.FUEL,
    "earned discount": ChargeType.DISCOUNT,
    "performance pricing": ChargeType.DISCOUNT,
    "grace discount": ChargeType.DISCOUNT,
    "discount": ChargeType.DISCOUNT,
    "residential": ChargeType.RESIDENTIAL,
    "residential delivery": ChargeType.RESIDENTIAL,
    "residential adjustment": ChargeType.RATE_ADJUSTMENT,  # charged later, in a row without date or service
    "das resi": ChargeType.REMOTE_AREA,
    "das comm": ChargeType.REMOTE_AREA,
    "das extended resi": ChargeType.REMOTE_AREA,
    "das extended comm": ChargeType.REMOTE_AREA,
    "das extended commercial": ChargeType.REMOTE_AREA,
    "das remote residential": ChargeType.REMOTE_AREA,
    "das remote resi": ChargeType.REMOTE_AREA,
    "das alaska resi": ChargeType.REMOTE_AREA,
    "out of delivery area": ChargeType.REMOTE_AREA,
    "ahs - dimensions": ChargeType.ADDITIONAL_HANDLING,
    "ahs - weight": ChargeType.ADDITIONAL_HANDLING,
    "add'l handling-dimension": ChargeType.ADDITIONAL_HANDLING,
    "usps non-mach surcharge": ChargeType.ADDITIONAL_HANDLING,  # the last mile by post, not fit for its machines
    "peak - ahs charge": ChargeType.PEAK_DEMAND,  # the season's price, though it names additional handling
    "address correction": ChargeType.ADDRESS_CORRECTION,
    "weekly service chg": ChargeType.SERVICE_FEE,
    "regularly scheduled pickup mon-fri": ChargeType.PICKUP,
    "return pickup fee": ChargeType.PICKUP,
    "weekday delivery": ChargeType.INCLUDED_NO_CHARGE,
    "saturday delivery": ChargeType.SATURDAY_HOLIDAY,
    "adult signature": ChargeType.SIGNATURE,
    "print return label": ChargeType.PRINT_LABEL,
    "return email label": ChargeType.PRINT_LABEL,
    "delivery and returns": ChargeType.FREIGHT_RETURN_SERVICE,
    "declared value": ChargeType.DECLARED_VALUE,  # a price of liability, not insurance
}

CHARGE_FAMILIES: Mapping[str, ChargeType] = {
    "delivery area surcharge": ChargeType.REMOTE_AREA,
    "additional handling": ChargeType.ADDITIONAL_HANDLING,
    "das ": ChargeType.REMOTE_AREA,  # FedEx's own short form of delivery area surcharge
    "ahs - ": ChargeType.ADDITIONAL_HANDLING,  # FedEx's own short form of additional handling surcharge
    "peak - ": ChargeType.PEAK_DEMAND,
}
"""How texts begin that differ in the rest only."""

GRAMS_PER_UNIT: Mapping[str, str] = {
    "lb": "453.59237",
    "lbs": "453.59237",
    "kg": "1000",
    "kgs": "1000",
}
