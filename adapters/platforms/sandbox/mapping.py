"""The generic contract's JSON and our models, both ways. Pure.

Only the id must be there. What cannot be read of the rest is left out rather than refused: a return without a readable
address waits for one, a return that cannot be read at all in a list is still named.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.platforms.sandbox import codes
from adapters.toolkit.http import Reply
from schemas.errors import Unintelligible
from schemas.returns import (
    Decision,
    LabelProvider,
    ListedReturns,
    PlatformEvent,
    PlatformEventKind,
    ReturnAuthorization,
    ReturnItem,
    ReturnKind,
    ReturnReason,
    ReturnStatus,
    TrackingNote,
)
from schemas.thread import MessageNote, PlatformMessage
from schemas.values import Address, Money, Party, Weight, tidy, tidy_note

Made = TypeVar("Made")


def _word(value: object) -> str | None:
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return tidy(value, 100) or None
    return None


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [] if value is None else [value]


Word = Annotated[str | None, BeforeValidator(_word)]


class Wire(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class WireMoney(Wire):
    amount: Word = None
    currency: Word = None


class WireItem(Wire):
    id: Word = None
    sku: Word = None
    title: Word = None
    quantity: int = 1
    unit_price: WireMoney | None = None
    unit_grams: int | None = None
    hs_code: Word = None
    origin: Word = None
    reason: Word = None
    reason_text: Word = None


class WireParty(Wire):
    name: Word = None
    company: Word = None
    lines: Annotated[list[Word], BeforeValidator(_listed)] = Field(default_factory=list)
    city: Word = None
    region: Word = None
    postal_code: Word = None
    country: Word = None
    phone: Word = None
    email: Word = None
    tax_id: Word = None


class WireOrder(Wire):
    id: Word = None
    number: Word = None
    placed_on: Word = None


class WireReturn(Wire):
    id: Word
    number: Word = None
    status: Word = None
    kind: Word = None
    label: Word = None
    order: WireOrder = WireOrder()
    items: Annotated[list[WireItem], BeforeValidator(_listed)] = Field(default_factory=list)
    returner: WireParty | None = None
    outbound_waybill: Word = None
    waybill: Word = None
    note: Word = None
    papers_asked: Word = None
    requested_at: Word = None
    updated_at: Word = None


class WireMessage(Wire):
    return_id: Word
    id: Word
    text: str
    posted_at: Word = None
    answer_by: Word = None


def in_path(text: str) -> str:
    """One path segment, whatever is in it."""
    return quote(text, safe="")


def read_message(body: bytes) -> Sequence[PlatformEvent]:
    """One message, one event. Raises Unintelligible where it is not JSON of the contract's form."""
    message = Reply(200, body).json()
    if not isinstance(message, dict):
        raise Unintelligible("not a JSON object")
    kind = codes.EVENTS.get(str(message.get("type")), PlatformEventKind.IGNORED)
    occurred_at = _instant(_word(message.get("occurred_at")))
    if kind is PlatformEventKind.MESSAGE_POSTED:
        return (_posted(message.get("data"), occurred_at),)
    if kind is not PlatformEventKind.RETURN_CHANGED:
        return (PlatformEvent(kind=kind, occurred_at=occurred_at, wire_status=_word(message.get("type"))),)
    authorization = _read_authorization(message.get("data"))
    return (
        PlatformEvent(
            kind=kind,
            rma_id=authorization.rma_id,
            order_id=authorization.order_id,
            status=authorization.status,
            wire_status=authorization.wire_status,
            items=authorization.items,
            occurred_at=occurred_at or authorization.version_at,
            waybill=authorization.waybill,
            authorization=authorization,
        ),
    )


def _posted(data: object, occurred_at: datetime | None) -> PlatformEvent:
    """A message names its return and itself, and says something."""
    wire = _or_unintelligible(lambda: WireMessage.model_validate(data))
    text = tidy_note(wire.text)
    if not (wire.return_id and wire.id and text):
        raise Unintelligible("a message without a return, an id or words")
    posted_at = _instant(wire.posted_at) or occurred_at
    message = PlatformMessage(message_id=wire.id, text=text, posted_at=posted_at, answer_by=_instant(wire.answer_by))
    kind = PlatformEventKind.MESSAGE_POSTED
    return PlatformEvent(kind=kind, rma_id=wire.return_id, occurred_at=occurred_at, message=message)


def read_return(reply: Reply) -> ReturnAuthorization:
    return _read_authorization(reply.json())


