"""Queries about unknown charges: what a person decided of them, and what still waits."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal_column, select

from gateway.store import tables
from gateway.store.transaction import Record, Shelf

MOST = 200
UNKNOWN: Any = literal_column("'UNKNOWN'")
"""As a word: a parameter hides which index will do."""


class ChargeTypes(Shelf):
    table, prefix, noun = tables.charge_types, "cht", "decision about a charge"

    async def of_carrier(self, carrier: str) -> Sequence[Record]:
        """Every version of every code, the first first."""
        return await self.those("version", "id", carrier=carrier)

    async def lines(self, carrier: str) -> Sequence[Record]:
        """Unknown charges of a carrier's bills that add up: (invoice_id, wire_code, description), each once."""
        lines, invoices = tables.invoice_lines.c, tables.invoices.c
        statement = (
            select(lines.invoice_id, lines.wire_code, lines.description)
            .join(tables.invoices, invoices.id == lines.invoice_id)
            .where(
                lines.exporter_id == self.tx.exporter_id,
                lines.type == UNKNOWN,
                invoices.carrier == carrier,
                invoices.state != "quarantined",
            )
        )
        return await self.tx.all(statement.distinct().order_by(lines.invoice_id))

    async def waiting(self) -> Sequence[Record]:
        """What waits, by carrier, code and currency, or by text where there is no code: how many lines, what they come to,
        and one of their texts. The most lines first, at most two hundred."""
        lines, invoices = tables.invoice_lines.c, tables.invoices.c
        code = func.nullif(lines.wire_code, literal_column("''"))
        its = (
            select(
                invoices.carrier,
                code.label("code"),
                lines.description.label("said"),
                func.coalesce(code, lines.description).label("named"),
                lines.currency,
                lines.minor,
                invoices.issued_on,
            )
            .join(tables.invoices, invoices.id == lines.invoice_id)
            .where(
                lines.exporter_id == self.tx.exporter_id,
                lines.type == UNKNOWN,
                lines.invoice_id
                > literal_column("''"),  # always so: else SQLite takes another index of his, of all lines
                lines.state == "held",
                lines.informational.is_(False),
                invoices.state == "reconciled",
            )
            .subquery()
        )
        one = its.c
        many = func.count().label("lines")
        statement = select(
            one.carrier,
            one.code,
            one.currency,
            many,
            func.sum(one.minor).label("minor"),
            func.min(one.said).label("text"),
            func.min(one.issued_on).label("first_on"),
            func.max(one.issued_on).label("last_on"),
        ).group_by(one.carrier, one.code, one.named, one.currency)
        return await self.tx.all(statement.order_by(many.desc(), one.carrier, one.named, one.currency).limit(MOST))
