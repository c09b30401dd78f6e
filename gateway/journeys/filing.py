"""Disputes and claims at the carrier: filed through its door once, or written to it by a person who says so.

A filing is an attempt like any other, its intent committed before anything leaves; a lost reply is looked up and never
answered by filing again. What a carrier does not take by its door goes as a document.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import registry
from adapters.seam import Carrier
from gateway.core import PAUSED_WAIT, Gateway
from gateway.crash import crash
from gateway.journeys import attempts
from gateway.journeys.attempts import Act, Dead, Found, NotYet
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record, Shelf
from gateway.store.work import Job
from schemas.covers import CoverRequest
from schemas.errors import Refused, Unsupported
from schemas.filings import ClaimRequest, DisputeRequest, Filing, FilingState
from schemas.values import ClientRef

UNDER_WAY = "filing"
"""The state of a row that is to be filed, or is being filed."""
Request = DisputeRequest | ClaimRequest | CoverRequest


@dataclass(frozen=True, slots=True)
class Kind:
    """What is filed. `word` names its attempts, its job and its crash points."""

    word: str
    shelf: Callable[[Desk], Shelf]
    files: type
    """The capability that takes it."""
    send: Callable[[Any, str], Awaitable[Filing]]
    """The open adapter, and the request as it was written down."""
    look_up: Callable[[Carrier, ClientRef], Awaitable[Sequence[Filing]] | None]
    request: Callable[[Desk, Record], Awaitable[Request]]
    """What is asked, under the reference of its first attempt."""
    filed: Callable[[Desk, Record, Filing], Awaitable[None]]
    """The carrier has it."""
    refused: Callable[[Desk, Record, Refused], Awaitable[None]]
    due: Callable[[Desk, Record], datetime | None]
    """When its row is due where it is not being filed."""
    moot: Callable[[Desk, Record], Awaitable[bool]] | None = None
    """Whether it must not be sent any more; it has then said so in the row."""


def taken_by(kind: Kind, account: Record | None) -> bool:
    """Whether there is a door for it."""
    adapter = registry.carriers().get(account.carrier) if account else None
    return adapter is not None and issubclass(adapter, kind.files)


async def ask(tx: Desk, kind: Kind, row: Record, account: Record | None) -> None:
    """It is to be filed through the carrier's door. Raises Unsupported where there is none."""
    if account is None or not taken_by(kind, account):
        who = account.carrier if account else row.carrier
        raise Unsupported(
            f"{who} takes no {kind.word} by its API: send the document, and say under which number", field=""
        )
    await kind.request(tx, row)
    await kind.shelf(tx).set(row.id, state=UNDER_WAY, account_id=account.id, reason=None)
    tx.note(f"{kind.word}.asked", row.id, chain=_chain(row), before={"state": row.state}, after={"state": UNDER_WAY})
    await tx.wake(kind.word, row.id)


async def run(gw: Gateway, job: Job, kind: Kind, otherwise: Callable[[Desk, Record], Awaitable[None]]) -> None:
    """One turn of a row: file it where it is to be filed; `otherwise` settles it where it is not."""
    async with gw.store.transaction(job.exporter_id) as tx:
        row = await tx.claim(job)
        if row is None:
            return
        if row.state != UNDER_WAY:
            await otherwise(tx, row)
            return
        account = await tx.accounts.get(row.account_id)
        attempt = await _intend(gw, tx, kind, row, account)
        if attempt is None:
            return
        turn_ends = gw.turn_ends(registry.carrier(account.carrier).profile.total_seconds, tx.now)
    act = act_of(kind)
    outcome = await attempts.carry_out(gw, act, account, attempt, turn_ends)
    crash(f"{act.kind}.before_commit")
    async with gw.store.transaction(job.exporter_id) as tx:
        await kind.shelf(tx).get(row.id, lock=True)
        again = await attempts.conclude(tx, act, attempt.id, outcome, tries=row.tries)
        stands = await kind.shelf(tx).get(row.id)
        due_at = again if stands.state == UNDER_WAY else kind.due(tx, stands)
        await tx.settle(kind.word, row, due_at=due_at, tries=row.tries if again else 0)
    crash(f"{act.kind}.after_commit")


