"""One return, everything that happened to it, in one order: what customer service reads, by any number."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gateway.rules.deadlines import time_left
from gateway.rules.duties import duties, missing
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Deadline, Move, MoveKind
from schemas.values import Json, Money


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `source` says who said so: platform, carrier, us, exporter, invoice."""

    at: datetime
    source: str
    kind: str
    data: Json


async def moments(tx: Desk, return_id: str) -> list[Moment]:
    """Everything that is known of a return, the earliest first."""
    shipments = await tx.shipments.of_return(return_id)
    told: list[Moment] = [_of_audit(row) for row in await tx.audit.of_chain(return_id)]
    told += [_of_event(row) for row in await tx.events.of_shipments([shipment.id for shipment in shipments])]
    told += [_of_exchange(row) for row in await tx.exchanges.of_return(return_id)]
    told += [_of_document(row) for row in await tx.documents.of_return(return_id)]
    told += [_of_acceptance(row) for row in await tx.acceptances.of_return(return_id)]
    lines = await tx.invoice_lines.of_return(return_id)
    invoices = {row.invoice_id: await tx.invoices.get(row.invoice_id) for row in lines}
    told += [_of_line(row, invoices[row.invoice_id]) for row in lines]
    notices = await tx.notices.of_return(return_id)
    told += await _of_notices(tx, notices)
    return sorted(told, key=lambda moment: moment.at)


def _of_audit(row: Record) -> Moment:
    source = row.actor.partition(":")[0]
    return Moment(row.at, source, row.action, {"actor": row.actor, "subject": row.subject_id, "after": row.after})


def _of_event(row: Record) -> Moment:
    return Moment(
        row.occurred_at,
        "carrier",
        f"tracking.{row.status}",
        {
            "waybill": row.waybill,
            "wire_code": row.wire_code,
            "wire_text": row.wire_text,
            "place": row.place,
            "reason": row.reason,
            "zone": row.zone,
            "heard": row.origin,
        },
    )


def _of_exchange(row: Record) -> Moment:
    data = {"method": row.method, "status": row.status, "error": row.error, "milliseconds": row.milliseconds}
    return Moment(row.at, "us", f"call.{row.name}", data)


def _of_document(row: Record) -> Moment:
    data = {"document_id": row.id, "media_type": row.media_type, "size": row.size, "sha256": row.sha256}
    return Moment(row.created_at, "us", f"document.{row.kind}", data)


def _of_acceptance(row: Record) -> Moment:
    record = json.loads(row.record.model_dump_json(exclude_none=True))
    return Moment(row.recorded_at, "exporter", "acceptance", {"version": row.version, **record})


def _of_line(row: Record, invoice: Record) -> Moment:
    return Moment(
        invoice.created_at,
        "invoice",
        f"charge.{row.finding or row.state}",
        {
            "invoice": invoice.number,
            "type": row.type,
            "amount": str(Money.from_minor(row.minor, row.currency).amount),
            "currency": row.currency,
            "because": row.because,
        },
    )


async def _of_notices(tx: Desk, notices: Sequence[Record]) -> list[Moment]:
    told = []
    kinds = {notice.id: notice.kind for notice in notices}
    for row in await tx.deliveries.of_notices(list(kinds)):
        at = row.delivered_at
        if at is not None:
            data = {"notice_id": row.notice_id, "to": row.target, "target_id": row.target_id}
            told.append(Moment(at, "us", f"told.{kinds[row.notice_id]}", data))
    return told


async def case_of(tx: Desk, row: Record) -> Json:
    """Everything a reader of one return wants at a glance, as JSON-ready values."""
    await tx.outbox.write()
    shipments = await tx.shipments.of_return(row.id)
    deliveries = await tx.deliveries.of_notices([notice.id for notice in await tx.notices.of_return(row.id)])
    lines = await tx.invoice_lines.of_return(row.id)
    documents = await tx.documents.of_return(row.id)
    return {
        "id": row.id,
        "external_id": row.external_id,
        "status": row.status,
        "review": row.review,
        "authorization": json.loads(row.authorization.model_dump_json(exclude_none=True)),
        "shipments": [_shipment(shipment, await tx.looks.find(shipment.id)) for shipment in shipments],
        "deadlines": [deadline_json(deadline, tx.now) for deadline in await tx.deadlines.of_return(row.id)],
        "acceptances": [_of_acceptance(version).data for version in await tx.acceptances.of_return(row.id)],
        "charges": [_charge(line, await tx.invoices.get(line.invoice_id)) for line in lines],
        "ledger": await tx.ledger.sums(row.id),
        "documents": [_of_document(document).data | {"kind": document.kind} for document in documents],
        "tasks": [_task(task) for task in await tx.tasks.of_return(row.id) if task.done_at is None],
        "application": await _application(tx, row.id),
        "agreed": await _agreed(tx, row),
        "notices": {state: _count(deliveries, state) for state in ("delivered", "waiting", "dead")},
    }


