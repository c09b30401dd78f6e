"""Disputes: drafted from an invoice's findings, filed when a person says so, closed only when the credit is seen.

One draft for each finding of an invoice, with the lines it is about and what it has to bring. Its window is work like any
other: towards its end a person is asked, and a draft that nobody filed in time expires. What the carrier was right about is
withdrawn, and then borne like any other charge. Payment is another matter: a dispute changes nothing of what is owed until it
is credited.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from adapters import registry
from gateway.journeys import bearing
from gateway.journeys.notices import announce
from gateway.rules import ledger
from gateway.rules.details import Detail
from gateway.rules.dispute_windows import ends
from gateway.rules.judging import Verdict
from gateway.rules.matching import BilledLine
from gateway.rules.meanings import LineState
from gateway.rules.tolerances import Policy
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.charges import ChargeType
from schemas.dispute_windows import WindowStart
from schemas.errors import Conflict
from schemas.messages import NoticeKind
from schemas.values import Json

OPEN = ("draft", "filed", "expired")
"""A credit may still come. Expired is a window that nobody used, not a charge that is right."""
FILEABLE = ("draft", "expired")
UNDER_WAY = "filing"
"""It is being filed through the carrier's door: nobody files it another way, or withdraws it, until that is known."""
A_DAY = timedelta(days=1)
"""From the end of the promised day, wherever that is, back into it or the day before: never later."""
NEVER = datetime.max.replace(tzinfo=UTC)
WARN = 5
"""A person is asked when one part in five of the window is left."""


def drafts_of(
    tx: Desk,
    invoice: Record,
    lines: Sequence[BilledLine],
    verdicts: Sequence[Verdict],
    policy: Policy,
    *,
    again: int = 0,
) -> tuple[list[Json], Mapping[str, str]]:
    """A draft for each finding and currency, and which line belongs to which; `again` is the invoice's turn that judged
    them anew."""
    drafts: dict[tuple[str, str], Json] = {}
    of_line = {}
    windows = registry.dispute_windows(invoice.carrier)
    issued = invoice.issued_on or tx.now.date()
    for line, verdict in zip(lines, verdicts, strict=True):
        if line.minor == verdict.agreed or line.informational or verdict.state is LineState.MATCHED:
            continue
        window = ends(windows, verdict.kind, _days(issued, line, verdict), policy.filing_days)
        file_by = _midnight(window.last) + A_DAY
        draft = drafts.get((verdict.kind, line.currency))
        if draft is None:
            draft = drafts[verdict.kind, line.currency] = _draft(tx, invoice, verdict, line.currency, again)
        if file_by < draft["file_by"]:  # of all its lines, the one whose window ends first
            warned_at = max(_warned_at(_midnight(window.start), file_by), tx.now)
            draft |= {"file_by": file_by, "because": window.because, "due_at": warned_at}
        draft["minor"] += line.minor - verdict.agreed
        of_line[line.id] = draft["id"]
    return list(drafts.values()), of_line


def _draft(tx: Desk, invoice: Record, verdict: Verdict, currency: str, again: int) -> Json:
    """One without lines, and so without an end."""
    return {
        "id": tx.new_id("dsp"),
        "invoice_id": invoice.id,
        "carrier": invoice.carrier,
        "finding": verdict.kind.value,
        "round": again,
        "state": "draft",
        "minor": 0,
        "credited_minor": 0,
        "currency": currency,
        "file_by": NEVER,
        "created_at": tx.now,
    }


def _days(issued: date, line: BilledLine, verdict: Verdict) -> Mapping[WindowStart, date | None]:
    """What is known of the days that windows count from."""
    booked = verdict.booked
    return {
        WindowStart.INVOICE: issued,
        WindowStart.SHIPMENT: line.shipped_on or (booked.ship_on if booked else None),
        WindowStart.PROMISE: (booked.promised_at - A_DAY).date() if booked and booked.promised_at else None,
    }


