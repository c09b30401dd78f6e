"""What moves: returns, shipments, pickups, the attempts behind them, and everything found on the way."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from gateway.store.tables.base import ID, exporter, jobs, key, metadata, partial, work
from gateway.store.types import Canonical, Instant, PlainJson
from schemas.customs_case import CustomsCase
from schemas.returns import ReturnAuthorization
from schemas.shipments import BookingRequest, PickupRequest

HOLDS_THE_SLOT = "state IN ('sending','unknown','live')"
"""Only these hold a planned shipment's slot; refused, absent, void, lapsed and released have left it."""
ON_ITS_WAY = "state IN ('booked','moving')"

returns = Table(
    "returns",
    metadata,
    key(),
    exporter(),
    Column("source_id", ID, ForeignKey("sources.id"), nullable=False),
    Column("rma_id", String(200), nullable=False),
    Column("external_id", String(200)),
    Column("status", String(24), nullable=False),
    Column("authorization", Canonical(ReturnAuthorization), nullable=False),
    Column("version_at", Instant),  # the platform's own
    Column("asked_at", Instant),  # when we began to ask for what stands here; None where nobody was asked
    Column("terms_id", ID, ForeignKey("terms.id")),  # the version of the sales terms that it keeps
    Column("customs", Canonical(CustomsCase)),  # None where nobody opened a case
    Column("review", Text),  # why a person must look; None when nothing waits
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("source_id", "rma_id"),
    UniqueConstraint("exporter_id", "external_id"),
    Index("ix_returns_listed", "exporter_id", "created_at", "id"),
    Index("ix_returns_status", "exporter_id", "status", "created_at", "id"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("exporter_id", ID, ForeignKey("exporters.id"), primary_key=True),
    Column("canonical", String(254), primary_key=True),
    Column("return_id", ID, ForeignKey("returns.id"), primary_key=True),
    Column("kind", String(24), primary_key=True),
    sqlite_with_rowid=False,  # all of it is the key
)

shipments = Table(
    "shipments",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("channel_id", ID, ForeignKey("channels.id"), nullable=False),
    Column("carrier", String(64), nullable=False),
    Column("state", String(24), nullable=False),
    Column("status", String(24), nullable=False),  # TrackingStatus
    Column("request", Canonical(BookingRequest), nullable=False),  # client_ref is each attempt's own
    Column("waybill", Text),
    Column("client_ref", String(20)),
    Column("reason", Text),
    Column("booked_at", Instant),
    Column("promised_at", Instant),  # the first instant that is too late, by the carrier's own promise
    Column("handed_over_at", Instant),
    Column("delivered_at", Instant),
    Column("heard_at", Instant),  # of its newest scan; without any, when it was booked
    Column("cancel_asked_at", Instant),
    Column("archived_at", Instant),  # its events are in a file that the audit names, and no more are taken
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("shipments"),
    Index("ix_shipments_return", "return_id"),
    Index("ix_shipments_waybill", "exporter_id", "carrier", "waybill"),
    partial("ix_shipments_heard", "exporter_id", "heard_at", "id", where=ON_ITS_WAY),
)

rounds = Table(
    "rounds",
    metadata,
    key(),
    exporter(),
    Column("account_id", ID, nullable=False),
    Column("poll_at", Instant, nullable=False),  # when to look next at all that belong to it
    Column("polled_at", Instant),
    Column("silent", Integer, nullable=False, default=0, server_default="0"),  # looks in a row that brought nothing
    Index("ix_rounds_poll", "account_id", "poll_at"),
    sqlite_with_rowid=False,
)

looks = Table(
    "looks",
    metadata,
    Column("id", ID, ForeignKey("shipments.id"), primary_key=True),  # the shipment's, once it is booked
    exporter(),
    Column("return_id", ID, nullable=False),
    Column("waybill", Text, nullable=False),
    Column("state", String(24), nullable=False),  # as the shipment's
    Column("status", String(24), nullable=False),  # as the shipment's
    Column("limit_at", Instant),  # the end of the first limit that runs of its return
    Column("round_id", ID, ForeignKey("rounds.id")),  # None when it is never looked at again
    Column("polled_at", Instant),  # of one that belongs to no round; else it is the round's
    # with all that a poll reads: what belongs together lies side by side, whenever it was booked
    partial("ix_looks_round", "round_id", "id", "waybill", "state", "status", "limit_at", where="round_id IS NOT NULL"),
    sqlite_with_rowid=False,  # found by its id alone, and narrow: one tree less on the way
)

pickups = Table(
    "pickups",
    metadata,
    key(),
    exporter(),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("carrier", String(64), nullable=False),
    Column("state", String(24), nullable=False),  # requested | booked | cancelled | action_required
    Column("request", Canonical(PickupRequest), nullable=False),
    Column("shipment_ids", PlainJson, nullable=False),
    Column("confirmation", Text),
    Column("result", PlainJson),
    Column("reason", Text),
    Column("cancel_asked_at", Instant),
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("pickups"),
    Index("ix_pickups_exporter", "exporter_id", "created_at", "id"),
)

attempts = Table(
    "attempts",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID),
    Column(
        "account_id", ID, ForeignKey("accounts.id")
    ),  # who is asked: a carrier by an account, or a platform by a shop
    Column("source_id", ID, ForeignKey("sources.id")),
    Column("carrier", String(64), nullable=False),  # the adapter's id
    # booking | pickup | void | pickup_void | renewal | application | dispute | claim | cover |
    # cover_void
    Column("kind", String(16), nullable=False),
    Column("subject_id", ID, nullable=False),
    Column("number", Integer, nullable=False),
    Column("client_ref", String(20), nullable=False, unique=True),
    Column(
        "state", String(16), nullable=False
    ),  # sending | unknown | live | refused | absent | void | lapsed | released
    Column("request", Text, nullable=False),  # canonical JSON of what was asked, the same on every repetition
    Column("waybill", Text),
    Column("handle", Text),
    Column("reason", Text),
    Column("wire_code", Text),
    Column("wire_text", Text),
    Column("look_ups", Integer, nullable=False, default=0, server_default="0"),
    Column("sent_at", Instant, nullable=False),
    Column("unknown_at", Instant),  # when we stopped listening: the call may have left long after `sent_at`
    Column("settled_at", Instant),
    *work(),
    *jobs("attempts"),
    partial("uq_attempts_slot", "kind", "subject_id", where=HOLDS_THE_SLOT, unique=True),
    partial(
        "uq_attempts_waybill",
        "exporter_id",
        "carrier",
        "waybill",
        where="kind = 'booking' AND state = 'live'",
        unique=True,
    ),
    Index("ix_attempts_subject", "kind", "subject_id", "number"),
    Index("ix_attempts_return", "return_id"),
    partial("ix_attempts_unknown", "exporter_id", "sent_at", "id", where="state = 'unknown'"),
)

