"""The thread of a return: read, and written to."""

from datetime import datetime

from gateway.journeys import conversing
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.returns import find_return
from gateway.web.asked_thread import AskedMessage
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.problems import FieldError, Problem
from gateway.web.told import Page
from gateway.web.told_thread import ThreadMessageTold
from schemas.thread import Side


def _told(row: Record, now: datetime) -> ThreadMessageTold:
    waiting = row.answer_by is not None and row.answered_at is None
    return ThreadMessageTold(
        id=row.id,
        return_id=row.return_id,
        who=row.side,
        text=row.text,
        posted_at=row.posted_at,
        answer_by=row.answer_by,
        answered_at=row.answered_at,
        seconds_left=max(0, int((row.answer_by - now).total_seconds())) if waiting else None,
    )


async def posted(tx: Desk, return_id: str, asked: AskedMessage) -> str:
    """Written; its id. Raises Problem where the answer would be due already."""
    if asked.answer_by is not None and asked.answer_by <= tx.now:
        raise Problem("validation", errors=[FieldError("/answer_by", "range", "later than now")])
    return await conversing.post(tx, return_id, Side(asked.who.value), asked.text, asked.answer_by)


async def post_message(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    message_id = await posted(call.tx, row.id, call.asked(AskedMessage))
    return Answer(
        _told(await call.tx.posts.get(message_id), call.tx.now), {"Location": f"/v1/returns/{row.id}/messages"}
    )


async def list_thread(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    limit, belongs_to = limit_of(call.query.get("limit")), f"thread:{call.caller.exporter_id}:{row.id}"
    rows = await call.tx.lists.thread(row.id, open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda one: one.posted_at)
    return Answer(Page[ThreadMessageTold](data=tuple(_told(one, call.tx.now) for one in page), next=more))
