"""What happens to a shipment, in one vocabulary."""

from enum import StrEnum

from schemas.values import Instant, Model, Place, Text, Waybill


class TrackingStatus(StrEnum):
    """Closed. A carrier's "accepted" is our `handed_over`; `expired` is an authorisation that
    was not used in time and may be renewed; a code that is in no table is `unknown`, never a neighbour."""

    ANNOUNCED = "announced"
    EXPIRED = "expired"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    IN_CUSTOMS = "in_customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_TO_COLLECT = "ready_to_collect"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERED = "delivered"
    RETURNED_TO_SENDER = "returned_to_sender"
    HELD = "held"
    LOST = "lost"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ExceptionReason(StrEnum):
    """Why something went otherwise, grouped by whose trouble it is."""

    CARRIER_DELAY = "carrier_delay"
    CARRIER_DAMAGED = "carrier_damaged"
    CARRIER_LOST = "carrier_lost"
    CARRIER_MISROUTED = "carrier_misrouted"
    CARRIER_OTHER = "carrier_other"
    RETURNER_NOT_READY = "returner_not_ready"
    RETURNER_ADDRESS = "returner_address"
    RETURNER_PACKAGING = "returner_packaging"
    RETURNER_OTHER = "returner_other"
    CONSIGNEE_ABSENT = "consignee_absent"
    CONSIGNEE_ADDRESS = "consignee_address"
    CONSIGNEE_REFUSED = "consignee_refused"
    CONSIGNEE_PAYMENT = "consignee_payment"
    CONSIGNEE_NOT_COLLECTED = "consignee_not_collected"
    CONSIGNEE_OTHER = "consignee_other"
    CUSTOMS_DELAY = "customs_delay"
    CUSTOMS_PAPERS = "customs_papers"
    CUSTOMS_DUTY = "customs_duty"
    CUSTOMS_REFUSED = "customs_refused"
    CUSTOMS_OTHER = "customs_other"
    NATURE_WEATHER = "nature_weather"
    NATURE_OTHER = "nature_other"
    UNKNOWN = "unknown"


class ZoneSource(StrEnum):
    """How sure the instant is: the carrier stated an offset, the place gave the zone, or it was assumed."""

    STATED = "stated"
    PLACE = "place"
    ASSUMED = "assumed"


class TrackingEvent(Model):
    """One scan or message. `occurred_at` is None only where the carrier's own stamp cannot be read as a time."""

    waybill: Waybill
    status: TrackingStatus
    occurred_at: Instant | None
    zone: ZoneSource
    place: Place | None = None
    wire_code: Text
    wire_text: Text = ""
    reason: ExceptionReason | None = None
    event_id: Text | None = None
    """The carrier's own id of the event, where it gives one."""
    piece: Text | None = None
    """The parcel's number, where the event is about one parcel of several."""
    wire_time: Text | None = None
    """The stamp as the carrier wrote it; kept where anything about it was assumed."""


class TrackingReport(Model):
    """All that a carrier answered about a batch of waybills. `not_found` are waybills it says it does not know."""

    events: tuple[TrackingEvent, ...] = ()
    not_found: tuple[Waybill, ...] = ()


class ProofOfDelivery(Model):
    """Who signed, when, and the document as the carrier gave it."""

    waybill: Waybill
    signed_by: Text | None = None
    delivered_at: Instant | None = None
    media_type: Text | None = None
    content: bytes | None = None
