"""Polling: one account's carrier is asked about what is due, several calls at once as its lane allows.

A turn takes what the lane can carry in a quarter of a minute, in calls of as many waybills as the carrier answers about at
once. What came back is written while others are still asked, a page a transaction: a process that dies loses the pages that
were not written, and nobody else asks this account before its turn's lease has run out.
"""

import asyncio
import math
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from adapters import registry
from adapters.seam import Carrier, CarrierProfile
from gateway.core import PAUSED_WAIT, Gateway, pace_of, twice_if_stale
from gateway.crash import crash
from gateway.jobs import back_off, jitter
from gateway.journeys import tracking
from gateway.rules.details import Detail
from gateway.rules.polling import next_poll
from gateway.rules.rounds import Plan, regroup
from gateway.store.looks import Going
from gateway.store.returns import canonical_number
from gateway.store.shipments import event_digest
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    CredentialsStale,
    RefusalCode,
    Refused,
    Throttled,
    Unintelligible,
)
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus
from schemas.values import Waybill

log = structlog.get_logger(__name__)
LONGEST_SHUT = timedelta(hours=1)
"""However long a lane is said to be shut: asking it again costs nothing."""
SILENT_AFTER = 3
"""Failed polls in a row after which a carrier counts as silent; said once, and once when it answers again."""
TURN_SECONDS = 15.0
MOST = 1000
"""Shipments of one turn, of a carrier that is fast."""
PAGE, PAGE_SECONDS = 50, 1.0
"""Shipments whose answers are written in one transaction, and how long the first waits for the others."""
FEW = 5
SPLITS = 20
"""Calls of a turn that are made again in two halves: to find one shipment among fifty takes six."""
Batch = Sequence[Record]


Answer = tuple[Batch, TrackingReport]


@dataclass
class Turn:
    """One turn at one carrier: what is still to be asked, what came back, and what ended it before its time."""

    gw: Gateway
    account: Record
    carrier: Carrier
    waiting: deque[Batch]
    ends: float
    """The monotonic second after which nothing more is begun; what waits then is still due, and comes with the next turn."""
    answers: asyncio.Queue[Answer | None] = field(default_factory=asyncio.Queue)
    """None is the end."""
    unread: list[tuple[Batch, AdapterError]] = field(default_factory=list)
    """Calls that failed by what they asked about; the carrier is well."""
    error: AdapterError | None = None
    answered: bool = False
    splits: int = 0
    asking: int = 0
    callers: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self, callers: int) -> None:
        self.asking = min(callers, len(self.waiting))
        self.callers = [asyncio.create_task(self._ask()) for _ in range(self.asking)]

    async def _ask(self) -> None:
        """Batch after batch, until none waits, the time is over, or the carrier does not want to."""
        try:
            while self.waiting and self.error is None and self.gw.monotonic() < self.ends:
                await self._ask_about(self.waiting.popleft())
        finally:
            self.asking -= 1
            if not self.asking:
                self.answers.put_nowait(None)

    async def _ask_about(self, batch: Batch) -> None:
        waybills = [Waybill(shipment.waybill) for shipment in batch]
        try:
            report = await twice_if_stale(lambda: self.carrier.track(waybills))
        except (Refused, Unintelligible) as error:
            self._failed(batch, error)
        except AdapterError as error:
            self.error = self.error or error
        else:
            self.answered = True
            self.answers.put_nowait((batch, report))

    def _failed(self, batch: Batch, error: Refused | Unintelligible) -> None:
        """By one of its shipments, most likely: the others are asked about without it."""
        if len(batch) > 1 and self.splits < SPLITS and self.gw.monotonic() < self.ends:
            self.splits += 1
            half = len(batch) // 2
            self.waiting.extend((batch[:half], batch[half:]))
            return
        self.unread.append((batch, error))

    async def page(self) -> tuple[list[Answer], bool]:
        """What came back within a moment, and whether that was all."""
        page: list[Answer] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as patience:
                while sum(len(batch) for batch, _ in page) < PAGE:
                    answer = await self.answers.get()
                    if answer is None:
                        return page, True
                    page.append(answer)
                    patience.reschedule(patience.when() or asyncio.get_running_loop().time() + PAGE_SECONDS)
        return page, False

    async def stop(self) -> None:
        for caller in self.callers:
            caller.cancel()
        await asyncio.gather(*self.callers, return_exceptions=True)

    def trouble(self) -> AdapterError | None:
        """Why the carrier has to be left alone for a while; None where it answered."""
        if self.error is None and self.unread and not self.answered and not self._few_refused():
            return self.unread[0][1]
        return self.error

    def _few_refused(self) -> bool:
        """Whether all that came back is that some numbers are none: an answer. Of many it is a carrier in disorder."""
        refused = all(
            isinstance(one, Refused) and one.code is not RefusalCode.ACCOUNT_INVALID for _, one in self.unread
        )
        return refused and sum(len(batch) for batch, _ in self.unread) <= FEW

    def ends_silence(self) -> bool:
        """Whether the carrier was silent and is not any more, though it may have ended the turn before its time."""
        return bool(self.account.tries > SILENT_AFTER) and (self.answered or self.trouble() is None)