def _midnight(day: date) -> datetime:
    """A day's beginning, as carriers count their windows. UTC: no day of theirs ends sooner than half a day after it."""
    return datetime.combine(day, time(), UTC)


async def see_credits(tx: Desk, invoice: Record, lines: Sequence[BilledLine], verdicts: Sequence[Verdict]) -> None:
    """Put what was given back to the lines it is for: of the same type first, then the oldest."""
    given = [
        (line, verdict.booked.shipment_id, verdict.closes)
        for line, verdict in zip(lines, verdicts, strict=True)
        if verdict.closes and verdict.booked
    ]
    if not given:
        return
    rows = await tx.disputes.open_lines(sorted({shipment_id for _, shipment_id, _ in given}), but=invoice.id)
    left = {row.id: max(row.minor - (row.agreed_minor or 0) - row.credited_minor, 0) for row in rows}
    credited: dict[str, int] = {}
    for line, shipment_id, amount in given:
        its = [row for row in rows if row.shipment_id == shipment_id]
        for row in sorted(its, key=lambda row: row.type != line.type):
            part = min(amount, left[row.id])
            left[row.id] -= part
            amount -= part
            credited[row.id] = credited.get(row.id, 0) + part
    touched = [row for row in rows if credited.get(row.id)]
    await tx.disputes.write_lines(
        [
            {
                "id": row.id,
                "credited_minor": row.credited_minor + credited[row.id],
                "state": row.state if left[row.id] else LineState.CREDITED.value,
            }
            for row in touched
        ]
    )
    for dispute_id in sorted({row.dispute_id for row in touched if row.dispute_id}):
        its_part = sum(credited[row.id] for row in touched if row.dispute_id == dispute_id)
        await _credited(tx, dispute_id, its_part, invoice)


async def _credited(tx: Desk, dispute_id: str, part: int, invoice: Record) -> None:
    dispute = await tx.disputes.get(dispute_id, lock=True)
    total = dispute.credited_minor + part
    closed = total >= dispute.minor
    changed = {"state": "credit_seen", "closed_at": tx.now, "due_at": None} if closed else {}
    await tx.disputes.set(dispute_id, credited_minor=total, **changed)
    if closed:
        lines = await tx.disputes.lines(dispute_id)
        await tx.disputes.write_lines([{"id": row.id, "state": LineState.CREDITED.value} for row in lines])
    tx.note("dispute.credited", dispute_id, after={"invoice": invoice.number, "minor": part, "closed": closed})


async def leave(tx: Desk, rows: Sequence[Record]) -> None:
    """Lines that are judged again leave their disputes; one that has no others is over."""
    left: dict[str, list[Record]] = {}
    for row in rows:
        if row.dispute_id:
            left.setdefault(row.dispute_id, []).append(row)
    for dispute_id, its in sorted(left.items()):
        dispute = await tx.disputes.get(dispute_id, lock=True)
        changed: Json = {"minor": dispute.minor - sum(row.minor - (row.agreed_minor or 0) for row in its)}
        if len(its) == len(await tx.disputes.lines(dispute_id)):
            reason = "what is charged was decided, and its lines were judged again"
            changed |= {"state": "withdrawn", "reason": reason, "closed_at": tx.now, "due_at": None}
        elif dispute.credited_minor and dispute.credited_minor >= changed["minor"]:
            changed |= {"state": "credit_seen", "closed_at": tx.now, "due_at": None}
        await tx.disputes.set(dispute_id, **changed)
        tx.note("dispute.left", dispute_id, after={"lines": len(its)})


async def file(tx: Desk, dispute_id: str, reference: str) -> None:
    """A person has sent the document to the carrier, who has it under this reference. Raises Conflict unless it is open."""
    dispute = await tx.disputes.get(dispute_id, lock=True)
    if dispute.state not in FILEABLE:
        raise Conflict("only a draft is filed", state=dispute.state)
    await filed(tx, dispute, reference)


