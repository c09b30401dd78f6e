"""What exporter, platform and service write to each other about a return."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from gateway.store.tables.base import ID, exporter, jobs, key, metadata, work
from gateway.store.types import Instant

posts = Table(
    "posts",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("side", String(16), nullable=False),  # exporter | platform | service
    Column("wire_id", String(100)),  # the platform's own id of its message
    Column("text", Text, nullable=False),
    Column("posted_at", Instant, nullable=False),
    Column("answer_by", Instant),
    Column("answered_at", Instant),  # when somebody else wrote after it; only where an answer was asked for
    *work(),  # due when the answer is
    *jobs("posts"),
    UniqueConstraint("return_id", "wire_id"),
    Index("ix_posts_thread", "return_id", "posted_at", "id"),
)
