"""What comes in as bytes, and what we tell others."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.values import Instant, Json, Model, ShortText, Text


class Trust(StrEnum):
    """How far a message may be believed. A `HINT` keeps only its ids, and the state is asked for."""

    SIGNED = "signed"
    HINT = "hint"


class Subscription(Model):
    """What a platform tells somebody of: a topic in its own name, and where to."""

    topic: ShortText
    url: Text


class InboundMessage(Model):
    """A message exactly as it arrived. Header names are lower case; `url` is the address it was sent to."""

    body: bytes
    headers: Mapping[str, str] = Field(default_factory=dict)
    url: Text = ""
    received_at: Instant

    def header(self, *names: str) -> str | None:
        """The first of these headers that is there."""
        return next((self.headers[name] for name in names if name in self.headers), None)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Document(Model):
    """A file with its type. The name, if any, is shown and never used as a path."""

    content: Annotated[bytes, Field(min_length=1)]
    media_type: ShortText
    name: Text | None = None


class NoticeKind(StrEnum):
    """The event catalogue of the webhooks out."""

    RETURN_APPROVED = "return.approved"
    RETURN_AMENDED = "return.amended"
    RETURN_ANSWERED = "return.answered"
    RETURN_CANCELLED = "return.cancelled"
    RETURN_NEEDS_REVIEW = "return.needs_review"
    RETURN_ACTION_REQUIRED = "return.action_required"
    BOOKING_CONFIRMED = "booking.confirmed"
    BOOKING_REFUSED = "booking.refused"
    BOOKING_OUTCOME_UNKNOWN = "booking.outcome_unknown"
    BOOKING_RESOLVED = "booking.resolved"
    BOOKING_VOIDED = "booking.voided"
    LABEL_READY = "label.ready"
    PICKUP_CONFIRMED = "pickup.confirmed"
    PICKUP_REFUSED = "pickup.refused"
    TRACKING_STATUS_CHANGED = "tracking.status_changed"
    TRACKING_EXCEPTION = "tracking.exception"
    DEADLINE_STARTED = "deadline.started"
    DEADLINE_MOVED = "deadline.moved"
    DEADLINE_REMINDER = "deadline.reminder"
    DEADLINE_MISSED = "deadline.missed"
    DEADLINE_MET = "deadline.met"
    APPLICATION_SUBMITTED = "application.submitted"
    APPLICATION_PAPERS_ASKED = "application.papers_asked"
    APPLICATION_APPROVED = "application.approved"
    APPLICATION_REJECTED = "application.rejected"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    MESSAGE_POSTED = "message.posted"
    CUSTOMS_CONFIRMED = "customs.confirmed"
    ACCEPTANCE_RECORDED = "acceptance.recorded"
    INVOICE_MATCHED = "invoice.matched"
    INVOICE_DISCREPANCY = "invoice.discrepancy"
    DISPUTE_FILED = "dispute.filed"
    COVER_BOUND = "cover.bound"
    COVER_REFUSED = "cover.refused"
    COVER_CANCELLED = "cover.cancelled"
    CLAIM_OPENED = "claim.opened"
    CLAIM_FILED = "claim.filed"
    CLAIM_ANSWERED = "claim.answered"
    CLAIM_PAID = "claim.paid"
    CLAIM_WITHDRAWN = "claim.withdrawn"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_TEST = "endpoint.test"


class Notice(Model):
    """Something that happened, told once per cause. `cause` is unique: the same cause never makes a second notice."""

    kind: NoticeKind
    cause: ShortText
    occurred_at: Instant
    data: Json
