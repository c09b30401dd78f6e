"""What a carrier will be asked for a return: weight, value, references, and what customs must be told."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from adapters import registry
from gateway.rules.customs import BY_ID, lacking
from gateway.rules.customs_fields import lacks
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.customs import CustomsDeclaration, CustomsItem
from schemas.customs_case import CustomsCase
from schemas.customs_fields import Lack
from schemas.returns import ReturnAuthorization, ReturnItem
from schemas.shipments import BookingRequest, Parcel
from schemas.territories import needs_declaration
from schemas.values import Money, Party, Reference, ReferenceKind, Weight

ASSUMED_GRAMS = 1000
"""Of an item whose weight nobody stated: the carrier weighs it anyway, and bills what it weighed."""
COLLECT_ON = "collect_on"
"""The one extra that is of a booking and not of a channel: the day on which the carrier collects at the returner's."""
FIELDS_MISSING = "carrier_data_missing"


class Missing(Exception):
    """Something that must be known before a carrier is asked. `code` is stable, the text is for people; `lacks` are the
    fields of the carrier's that would stay empty."""

    def __init__(self, code: str, detail: str | Detail, lacks: Sequence[Lack] = ()) -> None:
        super().__init__(str(detail))
        self.detail = detail
        self.code = code
        self.lacks = tuple(lacks)


def build_request(
    authorization: ReturnAuthorization,
    channel: Record,
    account: Record,
    returner: Party,
    tx: Desk,
    case: CustomsCase | None = None,
) -> BookingRequest:
    """What the carrier will be asked. Raises Missing where customs would have to be told something nobody knows."""
    value = _value(authorization)
    abroad = needs_declaration(returner.address, channel.consignee.address)
    references = [Reference(kind=ReferenceKind.RMA, value=authorization.rma_number or authorization.rma_id)]
    if order := authorization.order_number or authorization.order_id:
        references.append(Reference(kind=ReferenceKind.ORDER, value=order))
    if authorization.outbound_waybill:
        references.append(Reference(kind=ReferenceKind.OUTBOUND_WAYBILL, value=authorization.outbound_waybill))
    return BookingRequest(
        client_ref=client_ref(authorization.rma_id, 1),
        service=channel.service,
        shipper=returner,
        consignee=channel.consignee,
        parcels=(Parcel(weight=_weight(authorization)),),
        customs=_customs(authorization, value, channel, case) if abroad else None,
        insured_value=value if channel.insure else None,
        ship_on=(tx.now + timedelta(days=1)).date(),
        references=tuple(references),
        extras=dict(channel.extras),
    )


def following(waiting: Record, request: BookingRequest, account: Record) -> BookingRequest:
    """What is asked now, under the reference of what waits; a day of collection that was asked for stays."""
    day = waiting.request.extras.get(COLLECT_ON) if waiting.account_id == account.id else None
    extras = {**request.extras, COLLECT_ON: day} if day else request.extras
    return request.model_copy(update={"client_ref": waiting.request.client_ref, "extras": extras})


def require_fields(carrier: str, request: BookingRequest) -> None:
    """Raises Missing where the carrier's own table says that it books nothing without, and the request does not say it."""
    found = lacks(carrier, registry.carrier(carrier).profile.customs_fields, request)
    if found:
        raise Missing(FIELDS_MISSING, f"{carrier} needs: {', '.join(one.fact for one in found)}", found)


def _weight(authorization: ReturnAuthorization) -> Weight:
    grams = [
        (item.unit_weight.grams if item.unit_weight else ASSUMED_GRAMS) * item.quantity for item in authorization.items
    ]
    return Weight(grams=sum(grams) or ASSUMED_GRAMS)


def _value(authorization: ReturnAuthorization) -> Money | None:
    prices = [item.unit_price for item in authorization.items]
    if not prices or any(price is None for price in prices):
        return None
    currencies = {price.currency for price in prices if price}
    if len(currencies) > 1:
        return None
    total = sum((i.unit_price.amount * i.quantity for i in authorization.items if i.unit_price), Decimal(0))
    return Money.of(total, currencies.pop())


def _customs(
    authorization: ReturnAuthorization, value: Money | None, channel: Record, case: CustomsCase | None
) -> CustomsDeclaration:
    """A case that was opened is finished before anything is booked: a relief confirmed, and every fact that it needs."""
    if value is None:
        raise Missing("customs_data_missing", Detail.of("no_values"))
    if case is not None and case.regime is None:
        raise Missing("customs_unconfirmed", Detail.of("relief_open"))
    if case is not None and (needs := lacking(BY_ID[case.regime or ""], case.facts)):
        raise Missing("customs_data_missing", f"{case.regime} needs: {', '.join(needs)}")
    return CustomsDeclaration(
        items=tuple(_customs_item(item, channel) for item in authorization.items),
        customs_value=value,
        invoice_number=authorization.rma_number or authorization.rma_id,
        outbound_waybill=authorization.outbound_waybill,
        export_mrn=case.facts.export_mrn if case else None,
    )


def _customs_item(item: ReturnItem, channel: Record) -> CustomsItem:
    assert item.unit_price is not None  # _value saw a price on every line
    return CustomsItem(
        description=(item.title or item.sku or "returned goods")[:100],
        quantity=item.quantity,
        unit_value=item.unit_price,
        unit_weight=item.unit_weight or Weight(grams=ASSUMED_GRAMS),
        hs_code=item.hs_code,
        # Goods coming home were exported from where they go: the exporter's country unless the platform says otherwise.
        origin=item.origin or channel.consignee.address.country,
        sku=item.sku,
    )
