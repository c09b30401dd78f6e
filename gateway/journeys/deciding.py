"""A person says once what a carrier's unknown charge is. Every bill that waits for it is judged again by its own job, and
later bills know it at once. A decision is a version: a later one is for what comes later, and rewrites nothing."""

from dataclasses import dataclass
from datetime import date

from gateway.rules.charge_types import CODE, TEXT, Decision, Decisions, fold
from gateway.store.store import Desk
from schemas.charges import ChargeType


@dataclass(frozen=True, slots=True)
class Saying:
    """Charges of `carrier`, as its bills name it, with this code or else this text are of `type` from a day on."""

    carrier: str
    said: str
    type: ChargeType
    by_text: bool = False
    valid_from: date | None = None
    reason: str | None = None


async def decide(tx: Desk, saying: Saying) -> str:
    """Keep it as the next version; its id. The same again is the version that is there."""
    by, folded = TEXT if saying.by_text else CODE, fold(saying.said)
    versions = [row for row in await tx.charge_types.of_carrier(saying.carrier) if (row.by, row.folded) == (by, folded)]
    if versions and (versions[-1].type, versions[-1].valid_from) == (saying.type, saying.valid_from):
        return str(versions[-1].id)
    said = {
        "carrier": saying.carrier,
        "by": by,
        "said": saying.said,
        "version": len(versions) + 1,
        "type": saying.type.value,
    }
    decision_id = await tx.charge_types.add(
        **said,
        folded=folded,
        valid_from=saying.valid_from,
        reason=saying.reason,
        decided_by=tx.actor,
        created_at=tx.now,
    )
    from_day = saying.valid_from.isoformat() if saying.valid_from else None
    tx.note("charge_type.decided", decision_id, after={**said, "valid_from": from_day, "reason": saying.reason})
    await _wake(tx, saying.carrier, Decision(decision_id, by, folded, len(versions) + 1, saying.type))
    return decision_id


async def _wake(tx: Desk, carrier: str, decision: Decision) -> None:
    """Every bill with such a line is judged again; whether its day has come, it says itself."""
    alone = Decisions([decision], date.max)
    for invoice_id in dict.fromkeys(
        row.invoice_id
        for row in await tx.charge_types.lines(carrier)
        if alone.of(ChargeType.UNKNOWN, row.wire_code, row.description)
    ):
        await tx.wake("reconcile", invoice_id)
