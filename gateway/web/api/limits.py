"""Running limits: one of them, and what may be done to it."""

from gateway.journeys import prolonging
from gateway.web.api.waiting import deadline_told
from gateway.web.asked_limits import AskedExtension, AskedPause, AskedResume, SaidClaim
from gateway.web.endpoint import Answer, Call
from schemas.values import DocumentId


async def _told(call: Call, deadline_id: str) -> Answer:
    return Answer(deadline_told(await call.tx.deadlines.get(deadline_id), call.tx.now))


async def get_deadline(call: Call) -> Answer:
    return await _told(call, call.id("ddl"))


async def pause_deadline(call: Call) -> Answer:
    deadline_id, asked = call.id("ddl"), call.asked(AskedPause)
    await prolonging.pause(call.tx, deadline_id, reason=asked.reason, proof=DocumentId(asked.proof), at=asked.at)
    return await _told(call, deadline_id)


async def resume_deadline(call: Call) -> Answer:
    deadline_id = call.id("ddl")
    await prolonging.resume(call.tx, deadline_id, at=call.asked(AskedResume).at)
    return await _told(call, deadline_id)


async def extend_deadline(call: Call) -> Answer:
    deadline_id, asked = call.id("ddl"), call.asked(AskedExtension)
    await prolonging.extend(call.tx, deadline_id, asked.amount, asked_at=asked.asked_at)
    return await _told(call, deadline_id)


async def file_claim(call: Call) -> Answer:
    deadline_id, asked = call.id("ddl"), call.asked(SaidClaim)
    await prolonging.file_claim(call.tx, deadline_id, asked.reference, filed_at=asked.filed_at)
    return await _told(call, deadline_id)