async def poll_account(gw: Gateway, job: Job) -> None:
    """Ask one account's carrier about the shipments that are longest overdue."""
    began = gw.monotonic()
    async with gw.store.transaction(job.exporter_id) as tx:
        account = await tx.claim(job)
        if account is None:
            return
        profile = registry.carrier(account.carrier).profile.model_copy(update={"pace": pace_of(account)})
        if account.paused or gw.settings.carriers_paused:
            await tx.settle("poll", account, due_at=tx.now + PAUSED_WAIT, tries=account.tries - 1)
            return
        due = await tx.looks.due(account.id, in_a_turn(profile))
        if not due:
            await tx.settle("poll", account, due_at=await tx.looks.next(account.id), tries=account.tries - 1)
            return
        turn_ends = gw.turn_ends(profile.total_seconds, tx.now)
    carrier = gw.open_carrier(account, turn_ends=turn_ends)
    size = profile.tracking_batch
    waiting = deque(due[first : first + size] for first in range(0, len(due), size))
    turn = Turn(gw, account, carrier, waiting, min(began + TURN_SECONDS, turn_ends))
    turn.begin(_callers(profile))
    try:
        await _write(gw, job, turn)
    finally:
        await turn.stop()
    if turn.ends_silence():
        log.info("carrier.back", account=account.id, carrier=account.carrier)


def in_a_turn(profile: CarrierProfile) -> int:
    """Shipments that one turn asks about at most."""
    calls = max(1, math.floor(profile.pace.per_second * TURN_SECONDS))
    return max(profile.tracking_batch, min(calls * profile.tracking_batch, MOST))


def _callers(profile: CarrierProfile) -> int:
    """All of the lane's places but one: a booking need not wait for the end of the turn."""
    return max(1, profile.pace.concurrency - 1)


async def _write(gw: Gateway, job: Job, turn: Turn) -> None:
    """Page after page as they come; the turn ends with the last."""
    over = False
    while not over:
        page, over = await turn.page()
        if over:
            await asyncio.gather(*turn.callers)  # a bug of ours in one of them is the job's
        crash("poll.before_commit")
        async with gw.store.transaction(job.exporter_id) as tx:
            await _keep(gw, tx, turn.account, page)
            if over:
                await _settle(gw, tx, turn)


async def _settle(gw: Gateway, tx: Desk, turn: Turn) -> None:
    account, trouble = turn.account, turn.trouble()
    if turn.answered or trouble is None:
        for batch, error in turn.unread:
            log.warning("tracking.unread", carrier=account.carrier, shipments=len(batch), error=type(error).__name__)
        await _keep(gw, tx, account, [(batch, TrackingReport()) for batch, _ in turn.unread])
    if trouble is None:
        due_at = await tx.looks.next(account.id)
        await tx.settle("poll", account, due_at=due_at)
        if due_at is not None and due_at <= tx.now:  # more than one turn carries: the next begins at once
            tx.woken.append(Job("poll", account.id, account.exporter_id, account.turn))
    else:
        await _left_alone(gw, tx, account, trouble, tries=1 if turn.answered else account.tries)


