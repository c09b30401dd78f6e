"""Clocks: limits that start with what happened, move when a start is corrected, and end with an act.

Five clocks, one mechanism (hand-over, hold, acceptance, claim, customs). The policy is kept with the deadline as it was when
the clock started; what scans mean for the clocks is `following`'s, what people do to them `prolonging`'s, and judging a limit
at its end is `acceptance`'s, because that asks the carrier once more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.journeys.notices import announce
from gateway.rules import deadlines, lifecycle
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, Deadline, DeadlinePolicy, DeadlineState
from schemas.limits import ChannelLimits
from schemas.messages import NoticeKind
from schemas.shipments import ShipmentState

OPEN = frozenset({DeadlineState.RUNNING, DeadlineState.PAUSED, DeadlineState.EXPIRED})
"""An act still counts, though it may be late."""
RUNS = (DeadlineState.RUNNING, DeadlineState.PAUSED)
ALONE = ChannelLimits()


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose limit it is: one of a return, or of one of its shipments; of claims, for what."""

    id: str
    return_id: str
    shipment_id: str | None = None
    about: str = ""


async def start_clock(
    tx: Desk,
    policy: DeadlinePolicy,
    subject: Subject,
    start_at: datetime,
    zone: str,
    *,
    limits: ChannelLimits = ALONE,
    inferred: bool = False,
) -> None:
    """Start a limit, or compute it again from a start that came late or was corrected; the old end stays in history."""
    known = await tx.deadlines.of_clock(policy.clock, subject.id, subject.about)
    if known is not None and known.state != DeadlineState.CANCELLED:
        if (known.terms.start_at, known.terms.start_inferred) != (start_at, inferred):
            await _restart(tx, known, start_at, inferred=inferred)
        return
    terms = deadlines.start(
        policy,
        start_at,
        zone,
        start_inferred=inferred,
        facility=limits.facility,
        working_hours=limits.working_hours,
    )
    await begin(tx, terms, subject)


async def begin(tx: Desk, terms: Deadline, subject: Subject) -> None:
    """Start a limit; where one ran already, another window under the same clock. One that was met stays met."""
    if await _add(tx, terms, subject):
        await _started(tx, terms, subject)
        return
    known = await tx.deadlines.of_clock(terms.policy.clock, subject.id, subject.about)
    if known is None or known.state == DeadlineState.MET:
        return
    if (known.state, known.terms) != (DeadlineState.RUNNING, terms):
        await begin_again(tx, known, terms)


async def _add(tx: Desk, terms: Deadline, subject: Subject) -> bool:
    """Whether no limit ran under this clock before."""
    first = deadlines.next_stage(terms, ())
    return await tx.deadlines.add_new(
        "clock",
        "subject_id",
        "about",
        return_id=subject.return_id,
        shipment_id=subject.shipment_id,
        clock=terms.policy.clock,
        subject_id=subject.id,
        about=subject.about,
        state=DeadlineState.RUNNING,
        terms=terms,
        due_by=terms.due_by,
        fired=[],
        history=[],
        created_at=tx.now,
        due_at=first.at if first else None,
    )


async def _started(tx: Desk, terms: Deadline, subject: Subject) -> None:
    policy = terms.policy
    tx.note(
        f"deadline.started.{policy.clock}",
        subject.id,
        chain=subject.return_id,
        after={"due_by": terms.due_by.isoformat(), "zone": terms.zone, "source": policy.source},
    )
    about = f":{subject.about}" if subject.about else ""
    await announce(
        tx,
        NoticeKind.DEADLINE_STARTED,
        said(terms, policy.clock),
        cause=f"clock:{policy.clock}:{subject.id}{about}",
        return_id=subject.return_id,
    )


async def _restart(tx: Desk, known: Record, start_at: datetime, *, inferred: bool) -> None:
    """The same limit from its true start. What was met is judged again; what had lapsed may run again."""
    moved = deadlines.restart(known.terms, start_at, start_inferred=inferred).after
    if known.state == DeadlineState.MET:
        await moved_to(tx, known, moved, state=DeadlineState.MET)
        return
    await moved_to(tx, known, moved, state=DeadlineState.PAUSED if moved.paused_at else DeadlineState.RUNNING)


async def moved_to(tx: Desk, known: Record, moved: Deadline, *, state: DeadlineState, **why: Any) -> None:
    """Keep the limit as it was moved, its old end in history, and tell it. Stages that lie ahead again will fire again; so
    does an end that lies behind as well, once and late."""
    fired = deadlines.still_fired(known.terms, moved, known.fired, tx.now)
    reopened = deadlines.LAST_STAGES & {*known.fired} - {*fired}
    entry = {"at": tx.now.isoformat(), "due_by": known.due_by.isoformat()}
    history = [*known.history, entry | {"again": True} if reopened else entry]
    if known.state == DeadlineState.EXPIRED and state == DeadlineState.RUNNING and moved.due_by <= tx.now:
        state = DeadlineState.EXPIRED
    await tx.deadlines.change(known, state=state, terms=moved, due_by=moved.due_by, fired=list(fired), history=history)
    tx.note(
        "deadline.moved",
        known.id,
        chain=known.return_id,
        before={"due_by": known.due_by.isoformat(), "state": known.state},
        after={"due_by": moved.due_by.isoformat(), "state": state, **why},
    )
    await announce(
        tx,
        NoticeKind.DEADLINE_MOVED,
        {**said(moved, known.clock), "was_due_at": known.due_by.isoformat(), "earlier": moved.due_by < known.due_by},
        cause=f"moved:{known.id}:{len(history)}",
        return_id=known.return_id,
    )
    if state == DeadlineState.MET:
        return
    if reopened:
        await tx.tasks.done(missed_cause(known))
    await _wake(tx, known.id, moved, fired)


