"""Qualifiers of INVOIC that are read here. The UN's lists that other formats share stand in `adapters.toolkit.uncefact`.

Source: UNTDID D.96A and D.01B, lists 1153, 2005, 3035, 5025 and 7161.
"""

from collections.abc import Mapping

from schemas.charges import ChargeType

LINE_AMOUNTS = ("203", "66", "38")
"""5025, the amount of a line: line item amount, else goods item total, else invoice item amount."""

PART_AMOUNTS = frozenset({"8", "23", "204"})
"""5025, of an ALC group: either, a charge, an allowance."""

LINES_TOTAL = "79"
TAX = "124"
TAX_TOTAL = "176"
PREPAID = "113"
PAYABLE = "9"

INVOICE_TOTALS = ("77", "39", "86")
"""5025, what the invoice comes to: invoice amount, invoice total, message total."""

ISSUED = "137"
DUE = frozenset({"13", "265"})
SHIPPED = frozenset({"11", "200"})
"""2005, despatched and collected."""

SELLERS = ("CA", "SU", "SE", "II")
"""3035, who bills: the carrier, the supplier, the seller, the issuer, the first of them named."""

ACCOUNTS = frozenset({"ADE", "IT"})
"""1153, the customer's number at the seller."""

SENDERS_OWN = frozenset({"91", "92"})
"""3055, a code list of the seller or of the buyer."""

ALLOWANCES: Mapping[str, ChargeType] = {
    "DI": ChargeType.DISCOUNT,
    "TD": ChargeType.DISCOUNT,
    "QD": ChargeType.DISCOUNT,
    "ABH": ChargeType.DISCOUNT,  # by volume
}
"""7161, codes of ALC allowances beside the shared list of charges."""
