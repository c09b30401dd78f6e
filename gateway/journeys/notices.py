"""The shared tail: what happened is told to exporters by signed webhook or mail, and to the platform where it takes it.

A notice is committed with its cause, once per cause; its deliveries are work like any other. The body is fixed when it is
written, so every try signs the same bytes under the same id (Standard Webhooks).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from adapters import registry
from adapters.seam import TakesDecision, TakesMessages, TakesTracking
from adapters.toolkit.http import Call, Http, Reply, throttled
from gateway import mailing
from gateway.core import Gateway
from gateway.crash import crash
from gateway.jobs import jittered
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import AdapterError, OutcomeUnknown, Refused, Throttled, Unavailable
from schemas.messages import NoticeKind
from schemas.returns import Decision, TrackingNote
from schemas.thread import MessageNote
from schemas.values import Json

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Waits after each failure, ±20 %; then the delivery is dead and waits to be sent again by hand."""
OFF_AFTER = timedelta(days=5)
LIMIT_SECONDS = 15.0
DECIDED = frozenset({NoticeKind.ACCEPTANCE_RECORDED, NoticeKind.RETURN_ANSWERED})
TOLD_TO_PLATFORMS = DECIDED | {NoticeKind.BOOKING_CONFIRMED, NoticeKind.MESSAGE_POSTED}
ANY_STATUS = frozenset(range(300, 600))
BODY = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


async def announce(
    tx: Desk, kind: NoticeKind, data: Json, *, cause: str, return_id: str | None = None, source_id: str | None = None
) -> None:
    """Tell it, once per cause. `source_id` names the platform to be told as well, where the kind concerns platforms."""
    said = {"type": kind.value, "timestamp": tx.now.isoformat(), "data": {"return_id": return_id, **data}}
    notice = {
        "return_id": return_id,
        "kind": kind.value,
        "cause": cause[:160],
        "occurred_at": tx.now,
        "body": BODY.encode(said),
    }
    concerned = source_id and kind in TOLD_TO_PLATFORMS and await _hears(tx, kind, source_id)
    tx.outbox.tell(notice, source_id if concerned else None)


def announce_all(tx: Desk, kind: NoticeKind, data: Json, told: Sequence[tuple[str, str | None]]) -> None:
    """The same of many returns, each (cause, return) once; no platform is told. Their bodies differ in the return only: what
    they share is written out once."""
    said = {"type": kind.value, "timestamp": tx.now.isoformat(), "data": {"return_id": "", **data}}
    body = BODY.encode(said)
    before, _, after = body.partition('"return_id":""')
    shared = {"kind": kind.value, "occurred_at": tx.now}
    for cause, return_id in told:
        its = f'{before}"return_id":{json.dumps(return_id)}{after}'
        tx.outbox.tell({"return_id": return_id, "cause": cause[:160], "body": its, **shared}, None)


async def _hears(tx: Desk, kind: NoticeKind, source_id: str) -> bool:
    source = await tx.sources.get(source_id)
    return registry.platform(source.platform).profile.hears or (kind is NoticeKind.MESSAGE_POSTED and source.mail)


async def deliver(gw: Gateway, job: Job) -> None:
    """One try of one delivery."""
    async with gw.store.transaction(job.exporter_id) as tx:
        row = await tx.claim(job)
        if row is None:
            return
        notice = await tx.notices.get(row.notice_id)
        shelf = tx.endpoints if row.target == "endpoint" else tx.sources
        target = await shelf.find(row.target_id)
        if target is None or not target.enabled:
            await tx.deliveries.set(row.id, state="dead", last_error="the endpoint is off")
            await tx.settle("deliver", row)
            return
    try:
        await (_tell_endpoint if row.target == "endpoint" else _tell_platform)(gw, row, target, notice)
    except AdapterError as error:
        await _not_delivered(gw, job, row, target, notice, error)
        return
    crash("outbound.after_2xx")
    gw.metrics.deliveries.labels("delivered").inc()
    async with gw.store.transaction(job.exporter_id) as tx:
        await tx.deliveries.set(row.id, state="delivered", last_status=200, last_error=None, delivered_at=tx.now)
        if row.target == "endpoint" and target.failing_since is not None:
            await tx.endpoints.set(target.id, failing_since=None)
        await tx.settle("deliver", row)


async def _tell_endpoint(gw: Gateway, row: Record, endpoint: Record, notice: Record) -> None:
    if mailbox := mailing.mailbox_of(endpoint.url):
        await mailing.mail_endpoint(gw, row, notice, mailbox)
    else:
        await _post(gw, endpoint, notice)


