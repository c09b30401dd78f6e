"""Collections and quotes asked for: both describe the parcels without a booking.

A pickup has no reference field; our client_ref goes into its remark. DHL may split one request into several dispatch
confirmations, each of which is cancelled by itself.
"""

from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

from adapters.carriers.dhl_express.codes import CANCELS
from adapters.carriers.dhl_express.mapping import dhl_time, local, named_zone, open_reply, word
from adapters.carriers.dhl_express.mapping_booking import (
    accounts,
    contact,
    extras_of,
    package,
    place,
    planned_at,
    services,
)
from adapters.toolkit.http import Reply
from schemas.errors import Refused, Unintelligible
from schemas.shipments import BookingRequest, Pickup, PickupRequest, RefundState, VoidOutcome, VoidReceipt
from schemas.territories import needs_declaration
from schemas.values import Money

DEFAULT_PRODUCT = "P"
WORST_FIRST = (VoidOutcome.REJECTED, VoidOutcome.VOIDED, VoidOutcome.ALREADY_VOID, VoidOutcome.NOT_APPLICABLE)
REASON = "the return is not collected"


def build_rates(request: BookingRequest, account: str) -> dict[str, Any]:
    """The body of `POST /rates`: the same return, not booked. Past the day's cut-off the next business day is priced."""
    extras = extras_of(request)
    customs = request.customs
    values = {"declaredValue": customs.customs_value if customs else None, "insuredValue": request.insured_value}
    product: dict[str, Any] = {"productCode": request.service}
    if wanted := services(request, extras):
        product["valueAddedServices"] = wanted
    said: dict[str, Any] = {
        "customerDetails": {
            "shipperDetails": place(request.shipper.address, "shipper"),
            "receiverDetails": place(request.consignee.address, "consignee"),
        },
        "accounts": accounts(request, account),
        "productsAndServices": [product],
        "plannedShippingDateAndTime": planned_at(request, extras),
        "unitOfMeasurement": "metric",
        "isCustomsDeclarable": customs is not None,
        "estimatedDeliveryDate": {"isRequested": True, "typeCode": "QDDC"},
        "nextBusinessDay": True,
        "packages": [package(parcel) for parcel in request.parcels],
    }
    if amounts := [_amount(kind, value) for kind, value in values.items() if value]:
        said["monetaryAmount"] = amounts
    return said


def _amount(kind: str, value: Money) -> dict[str, Any]:
    return {"typeCode": kind, "value": value.amount, "currency": value.currency}


def build_pickup(request: PickupRequest, account: str) -> dict[str, Any]:
    """The body of `POST /pickups`. Several waybills over other parcels go into the remark: a shipment there needs its own."""
    zone = named_zone(request.zone, "zone")
    instructions = list(dict.fromkeys(wrap(" ".join((request.instructions or "").split()), 80)))  # "uniqueItems"
    overflow = " ".join(instructions[4:])
    listed = ", ".join(request.waybills)
    said: dict[str, Any] = {
        "plannedPickupDateAndTime": dhl_time(request.ready_at.astimezone(zone)),
        "closeTime": f"{request.close_at.astimezone(zone):%H:%M}",
        "locationType": "business" if request.contact.company else "residence",
        "accounts": [{"typeCode": "payer", "number": account}],
        "remark": "; ".join(filter(None, (str(request.client_ref), listed, overflow))),
        "customerDetails": _parties(request),
        "shipmentDetails": _shipments(request, account),
    }
    if request.location:
        said["location"] = request.location[:80]
    if instructions:
        said["specialInstructions"] = [{"value": line} for line in instructions[:4]]
    return said


def _parties(request: PickupRequest) -> dict[str, Any]:
    here = {
        "postalAddress": place(request.address, "pickup"),
        "contactInformation": contact(request.contact, "contact"),
    }
    if request.consignee is None:
        return {"shipperDetails": here, "pickupDetails": here}
    there = {
        "postalAddress": place(request.consignee.address, "consignee"),
        "contactInformation": contact(request.consignee, "consignee"),
    }
    return {"shipperDetails": here, "receiverDetails": there, "pickupDetails": here}


def _shipments(request: PickupRequest, account: str) -> list[dict[str, Any]]:
    abroad = request.consignee is not None and needs_declaration(request.address, request.consignee.address)
    common = {
        "productCode": request.service or DEFAULT_PRODUCT,
        "accounts": [{"typeCode": "payer", "number": account}],
        "isCustomsDeclarable": abroad,
        "unitOfMeasurement": "metric",
    }
    parcels = [package(parcel) for parcel in request.parcels]
    if len(request.waybills) == 1:
        return [{**common, "shipmentTrackingNumber": request.waybills[0], "packages": parcels}]
    if len(request.waybills) == len(parcels):
        pairs = zip(request.waybills, parcels, strict=True)
        return [{**common, "shipmentTrackingNumber": waybill, "packages": [parcel]} for waybill, parcel in pairs]
    return [{**common, "packages": parcels}]


def build_cancel(requestor: str) -> tuple[tuple[str, str], ...]:
    """The query of `DELETE /pickups/{dispatchConfirmationNumber}`."""
    return (("requestorName", requestor), ("reason", REASON))


def read_pickup(reply: Reply, zone: str | None = None) -> Pickup:
    """Every confirmation, and the hour DHL names, where the place's zone is known. None at all is no pickup."""
    body = open_reply(reply)
    given = body.get("dispatchConfirmationNumbers") or body.get("dispatchConfirmationNumber")
    numbers = [word(number, 100) for number in (given if isinstance(given, list) else [given])]
    confirmations = tuple(dict.fromkeys(filter(None, numbers)))
    if not confirmations or word(body.get("status")).lower().startswith("cancel"):
        raise Unintelligible("no confirmed pickup in the reply", wire_code=str(reply.status))
    warnings = body.get("warnings")
    said = "; ".join(filter(None, (word(line) for line in (warnings if isinstance(warnings, list) else [warnings]))))
    return Pickup(
        confirmation=confirmations[0],
        confirmations=confirmations,
        ready_at=_ready_at(body, ZoneInfo(zone) if zone else None),
        wire_text=word(said, 500) or None,
    )


def _ready_at(body: dict[str, Any], zone: ZoneInfo | None) -> datetime | None:
    return local(f"{word(body.get('nextPickupDate'), 20)}T{word(body.get('readyByTime'), 20)}", zone)


def read_cancelled(reply: Reply) -> VoidReceipt:
    """A good status cancels, with or without a body; a body with another word is not understood. Nothing is refunded."""
    text = ""
    if reply.content.strip() or reply.status >= 300:
        text = word(open_reply(reply).get("status"))
        if text and not text.lower().startswith("cancel") and text not in ("200", "204"):
            raise Unintelligible("an unknown answer to a cancellation", wire_text=text)
    return VoidReceipt(outcome=VoidOutcome.VOIDED, refund=RefundState.NOT_APPLICABLE, wire_text=text or None)


def refused_cancel(error: Refused) -> VoidReceipt:
    """A refusal that says what became of the pickup; any other is raised again."""
    if error.code not in CANCELS:
        raise error
    none = RefundState.NOT_APPLICABLE
    return VoidReceipt(outcome=CANCELS[error.code], refund=none, wire_code=error.wire_code, wire_text=error.wire_text)


def joined(receipts: Sequence[VoidReceipt]) -> VoidReceipt:
    """One receipt for a pickup of several confirmations: the one that leaves most to do."""
    return min(receipts, key=lambda receipt: WORST_FIRST.index(receipt.outcome))
