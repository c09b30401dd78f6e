"""Every table, once, by subject. Every table that holds an exporter's data carries him: a query cannot forget
the tenant."""

from gateway.store.tables.applying import applications, terms
from gateway.store.tables.base import metadata
from gateway.store.tables.goods import (
    ON_ITS_WAY,
    attempts,
    documents,
    events,
    exchanges,
    labels,
    looks,
    numbers,
    pickups,
    returns,
    shipments,
)
from gateway.store.tables.lanes import lanes, quotas
from gateway.store.tables.limits import acceptances, deadlines, tasks
from gateway.store.tables.messages import (
    OPEN_DELIVERIES,
    audit,
    deliveries,
    idempotency,
    inbox,
    notices,
    unknown_codes,
)
from gateway.store.tables.money import (
    SMALL_OVER,
    accruals,
    bearers,
    charge_types,
    claims,
    covers,
    disputes,
    invoice_lines,
    invoices,
    ledger,
    tariffs,
)
from gateway.store.tables.parties import accounts, api_keys, channels, endpoints, exporters, sessions, sources, sweeps
from gateway.store.tables.thread import posts

WORK = (
    accounts,
    sources,
    sweeps,
    inbox,
    shipments,
    pickups,
    attempts,
    labels,
    deadlines,
    invoices,
    deliveries,
    disputes,
    claims,
    covers,
    posts,
)
"""Tables whose rows are work."""

__all__ = [
    "ON_ITS_WAY",
    "OPEN_DELIVERIES",
    "SMALL_OVER",
    "WORK",
    "acceptances",
    "accounts",
    "accruals",
    "api_keys",
    "applications",
    "attempts",
    "audit",
    "bearers",
    "channels",
    "charge_types",
    "claims",
    "covers",
    "deadlines",
    "deliveries",
    "disputes",
    "documents",
    "endpoints",
    "events",
    "exchanges",
    "exporters",
    "idempotency",
    "inbox",
    "invoice_lines",
    "invoices",
    "labels",
    "lanes",
    "ledger",
    "looks",
    "metadata",
    "notices",
    "numbers",
    "pickups",
    "posts",
    "quotas",
    "returns",
    "sessions",
    "shipments",
    "sources",
    "sweeps",
    "tariffs",
    "tasks",
    "terms",
    "unknown_codes",
]
