"""What is agreed and what is applied for: versions of sales terms, and return applications under them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, false

from gateway.store.tables.base import ID, exporter, key, metadata
from gateway.store.types import Canonical, Instant, PlainJson
from schemas.terms import Application, SalesTerms

terms = Table(
    "terms",
    metadata,
    key(),
    exporter(),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("terms", Canonical(SalesTerms), nullable=False),  # never changed: a return that names it keeps it
    Column("sha256", String(64), nullable=False),  # of that JSON
    Column("public", Boolean, nullable=False, default=False, server_default=false()),  # as that JSON says
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("exporter_id", "name", "version"),
    Index("ix_terms_public", "exporter_id", "public", "name", "version"),
)

applications = Table(
    "applications",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False, unique=True),
    Column("terms_id", ID, ForeignKey("terms.id")),
    Column("state", String(24), nullable=False),
    Column("said", Canonical(Application), nullable=False),
    Column("findings", PlainJson, nullable=False),  # of the last check, as it was
    Column("reason", Text),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_applications_listed", "exporter_id", "created_at", "id"),
    Index("ix_applications_state", "exporter_id", "state", "created_at", "id"),
)
