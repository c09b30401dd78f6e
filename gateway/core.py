"""The open house: store, engine, lanes, adapters, clock, and the one way out. Opened once a process, closed in order."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from pydantic import BaseModel
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from adapters import registry
from adapters.seam import Carrier, CarrierAccount, Pace, Platform, PlatformAccount
from adapters.toolkit.auth import TokenStore
from adapters.toolkit.http import Call, FreeLane, Http
from adapters.toolkit.redaction import Exchange, Redactor
from adapters.toolkit.transport import Client, open_client
from gateway.clock import clock_of, monotonic_of
from gateway.config import Settings
from gateway.crash import crash
from gateway.guard import guarded_socket
from gateway.lanes import CarrierLane, Hurried, Lanes
from gateway.letters.relay import Relay
from gateway.live import Live
from gateway.pacer import Pacer
from gateway.spending import LaneGauges, Spending
from gateway.store.database import Database, StoreUnavailable
from gateway.store.secrets import Sealer
from gateway.store.store import Store
from gateway.store.transaction import Record
from gateway.store.work import LEASE
from schemas.errors import AdapterError, CredentialsStale

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")
PAUSED_WAIT = timedelta(minutes=5)
"""Until a row that a paused account keeps from its call is looked at again."""
AFTER_CALL = 5.0
"""Seconds kept free at the end of a turn for the write."""


class Metrics:
    """What is counted. Labels are kinds and ids of adapters, never anything of a person's."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs = Counter("homeward_jobs", "Jobs run", ["kind", "outcome"], registry=self.registry)
        self.calls = Histogram(
            "homeward_call_seconds",
            "Calls to carriers and platforms",
            ["adapter", "verb", "outcome"],
            registry=self.registry,
        )
        self.received = Counter("homeward_messages", "Messages received", ["door", "outcome"], registry=self.registry)
        self.unknown_codes = Counter("homeward_unknown_codes", "Codes in no table", ["adapter"], registry=self.registry)
        self.deliveries = Counter("homeward_deliveries", "Webhooks out", ["outcome"], registry=self.registry)
        self.parked = Gauge("homeward_parked", "Rows that wait for a person", ["kind"], registry=self.registry)
        self.timer = cache(self.calls.labels)
        """The line of one adapter, verb and outcome: finding it costs more than writing it."""


@dataclass
class Gateway:
    """Everything a journey may use. `clock` gives the instant, `monotonic` measures waits; tests move both."""

    settings: Settings
    store: Store
    lanes: Lanes
    spending: Spending
    live: Live
    sealer: Sealer
    client: Client
    hooks: Client
    """The client for addresses that users gave: guarded at connect time."""
    clock: Callable[[], datetime]
    relay: Relay | None = None
    """Where mail goes; None where the operator has set none."""
    monotonic: Callable[[], float] = time.monotonic
    metrics: Metrics = field(default_factory=Metrics)
    stumbles: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """How often in a row a job of this kind and row has failed here by itself, and in which turn last; the latest at the
    end. A row's own tries count what others did not answer as well."""
    _tokens: dict[str, TokenStore] = field(default_factory=dict)
    _open: dict[tuple[str, str], BaseModel] = field(default_factory=dict, repr=False)
    _redactors: dict[int, Redactor] = field(default_factory=dict, repr=False)

    def turn_ends(self, total_seconds: float, claimed_at: datetime) -> float:
        """The monotonic second until which a turn may start a call of this length. `claimed_at` is its transaction's instant,
        from which the lease runs: what the claim waited for is gone from it."""
        gone = max(0.0, (self.clock() - claimed_at).total_seconds())
        return self.monotonic() - gone + LEASE.total_seconds() - total_seconds - AFTER_CALL

    def open_carrier(
        self,
        account: Record,
        *,
        turn_ends: float | None = None,
        record: Callable[[Exchange], None] | None = None,
        stage: str = "",
        urgent: bool = False,
    ) -> Carrier:
        """An account's adapter, for one job. `stage` names the crash points around its creating calls; what is `urgent` goes
        before everybody else in the lane."""
        adapter = registry.carrier(account.carrier)
        profile = adapter.profile
        credentials = self._unsealed(account, profile.credentials)
        opened = CarrierAccount(
            id=account.id,
            carrier=account.carrier,
            credentials=credentials,
            base_url=account.base_url,
            zone=account.zone,
        )
        lane = self.lane_of(account)
        http = self._http(account.id, Hurried(lane) if urgent else lane, credentials, account.carrier, record, stage)
        return adapter(opened, replace(http, turn_ends=turn_ends, total_seconds=profile.total_seconds))

    def lane_of(self, account: Record) -> CarrierLane:
        """An account's lane, which others under the same contract may share."""
        return self.lanes.of(account.lane, pace_of(account), account.zone)

    def open_platform(
        self,
        source: Record,
        *,
        turn_ends: float | None = None,
        record: Callable[[Exchange], None] | None = None,
        stage: str = "",
    ) -> Platform:
        """A shop's adapter."""
        adapter = registry.platform(source.platform)
        credentials = self._unsealed(source, adapter.profile.credentials)
        opened = PlatformAccount(
            id=source.id, platform=source.platform, credentials=credentials, base_url=source.base_url
        )
        lane = self.lanes.of(source.id, adapter.profile.pace)
        http = self._http(source.id, lane, credentials, source.platform, record, stage)
        return adapter(opened, replace(http, turn_ends=turn_ends, total_seconds=adapter.profile.total_seconds))

    def _http(
        self,
        key: str,
        lane: Any,
        credentials: Any,
        adapter: str,
        record: Callable[[Exchange], None] | None,
        stage: str,
    ) -> Http:
        def heard(call: Call, status: int | None, error: AdapterError | None, seconds: float) -> None:
            outcome = type(error).__name__ if error else "ok"
            self.metrics.timer(adapter, call.name, outcome).observe(seconds)
            log.info("call", adapter=adapter, verb=call.name, status=status, outcome=outcome)

        return Http(
            client=self.client,
            lane=lane or FreeLane(),
            tokens=self._tokens.setdefault(key, TokenStore(self.monotonic)),
            redactor=self._redactor(credentials),
            record=record,
            heard=heard,
            monotonic=self.monotonic,
            crash=lambda point: crash(f"{stage}.{point.rpartition('.')[2]}"),
        )

    def _unsealed(self, row: Record, model: type[BaseModel]) -> BaseModel:
        """A row's credentials, opened once. A changed secret is sealed anew; a seal copied to another row is another key."""
        key = (row.id, row.credentials)
        if key not in self._open:
            self._open[key] = model.model_validate_json(self.sealer.open(row.id, row.credentials))
        return self._open[key]

    def _redactor(self, credentials: BaseModel) -> Redactor:
        if id(credentials) not in self._redactors:
            self._redactors[id(credentials)] = Redactor.of(credentials)  # it lives as long as its entry in _open
        return self._redactors[id(credentials)]

    def seal_credentials(self, owner_id: str, credentials: Any) -> str:
        """A credentials model, sealed for its owner."""
        return self.sealer.seal(owner_id, json.dumps(_revealed(credentials)))


