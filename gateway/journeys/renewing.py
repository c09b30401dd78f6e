"""Renewing an authorisation that was not used in time: the carrier says until when it is good again, and the clock follows.

An attempt like any other, its intent committed before anything leaves. It has no job of its own: the look-up sends it, as it
repeats a void, because asking a carrier twice does no harm. A second request finds the authorisation good and is told until
when, or is refused for just that reason; so a lost reply is answered by asking again, and no limit is added twice.
"""

import json
from datetime import timedelta
from typing import Any

from adapters import registry
from adapters.seam import RenewalTerms, Renews
from gateway.journeys import following, tracking
from gateway.journeys.attempts import Act
from gateway.rules import lifecycle
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock
from schemas.errors import Conflict, Refused, Unsupported
from schemas.shipments import Renewal, ShipmentState
from schemas.tracking import TrackingStatus

FIRST_LOOK = timedelta(hours=1)
OVER = frozenset({ShipmentState.CANCELLED, ShipmentState.EXPIRED})


async def terms_of(tx: Desk, shipment: Record) -> RenewalTerms:
    """How far this shipment's authorisation can be renewed now.

    Raises Unsupported where its carrier renews nothing, Conflict where there is nothing to renew, or not yet.
    """
    adapter = registry.carrier(shipment.carrier)
    terms = adapter.profile.renewal
    if terms is None or not issubclass(adapter, Renews):
        raise Unsupported(f"{shipment.carrier} renews nothing", field="id")
    lifecycle.require(lifecycle.Act.RENEW, shipment.state)
    holder = await tx.attempts.holder("booking", shipment.id)
    if holder is None or holder.state != "live" or shipment.cancel_asked_at is not None:
        raise Conflict("there is no live booking to renew", state=str(shipment.state))
    if shipment.handed_over_at is not None:
        raise Conflict("it was handed over already", state=str(shipment.state))
    clock = await tx.deadlines.of_clock(Clock.HAND_OVER, shipment.id)
    runs = clock is not None and clock.due_by > tx.now and shipment.status != TrackingStatus.EXPIRED
    if terms.only_expired and clock is not None and runs:
        raise Conflict(
            f"it is good until {clock.due_by.isoformat()}: only what has expired is renewed", state="running"
        )
    others = [one for one in await tx.shipments.of_return(shipment.return_id) if one.id != shipment.id]
    if any(one.state not in OVER for one in others):
        raise Conflict("the return has another shipment by now", state=str(shipment.state))
    return terms


async def renew(tx: Desk, shipment_id: str, days: int) -> str:
    """Ask for so many calendar days more; the attempt's id. Asked again while it is under way, it is the same attempt.

    Raises what `terms_of` raises, and Unsupported for a number of days that the carrier does not give.
    """
    shipment = await tx.shipments.get(shipment_id, lock=True)
    before = await tx.attempts.of_subject("renewal", shipment_id)
    holder = await tx.attempts.holder("renewal", shipment_id)
    if holder is not None and holder.state != "live":
        return str(holder.id)
    terms = await terms_of(tx, shipment)
    if not terms.shortest <= days <= terms.longest:
        raise Unsupported(f"{shipment.carrier} renews by {terms.shortest} to {terms.longest} days", field="days")
    if holder is not None:  # the time it gave is over
        await tx.attempts.set(holder.id, state="lapsed")
    number = len(before) + 1
    attempt_id = await tx.attempts.add(
        return_id=shipment.return_id,
        account_id=shipment.account_id,
        carrier=shipment.carrier,
        kind="renewal",
        subject_id=shipment_id,
        number=number,
        client_ref=client_ref(f"renewal:{shipment_id}", number),
        state="sending",
        request=json.dumps({"waybill": shipment.waybill, "days": days}),
        sent_at=tx.now,
        due_at=tx.now,
    )
    tx.note("renewal.sending", attempt_id, chain=shipment.return_id, after={"days": days, "number": number})
    tx.go("resolve", attempt_id)
    return str(attempt_id)


async def _send(carrier: Any, attempt: Record) -> Renewal:
    asked = json.loads(attempt.request)
    renewal: Renewal = await carrier.renew(asked["waybill"], asked["days"])
    return renewal


async def _vet(tx: Desk, attempt: Record, renewal: Renewal) -> None:
    return None


async def _renewed(tx: Desk, attempt: Record, renewal: Renewal) -> None:
    """The limit that the carrier states goes before every other. A scan that came meanwhile keeps the last word."""
    shipment = await tx.shipments.get(attempt.subject_id, lock=True)
    await tx.attempts.set(attempt.id, wire_code=renewal.wire_code, wire_text=renewal.wire_text, reason=None)
    if shipment.state in lifecycle.ALLOWED[lifecycle.Act.RENEW] and shipment.handed_over_at is None:
        look = tx.now + FIRST_LOOK
        waits = {"state": ShipmentState.BOOKED, "status": TrackingStatus.ANNOUNCED}
        await tx.shipments.set(shipment.id, **waits, reason=None)
        await tx.looks.set(shipment.id, **waits)
        await tx.looks.plan(shipment, look)
        await tracking.stand_by_events(tx, await tx.shipments.get(shipment.id))
        await tracking.return_stands(tx, shipment.return_id)
        await following.start_hand_over(tx, shipment, renewal.hand_over_by)
        await tx.wake("poll", shipment.account_id, look, only_earlier=True)
    tx.note(
        "shipment.renewed",
        shipment.id,
        chain=shipment.return_id,
        before={"state": shipment.state},
        after={"hand_over_by": renewal.hand_over_by.isoformat(), "renewed": renewal.renewed},
    )


async def _refused(tx: Desk, attempt: Record, error: Refused) -> None:
    detail = Detail.of("not_renewed", refusal=error.code, words=error)
    await tx.tasks.ask("renewal_refused", f"attempt:{attempt.id}", detail, attempt.return_id)


RENEWAL = Act(
    kind="renewal",
    job="resolve",
    send=_send,
    vet=_vet,
    accepted=_renewed,
    refused=_refused,
    repeats=True,
)
