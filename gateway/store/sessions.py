"""Who is signed in to the console: kept by the digest of an opaque id, so that the table opens no door."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, insert, select, update

from gateway.store import tables
from gateway.store.database import Connection
from gateway.store.transaction import Record, Tx

LASTS = timedelta(hours=12)


def session_digest(session_id: str) -> str:
    return sha256(session_id.encode("utf-8", "surrogateescape")).hexdigest()


async def session_of(connection: Connection, session_id: str, now: datetime) -> Record | None:
    """The session with its key's scopes as they are now; None once it, or its key, is over."""
    sessions, keys = tables.sessions, tables.api_keys
    found = await connection.execute(
        select(sessions, keys.c.scopes, keys.c.name)
        .join(keys, keys.c.id == sessions.c.key_id)
        .where(
            sessions.c.id == session_digest(session_id),
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > now,
            keys.c.revoked_at.is_(None),
        )
    )
    row = found.one_or_none()
    return row if row is not None and sorted(row.scopes) == sorted(row.scopes_then) else None


class Sessions:
    """One exporter's sessions."""

    table = tables.sessions

    def __init__(self, tx: Tx) -> None:
        self.tx = tx

    async def begin(self, session_id: str, key: Record) -> None:
        """Sign in. What is long over is cleared away on the occasion."""
        await self.tx.run(delete(self.table).where(self.table.c.expires_at < self.tx.now - LASTS))
        await self.tx.run(
            insert(self.table).values(
                id=session_digest(session_id),
                exporter_id=self.tx.exporter_id,
                key_id=key.id,
                scopes_then=list(key.scopes),
                created_at=self.tx.now,
                expires_at=self.tx.now + LASTS,
            )
        )
        self.tx.note("console.signed_in", key.id)

    async def end(self, session_id: str) -> None:
        """Sign out; nothing is said of a session that is over."""
        await self.tx.run(
            update(self.table)
            .where(self.table.c.id == session_digest(session_id), self.table.c.ended_at.is_(None))
            .values(ended_at=self.tx.now)
        )
