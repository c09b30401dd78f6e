"""Queries about tariffs: versions of what was agreed on prices with a carrier, by account."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select

from gateway.store import tables
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf
from schemas.tariffs import Tariff

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


class Version(NamedTuple):
    """What a bill is held against; `zone` is the account's."""

    account_id: str
    valid_from: date
    valid_until: date | None
    tariff: Tariff
    zone: str


class Tariffs(Shelf):
    table, prefix, noun = tables.tariffs, "trf", "tariff"

    async def in_force(self, account_id: str, on: date) -> Record | None:
        """The last version that is valid on a day."""
        said = {"mine": self.tx.exporter_id, "this_account": account_id, "this_day": on, "that_day": on}
        return (await self.tx.say(IN_FORCE, said)).first()

    async def of_account(self, account_id: str) -> Sequence[Record]:
        """Every version, the first first."""
        return await self.those("version", account_id=account_id)

    async def of_carriers(self, carriers: Sequence[str]) -> Sequence[Version]:
        """Every version for accounts with these carriers, the last first."""
        accounts, columns = tables.accounts.c, self.table.c
        wanted = [columns[name] for name in Version._fields[:-1]]
        statement = (
            select(*wanted, accounts.zone)
            .join(tables.accounts, accounts.id == columns.account_id)
            .where(columns.exporter_id == self.tx.exporter_id, accounts.carrier.in_(carriers))
            .order_by(columns.version.desc())
        )
        return [Version._make(row) for row in await self.tx.all(statement)]

    async def last_of(self, account_id: str) -> Record | None:
        columns = self.table.c
        newest = self.mine().where(columns.account_id == account_id).order_by(columns.version.desc()).limit(1)
        return await self.tx.first(newest)