def read_page(reply: Reply, offset: int) -> ListedReturns:
    """The returns of one page, and whether there are more. One that cannot be read is named, with status unknown."""
    body = reply.json()
    if not isinstance(body, dict) or not isinstance(body.get("returns"), list):
        raise Unintelligible("no returns in the reply")
    returns = tuple(_named(one) for one in body["returns"] if isinstance(one, dict))
    on = str(offset + len(body["returns"])) if body.get("more") is True and returns else None
    return ListedReturns(returns=returns, next=on)


def _named(wire: dict[str, Any]) -> ReturnAuthorization:
    try:
        return _read_authorization(wire)
    except Unintelligible:
        name = _word(wire.get("id"))
        if name is None:
            raise
        return ReturnAuthorization(rma_id=name, status=ReturnStatus.UNKNOWN, wire_status="unreadable")


def _read_authorization(data: object) -> ReturnAuthorization:
    try:
        wire = WireReturn.model_validate(data)
    except ValidationError as error:
        raise Unintelligible("not a return of the contract's form") from error
    if wire.id is None:
        raise Unintelligible("a return without an id")
    return _or_unintelligible(
        lambda: ReturnAuthorization(
            rma_id=wire.id or "",
            rma_number=wire.number,
            order_id=wire.order.id,
            order_number=wire.order.number,
            status=codes.STATUSES.get(wire.status or "", ReturnStatus.UNKNOWN),
            wire_status=wire.status,
            kind=codes.KINDS.get(wire.kind or "return", ReturnKind.UNKNOWN),
            label_provider=codes.LABELS.get(wire.label or "", LabelProvider.UNKNOWN),
            items=tuple(_item(item, number) for number, item in enumerate(wire.items, 1)),
            returner=_or_none(lambda: _party(wire.returner)),
            outbound_waybill=wire.outbound_waybill,
            waybill=wire.waybill,
            note=wire.note,
            papers_asked=wire.papers_asked,
            ordered_on=_or_none(lambda: date.fromisoformat(wire.order.placed_on or "")),
            requested_at=_instant(wire.requested_at),
            version_at=_instant(wire.updated_at),
        )
    )


def _item(wire: WireItem, number: int) -> ReturnItem:
    return ReturnItem(
        line_id=wire.id or str(number),
        sku=wire.sku,
        title=wire.title,
        quantity=wire.quantity,
        unit_price=_or_none(lambda: _money(wire.unit_price)),
        unit_weight=_or_none(lambda: Weight(grams=wire.unit_grams or 0)),
        hs_code=wire.hs_code if wire.hs_code and wire.hs_code.isdigit() and 6 <= len(wire.hs_code) <= 10 else None,
        origin=_or_none(lambda: Address(lines=("-",), city="-", country=wire.origin or "").country),
        reason=codes.REASONS.get(wire.reason or "", ReturnReason.UNKNOWN),
        reason_text=wire.reason_text or wire.reason,
    )


def _money(wire: WireMoney | None) -> Money | None:
    return Money.of(wire.amount or "", wire.currency or "") if wire else None


def _party(wire: WireParty | None) -> Party | None:
    """The returner; None where there is too little to write on a label."""
    if wire is None:
        return None
    return Party(
        name=wire.name or wire.company or "",
        company=wire.company,
        address=Address(
            lines=tuple(line for line in wire.lines if line)[:3],
            city=wire.city or "",
            region=wire.region,
            postal_code=wire.postal_code,
            country=wire.country or "",
        ),
        phone=wire.phone,
        email=wire.email,
        tax_id=wire.tax_id,
    )


def _instant(text: str | None) -> datetime | None:
    """An instant with its offset, in UTC; one without is none."""
    moment = _or_none(lambda: datetime.fromisoformat(text or ""))
    return _or_none(lambda: moment.astimezone(UTC)) if moment is not None and moment.tzinfo is not None else None


def _or_none(make: Callable[[], Made]) -> Made | None:
    try:
        return make()
    except (ValueError, OverflowError):
        return None


def _or_unintelligible(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except (ValueError, OverflowError) as error:
        raise Unintelligible("outside the contract's form or limits") from error


def build_tracking(note: TrackingNote) -> dict[str, Any]:
    return note.model_dump(mode="json", include={"carrier", "waybill", "tracking_url", "label_url"})


def build_decision(decision: Decision) -> dict[str, Any]:
    return {
        "decision": codes.DECISIONS[decision.kind],
        "decided_at": decision.decided_at.isoformat(),
        "reason": decision.reason,
        "lines": [
            {"id": line.line_id, "quantity": line.quantity, "condition": line.condition} for line in decision.lines
        ],
    }


def build_message(note: MessageNote) -> dict[str, Any]:
    said = note.model_dump(mode="json", include={"side", "text"})
    answer_by = note.answer_by.isoformat() if note.answer_by else None
    return {"id": note.message_id, **said, "posted_at": note.posted_at.isoformat(), "answer_by": answer_by}
