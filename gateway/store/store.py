"""The store's doors: `transaction(exporter)`, `reading(exporter)`, `inbox` (the one grouped write), `due(kind)` (ids only),
and `front_desk()` for the questions that come before the exporter is known."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Generic, TypeVar

from gateway.store import messages, work
from gateway.store.applying import Applications, Terms
from gateway.store.archiving import Archiving
from gateway.store.bearers import Bearers
from gateway.store.billing import Accruals, InvoiceLines, Invoices, Ledger
from gateway.store.charge_types import ChargeTypes
from gateway.store.claims import Claims
from gateway.store.covers import Covers
from gateway.store.database import Connection, Database, StoreUnavailable
from gateway.store.disputes import Disputes
from gateway.store.documents import Documents
from gateway.store.limits import Acceptances, Deadlines, Tasks
from gateway.store.lists import Lists
from gateway.store.looks import Looks
from gateway.store.messages import Answers, Arrival, Audit, Deliveries, Inbox, Notices
from gateway.store.months import Months
from gateway.store.outbox import Outbox
from gateway.store.parties import Accounts, Channels, Endpoints, Exporters, Keys, Sources, Sweeps
from gateway.store.returns import Returns
from gateway.store.sessions import Sessions
from gateway.store.shipments import Attempts, Events, Exchanges, Labels, Pickups, Shipments
from gateway.store.standing import Past
from gateway.store.tariffs import Tariffs
from gateway.store.thread import Posts
from gateway.store.touched import Touched
from gateway.store.transaction import Tx
from gateway.store.work import Job

S = TypeVar("S")
SayGo = Callable[[Sequence[Job], Connection | None], Awaitable[None]]
"""Tells the engine: with a connection inside its transaction (PostgreSQL), without one after the commit."""


class On(Generic[S]):
    """A shelf that is put up when it is first reached for: a transaction needs five of forty."""

    def __init__(self, shelf: Callable[[Tx], S]) -> None:
        self._shelf = shelf

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tx: Tx, owner: type) -> S:
        put_up = tx.__dict__[self._name] = self._shelf(tx)
        return put_up


class Desk(Tx):
    """A transaction with every shelf of the exporter's."""

    exporters = On(Exporters)
    keys = On(Keys)
    accounts = On(Accounts)
    sources = On(Sources)
    sweeps = On(Sweeps)
    channels = On(Channels)
    endpoints = On(Endpoints)
    returns = On(Returns)
    shipments = On(Shipments)
    pickups = On(Pickups)
    attempts = On(Attempts)
    exchanges = On(Exchanges)
    labels = On(Labels)
    events = On(Events)
    looks = On(Looks)
    archiving = On(Archiving)
    documents = On(Documents)
    deadlines = On(Deadlines)
    acceptances = On(Acceptances)
    tasks = On(Tasks)
    terms = On(Terms)
    past = On(Past)
    applications = On(Applications)
    accruals = On(Accruals)
    invoices = On(Invoices)
    invoice_lines = On(InvoiceLines)
    ledger = On(Ledger)
    disputes = On(Disputes)
    claims = On(Claims)
    covers = On(Covers)
    charge_types = On(ChargeTypes)
    tariffs = On(Tariffs)
    bearers = On(Bearers)
    posts = On(Posts)
    touched = On(Touched)
    months = On(Months)
    inbox = On(Inbox)
    notices = On(Notices)
    outbox = On(Outbox)
    deliveries = On(Deliveries)
    answers = On(Answers)
    audit = On(Audit)
    lists = On(Lists)
    sessions = On(Sessions)

    async def last_words(self) -> None:
        await self.outbox.write()
        if self.limited:
            await self.looks.hold(self.limited)
        await super().last_words()
        if self.limited:
            await self.alone_with(self.limited)
            await self.looks.limit(self.limited)