def pace_of(account: Record) -> Pace:
    """How fast an account may be asked: as its contract says, where that says nothing as the carrier's profile does."""
    pace = registry.carrier(account.carrier).profile.pace
    return pace.model_copy(update={**account.pace, "source": "the account's contract"}) if account.pace else pace


def may_be_read(account: Record) -> bool:
    """A carrier that rejects our credentials is asked nothing, reading neither, before a person has looked: each call is one
    more wrong password. One that a restore has paused is: what this database has forgotten stands there."""
    return account.paused is None or account.doubted_until is not None


async def twice_if_stale(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make a call; once more, at once, where the carrier no longer takes a token that it gave us before."""
    try:
        return await call()
    except CredentialsStale:
        return await call()


def _revealed(model: Any) -> dict[str, Any]:
    """A credentials model with its secrets in clear, for sealing only."""

    def show(value: Any) -> Any:
        if hasattr(value, "get_secret_value"):
            return value.get_secret_value()
        if isinstance(value, (list, tuple)):
            return [show(item) for item in value]
        return value

    return {name: show(getattr(model, name)) for name in type(model).model_fields}


def relay_of(settings: Settings) -> Relay | None:
    """The mail server that is set. Raises ValueError where the sender or the address itself is wrong or missing."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return None
    if not settings.mail_from:
        raise ValueError("HOMEWARD_SMTP_URL needs HOMEWARD_MAIL_FROM")
    return Relay.of(url, settings.mail_from)


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    *,
    clock: Callable[[], datetime] | None = None,
    monotonic: Callable[[], float] | None = None,
) -> AsyncIterator[Gateway]:
    """Open everything, wait for the database if it is still starting, and close in reverse order."""
    clock = clock or clock_of(settings.test_clock)
    monotonic = monotonic or monotonic_of(settings.test_clock)
    relay = relay_of(settings)
    database = Database(settings.database_url, pool=settings.db_connections)
    lanes = Lanes(Pacer(settings.redis), monotonic, clock)
    live = Live(settings.redis)
    client = open_client()
    hooks = open_client(read_seconds=15, socket_factory=None if settings.private_endpoints else guarded_socket)
    try:
        if not database.is_sqlite:
            await _await_database(database)
        gw = Gateway(
            settings=settings,
            store=Store(database, clock),
            lanes=lanes,
            spending=Spending(database, lanes, clock),
            live=live,
            sealer=Sealer.from_file(settings.keys),
            client=client,
            hooks=hooks,
            relay=relay,
            clock=clock,
            monotonic=monotonic,
        )
        gw.store.stirred = live.tell
        gw.metrics.registry.register(LaneGauges(gw.spending))
        yield gw
    finally:
        await hooks.aclose()
        await client.aclose()
        await live.close()
        await lanes.close()
        await database.close()


async def _await_database(database: Database) -> None:
    """A database that starts beside us may need a moment; one that is not migrated does not."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailable),
        wait=wait_random_exponential(multiplier=0.2, max=3),
        stop=stop_after_delay(30),
        reraise=True,
    ):
        with attempt:
            async with database.reading():
                pass
