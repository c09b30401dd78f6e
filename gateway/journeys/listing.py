"""The safety net below webhooks: platforms that can list their returns are asked now and then for what never came.

A webhook may be lost, and some platforms drop a subscription after a few failures. What a list brings goes the same way as a
message: the platform's version decides, or else what was asked for last, so a webhook that comes meanwhile is not undone. A
list that one turn is too short for goes on in the next one where this one stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from adapters import registry
from adapters.seam import AsksBack, ListsReturns
from gateway.core import Gateway
from gateway.jobs import back_off, jittered
from gateway.journeys import intake, watching
from gateway.rules.details import Detail
from gateway.store.database import Raced, StoreUnavailable
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job, TurnLost
from schemas.errors import AdapterError, Refused, Unintelligible
from schemas.returns import ReturnAuthorization
from schemas.values import Json

log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=15)
OVERLAP = timedelta(minutes=10)
"""Asked for again, because platforms index late and clocks differ."""
FIRST_LOOK_BACK = timedelta(days=7)


@dataclass
class Place:
    """How far a list has come: what of its page is still to be asked for, and whether there is a page after it, and where."""

    began_at: datetime
    ids: Sequence[str] = ()
    more: bool = True
    after: str | None = None

    @classmethod
    def of(cls, source: Record, now: datetime) -> "Place":
        kept = source.listing
        return cls(**{**kept, "began_at": datetime.fromisoformat(kept["began_at"])}) if kept else cls(now)

    @property
    def kept(self) -> Json:
        return {"began_at": self.began_at.isoformat(), "ids": list(self.ids), "more": self.more, "after": self.after}


async def list_source(gw: Gateway, job: Job) -> None:
    """Ask one shop for the returns that changed since the last time, as many as the turn has time for."""
    async with gw.store.transaction(job.exporter_id) as tx:
        source = await tx.claim(job)
        if source is None:
            return
        turn_ends = gw.turn_ends(registry.platform(source.platform).profile.total_seconds, tx.now)
        place = Place.of(source, tx.now)
    platform = gw.open_platform(source, turn_ends=turn_ends)
    if not source.enabled or not isinstance(platform, ListsReturns):
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.settle("list", source)
        return
    try:
        over = await _go_on(gw, source, platform, place, turn_ends)
    except AdapterError as error:
        log.warning("source.silent", source=source.id, platform=source.platform, error=type(error).__name__)
        async with gw.store.transaction(job.exporter_id) as tx:
            anew = isinstance(
                error, Refused
            )  # a mark of where it stood is taken for a while only: from the beginning then
            await tx.sources.set(source.id, listing=None if anew else place.kept)
            await tx.settle("list", source, due_at=tx.now + back_off(source.tries), tries=source.tries)
        return
    if over:
        await _keep(gw, source, listed_until=place.began_at, listing=None)
        await watching.keep_subscribed(gw, source, gw.open_platform(source))
    async with gw.store.transaction(job.exporter_id, actor=f"platform:{source.platform}") as tx:
        if not over:
            await tx.sources.set(source.id, listing=place.kept)
        await tx.settle("list", source, due_at=tx.now + (jittered(EVERY) if over else timedelta()))


async def _go_on(gw: Gateway, source: Record, platform: ListsReturns, place: Place, turn_ends: float) -> bool:
    """From where it stands to the list's end (True), or to the turn's. `place` says how far it came, whatever is raised."""
    since = source.listed_until - OVERLAP if source.listed_until else place.began_at - FIRST_LOOK_BACK
    while place.ids or place.more:
        if gw.monotonic() >= turn_ends:
            return False
        if place.ids:
            await _ask_back(gw, source, platform, place.ids[0])
            place.ids = place.ids[1:]
            continue
        asked_at = gw.clock()
        page = await platform.list_returns(since, place.after)
        for authorization in page.returns:
            await _take(gw, source, authorization, asked_at)
        place.more = page.next is not None and page.next != place.after
        place.ids, place.after = page.ids, page.next
        await _keep(gw, source, listing=place.kept)
    return True


async def _ask_back(gw: Gateway, source: Record, platform: ListsReturns, rma_id: str) -> None:
    """What the platform does not tell of one return is a task for a person, and does not hold up the others."""
    assert isinstance(platform, AsksBack)  # who lists ids does
    asked_at = gw.clock()
    try:
        authorization = await platform.fetch_return(rma_id)
    except (Refused, Unintelligible):
        log.warning("source.not_told", source=source.id, platform=source.platform)
        await _ask_somebody(gw, source, rma_id, "")
    else:
        await _take(gw, source, authorization, asked_at)


async def _take(gw: Gateway, source: Record, authorization: ReturnAuthorization, asked_at: datetime) -> None:
    """Apply one return of the list. One that we stumble over is a task for a person, and does not hold up the others."""
    try:
        async with gw.store.transaction(source.exporter_id, actor=f"platform:{source.platform}") as tx:
            await _require_turn(tx, source)
            await intake.apply(tx, source, authorization, asked_at)
    except (StoreUnavailable, Raced, TurnLost):
        raise
    except Exception:
        log.exception("source.not_taken", source=source.id)
        version = authorization.version_at.isoformat() if authorization.version_at else ""
        await _ask_somebody(gw, source, authorization.rma_id, version)


async def _ask_somebody(gw: Gateway, source: Record, rma_id: str, version: str) -> None:
    async with gw.store.transaction(source.exporter_id) as tx:
        detail = Detail.of("return_not_taken", platform=source.platform, rma=rma_id)
        await tx.tasks.ask("parked", f"listed:{source.id}:{rma_id}:{version}"[:160], detail)


async def _keep(gw: Gateway, source: Record, **values: object) -> None:
    async with gw.store.transaction(source.exporter_id) as tx:
        await _require_turn(tx, source, lock=True)
        await tx.sources.set(source.id, **values)


async def _require_turn(tx: Desk, source: Record, *, lock: bool = False) -> None:
    """Whoever took the list over goes on from what was kept; nothing of ours is written beside it."""
    if (await tx.sources.get(source.id, lock=lock)).turn != source.turn:
        raise TurnLost(f"list {source.id}")