async def _left_alone(gw: Gateway, tx: Desk, account: Record, error: AdapterError, *, tries: int) -> None:
    """Next turn, later. A carrier that rejects our credentials is not asked again before a person has looked, and one whose
    lane is shut not before it opens: that is no silence of the carrier's."""
    wait = back_off(tries)
    if isinstance(error, Throttled):
        lane = gw.lane_of(account)
        named = error.retry_at - gw.clock() if error.retry_at else timedelta(0)
        wait = max(wait, min(max(timedelta(seconds=lane.shut_for()), named), LONGEST_SHUT))
        tries -= 1
    elif tries == SILENT_AFTER:
        log.warning("carrier.silent", account=account.id, carrier=account.carrier, error=type(error).__name__)
    if isinstance(error, CredentialsRejected) and not isinstance(error, CredentialsStale):
        await tx.accounts.set(account.id, paused="the carrier rejects the credentials")
        detail = Detail.of("rejects_us", carrier=account.carrier)
        await tx.tasks.ask("account_paused", f"paused:{account.id}:{account.turn}", detail)
    await tx.settle("poll", account, due_at=tx.now + wait, tries=tries)


async def _keep(gw: Gateway, tx: Desk, account: Record, page: Sequence[Answer]) -> None:
    """What is new of each, and when to look at it again. Most looks bring nothing: then nothing else is read or written."""
    told = [(shipment, seen) for batch, report in page for shipment, seen in _told(batch, report)]
    known = await tx.looks.known([shipment.id for shipment, _ in told]) if told else {}
    heard = set()
    for shipment, seen in told:
        fresh = [event for event in seen if event_digest(event) not in known.get(shipment.id, ())]
        if fresh and await tracking.record(gw, tx, shipment.id, fresh, "poll"):
            heard.add(shipment.id)
        crash("poll.mid_page")
    await _plan(tx, account, [batch for batch, _ in page], heard)


def _told(batch: Batch, report: TrackingReport) -> Iterator[tuple[Record, Sequence[TrackingEvent]]]:
    """The shipments of which the carrier told anything."""
    by_waybill: dict[str, list[TrackingEvent]] = {}
    for event in report.events:
        by_waybill.setdefault(canonical_number(event.waybill), []).append(event)
    if by_waybill:
        for shipment in batch:
            if seen := by_waybill.get(canonical_number(shipment.waybill)):
                yield shipment, seen


async def _plan(tx: Desk, account: Record, calls: Sequence[Batch], heard: AbstractSet[str]) -> None:
    """When to look again at what a page of calls asked about. What one call asked about is spread together: so it is one
    call again. Who was planned anew in the meantime has left his round, and is left as he wants it."""
    asked: dict[str, tuple[Record, float]] = {}
    for call in calls:
        spread = jitter()
        asked |= {shipment.id: (shipment, spread) for shipment in call}
    members: dict[str, set[str]] = {}
    plans: dict[str, Plan] = {}
    rounds = {shipment.round_id for shipment, _ in asked.values()}
    for shipment_id, round_id, state, status, limit_at in await tx.looks.standing(rounds):
        members.setdefault(round_id, set()).add(shipment_id)
        shipment, spread = asked.get(shipment_id, (None, 1.0))
        if shipment is not None and shipment.round_id == round_id:
            silent = 0 if shipment_id in heard else shipment.silent + 1
            at = _next(tx.now, state, status, silent, limit_at)
            plans[shipment_id] = (at and tx.now + (at - tx.now) * spread, silent if at else 0)
    groups, left = regroup(plans, members)
    came_from = {shipment_id: shipment.round_id for shipment_id, (shipment, _) in asked.items()}
    going = [Going(one.stays, *one.plan, {joins: came_from[joins] for joins in one.join}) for one in groups]
    await tx.looks.go_on(account.id, going)
    await tx.looks.end(left)


def _next(now: datetime, state: str, status: str, silent: int, limit_at: datetime | None) -> datetime | None:
    if state == ShipmentState.CANCELLED:
        return None
    return next_poll(TrackingStatus(status), silent=silent, now=now, limit_at=limit_at)
