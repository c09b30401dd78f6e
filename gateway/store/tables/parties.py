"""Who takes part: exporters, their keys, accounts, shops, channels and endpoints."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables.base import ID, exporter, jobs, key, metadata, work
from gateway.store.types import Canonical, Instant, PlainJson
from schemas.acceptance import DeadlinePolicy
from schemas.limits import ChannelLimits
from schemas.values import Party

exporters = Table(
    "exporters",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("zone", String(64), nullable=False, default="Asia/Shanghai"),
    Column("created_at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    key(),
    exporter(),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of 256 random bits: no salt is needed
    Column("hint", String(16), nullable=False),
    Column("scopes", PlainJson, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie's opaque id
    exporter(),
    Column("key_id", ID, ForeignKey("api_keys.id"), nullable=False),
    Column("scopes_then", PlainJson, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_sessions_expires", "expires_at"),
)

accounts = Table(
    "accounts",
    metadata,
    key(),
    exporter(),
    Column("carrier", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("number", Text),  # the account number that the carrier's invoices name
    Column("credentials", Text, nullable=False),  # sealed
    Column("base_url", Text),
    Column("zone", String(64), nullable=False, default="UTC"),
    Column("lane", String(80), nullable=False),  # its own id, or one that accounts under one contract share
    Column("pace", PlainJson),  # what the contract says otherwise than the carrier's profile
    Column("hook_secret", Text),  # sealed
    Column("paused", Text),
    Column("doubted_until", Instant),  # restored: what was approved before is looked up before it is booked
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("accounts"),
    Index("ix_accounts_exporter", "exporter_id"),
)

sweeps = Table(
    "sweeps",
    metadata,
    key(),
    exporter(),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False, unique=True),
    Column("listed_until", Instant),
    *work(),
    *jobs("sweeps"),
)

sources = Table(
    "sources",
    metadata,
    key(),
    exporter(),
    Column("platform", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("credentials", Text, nullable=False),  # sealed
    Column("base_url", Text),
    Column("terms_name", String(100)),  # of the sales terms that its returns go by
    Column("mail", Text),  # of somebody there, for messages that its platform takes by no API
    Column("enabled", Boolean, nullable=False, default=True),
    Column("listed_until", Instant),
    Column("listing", PlainJson),  # how far a list has come that one turn was too short for
    Column("last_heard_at", Instant),
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("sources"),
    Index("ix_sources_exporter", "exporter_id"),
)

channels = Table(
    "channels",
    metadata,
    key(),
    exporter(),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("service", String(100), nullable=False),
    Column("consignee", Canonical(Party), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("acceptance", Canonical(DeadlinePolicy), nullable=False),
    Column("limits", Canonical(ChannelLimits), nullable=False),
    Column("countries", PlainJson, nullable=False),  # countries a return may start in; empty is all
    Column("platforms", PlainJson, nullable=False),  # source ids it serves; empty is all
    Column("rank", Integer, nullable=False, default=0),
    Column("insure", Boolean, nullable=False, default=True),
    Column(
        "extras", PlainJson, nullable=False, default=dict
    ),  # what only its carrier takes, by the adapter's own model
    Column("fallbacks", PlainJson, nullable=False),  # channel ids, while this one's account is paused
    Column("enabled", Boolean, nullable=False, default=True),
    Column("created_at", Instant, nullable=False),
    Index("ix_channels_exporter", "exporter_id", "rank"),
)

endpoints = Table(
    "endpoints",
    metadata,
    key(),
    exporter(),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # sealed
    Column("kinds", PlainJson, nullable=False),  # empty is all
    Column("enabled", Boolean, nullable=False, default=True),
    Column("failing_since", Instant),
    Column("disabled_because", Text),
    Column("created_at", Instant, nullable=False),
    Index("ix_endpoints_exporter", "exporter_id"),
)
