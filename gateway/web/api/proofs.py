"""Papers as packs: the evidence of an acceptance, and customs papers; a ZIP with PDFs, files and a manifest."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from gateway.journeys import proving
from gateway.papers import customs as customs_papers
from gateway.papers import evidence
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.returns import find_return
from gateway.web.endpoint import Answer, Call

PACK: Mapping[str, str] = {"Content-Type": "application/zip", "Content-Security-Policy": "default-src 'none'; sandbox"}


def headers(name: str) -> Mapping[str, str]:
    return {**PACK, "Content-Disposition": f'attachment; filename="{name}.zip"'}


async def evidence_pack(tx: Desk, row: Record, version: int | None, language: str, face: Path | None) -> bytes:
    """Drawn on a thread: a page takes a tenth of a second."""
    case = await proving.acceptance(tx, row, version, None)
    return await asyncio.to_thread(evidence.pack, case, language, face)


async def customs_pack(tx: Desk, row: Record, language: str, face: Path | None) -> bytes:
    return await asyncio.to_thread(customs_papers.pack, await proving.goods(tx, row), language, face)


async def get_evidence(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    version = int(call.query["version"]) if "version" in call.query else None
    content = await evidence_pack(call.tx, row, version, call.query.get("lang", "en"), call.gw.settings.pdf_font)
    return Answer(file=content, headers=headers(f"{row.id}-evidence"))


async def get_customs_papers(call: Call) -> Answer:
    row = await find_return(call.tx, call.path["id"])
    content = await customs_pack(call.tx, row, call.query.get("lang", "en"), call.gw.settings.pdf_font)
    return Answer(file=content, headers=headers(f"{row.id}-customs"))
