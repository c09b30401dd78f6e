"""Lists and queues for the doors: pages by a key of time and id, never a count, never an offset.

A page begins where the key says, which an index finds at any depth: compared as one value, because databases search for
`(at, id) < (…)` and read through everything before it for `at < … or (at = … and id < …)`. A queue reads one row more than
it shows, so "200+" can be said without counting a million.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, literal_column, select, text, tuple_
from sqlalchemy.exc import IntegrityError

from gateway.store import tables
from gateway.store.database import Connection
from gateway.store.transaction import Record, Tx

Taken = IntegrityError
"""Raised where something unique is there already."""
After = tuple[datetime, str] | None
"""The last row's time and id of the page before."""
OPEN_DELIVERIES = ("waiting", "dead")


def _key(at: Any, after: tuple[datetime, str]) -> Any:
    return tuple_(literal(after[0], at.type), literal(after[1]))


class Lists:
    """What one exporter's doors list."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    def _mine(self, table: Any, *conditions: Any) -> Any:
        return select(table).where(table.c.exporter_id == self.tx.exporter_id, *conditions)

    async def _newest(self, table: Any, at: Any, after: After, limit: int, *conditions: Any) -> Sequence[Record]:
        statement = self._mine(table, *conditions)
        if after:
            statement = statement.where(tuple_(at, table.c.id) < _key(at, after))
        return await self.tx.all(statement.order_by(at.desc(), table.c.id.desc()).limit(limit))

    async def _oldest(self, table: Any, at: Any, after: After, limit: int, *conditions: Any) -> Sequence[Record]:
        statement = self._mine(table, *conditions)
        if after:
            statement = statement.where(tuple_(at, table.c.id) > _key(at, after))
        return await self.tx.all(statement.order_by(at, table.c.id).limit(limit))

    async def returns(self, status: str | None, after: After, limit: int) -> Sequence[Record]:
        columns = tables.returns.c
        wanted = [columns.status == status] if status else []
        return await self._newest(tables.returns, columns.created_at, after, limit, *wanted)

    async def pickups(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.pickups, tables.pickups.c.created_at, after, limit)

    async def applications(self, state: str | None, after: After, limit: int) -> Sequence[Record]:
        columns = tables.applications.c
        wanted = [columns.state == state] if state else []
        return await self._newest(tables.applications, columns.created_at, after, limit, *wanted)

    async def thread(self, return_id: str, after: After, limit: int) -> Sequence[Record]:
        """What was written about one return."""
        columns = tables.posts.c
        return await self._newest(tables.posts, columns.posted_at, after, limit, columns.return_id == return_id)

    async def terms(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.terms, tables.terms.c.created_at, after, limit)

    async def invoices(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.invoices, tables.invoices.c.created_at, after, limit)

    async def disputes(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.disputes, tables.disputes.c.created_at, after, limit)

    async def claims(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.claims, tables.claims.c.created_at, after, limit)

    async def charge_types(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.charge_types, tables.charge_types.c.created_at, after, limit)

    async def tariffs(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.tariffs, tables.tariffs.c.created_at, after, limit)

    async def bearers(self, after: After, limit: int) -> Sequence[Record]:
        return await self._newest(tables.bearers, tables.bearers.c.created_at, after, limit)

    async def tasks(self, *, done: bool, after: After, limit: int) -> Sequence[Record]:
        columns = tables.tasks.c
        wanted = columns.done_at.is_not(None) if done else columns.done_at.is_(None)
        return await self._oldest(tables.tasks, columns.created_at, after, limit, wanted)

    async def deadlines(self, state: str | None, before: datetime | None, after: After, limit: int) -> Sequence[Record]:
        """The one that ends first comes first."""
        columns = tables.deadlines.c
        wanted = [columns.state == state] if state else []
        if before:
            wanted.append(columns.due_by < before)
        return await self._oldest(tables.deadlines, columns.due_by, after, limit, *wanted)

    async def deliveries(self, states: Sequence[str], after: After, limit: int) -> Sequence[Record]:
        """With `kind`, `occurred_at` and `return_id` of their notices, the newest notice first."""
        deliveries, notices = tables.deliveries, tables.notices
        at = notices.c.occurred_at
        statement = (
            select(deliveries, notices.c.kind, at, notices.c.return_id)
            .join(notices, notices.c.id == deliveries.c.notice_id)
            .where(deliveries.c.exporter_id == self.tx.exporter_id, notices.c.exporter_id == self.tx.exporter_id)
        )
        if states:
            statement = statement.where(deliveries.c.state.in_(states))
        if states and "delivered" not in states:  # in these words: so the index of what is open may be used
            statement = statement.where(text(tables.OPEN_DELIVERIES))
        if after:
            statement = statement.where(at <= after[0], tuple_(at, deliveries.c.id) < _key(at, after))
        return await self.tx.all(statement.order_by(at.desc(), deliveries.c.id.desc()).limit(limit))

    async def messages(self, state: str | None, after: After, limit: int) -> Sequence[Record]:
        """What came in, but for its body."""
        table = tables.inbox
        columns = [column for column in table.c if column.name not in ("body", "headers")]
        statement = select(*columns).where(table.c.exporter_id == self.tx.exporter_id)
        if state:
            statement = statement.where(table.c.state == state)
        at = table.c.received_at
        if after:
            statement = statement.where(tuple_(at, table.c.id) < _key(at, after))
        return await self.tx.all(statement.order_by(at.desc(), table.c.id.desc()).limit(limit))

    async def unknown_attempts(self, limit: int) -> Sequence[Record]:
        """Attempts whose outcome nobody knows yet, the oldest first."""
        columns = tables.attempts.c
        unknown = columns.state == literal_column("'unknown'")  # as a word: a parameter hides which index will do
        return await self._oldest(tables.attempts, columns.sent_at, None, limit, unknown)

    async def stuck_shipments(self, before: datetime, limit: int) -> Sequence[Record]:
        """Booked or moving, and silent since `before`: no scan at all, or none after it. The longest silent first."""
        columns = tables.shipments.c
        on_its_way = text(f"shipments.{tables.ON_ITS_WAY}")  # in these words: so their index may be used
        return await self._oldest(
            tables.shipments, columns.heard_at, None, limit, on_its_way, columns.heard_at < before
        )

    async def unknown_codes(self, limit: int) -> Sequence[Record]:
        """Codes that stand in no adapter's table, of all exporters, the one seen most first."""
        codes = tables.unknown_codes
        return await self.tx.all(
            select(codes).order_by(codes.c.seen.desc(), codes.c.adapter, codes.c.code).limit(limit)
        )

    async def returns_by_id(self, ids: Sequence[str]) -> dict[str, Record]:
        """These returns by their ids, in one question."""
        rows = await self.tx.all(self._mine(tables.returns, tables.returns.c.id.in_(ids)))
        return {row.id: row for row in rows}


async def unknown_codes(connection: Connection) -> dict[str, int]:
    """How many codes stand in no table, by adapter: work for its keeper."""
    codes = tables.unknown_codes.c
    found = await connection.execute(select(codes.adapter, func.count().label("codes")).group_by(codes.adapter))
    return {row.adapter: int(row.codes) for row in found.all()}
