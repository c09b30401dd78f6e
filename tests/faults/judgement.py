"""The judgement that ends every fault: `homeward check`, the carrier's own ledger against ours, and whether all is at rest.

The sandbox's ledger is the ground truth. Nothing here knows which fault was injected.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from gateway.core import Gateway
from gateway.journeys import reckoning
from gateway.store import checks, tables
from gateway.store.database import Connection
from gateway.store.work import WORK
from tests.sandbox.bench import Bench

Rows = Sequence[Row[Any]]
PERIODIC = frozenset({"poll", "list", "judge", "sweep", "dispute", "answer"})
"""Work that is never over by design: it is at rest while its next time lies ahead."""
ENDED = frozenset({"processed", "ignored", "quarantined"})


@dataclass
class Verdict:
    """What was counted, and what offends. No offence is a pass."""

    webhooks: int = 0
    returns: int = 0
    live: int = 0
    orphans: int = 0
    ledger_sum: int = 0
    creates: int = 0
    notices: int = 0
    offences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = (
            f"webhooks 2xx {self.webhooks}, returns {self.returns}, live bookings {self.live}, orphans {self.orphans}"
        )
        return f"{told}, creates {self.creates}, notices {self.notices}, ledger sum {self.ledger_sum}"


async def open_work(connection: Connection, now: datetime) -> list[tuple[str, Row[Any]]]:
    """Rows that are not at rest: due now, taken, or due later because something has not come to its end."""
    found = []
    for kind, table in WORK.items():
        rows = (await connection.execute(select(table).where(table.c.due_at.is_not(None)))).all()
        for row in rows:
            planned = kind in PERIODIC or (kind == "resolve" and row.state not in ("sending", "unknown"))
            planned = planned and getattr(row, "state", "") != "filing"  # what is to be filed is not over
            if not planned or row.held or row.due_at <= now:
                found.append((kind, row))
    return found


async def judge(gw: Gateway, bench: Bench, *, at_rest: bool = True) -> Verdict:
    """Everything the invariants say of a house and the sandbox it deals with."""
    verdict = Verdict()
    requests = (await bench.ask("requests?verb=book"))["requests"]
    entries = (await bench.ask("ledger"))["entries"]
    sunk = (await bench.ask("sink/demo"))["deliveries"]
    async with gw.store.front_desk() as connection:
        await _own_check(connection, verdict)
        attempts = (await connection.execute(select(tables.attempts))).all()
        shipments = (await connection.execute(select(tables.shipments))).all()
        tasks = (await connection.execute(select(tables.tasks).where(tables.tasks.c.done_at.is_(None)))).all()
        _live_bookings(verdict, entries, attempts, shipments, tasks)
        _live_pickups(verdict, entries, attempts, tasks)
        _live_filings(verdict, entries, attempts, tasks)
        _no_blind_resend(verdict, requests, attempts)
        await _inbox(connection, verdict, entries)
        await _none_lost(connection, verdict, shipments, tasks)
        await _notices(connection, verdict, sunk)
        if at_rest:
            now = gw.clock()
            for kind, row in await open_work(connection, now):
                verdict.offences.append(f"I16 {kind} {row.id} is not at rest: due {row.due_at}, held {row.held}")
    return verdict


async def _own_check(connection: Connection, verdict: Verdict) -> None:
    found = await checks.check(connection, reckoning.status_of)
    verdict.offences += [f"check {name}: {row}" for name, rows in found.items() for row in rows]
    rows = (await connection.execute(select(tables.ledger))).all()
    sides = [(row.debit, row, row.minor) for row in rows] + [(row.credit, row, -row.minor) for row in rows]
    verdict.ledger_sum = sum(minor for _, _, minor in sides)
    by_return = Counter[tuple[str | None, str]]()
    for _, row, minor in sides:
        by_return[row.return_id, row.currency] += minor
    verdict.offences += [f"I8 {key} sums to {minor}" for key, minor in by_return.items() if minor]


def _live_bookings(verdict: Verdict, entries: list[Any], attempts: Rows, shipments: Rows, tasks: Rows) -> None:
    """I3, I4, I18: at most one a return, at any moment; each is ours or a person's; and none that we only believe in."""
    ours = {row.client_ref: row for row in attempts if row.kind == "booking"}
    held = {row.waybill: row for row in attempts if row.kind == "booking" and row.state == "live"}
    standing: dict[str, str] = {}
    for entry in entries:
        if entry["kind"] == "booked":
            standing[entry["waybill"]] = entry["client_ref"]
        elif entry["kind"] == "voided":
            standing.pop(entry["waybill"], None)
        else:
            continue
        subjects = Counter(ours[ref].subject_id if ref in ours else ref for ref in standing.values())
        twice = [subject for subject, count in subjects.items() if count > 1]
        excused = [one for one in twice if any(one in f"{task.detail} {task.cause}" for task in tasks)]
        for subject in set(twice) - set(excused):
            verdict.offences.append(f"I3 {subject} had two live bookings at ledger line {entry['seq']}")
    verdict.live = len(standing)
    for waybill, reference in standing.items():
        if waybill in held or _asked_about(tasks, waybill, ours.get(reference)):
            continue
        verdict.orphans += 1
        verdict.offences.append(f"I4 {waybill} under {reference} is live at the carrier, and nobody here knows")
    for waybill in set(held) - set(standing):
        verdict.offences.append(f"I18 {waybill} is live here and not at the carrier")
    waybills = [row.waybill for row in shipments if row.waybill and row.state == "booked"]
    verdict.offences += [f"I18 {one} is of two shipments" for one, count in Counter(waybills).items() if count > 1]


