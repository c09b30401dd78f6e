"""A carrier's invoice held against what was booked, line by line, and posted once.

All of an invoice in one transaction, or none of it: one read of everything that its lines touch, one write of the verdicts,
one of the ledger. How many statements that takes does not depend on how many lines there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from gateway.core import Gateway
from gateway.crash import crash
from gateway.journeys import bearing, beside, claims, disputes
from gateway.journeys.billed import (
    aside,
    billed_by,
    bookings_of,
    decisions_of,
    line_as_read,
    lines_of,
    services_of,
    undisturbed,
)
from gateway.journeys.notices import announce_all
from gateway.rules import judging, ledger
from gateway.rules.charge_types import Decision
from gateway.rules.details import Detail, counted
from gateway.rules.judging import Bill, Verdict
from gateway.rules.ledger import Bears
from gateway.rules.matching import BilledLine
from gateway.rules.meanings import MEANINGS, LineState
from gateway.rules.tolerances import Policy
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.charges import CarrierInvoice, FindingKind, Transfer
from schemas.messages import NoticeKind
from schemas.values import Money


async def reconcile_invoice(gw: Gateway, job: Job) -> None:
    """Judge every line and post it. Of an invoice that was judged before, only what was unknown and is decided since."""
    with undisturbed():
        await _reconcile_once(gw, job)


async def _reconcile_once(gw: Gateway, job: Job) -> None:
    async with gw.store.transaction(job.exporter_id) as tx:
        invoice = await tx.claim(job)
        if invoice is None:
            return
        if invoice.state == "imported":
            await tx.touched.alone()
            await _reconcile(tx, invoice)
            crash("invoice.before_commit")
        elif invoice.state == "reconciled":
            await tx.touched.alone()
            await _judge_again(tx, invoice)
        await tx.settle("reconcile", invoice)


async def _reconcile(tx: Desk, invoice: Record) -> None:
    rows = await tx.invoice_lines.billed(invoice.id)
    many = len(rows)
    lines = await _as_decided(tx, await aside(many, lines_of, rows), await _decided(tx, invoice))
    index, past = await bookings_of(tx, invoice.carrier, invoice.id, lines)
    bill = Bill(invoice.issued_on, services_of(billed_by(invoice.carrier)), past)
    policy = Policy()
    verdicts = await aside(many, judging.judge, lines, index, policy, bill)
    drafts, of_line = await aside(many, disputes.drafts_of, tx, invoice, lines, verdicts, policy)
    await tx.disputes.add_all(drafts)
    await tx.invoice_lines.judged(**await aside(many, _written, verdicts, of_line))
    await disputes.see_credits(tx, invoice, lines, verdicts)
    await claims.see_payments(tx, invoice, lines, verdicts)
    bears = await bearing.bears(tx, _day(invoice), _returns_of(verdicts))
    await tx.ledger.post_all(await aside(many, _postings, lines, verdicts, bears), invoice_id=invoice.id)
    await tx.invoices.set(invoice.id, state="reconciled")
    tx.note("invoice.reconciled", invoice.id, after=_counts(verdicts))
    await _tell(tx, invoice, verdicts)
    await _watch_drift(tx, invoice, lines, verdicts, policy, but=invoice.id)


def _returns_of(verdicts: Sequence[Verdict]) -> set[str]:
    return {verdict.booked.return_id for verdict in verdicts if verdict.booked}


def _day(invoice: Record) -> date:
    day: date = invoice.issued_on or invoice.created_at.date()
    return day


async def _decided(tx: Desk, invoice: Record) -> dict[str, Decision]:
    """What a person has said that unknown charges of this bill are, by line."""
    rows = await tx.invoice_lines.unknown(invoice.id)
    if not rows:
        return {}
    said = await decisions_of(tx, invoice.carrier, _day(invoice))
    found = ((row.id, said.of(row.type, row.wire_code, row.description)) for row in rows)
    return {line_id: one for line_id, one in found if one is not None}


async def _as_decided(tx: Desk, lines: Sequence[BilledLine], decided: Mapping[str, Decision]) -> Sequence[BilledLine]:
    """The lines with the types that a person gave them, which are written down."""
    if not decided:
        return lines
    typed = [{"id": key, "type": one.type.value, "charge_type_id": one.id} for key, one in decided.items()]
    await tx.disputes.write_lines(typed)
    return [line._replace(type=decided[line.id].type) if line.id in decided else line for line in lines]


async def _judge_again(tx: Desk, invoice: Record) -> None:
    """Lines that waited for what their charge is, and what was judged beside them. What is open of them only because of that
    is judged and posted; what a person or a credit has settled since gets its type and stays as it is."""
    rows = await tx.invoice_lines.of_invoice(invoice.id)
    decided = await _decided(tx, invoice)
    if not decided:
        return
    billed = await _as_decided(tx, lines_of(await tx.invoice_lines.billed(invoice.id)), decided)
    waited = [
        row
        for row in rows
        if row.id in decided and row.state == LineState.HELD and not row.credited_minor and not row.informational
    ]
    ids, policy, services = frozenset(row.id for row in waited), Policy(), services_of(billed_by(invoice.carrier))
    lines, verdicts = await _of_those_that_waited(tx, invoice, waited, billed, policy, services)
    found = await beside.judge(tx, invoice, rows, billed, decided, judged=ids, policy=policy, services=services)
    await disputes.leave(tx, found.rows)
    all_lines, all_verdicts = [*lines, *found.lines], [*verdicts, *found.verdicts]
    if not all_lines:
        return
    drafts, of_line = disputes.drafts_of(tx, invoice, all_lines, all_verdicts, policy, again=invoice.turn)
    await tx.disputes.add_all(drafts)
    await tx.invoice_lines.judged(**_written(all_verdicts, of_line))
    await disputes.see_credits(tx, invoice, lines, verdicts)
    await claims.see_payments(tx, invoice, lines, verdicts)
    weights = Counter[str]()
    for row in rows:
        if row.return_id and row.id not in ids and not row.informational:
            weights[row.return_id] += row.agreed_minor or 0
    bears = await bearing.bears(tx, _day(invoice), {*weights, *_returns_of(all_verdicts)})
    postings = [*_settled(lines, verdicts, weights, bears), *await beside.corrected(tx, invoice, found, bears)]
    await tx.ledger.post_all(postings, invoice_id=invoice.id)
    tx.note("invoice.judged_again", invoice.id, after=_counts(all_verdicts))
    await _close_tasks(tx, invoice)
    await _tell(tx, invoice, all_verdicts, again=invoice.turn)


async def _of_those_that_waited(
    tx: Desk,
    invoice: Record,
    waited: Sequence[Record],
    billed: Sequence[BilledLine],
    policy: Policy,
    services: dict[str, str],
) -> tuple[list[BilledLine], list[Verdict]]:
    """Those that are judged otherwise now. They have left their disputes, and stand as they are judged."""
    ids = frozenset(row.id for row in waited)
    lines = [line for line in billed if line.id in ids]
    if not lines:
        return [], []
    index, past = await bookings_of(tx, invoice.carrier, "", lines, anew=ids)
    bill = Bill(invoice.issued_on, services, past)
    verdicts = await aside(len(lines), judging.judge, lines, index, policy, bill)
    await _watch_drift(tx, invoice, lines, verdicts, policy, but="")
    moved = [place for place, row in enumerate(waited) if verdicts[place].kind != row.finding]
    await disputes.leave(tx, [waited[place] for place in moved])
    lines, verdicts = [lines[place] for place in moved], [verdicts[place] for place in moved]
    await tx.invoice_lines.judged(**_written(verdicts, {}))
    return lines, verdicts


def _settled(
    lines: Sequence[BilledLine], verdicts: Sequence[Verdict], weights: Counter[str], bears: Bears
) -> list[tuple[str, Sequence[Transfer]]]:
    """What is accepted of lines that were posted as open, a transaction a line; `weights` is what the bill's returns bear."""
    for verdict in verdicts:
        if verdict.booked:
            weights[verdict.booked.return_id] += verdict.agreed
    postings = []
    for line, verdict in zip(lines, verdicts, strict=True):
        fee = verdict.kind is FindingKind.INVOICE_LEVEL_FEE
        shares = ledger.share_out(verdict.agreed, weights) if fee else None
        return_id = verdict.booked.return_id if verdict.booked else None
        moves = ledger.accepted_after_all(line.type, verdict.agreed, line.currency, return_id, shares, bears)
        postings.append((f"decided:{line.id}", moves))
    return postings


