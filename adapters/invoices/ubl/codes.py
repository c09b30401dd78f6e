"""Names and codes of UBL 2.1 that are read here. The UN's lists stand in `adapters.toolkit.uncefact`."""

from collections.abc import Mapping

LINES: Mapping[str, str] = {
    "Invoice": "InvoiceLine",
    "CreditNote": "CreditNoteLine",
}
"""Root elements, and what their lines are called."""

TYPES: Mapping[str, str] = {
    "Invoice": "InvoiceTypeCode",
    "CreditNote": "CreditNoteTypeCode",
}

NAMESPACES: Mapping[str, str] = {
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "Invoice",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "CreditNote",
}

INVOICED_OBJECT = "130"
"""1001, type of a document reference that names what is invoiced."""

CREDIT_NOTE = "381"
"""1001, what a CreditNote is, whatever its type code."""
