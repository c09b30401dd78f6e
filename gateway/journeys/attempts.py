"""One mechanism for every creating call: intent first, three outcomes, and never a second create while one is unknown.

An attempt row with our own reference is committed in state `sending` before anything leaves. What comes back is accepted,
refused (positively known: nothing was created) or unknown. While an attempt is `sending`, `unknown` or `live` it holds its
subject's one slot (a partial unique index), so a second attempt cannot even be written down.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters import registry
from adapters.seam import Carrier, CarrierProfile, LookUp, PlatformProfile
from adapters.toolkit.redaction import Exchange
from gateway.core import Gateway, twice_if_stale
from gateway.jobs import back_off, jittered
from gateway.journeys import exchanges, watching
from gateway.rules.details import Detail
from gateway.rules.references import nth
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    CredentialsStale,
    NothingHappened,
    OutcomeUnknown,
    RefusalCode,
    Refused,
    Throttled,
    Unavailable,
)
from schemas.values import ClientRef, Json

log = structlog.get_logger(__name__)
VOID_THERE, CUT_OFF = "void at the carrier", "the process ended before the answer was written"
SAME_REFERENCE = frozenset({LookUp.IDEMPOTENT, LookUp.UNIQUE_REFERENCE, LookUp.UPSERT})
"""Carriers at which the same reference never makes a second booking: an absent attempt is sent again as it was."""

TAKEN = RefusalCode.REFERENCE_IN_USE
"""The answer of a carrier that has something under our reference already, and the reason of the attempt that got it: an
earlier call of ours, or the network's second copy of this one, has made what only a look-up can find."""
NEVER_LEFT = frozenset(kind.__name__ for kind in (Unavailable, Throttled, CredentialsRejected, CredentialsStale))
"""Refusals by which the carrier took nothing in: the attempt goes again as it is, so that an outage of days uses up neither
references nor rows."""


class NotYet(OutcomeUnknown):
    """A 2xx that is not a booking: dead, somebody else's, or without our reference. Only a look-up can tell."""


class Dead(NotYet):
    """It is ours and void: this reference is used up, and only another one can be booked."""


@dataclass(frozen=True, slots=True)
class Found:
    """One match of a look-up."""

    result: Any
    live: bool
    dead: bool = False
    """Positively over at the carrier. What is neither is in a state that we do not know, and is looked at again."""


@dataclass(frozen=True, slots=True)
class Act:
    """A kind of creating call: how it is sent and looked up, and what it means to us."""

    kind: str
    job: str
    """The job kind of the subject's own row."""
    send: Callable[[Any, Record], Awaitable[Any]]
    """`Any` is the open adapter: the carrier's, or the platform's."""
    vet: Callable[[Desk, Record, Any], Awaitable[None]]
    """Raises NotYet where the answer is not what it looks like."""
    accepted: Callable[[Desk, Record, Any], Awaitable[None]]
    refused: Callable[[Desk, Record, Refused], Awaitable[None]]
    unknown: Callable[[Desk, Record], Awaitable[None]] | None = None
    """Whom to tell meanwhile; None where sending it again does no harm, and the look-up does so."""
    look_up: Callable[[Carrier, Record], Awaitable[Sequence[Found]] | None] | None = None
    """The look-up under way, or None where this carrier has none for it; left out where nobody has."""
    kept: Callable[[Any], Json] | None = None
    """What the attempt keeps of an answer: the names by which the carrier knows what it made."""
    repeats: bool = False
    """Sending it again does no harm, whatever the carrier (a void)."""


@dataclass(slots=True)
class Outcome:
    """What came back, with the calls that were made."""

    result: Any = None
    error: Exception | None = None
    exchanges: list[Exchange] = field(default_factory=list)


