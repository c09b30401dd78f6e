"""`homeward check`: the invariants of fault-matrix section 2 that a live database can be asked, with the rows that offend.

I2 one return per platform return · I4 no orphan we know of is without a task, nothing open without a look · I6 each event
once, status as its events say, looks as their shipments say · I8 lines and ledger come to their invoice · I9 each stage of a
deadline once · I11 one effect per key · I13 the audit's chains hold. And I3 as far as our own rows tell: one slot holder per
subject.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import case, exists, func, literal, or_, select

from gateway.store import tables
from gateway.store.audit import GENESIS, Entry, digest
from gateway.store.database import Connection
from gateway.store.looks import FIRST_END
from gateway.store.shipments import acts_on
from schemas.shipments import ShipmentState
from schemas.tracking import TrackingStatus

Offences = Sequence[str]
StatusOf = Callable[[Any, Sequence[Any], Sequence[Any]], str]
"""A shipment, its bookings and renewals, and its events to the status they mean: a rule, handed in by who may know rules."""


async def _returns_once(connection: Connection) -> Offences:
    columns = tables.returns.c
    twice = (
        select(columns.source_id, columns.rma_id).group_by(columns.source_id, columns.rma_id).having(func.count() > 1)
    )
    return [f"{row.source_id} {row.rma_id} is more than one return" for row in await connection.execute(twice)]


async def _one_holder(connection: Connection) -> Offences:
    columns = tables.attempts.c
    holding = columns.state.in_(("sending", "unknown", "live"))
    twice = (
        select(columns.kind, columns.subject_id)
        .where(holding)
        .group_by(columns.kind, columns.subject_id)
        .having(func.count() > 1)
    )
    return [f"{row.kind} {row.subject_id} is held by more than one attempt" for row in await connection.execute(twice)]


async def _booked_is_live(connection: Connection) -> Offences:
    """A shipment that says booked has its live attempt, with the same waybill, unless its booking was over, it moves all the
    same, and a person was asked; and no attempt is live under a shipment that is not booked yet, or was cancelled by us."""
    shipments, attempts, asked = tables.shipments.c, tables.attempts.c, tables.tasks.c
    live = (attempts.subject_id == shipments.id) & (attempts.kind == "booking") & (attempts.state == "live")
    told = attempts.id.is_(None) & exists().where(asked.cause == literal("used:") + shipments.id)
    booked = shipments.state.in_((ShipmentState.BOOKED, ShipmentState.MOVING, ShipmentState.DELIVERED))
    by_us = (shipments.state == ShipmentState.CANCELLED) & (shipments.status != TrackingStatus.CANCELLED)
    over = attempts.id.is_not(None) & (by_us | (shipments.state == ShipmentState.REQUESTED))
    statement = (
        select(shipments.id, shipments.state, shipments.waybill, attempts.waybill.label("held"))
        .outerjoin(tables.attempts, live)
        .where((booked & shipments.waybill.is_distinct_from(attempts.waybill) & ~told) | over)
    )
    rows = await connection.execute(statement)
    return [f"{row.id} says {row.state} as {row.waybill}, the attempt {row.held}" for row in rows]


async def _waits_for_something(connection: Connection) -> Offences:
    """What nobody knows the outcome of, and what nobody has read, is somebody's: it is due, or a person was asked."""
    attempts, inbox, asked = tables.attempts.c, tables.inbox.c, tables.tasks.c
    told = exists().where((asked.cause == literal("attempt:") + attempts.id) & asked.done_at.is_(None))
    idle = attempts.due_at.is_(None) & attempts.parked.is_(None)
    unknown = select(attempts.id).where((attempts.state == "unknown") & idle & ~told)
    unread = select(inbox.id).where((inbox.state == "received") & inbox.due_at.is_(None) & inbox.parked.is_(None))
    forgotten = [row.id for one in (unknown, unread) for row in await connection.execute(one)]
    return [f"{row_id} is open, and nobody will look at it" for row_id in forgotten]


async def _looks_as_shipments(connection: Connection) -> Offences:
    """What is on its way has a row of looks; one that will look again says of its shipment what that says itself, and of its
    return which limit ends first."""
    shipments, looks, rounds = tables.shipments.c, tables.looks.c, tables.rounds.c
    same = ("return_id", "waybill", "state", "status")
    differs = or_(*(shipments[name].is_distinct_from(looks[name]) for name in same))
    differs |= shipments.account_id.is_distinct_from(rounds.account_id)
    differs |= looks.limit_at.is_distinct_from(FIRST_END)
    never = looks.id.is_(None) & shipments.state.in_((ShipmentState.BOOKED, ShipmentState.MOVING))
    statement = (
        select(shipments.id)
        .outerjoin(tables.looks, looks.id == shipments.id)
        .outerjoin(tables.rounds, rounds.id == looks.round_id)
        .where(never | (looks.round_id.is_not(None) & differs))
    )
    return [f"{row.id} is looked at as something else" for row in await connection.execute(statement)]


