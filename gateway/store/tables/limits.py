"""What must happen in time: deadlines, acceptances, and what waits for a person."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from gateway.store.tables.base import ID, exporter, jobs, key, metadata, work
from gateway.store.types import Canonical, Instant, PlainJson
from schemas.acceptance import AcceptanceRecord, Deadline

deadlines = Table(
    "deadlines",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("shipment_id", ID),
    Column("clock", String(16), nullable=False),
    Column("subject_id", ID, nullable=False),
    Column("about", String(16), nullable=False, default="", server_default=text("''")),  # which claim, of claims
    Column("state", String(16), nullable=False),
    Column("terms", Canonical(Deadline), nullable=False),
    Column("due_by", Instant, nullable=False),
    Column("fired", PlainJson, nullable=False),  # stages that went out, each once
    Column("history", PlainJson, nullable=False),
    Column("settled_at", Instant),
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("deadlines"),
    UniqueConstraint("clock", "subject_id", "about"),
    Index("ix_deadlines_return", "return_id", "state", "due_by"),
    Index("ix_deadlines_open", "exporter_id", "state", "due_by"),
)

acceptances = Table(
    "acceptances",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("record", Canonical(AcceptanceRecord), nullable=False),
    Column("late_by_seconds", Integer, nullable=False, default=0, server_default="0"),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("return_id", "version"),
)

tasks = Table(
    "tasks",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID),
    Column("kind", String(40), nullable=False),
    Column("cause", String(160), nullable=False),
    Column("detail", Text, nullable=False),  # in English
    Column("code", String(40)),  # of the same, told in the reader's language; none where it is somebody else's words
    Column("given", PlainJson),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("done_by", Text),
    UniqueConstraint("exporter_id", "cause"),
    Index("ix_tasks_open", "exporter_id", "done_at", "created_at"),
)
