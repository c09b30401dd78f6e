"""Applications at a platform that decides on them: handed in as they stand, once a version, with three outcomes.

An attempt like any other, its intent committed before anything leaves. Like a renewal it is sent by the look-up: the same
reference is the same application there, so a lost reply is answered by asking again. What it refuses is decided by hand.
"""

import json
from dataclasses import replace
from typing import Any

from adapters import registry
from adapters.seam import TakesApplications
from gateway.journeys.attempts import Act
from gateway.rules.details import Detail
from gateway.rules.references import client_ref, nth
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.applying import ApplicationReceipt, ApplicationRequest, PaperFile
from schemas.errors import Conflict, Refused
from schemas.terms import ApplicationState
from schemas.values import ClientRef, Json

KIND = "application"


async def taker(tx: Desk, source_id: str | None) -> Record | None:
    """The shop, where its platform decides on applications; None where somebody decides by hand."""
    if source_id is None:
        return None
    source = await tx.sources.get(source_id)
    takes = issubclass(registry.platform(source.platform), TakesApplications)
    return source if takes and source.enabled else None


def reference(source: Record, rma_id: str) -> ClientRef:
    """What the platform shall call the return. It follows from what the exporter calls it, so that a database that was
    restored gives the application the name it has there."""
    return client_ref(f"{KIND}:{source.id}:{rma_id}", 1)


async def last_of(tx: Desk, application_id: str) -> Record | None:
    """The last time that it was handed in, or is to be."""
    tries = await tx.attempts.of_subject(KIND, application_id)
    return tries[-1] if tries else None


async def decides(tx: Desk, application_id: str) -> bool:
    """Whether the platform has it, or may have it: nobody else decides then."""
    return await tx.attempts.holder(KIND, application_id) is not None


async def hand_in(tx: Desk, application: Record) -> None:
    """Tell the platform how it stands now. While a version of it is under way, that is told first."""
    holder = await tx.attempts.holder(KIND, application.id)
    if holder is not None and holder.state != "live":
        return
    row = await tx.returns.get(application.return_id)
    said = json.dumps(_standing(application), sort_keys=True)
    if holder is not None and holder.request == said:
        return
    if holder is not None:  # that version is not how it stands any more
        await tx.attempts.set(holder.id, state="lapsed")
    last = await last_of(tx, application.id)
    number = last.number + 1 if last else 1
    source = await tx.sources.get(row.source_id)
    attempt_id = await tx.attempts.add(
        return_id=row.id,
        source_id=source.id,
        carrier=source.platform,
        kind=KIND,
        subject_id=application.id,
        number=number,
        client_ref=nth(ClientRef(row.rma_id), number),
        state="sending",
        request=said,
        sent_at=tx.now,
        due_at=tx.now,
    )
    told = {"platform": source.platform, "number": number, "papers": len(application.said.papers)}
    tx.note(f"{KIND}.sending", attempt_id, chain=row.id, after=told)
    tx.go("resolve", attempt_id)


def _standing(application: Record) -> Json:
    """What makes one version of it: its papers, by their hashes, and whether it was taken back."""
    papers = [[paper.kind, paper.document_id, paper.sha256] for paper in application.said.papers]
    return {"papers": papers, "withdrawn": application.state == ApplicationState.WITHDRAWN}


async def act_of(tx: Desk, attempt: Record) -> Act:
    """The act with what it sends: papers are read when they are sent, and are not kept twice."""
    application = await tx.applications.get(attempt.subject_id)
    row = await tx.returns.get(application.return_id)
    standing, said, authorization = json.loads(attempt.request), application.said, row.authorization
    papers = []
    for kind, document_id, sha256 in standing["papers"]:
        document = await tx.documents.get(document_id)
        file = {"kind": kind, "media_type": document.media_type, "sha256": sha256}
        papers.append(PaperFile.model_validate({**file, "content": document.content}, strict=False))
    request = ApplicationRequest(
        client_ref=ClientRef(row.rma_id),
        order_id=authorization.order_id,
        order_number=authorization.order_number,
        items=authorization.items,
        note=authorization.note,
        packaging=said.packaging,
        ordered_on=said.ordered_on,
        invoiced_on=said.invoiced_on,
        shipped_on=said.shipped_on,
        delivered_on=said.delivered_on,
        papers=tuple(papers),
        withdrawn=standing["withdrawn"],
    )

    async def send(platform: Any, attempt: Record) -> ApplicationReceipt:
        receipt: ApplicationReceipt = await platform.give_application(request)
        return receipt

    return replace(APPLICATION, send=send)


async def _nowhere(platform: Any, attempt: Record) -> ApplicationReceipt:
    raise Conflict("an application is sent with its papers", state=attempt.state)


async def _vet(tx: Desk, attempt: Record, receipt: ApplicationReceipt) -> None:
    return None


async def _taken(tx: Desk, attempt: Record, receipt: ApplicationReceipt) -> None:
    """The platform has this version. It was asked for papers or taken back meanwhile? Then the next one goes."""
    await tx.attempts.set(attempt.id, handle=receipt.rma_id, wire_text=receipt.wire_status, reason=None)
    await hand_in(tx, await tx.applications.get(attempt.subject_id))


async def _refused(tx: Desk, attempt: Record, error: Refused) -> None:
    """A person decides, or takes it back and hands in another."""
    detail = Detail.of("application_not_taken", refusal=error.wire_code or error.code)
    await tx.tasks.ask("review_application", f"application:{attempt.subject_id}:refused", detail, attempt.return_id)


APPLICATION = Act(
    kind=KIND,
    job="resolve",
    send=_nowhere,
    vet=_vet,
    accepted=_taken,
    refused=_refused,
    repeats=True,
)