class Store:
    """One database, its clock, and the engine that is told when work is due."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.say_go: SayGo = _nobody_listens
        self.stirred: Callable[[set[str]], None] = lambda return_ids: None
        """Told of returns that have changed, once that is durable."""
        self._arrivals: list[tuple[Arrival, asyncio.Future[bool]]] = []
        self._appending: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def transaction(self, exporter_id: str, actor: str = "homeward") -> AsyncIterator[Desk]:
        """Everything in it is durable when the block ends, and the jobs it woke have been told."""
        desk: Desk | None = None

        async def last_words(connection: Connection) -> None:
            if desk is not None:
                await desk.last_words()
                if desk.woken and not self.database.is_sqlite:
                    await self.say_go(desk.woken, connection)

        async with self.database.writing(last_words) as connection:
            desk = self.desk(connection, exporter_id, actor)
            yield desk
        if desk.woken and self.database.is_sqlite:
            await self.say_go(desk.woken, None)
        self.stirred(desk.stirred)

    def desk(self, connection: Connection, exporter_id: str, actor: str) -> Desk:
        """The shelves in a transaction that somebody else opened, who asks for its `last_words`."""
        return Desk(connection, exporter_id, self.clock(), actor, is_sqlite=self.database.is_sqlite)

    @asynccontextmanager
    async def reading(self, exporter_id: str) -> AsyncIterator[Desk]:
        """The same shelves over committed data, for answers that change nothing."""
        async with self.database.reading() as connection:
            desk = Desk(connection, exporter_id, self.clock(), "reader", is_sqlite=self.database.is_sqlite)
            desk.writes = False
            yield desk

    @asynccontextmanager
    async def snapshot(self, exporter_id: str) -> AsyncIterator[Desk]:
        """The same shelves as they are at one moment, however long it reads."""
        async with self.database.snapshot() as connection:
            desk = Desk(connection, exporter_id, self.clock(), "reader", is_sqlite=self.database.is_sqlite)
            desk.writes = False
            yield desk

    def front_desk(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for `parties.key_of`, `source_of`, `account_of`: who is asking?"""
        return self.database.glancing()

    async def due(self, kind: str, limit: int = 500) -> Sequence[Job]:
        """Jobs of one kind whose time has come."""
        async with self.database.glancing() as connection:
            return await work.due(connection, kind, self.clock(), limit)

    async def release_turns(self) -> int:
        """Give back every turn that a dead process left taken. Only where nobody else can have the database open."""
        async with self.database.writing() as connection:
            return await work.release(connection, self.clock())

    async def keep_arrival(self, arrival: Arrival) -> bool:
        """Keep a message; True when it is new, False when this delivery is known. Durable when this returns.

        Everything that waits is written by one statement in one transaction (group commit).
        """
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._arrivals.append((arrival, kept))
        if self._appending is None or self._appending.done():
            self._appending = asyncio.create_task(self._append_waiting())
        return await kept

    async def _append_waiting(self) -> None:
        while self._arrivals:
            batch, self._arrivals = self._arrivals[:200], self._arrivals[200:]
            await self._append(batch)

    async def _append(self, batch: list[tuple[Arrival, "asyncio.Future[bool]"]]) -> None:
        try:
            new = await self._append_durably([arrival for arrival, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StoreUnavailable):  # a poison row must not fail its neighbours
                for single in batch:
                    await self._append([single])
                return
            for _, kept in batch:
                if not kept.done():
                    kept.set_exception(error)
            return
        for arrival, kept in batch:
            if not kept.done():
                kept.set_result(arrival.id in new)

    async def _append_durably(self, arrivals: list[Arrival]) -> set[str]:
        new: set[str] = set()
        sqlite = self.database.is_sqlite

        async def last_words(connection: Connection) -> None:
            if not sqlite and new:
                await self.say_go([one.job for one in arrivals if one.id in new], connection)

        async with self.database.writing(last_words) as connection:
            new |= await messages.append(connection, arrivals, is_sqlite=sqlite)
        if sqlite and new:
            await self.say_go([one.job for one in arrivals if one.id in new], None)
        return new


async def _nobody_listens(jobs: Sequence[Job], connection: Connection | None) -> None:
    return None
