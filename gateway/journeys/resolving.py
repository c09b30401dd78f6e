"""The look-up: an attempt whose outcome nobody knows is resolved, never sent again blindly.

By what the adapter declares: the same request under the same key where that makes one booking, else a look-up by our
reference, else a person. Where the key stands for another request (a restored database asks on another day), what stands
there is looked up. A failing look-up leaves the attempt unknown. "Absent" is concluded only after the first call's own total
limit plus the settle time, so that no request of ours can still be on its way; and where a carrier would take a second
booking under a new reference, the old one is looked up again for a day.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters.seam import Carrier, CarrierProfile, LookUp, PlatformProfile
from gateway.core import Gateway, twice_if_stale
from gateway.crash import crash
from gateway.journeys import (
    attempts,
    booking,
    claiming,
    covering,
    disputing,
    exchanges,
    filing,
    handing_in,
    pickups,
    renewing,
    voiding,
)
from gateway.journeys.attempts import TAKEN, Act, Found, Outcome
from gateway.journeys.notices import announce
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import AdapterError, NothingHappened
from schemas.messages import NoticeKind

log = structlog.get_logger(__name__)
ACTS: Mapping[str, Act] = {
    act.kind: act
    for act in (
        *(booking.BOOKING, voiding.VOID, pickups.PICKUP, pickups.CANCEL),
        *(renewing.RENEWAL, handing_in.APPLICATION, filing.act_of(disputing.DISPUTE)),
        *(filing.act_of(claiming.CLAIM), filing.act_of(covering.COVER), covering.CANCEL),
    )
}
MINUTES = (1, 2, 5, 10, 30)
"""Between looks, then hourly."""
GIVE_UP = timedelta(hours=24)
PAUSED_WAIT = timedelta(minutes=1)
LATE_LOOKS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=24))
NO_VERDICT = frozenset({"renewal", "application", "cover_void"})
"""Acts of which a person can say nothing: they go again, each hour in the end."""
REPEATABLE = frozenset({LookUp.IDEMPOTENT, LookUp.UPSERT})


async def resolve_attempt(gw: Gateway, job: Job) -> None:
    """One look at one attempt."""
    async with gw.store.transaction(job.exporter_id) as tx:
        attempt = await tx.claim(job)
        if attempt is None:
            return
        if attempt.state not in ("sending", "unknown", "absent"):
            await tx.settle("resolve", attempt)
            return
        other, act = await _asked(tx, attempt)
        profile = attempts.profile_of(attempt)
        turn_ends = gw.turn_ends(profile.total_seconds, tx.now)
        repeats = _repeats(act, attempt, profile)
        if attempt.kind == "void" and await voiding.is_on_its_way(tx, attempt):
            await _ask_a_person(tx, attempt, "scanned_meanwhile")
            return
        if repeats and attempt.state != "absent" and (_is_shut(other) or gw.settings.carriers_paused):
            await tx.settle("resolve", attempt, due_at=tx.now + PAUSED_WAIT, tries=attempt.tries)
            return
        if attempt.source_id is None and await attempts.wait_for_lane(gw, tx, "resolve", attempt, other):
            return
    if repeats and attempt.state != "absent":
        outcome = await attempts.carry_out(gw, act, other, attempt, turn_ends)
        await _after_repeat(gw, job, act, attempt, outcome)
        return
    assert isinstance(profile, CarrierProfile)  # what is asked of a platform may always be asked again
    found, error = await _look(gw, act, other, attempt, turn_ends)
    crash("resolve.before_commit")
    async with gw.store.transaction(job.exporter_id) as tx:
        if error is not None:
            await _look_again(tx, act, attempt, profile)
        elif found is None:
            await _ask_a_person(tx, attempt, "no_look_up")
        elif attempt.state == "absent":
            await _after_late_look(tx, act, attempt, found)
        else:
            await _after_look(tx, act, attempt, profile, found)


async def _asked(tx: Desk, attempt: Record) -> tuple[Record, Act]:
    """Who is asked, a carrier's account or a platform's shop, and by which act."""
    if attempt.source_id is not None:
        return await tx.sources.get(attempt.source_id), await handing_in.act_of(tx, attempt)
    return await tx.accounts.get(attempt.account_id), ACTS[attempt.kind]


def _repeats(act: Act, attempt: Record, profile: CarrierProfile | PlatformProfile) -> bool:
    if attempt.kind != "booking" or not isinstance(profile, CarrierProfile):
        return act.repeats
    return profile.look_up in REPEATABLE and attempt.reason != TAKEN


def _is_shut(other: Record) -> bool:
    return bool(getattr(other, "paused", None)) or not getattr(other, "enabled", True)


async def _look(
    gw: Gateway, act: Act, account: Record, attempt: Record, turn_ends: float
) -> tuple[Sequence[Found] | None, Exception | None]:
    try:
        carrier: Carrier = gw.open_carrier(account, turn_ends=turn_ends)
        looking = await twice_if_stale(lambda: _looked(act, carrier, attempt))
        return looking, None
    except AdapterError as error:
        return None, error


async def _looked(act: Act, carrier: Carrier, attempt: Record) -> Sequence[Found] | None:
    looking = act.look_up(carrier, attempt) if act.look_up is not None else None
    return None if looking is None else await looking


async def _after_repeat(gw: Gateway, job: Job, act: Act, attempt: Record, outcome: Outcome) -> None:
    """The same request was sent again under the same key. "Not reached" says nothing of the first one: look again later.

    A void may be repeated anywhere, and what comes back is its outcome.
    """
    crash("resolve.before_commit")
    profile = attempts.profile_of(attempt)
    async with gw.store.transaction(job.exporter_id) as tx:
        doubt = outcome.error or await _doubt(tx, act, attempt, outcome.result)
        if act.repeats and attempt.state == "unknown" and doubt is not None and not isinstance(doubt, NothingHappened):
            await exchanges.keep(tx, attempt, outcome.exchanges)
            await _look_again(tx, act, attempt, profile)
            return
        if act.repeats:
            await tx.settle("resolve", attempt)
            again = await attempts.conclude(tx, act, attempt.id, outcome, tries=attempt.tries)
            own = act.job == "resolve" or (act is voiding.VOID and await voiding.is_of_late_find(tx, attempt))
            if again is not None and own:  # it has no other job: the attempt goes again as it is
                await tx.attempts.set(attempt.id, state="sending", settled_at=None, tries=attempt.tries)
                await tx.wake("resolve", attempt.id, again)
            elif again is not None:
                await tx.wake(act.job, await _subject(tx, attempt), again)
            return
        assert isinstance(profile, CarrierProfile)
        if isinstance(doubt, attempts.Dead) and tx.now >= _absent_from(attempt, profile):
            await _absent(tx, act, attempt, profile, dead=1)
            return
        if attempts.is_taken(doubt):
            await tx.attempts.set(attempt.id, reason=TAKEN)
        if doubt is not None:
            await _look_again(tx, act, attempt, profile)
            return
        await tx.settle("resolve", attempt)
        await attempts.settle_live(tx, act, attempt, outcome.result)
        await _told(tx, act, attempt, "found")


async def _doubt(tx: Desk, act: Act, attempt: Record, result: Any) -> attempts.NotYet | None:
    """Why the answer is not what it looks like; None where it is."""
    try:
        await act.vet(tx, attempt, result)
    except attempts.NotYet as doubt:
        return doubt
    return None


async def _after_look(tx: Desk, act: Act, attempt: Record, profile: CarrierProfile, found: Sequence[Found]) -> None:
    live = [one for one in found if one.live]
    if live:
        await _adopt(tx, act, attempt, profile, live)
    elif not all(one.dead for one in found) or (not found and attempt.reason == TAKEN):
        await _look_again(tx, act, attempt, profile)  # it is there in some way: nothing may take its place
    elif tx.now < _absent_from(attempt, profile):
        await tx.settle("resolve", attempt, due_at=_absent_from(attempt, profile), tries=attempt.tries)
    else:
        await _absent(tx, act, attempt, profile, dead=len(found))


async def _adopt(tx: Desk, act: Act, attempt: Record, profile: CarrierProfile, live: Sequence[Found]) -> None:
    """It exists. The first that is ours is kept; any other is an orphan that a person is told of."""
    for candidate in live:
        if await _doubt(tx, act, attempt, candidate.result) is not None:
            continue
        await tx.settle("resolve", attempt)
        await attempts.settle_live(tx, act, attempt, candidate.result)
        await _told(tx, act, attempt, "found")
        for twin in live:
            if twin is not candidate:
                what = {"carrier": attempt.carrier, "reference": attempt.client_ref, "waybill": _name(twin)}
                await tx.tasks.ask("orphan", f"orphan:{attempt.id}:{_name(twin)}", Detail.of("second_live", **what))
        return
    await _look_again(tx, act, attempt, profile)


def _name(found: Found) -> str:
    names = (getattr(found.result, name, None) for name in ("waybill", "confirmation", "number"))
    return str(next((name for name in names if name), ""))


async def _absent(tx: Desk, act: Act, attempt: Record, profile: CarrierProfile, *, dead: int) -> None:
    """Nothing live is there, and nothing can be on its way any more: the slot is free, and the subject goes again."""
    await tx.attempts.set(
        attempt.id, state="absent", settled_at=tx.now, reason=attempts.VOID_THERE if dead else "absent"
    )
    tx.note(
        f"{act.kind}.absent",
        attempt.id,
        chain=attempt.return_id,
        before={"state": attempt.state},
        after={"state": "absent", "void_matches": dead},
    )
    again = profile.look_up not in attempts.SAME_REFERENCE
    await tx.settle("resolve", attempt, due_at=tx.now + LATE_LOOKS[0] if again else None)
    await tx.attempts.set(attempt.id, look_ups=0)
    await tx.tasks.done(f"attempt:{attempt.id}")
    await tx.wake(act.job, await _subject(tx, attempt))
    await _told(tx, act, attempt, "absent")


async def _subject(tx: Desk, attempt: Record) -> str:
    """The row whose job makes the next attempt: of a void, the shipment of the booking it voids."""
    if attempt.kind in ("void", "pickup_void"):
        return str((await tx.attempts.get(attempt.subject_id)).subject_id)
    return str(attempt.subject_id)


async def _after_late_look(tx: Desk, act: Act, attempt: Record, found: Sequence[Found]) -> None:
    """A reference that was absent, looked up again: a late find is voided where another try has taken its place."""
    live = [one for one in found if one.live and await _doubt(tx, act, attempt, one.result) is None]
    if live:
        holder = await tx.attempts.holder(attempt.kind, attempt.subject_id)
        if holder is None:
            await tx.settle("resolve", attempt)
            await attempts.settle_live(tx, act, attempt, live[0].result)
            await _told(tx, act, attempt, "found")
            return
        if act is not booking.BOOKING or not await voiding.stop_late(tx, attempt, live[0].result):
            detail = Detail.of("late_find", carrier=attempt.carrier, waybill=_name(live[0]))
            await tx.tasks.ask("orphan", f"orphan:{attempt.id}:{_name(live[0])}", detail, attempt.return_id)
    looks = attempt.look_ups + 1
    await tx.attempts.set(attempt.id, look_ups=looks)
    due_at = attempt.settled_at + LATE_LOOKS[looks] if looks < len(LATE_LOOKS) else None
    await tx.settle("resolve", attempt, due_at=due_at)


async def _look_again(tx: Desk, act: Act, attempt: Record, profile: CarrierProfile | PlatformProfile) -> None:
    """Fail closed: a look-up that fails leaves it unknown, and one that was absent what it was."""
    if attempt.state == "absent":
        over = tx.now - attempt.settled_at > LATE_LOOKS[-1] + GIVE_UP
        await tx.settle("resolve", attempt, due_at=None if over else tx.now + LATE_LOOKS[0], tries=attempt.tries)
        return
    looks = attempt.look_ups + 1
    await tx.attempts.set(attempt.id, look_ups=looks)
    if tx.now - attempt.sent_at > GIVE_UP and attempt.kind not in NO_VERDICT:
        await _ask_a_person(tx, attempt, "not_answered")
        return
    wait = timedelta(minutes=MINUTES[looks - 1]) if looks <= len(MINUTES) else timedelta(hours=1)
    quick = timedelta(seconds=profile.settle_seconds)
    await tx.settle(
        "resolve", attempt, due_at=tx.now + min(wait, max(quick, timedelta(seconds=1)) * looks), tries=attempt.tries
    )


async def _ask_a_person(tx: Desk, attempt: Record, why: str) -> None:
    said = "reference_taken" if attempt.reason == TAKEN else why
    detail = Detail.of(said, act=attempt.kind, reference=attempt.client_ref, carrier=attempt.carrier)
    await tx.tasks.ask("outcome_unknown", f"attempt:{attempt.id}", detail, attempt.return_id)
    await tx.settle("resolve", attempt, parked=why)
    log.warning("attempt.parked", attempt=attempt.id, why=why)


async def _told(tx: Desk, act: Act, attempt: Record, answer: str) -> None:
    if act.kind != "booking":
        return
    await announce(
        tx,
        NoticeKind.BOOKING_RESOLVED,
        {"shipment_id": attempt.subject_id, "client_ref": attempt.client_ref, "answer": answer},
        cause=f"resolved:{attempt.id}:{attempt.turn}",
        return_id=attempt.return_id,
    )


def _absent_from(attempt: Record, profile: CarrierProfile) -> datetime:
    """From when on "nothing found" may be believed. The intent is no measure: the call may have waited in its lane."""
    unknown: datetime = attempt.unknown_at
    return unknown + timedelta(seconds=profile.total_seconds + profile.settle_seconds)
