"""A carrier's invoice: kept as it came, read, held against what was booked, posted once, and disputed where it is wrong.

Importing is idempotent by the file's hash; a line posts once, by its own key. An invoice whose lines do not come to its total
is quarantined and nothing of it is posted.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters import registry
from gateway.core import Gateway
from gateway.crash import crash
from gateway.journeys.notices import announce
from gateway.rules import ledger, matching
from gateway.rules.matching import BilledLine, Booked, Verdict
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.charges import CarrierInvoice, ChargeType, FindingKind, InvoiceProblem, InvoiceReading
from schemas.errors import RefusalCode, Refused
from schemas.messages import NoticeKind
from schemas.shipments import ShipmentState

HEAD = 8192
CHUNK = 500
LINE_STATE: Mapping[FindingKind, str] = {
    FindingKind.MATCHED: "matched",
    FindingKind.UNDER: "matched",
    FindingKind.OVER: "disputed",
    FindingKind.DUPLICATE: "disputed",
    FindingKind.UNAGREED_SURCHARGE: "disputed",
    FindingKind.VOIDED_BILLED: "disputed",
    FindingKind.COVER_MISMATCH: "disputed",
    FindingKind.NEVER_ACCEPTED: "disputed",
    FindingKind.UNKNOWN_WAYBILL: "held",
    FindingKind.UNKNOWN_CHARGE: "held",
    FindingKind.CURRENCY_MISMATCH: "held",
}


@dataclass(slots=True)
class Imported:
    """What came of one file."""

    format: str
    document_id: str | None = None
    invoice_ids: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Invoices of this very file that were imported before: nothing was done again."""
    problems: Sequence[InvoiceProblem] = ()


def recognise(content: bytes) -> str:
    """The format of a file. Raises Refused with the formats there are."""
    readers = registry.invoice_readers()
    for name, reader in readers.items():
        if reader().recognises(content[:HEAD]):
            return name
    raise Refused(f"no reader recognises this file; there are: {', '.join(readers)}", code=RefusalCode.DATA_INVALID)


def read_document(content: bytes, format_id: str | None) -> InvoiceReading:
    """Everything a file says. Pure and slow: call it in a thread."""
    return registry.invoice_reader(format_id or recognise(content))().read(content)


async def import_document(
    gw: Gateway, exporter_id: str, content: bytes, *, actor: str, format_id: str | None = None, name: str | None = None
) -> Imported:
    """Keep a file and its invoices, and set their reconciliation going. The same bytes again change nothing."""
    reading = await asyncio.to_thread(read_document, content, format_id)
    sha256 = hashlib.sha256(content).hexdigest()
    imported = Imported(reading.format, problems=reading.problems)
    async with gw.store.transaction(exporter_id, actor) as tx:
        before = await tx.invoices.by_sha256(sha256)
        if before:
            imported.document_id = before[0].document_id
            imported.known = [row.id for row in before]
            return imported
        if not reading.invoices:
            return imported
        imported.document_id = await tx.documents.keep("invoice", "application/octet-stream", content, name=name)
        for invoice in reading.invoices:
            problems = [problem for problem in reading.problems if problem.invoice in (None, invoice.number)]
            imported.invoice_ids.append(
                await _keep(tx, invoice, reading.format, sha256, imported.document_id, problems)
            )
    return imported


async def _keep(
    tx: Desk,
    invoice: CarrierInvoice,
    format_id: str,
    sha256: str,
    document_id: str,
    problems: Sequence[InvoiceProblem],
) -> str:
    reason = _why_quarantined(
        invoice, problems, revised=bool(await tx.invoices.by_key(invoice.carrier, invoice.number))
    )
    account = await tx.accounts.by_number(billed_by(invoice.carrier), invoice.account)
    invoice_id = tx.new_id("inv")
    await tx.invoices.add(
        id=invoice_id,
        account_id=account.id if account else None,
        carrier=invoice.carrier,
        number=invoice.number,
        format=format_id,
        sha256=sha256,
        document_id=document_id,
        issued_on=invoice.issued_on,
        currency=invoice.total.currency,
        total_minor=invoice.total.minor,
        state="quarantined" if reason else "imported",
        reason=reason,
        created_at=tx.now,
        due_at=None if reason else tx.now,
    )
    await _keep_lines(tx, invoice_id, invoice)
    tx.note(
        "invoice.imported", invoice_id, after={"number": invoice.number, "lines": len(invoice.lines), "held": reason}
    )
    if reason:
        await tx.tasks.ask("invoice_quarantined", f"invoice:{invoice_id}", f"{invoice.number}: {reason}")
    else:
        tx.go("reconcile", invoice_id)
    return invoice_id


def _why_quarantined(invoice: CarrierInvoice, problems: Sequence[InvoiceProblem], *, revised: bool) -> str | None:
    if invoice.line_sum != invoice.total.minor:
        return f"the lines come to {invoice.line_sum} minor units, the invoice asks for {invoice.total.minor}"
    if any(problem.code == "sum_error" for problem in problems):
        return "the file breaks its format's arithmetic identity"
    return "another file was imported under this number: a person compares them" if revised else None


