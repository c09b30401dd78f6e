"""What people do to a running limit: stop its clock with a reason and a proof, let it go on, ask for more time, file a claim.

All of it is judged by when it happened: a customs hold whose paper comes a week later stopped the clock when it began. What
the limit's own terms do not allow is a conflict that says why.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.journeys import clocks
from gateway.rules import deadlines
from gateway.rules.deadlines import NotPossible
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, Deadline, DeadlineState
from schemas.errors import Conflict
from schemas.values import DocumentId

CLOCKS_DIFFER = timedelta(minutes=5)


async def pause(tx: Desk, deadline_id: str, *, reason: str, proof: DocumentId, at: datetime | None) -> None:
    """Nothing falls due until it goes on. `proof` is a document that is stored."""
    row, at = await _open(tx, deadline_id, at)
    await tx.documents.get(proof)
    if row.state == DeadlineState.PAUSED:
        raise Conflict("the clock stands still already", state=row.state)
    moved = _moved(row, lambda: deadlines.pause(row.terms, at, reason=reason, proof=proof))
    await clocks.moved_to(tx, row, moved, state=DeadlineState.PAUSED, reason=reason, proof=proof)


async def resume(tx: Desk, deadline_id: str, *, at: datetime | None) -> None:
    """It goes on with the time that was left."""
    row, at = await _open(tx, deadline_id, at)
    moved = _moved(row, lambda: deadlines.resume(row.terms, at))
    await clocks.moved_to(tx, row, moved, state=DeadlineState.RUNNING)


async def extend(tx: Desk, deadline_id: str, amount: int, *, asked_at: datetime | None) -> None:
    """More time, as far as the limit's terms give it; after the end too, where they say so."""
    row, at = await _open(tx, deadline_id, asked_at)
    moved = _moved(row, lambda: deadlines.extend(row.terms, amount, at))
    state = DeadlineState.PAUSED if moved.paused_at else DeadlineState.RUNNING
    await clocks.moved_to(tx, row, moved, state=state, amount=amount)


async def file_claim(tx: Desk, deadline_id: str, reference: str, *, filed_at: datetime | None) -> None:
    """The claim is with the carrier, under this reference. Raises Conflict where it would not be heard yet."""
    row, at = await _open(tx, deadline_id, filed_at)
    if row.clock != Clock.CLAIM:
        raise Conflict("only a claim is filed", state=row.state)
    if row.terms.opens_at is not None and at < row.terms.opens_at:
        raise Conflict(f"it is not heard before {row.terms.opens_at.isoformat()}", state=row.state)
    late = int(deadlines.late_by(row.terms, at).total_seconds())
    await clocks.end(tx, row, at, late, reference=reference)


async def _open(tx: Desk, deadline_id: str, at: datetime | None) -> tuple[Record, datetime]:
    """The limit, held until the end, and the instant that is spoken of. Raises Conflict where it is over for good."""
    row = await tx.deadlines.get(deadline_id, lock=True)
    if row.state not in clocks.OPEN:
        raise Conflict("the limit is over", state=row.state)
    if at is not None and at > tx.now + CLOCKS_DIFFER:
        raise Conflict("that lies in the future", state=row.state)
    return row, at or tx.now


def _moved(row: Record, move: Callable[[], Deadline]) -> Deadline:
    try:
        return move()
    except NotPossible as error:
        raise Conflict(str(error), state=row.state) from error