async def _filed_once(connection: Connection) -> Offences:
    """What the carrier took in through its door is what its row says: no second filing beside it, under another number."""
    offences = []
    for kind, table in (("dispute", tables.disputes), ("claim", tables.claims), ("cover", tables.covers)):
        attempts = tables.attempts.c
        filed = (attempts.kind == kind) & (attempts.state == "live") & (attempts.subject_id == table.c.id)
        differs = table.c.reference.is_(None) | (table.c.reference != attempts.handle) | (table.c.state == "filing")
        statement = select(table.c.id, table.c.reference, attempts.handle).join(tables.attempts, filed).where(differs)
        rows = await connection.execute(statement)
        offences += [f"{row.id} is filed as {row.handle} and says {row.reference}" for row in rows]
        twice = select(table.c.account_id, table.c.reference).where(table.c.account_id.is_not(None))
        again = twice.group_by(table.c.account_id, table.c.reference).having(func.count(table.c.reference) > 1)
        found = await connection.execute(again)
        offences += [f"{row.reference} at {row.account_id} is more than one {kind}" for row in found]
    return offences


async def _events_once(connection: Connection) -> Offences:
    events = tables.events
    twice = select(events.c.shipment_id).group_by(events.c.shipment_id, events.c.digest).having(func.count() > 1)
    return [f"{row.shipment_id} holds an event twice" for row in await connection.execute(twice)]


async def _status_as_events(connection: Connection, status_of: StatusOf) -> Offences:
    offences = []
    async for shipment, acts, seen in _with_events(connection):
        status = status_of(shipment, acts, seen) if seen else shipment.status
        if status != shipment.status:
            offences.append(f"{shipment.id} is {shipment.status}, its events say {status}")
    return offences


async def _with_events(connection: Connection) -> AsyncIterator[tuple[Any, Sequence[Any], Sequence[Any]]]:
    shipments, events, last = tables.shipments, tables.events, ""
    while True:
        page = select(shipments).where(shipments.c.id > last).order_by(shipments.c.id).limit(500)
        rows = (await connection.execute(page)).all()
        if not rows:
            return
        last = rows[-1].id
        seen, acts = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
        its = select(events).where(events.c.shipment_id.in_([row.id for row in rows]))
        for event in await connection.execute(its):
            seen[event.shipment_id].append(event)
        for act in await connection.execute(acts_on(list(seen))):
            acts[act.subject_id].append(act)
        for row in rows:
            yield row, acts[row.id], seen[row.id]


async def _ledger_comes_to_bills(connection: Connection) -> Offences:
    """That a transaction sums to zero is the table's own form; here, that all of a bill was posted, and once."""
    invoices, columns = tables.invoices.c, tables.ledger.c
    owed = case((columns.credit == "carrier_payable", columns.minor), else_=0)
    paid = case((columns.debit == "carrier_payable", columns.minor), else_=0)
    posted = select(columns.invoice_id, func.sum(owed - paid).label("minor")).group_by(columns.invoice_id).subquery()
    statement = (
        select(invoices.id, invoices.total_minor, posted.c.minor)
        .outerjoin(posted, posted.c.invoice_id == invoices.id)
        .where((invoices.state == "reconciled") | posted.c.minor.is_not(None))
    )
    return [
        f"{row.id} asks for {row.total_minor}, {row.minor} are posted"
        for row in await connection.execute(statement)
        if row.total_minor != int(row.minor or 0)
    ]


async def _payments_are_claimed(connection: Connection) -> Offences:
    """What the books say was paid on a claim beside the bills is not more than the claim says was paid."""
    books, claims = tables.ledger.c, tables.claims.c
    statement = select(books.posting_key, books.minor, books.currency).where(books.debit == "claims_received")
    posted: dict[tuple[str, str], int] = {}
    for row in await connection.execute(statement):
        claim = (row.posting_key.split(":")[1], row.currency)
        posted[claim] = posted.get(claim, 0) + row.minor
    rows = await connection.execute(select(claims.id, claims.currency, claims.paid_minor)) if posted else ()
    paid = {(row.id, row.currency): row.paid_minor for row in rows}
    return [
        f"{claim_id} was paid {paid.get((claim_id, currency), 0)}, {minor} are posted"
        for (claim_id, currency), minor in posted.items()
        if minor > paid.get((claim_id, currency), 0)
    ]