async def _intend(gw: Gateway, tx: Desk, kind: Kind, row: Record, account: Record) -> Record | None:
    """The intent, written down; None where this turn is over already."""
    act = act_of(kind)
    holder = await tx.attempts.holder(kind.word, row.id)
    if holder is not None:
        if holder.state == "sending":  # a turn that was cut off
            await attempts.mark_unknown(tx, act, holder, None)
        await tx.settle(kind.word, row)
        return None
    if kind.moot is not None and await kind.moot(tx, row):
        await tx.settle(kind.word, row)
        return None
    if account.paused or gw.settings.carriers_paused:
        await tx.settle(kind.word, row, due_at=tx.now + PAUSED_WAIT, tries=row.tries)
        return None
    if await attempts.wait_for_lane(gw, tx, kind.word, row, account):
        return None
    request = await kind.request(tx, row)
    doubted = account.doubted_until is not None and row.created_at < account.doubted_until
    fresh = not await tx.attempts.of_subject(kind.word, row.id)
    attempt = await attempts.begin(
        tx,
        act,
        row.id,
        account,
        lambda ref: request.model_copy(update={"client_ref": ref}).model_dump_json(),
        first=request.client_ref,
        return_id=_chain(row),
    )
    if doubted and fresh:  # what this database was before it was restored may have filed it already: look first
        await attempts.mark_unknown(tx, act, attempt, None)
        await tx.settle(kind.word, row)
        return None
    return attempt


def _chain(row: Record) -> str | None:
    """The return whose timeline shows it; a dispute is of a bill, and of none."""
    return getattr(row, "return_id", None)


def act_of(kind: Kind) -> Act:
    """The kind as the one mechanism of all creating calls wants it."""

    async def send(carrier: Any, attempt: Record) -> Filing:
        return await kind.send(carrier, attempt.request)

    async def vet(tx: Desk, attempt: Record, filing: Filing) -> None:
        await _vet(tx, kind, attempt, filing)

    async def accepted(tx: Desk, attempt: Record, filing: Filing) -> None:
        await kind.filed(tx, await kind.shelf(tx).get(attempt.subject_id, lock=True), filing)

    async def refused(tx: Desk, attempt: Record, error: Refused) -> None:
        await kind.refused(tx, await kind.shelf(tx).get(attempt.subject_id, lock=True), error)
        what = {"carrier": attempt.carrier, "filed": kind.word, "refusal": error.code, "words": error}
        detail = Detail.of("filing_refused", **what)
        await tx.tasks.ask(f"{kind.word}_refused", f"attempt:{attempt.id}", detail, attempt.return_id)

    async def unknown(tx: Desk, attempt: Record) -> None:
        tx.note(f"{kind.word}.being_checked", attempt.subject_id, chain=attempt.return_id)

    def look_up(carrier: Carrier, attempt: Record) -> Awaitable[Sequence[Found]] | None:
        looking = kind.look_up(carrier, attempt.client_ref)
        return None if looking is None else _found(looking)

    return Act(
        kind=kind.word,
        job=kind.word,
        send=send,
        vet=vet,
        accepted=accepted,
        refused=refused,
        unknown=unknown,
        look_up=look_up,
        kept=lambda filing: {"handle": filing.number},
    )


async def _vet(tx: Desk, kind: Kind, attempt: Record, filing: Filing) -> None:
    """A 2xx is a filing only if it is open, ours, and its number is nobody else's."""
    if filing.state is not FilingState.OPEN:
        ours = filing.state is FilingState.CLOSED and filing.echoed_ref == attempt.client_ref
        raise (Dead if ours else NotYet)(f"the carrier answered with a {kind.word} that is {filing.state}")
    if filing.echoed_ref is not None and filing.echoed_ref != attempt.client_ref:
        raise NotYet("the carrier answered with another reference than ours")
    others = await kind.shelf(tx).those(account_id=attempt.account_id, reference=filing.number)
    if any(one.id != attempt.subject_id for one in others):
        raise NotYet(f"the carrier answered with the number of another {kind.word}")


async def _found(looking: Awaitable[Sequence[Filing]]) -> Sequence[Found]:
    return [Found(one, one.state is FilingState.OPEN, dead=one.state is FilingState.CLOSED) for one in await looking]
