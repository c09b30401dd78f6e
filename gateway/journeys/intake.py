"""A platform's message becomes a return: durable before it is answered, read afterwards, the newest version wins.

A push is a trigger. Where the platform can be asked back, the state comes from its API and never from the push; a hint that
is not signed keeps only its ids and is always asked back.
"""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from adapters.seam import AsksBack, Platform, PushesTracking
from gateway.core import Gateway, twice_if_stale
from gateway.crash import crash
from gateway.jobs import back_off, jittered
from gateway.journeys import applying, conversing, planning, tracking, watching
from gateway.rules.details import Detail
from gateway.store import parties
from gateway.store.ids import new_id
from gateway.store.messages import Arrival
from gateway.store.returns import canonical_number
from gateway.store.shipments import meant
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import (
    CredentialsRejected,
    NothingHappened,
    Refused,
    SignatureRejected,
    Throttled,
    Unavailable,
    Unintelligible,
)
from schemas.messages import InboundMessage, Trust
from schemas.returns import PlatformEvent, PlatformEventKind, ReturnAuthorization
from schemas.thread import PlatformMessage
from schemas.tracking import TrackingEvent

log = structlog.get_logger(__name__)
KEPT_HEADERS = 60
UNKNOWN_THERE = timedelta(minutes=10)
"""Until a shop that rejected our credentials is asked about a message again."""
Hinted = Callable[[str], float]
"""Counts one message without a signature for a source or account: seconds to wait where it is one too many."""
ABOUT_RETURNS = frozenset(
    {PlatformEventKind.RETURN_CHANGED, PlatformEventKind.LABEL_ATTACHED, PlatformEventKind.MESSAGE_POSTED}
)


async def receive(
    gw: Gateway, platform_id: str, source_id: str, message: InboundMessage, hinted: Hinted = lambda owner_id: 0.0
) -> bool:
    """Verify and keep a platform's message; True when it is new, False for a repetition. Durable when this returns.

    Raises SignatureRejected, the same for a wrong signature, a wrong source and one that is off; Unintelligible for a
    signed message that is of no form at all; what can be parsed and not used is kept, and quarantined when it is read.
    Raises Throttled where `hinted` says that a message without a signature is one too many.
    """
    async with gw.store.front_desk() as connection:
        source = await parties.source_of(connection, source_id)
    if source is None or source.platform != platform_id or not source.enabled:
        raise SignatureRejected("no such source")
    platform = gw.open_platform(source)
    trust = vet(platform, message)
    _make_room(source, trust, hinted)
    return await _keep(gw, source, "platform", platform.delivery_id(message), trust, message)


def vet(platform: Platform, message: InboundMessage) -> Trust:
    """How far a message may be trusted. Raises SignatureRejected and Unintelligible, as `receive` does."""
    trust = platform.verify(message)
    _require_form(lambda: platform.read(message), message)
    return trust


async def receive_push(
    gw: Gateway, carrier_id: str, account_id: str, message: InboundMessage, hinted: Hinted = lambda owner_id: 0.0
) -> bool:
    """The same for a carrier's push of tracking events. A repetition is told by the body: carriers number no deliveries. What
    nobody signed says only that there is something to read: it is one within a minute."""
    async with gw.store.front_desk() as connection:
        account = await parties.account_of(connection, account_id)
    if account is None or account.carrier != carrier_id:
        raise SignatureRejected("no such account")
    carrier = gw.open_carrier(account)
    if not isinstance(carrier, PushesTracking):
        raise SignatureRejected("this carrier pushes nothing")
    trust = carrier.verify(message)
    _require_form(lambda: carrier.read_push(message), message)
    _make_room(account, trust, hinted)
    minute = f" {message.received_at:%Y-%m-%d %H:%M}" if trust is Trust.HINT else ""
    return await _keep(gw, account, "carrier", message.sha256 + minute, trust, message)


def _make_room(owner: Record, trust: Trust, hinted: Hinted) -> None:
    """Anybody can send what nobody signs, and each asks the other side, whose quota is not his."""
    wait = hinted(owner.id) if trust is Trust.HINT else 0.0
    if wait:
        raise Throttled("too many messages without a signature", retry_after=wait)


def _require_form(read: Callable[[], object], message: InboundMessage) -> None:
    """A signed message that is JSON is kept even where it cannot be used: a 4xx would cost the subscription. What it says is
    read once, afterwards; what is not JSON must be of another form that the adapter reads."""
    try:
        json.loads(message.body)
    except (ValueError, RecursionError):
        try:
            read()
        except Unintelligible:
            raise Unintelligible("not of the form that was agreed") from None


