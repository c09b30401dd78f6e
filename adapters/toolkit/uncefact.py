"""Code lists of UN/CEFACT that several invoice formats share, and what their entries are to us.

Sources: UNTDID D.16B lists 1001, 1153, 5189 and 7161, the ones EN 16931 and EDIFACT name. Codes that a carrier would not
bill, or that could be two of our types, stand in no table: they stay unknown.
"""

import re
from collections.abc import Mapping

from schemas.charges import ChargeType
from schemas.values import tidy

CHARGE_REASONS: Mapping[str, ChargeType] = {
    "FC": ChargeType.FREIGHT,
    "SAA": ChargeType.FREIGHT,  # shipping and handling in one
    "TV": ChargeType.FREIGHT,
    "DL": ChargeType.OTHER_SERVICE,
    "RE": ChargeType.OTHER_SERVICE,  # delivered once more
    "ID": ChargeType.OTHER_SERVICE,  # delivered inside
    "AAT": ChargeType.OTHER_SERVICE,  # in haste
    "ADR": ChargeType.OTHER_SERVICE,
    "ADT": ChargeType.PICKUP,
    "YY": ChargeType.PICKUP,
    "ABA": ChargeType.STORAGE,
    "WH": ChargeType.STORAGE,
    "SH": ChargeType.ADDITIONAL_HANDLING,
    "FAC": ChargeType.ADDITIONAL_HANDLING,
    "HD": ChargeType.RETURN_HANDLING,
    "DAM": ChargeType.RETURN_HANDLING,
    "IF": ChargeType.RETURN_HANDLING,
    "ABL": ChargeType.RETURN_HANDLING,
    "RAB": ChargeType.RETURN_HANDLING,
    "RAF": ChargeType.RETURN_HANDLING,
    "LAB": ChargeType.FREIGHT_RETURN_SERVICE,
    "AEA": ChargeType.INTERCEPT_REROUTE,
    "AED": ChargeType.DANGEROUS_GOODS,
    "AEV": ChargeType.ENVIRONMENT,
    "AEK": ChargeType.COD,
    "CAP": ChargeType.INSURANCE,
    "AJ": ChargeType.RATE_ADJUSTMENT,
    "TT": ChargeType.BILLING_FEE,
    "AEM": ChargeType.BILLING_FEE,
    "IS": ChargeType.BILLING_FEE,
    "MI": ChargeType.BILLING_FEE,
    "FI": ChargeType.LATE_PAYMENT,
}
"""7161, why something is charged."""

ALLOWANCE_REASONS: Mapping[str, ChargeType] = {
    "64": ChargeType.DISCOUNT,
    "95": ChargeType.DISCOUNT,
    "102": ChargeType.DISCOUNT,
    "103": ChargeType.DISCOUNT,
    "104": ChargeType.DISCOUNT,
    "100": ChargeType.CREDIT_REBATE,
    "105": ChargeType.CREDIT_REBATE,  # by the year's turnover
}
"""5189, why something is taken off."""

TEXTS: Mapping[str, ChargeType] = {
    "freight": ChargeType.FREIGHT,
    "freight charge": ChargeType.FREIGHT,
    "freight charges": ChargeType.FREIGHT,
    "freight service": ChargeType.FREIGHT,
    "transport": ChargeType.FREIGHT,
    "transportation": ChargeType.FREIGHT,
    "carriage": ChargeType.FREIGHT,
    "line haul": ChargeType.FREIGHT,
    "fracht": ChargeType.FREIGHT,
    "return freight": ChargeType.FREIGHT_RETURN_SERVICE,
    "return service": ChargeType.FREIGHT_RETURN_SERVICE,
    "return to sender": ChargeType.RETURN_TO_SENDER,
    "discount": ChargeType.DISCOUNT,
    "rabatt": ChargeType.DISCOUNT,
    "remise": ChargeType.DISCOUNT,
    "fuel": ChargeType.FUEL,
    "fuel surcharge": ChargeType.FUEL,
    "surcharge carburant": ChargeType.FUEL,
    "treibstoffzuschlag": ChargeType.FUEL,
    "dieselzuschlag": ChargeType.FUEL,
    "remote area": ChargeType.REMOTE_AREA,
    "remote area surcharge": ChargeType.REMOTE_AREA,
    "remote area delivery": ChargeType.REMOTE_AREA,
    "residential delivery": ChargeType.RESIDENTIAL,
    "peak surcharge": ChargeType.PEAK_DEMAND,
    "demand surcharge": ChargeType.PEAK_DEMAND,
    "additional handling": ChargeType.ADDITIONAL_HANDLING,
    "oversize": ChargeType.OVERSIZE,
    "overweight": ChargeType.OVERWEIGHT,
    "weight correction": ChargeType.WEIGHT_ADJUSTMENT,
    "address correction": ChargeType.ADDRESS_CORRECTION,
    "pickup": ChargeType.PICKUP,
    "collection": ChargeType.PICKUP,
    "abholung": ChargeType.PICKUP,
    "signature": ChargeType.SIGNATURE,
    "saturday delivery": ChargeType.SATURDAY_HOLIDAY,
    "dangerous goods": ChargeType.DANGEROUS_GOODS,
    "insurance": ChargeType.INSURANCE,
    "shipment insurance": ChargeType.INSURANCE,
    "versicherung": ChargeType.INSURANCE,
    "assurance": ChargeType.INSURANCE,
    "insurance premium tax": ChargeType.INSURANCE_TAX,
    "duty": ChargeType.DUTY,
    "import duty": ChargeType.DUTY,
    "customs duty": ChargeType.DUTY,
    "customs duty outlay": ChargeType.DUTY,
    "zoll": ChargeType.DUTY,
    "import vat": ChargeType.IMPORT_TAX,
    "import vat outlay": ChargeType.IMPORT_TAX,
    "einfuhrumsatzsteuer": ChargeType.IMPORT_TAX,
    "disbursement": ChargeType.DISBURSEMENT,
    "disbursement fee": ChargeType.DISBURSEMENT,
    "customs clearance": ChargeType.CUSTOMS_CLEARANCE,
    "export declaration": ChargeType.EXPORT_DECLARATION,
    "storage": ChargeType.STORAGE,
    "return handling": ChargeType.RETURN_HANDLING,
    "disposal": ChargeType.DISPOSAL,
    "invoice fee": ChargeType.BILLING_FEE,
    "late payment fee": ChargeType.LATE_PAYMENT,
}
"""Whole texts, blanks folded, small letters. Part of a text decides nothing: a fee on duty is no duty."""

CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"})
"""1001, documents that give money back; their amounts are written without a minus."""

WAYBILL_REFERENCES = frozenset({"CN", "AAS", "AAM", "AWB", "HWB", "SRN", "CNO"})
"""1153, references that are the carrier's own number of a consignment."""


def charge_type(code: str, text: str, *, allowance: bool = False) -> ChargeType:
    """By the code, then by the whole text."""
    table = ALLOWANCE_REASONS if allowance else CHARGE_REASONS
    return table.get(code) or type_of_text(text)


def type_of_text(text: str) -> ChargeType:
    """`Fuel  Surcharge 12.5 %` is a fuel surcharge: a percentage behind the words changes nothing."""
    words = re.sub(r"[\s(,:-]*[0-9]{1,3}(?:[.,][0-9]{1,4})? ?%\)?$", "", tidy(text, 500).casefold())
    return TEXTS.get(words.strip(" .:"), ChargeType.UNKNOWN)
