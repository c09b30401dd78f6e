"""What was agreed, billed and posted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.base import ID, exporter, jobs, key, metadata, partial, work
from gateway.store.types import Canonical, Instant, PlainJson
from schemas.bearers import BearerRules
from schemas.tariffs import Tariff

SMALL_OVER = "state = 'matched' AND expected_minor > 0 AND minor > expected_minor"
"""A line that was let pass for a little more than was expected."""

accruals = Table(
    "accruals",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("shipment_id", ID, ForeignKey("shipments.id"), nullable=False),
    Column("type", String(32), nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("basis", String(16), nullable=False),  # booking | quote | tariff | cover
    Column("tariff_id", ID),  # the version that it was priced by
    Column("wire_code", Text),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("shipment_id", "basis", "type", "wire_code"),
)

tariffs = Table(
    "tariffs",
    metadata,
    key(),
    exporter(),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("tariff", Canonical(Tariff), nullable=False),  # never changed: a booking that was priced by it names it
    Column("sha256", String(64), nullable=False),  # of that JSON
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("added_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("exporter_id", "account_id", "version"),
    Index("ix_tariffs_listed", "exporter_id", "created_at", "id"),
)

bearers = Table(
    "bearers",
    metadata,
    key(),
    exporter(),
    Column("version", Integer, nullable=False),
    Column("rules", Canonical(BearerRules), nullable=False),  # never changed
    Column("sha256", String(64), nullable=False),  # of that JSON
    Column("valid_from", Date, nullable=False),  # the first day of bills that it counts for
    Column("decided_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("exporter_id", "version"),
)

invoices = Table(
    "invoices",
    metadata,
    key(),
    exporter(),
    Column("account_id", ID, ForeignKey("accounts.id")),
    Column("carrier", String(64), nullable=False),
    Column("number", String(100), nullable=False),
    Column("format", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("document_id", ID, ForeignKey("documents.id"), nullable=False),
    Column("issued_on", Date),
    Column("currency", String(3), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # imported | reconciled | quarantined
    Column("reason", Text),
    Column("revises", ID),  # the invoice that had this number first
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("invoices"),
    UniqueConstraint("exporter_id", "carrier", "number", "sha256"),
)

invoice_lines = Table(
    "invoice_lines",
    metadata,
    key(),
    exporter(),
    Column("invoice_id", ID, ForeignKey("invoices.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("waybill", Text),
    Column("original_waybill", Text),
    Column("type", String(32), nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("shipped_on", Date),
    Column("service", Text),
    Column("grams", Integer),
    Column("wire_code", Text),
    Column("description", Text, nullable=False),
    Column("references", PlainJson, nullable=False),
    Column("informational", Boolean, nullable=False, default=False),
    Column("state", String(16), nullable=False),  # imported | matched | disputed | held | credited
    Column("dispute_id", ID),
    Column("credited_minor", BigInteger, nullable=False, default=0, server_default="0"),  # seen on later invoices
    Column("agreed_minor", BigInteger),  # how much of it is accepted; the rest is in dispute
    Column("match_method", String(16)),
    Column("match_key", Text),
    Column("notes", PlainJson),  # what else was found of it
    Column("shipment_id", ID),
    Column("return_id", ID),
    Column("finding", String(32)),
    Column("expected_minor", BigInteger),
    Column("because", Text),
    Column("charge_type_id", ID),  # the decision that its type comes from, where the bill does not say
    UniqueConstraint("invoice_id", "position"),
    # A line has none of these before it is judged, and mostly no dispute after.
    partial("ix_invoice_lines_return", "return_id", where="return_id IS NOT NULL"),
    partial("ix_invoice_lines_shipment", "shipment_id", where="shipment_id IS NOT NULL"),
    partial("ix_invoice_lines_dispute", "dispute_id", where="dispute_id IS NOT NULL"),
    partial("ix_invoice_lines_over", "invoice_id", where=SMALL_OVER),
    # The exporter stands last: SQLite would take an index that begins with him for every question of his lines.
    Index("ix_invoice_lines_waybill", "waybill", "exporter_id"),
    partial("ix_invoice_lines_unknown", "exporter_id", "invoice_id", where="type = 'UNKNOWN'"),
)

charge_types = Table(
    "charge_types",
    metadata,
    key(),
    exporter(),
    Column("carrier", String(100), nullable=False),  # as its bills name it
    Column("by", String(8), nullable=False),  # code | text
    Column("said", Text, nullable=False),
    Column("folded", Text, nullable=False),  # as it is compared
    Column("version", Integer, nullable=False),  # never changed: a later decision is a later version
    Column("type", String(32), nullable=False),
    Column("valid_from", Date),  # the first day of bills that it is for; all of them without one
    Column("reason", Text),
    Column("decided_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("exporter_id", "carrier", "by", "folded", "version"),
    Index("ix_charge_types_listed", "exporter_id", "created_at", "id"),
)

disputes = Table(
    "disputes",
    metadata,
    key(),
    exporter(),
    Column("invoice_id", ID, ForeignKey("invoices.id"), nullable=False),
    Column("carrier", String(64), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id")),  # by which it is filed
    Column("finding", String(32), nullable=False),
    Column("round", Integer, nullable=False, default=0, server_default="0"),  # the invoice's turn that judged it again
    Column("state", String(16), nullable=False),  # draft | filing | filed | expired | withdrawn | credit_seen
    Column("minor", BigInteger, nullable=False),
    Column("credited_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reference", Text),  # the carrier's, of the filing
    Column("reason", Text),  # why it was withdrawn, or why the carrier does not take it
    Column("file_by", Instant, nullable=False),
    Column("because", Text, nullable=False),  # by whose rule it ends then
    Column("filed_at", Instant),
    Column("closed_at", Instant),
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("disputes"),
    UniqueConstraint("invoice_id", "finding", "currency", "round"),
    Index("ix_disputes_listed", "exporter_id", "created_at", "id"),
    partial("ix_disputes_reference", "account_id", "reference", where="reference IS NOT NULL"),
)

claims = Table(
    "claims",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("shipment_id", ID, ForeignKey("shipments.id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("carrier", String(64), nullable=False),  # the adapter's id
    Column("about", String(16), nullable=False),  # loss | damage | delay
    Column("state", String(16), nullable=False),  # ClaimState
    Column("minor", BigInteger, nullable=False),  # what is asked for; 0 while nobody has said
    Column("currency", String(3), nullable=False),
    Column("goods", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("opened_by", String(16), nullable=False),  # tracking | acceptance | person
    Column("accepted_minor", BigInteger),
    Column("paid_minor", BigInteger, nullable=False, default=0, server_default="0"),
    Column("reference", Text),  # the carrier's, of the filing
    Column("payment", Text),  # the bill or the reference by which the money came
    Column("reason", Text),
    Column("filed_at", Instant),
    Column("answered_at", Instant),
    Column("closed_at", Instant),
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("claims"),
    partial("uq_claims_open", "shipment_id", "about", where="state <> 'withdrawn'", unique=True),
    partial("ix_claims_reference", "account_id", "reference", where="reference IS NOT NULL"),
    Index("ix_claims_listed", "exporter_id", "created_at", "id"),
    Index("ix_claims_return", "return_id"),
    Index("ix_claims_shipment", "shipment_id"),
)

covers = Table(
    "covers",
    metadata,
    key(),
    exporter(),
    Column("return_id", ID, ForeignKey("returns.id"), nullable=False),
    Column("shipment_id", ID, ForeignKey("shipments.id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False),  # the insurer's
    Column("carrier", String(64), nullable=False),  # the adapter's id
    Column("state", String(16), nullable=False),  # draft | filing | bound | refused | cancelled
    Column("insured_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("goods", Text, nullable=False),
    Column("premium_minor", BigInteger),
    Column("premium_currency", String(3)),
    Column("reference", Text),  # the policy's number
    Column("reason", Text),
    Column("bound_at", Instant),
    Column("cancelled_at", Instant),
    Column("created_at", Instant, nullable=False),
    *work(),
    *jobs("covers"),
    partial("uq_covers_holds", "shipment_id", where="state IN ('filing','bound')", unique=True),
    partial("ix_covers_reference", "account_id", "reference", where="reference IS NOT NULL"),
    Index("ix_covers_shipment", "shipment_id"),
)

ledger = Table(
    "ledger",
    metadata,
    key(),
    exporter(),
    Column("transaction_id", ID, nullable=False),
    Column("posting_key", String(120), nullable=False),  # the cause; the same cause posts once
    Column("place", Integer, nullable=False),
    Column("return_id", ID),
    Column("invoice_id", ID, ForeignKey("invoices.id")),
    Column("debit", String(60), nullable=False),
    Column("credit", String(60), nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("posted_at", Instant, nullable=False),
    # A row moves money from one account to another: there is no way to write down what does not sum to zero.
    CheckConstraint("minor > 0", name="ck_ledger_minor"),
    CheckConstraint("debit <> credit", name="ck_ledger_sides"),
    UniqueConstraint("exporter_id", "posting_key", "place"),
    Index("ix_ledger_return", "return_id"),
    Index("ix_ledger_invoice", "invoice_id"),
    Index("ix_ledger_transaction", "transaction_id"),
)
