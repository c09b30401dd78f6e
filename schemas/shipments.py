"""Movements of goods: what we ask a carrier for, and what it agrees to."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from schemas.charges import Charge
from schemas.customs import CustomsDeclaration
from schemas.values import (
    Address,
    ClientRef,
    Dimensions,
    Instant,
    Model,
    Money,
    Note,
    Party,
    Reference,
    ShortText,
    Text,
    Waybill,
    Weight,
)


class ShipmentState(StrEnum):
    """Where a shipment stands between us and the carrier."""

    REQUESTED = "requested"
    BOOKED = "booked"
    MOVING = "moving"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ACTION_REQUIRED = "action_required"


class Parcel(Model):
    """One physical piece."""

    weight: Weight
    dimensions: Dimensions | None = None
    description: Text | None = None


class LabelFormat(StrEnum):
    PDF = "pdf"
    ZPL = "zpl"
    PNG = "png"
    QR = "qr"


class Label(Model):
    """What is stuck on a parcel, or shown as a code at the counter. `content` is the decoded file."""

    format: LabelFormat
    content: Annotated[bytes, Field(min_length=1, max_length=10_000_000)]
    waybill: Waybill | None = None
    """The parcel it belongs to, where the carrier numbers parcels."""


class BookingRequest(Model):
    """Carry these parcels from the returner to the consignee.

    The direction is the return's: `shipper` is the returner, `consignee` the designated channel. `customs_value` is what is
    declared to customs, `insured_value` what is covered against loss; both are of the goods in the box. `extras` carries a
    carrier's speciality and is validated by that adapter's own model, named in its profile.
    """

    client_ref: ClientRef
    service: ShortText
    shipper: Party
    consignee: Party
    parcels: Annotated[tuple[Parcel, ...], Field(min_length=1, max_length=50)]
    customs: CustomsDeclaration | None = None
    insured_value: Money | None = None
    ship_on: date
    label_format: LabelFormat = LabelFormat.PDF
    references: tuple[Reference, ...] = ()
    description: Text = "returned goods"
    extras: dict[str, Any] = Field(default_factory=dict)

    @property
    def weight_kg(self) -> Decimal:
        return sum((parcel.weight.kg for parcel in self.parcels), Decimal(0))


class BookingState(StrEnum):
    """What the carrier says of a booking. `UNKNOWN` is a word of the carrier's that we do not know."""

    LIVE = "live"
    VOID = "void"
    UNKNOWN = "unknown"


class Booking(Model):
    """The carrier has agreed to carry.

    `handle` is the carrier's second key where it has one (Chronopost: the reservation that the label is fetched with).
    `echoed_ref` is our client_ref as the carrier repeated it, None where it does not. `labels` may be empty: then
    `label_pending` says whether one can be fetched.
    """

    waybill: Waybill
    parcels: tuple[Waybill, ...] = ()
    labels: tuple[Label, ...] = ()
    label_pending: bool = False
    handle: Text | None = None
    echoed_ref: Text | None = None
    state: BookingState = BookingState.LIVE
    charges: tuple[Charge, ...] = ()
    documents: tuple[Label, ...] = ()
    """Papers that came with the booking (commercial invoice, receipt)."""
    hand_over_by: Instant | None = None
    """The carrier's own limit for the first scan, where its answer names one."""
    pickup_confirmation: Text | None = None
    promised_on: date | None = None
    """The day of delivery that the carrier commits itself to, at the consignee's; an estimate is none."""


class FoundBooking(Model):
    """One match of a look-up by client_ref. Two matches can be said: that is why it is never just "found"."""

    booking: Booking
    created_at: Instant | None = None


class VoidOutcome(StrEnum):
    VOIDED = "voided"
    ALREADY_VOID = "already_void"
    REJECTED = "rejected"
    NOT_APPLICABLE = "not_applicable"


class RefundState(StrEnum):
    SUBMITTED = "submitted"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    NOT_APPLICABLE = "not_applicable"


class VoidReceipt(Model):
    """The booking is void, or why not; the refund is an outcome of its own."""

    outcome: VoidOutcome
    refund: RefundState
    wire_code: Text | None = None
    wire_text: Text | None = None


class Renewal(Model):
    """An authorisation whose time was over is good again, until `hand_over_by`.

    Not `renewed`: it was good all along, as after a renewal whose answer was lost, and this is the limit that stands.
    """

    hand_over_by: Instant
    renewed: bool = True
    wire_code: Text | None = None
    wire_text: Text | None = None


class PickupRequest(Model):
    """Collect these parcels, between two instants on one day."""

    client_ref: ClientRef
    address: Address
    contact: Party
    ready_at: Instant
    close_at: Instant
    zone: ShortText
    """IANA name of the place's zone: carriers want local time."""
    waybills: tuple[Waybill, ...] = ()
    parcels: Annotated[tuple[Parcel, ...], Field(min_length=1, max_length=99)]
    consignee: Party | None = None
    service: Text | None = None
    location: Text | None = None
    instructions: Note | None = None
    extras: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def window_is_open(self) -> Self:
        if self.close_at <= self.ready_at:
            raise ValueError("the window closes before it opens")
        return self


class Pickup(Model):
    """A collection the carrier has agreed to. More than one confirmation is a carrier's way of splitting it."""

    confirmation: ShortText
    confirmations: tuple[ShortText, ...] = ()
    ready_at: Instant | None = None
    close_at: Instant | None = None
    wire_text: Text | None = None
    echoed_ref: Text | None = None
    charges: tuple[Charge, ...] = ()
