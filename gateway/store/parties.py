"""Queries about who takes part: accounts, shops, channels, endpoints. And the front desk, before the exporter is known."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from gateway.store import tables
from gateway.store.database import Connection
from gateway.store.prepared import Prepared
from gateway.store.transaction import Record, Shelf, adding


class Exporters(Shelf):
    table, prefix, noun = tables.exporters, "exp", "exporter"

    def mine(self) -> Any:
        return select(self.table).where(self.table.c.id == self.tx.exporter_id)

    async def add(self, **values: Any) -> str:
        """The transaction's own exporter: it is opened under the id that he will have."""
        await self.tx.say(adding(self.table), {"id": self.tx.exporter_id, **values})
        return self.tx.exporter_id


class Keys(Shelf):
    table, prefix, noun = tables.api_keys, "key", "API key"


class Accounts(Shelf):
    table, prefix, noun = tables.accounts, "acc", "carrier account"

    async def listed(self) -> Sequence[Record]:
        return await self.those("created_at")

    async def by_number(self, carriers: Sequence[str], number: str | None) -> Record | None:
        """The account that a carrier's invoice names."""
        columns = self.table.c
        return await self.tx.first(self.mine().where(columns.carrier.in_(carriers), columns.number == number))


class Sweeps(Shelf):
    table, prefix, noun = tables.sweeps, "swp", "sweep"


class Sources(Shelf):
    table, prefix, noun = tables.sources, "src", "platform source"

    async def listed(self) -> Sequence[Record]:
        return await self.those("created_at")

    async def of_platform(self, platform: str) -> Record | None:
        return next(iter(await self.those("created_at", platform=platform)), None)


class Channels(Shelf):
    table, prefix, noun = tables.channels, "chn", "designated channel"

    async def listed(self) -> Sequence[Record]:
        """In the exporter's own order."""
        return await self.those("rank", "created_at")


class Endpoints(Shelf):
    table, prefix, noun = tables.endpoints, "end", "webhook endpoint"

    async def listed(self) -> Sequence[Record]:
        return await self.those("created_at")


_KEYS = tables.api_keys.c
KEY_OF = Prepared(select(tables.api_keys).where(_KEYS.digest == bindparam("digest"), _KEYS.revoked_at.is_(None)))
SOURCE_OF = Prepared(select(tables.sources).where(tables.sources.c.id == bindparam("this_id")))
ACCOUNT_OF = Prepared(select(tables.accounts).where(tables.accounts.c.id == bindparam("this_id")))


async def key_of(connection: Connection, digest: str) -> Record | None:
    """The API key with this digest, and its exporter, unless revoked."""
    return (await KEY_OF.run(connection, {"digest": digest})).first()


async def hinted_key(connection: Connection, hint: str) -> Record | None:
    """The newest key that begins like this, revoked or not: whose door a wrong key was meant for."""
    meant = select(tables.api_keys).where(_KEYS.hint == hint).order_by(_KEYS.created_at.desc()).limit(1)
    return (await connection.execute(meant)).first()


async def source_of(connection: Connection, source_id: str) -> Record | None:
    """A platform source by its id alone: its webhook names no exporter."""
    return (await SOURCE_OF.run(connection, {"this_id": source_id})).first()


async def account_of(connection: Connection, account_id: str) -> Record | None:
    """A carrier account by its id alone: a carrier's push names no exporter."""
    return (await ACCOUNT_OF.run(connection, {"this_id": account_id})).first()


async def exporter_ids(connection: Connection) -> Sequence[str]:
    return (
        (await connection.execute(select(tables.exporters.c.id).order_by(tables.exporters.c.created_at)))
        .scalars()
        .all()
    )


async def exporter_named(connection: Connection, name: str) -> str | None:
    """The id of the exporter of this name, the oldest one."""
    columns = tables.exporters.c
    found = await connection.execute(select(columns.id).where(columns.name == name).order_by(columns.created_at))
    return found.scalars().first()
