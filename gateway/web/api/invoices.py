"""Carriers' invoices: uploaded as files, listed, and shown with what was found on every line."""

from typing import Any

from gateway.journeys import importing
from gateway.rules.differences import Difference, differences
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.problems import FieldError, Problem
from gateway.web.told import Page
from gateway.web.told_parties import DifferenceTold, ImportTold, InvoiceSummary, InvoiceTold, LineTold, ProblemTold
from schemas.values import Money


async def upload_invoice(call: Call) -> Answer:
    """A file of a format that we read. The same bytes again change nothing, so no key is needed."""
    if not call.raw:
        raise Problem("validation", errors=[FieldError("", "too_short")])
    profile = call.query.get("profile")
    imported = await importing.import_document(
        call.gw,
        call.caller.exporter_id,
        call.raw,
        actor=call.caller.actor,
        format_id=call.query.get("format"),
        profile=profile.encode() if profile and profile.lstrip().startswith("{") else profile,
    )
    problems = tuple(ProblemTold.model_validate(problem.model_dump()) for problem in imported.problems)
    told = ImportTold(
        format=imported.format,
        document_id=imported.document_id,
        invoice_ids=tuple(imported.invoice_ids),
        known=tuple(imported.known),
        problems=problems,
    )
    return Answer(told)


def _summary(row: Record) -> dict[str, Any]:
    names = ("id", "carrier", "number", "format", "issued_on", "state", "reason", "created_at")
    return {name: getattr(row, name) for name in names} | {"total": Money.from_minor(row.total_minor, row.currency)}


def line_told(row: Record) -> LineTold:
    expected = row.expected_minor
    return LineTold(
        row=row.row,
        waybill=row.waybill,
        type=row.type,
        money=Money.from_minor(row.minor, row.currency),
        description=row.description,
        state=row.state,
        finding=row.finding,
        agreed=None if row.agreed_minor is None else Money.from_minor(row.agreed_minor, row.currency),
        expected=None if expected is None else Money.from_minor(expected, row.currency),
        because=row.because,
        notes=tuple(row.notes or ()),
        match_method=row.match_method,
        match_key=row.match_key,
        return_id=row.return_id,
        informational=row.informational,
    )


async def list_invoices(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"invoices:{call.caller.exporter_id}"
    rows = await call.tx.lists.invoices(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    shown = tuple(InvoiceSummary.model_validate(_summary(row)) for row in page)
    return Answer(Page[InvoiceSummary](data=shown, next=more))


async def get_invoice(call: Call) -> Answer:
    return Answer(await invoice_told(call.tx, await call.tx.invoices.get(call.id("inv"))))


async def invoice_told(tx: Desk, row: Record) -> InvoiceTold:
    lines = await tx.invoice_lines.of_invoice(row.id)
    first = await tx.invoice_lines.of_invoice(row.revises) if row.revises else ()
    changed = tuple(_difference(one) for one in differences(first, lines)) if row.revises else ()
    told = {"revises": row.revises, "differences": changed, "lines": tuple(line_told(line) for line in lines)}
    return InvoiceTold.model_validate({**_summary(row), **told})


def _difference(one: Difference) -> DifferenceTold:
    was, now = (None if minor is None else Money.from_minor(minor, one.currency) for minor in (one.was, one.now))
    return DifferenceTold(waybill=one.waybill, type=one.type, description=one.description, was=was, now=now)