async def _close_tasks(tx: Desk, invoice: Record) -> None:
    """A question about a return whose lines are all well by now is answered."""
    rows = await tx.invoice_lines.of_invoice(invoice.id)
    open_ones = {row.return_id for row in rows if row.state in (LineState.HELD, LineState.DISPUTED)}
    for return_id in {row.return_id for row in rows} - open_ones:
        await tx.tasks.done(f"invoice:{invoice.id}:{return_id}")


async def preview(tx: Desk, invoice: CarrierInvoice) -> list[Verdict]:
    """What would be found of a bill as it was read; nothing is written."""
    said = await decisions_of(tx, invoice.carrier, invoice.issued_on or tx.now.date())
    lines = []
    for place, line in enumerate(invoice.lines):
        decided = said.of(line.type, line.wire_code, line.description)
        lines.append(line_as_read(place, line)._replace(type=decided.type if decided else line.type))
    index, past = await bookings_of(tx, invoice.carrier, "", lines)
    bill = Bill(invoice.issued_on, services_of(billed_by(invoice.carrier)), past)
    return await aside(len(lines), judging.judge, lines, index, Policy(), bill)


def _written(verdicts: Sequence[Verdict], of_line: Mapping[str, str]) -> dict[str, list[Any]]:
    """The columns of lines that a verdict fills."""
    booked = [verdict.booked for verdict in verdicts]
    return {
        "this_id": [verdict.line_id for verdict in verdicts],
        "state": [str(verdict.state) for verdict in verdicts],
        "finding": [str(verdict.kind) for verdict in verdicts],
        "because": [verdict.because[:500] for verdict in verdicts],
        "dispute_id": [of_line.get(verdict.line_id) for verdict in verdicts],
        "agreed_minor": [verdict.agreed for verdict in verdicts],
        "expected_minor": [verdict.expected for verdict in verdicts],
        "notes": [verdict.notes for verdict in verdicts],
        "match_method": [verdict.match.method or None for verdict in verdicts],
        "match_key": [verdict.match.key or None for verdict in verdicts],
        "shipment_id": [one.shipment_id if one else None for one in booked],
        "return_id": [one.return_id if one else None for one in booked],
    }