async def _post(gw: Gateway, endpoint: Record, notice: Record) -> None:
    now = gw.clock()
    secret = gw.sealer.open(endpoint.id, endpoint.secret)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(notice.id, now, notice.body),
    }
    call = Call.create(
        "notice", "POST", endpoint.url, headers=headers, content=notice.body.encode(), cap=65_536, accepts=ANY_STATUS
    )
    reply: Reply | None = None
    try:
        reply = await Http(client=gw.hooks, total_seconds=LIMIT_SECONDS).send(call)
        status = reply.status
    except OutcomeUnknown as error:
        if error.wire_code is None:
            raise
        status = int(error.wire_code)  # only its body is too long, which nobody reads
    if status == 410:
        raise Refused("the endpoint is gone", wire_code="410")
    if reply is not None and status in (429, 502, 503, 504):
        raise throttled(reply)
    if not 200 <= status < 300:
        raise Unavailable(f"answered {status}", wire_code=str(status))


async def _tell_platform(gw: Gateway, row: Record, source: Record, notice: Record) -> None:
    platform = gw.open_platform(source)
    data = json.loads(notice.body)["data"]
    if notice.kind == NoticeKind.BOOKING_CONFIRMED and isinstance(platform, TakesTracking):
        await platform.give_tracking(TrackingNote.model_validate(data["platform"]))
    elif notice.kind in DECIDED and isinstance(platform, TakesDecision):
        await platform.give_decision(Decision.model_validate_json(json.dumps(data["platform"])))
    elif notice.kind == NoticeKind.MESSAGE_POSTED and isinstance(platform, TakesMessages):
        await platform.give_message(MessageNote.model_validate_json(json.dumps(data["platform"])))
    elif notice.kind == NoticeKind.MESSAGE_POSTED and source.mail:
        await mailing.mail_contact(gw, row, notice, source.mail)
    else:
        raise Refused("the platform does not take this", wire_code="unsupported")


async def _not_delivered(
    gw: Gateway, job: Job, row: Record, target: Record, notice: Record, error: AdapterError
) -> None:
    gw.metrics.deliveries.labels("failed").inc()
    async with gw.store.transaction(job.exporter_id) as tx:
        status = int(error.wire_code) if error.wire_code and error.wire_code.isdigit() else None
        if row.target == "platform" and isinstance(error, Refused):
            await _by_hand(tx, row, notice, error)
            return
        due_at = _next_try(tx.now, row.tries, error)
        gone = isinstance(error, Refused)
        if row.target == "endpoint":
            gone = await _mark_failing(tx, target.id, gone=gone)
        dead = gone or due_at is None
        state = "dead" if dead else "waiting"
        await tx.deliveries.set(row.id, state=state, last_status=status, last_error=str(error))
        await tx.settle("deliver", row, due_at=None if dead else due_at, tries=row.tries)


def _next_try(now: datetime, tries: int, error: AdapterError) -> datetime | None:
    if tries > len(SCHEDULE):
        return None
    at = now + jittered(SCHEDULE[tries - 1])
    if isinstance(error, Throttled):
        named = error.retry_at or now + timedelta(seconds=min(error.retry_after or 0, 86_400))
        at = max(at, named)
    return at


async def _mark_failing(tx: Desk, endpoint_id: str, *, gone: bool) -> bool:
    """Switch the endpoint off where it is gone, or has failed for too long by now: another delivery, or a person, may have
    had to do with it during the call. Whether it is off."""
    endpoint = await tx.endpoints.get(endpoint_id, lock=True)
    if not endpoint.enabled:
        return True
    if endpoint.failing_since is None and not gone:
        await tx.endpoints.set(endpoint_id, failing_since=tx.now)
    if not gone and (endpoint.failing_since is None or tx.now - endpoint.failing_since <= OFF_AFTER):
        return False
    await tx.endpoints.set(endpoint_id, enabled=False, disabled_because="gone, or failing for five days")
    tx.note("endpoint.disabled", endpoint_id, before={"enabled": True}, after={"enabled": False})
    cause = f"endpoint:{endpoint_id}:{tx.now.isoformat()}"
    await announce(tx, NoticeKind.ENDPOINT_DISABLED, {"endpoint_id": endpoint_id}, cause=cause)
    return True


async def _by_hand(tx: Desk, row: Record, notice: Record, error: AdapterError) -> None:
    """What a platform cannot take is a task for a person, never an error."""
    await tx.deliveries.set(row.id, state="dead", last_error=str(error))
    await tx.tasks.ask(
        "tell_platform", f"tell:{notice.id}", Detail.of("not_told", told=notice.kind, words=error), notice.return_id
    )
    await tx.settle("deliver", row)


def platform_note(authorization: Any, carrier: str, waybill: str, label_url: str | None) -> Mapping[str, Any]:
    """What `TakesTracking` platforms are told of a booking."""
    note = TrackingNote(
        rma_id=authorization.rma_id,
        platform_handle=authorization.platform_handle,
        carrier=carrier,
        waybill=waybill,
        label_url=label_url,
    )
    return note.model_dump()
