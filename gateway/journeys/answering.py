"""A request that a buyer made at a platform, answered by the exporter: yes or no, told to the platform by the outbox.

The platform has the last word: the return moves when it says so, not when the answer is written down. What it does not take
any more is a task for a person, as any other news.
"""

from adapters import registry
from adapters.seam import TakesDecision
from gateway.journeys.notices import announce
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import Conflict
from schemas.messages import NoticeKind
from schemas.returns import Decision, DecisionKind, ReturnStatus
from schemas.values import tidy


async def answerable(tx: Desk, row: Record) -> str | None:
    """Why this return is not answered here, or None."""
    if row.status != ReturnStatus.REQUESTED:
        return "nobody waits for an answer"
    if await tx.applications.of_return(row.id) is not None:
        return "the application is decided, not the return"
    source = await tx.sources.get(row.source_id)
    if not (source.enabled and issubclass(registry.platform(source.platform), TakesDecision)):
        return "the platform takes no answer from us: it is answered there"
    if await tx.notices.that(cause=_cause(row)) is not None:
        return "it was answered, and the platform has not said so yet"
    return None


async def answer(tx: Desk, return_id: str, kind: DecisionKind, reason: str | None = None) -> None:
    """Approve or decline the request, once. Raises Conflict."""
    row = await tx.returns.get(return_id, lock=True)
    if why := await answerable(tx, row):
        raise Conflict(why, state=row.status)
    said = tidy(reason, 500) if reason else None
    decision = Decision(rma_id=row.rma_id, kind=kind, decided_at=tx.now, reason=said)
    tx.note("return.answered", row.id, chain=row.id, after={"answer": kind.value, "reason": said})
    await announce(
        tx,
        NoticeKind.RETURN_ANSWERED,
        {"rma_id": row.rma_id, "answer": kind.value, "platform": decision.model_dump(mode="json")},
        cause=_cause(row),
        return_id=row.id,
        source_id=row.source_id,
    )


def _cause(row: Record) -> str:
    """One a version of the request: one that the platform opens again is asked again."""
    return f"answered:{row.id}:{row.version_at.isoformat() if row.version_at else ''}"