async def _keep_lines(tx: Desk, invoice_id: str, invoice: CarrierInvoice) -> None:
    rows = [
        {
            "id": tx.new_id("lin"),
            "invoice_id": invoice_id,
            "position": position,
            "row": line.number,
            "waybill": canonical_number(line.waybill) if line.waybill else None,
            "type": line.type.value,
            "minor": line.money.minor,
            "currency": line.money.currency,
            "wire_code": line.wire_code,
            "description": line.description,
            "references": [canonical_number(reference) for reference in line.references],
            "informational": line.informational,
            "state": "imported",
        }
        for position, line in enumerate(invoice.lines)
    ]
    for start in range(0, len(rows), CHUNK):
        await tx.invoice_lines.add_all(rows[start : start + CHUNK])
        crash("invoice.mid")


async def reconcile_invoice(gw: Gateway, job: Job) -> None:
    """Hold every line against what was booked, and post it. One transaction: all of the invoice, or none of it."""
    async with gw.store.transaction(job.exporter_id) as tx:
        invoice = await tx.claim(job)
        if invoice is None:
            return
        rows = await tx.invoice_lines.of_invoice(invoice.id)
        lines = [_billed(row) for row in rows]
        bookings = await _bookings(tx, invoice, lines)
        verdicts = matching.judge(lines, bookings)
        by_id = {row.id: row for row in rows}
        for verdict in verdicts:
            await _post(tx, by_id[verdict.line_id], verdict)
        await tx.invoices.set(invoice.id, state="reconciled")
        tx.note("invoice.reconciled", invoice.id, after=_counts(verdicts))
        await _tell(tx, invoice, verdicts)
        crash("invoice.before_commit")
        await tx.settle("reconcile", invoice)


def billed_by(name: str) -> list[str]:
    """The adapters that are the carrier an invoice names."""
    return [key for key, one in registry.carriers().items() if name in (key, one.profile.bills_as)]


def _billed(row: Record) -> BilledLine:
    return BilledLine(
        id=row.id,
        waybill=row.waybill,
        type=ChargeType(row.type),
        minor=row.minor,
        currency=row.currency,
        references=row.references,
        informational=row.informational,
    )


async def _bookings(tx: Desk, invoice: Record, lines: Sequence[BilledLine]) -> dict[str, Booked]:
    """What we agreed, for every waybill and reference that the invoice names."""
    keys = sorted({key for line in lines for key in (line.waybill, *line.references) if key})
    found: dict[str, Record] = {}
    for start in range(0, len(keys), CHUNK):
        for row in await tx.shipments.known_as(billed_by(invoice.carrier), keys[start : start + CHUNK]):
            found[row.canonical] = row
    shipments = {row.id: row for row in found.values()}
    agreed: dict[str, list[Record]] = {}
    for accrual in await tx.accruals.of_shipments(list(shipments)):
        agreed.setdefault(accrual.shipment_id, []).append(accrual)
    billed: dict[str, list[Record]] = {}
    for line in await tx.invoice_lines.of_shipments(list(shipments), but=invoice.id):
        billed.setdefault(line.shipment_id, []).append(line)
    booked = {key: _booked(row, agreed.get(key, []), billed.get(key, [])) for key, row in shipments.items()}
    return {canonical: booked[row.id] for canonical, row in found.items()}


def _booked(shipment: Record, agreed: Sequence[Record], billed: Sequence[Record]) -> Booked:
    return Booked(
        shipment_id=shipment.id,
        return_id=shipment.return_id,
        currency=agreed[0].currency if agreed else None,
        agreed=_sums(agreed),
        insured=shipment.request.insured_value is not None,
        live=shipment.state != ShipmentState.CANCELLED,
        moved=shipment.handed_over_at is not None,
        billed=_sums(billed),
    )


def _sums(rows: Sequence[Record]) -> dict[ChargeType, int]:
    sums: dict[ChargeType, int] = {}
    for row in rows:
        kind = ChargeType(row.type)
        sums[kind] = sums.get(kind, 0) + row.minor
    return sums


async def _post(tx: Desk, row: Record, verdict: Verdict) -> None:
    finding = verdict.finding
    state = LINE_STATE[finding.kind]
    await tx.invoice_lines.set(
        row.id,
        state=state,
        finding=finding.kind,
        because=finding.because,
        expected_minor=finding.expected.minor if finding.expected else None,
        shipment_id=verdict.shipment_id,
        return_id=verdict.return_id,
    )
    if state != "held" and not row.informational:
        entries = ledger.entries_of(ChargeType(row.type), row.minor, verdict.agreed, row.currency)
        await tx.ledger.post(f"line:{row.id}", entries, return_id=verdict.return_id)


def _counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for verdict in verdicts:
        counts[verdict.finding.kind] = counts.get(verdict.finding.kind, 0) + 1
    return counts


async def _tell(tx: Desk, invoice: Record, verdicts: Sequence[Verdict]) -> None:
    """One notice a return: what its lines came to."""
    by_return: dict[str | None, list[Verdict]] = {}
    for verdict in verdicts:
        by_return.setdefault(verdict.return_id, []).append(verdict)
    for return_id, its in by_return.items():
        well = all(LINE_STATE[verdict.finding.kind] == "matched" for verdict in its)
        if not well:
            detail = f"invoice {invoice.number}: {_counts(its)}"
            await tx.tasks.ask("invoice_discrepancy", f"invoice:{invoice.id}:{return_id}", detail, return_id)
        await announce(
            tx,
            NoticeKind.INVOICE_MATCHED if well else NoticeKind.INVOICE_DISCREPANCY,
            {"invoice_id": invoice.id, "number": invoice.number, "carrier": invoice.carrier, "findings": _counts(its)},
            cause=f"invoice:{invoice.id}:{return_id}",
            return_id=return_id,
        )
