"""What a decision about one charge means for the lines beside it, of the same shipment on the same bill: a tax on what was
not known yet, the second of two charges that were alike. Nothing else of a bill depends on what a charge was decided to be.

What a person or a credit has settled stays, and so does what was filed. Later bills are left out: they were judged against
these lines, and not these against them.
"""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, field

from gateway.journeys.billed import aside, bookings_of
from gateway.rules import judging, ledger
from gateway.rules.judging import Bill, Verdict
from gateway.rules.ledger import Bears
from gateway.rules.matching import BilledLine
from gateway.rules.meanings import MEANINGS, LineState
from gateway.rules.tolerances import Policy
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.charges import ChargeType, FindingKind, Transfer

UNFILED = ("draft", "expired")


@dataclass(slots=True)
class Changed:
    """Lines that are judged otherwise now: as they stand in the database, as they are billed, and the new verdict."""

    rows: list[Record] = field(default_factory=list)
    lines: list[BilledLine] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


async def judge(
    tx: Desk,
    invoice: Record,
    rows: Sequence[Record],
    lines: Sequence[BilledLine],
    decided: Collection[str],
    *,
    judged: Set[str],
    policy: Policy,
    services: dict[str, str],
) -> Changed:
    """What changes of a bill's lines, typed as they are known now, by those that were `decided`; the `judged` of these
    stand in the database already."""
    shipments = {row.shipment_id for row in rows if row.id in decided and row.shipment_id}
    near = {
        row.id: row
        for row in rows
        if row.shipment_id in shipments and row.id not in judged and (row.type == ChargeType.TAX or row.id in decided)
    }
    open_ones = {key for key, row in near.items() if await _is_open(tx, row)}
    again = [line for line in lines if line.id in open_ones]
    if not again:
        return Changed()
    last = max(row.id for row in rows)
    index, past = await bookings_of(tx, invoice.carrier, "", again, anew=open_ones, until=last)
    bill = Bill(invoice.issued_on, services, past)
    found = Changed()
    for line, verdict in zip(again, await aside(len(again), judging.judge, again, index, policy, bill), strict=True):
        row = near[line.id]
        if (verdict.kind, verdict.agreed) != (row.finding, row.agreed_minor):
            found.rows.append(row)
            found.lines.append(line)
            found.verdicts.append(verdict)
    return found


async def _is_open(tx: Desk, row: Record) -> bool:
    """Whether nobody has settled it: no credit, no filing, no acceptance of what was found."""
    accepted = row.state == LineState.MATCHED and MEANINGS[FindingKind(row.finding)].state is not LineState.MATCHED
    if row.informational or row.minor <= 0 or row.credited_minor or row.state == LineState.CREDITED or accepted:
        return False
    return row.dispute_id is None or (await tx.disputes.get(row.dispute_id)).state in UNFILED


async def corrected(tx: Desk, invoice: Record, found: Changed, bears: Bears) -> list[tuple[str, Sequence[Transfer]]]:
    """A transaction for each line of which another part is agreed now: what was posted of it is reversed, entry by entry,
    to whom it was posted, and posted anew."""
    postings: list[tuple[str, Sequence[Transfer]]] = []
    for row, line, verdict in zip(found.rows, found.lines, found.verdicts, strict=True):
        if verdict.agreed == row.agreed_minor:
            continue
        its = await tx.ledger.those("id", invoice_id=invoice.id, return_id=row.return_id)
        posted = [one for one in its if one.posting_key.split(":")[1] == row.id]
        reversed_ = [Transfer(one.credit, one.debit, one.minor, one.currency, one.return_id) for one in posted]
        anew = ledger.transfers_of(line.type, line.minor, verdict.agreed, line.currency, row.return_id, bears=bears)
        postings.append((f"judged_again:{row.id}:{invoice.turn}", [*reversed_, *anew]))
    return postings