def _live_pickups(verdict: Verdict, entries: list[Any], attempts: Rows, tasks: Rows) -> None:
    ours = {row.client_ref: row for row in attempts if row.kind == "pickup"}
    held = {row.handle for row in attempts if row.kind == "pickup" and row.state == "live"}
    standing: dict[str, str] = {}
    for entry in entries:
        if entry["kind"] == "pickup_booked":
            standing[entry["confirmation"]] = entry["client_ref"]
        elif entry["kind"] == "pickup_cancelled":
            standing.pop(entry["confirmation"], None)
    subjects = Counter(ours[ref].subject_id if ref in ours else ref for ref in standing.values())
    verdict.offences += [f"I3 {one} is collected {count} times" for one, count in subjects.items() if count > 1]
    for confirmation, reference in standing.items():
        if confirmation not in held and not _asked_about(tasks, confirmation, ours.get(reference)):
            verdict.orphans += 1
            verdict.offences.append(f"I4 pickup {confirmation} is live, and nobody here knows")


def _live_filings(verdict: Verdict, entries: list[Any], attempts: Rows, tasks: Rows) -> None:
    """I3, I4: a dispute is open at the carrier once at most, and somebody here knows of it."""
    for kind, began, ended in (
        ("dispute", "dispute_filed", "dispute_closed"),
        ("claim", "claim_filed", "claim_closed"),
        ("cover", "cover_bound", "cover_cancelled"),
    ):
        ours = {row.client_ref: row for row in attempts if row.kind == kind}
        held = {row.handle for row in attempts if row.kind == kind and row.state == "live"}
        closed = {entry["number"] for entry in entries if entry["kind"] == ended}
        filed = [entry for entry in entries if entry["kind"] == began and entry["number"] not in closed]
        subjects = Counter(ours[one["client_ref"]].subject_id for one in filed if one["client_ref"] in ours)
        verdict.offences += [f"I3 {one} is filed {count} times" for one, count in subjects.items() if count > 1]
        for one in filed:
            if one["number"] not in held and not _asked_about(tasks, one["number"], ours.get(one["client_ref"])):
                verdict.offences.append(f"I4 {kind} {one['number']} is open there, and nobody here knows")


def _asked_about(tasks: Rows, name: str, attempt: Row[Any] | None) -> bool:
    """Whether a person has been asked about this booking."""
    cause = f"attempt:{attempt.id}" if attempt is not None else ""
    return any(name in task.cause or name in task.detail or (cause and task.cause == cause) for task in tasks)


