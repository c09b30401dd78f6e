"""The thread of a return: exporter, platform and service write, and each hears what the others wrote.

Endpoints hear by notice, the platform by its message API where it has one, else by mail to its contact, on the same outbox.
Who writes may say until when he wants an answer: the row is due then, once, and a person is asked. Whatever another side
writes after it is the answer.
"""

from datetime import datetime

from adapters import registry
from adapters.seam import TakesMessages
from gateway.core import Gateway
from gateway.journeys.notices import announce
from gateway.rules.details import Detail
from gateway.store import tables
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.messages import NoticeKind
from schemas.thread import MessageNote, PlatformMessage, Side
from schemas.values import Json


async def post(tx: Desk, return_id: str, side: Side, text: str, answer_by: datetime | None) -> str:
    """Write for the exporter or the service; the message's id."""
    row = await tx.returns.get(return_id, lock=True)
    post = await tx.posts.added(**_columns(row, side, text, tx.now, answer_by))
    source_id = await _taker(tx, row)
    if source_id is None:
        await _posted(tx, post, {}, None)
    else:
        note = MessageNote(
            rma_id=row.rma_id, message_id=post.id, side=side, text=text, posted_at=tx.now, answer_by=answer_by
        )
        await _posted(tx, post, {"platform": note.model_dump(mode="json")}, source_id)
    return str(post.id)


async def hear(tx: Desk, return_id: str, said: PlatformMessage) -> None:
    """What the platform wrote; a message that is known changes nothing. Nobody writes later than now."""
    row = await tx.returns.get(return_id, lock=True)
    posted_at = min(said.posted_at or tx.now, tx.now)
    columns = _columns(row, Side.PLATFORM, said.text, posted_at, said.answer_by)
    post = {"id": tx.new_id("pst"), "exporter_id": tx.exporter_id, "wire_id": said.message_id, **columns}
    if await tx.add_new(tables.posts, post, unique=("return_id", "wire_id")) == 1:
        await _posted(tx, await tx.posts.get(str(post["id"])), {}, None)


def _columns(row: Record, side: Side, text: str, at: datetime, answer_by: datetime | None) -> Json:
    return {
        "return_id": row.id,
        "side": side.value,
        "text": text,
        "posted_at": at,
        "answer_by": answer_by,
        "due_at": answer_by,
    }


async def _taker(tx: Desk, row: Record) -> str | None:
    """The shop's id, where its platform takes messages, or somebody there takes mail: elsewhere endpoints alone hear of them,
    and it is nobody's task."""
    source = await tx.sources.get(row.source_id)
    takes = issubclass(registry.platform(source.platform), TakesMessages) or source.mail
    return str(source.id) if takes and source.enabled else None


async def _posted(tx: Desk, post: Record, also: Json, source_id: str | None) -> None:
    """It answers what others asked; it stands on the timeline; it is told."""
    for answered in await tx.posts.answer(post.return_id, post.side, post.posted_at):
        await tx.tasks.done(_cause(answered))
    said = {"who": post.side, "text": post.text, "posted_at": post.posted_at.isoformat()}
    said["answer_by"] = post.answer_by.isoformat() if post.answer_by else None
    kind = NoticeKind.MESSAGE_POSTED
    tx.note(kind.value, post.id, chain=post.return_id, after=said)
    await announce(
        tx,
        kind,
        {"message": {"id": post.id, **said}, **also},
        cause=f"{kind.value}:{post.id}",
        return_id=post.return_id,
        source_id=source_id,
    )


def _cause(post_id: str) -> str:
    return f"answer:{post_id}"


async def judge_answer(gw: Gateway, job: Job) -> None:
    """Nobody else has written by then: a person is asked, once."""
    async with gw.store.transaction(job.exporter_id) as tx:
        post = await tx.claim(job)
        if post is None:
            return
        detail = Detail.of("answer_wanted", side=post.side, answer_by=post.answer_by)
        await tx.tasks.ask("answer_missed", _cause(post.id), detail, post.return_id)
        tx.note("message.unanswered", post.id, chain=post.return_id, after={"answer_by": post.answer_by.isoformat()})
        await tx.settle("answer", post)
