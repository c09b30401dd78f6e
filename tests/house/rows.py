"""Rows for tests that need some row and do not care what it says: every column that must be there is filled by its type,
and what it refers to is made first."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, Table, insert
from sqlalchemy import types as sql

from gateway.store import tables
from gateway.store.ids import new_id
from gateway.store.store import Desk, Store
from gateway.store.types import Canonical, Instant, PlainJson
from schemas.acceptance import (
    AcceptanceDecision,
    AcceptanceRecord,
    Clock,
    Deadline,
    DeadlinePolicy,
    LimitUnit,
)
from schemas.bearers import BearerRules
from schemas.limits import ChannelLimits
from schemas.returns import ReturnAuthorization, ReturnStatus
from schemas.shipments import BookingRequest, Parcel, PickupRequest
from schemas.tariffs import Tariff
from schemas.terms import Application, SalesTerms
from schemas.values import ClientRef, Party, Weight
from tests.house.clock import MONDAY_NOON
from tests.sandbox.bench import party, request

POLICY = DeadlinePolicy(clock=Clock.ACCEPTANCE, amount=5, unit=LimitUnit.CALENDAR_DAYS)
MODELS: dict[type[BaseModel], BaseModel] = {
    Party: party("CN"),
    DeadlinePolicy: POLICY,
    ReturnAuthorization: ReturnAuthorization(rma_id="R1", status=ReturnStatus.APPROVED),
    BookingRequest: request("HW-SOME-REFERENCE"),
    PickupRequest: PickupRequest(
        client_ref=ClientRef("HW-SOME-REFERENCE"),
        address=party("FR").address,
        contact=party("FR"),
        ready_at=MONDAY_NOON,
        close_at=MONDAY_NOON + timedelta(hours=4),
        zone="Europe/Paris",
        parcels=(Parcel(weight=Weight(grams=900)),),
    ),
    Deadline: Deadline(
        policy=POLICY, start_at=MONDAY_NOON, due_by=MONDAY_NOON + timedelta(days=5), zone="UTC", stages=()
    ),
    ChannelLimits: ChannelLimits(),
    SalesTerms: SalesTerms(seller="S", buyer="B", valid_from=date(2026, 1, 1), zone="UTC"),
    Application: Application(),
    BearerRules: BearerRules(valid_from=date(2026, 1, 1)),
    Tariff: Tariff(currency="EUR", valid_from=date(2026, 1, 1)),
    AcceptanceRecord: AcceptanceRecord(
        decision=AcceptanceDecision.ACCEPT, decided_at=MONDAY_NOON, decided_by="somebody"
    ),
}


async def add_exporter(store: Store, name: str = "Linden") -> str:
    exporter_id = new_id("exp", store.clock())
    async with store.transaction(exporter_id) as tx:
        await tx.run(insert(tables.exporters).values(id=exporter_id, name=name, created_at=tx.now))
    return exporter_id


async def add_row(tx: Desk, table: Table, **given: Any) -> str:
    """A row with the given values and plausible others, and whatever it refers to; its id."""
    values: dict[str, Any] = {"exporter_id": tx.exporter_id}
    if not table.c.id.foreign_keys:  # a row that is another's has its id
        values["id"] = tx.new_id("row")
    for column in table.columns:
        if column.name in given:
            values[column.name] = given[column.name]
        elif column.name not in values and not column.nullable and column.default is None:
            values[column.name] = await _some(tx, column)
    await tx.run(insert(table).values(**values))
    return str(values["id"])


async def _some(tx: Desk, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        return await add_row(tx, key.column.table)
    if isinstance(column.type, Canonical):
        return MODELS[column.type.model]
    for kind, make in SAMPLES:
        if isinstance(column.type, kind):
            made = make(tx)
            return made[: column.type.length] if isinstance(column.type, sql.String) else made
    raise AssertionError(f"no sample for {column}")


SAMPLES: tuple[tuple[type, Callable[[Desk], Any]], ...] = (
    (Instant, lambda tx: tx.now),
    (PlainJson, lambda tx: []),
    (LargeBinary, lambda tx: b"some bytes"),
    (Boolean, lambda tx: False),
    (Date, lambda tx: date(2026, 3, 2)),
    (Integer, lambda tx: 1),
    (sql.String, lambda tx: tx.new_id("x")[-16:]),
)
