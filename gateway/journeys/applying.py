"""Applications: an exporter asks for a return under the terms that were agreed, and somebody decides on it by hand.

The return is opened as requested, so that its timeline begins with the application; an approval then goes the way that a
platform's approval goes. Where a platform decides on applications itself it is handed in there, and what it says is followed.
Terms are versions that are never changed: an application keeps the one it was checked against.
"""

import hashlib
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gateway.journeys import handing_in, planning, voiding
from gateway.journeys.notices import announce
from gateway.rules import lifecycle, policy
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import Conflict, RefusalCode, Refused
from schemas.messages import NoticeKind
from schemas.returns import ReturnAuthorization, ReturnItem, ReturnStatus
from schemas.terms import Application, ApplicationState, Finding, Paper, SalesTerms
from schemas.values import Json

OPEN = frozenset({ApplicationState.SUBMITTED, ApplicationState.PAPERS_ASKED})
MOST_PAPERS = 50


async def agree(tx: Desk, name: str, terms: SalesTerms) -> str:
    """Keep terms as the next version of this name; its id. The same terms again are the version that is there."""
    for paper in terms.signed:
        await check_paper(tx, paper)
    sha256 = hashlib.sha256(terms.model_dump_json().encode()).hexdigest()
    known = await tx.terms.of_name(name)
    if known and known[-1].sha256 == sha256:
        return str(known[-1].id)
    version = await tx.terms.next_version(name)
    terms_id = await tx.terms.add(
        name=name, version=version, terms=terms, sha256=sha256, public=terms.public, created_at=tx.now
    )
    tx.note("terms.agreed", terms_id, after={"name": name, "version": version, "sha256": sha256})
    return terms_id


async def check(
    tx: Desk, terms_id: str | None, application: Application, items: Sequence[ReturnItem]
) -> tuple[Finding, ...]:
    """Each clause's verdict, as of now; nothing is written."""
    row = await tx.terms.get(terms_id) if terms_id else None
    for paper in application.papers:
        await check_paper(tx, paper)
    exporter = await tx.exporters.get(tx.exporter_id)
    zone = row.terms.zone if row else exporter.zone
    try:
        return policy.check(row.terms if row else None, application, items, tx.now.astimezone(ZoneInfo(zone)).date())
    except ValueError as error:  # a calendar that no library knows
        raise Refused(str(error), code=RefusalCode.DATA_INVALID, field="terms_id") from error


async def check_paper(tx: Desk, paper: Paper) -> None:
    """Raises Conflict where its bytes are others than were said."""
    document = await tx.documents.get(paper.document_id)
    if document.sha256 != paper.sha256:
        raise Conflict("the paper is not the document that is stored", state="changed")


async def submit(
    tx: Desk,
    source: Record,
    terms_id: str | None,
    application: Application,
    asked: ReturnAuthorization,
    external_id: str | None,
) -> str:
    """Hand it in: at the source's platform where it decides on applications, else for somebody here; its id. Raises Conflict
    where the check finds what does not fit and nobody said `despite`."""
    findings = await check(tx, terms_id, application, asked.items)
    if policy.fails(findings) and not application.despite:
        clauses = sorted({one.clause.value for one in findings if one.verdict == "fails"})
        raise Conflict(f"does not fit: {', '.join(clauses)}; say `despite` to hand it in all the same", state="policy")
    requested = asked.model_copy(update={"status": ReturnStatus.REQUESTED, "requested_at": tx.now})
    return_id = await planning.open_return(tx, source, requested, external_id=external_id, terms_id=terms_id)
    application_id = await tx.applications.add(
        return_id=return_id,
        terms_id=terms_id,
        state=ApplicationState.SUBMITTED,
        said=application,
        findings=_kept(findings),
        created_at=tx.now,
        updated_at=tx.now,
    )
    await file_papers(tx, return_id, application.papers)
    await _tell(tx, application_id, return_id, NoticeKind.APPLICATION_SUBMITTED, {"findings": _kept(findings)})
    if await handing_in.taker(tx, source.id) is not None:
        await handing_in.hand_in(tx, await tx.applications.get(application_id))
    else:
        await _to_review(tx, application_id, return_id, len(application.papers))
    return application_id


async def _to_review(tx: Desk, application_id: str, return_id: str, papers: int) -> None:
    detail = Detail.of("papers_handed_in", count=papers)
    await tx.tasks.ask("review_application", f"application:{application_id}:{papers}", detail, return_id)


async def file_papers(tx: Desk, return_id: str, papers: Sequence[Paper]) -> None:
    """Papers stand with the return from now on; one that belongs to another return stays there too."""
    for paper in papers:
        document = await tx.documents.get(paper.document_id)
        if document.return_id is None:
            await tx.documents.set(document.id, return_id=return_id)


def _kept(findings: Sequence[Finding]) -> list[Json]:
    return [finding.model_dump(mode="json") for finding in findings]


async def _open_one(tx: Desk, application_id: str) -> Record:
    """Locked. Raises Conflict where it is decided already, or its return has gone on without it."""
    row = await tx.applications.get(application_id, lock=True)
    if row.state not in OPEN:
        raise Conflict(f"the application is {row.state}", state=row.state)
    return row


async def _ours_to_decide(tx: Desk, application_id: str) -> Record:
    """An open one that no platform has. Raises Conflict."""
    row = await _open_one(tx, application_id)
    if await handing_in.decides(tx, row.id):
        raise Conflict("the platform decides on it", state="with_platform")
    return row


async def approve(tx: Desk, application_id: str) -> None:
    """The return is approved, and planned as if a platform had said so."""
    row = await _ours_to_decide(tx, application_id)
    await _decide(tx, row, ApplicationState.APPROVED, NoticeKind.APPLICATION_APPROVED, None)
    await _move(tx, row.return_id, ReturnStatus.APPROVED)


