"""Queries about tariffs: versions of what was agreed on prices with a carrier, by account."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam, or_, select

from gateway.store import tables
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf

_T = tables.tariffs.c
IN_FORCE = Prepared(
    select(tables.tariffs)
    .where(
        _T.exporter_id == bindparam("mine"),
        _T.account_id == bindparam("this_account"),
        _T.valid_from <= bindparam("this_day", type_=_T.valid_from.type),
        or_(_T.valid_until.is_(None), _T.valid_until >= bindparam("that_day", type_=_T.valid_until.type)),
    )
    .order_by(_T.version.desc())
    .limit(1)
)


class Tariffs(Shelf):
    table, prefix, noun = tables.tariffs, "trf", "tariff"

    async def in_force(self, account_id: str, on: date) -> Record | None:
        """The last version that is valid on a day."""
        said = {"mine": self.tx.exporter_id, "this_account": account_id, "this_day": on, "that_day": on}
        return (await self.tx.say(IN_FORCE, said)).first()

    async def of_accounts(self, account_ids: Sequence[str]) -> Sequence[Record]:
        """Every version of theirs, the last first."""
        columns = self.table.c
        return await self.tx.all(
            self.mine().where(columns.account_id.in_(account_ids)).order_by(columns.version.desc())
        )

    async def last_of(self, account_id: str) -> Record | None:
        columns = self.table.c
        newest = self.mine().where(columns.account_id == account_id).order_by(columns.version.desc()).limit(1)
        return await self.tx.first(newest)
