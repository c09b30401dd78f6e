"""What was agreed for everything that an invoice names, as the rules want it. Reading only."""

import asyncio
import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from pydantic_core import from_json

from adapters import registry
from gateway.journeys.contracted import Contracts, contracts_of
from gateway.rules.charge_types import Decision, Decisions
from gateway.rules.matching import BilledLine, Booked, Past, keys_of
from gateway.rules.running import COVER
from gateway.store.billing import Agreed, Judged
from gateway.store.returns import canonical_number
from gateway.store.store import Desk
from gateway.store.touched import Booking, Named, Shipment
from gateway.store.transaction import Record
from schemas.charges import ChargeType, FindingKind, InvoiceLine
from schemas.shipments import ShipmentState
from schemas.values import Json


def billed_by(name: str) -> list[str]:
    """The adapters that are the carrier an invoice names."""
    return [key for key, one in registry.carriers().items() if name in (key, one.profile.bills_as)]


def services_of(carriers: Iterable[str]) -> dict[str, str]:
    """The services that these carriers sell, by folded code and name."""
    known: dict[str, str] = {}
    for carrier in carriers:
        for service in registry.carrier(carrier).profile.services:
            known[service.name.casefold()] = known[service.code.casefold()] = service.code
    return known


IN_A_THREAD = 500
"""Lines from which working on them would hold up the loop."""
Made = TypeVar("Made")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without looking for garbage: what is made of a bill is all kept until it is posted, and a fifth of the time would go
    into looking through it again and again. Who comes in the midst of another's leaves when that one does."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def aside(lines: int, make: Callable[..., Made], *given: Any) -> Made:
    """What is made of so many lines, without anything being asked: in a thread where they are many."""
    if lines < IN_A_THREAD:
        return make(*given)
    return await asyncio.to_thread(make, *given)


TYPES = {str(kind): kind for kind in ChargeType}


def lines_of(rows: Iterable[tuple[Any, ...]]) -> list[BilledLine]:
    """Of what `InvoiceLines.billed` tells, which is in the order of a line's fields."""
    return [
        BilledLine(key, waybill, TYPES[kind], minor, currency, original, _references(references), *more)
        for key, waybill, kind, minor, currency, original, references, *more in rows
    ]


def _references(said: str) -> Sequence[str]:
    return () if said == "[]" else json.loads(said)


async def decisions_of(tx: Desk, carrier: str, day: date) -> Decisions:
    """What a person has said of this carrier's unknown charges, as it counts on a bill's day."""
    rows = await tx.charge_types.of_carrier(carrier)
    return Decisions(
        (Decision(row.id, row.by, row.folded, row.version, ChargeType(row.type), row.valid_from) for row in rows), day
    )


def line_as_read(place: int, line: InvoiceLine) -> BilledLine:
    """A line that is not kept."""
    return BilledLine(
        id=f"{place:08}",
        waybill=canonical_number(line.waybill) if line.waybill else None,
        type=line.type,
        minor=line.money.minor,
        currency=line.money.currency,
        original_waybill=canonical_number(line.original_waybill) if line.original_waybill else None,
        references=[canonical_number(reference) for reference in line.references],
        shipped_on=line.shipped_on,
        service=line.service,
        grams=line.billed_weight.grams if line.billed_weight else None,
        informational=line.informational,
    )


@dataclass(slots=True)
class Known:
    """What the database says of the bookings, by shipment or return."""

    agreed: Mapping[str, Sequence[Agreed]]
    past: Mapping[str, Sequence[Judged]]
    dock: Mapping[str, int]
    relief_lost: set[str]
    bookings: Mapping[str, Sequence[Booking]] = field(default_factory=dict)
    contracts: Contracts = field(default_factory=Contracts)


async def bookings_of(
    tx: Desk,
    carrier: str,
    invoice_id: str,
    lines: Sequence[BilledLine],
    *,
    anew: Set[str] = frozenset(),
    until: str = "",
) -> tuple[dict[str, list[Booked]], dict[str, list[Past]]]:
    """What every number of the invoice may mean; and what was billed before for those that mean nothing here.

    Without `invoice_id` what was billed before is all of every invoice but the lines that are judged `anew`,
    and those that came after the line `until`.
    """
    keys = await aside(len(lines), _keys, lines)
    named = await tx.touched.shipments(billed_by(carrier), keys)
    shipments = {one.shipment.id: one.shipment for one in named}
    known = await _known(tx, invoice_id, shipments, anew, until)
    stored = {key for line in lines if line.type is ChargeType.STORAGE for _, key in keys_of(line)}
    known.contracts = await contracts_of(
        tx, billed_by(carrier), {one.shipment.id for one in named if one.canonical in stored}
    )
    index = await aside(len(lines), _index, named, known)
    strange = sorted({line.waybill for line in lines if line.waybill and line.waybill not in index})
    past = _grouped(_but(await tx.invoice_lines.of_waybills(strange, but=invoice_id), anew, until), "waybill")
    return index, {waybill: [_past(row) for row in rows] for waybill, rows in past.items()}


