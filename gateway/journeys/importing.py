"""A carrier's invoice file: kept as it came, read, and its invoices set going.

Importing is idempotent by the file's hash. An invoice whose lines do not come to its total is quarantined, and so is another
file under a number that was imported before: that is a revision, shown as a difference, and nothing of it is posted.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from adapters import registry
from adapters.seam import InvoiceReader, TakesProfile
from gateway.core import Gateway
from gateway.crash import crash
from gateway.journeys.billed import billed_by, undisturbed
from gateway.rules.details import Detail
from gateway.rules.meanings import LineState
from gateway.store.ids import new_ids
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from schemas.charges import CarrierInvoice, FindingKind, InvoiceLine, InvoiceProblem, InvoiceReading
from schemas.errors import RefusalCode, Refused

HEAD = 8192
CHUNK = 1_000
Bar = Callable[[int, int], None]


def no_bar(done: int, total: int) -> None:
    """Nobody watches."""


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


def reader_of(content: bytes, format_id: str | None, profile: str | bytes | None) -> InvoiceReader:
    """By a profile's text or name, by the format's id, else by what the file looks like. Raises Refused."""
    if profile is None:
        return registry.invoice_reader(format_id or recognise(content))()
    takers = {name: one for name, one in registry.invoice_readers().items() if issubclass(one, TakesProfile)}
    chosen = takers.get(format_id or next(iter(takers)))
    if chosen is None:
        what = f"{format_id} takes no profile; there are: {', '.join(takers)}"
        raise Refused(what, code=RefusalCode.DATA_INVALID)
    return chosen.with_profile(profile)


def read_document(content: bytes, format_id: str | None, profile: str | bytes | None = None) -> InvoiceReading:
    """Everything a file says. Pure and slow: call it in a thread."""
    return reader_of(content, format_id, profile).read(content)


async def import_document(
    gw: Gateway,
    exporter_id: str,
    content: bytes,
    *,
    actor: str,
    format_id: str | None = None,
    profile: str | bytes | None = None,
    name: str | None = None,
    bar: Bar = no_bar,
) -> Imported:
    """Keep a file and its invoices, and set their reconciliation going. The same bytes again change nothing.

    `bar` hears how many lines of an invoice are kept, and how many there are.
    """
    with undisturbed():
        reading = await asyncio.to_thread(read_document, content, format_id, profile)
        return await _import(gw, exporter_id, content, reading, actor, name, bar)


async def _import(
    gw: Gateway, exporter_id: str, content: bytes, reading: InvoiceReading, actor: str, name: str | None, bar: Bar
) -> Imported:
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
            kept = await _keep(tx, invoice, reading, sha256, imported.document_id, bar)
            imported.invoice_ids.append(kept)
    return imported


async def _keep(
    tx: Desk, invoice: CarrierInvoice, reading: InvoiceReading, sha256: str, document_id: str, bar: Bar
) -> str:
    wrong = why_wrong(invoice, reading.problems)
    before = await tx.invoices.by_key(invoice.carrier, invoice.number)
    reason = wrong or ("another file was imported under this number: a person compares them" if before else None)
    account = await tx.accounts.by_number(billed_by(invoice.carrier), invoice.account)
    invoice_id = tx.new_id("inv")
    await tx.invoices.add(
        id=invoice_id,
        account_id=account.id if account else None,
        carrier=invoice.carrier,
        number=invoice.number,
        format=reading.format,
        sha256=sha256,
        document_id=document_id,
        issued_on=invoice.issued_on,
        currency=invoice.total.currency,
        total_minor=invoice.total.minor,
        state="quarantined" if reason else "imported",
        reason=reason,
        revises=before[0].id if before else None,
        created_at=tx.now,
        due_at=None if reason else tx.now,
    )
    await _keep_lines(tx, invoice_id, invoice, wrong, bar)
    tx.note(
        "invoice.imported", invoice_id, after={"number": invoice.number, "lines": len(invoice.lines), "held": reason}
    )
    if reason:
        held = {"invoice": invoice.number, **({"words": wrong} if wrong else {})}
        detail = Detail.of("invoice_held" if wrong else "invoice_twice", **held)
        await tx.tasks.ask("invoice_quarantined", f"invoice:{invoice_id}", detail)
    else:
        tx.go("reconcile", invoice_id)
    return invoice_id


def why_wrong(invoice: CarrierInvoice, problems: Sequence[InvoiceProblem]) -> str | None:
    """Why nothing of a bill is posted; None where it adds up. Problems of other bills in the file do not count."""
    problems = [problem for problem in problems if problem.invoice in (None, invoice.number)]
    if invoice.line_sum != invoice.total.minor:
        return f"the lines come to {invoice.line_sum} minor units, the invoice asks for {invoice.total.minor}"
    if any(problem.code == "sum_error" for problem in problems):
        return "the file breaks its format's arithmetic identity"
    return None


async def _keep_lines(tx: Desk, invoice_id: str, invoice: CarrierInvoice, wrong: str | None, bar: Bar) -> None:
    ids = new_ids("lin", tx.now, len(invoice.lines))
    for start in range(0, len(invoice.lines), CHUNK):
        some = invoice.lines[start : start + CHUNK]
        place = range(start, start + len(some))
        await tx.invoice_lines.keep(id=ids[start : start + CHUNK], position=place, **_columns(invoice_id, some, wrong))
        crash("invoice.mid")
        bar(start + len(some), len(invoice.lines))


def _columns(invoice_id: str, lines: Sequence[InvoiceLine], wrong: str | None) -> dict[str, Any]:
    """Lines as they are kept; on a bill that does not add up every line has the same finding."""
    weights = [line.billed_weight for line in lines]
    return {
        "invoice_id": repeat(invoice_id),
        "row": [line.number for line in lines],
        "waybill": [_number(line.waybill) for line in lines],
        "original_waybill": [_number(line.original_waybill) for line in lines],
        "type": [str(line.type) for line in lines],
        "minor": [line.money.minor for line in lines],
        "currency": [line.money.currency for line in lines],
        "shipped_on": [line.shipped_on for line in lines],
        "service": [line.service for line in lines],
        "grams": [weight.grams if weight else None for weight in weights],
        "wire_code": [line.wire_code for line in lines],
        "description": [line.description for line in lines],
        "references": [[canonical_number(reference) for reference in line.references] for line in lines],
        "informational": [line.informational for line in lines],
        "state": repeat(str(LineState.HELD if wrong else LineState.IMPORTED)),
        "finding": repeat(str(FindingKind.SUM_ERROR) if wrong else None),
        "because": repeat(wrong),
    }


def _number(said: str | None) -> str | None:
    return canonical_number(said) if said else None
