"""What our API answers. One model per thing; every list is a page with the cursor of the next."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from schemas.acceptance import AcceptanceRecord
from schemas.shipments import PickupRequest
from schemas.values import Money

T = TypeVar("T")


class Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Told, Generic[T]):
    """Newest first unless the list says otherwise. `next` is the cursor of the next page, null on the last."""

    data: tuple[T, ...]
    next: str | None = None


class ReturnSummary(Told):
    """`next_deadline` is the first to end of those that run."""

    id: str
    external_id: str | None
    rma_id: str
    rma_number: str | None
    order_number: str | None
    status: str
    review: str | None
    created_at: datetime
    updated_at: datetime
    next_deadline: "DeadlineTold | None"


class ShipmentTold(Told):
    id: str
    carrier: str
    service: str
    state: str
    status: str
    waybill: str | None
    client_ref: str | None
    reason: str | None
    booked_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    polled_at: datetime | None
    poll_at: datetime | None


class PastEnd(Told):
    """An end that a limit had until it was moved, and when it was."""

    at: datetime
    due_at: datetime


class ExtensionTold(Told):
    """How far one request may prolong it, and how often it still may be."""

    amount: int
    unit: str
    left: int


class DeadlineTold(Told):
    """`due_at` is the first instant that is too late; `zone` is where its days are counted. Before `opens_at` an act does not
    count. `about` is what a claim would be for. `extension` is null: no more time. `history`: the ends it had before."""

    id: str
    return_id: str | None = None
    shipment_id: str | None = None
    clock: str
    about: str | None
    state: str
    start_at: datetime
    start_inferred: bool
    opens_at: datetime | None
    paused_at: datetime | None
    paused_because: str | None
    paused_proof: str | None
    extension: ExtensionTold | None
    due_at: datetime
    zone: str
    seconds_left: int
    source: str
    because: str
    fired: tuple[str, ...]
    settled_at: datetime | None
    calendar_version: str | None
    history: tuple[PastEnd, ...]


class ChargeTold(Told):
    invoice: str
    type: str
    amount: str
    currency: str
    because: str | None
    finding: str | None


class DocumentTold(Told):
    document_id: str
    kind: str
    media_type: str
    size: int
    sha256: str


class OpenTask(Told):
    kind: str
    detail: str
    created_at: datetime


class MomentTold(Told):
    """One thing that happened. `source` is who said so: platform, carrier, us, exporter, invoice."""

    at: datetime
    source: str
    kind: str
    data: dict[str, Any]


class TimelineTold(Told):
    return_id: str
    moments: tuple[MomentTold, ...]


class AttemptTold(Told):
    """One try at the carrier under a reference of ours. `unknown`: it may have happened, and is being looked up."""

    id: str
    kind: str
    number: int
    client_ref: str
    state: str
    waybill: str | None
    reason: str | None
    wire_code: str | None
    wire_text: str | None
    sent_at: datetime
    settled_at: datetime | None
    look_ups: int
    next_look_at: datetime | None


class AgreedTold(Told):
    """A charge that was agreed at booking: by the carrier's answer (`booking`), or by a version of your tariff."""

    type: str
    money: Money
    basis: str
    tariff_id: str | None


class BookingTold(Told):
    """`state`: pending, being_checked, cancelling, refused, or the shipment's own (booked, moving, delivered, …).

    While it is `being_checked` nobody knows whether the carrier has booked: do not book again elsewhere. `hand_over_by` and
    `promised_at` are the first instants that are too late for the first scan and, where the carrier promised, the delivery.
    """

    id: str
    return_id: str
    carrier: str
    service: str
    state: str
    waybill: str | None
    reason: str | None
    booked_at: datetime | None
    hand_over_by: datetime | None
    promised_at: datetime | None
    deadlines: tuple[DeadlineTold, ...]
    label_document_ids: tuple[str, ...]
    attempts: tuple[AttemptTold, ...]
    agreed: tuple[AgreedTold, ...]


class PickupTold(Told):
    id: str
    account_id: str
    carrier: str
    state: str
    confirmation: str | None
    reason: str | None
    cancel_asked_at: datetime | None
    shipment_ids: tuple[str, ...]
    request: PickupRequest
    created_at: datetime


class EventTold(Told):
    """A scan or message. `zone` says how sure the instant is; `wire_code` and `wire_text` are the carrier's own."""

    status: str
    occurred_at: datetime
    received_at: datetime
    zone: str
    place: dict[str, Any] | None
    reason: str | None
    wire_code: str
    wire_text: str
    origin: str


class TrackingTold(Told):
    shipment_id: str
    return_id: str
    carrier: str
    waybill: str | None
    state: str
    status: str
    polled_at: datetime | None
    next_poll_at: datetime | None
    events: tuple[EventTold, ...]


class TrackingsTold(Told):
    """Every shipment that the number names."""

    data: tuple[TrackingTold, ...]


class AcceptanceTold(Told):
    version: int
    recorded_at: datetime
    late_by_seconds: int
    record: AcceptanceRecord


class AcceptancesTold(Told):
    return_id: str
    deadlines: tuple[DeadlineTold, ...]
    data: tuple[AcceptanceTold, ...]


class Kept(Told):
    """`received`, or `duplicate` for a delivery that is known."""

    status: str


class HealthTold(Told):
    status: str


class FieldProblem(Told):
    pointer: str
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457. `instance` is the request id; further members say more about some types."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldProblem, ...] = ()