async def begin(
    tx: Desk,
    act: Act,
    subject_id: str,
    account: Record,
    request: Callable[[str], str],
    *,
    first: ClientRef,
    return_id: str | None,
) -> Record:
    """Write down the intent. `request` makes the canonical JSON of what will be asked under a reference of ours; `first` is
    the reference of the subject's first attempt. An attempt stays the account's that it was begun with."""
    before = await tx.attempts.of_subject(act.kind, subject_id)
    last = before[-1] if before else None
    is_ours = last is not None and last.account_id == account.id
    if last is not None and is_ours and last.state == "refused" and last.reason in NEVER_LEFT:
        await tx.attempts.set(
            last.id, state="sending", request=request(last.client_ref), sent_at=tx.now, settled_at=None
        )
        tx.note(f"{act.kind}.sending", last.id, chain=return_id, after={"client_ref": last.client_ref, "again": True})
        return await tx.attempts.get(last.id)
    if last is not None and is_ours and _goes_as_it_was(last, account, request):
        await tx.attempts.set(last.id, state="sending", sent_at=tx.now, due_at=None, look_ups=0, settled_at=None)
        return await tx.attempts.get(last.id)
    number = last.number + 1 if last is not None else 1
    reference = nth(first, number)
    attempt = await tx.attempts.added(
        return_id=return_id,
        account_id=account.id,
        carrier=account.carrier,
        kind=act.kind,
        subject_id=subject_id,
        number=number,
        client_ref=reference,
        state="sending",
        request=request(reference),
        sent_at=tx.now,
    )
    tx.note(f"{act.kind}.sending", attempt.id, chain=return_id, after={"client_ref": reference, "number": number})
    return attempt


def _goes_as_it_was(last: Record, account: Record, request: Callable[[str], str]) -> bool:
    """An absent attempt at a carrier that takes a reference once only, if that is what is wanted still."""
    if last.state != "absent" or last.reason == VOID_THERE or _profile(account).look_up not in SAME_REFERENCE:
        return False
    return bool(last.request == request(last.client_ref))


async def carry_out(gw: Gateway, act: Act, account: Record, attempt: Record, turn_ends: float) -> Outcome:
    """Make the call. Whatever is raised becomes an outcome: only NothingHappened is a refusal."""
    outcome = Outcome()
    try:
        opened = gw.open_platform if attempt.source_id else gw.open_carrier
        other = opened(account, turn_ends=turn_ends, record=outcome.exchanges.append, stage=act.kind)
        outcome.result = await twice_if_stale(lambda: act.send(other, attempt))
    except Exception as error:
        outcome.error = error
        if not isinstance(error, AdapterError):
            log.exception("attempt.failed", attempt=attempt.id, kind=act.kind)
    return outcome


async def conclude(tx: Desk, act: Act, attempt_id: str, outcome: Outcome, *, tries: int) -> datetime | None:
    """Write what came back. When the subject may be tried again, None where it is not to be tried by itself. `tries` is how
    often in a row it has been."""
    attempt = await tx.attempts.get(attempt_id, lock=True)
    await exchanges.keep(tx, attempt, outcome.exchanges)
    if attempt.state not in ("sending", "unknown"):
        return None
    error = outcome.error
    if error is None:
        try:
            await act.vet(tx, attempt, outcome.result)
        except NotYet as doubt:
            error = doubt
    if error is None:
        await settle_live(tx, act, attempt, outcome.result)
        return None
    if isinstance(error, NothingHappened) and (act.repeats or not is_taken(error)):
        return await _not_created(tx, act, attempt, error, tries)
    await mark_unknown(tx, act, attempt, error)
    return None


def is_taken(error: Exception | None) -> bool:
    return isinstance(error, Refused) and error.code is TAKEN


async def settle_live(tx: Desk, act: Act, attempt: Record, result: Any) -> None:
    """The other side has agreed."""
    kept = act.kept(result) if act.kept else {}
    await tx.attempts.set(attempt.id, state="live", settled_at=tx.now, due_at=None, held=False, **kept)
    tx.note(
        f"{act.kind}.live",
        attempt.id,
        chain=attempt.return_id,
        before={"state": attempt.state},
        after={"state": "live"},
    )
    if attempt.state != "sending":  # nobody is asked before it is unknown
        await tx.tasks.done(f"attempt:{attempt.id}")
    await act.accepted(tx, attempt, result)


