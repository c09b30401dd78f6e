"""Where MyDHL API is told what customs asks of goods that come home."""

from collections.abc import Mapping

from schemas.customs_fields import Carries, CustomsFact

_SHIPPER, _RECEIVER = "customerDetails.shipperDetails", "customerDetails.receiverDetails"
_DECLARED = "content.exportDeclaration"

CUSTOMS: Mapping[CustomsFact, tuple[Carries, str]] = {
    CustomsFact.REASON: (Carries.IF_KNOWN, f"{_DECLARED}.exportReasonType"),
    CustomsFact.VALUE: (Carries.NEEDED, f"{_DECLARED}.lineItems.price"),
    CustomsFact.ORIGIN: (Carries.NEEDED, f"{_DECLARED}.lineItems.manufacturerCountry"),
    CustomsFact.HS_CODE: (Carries.IF_KNOWN, f"{_DECLARED}.lineItems.commodityCodes"),
    CustomsFact.DUTY_PAYER: (Carries.IF_KNOWN, "content.incoterm"),
    CustomsFact.INVOICE_NUMBER: (Carries.NEEDED, f"{_DECLARED}.invoice.number"),
    CustomsFact.RMA: (Carries.IF_KNOWN, f"{_DECLARED}.invoice.customerReferences"),
    CustomsFact.EXPORT_MRN: (Carries.IF_KNOWN, f"{_DECLARED}.invoice.customerReferences"),
    CustomsFact.OUTBOUND_WAYBILL: (Carries.NOT_CARRIED, ""),  # no kind of reference that says so
    CustomsFact.SUPERVISION: (Carries.NOT_CARRIED, ""),
    CustomsFact.INSURED_VALUE: (Carries.IF_KNOWN, "valueAddedServices"),
    CustomsFact.RETURNER_PHONE: (Carries.NEEDED, f"{_SHIPPER}.contactInformation.phone"),
    CustomsFact.CONSIGNEE_PHONE: (Carries.NEEDED, f"{_RECEIVER}.contactInformation.phone"),
    CustomsFact.RETURNER_TAX_ID: (Carries.IF_KNOWN, f"{_SHIPPER}.registrationNumbers"),
    CustomsFact.CONSIGNEE_TAX_ID: (Carries.IF_KNOWN, f"{_RECEIVER}.registrationNumbers"),
}
"""Needed is what the description of `/shipments` requires."""
