"""Clocks: limits that start with what happened, move when a start is corrected, and end with an act.

Five clocks, one mechanism (hand-over, hold, acceptance, claim, customs). The policy is kept with the deadline as it was when
the clock started; judging a limit at its end is `acceptance`'s, because that asks the carrier once more.
"""

from datetime import datetime
from typing import Any

from adapters import registry
from gateway.journeys.notices import announce
from gateway.rules import deadlines, lifecycle
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, Deadline, DeadlinePolicy, DeadlineState, LimitUnit, PolicySource
from schemas.messages import NoticeKind
from schemas.returns import ReturnStatus

DEFAULT_HAND_OVER = DeadlinePolicy(
    clock=Clock.HAND_OVER, amount=14, unit=LimitUnit.CALENDAR_DAYS, because="our own caution; the carrier states none"
)


async def start_hand_over(tx: Desk, shipment: Record, stated: datetime | None) -> None:
    """A booked label must be scanned in time: by the carrier's answer, else by its published limit. Booked once more, or
    renewed, it has a window of its own: what the limit was before does not count any more."""
    policy = registry.carrier(shipment.carrier).profile.hand_over or DEFAULT_HAND_OVER
    if stated is not None:
        because = "stated in the carrier's answer"
        policy = policy.model_copy(
            update={"source": PolicySource.CARRIER_ANSWER, "stated_by": stated, "because": because}
        )
    channel = await tx.channels.get(shipment.channel_id)
    known = await tx.deadlines.of_clock(Clock.HAND_OVER, shipment.id)
    if known is None:
        await start_clock(tx, policy, subject_id=shipment.id, shipment=shipment, start_at=tx.now, zone=channel.zone)
    elif known.state != DeadlineState.MET:
        await _begin_again(tx, known, deadlines.start(policy, tx.now, channel.zone))


async def follow(tx: Desk, shipment: Record, standing: lifecycle.Standing) -> None:
    """What the scans mean for the clocks: the first ends the hand-over limit, the delivery starts the acceptance. A scan that
    claims to lie ahead counts as of now: nothing has happened later than we heard of it."""
    if standing.handed_over_at is not None:
        await met(tx, Clock.HAND_OVER, shipment.id, min(standing.handed_over_at, tx.now))
    if standing.delivered_at is not None:
        await met(tx, Clock.CUSTOMS, shipment.return_id, min(standing.delivered_at, tx.now))
        channel = await tx.channels.get(shipment.channel_id)
        row = await tx.returns.get(shipment.return_id)
        ahead = standing.delivered_at > tx.now
        runs = ahead and await tx.deadlines.of_clock(channel.acceptance.clock, shipment.return_id) is not None
        if ReturnStatus(row.status) not in lifecycle.SETTLED and not runs:
            await start_clock(
                tx,
                channel.acceptance,
                subject_id=shipment.return_id,
                shipment=shipment,
                start_at=min(standing.delivered_at, tx.now),
                zone=channel.zone,
            )


async def start_clock(
    tx: Desk, policy: DeadlinePolicy, *, subject_id: str, shipment: Record, start_at: datetime, zone: str
) -> None:
    """Start a limit, or compute it again from a start that came late or was corrected; the old end stays in history."""
    known = await tx.deadlines.of_clock(policy.clock, subject_id)
    if known is not None:
        await _restart(tx, known, start_at)
        return
    terms = deadlines.start(policy, start_at, zone)
    await _add(tx, terms, subject_id, shipment.return_id, shipment.id)


async def begin(
    tx: Desk, policy: DeadlinePolicy, *, subject_id: str, return_id: str, start_at: datetime, zone: str
) -> None:
    """Start a limit that no shipment has a part in; where one ran already, another window under the same clock."""
    terms = deadlines.start(policy, start_at, zone)
    known = await tx.deadlines.of_clock(policy.clock, subject_id)
    if known is None:
        await _add(tx, terms, subject_id, return_id, None)
    elif known.state != DeadlineState.MET and (known.state, known.terms) != (DeadlineState.RUNNING, terms):
        await _begin_again(tx, known, terms)


async def _add(tx: Desk, terms: Deadline, subject_id: str, return_id: str, shipment_id: str | None) -> None:
    policy, zone = terms.policy, terms.zone
    first = deadlines.next_stage(terms, ())
    await tx.deadlines.add(
        return_id=return_id,
        shipment_id=shipment_id,
        clock=policy.clock,
        subject_id=subject_id,
        state=DeadlineState.RUNNING,
        terms=terms,
        due_by=terms.due_by,
        fired=[],
        history=[],
        created_at=tx.now,
        due_at=first.at if first else None,
    )
    tx.note(
        f"deadline.started.{policy.clock}",
        subject_id,
        chain=return_id,
        after={"due_by": terms.due_by.isoformat(), "zone": zone, "source": policy.source},
    )
    await announce(
        tx,
        NoticeKind.DEADLINE_STARTED,
        said(terms, policy.clock),
        cause=f"clock:{policy.clock}:{subject_id}",
        return_id=return_id,
    )


