"""DHL Express's charge codes (XC) and ours.

Source: DHL's list of special service codes of 2020. Newer codes (demand, emergency) stand in no table and stay `UNKNOWN`; the
codes that DHL counts as included are free, and one that is billed all the same is `UNKNOWN` too.
"""

from collections.abc import Mapping

from schemas.charges import ChargeType

WEIGHT_CHARGE = "Weight Charge"
"""Carriage has no code of its own, but a column."""

TAX = "Total Tax"
"""As has the tax of a shipment."""

CHARGES: Mapping[str, ChargeType] = {
    "AA": ChargeType.SATURDAY_HOLIDAY,
    "AB": ChargeType.SATURDAY_HOLIDAY,
    "AC": ChargeType.SATURDAY_HOLIDAY,
    "AD": ChargeType.SATURDAY_HOLIDAY,
    "AG": ChargeType.SATURDAY_HOLIDAY,
    "CA": ChargeType.SECURITY_RISK,
    "CB": ChargeType.SECURITY_RISK,
    "CC": ChargeType.SECURITY_RISK,
    "DC": ChargeType.DUTY_TAX_SERVICE_FEE,
    "DD": ChargeType.DUTY_TAX_SERVICE_FEE,  # for taking duty and tax on the sender
    "EA": ChargeType.ENVIRONMENT,
    "EB": ChargeType.ENVIRONMENT,
    "EC": ChargeType.ENVIRONMENT,
    "FB": ChargeType.FUEL,
    "FC": ChargeType.FUEL,
    "FF": ChargeType.FUEL,
    "HB": ChargeType.DANGEROUS_GOODS,
    "HC": ChargeType.DANGEROUS_GOODS,
    "HD": ChargeType.DANGEROUS_GOODS,
    "HE": ChargeType.DANGEROUS_GOODS,
    "HH": ChargeType.DANGEROUS_GOODS,
    "HK": ChargeType.DANGEROUS_GOODS,
    "HL": ChargeType.DANGEROUS_GOODS,
    "HM": ChargeType.DANGEROUS_GOODS,
    "IB": ChargeType.INSURANCE,  # liability beyond the conventions, sold by DHL as insurance
    "IC": ChargeType.INSURANCE,
    "II": ChargeType.INSURANCE,
    "KA": ChargeType.BILLING_FEE,
    "KD": ChargeType.BILLING_FEE,
    "KE": ChargeType.BILLING_FEE,
    "KF": ChargeType.BILLING_FEE,
    "KB": ChargeType.COD,
    "LA": ChargeType.INTERCEPT_REROUTE,
    "LC": ChargeType.INTERCEPT_REROUTE,
    "LE": ChargeType.STORAGE,
    "LG": ChargeType.STORAGE,
    "WK": ChargeType.STORAGE,
    "MA": ChargeType.ADDRESS_CORRECTION,
    "MB": ChargeType.ADDRESS_CORRECTION,
    "OB": ChargeType.REMOTE_AREA,
    "OC": ChargeType.REMOTE_AREA,
    "OE": ChargeType.REMOTE_AREA,
    "OO": ChargeType.REMOTE_AREA,
    "PD": ChargeType.DATA_ENTRY_FEE,
    "PX": ChargeType.PICKUP,
    "PY": ChargeType.PICKUP,
    "QA": ChargeType.PICKUP,
    "QB": ChargeType.PICKUP,
    "QD": ChargeType.PICKUP,
    "QE": ChargeType.PICKUP,
    "QF": ChargeType.PICKUP,
    "SA": ChargeType.SIGNATURE,
    "SB": ChargeType.SIGNATURE,
    "SC": ChargeType.SIGNATURE,
    "SD": ChargeType.SIGNATURE,
    "SE": ChargeType.SIGNATURE,
    "TG": ChargeType.RETURN_TO_SENDER,
    "TK": ChargeType.RESIDENTIAL,
    "WA": ChargeType.CUSTOMS_CLEARANCE,
    "WB": ChargeType.CUSTOMS_CLEARANCE,
    "WD": ChargeType.CUSTOMS_CLEARANCE,
    "WE": ChargeType.CUSTOMS_CLEARANCE,
    "WF": ChargeType.CUSTOMS_CLEARANCE,
    "WG": ChargeType.CUSTOMS_CLEARANCE,
    "WH": ChargeType.CUSTOMS_CLEARANCE,
    "WI": ChargeType.CUSTOMS_CLEARANCE,
    "WJ": ChargeType.CUSTOMS_CLEARANCE,
    "WL": ChargeType.CUSTOMS_CLEARANCE,
    "WM": ChargeType.CUSTOMS_CLEARANCE,
    "WN": ChargeType.CUSTOMS_CLEARANCE,
    "WQ": ChargeType.CUSTOMS_CLEARANCE,
    "WC": ChargeType.DISBURSEMENT,  # for advancing duty and tax
    "WO": ChargeType.EXPORT_DECLARATION,
    "XB": ChargeType.IMPORT_TAX,
    "XC": ChargeType.IMPORT_TAX,
    "XF": ChargeType.IMPORT_TAX,
    "XG": ChargeType.IMPORT_TAX,
    "XH": ChargeType.IMPORT_TAX,
    "XD": ChargeType.GOVERNMENT_FEE,
    "XE": ChargeType.GOVERNMENT_FEE,
    "XI": ChargeType.GOVERNMENT_FEE,
    "XJ": ChargeType.GOVERNMENT_FEE,
    "XX": ChargeType.DUTY,  # paid out at the border, as are the next
    "YB": ChargeType.OVERSIZE,
    "YG": ChargeType.OVERSIZE,
    "YC": ChargeType.ADDITIONAL_HANDLING,
    "YE": ChargeType.ADDITIONAL_HANDLING,
    "YH": ChargeType.ADDITIONAL_HANDLING,
    "YF": ChargeType.OVERWEIGHT,
    "YY": ChargeType.OVERWEIGHT,
    "ZA": ChargeType.CREDIT_CLAIM,
    "ZB": ChargeType.CREDIT_CLAIM,
    "ZC": ChargeType.CREDIT_CLAIM,
    "ZD": ChargeType.CREDIT_REBATE,
    "ZE": ChargeType.CREDIT_REBATE,
}

_OTHER = """
    0A 0B 0C 0D 0E 0F 0G 0H 0I 0J 0K 0L 0M 0N BB BC BD BE BF CD CE CF CG CH CI CJ CK CL DE GA GB GC GD GE GF GG GH
    GI GJ HG HI HN JA JC JD JE LH NN PA PB PC PE PS TA TC TD TE TH TJ UA UB UC UD UE UF UG UH UI UJ UK UL UM UN UO
    UP UQ UR US UT UV UW VA VB VC VD VE VF VG WP WR WS Y1 Y2 Y3 YI YJ YK
"""
OTHER: frozenset[str] = frozenset(_OTHER.split())
"""Known services for which there is no closer type: boxes, thermal packing, shipment preparation, premium hours."""

_INCLUDED = """
    BA DS DT DU HV HW HY JY KY LV LW LX PT PU PV PW QH QI QY SW SX TB TN TT TU TV TW TX TY WY YV YW YX
"""
INCLUDED: frozenset[str] = frozenset(_INCLUDED.split())
"""Services at no charge."""
