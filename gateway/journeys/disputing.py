"""A dispute through the carrier's door: what is asked, by which account, and what its answer means."""

from collections.abc import Awaitable, Sequence
from typing import Any

from adapters import registry
from adapters.seam import Carrier, FilesDisputes, FindsDisputes
from gateway.core import Gateway
from gateway.journeys import disputes, filing
from gateway.papers.evidence import File
from gateway.papers.letter import Letter
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.charges import ChargeType, FindingKind
from schemas.errors import Conflict, Refused
from schemas.filings import MOST_LINES, DisputedCharge, DisputeRequest, Filing
from schemas.values import ClientRef, Money, tidy


async def run_dispute(gw: Gateway, job: Job) -> None:
    """One turn of a dispute: file it, or look at its window."""
    await filing.run(gw, job, DISPUTE, disputes.judge_window)


async def send(tx: Desk, dispute_id: str) -> None:
    """File it through the carrier's door, once. Asked again while it is under way, it is the same filing.

    Raises Conflict unless it is open, Unsupported where the carrier takes no disputes: then the document is sent.
    """
    dispute = await tx.disputes.get(dispute_id, lock=True)
    if dispute.state == filing.UNDER_WAY:
        return
    if dispute.state not in disputes.FILEABLE:
        raise Conflict("only a draft is filed", state=dispute.state)
    await filing.ask(tx, DISPUTE, dispute, await account_of(tx, dispute))


async def account_of(tx: Desk, dispute: Record) -> Record | None:
    """The account that was billed: the invoice's, else that of all the shipments that it is about."""
    invoice = await tx.invoices.get(dispute.invoice_id)
    ids = [invoice.account_id] if invoice.account_id else await tx.disputes.accounts(dispute.id)
    return await tx.accounts.find(ids[0]) if len(ids) == 1 else None


async def _request(tx: Desk, dispute: Record) -> DisputeRequest:
    """What is asked back, line by line. Raises Conflict where that is nothing, or more lines than a call can name.

    Its reference follows from what the carrier calls its bill: a database that was restored gives it the same.
    """
    invoice = await tx.invoices.get(dispute.invoice_id)
    rows = [row for row in await tx.disputes.lines(dispute.id) if row.minor > (row.agreed_minor or 0)]
    if not 0 < len(rows) <= MOST_LINES:
        raise Conflict(f"it has {len(rows)} lines: send the document", state=dispute.state)
    bill = f"{tx.exporter_id}:{invoice.carrier}:{invoice.number}:{invoice.sha256}"
    return DisputeRequest(
        client_ref=client_ref(f"dispute:{bill}:{dispute.finding}:{dispute.currency}:{dispute.round}", 1),
        invoice=invoice.number,
        issued_on=invoice.issued_on,
        finding=FindingKind(dispute.finding),
        amount=Money.from_minor(dispute.minor - dispute.credited_minor, dispute.currency),
        lines=tuple(_charge(row) for row in rows),
    )


def _charge(row: Record) -> DisputedCharge:
    return DisputedCharge(
        row=row.row,
        waybill=row.waybill,
        type=ChargeType(row.type),
        wire_code=row.wire_code,
        billed=Money.from_minor(row.minor, row.currency),
        agreed=Money.from_minor(row.agreed_minor or 0, row.currency),
        because=tidy(row.because or "", 500),
    )


async def letter(tx: Desk, dispute: Record, lines: Sequence[Record], files: Sequence[File]) -> Letter:
    """The document to send where the carrier has no door, and for whoever asks."""
    invoice, exporter = await tx.invoices.get(dispute.invoice_id), await tx.exporters.get(tx.exporter_id)
    account = await account_of(tx, dispute)
    adapter = registry.carriers().get(account.carrier) if account else None
    said = [_charge(row) for row in lines]
    return Letter(
        kind=DISPUTE.word,
        id=dispute.id,
        made_on=tx.now.date(),
        exporter=exporter.name,
        carrier=adapter.profile.name if adapter else dispute.carrier,
        facts=(
            ("account", (account.number or "") if account else ""),
            ("bill", invoice.number),
            ("issued", invoice.issued_on.isoformat() if invoice.issued_on else ""),
            ("finding", dispute.finding.replace("_", " ")),
            ("asked_back", str(Money.from_minor(dispute.minor - dispute.credited_minor, dispute.currency))),
        ),
        head=("row", "waybill", "charge", "billed", "agreed", "because"),
        rows=[
            (str(one.row), one.waybill or "", one.wire_code or one.type, str(one.billed), str(one.agreed), one.because)
            for one in said
        ],
        widths=(0.07, 0.2, 0.11, 0.15, 0.15, 0.32),
        files=files,
    )


async def _send(carrier: Any, said: str) -> Filing:
    filed: Filing = await carrier.file_dispute(DisputeRequest.model_validate_json(said))
    return filed


def _look_up(carrier: Carrier, reference: ClientRef) -> Awaitable[Sequence[Filing]] | None:
    return carrier.find_disputes(reference) if isinstance(carrier, FindsDisputes) else None


async def _refused(tx: Desk, dispute: Record, error: Refused) -> None:
    """It is a draft again: a person sends the document, or accepts what is billed."""
    if dispute.state == filing.UNDER_WAY:
        state = "draft" if tx.now < dispute.file_by else "expired"
        await tx.disputes.set(dispute.id, state=state, reason=tidy(f"{error.code}: {error}", 500))


DISPUTE = filing.Kind(
    word="dispute",
    shelf=lambda tx: tx.disputes,
    files=FilesDisputes,
    send=_send,
    look_up=_look_up,
    request=_request,
    filed=lambda tx, row, filing: disputes.filed(tx, row, filing.number),
    refused=_refused,
    due=disputes.window_due,
)