async def _application(tx: Desk, return_id: str) -> Json | None:
    row = await tx.applications.of_return(return_id)
    if row is None:
        return None
    terms = await tx.terms.get(row.terms_id) if row.terms_id else None
    return {
        "id": row.id,
        "state": row.state,
        "terms_id": row.terms_id,
        "terms_sha256": terms.sha256 if terms else None,
    }


async def _agreed(tx: Desk, row: Record) -> Json | None:
    """The terms that the return keeps, and what they come to for each side; None where nobody can tell which they are."""
    kept = await tx.terms.get(row.terms_id) if row.terms_id else None
    if kept is None:
        return None
    own = {name: getattr(kept, name) for name in ("id", "name", "version", "sha256")}
    said = {name: getattr(kept.terms, name) for name in ("seller", "buyer", "valid_from", "valid_until", "zone")}
    told = [asdict(one) for one in duties(kept.terms)]
    return {**own, **said, "duties": told, "missing": missing(kept.terms)}


def _charge(line: Record, invoice: Record) -> Json:
    return _of_line(line, invoice).data | {"finding": line.finding}


def _task(task: Record) -> Json:
    return {"kind": task.kind, "detail": task.detail, "created_at": task.created_at}


def _count(deliveries: Iterable[Record], state: str) -> int:
    return sum(row.state == state for row in deliveries)


def _shipment(row: Record, look: Record | None) -> Json:
    return {
        "id": row.id,
        "carrier": row.carrier,
        "service": row.request.service,
        "state": row.state,
        "status": row.status,
        "waybill": row.waybill,
        "client_ref": row.client_ref,
        "reason": row.reason,
        "booked_at": row.booked_at,
        "handed_over_at": row.handed_over_at,
        "delivered_at": row.delivered_at,
        "polled_at": look.polled_at if look else None,
        "poll_at": look.poll_at if look else None,
    }


def deadline_json(row: Record, now: datetime) -> Json:
    stop = _stop(row.terms)
    return {
        "id": row.id,
        "shipment_id": row.shipment_id,
        "clock": row.clock,
        "about": row.about or None,
        "state": row.state,
        "start_at": row.terms.start_at,
        "start_inferred": row.terms.start_inferred,
        "opens_at": row.terms.opens_at,
        "paused_at": row.terms.paused_at,
        "paused_because": stop.reason if stop else None,
        "paused_proof": stop.proof if stop else None,
        "extension": _extension(row.terms),
        "due_at": row.due_by,
        "zone": row.terms.zone,
        "seconds_left": int(time_left(row.terms, now).total_seconds()) if row.state in ("running", "paused") else 0,
        "source": row.terms.policy.source,
        "because": row.terms.policy.because,
        "fired": row.fired,
        "settled_at": row.settled_at,
        "calendar_version": row.terms.calendar_version,
        "history": [
            {told: datetime.fromisoformat(one[kept]) for told, kept in (("at", "at"), ("due_at", "due_by"))}
            for one in row.history
        ],
    }


def _stop(terms: Deadline) -> Move | None:
    """What stopped its clock, while it stands still."""
    stops = [move for move in terms.moves if move.kind is MoveKind.PAUSE]
    return stops[-1] if stops and terms.paused_at else None


def _extension(terms: Deadline) -> Json | None:
    """How far one request may still prolong it; None where it may not be prolonged, or no more."""
    given = terms.policy.extension
    left = given.times - sum(move.kind is MoveKind.EXTEND for move in terms.moves) if given else 0
    return {"amount": given.amount, "unit": given.unit.value, "left": left} if given and left > 0 else None


def as_json(moment: Moment) -> dict[str, Any]:
    return asdict(moment) | {"at": moment.at.isoformat()}
