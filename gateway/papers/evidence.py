"""The evidence of one acceptance: who took over what, when, in which state, with which files; one PDF in a pack."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.papers.pack import zipped
from gateway.papers.pictures import thumbnail
from gateway.papers.sheet import Sheet
from gateway.papers.words import Said
from schemas.acceptance import AcceptanceRecord, Deadline, Inspection
from schemas.returns import ReturnAuthorization

MOST_PICTURES = 24


@dataclass(frozen=True, slots=True)
class File:
    """A stored file: its name in the pack is its id with the ending of its type."""

    name: str
    content: bytes
    sha256: str
    media_type: str
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Everything an evidence pack shows of one version."""

    return_id: str
    exporter: str
    zone: str
    authorization: ReturnAuthorization
    record: AcceptanceRecord
    version: int
    late_by_seconds: int
    recorded_at: datetime
    limit: Deadline | None
    carrier: str | None
    waybill: str | None
    delivered_at: datetime | None
    files: Sequence[File]


def pack(case: Acceptance, language: str, face: Path | None = None) -> bytes:
    """PDF, files and manifest as a ZIP. Raises Conflict where the extra `pdf` is not installed."""
    files = {f"files/{file.name}": file.content for file in case.files}
    about = {
        "return_id": case.return_id,
        "rma_id": case.authorization.rma_id,
        "version": case.version,
        "recorded_at": case.recorded_at.isoformat(),
    }
    return zipped({"acceptance.pdf": sheet(case, language, face), **files}, about)


def sheet(case: Acceptance, language: str, face: Path | None = None) -> bytes:
    said, asked, record = Said(language), case.authorization, case.record
    paper = Sheet(said("evidence"), f"{said('made')} · {case.return_id} · v{case.version}", face)
    paper.pairs(
        [
            (said("return"), asked.rma_number or asked.rma_id),
            (said("order"), asked.order_number or asked.order_id or ""),
            (said("exporter"), case.exporter),
            (said("returner"), f"{asked.returner.name}, {asked.returner.address.country}" if asked.returner else ""),
            (said("carrier"), case.carrier or ""),
            (said("waybill"), case.waybill or ""),
            (said("outbound"), asked.outbound_waybill or ""),
            (said("delivered"), _when(case.delivered_at, case.zone)),
            (
                said("limit"),
                f"{_when(case.limit.due_by, case.limit.zone)} {case.limit.policy.because}" if case.limit else "",
            ),
            (said("decision"), said(f"decision.{record.decision}")),
            (said("decided"), f"{_when(record.decided_at, case.zone)}, {_lateness(said, case)}"),
            (said("by"), record.decided_by),
            (said("recorded"), f"{case.version}, {_when(case.recorded_at, case.zone)}"),
            (said("seal"), record.seal or ""),
            (said("weight"), f"{record.dock_weight.kg} kg" if record.dock_weight else ""),
            (said("dimensions"), str(record.dock_dimensions) if record.dock_dimensions else ""),
            (said("deduction"), str(record.deduction) if record.deduction else ""),
            (said("reservation"), record.reservation or ""),
        ]
    )
    paper.heading(said("lines"))
    titles = {item.line_id: item.title or item.sku or item.line_id for item in asked.items}
    head = [said(key) for key in ("goods", "quantity", "condition", "packaging", "note")]
    rows = [_line(said, one, titles) for one in record.inspections]
    paper.table(head, rows, (0.28, 0.1, 0.16, 0.2, 0.26))
    _list_files(paper, said, case)
    _print_photographs(paper, said, case)
    return paper.pdf()


def _line(said: Said, one: Inspection, titles: dict[str, str]) -> list[str]:
    return [
        titles.get(one.line_id, one.line_id),
        str(one.quantity),
        said(f"condition.{one.condition}"),
        said(f"packaging.{one.packaging}"),
        ", ".join(filter(None, (one.serial, one.note))),
    ]


def _list_files(paper: Sheet, said: Said, case: Acceptance) -> None:
    paper.heading(said("files"))
    paper.hint(said("hash_hint"))
    head = [said("file"), "SHA-256", said("size"), said("taken")]
    rows = [
        (file.name, f"{file.sha256[:32]} {file.sha256[32:]}", str(len(file.content)), _when(file.taken_at, case.zone))
        for file in case.files
    ]
    paper.table(head, rows, (0.34, 0.38, 0.1, 0.18))


def _print_photographs(paper: Sheet, said: Said, case: Acceptance) -> None:
    """Small, the first of them, each under its hash; what cannot be printed is in the pack all the same."""
    images = [file for file in case.files if file.media_type.startswith("image/")]
    drawn = [(file, thumbnail(file.content)) for file in images[:MOST_PICTURES]]
    shown = [(small, f"{file.name} {file.sha256[:12]}") for file, small in drawn if small is not None]
    if images:
        paper.heading(said("photographs"))
    if shown:
        paper.pictures(shown)
    if left := len(images) - len(shown):
        paper.hint(said("not_printed", count=left))


def _lateness(said: Said, case: Acceptance) -> str:
    if case.limit is None:
        return said("no_limit")
    return said("late", hours=f"{case.late_by_seconds / 3600:.1f}") if case.late_by_seconds else said("in_time")


def _when(at: datetime | None, zone: str) -> str:
    """`2026-03-02 17:30 (Asia/Shanghai)`."""
    return f"{at.astimezone(ZoneInfo(zone)).strftime('%Y-%m-%d %H:%M')} ({zone})" if at else ""
