"""X12's codes and ours.

Source: data element 150 (special charge or allowance code), 128 (reference qualifier), 188 (weight unit); SCACs as the
carriers publish them.
"""

from collections.abc import Mapping

from schemas.charges import ChargeType

CHARGES: Mapping[str, ChargeType] = {
    "": ChargeType.FREIGHT,  # an L1 without a code is the line haul
    "FR": ChargeType.FREIGHT,
    "FRT": ChargeType.FREIGHT,
    "LHS": ChargeType.FREIGHT,
    "400": ChargeType.FREIGHT,
    "FUE": ChargeType.FUEL,
    "FSC": ChargeType.FUEL,
    "405": ChargeType.FUEL,
    "RWG": ChargeType.WEIGHT_ADJUSTMENT,
    "LFT": ChargeType.ADDITIONAL_HANDLING,
    "NOT": ChargeType.OTHER_SERVICE,  # the consignee is told before
    "DET": ChargeType.STORAGE,
    "020": ChargeType.ADDRESS_CORRECTION,
    "140": ChargeType.FREIGHT_RETURN_SERVICE,  # call tag
    "240": ChargeType.CUSTOMS_CLEARANCE,
    "270": ChargeType.DISCOUNT,
    "275": ChargeType.DISCOUNT,
    "280": ChargeType.DISCOUNT,
    "285": ChargeType.DISCOUNT,
    "290": ChargeType.DISCOUNT,
    "295": ChargeType.DISCOUNT,
    "DSC": ChargeType.DISCOUNT,
    "315": ChargeType.DUTY,
    "335": ChargeType.EXCISE,
    "340": ChargeType.EXCISE,
    "360": ChargeType.CUSTOMS_CLEARANCE,
    "365": ChargeType.EXPORT_DECLARATION,
    "370": ChargeType.EXPORT_DECLARATION,
    "HAZ": ChargeType.DANGEROUS_GOODS,
    "RES": ChargeType.RESIDENTIAL,
}

CARRIERS: Mapping[str, str] = {
    "FDE": "fedex",
    "FDEG": "fedex",
    "FDEN": "fedex",
    "FXFE": "fedex",
    "UPSN": "ups",
}
"""Carriers by SCAC that we know by an id."""

WAYBILLS = frozenset({"CN", "2I", "AW"})
"""Reference qualifiers of the carrier's own number: its reference, the tracking number, the air waybill."""

SHIPPED = frozenset({"11", "86"})
"""Date qualifiers of G62: shipped, picked up."""

GRAMS_PER_UNIT: Mapping[str, str] = {
    "K": "1000",
    "L": "453.59237",
}