async def _lines_come_to_total(connection: Connection) -> Offences:
    invoices, lines = tables.invoices, tables.invoice_lines
    total = (
        select(lines.c.invoice_id, func.sum(lines.c.minor).label("minor"))
        .where(lines.c.informational.is_(False))
        .group_by(lines.c.invoice_id)
        .subquery()
    )
    statement = (
        select(invoices.c.id, invoices.c.total_minor, total.c.minor)
        .outerjoin(total, total.c.invoice_id == invoices.c.id)
        .where(invoices.c.state != "quarantined")
    )
    rows = await connection.execute(statement)
    return [
        f"{row.id} asks for {row.total_minor}, its lines come to {row.minor}"
        for row in rows
        if row.total_minor != int(row.minor or 0)
    ]


async def _priced_by_its_account(connection: Connection) -> Offences:
    """What was accrued by a tariff names a version of the account that the shipment was booked with."""
    accruals, shipments, tariffs = tables.accruals.c, tables.shipments, tables.tariffs
    statement = (
        select(accruals.id)
        .join(shipments, shipments.c.id == accruals.shipment_id)
        .outerjoin(tariffs, tariffs.c.id == accruals.tariff_id)
        .where(accruals.basis == "tariff", accruals.minor != 0)
        .where(func.coalesce(tariffs.c.account_id, "") != shipments.c.account_id)
    )
    return [f"{row.id} was priced by no tariff of its account" for row in await connection.execute(statement)]


async def _stages_once(connection: Connection) -> Offences:
    columns = tables.deadlines.c
    rows = await connection.execute(select(columns.id, columns.fired, columns.state, columns.due_at))
    offences = []
    for row in rows:
        if len(set(row.fired)) != len(row.fired):
            offences.append(f"{row.id} fired a stage twice: {row.fired}")
        if row.state in ("met", "cancelled") and row.due_at is not None:
            offences.append(f"{row.id} is {row.state} and would still fire")
    return offences


async def _one_effect_per_key(connection: Connection) -> Offences:
    columns = tables.idempotency.c
    stuck = select(columns.exporter_id, columns.key).where(columns.status.is_(None))
    return [
        f"key {row.key} of {row.exporter_id} was taken and never answered" for row in await connection.execute(stuck)
    ]


async def _chains_hold(connection: Connection) -> Offences:
    columns, last = tables.audit.c, ("", 0)
    offences: list[str] = []
    previous, chain, seq = GENESIS, "", 0
    while True:
        after = (columns.chain > last[0]) | ((columns.chain == last[0]) & (columns.seq > last[1]))
        page = select(tables.audit).where(after).order_by(columns.chain, columns.seq).limit(2000)
        rows = (await connection.execute(page)).all()
        if not rows:
            return offences
        for row in rows:
            if row.chain != chain:
                previous, chain, seq = GENESIS, row.chain, 0
            entry = Entry(
                row.chain, row.exporter_id, row.at, row.actor, row.action, row.subject_id, row.before, row.after
            )
            if row.seq != seq + 1 or row.previous != previous or row.digest != digest(entry, row.seq, previous):
                offences.append(f"audit {row.chain} breaks at {row.seq}")
            previous, seq = row.digest, row.seq
        last = (rows[-1].chain, rows[-1].seq)


CHECKS: Mapping[str, Callable[[Connection], Awaitable[Offences]]] = {
    "I2 one return per platform return": _returns_once,
    "I3 one slot holder per planned shipment": _one_holder,
    "I4 booked means a live attempt": _booked_is_live,
    "I4 what is open is looked at": _waits_for_something,
    "I6 looks are as their shipments": _looks_as_shipments,
    "I3 what is filed is filed once": _filed_once,
    "I6 each event once": _events_once,
    "I8 the ledger comes to its invoices": _ledger_comes_to_bills,
    "I8 lines come to their invoice": _lines_come_to_total,
    "I8 payments of claims are claimed": _payments_are_claimed,
    "I8 a tariff prices its own account": _priced_by_its_account,
    "I9 each stage once": _stages_once,
    "I11 each key answered": _one_effect_per_key,
    "I13 the audit holds": _chains_hold,
}


async def check(connection: Connection, status_of: StatusOf) -> dict[str, Offences]:
    """Every invariant with the rows that offend; all empty when all is well."""
    found = {name: await offences(connection) for name, offences in CHECKS.items()}
    return {**found, "I6 status as the events say": await _status_as_events(connection, status_of)}
