"""What a carrier must be told before it is asked, held against what would be told. Pure.

The table is the adapter's own (`CarrierProfile.customs_fields`); this only knows where each fact stands in a request.
"""

from collections.abc import Callable, Iterable, Mapping

from schemas.customs import CustomsDeclaration
from schemas.customs_fields import Carries, CustomsFact, CustomsField, Lack
from schemas.shipments import BookingRequest
from schemas.values import ReferenceKind

DECLARED: Mapping[CustomsFact, Callable[[CustomsDeclaration], bool]] = {
    CustomsFact.HS_CODE: lambda told: all(item.hs_code for item in told.items),
    CustomsFact.INVOICE_NUMBER: lambda told: bool(told.invoice_number),
    CustomsFact.OUTBOUND_WAYBILL: lambda told: bool(told.outbound_waybill),
    CustomsFact.EXPORT_MRN: lambda told: bool(told.export_mrn),
}
"""Facts of the declaration. The others (reason, value, origin, who pays duty) no declaration of ours can be without."""
ASKED: Mapping[CustomsFact, Callable[[BookingRequest], bool]] = {
    CustomsFact.RMA: lambda asked: any(one.kind is ReferenceKind.RMA for one in asked.references),
    CustomsFact.INSURED_VALUE: lambda asked: asked.insured_value is not None,
    CustomsFact.RETURNER_PHONE: lambda asked: bool(asked.shipper.phone),
    CustomsFact.CONSIGNEE_PHONE: lambda asked: bool(asked.consignee.phone),
    CustomsFact.RETURNER_TAX_ID: lambda asked: bool(asked.shipper.tax_id),
    CustomsFact.CONSIGNEE_TAX_ID: lambda asked: bool(asked.consignee.tax_id),
}
"""Facts of any request, across a border or not."""


def lacks(carrier: str, fields: Iterable[CustomsField], request: BookingRequest) -> tuple[Lack, ...]:
    """Every row of the carrier's table that forbids to book this request, in the table's order."""
    return tuple(
        Lack(rule=f"{carrier}.{one.fact}", fact=one.fact, where=one.where, source=one.source)
        for one in fields
        if _forbids(one, request) and _holds(one, request)
    )


def _holds(field: CustomsField, request: BookingRequest) -> bool:
    """Whether the row is about this way."""
    return not {request.shipper.address.country, request.consignee.address.country} <= set(field.within)


def _forbids(field: CustomsField, request: BookingRequest) -> bool:
    if field.fact is CustomsFact.DECLARATION:
        return field.carries is Carries.NOT_CARRIED and request.customs is not None
    return field.carries is Carries.NEEDED and not _said(field.fact, request)


def _said(fact: CustomsFact, request: BookingRequest) -> bool:
    if fact in ASKED:
        return ASKED[fact](request)
    return request.customs is None or fact not in DECLARED or DECLARED[fact](request.customs)
