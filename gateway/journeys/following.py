"""What a booking and its scans mean for the clocks: which limit starts, which is met, which does not hold any more.

Judged by when things happened. A scan that claims to lie ahead counts as of now: nothing has happened later than we heard of
it. A start that no scan shows is inferred from the earliest scan after it, and computed again when the true one comes.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from adapters import registry
from gateway.journeys import clocks
from gateway.journeys.clocks import Subject
from gateway.journeys.reckoning import reckon
from gateway.rules import deadlines, lifecycle
from gateway.rules.calendars import end_of, zone_of
from gateway.rules.lifecycle import Standing
from gateway.rules.limits import policy_for, starts_with
from gateway.rules.zones import zone_in
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, DeadlinePolicy, DeadlineState, PolicySource
from schemas.returns import ReturnStatus
from schemas.shipments import BookingRequest
from schemas.starts import ClaimKind, ClockStart
from schemas.tracking import ExceptionReason, TrackingStatus
from schemas.values import Money, Party

WITHOUT_SCAN = (ClaimKind.LOSS, ClaimKind.DAMAGE)
"""What may be found out any day; a delay is claimed only where the carrier's own scans tell of one, or its own promise."""
OVER = frozenset({TrackingStatus.RETURNED_TO_SENDER, TrackingStatus.CANCELLED})


def printed(channel: Record, carrier: str) -> tuple[DeadlinePolicy, ...]:
    """All that was agreed or printed about time for shipments of this channel."""
    profile = registry.carrier(carrier).profile
    single = (channel.acceptance, profile.hand_over, profile.acceptance)
    return (*channel.limits.policies, *(one for one in single if one), *profile.holds, *profile.claims)


def applicable(
    channel: Record,
    shipment: Record,
    clock: Clock,
    start_at: datetime,
    about: ClaimKind | None = None,
    *,
    zone: str = "",
) -> DeadlinePolicy | None:
    """The policy that one of this shipment's clocks goes by, when it starts at this instant; `zone` is the place's, usually
    the channel's."""
    request = shipment.request
    return policy_for(
        clock,
        printed(channel, shipment.carrier),
        start_at.astimezone(ZoneInfo(zone or channel.zone)).date(),
        country=request.consignee.address.country,
        about=about,
        price=worth(request),
    )


def worth(request: BookingRequest) -> Money | None:
    """The price of the goods, for limits that hold for a band of it."""
    return request.customs.customs_value if request.customs else request.insured_value


def hand_over_zone(channel: Record, returner: Party, at: datetime) -> str:
    """Where the days of a hand-over are counted: at the returner's, who takes the parcel to the carrier there."""
    return zone_in(returner.address.country, at) or str(channel.zone)


async def start_hand_over(tx: Desk, shipment: Record, stated: datetime | None) -> None:
    """A booked label must be scanned in time: by the carrier's answer, else by its published limit. Booked once more, or
    renewed, it has a window of its own: what the limit was before does not count any more."""
    channel = await tx.channels.get(shipment.channel_id)
    zone = hand_over_zone(channel, shipment.request.shipper, tx.now)
    policy = applicable(channel, shipment, Clock.HAND_OVER, tx.now, zone=zone)
    if policy is None:
        return
    if stated is not None:
        because = "stated in the carrier's answer"
        policy = policy.model_copy(
            update={"source": PolicySource.CARRIER_ANSWER, "stated_by": stated, "because": because}
        )
    terms = deadlines.start(policy, tx.now, zone, working_hours=channel.limits.working_hours)
    await clocks.begin(tx, terms, Subject(shipment.id, shipment.return_id, shipment.id))


async def keep_promise(tx: Desk, shipment: Record, promised_on: date | None) -> None:
    """What the carrier promised with the booking: a delivery after that day at the consignee's is late, without a scan."""
    if promised_on is not None:
        channel = await tx.channels.get(shipment.channel_id)
        await tx.shipments.set(shipment.id, promised_at=end_of(promised_on, zone_of(channel.zone)))


async def follow(tx: Desk, shipment: Record, standing: Standing) -> None:
    """The scans of a shipment, as they are known by now."""
    if standing.handed_over_at is None:
        return
    channel = await tx.channels.get(shipment.channel_id)
    await clocks.met(tx, Clock.HAND_OVER, shipment.id, min(standing.handed_over_at, tx.now), corrects=True)
    await _hold(tx, channel, shipment, standing)
    await _claims(tx, channel, shipment, standing)
    if standing.delivered_at is not None:
        await clocks.met(tx, Clock.CUSTOMS, shipment.return_id, min(standing.delivered_at, tx.now), corrects=True)
        await _acceptance(tx, channel, shipment, standing.delivered_at)
    elif standing.status in OVER:
        await clocks.cancel_clock(tx, Clock.ACCEPTANCE, shipment.return_id)