async def reject(tx: Desk, application_id: str, reason: str) -> None:
    row = await _ours_to_decide(tx, application_id)
    await _decide(tx, row, ApplicationState.REJECTED, NoticeKind.APPLICATION_REJECTED, reason)
    await _move(tx, row.return_id, ReturnStatus.DECLINED)


async def withdraw(tx: Desk, application_id: str) -> None:
    """The exporter takes it back before anybody has decided."""
    row = await _open_one(tx, application_id)
    await _decide(tx, row, ApplicationState.WITHDRAWN, NoticeKind.APPLICATION_WITHDRAWN, None)
    await voiding.cancel(tx, row.return_id)
    if await handing_in.decides(tx, row.id):
        await handing_in.hand_in(tx, await tx.applications.get(row.id))


async def ask_papers(tx: Desk, application_id: str, reason: str) -> None:
    """More is needed before anybody can decide."""
    row = await _ours_to_decide(tx, application_id)
    await _decide(tx, row, ApplicationState.PAPERS_ASKED, NoticeKind.APPLICATION_PAPERS_ASKED, reason)


async def add_papers(tx: Desk, application_id: str, papers: Sequence[Paper]) -> None:
    """Papers that were asked for, or come on their own account; checked anew, and to be looked at again."""
    row = await _open_one(tx, application_id)
    known = {paper.document_id for paper in row.said.papers}
    fresh = [paper for paper in papers if paper.document_id not in known]
    if len(known) + len(fresh) > MOST_PAPERS:
        raise Conflict(f"an application has at most {MOST_PAPERS} papers", state=row.state)
    said = row.said.model_copy(update={"papers": (*row.said.papers, *fresh)})
    items = (await tx.returns.get(row.return_id)).authorization.items
    findings = await check(tx, row.terms_id, said, items)
    await tx.applications.set(
        row.id, said=said, findings=_kept(findings), state=ApplicationState.SUBMITTED, updated_at=tx.now
    )
    await file_papers(tx, row.return_id, fresh)
    tx.note(
        "application.papers_added",
        row.id,
        chain=row.return_id,
        before={"state": row.state},
        after={"state": ApplicationState.SUBMITTED, "papers": [paper.sha256 for paper in fresh]},
    )
    await tx.tasks.done_like(f"application:{row.id}:")
    if await handing_in.decides(tx, row.id):
        await handing_in.hand_in(tx, await tx.applications.get(row.id))
    else:
        await _to_review(tx, row.id, row.return_id, len(said.papers))


async def cancel(tx: Desk, return_id: str) -> None:
    """Stop a return; one that is still applied for is withdrawn with its application."""
    row = await tx.applications.of_return(return_id)
    if row is not None and row.state in OPEN:
        await withdraw(tx, row.id)
    else:
        await voiding.cancel(tx, return_id)


async def follow(tx: Desk, return_id: str, said: ReturnAuthorization) -> None:
    """What its platform says of a return that is applied for is the platform's decision."""
    row = await tx.applications.of_return(return_id)
    if row is None or row.state not in OPEN:
        return
    if said.status is ReturnStatus.REQUESTED:
        if said.papers_asked and said.papers_asked != row.reason:
            kind = NoticeKind.APPLICATION_PAPERS_ASKED
            await _decide(tx, row, ApplicationState.PAPERS_ASKED, kind, said.papers_asked)
            cause = f"application:{row.id}:{len(row.said.papers)}:{tx.now.isoformat()}"
            await tx.tasks.ask("papers_asked", cause, said.papers_asked, return_id)
    elif said.status in lifecycle.STOPS:
        declined = said.status is ReturnStatus.DECLINED
        state = ApplicationState.REJECTED if declined else ApplicationState.WITHDRAWN
        kind = NoticeKind.APPLICATION_REJECTED if declined else NoticeKind.APPLICATION_WITHDRAWN
        await _decide(tx, row, state, kind, said.note if declined else None)
    elif said.status is not ReturnStatus.UNKNOWN:
        await _decide(tx, row, ApplicationState.APPROVED, NoticeKind.APPLICATION_APPROVED, None)


async def _move(tx: Desk, return_id: str, status: ReturnStatus) -> None:
    known = await tx.returns.get(return_id, lock=True)
    source = await tx.sources.get(known.source_id)
    await planning.amend_return(tx, source, known, known.authorization.model_copy(update={"status": status}))


async def _decide(tx: Desk, row: Record, state: ApplicationState, kind: NoticeKind, reason: str | None) -> None:
    decided = state is not ApplicationState.PAPERS_ASKED
    await tx.applications.set(
        row.id,
        state=state,
        reason=reason,
        decided_at=tx.now if decided else None,
        decided_by=tx.actor if decided else None,
        updated_at=tx.now,
    )
    await tx.tasks.done_like(f"application:{row.id}:")
    await _tell(tx, row.id, row.return_id, kind, {"state": state, "reason": reason}, before=row.state)


async def _tell(
    tx: Desk, application_id: str, return_id: str, kind: NoticeKind, said: Json, before: str | None = None
) -> None:
    """On the return's timeline, and to whoever listens. Papers may be asked for several times: each time is told."""
    tx.note(kind.value, application_id, chain=return_id, before={"state": before} if before else None, after=said)
    again = f":{tx.now.isoformat()}" if kind is NoticeKind.APPLICATION_PAPERS_ASKED else ""
    cause = f"{kind.value}:{application_id}{again}"
    await announce(tx, kind, {"application_id": application_id, **said}, cause=cause, return_id=return_id)