async def filed(tx: Desk, dispute: Record, number: str) -> None:
    """The carrier has it. Where it was closed while it was under way, the number is kept all the same."""
    changed: Json = {"reference": number}
    if dispute.state in (*FILEABLE, UNDER_WAY):
        changed |= {"state": "filed", "filed_at": tx.now, "reason": None}
    await tx.disputes.set(dispute.id, **changed, **({} if dispute.held else {"due_at": None}))
    await tx.tasks.done_like(f"dispute:{dispute.id}:")
    if dispute.state == "withdrawn":
        detail = Detail.of("withdrawn_late", carrier=dispute.carrier, number=number)
        await tx.tasks.ask("dispute_withdrawn", f"dispute:{dispute.id}:withdrawn", detail)
    tx.note("dispute.filed", dispute.id, before={"state": dispute.state}, after={"reference": number})
    said = {"dispute_id": dispute.id, "carrier": dispute.carrier, "finding": dispute.finding, "reference": number}
    await announce(tx, NoticeKind.DISPUTE_FILED, said, cause=f"dispute:{dispute.id}:filed:{number}")


async def withdraw(tx: Desk, dispute_id: str, reason: str) -> None:
    """The carrier was right, or says so for good: what is left of it is accepted and borne. Raises Conflict if closed."""
    dispute = await tx.disputes.get(dispute_id, lock=True)
    if dispute.state not in OPEN:
        under_way = dispute.state == UNDER_WAY
        raise Conflict("it is on its way to the carrier" if under_way else "it is closed", state=dispute.state)
    rows = await tx.disputes.lines(dispute_id)
    invoice = await tx.invoices.get(dispute.invoice_id)
    day = invoice.issued_on or invoice.created_at.date()
    bears = await bearing.bears(tx, day, {row.return_id for row in rows if row.return_id})
    postings, written = [], []
    for row in rows:
        agreed = row.agreed_minor or 0
        rest = row.minor - agreed - row.credited_minor
        moves = ledger.accepted_after_all(ChargeType(row.type), rest, row.currency, row.return_id, bears=bears)
        if moves:
            postings.append((f"withdrawn:{row.id}", moves))
            written.append({"id": row.id, "state": LineState.MATCHED.value, "agreed_minor": agreed + rest})
    await tx.ledger.post_all(postings, invoice_id=dispute.invoice_id)
    await tx.disputes.write_lines(written)
    await tx.disputes.set(dispute_id, state="withdrawn", reason=reason, closed_at=tx.now, due_at=None)
    tx.note("dispute.withdrawn", dispute_id, before={"state": dispute.state}, after={"reason": reason})


async def judge_window(tx: Desk, dispute: Record) -> None:
    """The window of a draft: first a person is asked, at its end it expires. Ends the turn."""
    if dispute.state != "draft":
        await tx.settle("dispute", dispute)
        return
    over = tx.now >= dispute.file_by
    window = {"carrier": dispute.carrier, "finding": dispute.finding, "file_by": f"{dispute.file_by:%Y-%m-%d}"}
    detail = Detail.of("window_over" if over else "window_soon", **window)
    await tx.tasks.ask("dispute_window", f"dispute:{dispute.id}:{'over' if over else 'soon'}", detail)
    if over:
        await tx.disputes.set(dispute.id, state="expired")
        tx.note("dispute.expired", dispute.id)
    await tx.settle("dispute", dispute, due_at=None if over else dispute.file_by)


def window_due(tx: Desk, dispute: Record) -> datetime | None:
    """When the window of a draft is looked at next."""
    return max(_warned_at(dispute.created_at, dispute.file_by), tx.now) if dispute.state == "draft" else None


def _warned_at(start: datetime, file_by: datetime) -> datetime:
    return file_by - (file_by - start) / WARN
