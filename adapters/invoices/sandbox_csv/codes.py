"""What the sandbox carrier bills for. The codes are our own invention."""

from collections.abc import Mapping

from schemas.charges import ChargeType

CHARGES: Mapping[str, ChargeType] = {
    "FRT": ChargeType.FREIGHT,
    "FSC": ChargeType.FUEL,
    "INS": ChargeType.INSURANCE,
    "RAS": ChargeType.REMOTE_AREA,
    "ADH": ChargeType.ADDITIONAL_HANDLING,
    "WGT": ChargeType.WEIGHT_ADJUSTMENT,
    "ADR": ChargeType.ADDRESS_CORRECTION,
    "DTY": ChargeType.DUTY,
    "VAT": ChargeType.IMPORT_TAX,  # of the goods at the border; tax on the carrier's own service is TAX
    "TAX": ChargeType.TAX,
    "STO": ChargeType.STORAGE,
    "CRC": ChargeType.CREDIT_CLAIM,
    "CRV": ChargeType.CREDIT_VOID,
}
