"""Labels: kept as they came with the booking, or fetched afterwards by a job of their own. The booking stands either way."""

from collections.abc import Mapping, Sequence

from adapters import registry
from adapters.seam import FetchesLabels
from gateway.core import PAUSED_WAIT, Gateway, may_be_read, twice_if_stale
from gateway.jobs import back_off
from gateway.journeys.notices import announce
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.errors import AdapterError
from schemas.messages import NoticeKind
from schemas.shipments import Booking, Label, LabelFormat

MEDIA: Mapping[LabelFormat, str] = {
    LabelFormat.PDF: "application/pdf",
    LabelFormat.ZPL: "application/zpl",
    LabelFormat.PNG: "image/png",
    LabelFormat.QR: "image/png",
}
ALARM_AFTER = 8


async def keep_labels(tx: Desk, shipment: Record, booking: Booking) -> str | None:
    """Keep what came; plan a look for what is still to be fetched. The first label's document."""
    kept = [await keep_label(tx, shipment.return_id, label) for label in booking.labels]
    for paper in booking.documents:
        await tx.documents.keep("paper", MEDIA[paper.format], paper.content, return_id=shipment.return_id)
    can_fetch = issubclass(registry.carrier(shipment.carrier), FetchesLabels)
    pending = not kept and booking.label_pending and can_fetch
    if kept or pending:
        label_row = await tx.labels.add(
            return_id=shipment.return_id,
            shipment_id=shipment.id,
            account_id=shipment.account_id,
            waybill=booking.waybill,
            handle=booking.handle,
            state="pending" if pending else "stored",
            due_at=tx.now if pending else None,
        )
        if pending:
            tx.go("label", label_row)
    if kept:
        await _label_ready(tx, shipment.return_id, shipment.id, kept)
    return kept[0] if kept else None


async def keep_label(tx: Desk, return_id: str, label: Label) -> str:
    name = f"label-{label.waybill}.{label.format}" if label.waybill else f"label.{label.format}"
    return await tx.documents.keep("label", MEDIA[label.format], label.content, return_id=return_id, name=name)


async def _label_ready(tx: Desk, return_id: str, shipment_id: str, documents: Sequence[str]) -> None:
    await announce(
        tx,
        NoticeKind.LABEL_READY,
        {"shipment_id": shipment_id, "document_ids": list(documents)},
        cause=f"label:{shipment_id}",
        return_id=return_id,
    )


async def fetch_label(gw: Gateway, job: Job) -> None:
    """Fetch a label that did not come with its booking. The booking stands, whatever happens here."""
    async with gw.store.transaction(job.exporter_id) as tx:
        row = await tx.claim(job)
        if row is None:
            return
        account = await tx.accounts.get(row.account_id)
        if not may_be_read(account):
            await tx.settle("label", row, due_at=tx.now + PAUSED_WAIT, tries=row.tries - 1)
            return
    profile = registry.carrier(account.carrier).profile
    carrier = gw.open_carrier(account, turn_ends=gw.turn_ends(profile.total_seconds, tx.now))
    assert isinstance(carrier, FetchesLabels)  # no row is written for a carrier that is not
    try:
        fetched = await twice_if_stale(lambda: carrier.fetch_label(row.waybill, row.handle))
    except AdapterError as error:
        async with gw.store.transaction(job.exporter_id) as tx:
            if row.tries == ALARM_AFTER:
                detail = Detail.of("label_missing", waybill=row.waybill, words=error)
                await tx.tasks.ask("label_missing", f"label:{row.id}", detail, row.return_id)
            await tx.settle("label", row, due_at=tx.now + back_off(row.tries), tries=row.tries)
        return
    async with gw.store.transaction(job.exporter_id) as tx:
        kept = [await keep_label(tx, row.return_id, label) for label in fetched]
        await tx.labels.set(row.id, state="stored")
        await tx.tasks.done(f"label:{row.id}")
        await _label_ready(tx, row.return_id, row.shipment_id, kept)
        await tx.settle("label", row)