async def _wake(tx: Desk, deadline_id: str, terms: Deadline, fired: tuple[str, ...] = ()) -> None:
    coming = deadlines.next_stage(terms, fired)
    if coming is not None:
        await tx.wake("judge", deadline_id, coming.at)


async def begin_again(tx: Desk, known: Record, terms: Deadline) -> None:
    """A new window under the same clock: every stage fires again, and the old end stays in history."""
    history = [*known.history, {"at": tx.now.isoformat(), "due_by": known.due_by.isoformat(), "again": True}]
    await tx.tasks.done(missed_cause(known))
    await tx.deadlines.change(
        known,
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
    about = f":{known.about}" if known.about else ""
    await announce(
        tx,
        NoticeKind.DEADLINE_STARTED,
        said(terms, known.clock),
        cause=f"clock:{known.clock}:{known.subject_id}{about}:{len(history)}",
        return_id=known.return_id,
    )
    await _wake(tx, known.id, terms)


def missed_cause(row: Record) -> str:
    """What asks a person about a limit that was missed: once a window, and once for each end that was missed."""
    windows = sum("again" in entry for entry in row.history)
    return f"deadline:{row.id}:due" + (f":{windows}" if windows else "")


async def met(tx: Desk, clock: Clock, subject_id: str, at: datetime, *, corrects: bool = False) -> int:
    """End a clock by what happened at this instant; how many seconds late it was.

    Where it ended already: what a scan says (`corrects`) of an earlier instant takes the place of what was believed; another
    version of an act changes nothing of the clock.
    """
    row = await tx.deadlines.of_clock(clock, subject_id, lock=True)
    if row is None or row.state == DeadlineState.CANCELLED:
        return 0
    late = int(deadlines.late_by(row.terms, at).total_seconds())
    if row.state in OPEN or (corrects and at < row.settled_at):
        await end(tx, row, at, late)
    return late


async def end(tx: Desk, row: Record, at: datetime, late: int, **why: Any) -> None:
    """It was met, at this instant."""
    await tx.deadlines.change(row, state=DeadlineState.MET, settled_at=at, due_at=None)
    tx.note(
        f"deadline.met.{row.clock}",
        row.id,
        chain=row.return_id,
        before={"state": row.state},
        after={"at": at.isoformat(), "late": late, **why},
    )
    await tx.tasks.done(missed_cause(row))
    corrected = f":{at.isoformat()}" if row.state == DeadlineState.MET else ""
    await announce(
        tx,
        NoticeKind.DEADLINE_MET,
        {**said(row.terms, row.clock), "met_at": at.isoformat(), "late_by_seconds": late, **why},
        cause=f"met:{row.id}{corrected}",
        return_id=row.return_id,
    )


async def cancel_clock(tx: Desk, clock: Clock, subject_id: str, about: str = "") -> None:
    """One limit that does not hold any more."""
    row = await tx.deadlines.of_clock(clock, subject_id, about)
    if row is not None and row.state in OPEN:
        await cancel(tx, row)


async def not_carried(tx: Desk, shipment: Record) -> None:
    """A shipment that is voided or let go has no limits any more, and nobody is asked about one that it missed. What is the
    return's own (customs) runs on with it: it may be booked again."""
    for row in await tx.deadlines.of_return(shipment.return_id):
        if row.state in RUNS and row.shipment_id == shipment.id:
            await cancel(tx, row)
        elif row.shipment_id == shipment.id:
            await tx.tasks.done(missed_cause(row))
    await stopped(tx, shipment.return_id)


async def stopped(tx: Desk, return_id: str) -> None:
    """A return that is stopped has no limits any more, once nothing of it can still come home."""
    if (await tx.returns.get(return_id)).status not in lifecycle.STOPS:
        return
    if any(one.state != ShipmentState.CANCELLED for one in await tx.shipments.of_return(return_id)):
        return
    for row in await tx.deadlines.of_return(return_id):
        if row.state in RUNS:
            await cancel(tx, row)


async def revived(tx: Desk, row: Record) -> None:
    """A return that was stopped goes on after all, and so does the period of the relief that was confirmed for it."""
    limit = await tx.deadlines.of_clock(Clock.CUSTOMS, row.id) if row.customs and row.customs.regime else None
    if limit is not None and limit.state == DeadlineState.CANCELLED:
        await begin_again(tx, limit, limit.terms)


async def cancel(tx: Desk, row: Record) -> None:
    """It is moot, or was all along."""
    await tx.deadlines.change(row, state=DeadlineState.CANCELLED, settled_at=tx.now, due_at=None)
    await tx.tasks.done(missed_cause(row))
    tx.note("deadline.cancelled", row.id, chain=row.return_id, before={"state": row.state})


def said(terms: Deadline, clock: str) -> dict[str, Any]:
    return {
        "clock": str(clock),
        **({"about": terms.policy.about} if terms.policy.about else {}),
        "start_at": terms.start_at.isoformat(),
        "due_at": terms.due_by.isoformat(),
        "zone": terms.zone,
        "source": terms.policy.source,
        "because": terms.policy.because,
    }
