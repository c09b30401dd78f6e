"""From an approved return to a planned shipment: the exporter's designated channel, and what the carrier will be asked.

Only a return that is APPROVED and whose label the merchant provides is planned; the others are followed. What is missing is
a task with a reason, never a guess: an address, a channel, or a value that customs must be told.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.journeys import channels, clocks
from gateway.journeys.agreed import terms_for
from gateway.journeys.channels import Wanted
from gateway.journeys.notices import announce
from gateway.journeys.requests import Missing, build_request, following, require_fields
from gateway.rules import lifecycle
from gateway.rules.details import Detail
from gateway.rules.references import client_ref
from gateway.store.returns import phone_tail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.customs_case import CustomsCase
from schemas.messages import NoticeKind
from schemas.returns import LabelProvider, ReturnAuthorization, ReturnKind, ReturnStatus
from schemas.shipments import BookingRequest, ShipmentState
from schemas.values import ClientRef, Party


async def open_return(
    tx: Desk,
    source: Record,
    authorization: ReturnAuthorization,
    *,
    external_id: str | None = None,
    asked_at: datetime | None = None,
    terms_id: str | None = None,
) -> str:
    """A return that was not known: kept with its terms, findable by its numbers, told, and planned if it is to be booked."""
    row = await tx.returns.added(
        source_id=source.id,
        rma_id=authorization.rma_id,
        external_id=external_id,
        status=authorization.status,
        authorization=authorization,
        version_at=authorization.version_at,
        asked_at=asked_at,
        terms_id=terms_id or await terms_for(tx, source, authorization),
        created_at=tx.now,
        updated_at=tx.now,
    )
    return_id = str(row.id)
    await _index(tx, return_id, authorization, external_id)
    tx.note("return.opened", return_id, chain=return_id, after={"status": authorization.status})
    if authorization.status is ReturnStatus.APPROVED:
        said = _said(authorization)
        await announce(tx, NoticeKind.RETURN_APPROVED, said, cause=f"approved:{return_id}", return_id=return_id)
        await plan(tx, source, row)
    return return_id


async def amend_return(tx: Desk, source: Record, known: Record, authorization: ReturnAuthorization) -> None:
    """A newer version of a known return. Before booking it is followed; after booking a person looks at it."""
    found = await tx.shipments.of_return(known.id)
    shipments = [await tx.shipments.get(one.id, lock=True) for one in found]  # none is booked as it was meanwhile
    stops = authorization.status in lifecycle.STOPS
    under_way = [row for row in shipments if await _is_under_way(tx, known, row)]
    status = authorization.status if stops or not under_way else ReturnStatus(known.status)
    unmoved = stops or not under_way or _only_went_on(known.authorization, authorization)
    review = None if unmoved else "review_amendment"
    await tx.returns.set(
        known.id,
        authorization=authorization,
        version_at=authorization.version_at or known.version_at,
        status=status,
        review=review or known.review,
        updated_at=tx.now,
    )
    await _index(tx, known.id, authorization, None)
    tx.note(
        "return.amended",
        known.id,
        chain=known.id,
        before={"status": known.status},
        after={"status": status, "review": review},
    )
    if known.status in lifecycle.STOPS and not stops:
        await clocks.revived(tx, known)
    if stops:
        await cancel_shipments(tx, shipments)
        await clocks.stopped(tx, known.id)
        await announce(
            tx, NoticeKind.RETURN_CANCELLED, _said(authorization), cause=f"cancelled:{known.id}", return_id=known.id
        )
    elif review:
        await _ask_for_review(tx, known.id, authorization, review)
    elif authorization.status is ReturnStatus.APPROVED:
        await announce(
            tx, NoticeKind.RETURN_APPROVED, _said(authorization), cause=f"approved:{known.id}", return_id=known.id
        )
        await plan(tx, source, await tx.returns.get(known.id))


def _only_went_on(before: ReturnAuthorization, now: ReturnAuthorization) -> bool:
    """Whether all that is new is how far it has come: what was booked is still what is wanted."""
    went = {"status", "wire_status", "version_at"}
    return before.model_dump(exclude=went) == now.model_dump(exclude=went)


async def _is_under_way(tx: Desk, row: Record, shipment: Record) -> bool:
    """Whether the carrier may know of it: from the intent of a booking on, not only once it is confirmed."""
    if shipment.state == ShipmentState.REQUESTED or _is_held(row, shipment):
        return await tx.attempts.holder("booking", shipment.id) is not None
    return bool(shipment.state != ShipmentState.CANCELLED)


def _is_held(row: Record, shipment: Record) -> bool:
    """Whether it waits because of what the return lacks, and not because its carrier refused it."""
    return bool(shipment.state == ShipmentState.ACTION_REQUIRED and shipment.reason == row.review)


async def _ask_for_review(tx: Desk, return_id: str, authorization: ReturnAuthorization, review: str) -> None:
    version = (authorization.version_at or tx.now).isoformat()
    await tx.tasks.ask(review, f"amended:{return_id}:{version}", Detail.of("amended"), return_id)
    await announce(
        tx,
        NoticeKind.RETURN_NEEDS_REVIEW,
        _said(authorization),
        cause=f"review:{return_id}:{version}",
        return_id=return_id,
    )


async def cancel_shipments(tx: Desk, shipments: Sequence[Record]) -> None:
    """Ask for every shipment of a return to be stopped; what is booked is voided by its own job."""
    for shipment in shipments:
        if shipment.cancel_asked_at is None and shipment.state != ShipmentState.CANCELLED:
            await tx.shipments.set(shipment.id, cancel_asked_at=tx.now)
            tx.note("shipment.cancel_asked", shipment.id, chain=shipment.return_id)
            await tx.wake("book", shipment.id)


async def plan(tx: Desk, source: Record, row: Record) -> str | None:
    """Plan the return's one shipment, or say what is missing. The shipment's id, None where there is none."""
    authorization: ReturnAuthorization = row.authorization
    if authorization.label_provider is not LabelProvider.MERCHANT or authorization.kind is ReturnKind.REFUND_ONLY:
        return None
    try:
        returner = returner_of(authorization)
        wanted = wanted_of(tx, authorization, returner, row.customs)
        channel, account = await channel_for(tx, source, returner.address.country, row.customs, wanted)
        request = wanted(channel, account)
        require_fields(account.carrier, request)
    except Missing as missing:
        await _hold_back(tx, row, missing)
        await _ask(tx, row, missing)
        return None
    planned = await tx.shipments.of_return(row.id)
    held = next((one for one in planned if _is_held(row, one)), None)
    if not tx.known.is_new(row.id):
        await _answered(tx, row)
    waiting = next((one for one in planned if one.state == ShipmentState.REQUESTED), held)
    if waiting is not None:
        request = following(waiting, request, account)
        place = {"channel_id": channel.id, "account_id": account.id, "carrier": account.carrier}
        await tx.shipments.set(waiting.id, request=request, state=ShipmentState.REQUESTED, reason=None, **place)
        if waiting is held:
            await tx.wake("book", waiting.id)
        if waiting.cancel_asked_at is not None:  # approved again before its job has ended it
            await tx.shipments.set(waiting.id, cancel_asked_at=None)
            tx.note("shipment.wanted_again", waiting.id, chain=row.id)
        return str(waiting.id)
    request = request.model_copy(update={"client_ref": _reference(row, len(planned))})
    return await _add_shipment(tx, row, channel, account, request)


async def _hold_back(tx: Desk, row: Record, missing: Missing) -> None:
    """What was planned of an older version does not go either: it waits with the question, unless the carrier may know it."""
    for one in () if tx.known.is_new(row.id) else await tx.shipments.of_return(row.id):
        if (one.state == ShipmentState.REQUESTED and one.cancel_asked_at is None) or _is_held(row, one):
            locked = await tx.shipments.get(one.id, lock=True)
            if not await _is_under_way(tx, row, locked):
                await tx.shipments.set(one.id, state=ShipmentState.ACTION_REQUIRED, reason=missing.code)
                tx.note("shipment.held_back", one.id, chain=row.id, after={"reason": missing.code})


async def _answered(tx: Desk, row: Record) -> None:
    """Nothing is missing any more."""
    task = await tx.tasks.that(cause=f"plan:{row.id}")
    if task is not None:
        await tx.tasks.done(task.cause)
        if row.review == task.kind:
            await tx.returns.set(row.id, review=None)


def _reference(row: Record, planned: int) -> ClientRef:
    """The reference of the return's next shipment. It follows from what the platform or the exporter calls the return: a
    database that was restored, and has forgotten the return, gives it the reference that the carrier knows."""
    return client_ref(f"{row.source_id}:{row.external_id or row.rma_id}:{planned}", 1)


async def _add_shipment(tx: Desk, row: Record, channel: Record, account: Record, request: BookingRequest) -> str:
    shipment = await tx.shipments.added(
        return_id=row.id,
        account_id=account.id,
        channel_id=channel.id,
        carrier=account.carrier,
        state=ShipmentState.REQUESTED,
        status="announced",
        request=request,
        created_at=tx.now,
        due_at=tx.now,
    )
    shipment_id = str(shipment.id)
    tx.note(
        "shipment.planned",
        shipment_id,
        chain=row.id,
        after={"carrier": account.carrier, "service": channel.service, "channel": channel.name},
    )
    tx.go("book", shipment_id)
    return shipment_id


async def held_back(tx: Desk, shipment: Record) -> bool:
    """Whether the carrier's table forbids to send what was planned: then a person is asked, and nothing leaves."""
    try:
        require_fields(shipment.carrier, shipment.request)
    except Missing as missing:
        await tx.shipments.set(shipment.id, state=ShipmentState.ACTION_REQUIRED, reason=missing.code)
        await _ask(tx, await tx.returns.get(shipment.return_id), missing)
        return True
    return False


