"""Files: stored by our id and hash, never by the name they came with."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.store import tables
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf

_DOCUMENTS = tables.documents.c
LISTED = Prepared(
    select(*(column for column in _DOCUMENTS if column.name != "content"))
    .where(_DOCUMENTS.exporter_id == bindparam("mine"), _DOCUMENTS.return_id == bindparam("this_return_id"))
    .order_by(_DOCUMENTS.created_at)
)


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
        known = self.tx.known.answer(self.table.name, ((), (("return_id", return_id),)))
        if known is not None:
            return known
        return (await self.tx.say(LISTED, {"this_return_id": return_id, "mine": self.tx.exporter_id})).all()