async def _restart(tx: Desk, known: Record, start_at: datetime) -> None:
    if known.state != DeadlineState.RUNNING or known.terms.start_at == start_at:
        return
    moved = deadlines.restart(known.terms, start_at).after
    fired = deadlines.still_fired(moved, known.fired, tx.now)
    history = [*known.history, {"at": tx.now.isoformat(), "due_by": known.due_by.isoformat()}]
    await tx.deadlines.set(known.id, terms=moved, due_by=moved.due_by, fired=list(fired), history=history)
    tx.note(
        "deadline.moved",
        known.id,
        chain=known.return_id,
        before={"due_by": known.due_by.isoformat()},
        after={"due_by": moved.due_by.isoformat()},
    )
    coming = deadlines.next_stage(moved, fired)
    if coming is not None:
        await tx.wake("judge", known.id, coming.at)


async def _begin_again(tx: Desk, known: Record, terms: Deadline) -> None:
    """A new window under the same clock: every stage fires again, and the old end stays in history."""
    history = [*known.history, {"at": tx.now.isoformat(), "due_by": known.due_by.isoformat(), "again": True}]
    await tx.tasks.done(missed_cause(known))
    await tx.deadlines.set(
        known.id,
        state=DeadlineState.RUNNING,
        terms=terms,
        due_by=terms.due_by,
        fired=[],
        history=history,
        settled_at=None,
    )
    tx.note(
        "deadline.moved",
        known.id,
        chain=known.return_id,
        before={"due_by": known.due_by.isoformat(), "state": known.state},
        after={"due_by": terms.due_by.isoformat(), "source": terms.policy.source},
    )
    await announce(
        tx,
        NoticeKind.DEADLINE_STARTED,
        said(terms, known.clock),
        cause=f"clock:{known.clock}:{known.subject_id}:{len(history)}",
        return_id=known.return_id,
    )
    first = deadlines.next_stage(terms, ())
    if first is not None:
        await tx.wake("judge", known.id, first.at)


def missed_cause(row: Record) -> str:
    """What asks a person about a limit that was missed: once a window."""
    windows = sum("again" in entry for entry in row.history)
    return f"deadline:{row.id}:due" + (f":{windows}" if windows else "")


async def met(tx: Desk, clock: Clock, subject_id: str, at: datetime) -> int:
    """End a clock by what happened at this instant; how many seconds late it was."""
    row = await tx.deadlines.of_clock(clock, subject_id)
    if row is None or row.state not in (DeadlineState.RUNNING, DeadlineState.EXPIRED):
        return 0
    late = int(deadlines.late_by(row.terms, at).total_seconds())
    await tx.deadlines.set(row.id, state=DeadlineState.MET, settled_at=at, due_at=None)
    tx.note(
        f"deadline.met.{clock}",
        row.id,
        chain=row.return_id,
        before={"state": row.state},
        after={"at": at.isoformat(), "late": late},
    )
    await tx.tasks.done(missed_cause(row))
    await announce(
        tx,
        NoticeKind.DEADLINE_MET,
        {**said(row.terms, clock), "met_at": at.isoformat(), "late_by_seconds": late},
        cause=f"met:{row.id}",
        return_id=row.return_id,
    )
    return late


async def cancel_clock(tx: Desk, clock: Clock, subject_id: str) -> None:
    """One limit that does not hold any more."""
    row = await tx.deadlines.of_clock(clock, subject_id)
    if row is not None and row.state in (DeadlineState.RUNNING, DeadlineState.EXPIRED):
        await tx.deadlines.set(row.id, state=DeadlineState.CANCELLED, settled_at=tx.now, due_at=None)
        await tx.tasks.done(missed_cause(row))
        tx.note("deadline.cancelled", row.id, chain=row.return_id)


async def cancel_clocks(tx: Desk, return_id: str) -> None:
    """A return that is stopped has no limits any more."""
    for row in await tx.deadlines.of_return(return_id):
        if row.state == DeadlineState.RUNNING:
            await tx.deadlines.set(row.id, state=DeadlineState.CANCELLED, settled_at=tx.now, due_at=None)
            tx.note("deadline.cancelled", row.id, chain=return_id)


def said(terms: Deadline, clock: str) -> dict[str, Any]:
    return {
        "clock": str(clock),
        "start_at": terms.start_at.isoformat(),
        "due_by": terms.due_by.isoformat(),
        "zone": terms.zone,
        "source": terms.policy.source,
        "because": terms.policy.because,
    }
