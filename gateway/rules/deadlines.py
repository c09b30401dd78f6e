"""Deadlines: when a limit starts, warns, falls due, stands still, is prolonged, is met.

Everything here is pure. `now` and all other instants are arguments, and are judged by when things happened, not by
when we heard. Ends are exclusive: `due_by` is the first instant that is too late, and a limit of whole days ends at the
local midnight after its last day. Days are the facility's days, in the facility's zone.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from gateway.rules import windows
from gateway.rules.calendars import zone_of
from schemas.acceptance import (
    Deadline,
    DeadlinePolicy,
    ExpiryAction,
    Facility,
    Move,
    MoveKind,
    PolicySource,
    Stage,
    WorkingHours,
)
from schemas.values import DocumentId, Money, to_utc

NOTHING = timedelta(0)
LAST_STAGES = frozenset({"due", "lapse"})
PRECEDENCE = tuple(PolicySource)


class NotPossible(ValueError):
    """The limit's own terms do not allow this. The text says why, for a person."""


class Restart(NamedTuple):
    """A deadline computed again from another start. `earlier` means: tell the exporter."""

    before: Deadline
    after: Deadline

    @property
    def earlier(self) -> bool:
        return self.after.due_by < self.before.due_by


def choose(
    policies: Iterable[DeadlinePolicy], on: date, price: Money | None = None, country: str = ""
) -> DeadlinePolicy | None:
    """The policy of one clock that holds on this day: law, carrier's answer, contract, exporter, carrier's table, default.

    Within a source the narrower goes first: for one kind of claim, for some countries, for a price band; then the newest. A
    policy for some holds only where it is said that this is one of them. Both validity dates are included.
    """
    valid = [policy for policy in policies if _holds(policy, on, price, country)]
    return min(valid, key=_rank, default=None)


def _rank(policy: DeadlinePolicy) -> tuple[int, bool, bool, bool, int]:
    newest = -(policy.valid_from or date.min).toordinal()
    wide = policy.about is None, not policy.countries, policy.price_band is None
    return PRECEDENCE.index(policy.source), *wide, newest


def _holds(policy: DeadlinePolicy, on: date, price: Money | None, country: str) -> bool:
    if policy.countries and country not in policy.countries:
        return False
    begun = policy.valid_from is None or policy.valid_from <= on
    over = policy.valid_until is not None and policy.valid_until < on
    fits = policy.price_band is None or (price is not None and policy.price_band.holds(price))
    return begun and not over and fits


def start(
    policy: DeadlinePolicy,
    start_at: datetime,
    zone: str,
    *,
    start_inferred: bool = False,
    facility: Facility | None = None,
    working_hours: WorkingHours | None = None,
) -> Deadline:
    """The limit that this event sets running, with all its stages.

    `zone` is the facility's IANA zone. A stated end that already lies behind the start is due at the start. Raises ValueError
    for an unknown zone or calendar, and for an instant without a zone.
    """
    start_at, there = to_utc(start_at), zone_of(zone)
    days = windows.days_of(policy, facility)
    deadline = Deadline(
        policy=policy,
        start_at=start_at,
        due_by=max(start_at, windows.end(policy, start_at, there, days)),
        zone=zone,
        stages=(),
        start_inferred=start_inferred,
        calendar_version=days.version if windows.asks_calendar(policy) else None,
        opens_at=windows.opening(policy, start_at, there, days),
        facility=facility,
        working_hours=working_hours,
    )
    return windows.with_stages(deadline)


def next_stage(deadline: Deadline, fired: Collection[str]) -> Stage | None:
    """The earliest stage that has not fired. While the clock stands still: only what came before it stopped."""
    coming = (s for s in deadline.stages if deadline.paused_at is None or s.at <= deadline.paused_at)
    return next((stage for stage in coming if stage.name not in fired), None)


def due_stages(deadline: Deadline, fired: Collection[str], now: datetime) -> tuple[Stage, ...]:
    """All stages that have not fired and whose time has come, in order."""
    until = min(now, deadline.paused_at or now)
    return tuple(stage for stage in deadline.stages if stage.at <= until and stage.name not in fired)


def still_fired(before: Deadline, after: Deadline, fired: Collection[str], now: datetime) -> tuple[str, ...]:
    """What of `fired` stays fired after a deadline moved: a stage that lies ahead again will fire again, and an end that was
    missed says nothing of another, nor of one that the clock stands still before."""
    again = {stage.name for stage in after.stages if stage.at > now}
    if after.due_by != before.due_by or after.paused_at is not None:
        again |= LAST_STAGES
    return tuple(name for name in fired if name not in again)


def is_met_in_time(deadline: Deadline, decided_at: datetime) -> bool:
    """Whether an act of this instant counts: not before the limit opens, and before it is due or while its clock stands."""
    return (deadline.opens_at is None or decided_at >= deadline.opens_at) and _runs(deadline, decided_at)


