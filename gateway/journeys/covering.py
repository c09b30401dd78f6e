"""Cover by a policy: bound once before the hand-over, cancelled when the shipment is voided, its premium accrued.

Cover that the carrier sells with the booking is a part of the booking, and voided with it: a shipment has one or the other,
never both. Binding is a filing like any other; a cancellation is sent by the look-up, because asking twice does no harm.
"""

import json
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any

from adapters.seam import Carrier, FindsCovers, InsuresGoods
from gateway.core import Gateway
from gateway.journeys import filing
from gateway.journeys.attempts import Act
from gateway.journeys.notices import announce
from gateway.rules.claims import goods_of
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.charges import ChargeType
from schemas.covers import CoverRequest, Policy
from schemas.errors import Conflict, Refused
from schemas.filings import Filing
from schemas.messages import NoticeKind
from schemas.shipments import ShipmentState, VoidOutcome, VoidReceipt
from schemas.values import ClientRef, Money, Waybill, tidy

HOLDS = (filing.UNDER_WAY, "bound")
"""A shipment has one cover at a time."""


async def run_cover(gw: Gateway, job: Job) -> None:
    await filing.run(gw, job, COVER, _rests)


async def _rests(tx: Desk, cover: Record) -> None:
    await tx.settle(COVER.word, cover)


async def bind(tx: Desk, shipment_id: str, insured: Money, account_id: str | None) -> str:
    """Have the goods of a booked shipment covered, by the insurer of this account or the carrier's own; the cover's id.

    Raises Conflict where it is covered already, or the carrier has the goods: then no cover holds. Unsupported where the
    account sells none.
    """
    shipment = await tx.shipments.get(shipment_id, lock=True)
    why = _too_late(shipment)
    if why is not None:
        raise Conflict(why, state=str(shipment.state))
    if shipment.request.insured_value is not None:
        raise Conflict("it is covered with the booking", state="covered")
    if any(one.state in HOLDS for one in await tx.covers.of_shipment(shipment_id)):
        raise Conflict("it is covered already", state="covered")
    account = await tx.accounts.get(account_id or shipment.account_id)
    row = await tx.returns.get(shipment.return_id)
    cover_id = await tx.covers.add(
        return_id=shipment.return_id,
        shipment_id=shipment_id,
        account_id=account.id,
        carrier=account.carrier,
        state="draft",
        insured_minor=insured.minor,
        currency=insured.currency,
        goods=tidy(goods_of(row.authorization.items)[0], 500),
        created_at=tx.now,
    )
    await filing.ask(tx, COVER, await tx.covers.get(cover_id), account)
    return cover_id


def _too_late(shipment: Record) -> str | None:
    if shipment.handed_over_at is not None:
        return "it was handed over already: no cover holds"
    if shipment.state != ShipmentState.BOOKED or shipment.cancel_asked_at is not None:
        return f"no cover for a shipment that is {shipment.state}"
    return None


async def _moot(tx: Desk, cover: Record) -> bool:
    """Handed over or stopped while it waited: then it is not bound any more."""
    why = _too_late(await tx.shipments.get(cover.shipment_id))
    if why is not None:
        await _not_bound(tx, cover, why)
    return why is not None


async def _request(tx: Desk, cover: Record) -> CoverRequest:
    shipment = await tx.shipments.get(cover.shipment_id)
    nth = [one.id for one in await tx.covers.of_shipment(shipment.id)].index(cover.id)
    return CoverRequest(
        client_ref=client_ref(f"cover:{shipment.request.client_ref}:{shipment.waybill}:{nth}", 1),
        waybill=Waybill(shipment.waybill or ""),
        insured_value=Money.from_minor(cover.insured_minor, cover.currency),
        goods=cover.goods,
    )


async def _send(carrier: Any, said: str) -> Policy:
    policy: Policy = await carrier.bind_cover(CoverRequest.model_validate_json(said))
    return policy


def _look_up(carrier: Carrier, reference: ClientRef) -> Awaitable[Sequence[Filing]] | None:
    return carrier.find_covers(reference) if isinstance(carrier, FindsCovers) else None


async def _bound(tx: Desk, cover: Record, filed: Filing) -> None:
    """It holds. Where the shipment was stopped or handed over meanwhile, it is cancelled, or a person is told."""
    premium = filed.premium if isinstance(filed, Policy) else None
    paid = {"premium_minor": premium.minor, "premium_currency": premium.currency} if premium else {}
    await tx.covers.set(cover.id, state="bound", reference=filed.number, bound_at=tx.now, reason=None, **paid)
    if premium:
        await tx.accruals.add(
            return_id=cover.return_id,
            shipment_id=cover.shipment_id,
            type=ChargeType.INSURANCE.value,
            minor=premium.minor,
            currency=premium.currency,
            basis="cover",
            wire_code=filed.number,
            created_at=tx.now,
        )
    said = {"reference": filed.number, "premium": str(premium) if premium else None}
    tx.note("cover.bound", cover.id, chain=cover.return_id, before={"state": cover.state}, after=said)
    await _tell(tx, NoticeKind.COVER_BOUND, cover, said)
    shipment = await tx.shipments.get(cover.shipment_id)
    if shipment.state == ShipmentState.CANCELLED or shipment.cancel_asked_at is not None:
        await stop(tx, shipment.id)
    elif shipment.handed_over_at is not None:
        detail = Detail.of("covered_late", number=filed.number, carrier=cover.carrier)
        await tx.tasks.ask("cover_late", f"cover:{cover.id}:late", detail, cover.return_id)


