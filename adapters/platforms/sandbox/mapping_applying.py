"""Applications of the generic contract, both ways. Pure."""

from typing import Any

from pydantic import ValidationError

from adapters.platforms.sandbox import codes
from adapters.platforms.sandbox.mapping import Wire, Word
from adapters.toolkit.http import Reply
from schemas.applying import ApplicationReceipt, ApplicationRequest
from schemas.errors import AdapterError, Refused, Unintelligible
from schemas.returns import ReturnItem

DAYS = ("ordered_on", "invoiced_on", "shipped_on", "delivered_on")


class WireReceipt(Wire):
    id: Word = None
    status: Word = None


class WireRefusal(Wire):
    error: Word = None


def build_application(request: ApplicationRequest) -> dict[str, Any]:
    return {
        "order": {"id": request.order_id, "number": request.order_number},
        "items": [_item(item) for item in request.items],
        "papers": [paper.model_dump(mode="json") for paper in request.papers],
        "days": {name: day.isoformat() for name in DAYS if (day := getattr(request, name))},
        "packaging": request.packaging,
        "note": request.note,
        "withdrawn": request.withdrawn,
    }


def _item(item: ReturnItem) -> dict[str, Any]:
    price = item.unit_price
    return {
        "id": item.line_id,
        "sku": item.sku,
        "title": item.title,
        "quantity": item.quantity,
        "unit_price": {"amount": str(price.amount), "currency": price.currency} if price else None,
        "unit_grams": item.unit_weight.grams if item.unit_weight else None,
        "hs_code": item.hs_code,
        "origin": item.origin,
        "reason": item.reason,
        "reason_text": item.reason_text,
    }


def read_receipt(reply: Reply) -> ApplicationReceipt:
    """Raises Unintelligible where it names no return: nobody can tell then whether it was taken."""
    try:
        wire = WireReceipt.model_validate(reply.json())
    except ValidationError as error:
        raise Unintelligible("not a receipt of the contract's form") from error
    if wire.id is None:
        raise Unintelligible("an application without a return")
    return ApplicationReceipt(rma_id=wire.id, wire_status=wire.status)


def read_refusal(reply: Reply) -> AdapterError | None:
    """A known word of refusal, with its status; anything else says nothing."""
    if reply.status != 422:
        return None
    try:
        word = WireRefusal.model_validate(reply.json()).error
    except (ValidationError, Unintelligible):
        return None
    code = codes.REFUSALS.get(word or "")
    return Refused("the platform refuses it", code=code, wire_code=word) if code else None