def late_by(deadline: Deadline, at: datetime) -> timedelta:
    """How long the limit was over at this instant. Nought means not over; an act at `due_by` itself is late by nothing, and
    late all the same."""
    return NOTHING if _runs(deadline, at) else at - deadline.due_by


def time_left(deadline: Deadline, now: datetime) -> timedelta:
    """What is left until due; a clock that stands still keeps what it had."""
    return max(NOTHING, deadline.due_by - min(now, deadline.paused_at or now))


def expiry_action(deadline: Deadline) -> ExpiryAction:
    """What may be done at the last stage. Anything but a person's task needs the exporter's opt-in, and time for a last look:
    without both, `ESCALATE`."""
    policy = deadline.policy
    agreed = policy.opt_in is not None and (policy.grace > NOTHING or policy.grace_business_days > 0)
    return policy.on_expiry if agreed else ExpiryAction.ESCALATE


def pause(deadline: Deadline, at: datetime, *, reason: str | None = None, proof: DocumentId | None = None) -> Deadline:
    """The clock stands still from this instant, for this reason. Pausing again changes nothing. Raises NotPossible when the
    limit is over."""
    at = to_utc(at)
    if deadline.paused_at is not None:
        return deadline
    if at >= deadline.due_by:
        raise NotPossible("the limit was over before the pause began")
    moves = (*deadline.moves, Move(kind=MoveKind.PAUSE, at=at, reason=reason, proof=proof))
    return deadline.model_copy(update={"paused_at": at, "moves": moves})


def resume(deadline: Deadline, at: datetime) -> Deadline:
    """The clock goes on, with the time that was left.

    Hours move by the length of the pause. Days touched by it do not count: as many days as were left, the first touched one
    among them, are counted anew after the last touched one. Raises NotPossible unless the clock stood still before `at`.
    """
    at = to_utc(at)
    if deadline.paused_at is None or at < deadline.paused_at:
        raise NotPossible("the clock did not stand still")
    since = max(deadline.paused_at, deadline.start_at)
    due_by = deadline.due_by if at <= since else windows.end_resumed(deadline, since, at)
    moves = (*deadline.moves, Move(kind=MoveKind.RESUME, at=at))
    return windows.with_stages(deadline.model_copy(update={"due_by": due_by, "paused_at": None, "moves": moves}))


def extend(deadline: Deadline, amount: int, asked_at: datetime) -> Deadline:
    """The limit, prolonged by `amount` of its extension terms' unit. Raises NotPossible where the terms say no: never, too
    much, too often, too late."""
    terms, asked_at = deadline.policy.extension, to_utc(asked_at)
    if terms is None:
        raise NotPossible("this limit cannot be prolonged")
    if not 0 < amount <= terms.amount:
        raise NotPossible(f"one request may ask for 1 to {terms.amount} {terms.unit}")
    if sum(move.kind is MoveKind.EXTEND for move in deadline.moves) >= terms.times:
        raise NotPossible(f"this limit has been prolonged {terms.times} times already")
    late = not _runs(deadline, asked_at)
    if late and asked_at >= deadline.due_by + terms.ask_after:
        raise NotPossible("the time to ask for more is over")
    if not late and time_left(deadline, asked_at) < terms.ask_before:
        raise NotPossible(f"more time is asked for at least {terms.ask_before} before the end")
    return _extended(deadline, amount, asked_at)


def restart(deadline: Deadline, start_at: datetime, *, start_inferred: bool = False) -> Restart:
    """The limit computed again from a late or corrected start, with its pauses and extensions made again on top.

    The policy is the snapshot, the holidays are today's. Both deadlines come back; the caller keeps the old one.
    """
    after = start(
        deadline.policy,
        start_at,
        deadline.zone,
        start_inferred=start_inferred,
        facility=deadline.facility,
        working_hours=deadline.working_hours,
    )
    for move in deadline.moves:
        after = _again(after, move)
    return Restart(deadline, windows.with_stages(after.model_copy(update={"moves": deadline.moves})))


def _again(deadline: Deadline, move: Move) -> Deadline:
    """A move made once more. A pause that the new end precedes has nothing to stop; what was granted stays granted."""
    if move.kind is MoveKind.EXTEND:
        return _extended(deadline, move.amount or 0, move.at)
    if move.kind is MoveKind.PAUSE:
        return pause(deadline, move.at) if move.at < deadline.due_by else deadline
    return resume(deadline, move.at) if deadline.paused_at is not None else deadline


def _extended(deadline: Deadline, amount: int, asked_at: datetime) -> Deadline:
    since = None if _runs(deadline, asked_at) else asked_at
    due_by = windows.end_extended(deadline, amount, since)
    moves = (*deadline.moves, Move(kind=MoveKind.EXTEND, at=asked_at, amount=amount))
    return windows.with_stages(deadline.model_copy(update={"due_by": due_by, "moves": moves}))


def _runs(deadline: Deadline, at: datetime) -> bool:
    """Not over yet: before the end, or while the clock stands still."""
    return at < deadline.due_by or (deadline.paused_at is not None and at >= deadline.paused_at)