async def _ask(tx: Desk, row: Record, missing: Missing) -> None:
    await tx.returns.set(row.id, review=missing.code, updated_at=tx.now)
    await tx.tasks.ask_anew(missing.code, f"plan:{row.id}", missing.detail, row.id)
    tx.note("return.action_required", row.id, chain=row.id, after={"reason": missing.code})
    await announce(
        tx,
        NoticeKind.RETURN_ACTION_REQUIRED,
        {"rma_id": row.rma_id, "reason": missing.code, "detail": str(missing)},
        cause=f"action:{row.id}:{missing.code}",
        return_id=row.id,
    )


async def _index(tx: Desk, return_id: str, authorization: ReturnAuthorization, external_id: str | None) -> None:
    returner = authorization.returner
    await tx.returns.known_as(
        return_id,
        [
            ("rma", authorization.rma_id),
            ("rma", authorization.rma_number),
            ("order", authorization.order_id),
            ("order", authorization.order_number),
            ("external", external_id),
            ("outbound", authorization.outbound_waybill),
            ("waybill", authorization.waybill),
            ("email", returner.email if returner else None),
            ("phone", phone_tail(returner.phone or "") if returner else None),
            ("postal_code", returner.address.postal_code if returner else None),
        ],
    )


def _said(authorization: ReturnAuthorization) -> dict[str, object]:
    """What a notice says of a return: numbers and lines, nobody's name or address."""
    return {
        "rma_id": authorization.rma_id,
        "rma_number": authorization.rma_number,
        "order_id": authorization.order_id,
        "status": authorization.status.value,
        "items": [{"line_id": i.line_id, "sku": i.sku, "quantity": i.quantity} for i in authorization.items],
    }


def returner_of(authorization: ReturnAuthorization) -> Party:
    if authorization.returner is None:
        raise Missing("needs_address", Detail.of("needs_address"))
    return authorization.returner


def wanted_of(tx: Desk, authorization: ReturnAuthorization, returner: Party, case: CustomsCase | None) -> Wanted:
    """What would be asked of a return at each channel."""
    return lambda channel, account: build_request(authorization, channel, account, returner, tx, case)


async def channel_for(
    tx: Desk, source: Record, country: str, case: CustomsCase | None = None, wanted: Wanted | None = None
) -> tuple[Record, Record]:
    """The channel and its account."""
    choice = await channels.choose(tx, source.id, country, case, wanted)
    if choice.route.chosen is None or choice.account is None:
        raise Missing("no_channel", Detail.of("no_channel", country=country))
    return choice.route.chosen, choice.account
