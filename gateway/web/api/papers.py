"""Files and what they prove: documents in and out, and the exporter's acceptance."""

from aiohttp import web

from gateway.journeys import acceptance
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.returns import find_return
from gateway.web.api.waiting import deadline_told
from gateway.web.asked import AskedAcceptance, AskedEvidence
from gateway.web.endpoint import Answer, Call
from gateway.web.media import ENDINGS, PHOTOGRAPHS, UPLOADS, media_type
from gateway.web.problems import Problem
from gateway.web.told import AcceptancesTold, AcceptanceTold, DocumentTold
from schemas.acceptance import AcceptanceRecord, Evidence
from schemas.values import DocumentId

CONFINED = "default-src 'none'; sandbox"


def document_told(row: Record) -> DocumentTold:
    return DocumentTold(document_id=row.id, kind=row.kind, media_type=row.media_type, size=row.size, sha256=row.sha256)


async def keep_upload(tx: Desk, content: bytes, return_id: str | None) -> str:
    """A photograph or paper; its id. Raises Problem for what is of no such type by its bytes."""
    media = media_type(content)
    if media not in UPLOADS:
        raise Problem("unsupported-media-type", headers={"Accept": ", ".join(UPLOADS)})
    kind = "photograph" if media in PHOTOGRAPHS else "paper"
    document_id = await tx.documents.keep(kind, media, content, return_id=return_id)
    tx.note("document.kept", document_id, chain=return_id, after={"kind": kind, "size": len(content)})
    return document_id


async def upload_document(call: Call) -> Answer:
    named = call.query.get("return_id")
    return_id = (await find_return(call.tx, named)).id if named else None
    document_id = await keep_upload(call.tx, call.raw, return_id)
    row = await call.tx.documents.get(document_id)
    return Answer(document_told(row), {"Location": f"/v1/documents/{document_id}"})


def served(row: Record) -> web.Response:
    """A file as an attachment, of the type that its bytes have, under a name of ours."""
    media = media_type(row.content)
    headers = {
        "Content-Type": media,
        "Content-Disposition": f'attachment; filename="{row.id}.{ENDINGS.get(media, "bin")}"',
        "Content-Security-Policy": CONFINED,
        "ETag": f'"{row.sha256}"',
    }
    return web.Response(body=row.content, headers=headers)


async def get_document(call: Call) -> Answer:
    response = served(await call.tx.documents.get(call.id("doc")))
    assert isinstance(response.body, bytes)
    return Answer(file=response.body, headers=response.headers)


async def _evidence(tx: Desk, asked: AskedEvidence) -> Evidence:
    document = await tx.documents.get(asked.document_id)
    return Evidence(
        document_id=DocumentId(document.id),
        sha256=asked.sha256 or document.sha256,
        kind=asked.kind,
        taken_at=asked.taken_at,
    )


async def accept(tx: Desk, return_id: str, asked: AskedAcceptance, source: str) -> int:
    """Record what was decided, with its evidence; the version it became."""
    said = {name: getattr(asked, name) for name in type(asked).model_fields}
    said["evidence"] = tuple([await _evidence(tx, one) for one in asked.evidence])
    return await acceptance.accept(tx, return_id, AcceptanceRecord.model_validate({**said, "source": source}))


def _version(row: Record) -> AcceptanceTold:
    return AcceptanceTold(
        version=row.version, recorded_at=row.recorded_at, late_by_seconds=row.late_by_seconds, record=row.record
    )


async def create_acceptance(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    version = await accept(call.tx, row.id, call.asked(AskedAcceptance), "api")
    made = next(one for one in await call.tx.acceptances.of_return(row.id) if one.version == version)
    return Answer(_version(made), {"Location": f"/v1/returns/{row.id}/acceptances"})


async def list_acceptances(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    versions = await call.tx.acceptances.of_return(row.id)
    limits = tuple(deadline_told(one, call.tx.now) for one in await call.tx.deadlines.of_return(row.id))
    return Answer(AcceptancesTold(return_id=row.id, deadlines=limits, data=tuple(map(_version, versions))))
