"""What only a person may say: that an unknown booking exists or does not, that a live one is let go, that it is tried again.

A verdict is written down with who gave it and why. None of them sends anything by itself: what follows is the usual job.
"""

from collections.abc import Mapping
from typing import Any

from gateway.core import Gateway
from gateway.journeys import attempts, clocks, planning
from gateway.journeys.attempts import Act
from gateway.journeys.booking import DOUBT
from gateway.journeys.resolving import ACTS, NO_VERDICT
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.covers import Policy
from schemas.errors import Conflict
from schemas.filings import Filing
from schemas.shipments import Booking, Pickup, RefundState, ShipmentState, VoidOutcome, VoidReceipt
from schemas.tracking import TrackingStatus
from schemas.values import Waybill

AGAIN = frozenset({ShipmentState.ACTION_REQUIRED, ShipmentState.EXPIRED, ShipmentState.CANCELLED})


async def exists(tx: Desk, attempt_id: str, number: str) -> None:
    """It exists at the carrier under this number: a waybill, or a pickup's confirmation. Raises Conflict when it is known."""
    attempt = await _open(tx, attempt_id)
    act = ACTS[attempt.kind]
    result = _result(attempt, number)
    await act.vet(tx, attempt, result)
    tx.note("verdict.exists", attempt_id, chain=attempt.return_id, after={"number": number})
    await attempts.settle_live(tx, act, attempt, result)


def _result(attempt: Record, number: str) -> Any:
    made: Mapping[str, Any] = {
        "booking": Booking(waybill=Waybill(number), label_pending=True),
        "pickup": Pickup(confirmation=number),
        "dispute": Filing(number=number),
        "claim": Filing(number=number),
        "cover": Policy(number=number),
        "void": VoidReceipt(outcome=VoidOutcome.VOIDED, refund=RefundState.NOT_APPLICABLE),
        "pickup_void": VoidReceipt(outcome=VoidOutcome.VOIDED, refund=RefundState.NOT_APPLICABLE),
    }
    return made[attempt.kind]


async def absent(tx: Desk, attempt_id: str) -> None:
    """It does not exist at the carrier: the slot is free, and what was wanted is tried again under a new reference."""
    attempt = await _open(tx, attempt_id)
    act: Act = ACTS[attempt.kind]
    await tx.attempts.set(
        attempt.id,
        state="refused",
        reason="absent, says a person",
        settled_at=tx.now,
        due_at=None,
        held=False,
        parked=None,
    )
    tx.note("verdict.absent", attempt_id, chain=attempt.return_id, before={"state": attempt.state})
    await tx.tasks.done(f"attempt:{attempt.id}")
    subject = attempt.subject_id
    if attempt.kind in ("void", "pickup_void"):
        subject = (await tx.attempts.get(attempt.subject_id)).subject_id
    await tx.wake(act.job, subject)


async def _open(tx: Desk, attempt_id: str) -> Record:
    """Only while nobody is asking the carrier: what a call under way finds and what a person says would both be written."""
    attempt = await tx.attempts.get(attempt_id, lock=True)
    if attempt.kind in NO_VERDICT:
        raise Conflict(f"{attempt.kind}: it is asked again by itself", state=attempt.state)
    if attempt.state == "sending" or attempt.held:
        raise Conflict("the carrier is being asked right now: say it again in two minutes", state=attempt.state)
    if attempt.state != "unknown":
        raise Conflict(f"the attempt is {attempt.state}: there is nothing to say of it", state=attempt.state)
    return attempt


async def release(tx: Desk, shipment_id: str, reason: str) -> None:
    """Let a live booking go that cannot be voided. A later scan or bill for it opens an exception."""
    shipment = await tx.shipments.get(shipment_id, lock=True)
    holder = await tx.attempts.holder("booking", shipment_id)
    if holder is None or holder.state != "live" or shipment.handed_over_at is not None:
        raise Conflict(f"cannot release a shipment in state {shipment.state}", state=shipment.state)
    await leave_slot(tx, shipment, holder, "released", reason)
    await clocks.not_carried(tx, shipment)


async def leave_slot(tx: Desk, shipment: Record, holder: Record, word: str, reason: str) -> None:
    """The booking leaves its slot as lapsed or released; the shipment is over, and may be planned again."""
    await tx.attempts.set(holder.id, state=word, settled_at=tx.now, reason=reason)
    state = ShipmentState.EXPIRED if word == "lapsed" else ShipmentState.CANCELLED
    await tx.shipments.set(shipment.id, state=state, reason=reason[:200])
    await tx.looks.set(shipment.id, state=state)
    await tx.tasks.done(f"void:{holder.id}")
    tx.note(
        f"booking.{word}",
        holder.id,
        chain=shipment.return_id,
        before={"state": holder.state},
        after={"state": word, "reason": reason},
    )


async def book_again(tx: Desk, shipment_id: str) -> None:
    """After what stood in the way was put right: the same planned shipment goes to the carrier once more, with what is known
    now. Raises Conflict while a booking of it may be live."""
    shipment = await tx.shipments.get(shipment_id, lock=True)
    holder = await tx.attempts.holder("booking", shipment_id)
    if holder is not None or shipment.state not in AGAIN:
        raise Conflict(f"cannot book again in state {shipment.state}", state=shipment.state)
    anew = {"state": ShipmentState.REQUESTED, "status": TrackingStatus.ANNOUNCED}
    await tx.shipments.set(shipment_id, **anew, cancel_asked_at=None, reason=None, waybill=None)
    await tx.looks.plan(shipment, None)
    for attempt in await tx.attempts.of_subject("booking", shipment_id):
        await tx.tasks.done(f"attempt:{attempt.id}")
    tx.note("shipment.book_again", shipment_id, chain=shipment.return_id, before={"state": shipment.state})
    row = await tx.returns.get(shipment.return_id)
    await planning.plan(tx, await tx.sources.get(row.source_id), row)
    await tx.wake("book", shipment_id)


async def resume_account(tx: Desk, account_id: str) -> None:
    """Open a paused account again: its polls and bookings go on."""
    account = await tx.accounts.get(account_id, lock=True)
    doubted_until = tx.now + DOUBT if account.doubted_until else None
    await tx.accounts.set(account_id, paused=None, doubted_until=doubted_until)
    tx.note("account.resumed", account_id, before={"paused": account.paused})
    await tx.tasks.done_like(f"paused:{account_id}:")
    await tx.wake("poll", account_id)
    for shipment in await tx.shipments.waiting_on(account_id):
        await tx.wake("book", shipment.id)


async def resume_all(gw: Gateway, exporter_id: str, actor: str) -> int:
    """Open every paused account of an exporter; how many there were."""
    async with gw.store.transaction(exporter_id, actor) as tx:
        paused = [account for account in await tx.accounts.listed() if account.paused]
        for account in paused:
            await resume_account(tx, account.id)
        return len(paused)
