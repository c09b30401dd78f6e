"""Papers of a return, from what stands in the books: the evidence of an acceptance, and what customs is shown."""

from datetime import datetime

from gateway.journeys import planning
from gateway.journeys.requests import Missing, build_request
from gateway.papers.customs import Goods
from gateway.papers.evidence import Acceptance, File
from gateway.rules.customs import BY_ID
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import AcceptanceRecord, Clock, DeadlineState
from schemas.customs_case import CustomsCase
from schemas.errors import Conflict, NotFound
from schemas.shipments import ShipmentState

ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
}


async def acceptance(tx: Desk, row: Record, version: int | None, carrier_name: str | None) -> Acceptance:
    """One version of the acceptance, the last where none is named, with its files. Raises NotFound."""
    versions = await tx.acceptances.of_return(row.id)
    found = next((one for one in reversed(versions) if version in (None, one.version)), None)
    if found is None:
        raise NotFound("no such version of an acceptance")
    exporter = await tx.exporters.get(tx.exporter_id)
    shipment = await _shipment(tx, row)
    limit = await tx.deadlines.of_clock(Clock.ACCEPTANCE, row.id)
    limit = None if limit is None or limit.state == DeadlineState.CANCELLED else limit
    return Acceptance(
        return_id=row.id,
        exporter=exporter.name,
        zone=limit.terms.zone if limit else exporter.zone,
        authorization=row.authorization,
        record=found.record,
        version=found.version,
        late_by_seconds=found.late_by_seconds,
        recorded_at=found.recorded_at,
        limit=limit.terms if limit else None,
        carrier=carrier_name or (shipment.carrier if shipment else None),
        waybill=shipment.waybill if shipment else None,
        delivered_at=shipment.delivered_at if shipment else None,
        files=[await _file(tx, one.document_id, found.record) for one in found.record.evidence],
    )


async def _shipment(tx: Desk, row: Record) -> Record | None:
    alive = [one for one in await tx.shipments.of_return(row.id) if one.state != ShipmentState.CANCELLED]
    return alive[-1] if alive else None


async def _file(tx: Desk, document_id: str, record: AcceptanceRecord) -> File:
    taken = next((one.taken_at for one in record.evidence if one.document_id == document_id), None)
    return await file_of(tx, document_id, taken)


async def file_of(tx: Desk, document_id: str, taken: datetime | None = None) -> File:
    """A stored file as a pack has it."""
    document = await tx.documents.get(document_id)
    ending = ENDINGS.get(document.media_type, "bin")
    return File(f"{document.id}.{ending}", document.content, document.sha256, document.media_type, taken)


async def goods(tx: Desk, row: Record) -> Goods:
    """What customs papers say. Raises Conflict, naming it, where something must be known first."""
    case: CustomsCase = row.customs or CustomsCase()
    shipment = await _shipment(tx, row)
    try:
        returner = planning.returner_of(row.authorization)
        request = shipment.request if shipment else None
        if request is None or request.customs is None:
            source = await tx.sources.get(row.source_id)
            channel, account = await planning.channel_for(tx, source, returner.address.country)
            request = build_request(row.authorization, channel, account, returner, tx)
    except Missing as missing:
        raise Conflict(str(missing), state=missing.code) from missing
    if request.customs is None:
        raise Conflict("these goods cross no border", state="no_border")
    relief = BY_ID[case.regime] if case.regime else None
    return Goods(
        return_id=row.id,
        number=row.authorization.rma_number or row.rma_id,
        made_on=tx.now.date(),
        sender=returner,
        recipient=request.consignee,
        declaration=request.customs,
        case=case,
        relief=f"{relief.source} ({relief.source_on.isoformat()})" if relief else "",
        waybill=shipment.waybill if shipment else None,
    )