def _no_blind_resend(verdict: Verdict, requests: list[Any], attempts: Rows) -> None:
    """I5: when a create goes out under another reference, every earlier one of its subject is settled."""
    by_reference = {row.client_ref: row for row in attempts if row.kind == "booking"}
    verdict.creates = sum(request.get("client_ref") is not None for request in requests)
    for request in requests:
        if request.get("client_ref") is None:
            continue  # turned away before it was read
        sent = by_reference.get(request["client_ref"])
        if sent is None:
            verdict.offences.append(f"rule 2: a create under {request['client_ref']}, of which no attempt is written")
            continue
        at = datetime.fromisoformat(request["at"])
        for other in attempts:
            earlier = other.kind == "booking" and other.subject_id == sent.subject_id and other.number < sent.number
            if earlier and (other.settled_at is None or other.settled_at > at):
                verdict.offences.append(f"I5 {sent.client_ref} was sent while {other.client_ref} was {other.state}")


async def _inbox(connection: Connection, verdict: Verdict, entries: list[Any]) -> None:
    """I1 and I2: what was answered 2xx is kept once and ended, and what was processed is one return."""
    rows = (await connection.execute(select(tables.inbox))).all()
    kept = Counter((row.source_id, row.delivery_id) for row in rows)
    names = Counter(row.delivery_id for row in rows)
    delivered = {entry["id"] for entry in entries if entry["kind"] == "delivered"}
    verdict.webhooks = len(delivered)
    verdict.offences += [f"I1 {one} was answered 2xx and is not kept" for one in delivered if one not in names]
    verdict.offences += [f"I1 {one} is kept {count} times" for one, count in kept.items() if count > 1]
    verdict.offences += [f"I1 {row.id} is {row.state}" for row in rows if row.state not in ENDED]
    verdict.offences += [
        f"I1 {row.id} is {row.state} without a reason" for row in rows if row.state != "processed" and not row.reason
    ]
    returns = Counter(row.rma_id for row in (await connection.execute(select(tables.returns))).all())
    verdict.returns = sum(returns.values())
    for row in rows:
        said = json.loads(row.body) if row.state == "processed" and row.door == "platform" else {}
        rma = (said.get("data") or {}).get("id")
        if rma is not None and returns[rma] != 1:
            verdict.offences.append(f"I2 {rma} was processed and is {returns[rma]} returns")


async def _none_lost(connection: Connection, verdict: Verdict, shipments: Rows, tasks: Rows) -> None:
    """An approved return is never lost: it has a booking, or a person is asked."""
    asked = {task.return_id for task in tasks} | {task.cause for task in tasks}
    going = {row.return_id for row in shipments if row.state not in ("requested", "action_required", "cancelled")}
    for row in (await connection.execute(select(tables.returns))).all():
        wants = row.status == "approved" and row.authorization.label_provider == "merchant"
        if wants and row.id not in going and row.id not in asked:
            verdict.offences.append(f"I16 return {row.rma_id} is approved, not booked, and nobody was asked")


async def _notices(connection: Connection, verdict: Verdict, sunk: list[Any]) -> None:
    """I10: each notice once a cause, delivered or dead; the sink heard only what is written here, and signed."""
    notices = {row.id: row for row in (await connection.execute(select(tables.notices))).all()}
    heard = {one["id"] for one in sunk}
    well = {one["id"] for one in sunk if one["answered"] == 200}
    verdict.notices = len(heard)
    verdict.offences += [f"I10 the sink heard {one}, which is not written" for one in heard - set(notices)]
    verdict.offences += [f"I10 {one['id']} was not signed well" for one in sunk if not one["verified"]]
    bodies = {(one["id"], one["body"]) for one in sunk}
    verdict.offences += [f"I10 {one} was told in two ways" for one, n in Counter(i for i, _ in bodies).items() if n > 1]
    endpoints = {row.id: row for row in (await connection.execute(select(tables.endpoints))).all()}
    for row in (await connection.execute(select(tables.deliveries))).all():
        claims = row.state == "delivered" and row.target == "endpoint"
        if claims and endpoints[row.target_id].url.endswith("/sink/demo") and row.notice_id not in well:
            verdict.offences.append(f"I10 {row.notice_id} says delivered, the sink did not hear it")
