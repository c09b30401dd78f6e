"""Royal Mail's services and ours: what their names hold. A service is carriage, unless its name says more."""

from collections.abc import Mapping

from schemas.charges import ChargeType

SERVICE_WORDS: Mapping[str, ChargeType] = {
    "return": ChargeType.FREIGHT_RETURN_SERVICE,  # Tracked Returns 24 and 48, International Tracked Returns
    "surcharge": ChargeType.UNKNOWN,  # peak, fuel, green or for what was not as declared: a person says which
    "collection": ChargeType.PICKUP,
    "fee": ChargeType.UNKNOWN,
    "adjustment": ChargeType.RATE_ADJUSTMENT,
}

CREDIT = "credit"
"""How the type of a document begins that counts against the account."""

VAT = "VAT"
"""The line made of an invoice's tax."""
