"""The safety net below webhooks: platforms that can list their returns are asked now and then for what never came.

A webhook may be lost, and some platforms drop a subscription after a few failures. What a list brings goes the same way as a
message: the platform's version decides, so a webhook that comes later makes no second return.
"""

from datetime import timedelta

import structlog

from adapters.seam import ListsReturns
from gateway.core import Gateway
from gateway.jobs import back_off, jittered
from gateway.journeys import intake, watching
from gateway.rules.details import Detail
from gateway.store.database import Raced, StoreUnavailable
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import AdapterError
from schemas.returns import ReturnAuthorization

log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=15)
OVERLAP = timedelta(minutes=10)
"""Asked for again, because platforms index late and clocks differ."""
FIRST_LOOK_BACK = timedelta(days=7)


async def list_source(gw: Gateway, job: Job) -> None:
    """Ask one shop for the returns that changed since the last time."""
    async with gw.store.transaction(job.exporter_id) as tx:
        source = await tx.claim(job)
        if source is None:
            return
        since = source.listed_until - OVERLAP if source.listed_until else tx.now - FIRST_LOOK_BACK
        asked_at = tx.now
    platform = gw.open_platform(source)
    if not source.enabled or not isinstance(platform, ListsReturns):
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.settle("list", source)
        return
    try:
        found = await platform.list_returns(since)
    except AdapterError as error:
        log.warning("source.silent", source=source.id, platform=source.platform, error=type(error).__name__)
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.settle("list", source, due_at=tx.now + back_off(source.tries), tries=source.tries)
        return
    for authorization in found:
        await _take(gw, source, authorization)
    await watching.keep_subscribed(gw, source, platform)
    async with gw.store.transaction(job.exporter_id, actor=f"platform:{source.platform}") as tx:
        await tx.sources.set(source.id, listed_until=asked_at)
        await tx.settle("list", source, due_at=tx.now + jittered(EVERY))


async def _take(gw: Gateway, source: Record, authorization: ReturnAuthorization) -> None:
    """Apply one return of the list. One that we stumble over is a task for a person, and does not hold up the others."""
    try:
        async with gw.store.transaction(source.exporter_id, actor=f"platform:{source.platform}") as tx:
            await intake.apply(tx, source, authorization)
    except (StoreUnavailable, Raced):
        raise
    except Exception:
        log.exception("source.not_taken", source=source.id)
        async with gw.store.transaction(source.exporter_id) as tx:
            version = authorization.version_at.isoformat() if authorization.version_at else ""
            cause = f"listed:{source.id}:{authorization.rma_id}:{version}"[:160]
            detail = Detail.of("return_not_taken", platform=source.platform, rma=authorization.rma_id)
            await tx.tasks.ask("parked", cause, detail)
