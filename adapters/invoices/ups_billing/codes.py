"""UPS's charge codes and ours: by charge description code, else by place in the bill, else by words.

Sources: charge lists that shippers and their auditors publish; texts of invoices in English. The code is asked first, but for
rows of class INF and for classes that say it all.
"""

from collections.abc import Mapping

from schemas.charges import ChargeType

INFORMATIONAL = "INF"
"""The class, or category, of rows that repeat a charge and are not summed."""

CHARGES: Mapping[str, ChargeType] = {
    "FSC": ChargeType.FUEL,
    "RES": ChargeType.RESIDENTIAL,
    "RS1": ChargeType.RESIDENTIAL,
    "RDC": ChargeType.REMOTE_AREA,
    "RDR": ChargeType.REMOTE_AREA,
    "LDC": ChargeType.REMOTE_AREA,
    "LDR": ChargeType.REMOTE_AREA,
    "SDA": ChargeType.REMOTE_AREA,
    "SDE": ChargeType.REMOTE_AREA,
    "ESD": ChargeType.REMOTE_AREA,
    "AKC": ChargeType.REMOTE_AREA,  # Alaska, commercial; AKR residential
    "AKR": ChargeType.REMOTE_AREA,
    "HIC": ChargeType.REMOTE_AREA,  # Hawaii
    "HIR": ChargeType.REMOTE_AREA,
    "CAC": ChargeType.REMOTE_AREA,
    "CAR": ChargeType.REMOTE_AREA,
    "PSC": ChargeType.PEAK_DEMAND,
    "PSR": ChargeType.PEAK_DEMAND,
    "SAH": ChargeType.PEAK_DEMAND,  # the season's price of additional handling
    "AHC": ChargeType.ADDITIONAL_HANDLING,
    "AHG": ChargeType.ADDITIONAL_HANDLING,
    "AHL": ChargeType.ADDITIONAL_HANDLING,
    "AHW": ChargeType.ADDITIONAL_HANDLING,
    "NCB": ChargeType.ADDITIONAL_HANDLING,
    "NLN": ChargeType.ADDITIONAL_HANDLING,
    "DCS": ChargeType.SIGNATURE,
    "CSG": ChargeType.SIGNATURE,
    "ADS": ChargeType.SIGNATURE,
    "SAT": ChargeType.SATURDAY_HOLIDAY,
    "IRS": ChargeType.INTERCEPT_REROUTE,
    "IRW": ChargeType.INTERCEPT_REROUTE,
    "ISW": ChargeType.INTERCEPT_REROUTE,
    "NPF": ChargeType.DATA_ENTRY_FEE,  # no package level detail was sent
    "F/D": ChargeType.DUTY_TAX_SERVICE_FEE,  # free domicile: the sender pays duty and tax
    "SED": ChargeType.EXPORT_DECLARATION,
    "SCF": ChargeType.RATE_ADJUSTMENT,
    "201": ChargeType.DUTY,
    "205": ChargeType.IMPORT_TAX,
    "206": ChargeType.IMPORT_TAX,
    "214": ChargeType.IMPORT_TAX,
    "235": ChargeType.IMPORT_TAX,
    "212": ChargeType.GOVERNMENT_FEE,
    "405": ChargeType.DISBURSEMENT,
    "389": ChargeType.CUSTOMS_CLEARANCE,
    "412": ChargeType.CUSTOMS_CLEARANCE,
    "426": ChargeType.TAX,
}

CLASSES: Mapping[str, ChargeType] = {
    "FSC": ChargeType.FUEL,
    "GOV": ChargeType.DUTY_TAX_OTHER,
    "BRK": ChargeType.CUSTOMS_CLEARANCE,
    "TAX": ChargeType.TAX,  # on the carrier's own service
}
"""Classes that say it all, whatever the detail."""

DETAILS: Mapping[str, ChargeType] = {
    "ADC": ChargeType.ADDRESS_CORRECTION,
    "ZONE": ChargeType.RATE_ADJUSTMENT,
    "GSR": ChargeType.CREDIT_SERVICE_FAILURE,
    "AGSR": ChargeType.CREDIT_SERVICE_FAILURE,
    "VOID": ChargeType.CREDIT_VOID,
    "CADJ": ChargeType.CREDIT_REBATE,
    "CHBK": ChargeType.CHARGEBACK,
    "SVCH": ChargeType.SERVICE_FEE,
    "OCG": ChargeType.PICKUP,
    "OTPU": ChargeType.PICKUP,
    "RSPU": ChargeType.PICKUP,
}
"""Category details that say what any of their charges is for."""

FREIGHT_DETAILS: Mapping[str, ChargeType] = {
    "RTS": ChargeType.RETURN_TO_SENDER,
    "ARS": ChargeType.FREIGHT_RETURN_SERVICE,
    "RS": ChargeType.FREIGHT_RETURN_SERVICE,
    "ROW": ChargeType.FREIGHT_RETURN_SERVICE,
    "SCC": ChargeType.WEIGHT_ADJUSTMENT,
    "RADJ": ChargeType.RATE_ADJUSTMENT,
    "CLB": ChargeType.FREIGHT,  # billed late, for the first time
}
"""Category details that say what a row of class FRT is."""

FREIGHT_CATEGORIES: Mapping[str, ChargeType] = {
    "SHP": ChargeType.FREIGHT,
}

TEXTS: Mapping[str, ChargeType] = {
    "declared value": ChargeType.DECLARED_VALUE,  # a price of liability, not insurance
    "missing pld fee": ChargeType.DATA_ENTRY_FEE,
    "paper commercial invoice surcharge": ChargeType.PAPER_INVOICE_FEE,
    "scc audit fee": ChargeType.AUDIT_FEE,
    "prohibited item fee": ChargeType.PROHIBITED_ITEM_FEE,
    "print label": ChargeType.PRINT_LABEL,
    "third party billing service": ChargeType.BILLING_FEE,
    "payment processing fee": ChargeType.BILLING_FEE,
    "returns 3 ups pickup attempts": ChargeType.PICKUP,
    "ups carbon neutral": ChargeType.ENVIRONMENT,
}

TEXT_STARTS: Mapping[str, ChargeType] = {
    "large package surcharge": ChargeType.OVERSIZE,
    "over maximum ": ChargeType.OVERSIZE,
    "reroute": ChargeType.INTERCEPT_REROUTE,
    "reschedule delivery": ChargeType.INTERCEPT_REROUTE,
    "surge fee": ChargeType.PEAK_DEMAND,
    "pickup area surcharge": ChargeType.REMOTE_AREA,
    "shipping charge correction": ChargeType.WEIGHT_ADJUSTMENT,
}

TEXT_ENDS: Mapping[str, ChargeType] = {
    " undeliverable return": ChargeType.RETURN_TO_SENDER,
    " return to sender": ChargeType.RETURN_TO_SENDER,
    " ups delivery intercept": ChargeType.INTERCEPT_REROUTE,
}

LATE = "not previously billed "
"""How a text begins whose rest says what was billed late."""