async def _acceptance(tx: Desk, channel: Record, shipment: Record, delivered_at: datetime) -> None:
    """The limit runs from the delivery, also where that is heard, or corrected, after the exporter has decided: then his act
    meets it, and is judged again."""
    status = ReturnStatus((await tx.returns.get(shipment.return_id)).status)
    versions = await tx.acceptances.of_return(shipment.return_id) if status in lifecycle.ENDED else ()
    if status in lifecycle.SETTLED and not versions:
        return
    policy = applicable(channel, shipment, Clock.ACCEPTANCE, delivered_at)
    await _start(tx, channel, shipment, policy, delivered_at, subject_id=shipment.return_id)
    for version in versions:
        late = await clocks.met(tx, Clock.ACCEPTANCE, shipment.return_id, version.record.decided_at)
        if late != version.late_by_seconds:
            await tx.acceptances.set(version.id, late_by_seconds=late)
            tx.note(
                "acceptance.judged_again",
                shipment.return_id,
                chain=shipment.return_id,
                before={"version": version.version, "late": version.late_by_seconds},
                after={"version": version.version, "late": late},
            )


async def _hold(tx: Desk, channel: Record, shipment: Record, standing: Standing) -> None:
    """It waits at a collection point until somebody fetches it; on its way again, or back, there is nothing to fetch."""
    known = await tx.deadlines.of_clock(Clock.HOLD, shipment.id)
    if standing.ready_at is None:
        if known is not None and known.state != DeadlineState.CANCELLED:
            await clocks.cancel(tx, known)
    elif standing.delivered_at is None:
        policy = applicable(channel, shipment, Clock.HOLD, standing.ready_at)
        await _start(tx, channel, shipment, policy, standing.ready_at)
    elif known is not None:
        await _start(tx, channel, shipment, known.terms.policy, standing.ready_at)
        await clocks.met(tx, Clock.HOLD, shipment.id, min(standing.delivered_at, tx.now), corrects=True)


async def _claims(tx: Desk, channel: Record, shipment: Record, standing: Standing) -> None:
    """Each kind from the event that its rule names. What was delivered is not lost."""
    if standing.delivered_at is not None or standing.status in OVER:
        await clocks.cancel_clock(tx, Clock.CLAIM, shipment.id, ClaimKind.LOSS)
    if standing.status in OVER:
        return
    for about in await _claimable(tx, shipment, standing):
        start = _claim_start(channel, shipment, about, standing)
        if start is not None:
            policy, at, inferred = start
            await _start(tx, channel, shipment, policy, at, about=about, inferred=inferred)


async def _claimable(tx: Desk, shipment: Record, standing: Standing) -> Sequence[ClaimKind]:
    if standing.delivered_at is None:
        return WITHOUT_SCAN
    row = await tx.returns.get(shipment.return_id)
    damaged = ReturnStatus(row.status) not in lifecycle.SETTLED
    if not damaged:  # by a correction it moves still; what the exporter found as agreed has none
        known = await tx.deadlines.of_clock(Clock.CLAIM, shipment.id, ClaimKind.DAMAGE)
        damaged = known is not None and known.state != DeadlineState.CANCELLED
    seen, acts = await tx.events.of_shipment(shipment.id), await tx.attempts.of_shipments([shipment.id])
    counting = reckon(shipment, acts, seen).counting
    delayed = any(event.reason == ExceptionReason.CARRIER_DELAY for event in counting)
    delayed |= shipment.promised_at is not None and standing.delivered_at >= shipment.promised_at
    return (*((ClaimKind.DAMAGE,) if damaged else ()), *((ClaimKind.DELAY,) if delayed else ()))


def _claim_start(
    channel: Record, shipment: Record, about: ClaimKind, standing: Standing
) -> tuple[DeadlinePolicy, datetime, bool] | None:
    """The policy that holds on the day from which it counts, that instant, and whether it was inferred."""
    handed_over, delivered = standing.handed_over_at, standing.delivered_at
    policy = applicable(channel, shipment, Clock.CLAIM, handed_over, about) if handed_over else None
    if delivered is not None and not _by_hand_over(policy):
        later = applicable(channel, shipment, Clock.CLAIM, delivered, about)
        policy = policy if _by_hand_over(later) else later
    if _by_hand_over(policy):
        at, inferred = handed_over, not standing.hand_over_seen
    else:
        at, inferred = delivered, False
    return None if policy is None or at is None else (policy, at, inferred)


def _by_hand_over(policy: DeadlinePolicy | None) -> bool:
    return policy is not None and starts_with(policy) is ClockStart.HANDED_OVER


async def _start(
    tx: Desk,
    channel: Record,
    shipment: Record,
    policy: DeadlinePolicy | None,
    at: datetime,
    *,
    subject_id: str = "",
    about: str = "",
    inferred: bool = False,
) -> None:
    subject = Subject(subject_id or shipment.id, shipment.return_id, shipment.id, about)
    if policy is None:
        return
    if at > tx.now and await tx.deadlines.of_clock(policy.clock, subject.id, about) is not None:
        return
    await clocks.start_clock(
        tx, policy, subject, min(at, tx.now), channel.zone, limits=channel.limits, inferred=inferred
    )


async def claims_stand(tx: Desk, return_id: str, *, as_agreed: bool) -> None:
    """The goods were looked at: there is nothing to claim for damage, or, after another look, there is after all."""
    for shipment in await tx.shipments.of_return(return_id):
        row = await tx.deadlines.of_clock(Clock.CLAIM, shipment.id, ClaimKind.DAMAGE)
        if row is not None and as_agreed:
            await clocks.cancel_clock(tx, Clock.CLAIM, shipment.id, ClaimKind.DAMAGE)
        elif row is not None and row.state == DeadlineState.CANCELLED:
            await clocks.begin_again(tx, row, row.terms)
