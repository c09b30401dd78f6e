"""One table from job kind to journey, and what becomes of a job that fails.

A turn that was lost is dropped: somebody else has it. A database that is away leaves the row to its lease. Anything else is a
bug of ours: the row goes again a few times and is then parked with the reason, where a person sees it; its neighbours go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from gateway.core import Gateway
from gateway.jobs import back_off
from gateway.journeys import (
    acceptance,
    booking,
    claiming,
    conversing,
    covering,
    disputing,
    intake,
    labels,
    listing,
    mailbox,
    notices,
    pickups,
    polling,
    reconciliation,
    resolving,
    sweeping,
)
from gateway.rules.details import Detail
from gateway.store import work
from gateway.store.database import Interlocked, Raced, StoreUnavailable
from gateway.store.work import Job, TurnLost

log = structlog.get_logger(__name__)
Handler = Callable[[Gateway, Job], Awaitable[None]]
MAILBOX_SECONDS = 5.0
PATIENCE = 5
"""Times in a row that a row fails by a bug of ours before it is parked."""
RACES = 20
"""The same where the database said that it is there already, which ends by itself when it was a race."""
REMEMBERED = 10_000
"""Rows whose failures are counted; one that somebody else took over is never heard of again here."""

HANDLERS: Mapping[str, Handler] = {
    "ingest": intake.ingest,
    "list": listing.list_source,
    "book": booking.book_shipment,
    "resolve": resolving.resolve_attempt,
    "label": labels.fetch_label,
    "pickup": pickups.run_pickup,
    "poll": polling.poll_account,
    "sweep": sweeping.sweep_account,
    "judge": acceptance.judge_deadline,
    "reconcile": reconciliation.reconcile_invoice,
    "deliver": notices.deliver,
    "dispute": disputing.run_dispute,
    "claim": claiming.run_claim,
    "cover": covering.run_cover,
    "answer": conversing.judge_answer,
}


async def run(gw: Gateway, job: Job) -> None:
    """Run one job. Never raises: the engine must not learn of failures, the row does."""
    outcome = "done"
    try:
        with structlog.contextvars.bound_contextvars(job=job.kind, row=job.id):
            await HANDLERS[job.kind](gw, job)
        _went_well(gw, job)
    except TurnLost:
        outcome = "turn_lost"
    except (Raced, Interlocked):
        outcome = "raced"  # two turns wrote the same thing at once; the second reads what the first wrote
        await _stumbled(gw, job, timedelta(milliseconds=200), "what it writes is there already, each time", RACES)
    except StoreUnavailable:
        outcome = "store_away"
        log.warning("job.store_away", job=job.kind, row=job.id)
    except Exception:
        outcome = "bug"
        log.exception("job.failed", job=job.kind, row=job.id)
        await _stumbled(gw, job, back_off(job.turn + 1), "a bug of ours; see the log", PATIENCE)
    gw.metrics.jobs.labels(job.kind, outcome).inc()


async def watch_mailbox(gw: Gateway) -> None:
    """Look at the mailbox folder again and again, until cancelled. A look that fails is told, and the next one comes."""
    while True:
        try:
            await mailbox.look(gw)
        except StoreUnavailable:
            log.warning("mailbox.store_away")
        except Exception:
            log.exception("mailbox.failed")
        await asyncio.sleep(MAILBOX_SECONDS)


def _parked(job: Job, why: str) -> Detail:
    return Detail.of("parked", job=job.kind, row=job.id, words=why)


async def _stumbled(gw: Gateway, job: Job, wait: timedelta, why: str, patience: int) -> None:
    times = _counted(gw, job)
    try:
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.claim(job)  # where the failure took the claim back with it, it is made again: a try is a try
            parked = why if times >= patience else None
            due_at = None if parked else tx.now + wait
            also = {"state": "quarantined", "reason": parked} if parked and job.kind == "ingest" else None
            await work.stumble(tx.connection, job, due_at=due_at, parked=parked, also=also)
            if parked:
                await tx.tasks.ask("parked", f"parked:{job.kind}:{job.id}", _parked(job, parked))
    except StoreUnavailable:
        log.warning("job.store_away", job=job.kind, row=job.id)
    else:
        if parked:
            gw.stumbles.pop((job.kind, job.id), None)  # whoever opens it again gives it all its times anew


def _counted(gw: Gateway, job: Job) -> int:
    """How often in a row it has failed by now."""
    times = gw.stumbles.pop((job.kind, job.id), (0, 0))[0] + 1
    gw.stumbles[job.kind, job.id] = times, job.turn
    if len(gw.stumbles) > REMEMBERED:
        del gw.stumbles[next(iter(gw.stumbles))]
    return times


def _went_well(gw: Gateway, job: Job) -> None:
    """An old "go" that finds nothing to do any more is no success."""
    if gw.stumbles and gw.stumbles.get((job.kind, job.id), (0, job.turn))[1] < job.turn:
        del gw.stumbles[job.kind, job.id]
