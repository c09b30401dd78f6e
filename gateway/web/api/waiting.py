"""What waits, and what was told: deadlines, tasks, messages in, endpoints and deliveries out."""

from datetime import datetime

from gateway.journeys import asking, settling_in
from gateway.journeys.timeline import deadline_json
from gateway.store.transaction import Record
from gateway.web.asked import AskedEndpoint, AskedReplay
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.problems import FieldError, Problem
from gateway.web.told import DeadlineTold, Page
from gateway.web.told_parties import DeliveryTold, EndpointTold, MessageTold, NewEndpointTold, ReplayTold, TaskTold
from schemas.errors import NotFound


def deadline_told(row: Record, now: datetime) -> DeadlineTold:
    return DeadlineTold.model_validate({**deadline_json(row, now), "return_id": row.return_id})


async def list_deadlines(call: Call) -> Answer:
    query, limit = call.query, limit_of(call.query.get("limit"))
    state, before = query.get("state"), _instant(query.get("due_before"))
    belongs_to = f"deadlines:{call.caller.exporter_id}:{state}:{before}"
    after = open_cursor(call.gw, belongs_to, query.get("cursor"))
    rows = await call.tx.lists.deadlines(state, before, after, limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.due_by)
    return Answer(Page[DeadlineTold](data=tuple(deadline_told(row, call.tx.now) for row in page), next=more))


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:  # of the form, but no such day
        raise Problem("invalid-parameter", errors=[FieldError("due_before", "instant")]) from error


def _task(row: Record) -> TaskTold:
    return TaskTold(
        id=row.id,
        return_id=row.return_id,
        kind=row.kind,
        detail=row.detail,
        code=row.code,
        given=row.given or {},
        created_at=row.created_at,
        done_at=row.done_at,
        done_by=row.done_by,
    )


async def list_tasks(call: Call) -> Answer:
    limit, done = limit_of(call.query.get("limit")), call.query.get("state") == "done"
    belongs_to = f"tasks:{call.caller.exporter_id}:{done}"
    after = open_cursor(call.gw, belongs_to, call.query.get("cursor"))
    rows = await call.tx.lists.tasks(done=done, after=after, limit=limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[TaskTold](data=tuple(map(_task, page)), next=more))


async def finish_task(call: Call) -> Answer:
    task_id = call.id("tsk")
    await asking.close_task(call.tx, task_id)
    return Answer(_task(await call.tx.tasks.get(task_id)))


def _message(row: Record) -> MessageTold:
    return MessageTold(
        id=row.id,
        door=row.door,
        source_id=row.source_id,
        state=row.state,
        reason=row.reason,
        repeats=row.repeats,
        received_at=row.received_at,
    )


async def list_messages(call: Call) -> Answer:
    limit, state = limit_of(call.query.get("limit")), call.query.get("state")
    belongs_to = f"messages:{call.caller.exporter_id}:{state}"
    rows = await call.tx.lists.messages(state, open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.received_at)
    return Answer(Page[MessageTold](data=tuple(map(_message, page)), next=more))


async def redrive_message(call: Call) -> Answer:
    """Read a quarantined message again, once what stood in its way is mended."""
    message_id = call.id("msg")
    await asking.redrive(call.gw, call.caller.exporter_id, message_id, call.caller.actor)
    async with call.gw.store.reading(call.caller.exporter_id) as tx:
        return Answer(_message(await tx.inbox.get(message_id)))


def _endpoint(row: Record) -> dict[str, object]:
    names = ("id", "url", "kinds", "enabled", "failing_since", "disabled_because", "created_at")
    return {name: getattr(row, name) for name in names}


async def create_endpoint(call: Call) -> Answer:
    asked = call.asked(AskedEndpoint)
    endpoint_id, secret = await settling_in.add_endpoint(
        call.gw, call.tx, asked.url, [kind.value for kind in asked.kinds]
    )
    row = await call.tx.endpoints.get(endpoint_id)
    return Answer(
        NewEndpointTold.model_validate({**_endpoint(row), "secret": secret}),
        {"Location": f"/v1/webhook_endpoints/{endpoint_id}"},
    )


async def list_endpoints(call: Call) -> Answer:
    rows = [row for row in await call.tx.endpoints.listed() if row.disabled_because != asking.REMOVED]
    return Answer(Page[EndpointTold](data=tuple(EndpointTold.model_validate(_endpoint(row)) for row in rows)))


async def get_endpoint(call: Call) -> Answer:
    row = await call.tx.endpoints.get(call.id("end"))
    if row.disabled_because == asking.REMOVED:
        raise NotFound("removed")
    return Answer(EndpointTold.model_validate(_endpoint(row)))


async def delete_endpoint(call: Call) -> Answer:
    await asking.remove_endpoint(call.tx, call.id("end"))
    return Answer()


async def enable_endpoint(call: Call) -> Answer:
    """Tell it again from now on; what it missed meanwhile is told by a replay."""
    endpoint_id = call.id("end")
    await asking.enable_endpoint(call.tx, endpoint_id)
    return Answer(EndpointTold.model_validate(_endpoint(await call.tx.endpoints.get(endpoint_id))))


async def replay_to_endpoint(call: Call) -> Answer:
    """Everything of a span of time once more, under the same ids: whoever has heard it can tell."""
    asked, endpoint_id = call.asked(AskedReplay), call.id("end")
    notices = await asking.replay(call.tx, endpoint_id, asked.since, asked.until or call.tx.now)
    return Answer(ReplayTold(endpoint_id=endpoint_id, notices=notices))


async def _delivery(call: Call, delivery_id: str) -> DeliveryTold:
    row = await call.tx.deliveries.get(delivery_id)
    notice = await call.tx.notices.get(row.notice_id)
    return _delivery_told(row, notice.kind, notice.return_id, notice.occurred_at)


def _delivery_told(row: Record, kind: str, return_id: str | None, occurred_at: datetime) -> DeliveryTold:
    return DeliveryTold(
        id=row.id,
        notice_id=row.notice_id,
        kind=kind,
        return_id=return_id,
        target=row.target,
        target_id=row.target_id,
        state=row.state,
        occurred_at=occurred_at,
        delivered_at=row.delivered_at,
        tries=row.tries,
        next_try_at=row.due_at if row.state == "waiting" else None,
        last_status=row.last_status,
        last_error=row.last_error,
    )


async def test_endpoint(call: Call) -> Answer:
    """Tell this endpoint, and no other, that it can hear us."""
    return Answer(await _delivery(call, await asking.test_endpoint(call.tx, call.id("end"))))


async def list_deliveries(call: Call) -> Answer:
    limit, state = limit_of(call.query.get("limit")), call.query.get("state")
    belongs_to = f"deliveries:{call.caller.exporter_id}:{state}"
    after = open_cursor(call.gw, belongs_to, call.query.get("cursor"))
    rows = await call.tx.lists.deliveries([state] if state else [], after, limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.occurred_at)
    told = tuple(_delivery_told(row, row.kind, row.return_id, row.occurred_at) for row in page)
    return Answer(Page[DeliveryTold](data=told, next=more))


async def resend_delivery(call: Call) -> Answer:
    delivery_id = call.id("dlv")
    await asking.send_again(call.tx, delivery_id)
    return Answer(await _delivery(call, delivery_id))