def _keys(lines: Sequence[BilledLine]) -> list[str]:
    return sorted({key for line in lines for _, key in keys_of(line)})


def _index(named: Sequence[Named], known: Known) -> dict[str, list[Booked]]:
    booked = {one.shipment.id: _booked(one.shipment, known) for one in named}
    index: dict[str, list[Booked]] = {}
    for one in named:
        index.setdefault(one.canonical, []).extend(booked[one.shipment.id])
    return index


async def _known(tx: Desk, invoice_id: str, shipments: Mapping[str, Shipment], anew: Set[str], until: str) -> Known:
    ids, returns = sorted(shipments), sorted({row.return_id for row in shipments.values()})
    return Known(
        agreed=_grouped(await tx.accruals.of_shipments(ids), "shipment_id"),
        past=_grouped(_but(await tx.invoice_lines.of_shipments(ids, but=invoice_id), anew, until), "shipment_id"),
        dock=await tx.touched.dock_grams(returns),
        relief_lost=await tx.touched.relief_lost(returns),
        bookings=_grouped(await tx.touched.bookings(ids), "subject_id"),
    )


def _but(rows: Sequence[Judged], anew: Set[str], until: str) -> Sequence[Judged]:
    return [row for row in rows if row.id not in anew and (not until or row.id <= until)] if anew else rows


Row = TypeVar("Row")


def _grouped(rows: Iterable[Row], by: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, by), []).append(row)
    return groups


def _booked(row: Shipment, known: Known) -> list[Booked]:
    """One for each waybill that the shipment ever had, the live one last: a void label is billed under its own number."""
    states = {canonical_number(one.waybill): one.state for one in known.bookings.get(row.id, ())}
    if row.waybill:
        states.setdefault(canonical_number(row.waybill), "live")
    now = canonical_number(row.waybill) if row.waybill else None
    void = row.state == ShipmentState.CANCELLED
    return [
        _one(row, waybill, known, live=state == "live" and not void, current=waybill == now, only=len(states) == 1)
        for waybill, state in sorted(states.items(), key=lambda one: one[0] == now)
    ]


def _one(row: Shipment, waybill: str, known: Known, *, live: bool, current: bool, only: bool) -> Booked:
    asked: Json = from_json(row.asked)
    accruals = known.agreed.get(row.id, ())
    past = known.past.get(row.id, ())
    currency = accruals[0].currency if accruals else None
    outbound = next((one["value"] for one in asked["references"] if one["kind"] == "outbound_waybill"), None)
    terms = known.contracts.terms(row, asked, currency)
    if row.promised_at:  # what the carrier promised of this very parcel goes before its contract's guarantee
        terms = {**terms, "promised_at": row.promised_at}
    return Booked(
        shipment_id=row.id,
        return_id=row.return_id,
        currency=currency,
        agreed=agreed_of(accruals),
        insured=asked["insured_value"] is not None,
        live=live,
        moved=current and row.handed_over_at is not None,
        waybills=frozenset({waybill}),
        outbound=canonical_number(outbound) if outbound else None,
        service=asked["service"],
        pieces=len(asked["parcels"]),
        grams=sum(parcel["weight"]["grams"] for parcel in asked["parcels"]),
        dock_grams=known.dock.get(row.return_id),
        ship_on=date.fromisoformat(asked["ship_on"]),
        delivered_at=row.delivered_at,
        relief=row.return_id not in known.relief_lost,
        past=[_past(line) for line in past if only or line.waybill in (None, waybill)],
        **terms,
    )


BASES = ("booking", "quote", "tariff")
"""The first that says anything counts; of a tariff also the cover that a carrier's own price leaves out."""


def agreed_of(rows: Sequence[Agreed | Record]) -> dict[ChargeType, int]:
    """What was agreed at booking, by the best word there is. A sum of zero is agreed no more."""
    by_basis: dict[str, dict[ChargeType, int]] = {}
    for row in rows:
        if row.minor:
            its, kind = by_basis.setdefault(row.basis, {}), TYPES[row.type]
            its[kind] = its.get(kind, 0) + row.minor
    sums = dict(next((by_basis[basis] for basis in BASES if basis in by_basis), {}))
    if len(by_basis) > 1 and COVER.isdisjoint(sums):
        sums |= {kind: minor for kind, minor in by_basis.get("tariff", {}).items() if kind in COVER}
    for kind, minor in by_basis.get("cover", {}).items():  # a policy is beside whatever the carrier's own price holds
        sums[kind] = sums.get(kind, 0) + minor
    return {kind: minor for kind, minor in sums.items() if minor}


def _past(row: Judged) -> Past:
    return Past(
        type=ChargeType(row.type),
        minor=row.minor,
        agreed=row.agreed_minor or 0,
        currency=row.currency,
        finding=FindingKind(row.finding),
        notes=[FindingKind(note) for note in row.notes or ()],
        shipped_on=row.shipped_on,
        invoice=row.number,
    )