exchanges = Table(
    "exchanges",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID),
    Column("attempt_id", ID, ForeignKey("attempts.id")),
    Column("at", Instant, nullable=False),
    Column("name", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("url", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("status", Integer),
    Column("reply", Text, nullable=False),
    Column("error", String(64)),
    Column("milliseconds", Integer, nullable=False),
    Index("ix_exchanges_attempt", "attempt_id"),
    Index("ix_exchanges_return", "return_id"),
)

labels = Table(
    "labels",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("shipment_id", ID, ForeignKey("shipments.id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("waybill", Text, nullable=False),
    Column("handle", Text),
    Column("state", String(16), nullable=False),  # pending | stored | failed
    *work(),
    *jobs("labels"),
    UniqueConstraint("shipment_id", "waybill"),
)

documents = Table(
    "documents",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID),
    Column("kind", String(24), nullable=False),  # label | photograph | paper | invoice | proof
    Column("media_type", String(100), nullable=False),
    Column("name", Text),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_documents_return", "return_id"),
    Index("ix_documents_sha256", "exporter_id", "sha256"),
)

events = Table(
    "events",
    metadata,
    key(),
    exporter(),
    Column("shipment_id", ID, ForeignKey("shipments.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("waybill", Text, nullable=False),
    Column("status", String(24), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("zone", String(16), nullable=False),
    Column("place", PlainJson),
    Column("piece", Text),
    Column("reason", String(40)),
    Column("wire_code", Text, nullable=False),
    Column("wire_text", Text, nullable=False),
    Column("wire_time", Text),
    Column("origin", String(8), nullable=False),  # poll | push
    UniqueConstraint("shipment_id", "digest"),
)
