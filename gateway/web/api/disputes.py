"""Disputes: drafts with their lines and evidence, filed or withdrawn by a person, closed by the carrier's credit."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.journeys import disputes, disputing, filing, proving
from gateway.papers import letter
from gateway.rules.meanings import MEANINGS
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.bookings import attempt_told
from gateway.web.api.proofs import headers
from gateway.web.asked import SaidFiling, SaidReason
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import Page
from gateway.web.told_money import DisputedLine, DisputeSummary, DisputeTold, EvidenceTold
from schemas.charges import FindingKind
from schemas.values import Money

SHOWN_BY: Mapping[str, frozenset[str]] = {
    "label": frozenset({"label"}),
    "photographs": frozenset({"photograph"}),
    "dock_weight": frozenset({"photograph"}),
    "tracking": frozenset({"proof"}),
    "customs_papers": frozenset({"paper"}),
    "export_proof": frozenset({"paper"}),
}
"""Evidence, and the kinds of our documents that show it. The rest stands in the lines' reasons."""
MOST = 200
"""Returns whose documents are looked through, and files in a pack."""


async def list_disputes(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"disputes:{call.caller.exporter_id}"
    rows = await call.tx.lists.disputes(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[DisputeSummary](data=tuple(summary(row, call.tx.now) for row in page), next=more))


async def get_dispute(call: Call) -> Answer:
    return Answer(await dispute_told(call.tx, call.id("dsp")))


async def file_dispute(call: Call) -> Answer:
    """With a reference: a person has sent the document. Without one: it goes through the carrier's door."""
    dispute_id = call.id("dsp")
    if isinstance(call.body, SaidFiling):
        await disputes.file(call.tx, dispute_id, call.body.reference)
    else:
        await disputing.send(call.tx, dispute_id)
    return Answer(await dispute_told(call.tx, dispute_id))


async def withdraw_dispute(call: Call) -> Answer:
    dispute_id = call.id("dsp")
    await disputes.withdraw(call.tx, dispute_id, call.asked(SaidReason).reason)
    return Answer(await dispute_told(call.tx, dispute_id))


async def get_pack(call: Call) -> Answer:
    dispute_id = call.id("dsp")
    content = await dispute_pack(call.tx, dispute_id, call.query.get("lang", "en"))
    return Answer(file=content, headers=headers(f"{dispute_id}-dispute"))


async def dispute_pack(tx: Desk, dispute_id: str, language: str) -> bytes:
    """Drawn on a thread: a page takes a tenth of a second."""
    row = await tx.disputes.get(dispute_id)
    lines = await tx.disputes.lines(dispute_id)
    proofs = await _evidence(tx, row, _returns_of(lines))
    ids = list(dict.fromkeys(one for proof in proofs for one in proof.document_ids))[:MOST]
    drawn = await disputing.letter(tx, row, lines, [await proving.file_of(tx, one) for one in ids])
    return await asyncio.to_thread(letter.pack, drawn, language)


def _returns_of(lines: Sequence[Record]) -> list[str]:
    return sorted({line.return_id for line in lines if line.return_id})[:MOST]


NAMES = (
    *("id", "invoice_id", "carrier", "finding", "state", "file_by", "because", "reference", "reason"),
    *("filed_at", "closed_at"),
)


def _summary(row: Record, now: datetime) -> dict[str, Any]:
    amounts = {"amount": row.minor, "credited": row.credited_minor}
    told = {name: Money.from_minor(minor, row.currency) for name, minor in amounts.items()}
    left = max(0, int((row.file_by - now).total_seconds())) if row.state == "draft" else 0
    window = {"zone": "UTC", "seconds_left": left}
    return {name: getattr(row, name) for name in (*NAMES, "created_at")} | told | window


def summary(row: Record, now: datetime) -> DisputeSummary:
    return DisputeSummary(**_summary(row, now))


async def dispute_told(tx: Desk, dispute_id: str) -> DisputeTold:
    row = await tx.disputes.get(dispute_id)
    lines = await tx.disputes.lines(dispute_id)
    evidence = await _evidence(tx, row, _returns_of(lines))
    tries = await tx.attempts.of_subject(disputing.DISPUTE.word, dispute_id)
    return DisputeTold(
        **_summary(row, tx.now),
        lines=tuple(_line(line) for line in lines),
        evidence=evidence,
        by_api=filing.taken_by(disputing.DISPUTE, await disputing.account_of(tx, row)),
        attempts=tuple(map(attempt_told, tries)),
    )


def _line(row: Record) -> DisputedLine:
    amounts = {"billed": row.minor, "agreed": row.agreed_minor or 0, "credited": row.credited_minor}
    return DisputedLine(
        row=row.row,
        waybill=row.waybill,
        return_id=row.return_id,
        state=row.state,
        because=row.because,
        **{name: Money.from_minor(minor, row.currency) for name, minor in amounts.items()},
    )


async def _evidence(tx: Desk, dispute: Record, return_ids: list[str]) -> tuple[EvidenceTold, ...]:
    invoice = await tx.invoices.get(dispute.invoice_id)
    kinds = await tx.disputes.documents(return_ids)
    told = [EvidenceTold(what="bill", document_ids=(invoice.document_id,))]
    for what in MEANINGS[FindingKind(dispute.finding)].evidence:
        ids = tuple(document_id for document_id, kind in kinds if kind in SHOWN_BY.get(what, ()))
        told.append(EvidenceTold(what=what, document_ids=ids))
    return tuple(told)