async def _refused(tx: Desk, cover: Record, error: Refused) -> None:
    await _not_bound(tx, cover, tidy(f"{error.code}: {error}", 500))


async def _not_bound(tx: Desk, cover: Record, why: str) -> None:
    await tx.covers.set(cover.id, state="refused", reason=why)
    tx.note("cover.refused", cover.id, chain=cover.return_id, before={"state": cover.state}, after={"why": why})
    await _tell(tx, NoticeKind.COVER_REFUSED, cover, {"reason": why})


def _not_due(tx: Desk, cover: Record) -> datetime | None:
    return None


COVER = filing.Kind(
    word="cover",
    shelf=lambda tx: tx.covers,
    files=InsuresGoods,
    send=_send,
    look_up=_look_up,
    request=_request,
    filed=_bound,
    refused=_refused,
    due=_not_due,
    moot=_moot,
)


async def stop(tx: Desk, shipment_id: str) -> None:
    """The shipment is void: a cover that holds is cancelled; one that is under way will be, once that is known."""
    held = [cover for cover in await tx.covers.of_shipment(shipment_id) if cover.state == "bound"]
    if held and (await tx.shipments.get(shipment_id)).handed_over_at is None:
        await cancel(tx, held[0].id)


async def cancel(tx: Desk, cover_id: str) -> None:
    """Ask for it to be cancelled; asked again it is the same. Raises Conflict unless it is bound, or after the hand-over."""
    cover = await tx.covers.get(cover_id, lock=True)
    shipment = await tx.shipments.get(cover.shipment_id)
    if cover.state != "bound" or shipment.handed_over_at is not None:
        raise Conflict("only cover that is bound is cancelled, before the hand-over", state=cover.state)
    before = await tx.attempts.of_subject("cover_void", cover_id)
    if any(one.state in ("sending", "unknown", "live") for one in before):
        return
    number = len(before) + 1
    attempt_id = await tx.attempts.add(
        return_id=cover.return_id,
        account_id=cover.account_id,
        carrier=cover.carrier,
        kind="cover_void",
        subject_id=cover_id,
        number=number,
        client_ref=client_ref(f"cover_void:{cover_id}", number),
        state="sending",
        request=json.dumps({"number": cover.reference}),
        sent_at=tx.now,
        due_at=tx.now,
    )
    tx.note("cover_void.sending", attempt_id, chain=cover.return_id, after={"number": number})
    tx.go("resolve", attempt_id)


async def _send_cancel(carrier: Any, attempt: Record) -> VoidReceipt:
    receipt: VoidReceipt = await carrier.cancel_cover(json.loads(attempt.request)["number"])
    return receipt


async def _vet_cancel(tx: Desk, attempt: Record, receipt: VoidReceipt) -> None:
    return None


async def _cancelled(tx: Desk, attempt: Record, receipt: VoidReceipt) -> None:
    cover = await tx.covers.get(attempt.subject_id, lock=True)
    if receipt.outcome in (VoidOutcome.REJECTED, VoidOutcome.NOT_APPLICABLE):
        await tx.attempts.set(attempt.id, state="refused", wire_code=receipt.wire_code, wire_text=receipt.wire_text)
        await _by_hand(tx, attempt, cover, receipt.wire_text or receipt.outcome)
        return
    await tx.covers.set(cover.id, state="cancelled", cancelled_at=tx.now)
    for row in await tx.accruals.of_shipment(cover.shipment_id):
        if row.basis == "cover" and row.wire_code == cover.reference:
            await tx.accruals.set(row.id, minor=0)
    binding = await tx.attempts.holder(COVER.word, cover.id)
    if binding is not None:
        await tx.attempts.set(binding.id, state="void", settled_at=tx.now)
    tx.note("cover.cancelled", cover.id, chain=cover.return_id, before={"state": cover.state})
    await _tell(tx, NoticeKind.COVER_CANCELLED, cover, {"reference": cover.reference})


async def _cancel_refused(tx: Desk, attempt: Record, error: Refused) -> None:
    await _by_hand(tx, attempt, await tx.covers.get(attempt.subject_id), error.code)


async def _by_hand(tx: Desk, attempt: Record, cover: Record, why: str) -> None:
    detail = Detail.of("cover_stands", number=cover.reference, carrier=cover.carrier, refusal=why)
    await tx.tasks.ask("cover_by_hand", f"attempt:{attempt.id}", detail, cover.return_id)


CANCEL = Act(
    kind="cover_void",
    job="resolve",
    send=_send_cancel,
    vet=_vet_cancel,
    accepted=_cancelled,
    refused=_cancel_refused,
    repeats=True,
)


async def _tell(tx: Desk, kind: NoticeKind, cover: Record, said: dict[str, Any]) -> None:
    told = {"cover_id": cover.id, "shipment_id": cover.shipment_id, "insurer": cover.carrier}
    insured = str(Money.from_minor(cover.insured_minor, cover.currency))
    await announce(
        tx, kind, {**told, "insured": insured, **said}, cause=f"{kind}:{cover.id}", return_id=cover.return_id
    )
