"""Files: stored by our id and hash, never by the name they came with."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from gateway.store import tables
from gateway.store.transaction import Record, Shelf


class Documents(Shelf):
    table, prefix, noun = tables.documents, "doc", "document"

    async def keep(
        self, kind: str, media_type: str, content: bytes, *, return_id: str | None = None, name: str | None = None
    ) -> str:
        return await self.add(
            kind=kind,
            media_type=media_type,
            content=content,
            return_id=return_id,
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            created_at=self.tx.now,
        )

    async def of_return(self, return_id: str) -> Sequence[Record]:
        """Everything but the content."""
        columns = [column for column in self.table.c if column.name != "content"]
        statement = select(*columns).where(
            self.table.c.exporter_id == self.tx.exporter_id, self.table.c.return_id == return_id
        )
        return await self.tx.all(statement.order_by(self.table.c.created_at))
