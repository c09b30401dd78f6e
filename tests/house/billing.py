"""Bookings as they stand in the database, for bills to be held against, and bills in the sandbox's own format."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from gateway import worker
from gateway.core import Gateway
from gateway.journeys import importing
from gateway.sandbox.papers import build_bill
from gateway.store import tables
from gateway.store.store import Desk
from gateway.store.work import Job
from schemas.charges import ChargeType
from schemas.shipments import Parcel
from schemas.values import Money, Weight
from tests.house.rows import add_row
from tests.sandbox.bench import request

CARRIER = "sandbox_rest"
ISSUED = date(2026, 3, 20)
AGREED = {ChargeType.FREIGHT: 1_000, ChargeType.FUEL: 150}


def freight(waybill: str, amount: str = "10.00", code: str = "FRT", **more: Any) -> dict[str, Any]:
    """A row of a bill."""
    return {"waybill": waybill, "code": code, "amount": amount, **more}


async def book(tx: Desk, waybill: str, agreed: Mapping[ChargeType, int], *, currency: str = "EUR", **given: Any) -> str:
    """A return with one booked shipment; the return's id. `given` are columns of the shipment, or what was asked for."""
    asked = request("HW-SOME-REFERENCE").model_copy(
        update={
            "service": given.pop("service", "EXPRESS"),
            "parcels": (Parcel(weight=Weight(grams=given.pop("grams", 2_000))),),
            "ship_on": given.pop("ship_on", date(2026, 3, 2)),
            "insured_value": Money.of("90", currency) if given.pop("insured", False) else None,
        }
    )
    attempt_state = given.pop("attempt_state", "live")
    return_id = await add_row(tx, tables.returns)
    shipment_id = await add_row(
        tx,
        tables.shipments,
        **{
            "return_id": return_id,
            "carrier": CARRIER,
            "state": "booked",
            "request": asked,
            "waybill": waybill,
            **given,
        },
    )
    booked = await tx.shipments.get(shipment_id)
    if booked.waybill:
        await tx.looks.begin(booked, waybill=booked.waybill, state=booked.state, poll_at=tx.now)
    await add_row(
        tx,
        tables.attempts,
        kind="booking",
        subject_id=shipment_id,
        carrier=CARRIER,
        state=attempt_state,
        waybill=waybill,
        client_ref=tx.new_id("x")[-20:],
    )
    await tx.returns.known_as(return_id, [("waybill", waybill)])
    for kind, minor in agreed.items():
        await tx.accruals.add(
            return_id=return_id,
            shipment_id=shipment_id,
            type=kind.value,
            minor=minor,
            currency=currency,
            basis="booking",
            created_at=tx.now,
        )
    return return_id


def bill(number: str, rows: Sequence[Mapping[str, Any]], *, currency: str = "EUR", issued_on: date = ISSUED) -> bytes:
    """Rows of waybill, code, amount (a decimal string) and whatever else the format has."""
    head = {"invoice": number, "account": "linden", "currency": currency, "issued_on": issued_on.isoformat()}
    return build_bill(head, [{"text": "", **row} for row in rows])


async def take_in(gw: Gateway, exporter: str, document: bytes) -> importing.Imported:
    """Import a bill and judge it."""
    made = await importing.import_document(gw, exporter, document, actor="test")
    for invoice_id in made.invoice_ids:
        await worker.run(gw, Job("reconcile", invoice_id, exporter))
    return made


async def lines_of(gw: Gateway, invoice_id: str) -> list[Any]:
    async with gw.store.front_desk() as connection:
        lines = tables.invoice_lines
        wanted = select(lines).where(lines.c.invoice_id == invoice_id).order_by(lines.c.position)
        return list((await connection.execute(wanted)).all())


async def disputed(tx: Desk, document_id: str) -> tuple[str, str]:
    """An invoice with a draft of a dispute; the ids of both."""
    invoice_id = await add_row(tx, tables.invoices, id=tx.new_id("inv"), document_id=document_id, currency="EUR")
    dispute_id = await add_row(
        tx,
        tables.disputes,
        id=tx.new_id("dsp"),
        invoice_id=invoice_id,
        finding="rate_over",
        state="draft",
        currency="EUR",
        credited_minor=0,
    )
    return invoice_id, dispute_id


async def claimed(tx: Desk, return_id: str, shipment_id: str, account_id: str) -> str:
    """A draft of a claim; its id."""
    given = {"about": "damage", "state": "draft", "minor": 100, "currency": "EUR", "carrier": CARRIER, "paid_minor": 0}
    ids = {"return_id": return_id, "shipment_id": shipment_id, "account_id": account_id}
    return await add_row(tx, tables.claims, id=tx.new_id("clm"), **given, **ids)
