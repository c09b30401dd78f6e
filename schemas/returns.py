"""The return itself: what the platform authorised, or what an exporter applies for."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.acceptance import Condition
from schemas.thread import PlatformMessage
from schemas.values import Country, Instant, Model, Money, Note, Party, ShortText, Text, Weight


class ReturnStatus(StrEnum):
    """Where a return stands for the platform and for us, closed (platforms.md section 4)."""

    REQUESTED = "requested"
    APPROVED = "approved"
    BOOKED = "booked"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    INSPECTING = "inspecting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REFUNDED = "refunded"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DISPUTED = "disputed"
    REFUND_ONLY = "refund_only"
    UNKNOWN = "unknown"


class LabelProvider(StrEnum):
    """Who provides the return label. Only `MERCHANT` is booked by us; the others are followed."""

    MERCHANT = "merchant"
    PLATFORM = "platform"
    RETURNER = "returner"
    UNKNOWN = "unknown"


class ReturnKind(StrEnum):
    RETURN = "return"
    EXCHANGE = "exchange"
    REFUND_ONLY = "refund_only"
    UNKNOWN = "unknown"


class ReturnReason(StrEnum):
    UNWANTED = "unwanted"
    SIZE_TOO_SMALL = "size_too_small"
    SIZE_TOO_LARGE = "size_too_large"
    DEFECTIVE = "defective"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    COLOUR_OR_STYLE = "colour_or_style"
    LATE = "late"
    REFUSED = "refused"
    UNDELIVERABLE = "undeliverable"
    OTHER = "other"
    UNKNOWN = "unknown"


class ReturnItem(Model):
    """One line of a return."""

    line_id: ShortText
    sku: Text | None = None
    title: Text | None = None
    quantity: Annotated[int, Field(ge=1, le=100_000)]
    unit_price: Money | None = None
    unit_weight: Weight | None = None
    hs_code: Annotated[str | None, Field(pattern=r"^[0-9]{6,10}$")] = None
    origin: Country | None = None
    reason: ReturnReason = ReturnReason.UNKNOWN
    reason_text: Text | None = None
    """The platform's own code or words."""


class ReturnAuthorization(Model):
    """The permission to send goods back, with its items, as one platform knows it.

    `rma_id` is unique within the platform account. `returner` is None where the platform does not tell: the return then
    waits for an address. `version_at` is the platform's own time of the last change; the newest wins, not the last heard.
    """

    rma_id: ShortText
    rma_number: Text | None = None
    order_id: Text | None = None
    order_number: Text | None = None
    status: ReturnStatus
    wire_status: Text | None = None
    kind: ReturnKind = ReturnKind.RETURN
    label_provider: LabelProvider = LabelProvider.UNKNOWN
    items: tuple[ReturnItem, ...] = ()
    returner: Party | None = None
    outbound_waybill: Text | None = None
    waybill: Text | None = None
    """Set where somebody else has already provided the label."""
    note: Note | None = None
    papers_asked: Note | None = None
    """What a platform that decides on an application still wants to see, in its words."""
    platform_handle: Text | None = None
    """A second key that the platform wants back (Shopify: the reverse fulfilment order)."""
    ordered_on: date | None = None
    requested_at: Instant | None = None
    version_at: Instant | None = None
    messages: tuple[PlatformMessage, ...] = ()
    """What the platform, or the buyer by it, wrote in the return's thread, where its API tells that with the return. The
    gateway hears it, and does not keep it here."""


class ListedReturns(Model):
    """One page of a platform's list: the returns where it tells them whole, or else the ids to ask for. `next` is where the
    page after it begins, in the platform's own words; None when there is none."""

    returns: tuple[ReturnAuthorization, ...] = ()
    ids: tuple[str, ...] = ()
    next: str | None = None


class PlatformEventKind(StrEnum):
    """What a platform's message is about. Only `RETURN_CHANGED` moves a return; `MESSAGE_POSTED` is for its thread; the rest
    is kept and told apart."""

    RETURN_CHANGED = "return_changed"
    LABEL_ATTACHED = "label_attached"
    MESSAGE_POSTED = "message_posted"
    SUBSCRIPTION = "subscription"
    PING = "ping"
    IGNORED = "ignored"


class PlatformEvent(Model):
    """One thing a platform's message says. `authorization` is set only where the message carries the whole return;
    otherwise the ids are a hint and the state is fetched."""

    kind: PlatformEventKind
    rma_id: Text | None = None
    order_id: Text | None = None
    status: ReturnStatus = ReturnStatus.UNKNOWN
    wire_status: Text | None = None
    items: tuple[ReturnItem, ...] = ()
    occurred_at: Instant | None = None
    waybill: Text | None = None
    authorization: ReturnAuthorization | None = None
    message: PlatformMessage | None = None
    """Set where it was posted to the thread of the return `rma_id`."""


class DecisionKind(StrEnum):
    """`APPROVED` and `DECLINED` are of a request, before anything is sent; the others are of goods that came back. `RESERVED`
    is accepted with a reservation, `PART` is accepted in part: neither is all of it as agreed."""

    APPROVED = "approved"
    DECLINED = "declined"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    RESERVED = "accepted_with_reservation"
    PART = "accepted_in_part"
    REJECTED = "rejected"
    REFUND = "refund"


class DecidedLine(Model):
    """So many units of a line were found so."""

    line_id: ShortText
    quantity: Annotated[int, Field(ge=1, le=100_000)]
    condition: Condition


class Decision(Model):
    """What the exporter decided, told to a platform that takes decisions. `lines` are the units that were inspected; the
    others nobody looked at."""

    rma_id: ShortText
    kind: DecisionKind
    decided_at: Instant
    reason: Text | None = None
    lines: tuple[DecidedLine, ...] = ()


class TrackingNote(Model):
    """The waybill and label of our booking, told to a platform that takes them."""

    rma_id: ShortText
    platform_handle: Text | None = None
    carrier: ShortText
    waybill: ShortText
    tracking_url: Text | None = None
    label_url: Text | None = None
