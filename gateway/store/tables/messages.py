"""What came in, what goes out, and what was remembered about both."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.base import ID, exporter, jobs, key, metadata, partial, work
from gateway.store.types import Instant, PlainJson

OPEN_DELIVERIES = "deliveries.state <> 'delivered'"

inbox = Table(
    "inbox",
    metadata,
    key(),
    exporter(),
    Column("door", String(16), nullable=False),  # platform | carrier
    Column("source_id", ID, nullable=False),
    Column("delivery_id", String(300), nullable=False),
    Column("trust", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("headers", PlainJson, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, default="received"),  # received | processed | ignored | quarantined
    Column("reason", Text),
    Column("repeats", Integer, nullable=False, default=0, server_default="0"),
    *work(),
    UniqueConstraint("source_id", "delivery_id"),
    *jobs("inbox"),
    Index("ix_inbox_state", "exporter_id", "state", "received_at"),
)

put_aside = Table(
    "put_aside",
    metadata,
    Column("exporter_id", ID, ForeignKey("exporters.id"), primary_key=True),
    Column("carrier", String(64), primary_key=True),
    Column("canonical", String(254), primary_key=True),  # a number of a carrier's push that names no shipment yet
    Column("message_id", ID, ForeignKey("inbox.id"), primary_key=True),
    sqlite_with_rowid=False,  # all of it is the key
)

notices = Table(
    "notices",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID),
    Column("kind", String(40), nullable=False),
    Column("cause", String(160), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("body", Text, nullable=False),  # the exact bytes that are signed, on every try
    UniqueConstraint("exporter_id", "cause"),
    Index("ix_notices_return", "return_id"),
    Index("ix_notices_listed", "exporter_id", "occurred_at", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    exporter(),
    Column("notice_id", ID, ForeignKey("notices.id"), nullable=False),
    Column("target", String(16), nullable=False),  # endpoint | platform
    Column("target_id", ID, nullable=False),
    Column("state", String(16), nullable=False),  # waiting | delivered | dead
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("delivered_at", Instant),
    *work(),
    *jobs("deliveries"),
    UniqueConstraint("notice_id", "target_id"),
    Index("ix_deliveries_target", "target_id", "state"),
    partial("ix_deliveries_open", "exporter_id", "state", where="state <> 'delivered'"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("exporter_id", ID, ForeignKey("exporters.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer),
    Column("headers", PlainJson),
    Column("body", Text),
    Column("created_at", Instant, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("chain", ID, primary_key=True),  # the return, or the exporter for what concerns none
    Column("seq", Integer, primary_key=True),
    exporter(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject_id", ID, nullable=False),
    Column("before", PlainJson),
    Column("after", PlainJson),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_audit_exporter", "exporter_id", "at"),
)

unknown_codes = Table(
    "unknown_codes",
    metadata,
    Column("adapter", String(64), primary_key=True),
    Column("code", String(200), primary_key=True),
    Column("example", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)
