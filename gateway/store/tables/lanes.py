"""How carrier lanes stand, and what was spent of their daily quotas. By lane, not by exporter: accounts of several exporters
may share a contract, and its quota with it."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from gateway.store.tables.base import ID, metadata
from gateway.store.types import Instant

lanes = Table(
    "lanes",
    metadata,
    Column("lane", String(80), primary_key=True),
    Column("process", ID, primary_key=True),
    Column("told_at", Instant, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("breaker_open", Boolean, nullable=False),
    Column("closed_until", Instant),
    Column("daily", Integer),  # the quota of a day, where there is one
    Column("used", Integer, nullable=False),  # of today's, as far as the process has seen
    Index("ix_lanes_told", "told_at"),
    Index("ix_lanes_closed", "closed_until"),
)

quotas = Table(
    "quotas",
    metadata,
    Column("lane", String(80), primary_key=True),
    Column("day", String(10), primary_key=True),  # in the account's own zone
    Column("verb", String(64), primary_key=True),  # empty: the total that a limit is held against
    Column("calls", Integer, nullable=False),
    Index("ix_quotas_day", "day"),
)