async def _keep(gw: Gateway, owner: Record, door: str, delivery_id: str, trust: Trust, message: InboundMessage) -> bool:
    arrival = Arrival(
        id=new_id("msg", message.received_at),
        exporter_id=owner.exporter_id,
        door=door,
        source_id=owner.id,
        delivery_id=delivery_id[:300],
        trust=trust,
        url=message.url,
        headers=dict(list(message.headers.items())[:KEPT_HEADERS]),
        body=message.body,
        received_at=message.received_at,
    )
    crash("intake.before_commit")
    new = await gw.store.keep_arrival(arrival)
    crash("intake.after_commit")
    gw.metrics.received.labels(door, "new" if new else "repeated").inc()
    return new


async def ingest(gw: Gateway, job: Job) -> None:
    """Read one kept message and apply what it says."""
    async with gw.store.transaction(job.exporter_id) as tx:
        row = await tx.claim(job)
        if row is None:
            return
        shelf = tx.sources if row.door == "platform" else tx.accounts
        source = await shelf.get(row.source_id)
    message = InboundMessage(body=row.body, headers=row.headers, url=row.url, received_at=row.received_at)
    if row.door == "carrier":
        await _ingest_push(gw, job, row, source, message)
        return
    try:
        found = await _authorizations(gw, gw.open_platform(source), message, Trust(row.trust))
    except (Unavailable, CredentialsRejected) as error:
        await _later(gw, job, row, error)
        return
    except (NothingHappened, Unintelligible) as error:
        await _conclude(gw, job, row, "quarantined", f"{type(error).__name__}: {error}")
        return
    crash("ingest.before_commit")
    async with gw.store.transaction(job.exporter_id, actor=f"platform:{source.platform}") as tx:
        for authorization, asked_at, said in found:
            return_id = await apply(tx, source, authorization, asked_at)
            if said is not None:
                await conversing.hear(tx, return_id, said)
        await tx.inbox.conclude(row, "processed" if found else "ignored", None if found else "nothing for us in it")
        await tx.settle("ingest", row)


async def _ingest_push(gw: Gateway, job: Job, row: Record, account: Record, message: InboundMessage) -> None:
    """Pushed events go the way of polled ones; of what nobody signed, each shipment it names is looked at instead. What names
    no shipment of ours is kept, and listed as ignored; signed, it is read again once it does."""
    carrier = gw.open_carrier(account)
    assert isinstance(carrier, PushesTracking)  # it was, when the message was kept
    try:
        events = carrier.read_push(message)
    except (NothingHappened, Unintelligible) as error:
        await _conclude(gw, job, row, "quarantined", f"{type(error).__name__}: {error}")
        return
    by_waybill: dict[str, list[TrackingEvent]] = {}
    for event in events:
        by_waybill.setdefault(canonical_number(event.waybill), []).append(event)
    async with gw.store.transaction(job.exporter_id, actor=f"carrier:{account.carrier}") as tx:
        known = meant(await tx.shipments.known_as([account.carrier], list(by_waybill)))
        strange = set(by_waybill) - {canonical for _, canonical in known}
        for shipment_id, canonical in known:
            if row.trust == Trust.HINT:
                await tracking.refresh(tx, shipment_id)
            else:
                await tracking.record(gw, tx, shipment_id, by_waybill[canonical], "push")
        late = await _put_aside(tx, row, account, strange) if strange and row.trust != Trust.HINT else None
        await tx.inbox.conclude(
            row,
            "ignored" if strange or not events else "processed",
            f"{len(strange)} of {len(by_waybill)} waybills are not of ours" if strange else None,
        )
        await tx.settle("ingest", row, due_at=late)


async def _put_aside(tx: Desk, row: Record, account: Record, strange: Collection[str]) -> datetime | None:
    """Keep these numbers for bookings to come. When to read the message again: now, where one of them was booked while it
    was read."""
    await tx.inbox.alone(account.carrier)
    booked = {canonical for _, canonical in meant(await tx.shipments.known_as([account.carrier], list(strange)))}
    await tx.inbox.put_aside(row, account.carrier, set(strange) - booked)
    return tx.now if booked else None