def _postings(
    lines: Sequence[BilledLine], verdicts: Sequence[Verdict], bears: Bears
) -> list[tuple[str, Sequence[Transfer]]]:
    """A transaction a line. What is for the account alone is borne by the invoice's returns, by what each came to."""
    weights: Counter[str] = Counter()
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict.booked and not line.informational:
            weights[verdict.booked.return_id] += verdict.agreed
    postings = []
    for line, verdict in zip(lines, verdicts, strict=True):
        if line.informational or not line.minor:
            continue
        fee = verdict.kind is FindingKind.INVOICE_LEVEL_FEE
        shares = ledger.share_out(verdict.agreed, weights) if fee else None
        return_id = verdict.booked.return_id if verdict.booked else None
        moves = ledger.transfers_of(line.type, line.minor, verdict.agreed, line.currency, return_id, shares, bears)
        postings.append((f"line:{line.id}", moves))
    return postings


def _counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    return dict(Counter(str(verdict.kind) for verdict in verdicts))


async def _tell(tx: Desk, invoice: Record, verdicts: Sequence[Verdict], *, again: int = 0) -> None:
    """One notice a return, and one task where something of it is not as agreed: what its lines came to."""
    by_return: dict[str | None, list[FindingKind]] = {}
    for verdict in verdicts:
        by_return.setdefault(verdict.booked.return_id if verdict.booked else None, []).append(verdict.kind)
    alike: dict[tuple[FindingKind, ...], list[str | None]] = {}
    for return_id, kinds in by_return.items():
        alike.setdefault(tuple(kinds), []).append(return_id)
    asked, turn = [], f":{again}" if again else ""
    for found, returns in alike.items():
        counts = dict(Counter(map(str, found)))
        told = [(f"invoice:{invoice.id}:{return_id}{turn}", return_id) for return_id in returns]
        well = all(MEANINGS[kind].state is LineState.MATCHED for kind in found)
        if not well:
            detail = Detail.of("invoice_differs", invoice=invoice.number, findings=counted(counts))
            asked += [("invoice_discrepancy", cause, detail, return_id) for cause, return_id in told]
        news = NoticeKind.INVOICE_MATCHED if well else NoticeKind.INVOICE_DISCREPANCY
        what = {"invoice_id": invoice.id, "number": invoice.number, "carrier": invoice.carrier, "findings": counts}
        await aside(len(told), announce_all, tx, news, what, told)
    await tx.tasks.ask_all(asked)


async def _watch_drift(
    tx: Desk, invoice: Record, lines: Sequence[BilledLine], verdicts: Sequence[Verdict], policy: Policy, *, but: str
) -> None:
    """Small overs of the carrier's month that come to more than is small: one task a month and currency."""
    month = (invoice.issued_on or tx.now.date()).replace(day=1)
    before = await tx.invoice_lines.small_overs(invoice.carrier, month, _next(month), but=but)
    found = judging.drifts(lines, verdicts, before, policy)
    asked = []
    for drift in found:
        over, limit = Money.from_minor(drift.minor, drift.currency), Money.from_minor(drift.limit, drift.currency)
        what = {"carrier": invoice.carrier, "month": f"{month:%Y-%m}", "amount": over, "limit": limit}
        detail = Detail.of("drift", **what)
        asked.append(("invoice_drift", f"drift:{invoice.carrier}:{month:%Y-%m}:{drift.currency}", detail, None))
        tx.note("invoice.drift", invoice.id, after={"minor": drift.minor, "currency": drift.currency})
    await tx.tasks.ask_all(asked)


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