async def _not_created(tx: Desk, act: Act, attempt: Record, error: NothingHappened, tries: int) -> datetime | None:
    await tx.attempts.set(
        attempt.id,
        state="refused",
        settled_at=tx.now,
        reason=error.code if isinstance(error, Refused) else type(error).__name__,
        wire_code=error.wire_code,
        wire_text=error.wire_text,
    )
    tx.note(
        f"{act.kind}.refused",
        attempt.id,
        chain=attempt.return_id,
        before={"state": attempt.state},
        after={"state": "refused", "why": type(error).__name__, "wire_code": error.wire_code},
    )
    if isinstance(error, Refused):
        await act.refused(tx, attempt, error)
        return None
    if isinstance(error, CredentialsRejected) and not isinstance(error, CredentialsStale):
        await _rejected(tx, attempt)
    return tx.now + _wait(error, tries, tx.now)


async def _rejected(tx: Desk, attempt: Record) -> None:
    """Nothing more is sent with an account whose credentials are refused; of a shop's, a person is told."""
    if attempt.source_id is None:
        await pause(tx, attempt.account_id, Detail.of("carrier_rejects_us"))
    else:
        await watching.rejected(tx, attempt.source_id, attempt.return_id)


def _wait(error: NothingHappened, tries: int, now: datetime) -> timedelta:
    if isinstance(error, CredentialsRejected):
        return timedelta(minutes=10)
    if isinstance(error, Throttled):
        if error.retry_at is not None:
            return max(error.retry_at - now, timedelta(seconds=1))
        if error.retry_after is not None:
            return timedelta(seconds=error.retry_after)
    return back_off(tries)


async def wait_for_lane(gw: Gateway, tx: Desk, kind: str, row: Record, account: Record) -> bool:
    """Whether the account's lane is shut: then the row is put off, and no attempt is written that could not be sent.

    They come back spread over a minute, so that a carrier that is well again is not met by all of them at once.
    """
    shut = gw.lane_of(account).shut_for()
    if shut > 0:
        spread = jittered(timedelta(seconds=30), 1.0)
        await tx.settle(kind, row, due_at=tx.now + timedelta(seconds=shut) + spread, tries=row.tries)
    return shut > 0


async def mark_unknown(tx: Desk, act: Act, attempt: Record, error: Exception | None) -> None:
    """Nobody can tell: look it up after the carrier's settle time, and say so."""
    profile = profile_of(attempt)
    await tx.attempts.set(
        attempt.id,
        state="unknown",
        unknown_at=tx.now,
        reason=TAKEN if is_taken(error) else type(error).__name__ if error else CUT_OFF,
        wire_code=getattr(error, "wire_code", None),
        wire_text=getattr(error, "wire_text", None),
    )
    tx.note(
        f"{act.kind}.unknown",
        attempt.id,
        chain=attempt.return_id,
        before={"state": attempt.state},
        after={"state": "unknown", "why": type(error).__name__ if error else "crash"},
    )
    if act.unknown is not None:
        await act.unknown(tx, attempt)
    await tx.wake("resolve", attempt.id, max(tx.now, attempt.sent_at + timedelta(seconds=profile.settle_seconds)))


async def pause(tx: Desk, account_id: str, why: Detail) -> None:
    """Shut an account until a person has looked: nothing more is sent with it."""
    await tx.accounts.set(account_id, paused=str(why))
    await tx.tasks.ask("account_paused", f"paused:{account_id}:{tx.now.isoformat()}", why)
    tx.note("account.paused", account_id, after={"why": str(why)})


def _profile(account: Record) -> CarrierProfile:
    return registry.carrier(account.carrier).profile


def profile_of(attempt: Record) -> CarrierProfile | PlatformProfile:
    """Of whoever is asked."""
    return (registry.platform if attempt.source_id else registry.carrier)(attempt.carrier).profile