async def _authorizations(
    gw: Gateway, platform: Platform, message: InboundMessage, trust: Trust
) -> Sequence[tuple[ReturnAuthorization, datetime, PlatformMessage | None]]:
    """The returns that a message is about, as their platform knows them now, since when at least, and what is for their
    threads: that cannot be asked for, so it must be signed."""
    found = []
    for event in platform.read(message):
        if event.kind not in ABOUT_RETURNS:
            continue
        if event.message is not None and trust is Trust.HINT:
            raise Refused("nobody signed what it says")
        if isinstance(platform, AsksBack) and event.rma_id:
            asked_at = gw.clock()
            answer = await twice_if_stale(partial(platform.fetch_return, event.rma_id))
            found.append((answer, asked_at, event.message))
        else:
            found.append((_told(event, trust), message.received_at, event.message))
    return found


def _told(event: PlatformEvent, trust: Trust) -> ReturnAuthorization:
    if trust is Trust.HINT or event.authorization is None:
        raise Refused("the message carries no whole return, and the platform cannot be asked")
    return event.authorization


async def _later(gw: Gateway, job: Job, row: Record, error: Unavailable | CredentialsRejected) -> None:
    """When the platform answers again, or knows us again: that is no fault of the message's."""
    wait = back_off(row.tries)
    async with gw.store.transaction(job.exporter_id) as tx:
        if isinstance(error, CredentialsRejected):
            await watching.rejected(tx, row.source_id)
            wait = jittered(UNKNOWN_THERE)
        await tx.settle("ingest", row, due_at=tx.now + wait, tries=row.tries)


async def _conclude(gw: Gateway, job: Job, row: Record, state: str, reason: str) -> None:
    async with gw.store.transaction(job.exporter_id) as tx:
        await tx.inbox.conclude(row, state, reason)
        if state == "quarantined":
            await tx.tasks.ask("quarantine", f"inbox:{row.id}", Detail.of("unreadable", words=reason))
            log.warning("inbox.quarantined", row=row.id, reason=reason)
        await tx.settle("ingest", row)


async def apply(tx: Desk, source: Record, authorization: ReturnAuthorization, asked_at: datetime) -> str:
    """A return as its platform knows it: created, amended or left alone. The platform's version decides, not the arrival;
    of answers without one, the one that was asked for last (`asked_at`: when the asking began, or a push came in).
    What was written comes along where the API tells it with the return, and goes to the thread."""
    said, authorization = authorization.messages, authorization.model_copy(update={"messages": ()})
    return_id = await _applied(tx, source, authorization, asked_at)
    for message in said:
        await conversing.hear(tx, return_id, message)
    return return_id


async def _applied(tx: Desk, source: Record, authorization: ReturnAuthorization, asked_at: datetime) -> str:
    known = await tx.returns.by_rma(source.id, authorization.rma_id, lock=True)
    if known is None:
        return await planning.open_return(tx, source, authorization, asked_at=asked_at)
    authorization = _with_what_is_known(known.authorization, authorization)
    if authorization.waybill and await _is_ours(tx, known.id, authorization.waybill):
        mine = {name: getattr(known.authorization, name) for name in ("waybill", "label_provider")}
        authorization = authorization.model_copy(update=mine)
    if _is_stale(known, authorization, asked_at):
        return str(known.id)
    if authorization.version_at is None or known.authorization != authorization:
        await tx.returns.set(known.id, asked_at=asked_at)
    if known.authorization == authorization:
        return str(known.id)
    await planning.amend_return(tx, source, known, authorization)
    await applying.follow(tx, known.id, authorization)
    return str(known.id)


def _with_what_is_known(before: ReturnAuthorization, now: ReturnAuthorization) -> ReturnAuthorization:
    """An address or a waybill out that the exporter supplied stands where the platform still tells none."""
    kept = {name: getattr(before, name) for name in ("returner", "outbound_waybill") if getattr(now, name) is None}
    return now.model_copy(update=kept)


async def _is_ours(tx: Desk, return_id: str, waybill: str) -> bool:
    """Whether the label that the platform knows of is the one that we told it."""
    ours = {canonical_number(row.waybill) for row in await tx.shipments.of_return(return_id) if row.waybill}
    return canonical_number(waybill) in ours


def _is_stale(known: Record, authorization: ReturnAuthorization, asked_at: datetime) -> bool:
    if known.version_at and authorization.version_at and known.version_at != authorization.version_at:
        return bool(authorization.version_at < known.version_at)
    return bool(known.asked_at and asked_at < known.asked_at)
