"""Claims: opened by scans, by an inspection or by a person; answered by the carrier; over only when the money is seen.

The window of a claim is the shipment's claim clock, which reminds by itself and ends with the filing. An acceptance by the
carrier is a promise: what closes a claim is a credit on a bill, or a person who names the payment.
"""

from collections.abc import Sequence
from typing import Any

from gateway.journeys import bearing, prolonging
from gateway.journeys.clocks import OPEN
from gateway.journeys.notices import announce
from gateway.rules import claims as rules
from gateway.rules import ledger
from gateway.rules.claims import ClaimAct
from gateway.rules.details import Detail
from gateway.rules.judging import Verdict
from gateway.rules.matching import BilledLine
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import AcceptanceDecision, AcceptanceRecord, Clock
from schemas.charges import ChargeType
from schemas.claims import ClaimState
from schemas.errors import Conflict
from schemas.messages import NoticeKind
from schemas.shipments import ShipmentState
from schemas.starts import ClaimKind
from schemas.tracking import ExceptionReason, TrackingStatus
from schemas.values import Money, tidy

CARRIED = frozenset({ShipmentState.MOVING, ShipmentState.DELIVERED, ShipmentState.RETURNED, ShipmentState.LOST})
"""The carrier had it in hand: before that there is nothing to claim of it."""


async def open_claim(
    tx: Desk,
    shipment: Record,
    about: ClaimKind,
    *,
    amount: Money | None = None,
    pieces: dict[str, int] | None = None,
    note: str = "",
    opened_by: str = "person",
) -> str:
    """A draft; its id. `pieces` are how many of which line suffered; without them all goods are meant.

    Raises Conflict where the carrier never had the goods, or the same is claimed already.
    """
    await _require_claimable(tx, shipment, about)
    row = await tx.returns.get(shipment.return_id)
    goods, worth = rules.goods_of(row.authorization.items, pieces)
    asked = amount or (worth if about is not ClaimKind.DELAY else None)
    claim_id = await tx.claims.add(
        return_id=shipment.return_id,
        shipment_id=shipment.id,
        account_id=shipment.account_id,
        carrier=shipment.carrier,
        about=about,
        state=ClaimState.DRAFT,
        minor=asked.minor if asked else 0,
        currency=asked.currency if asked else _currency(shipment, worth),
        goods=tidy(goods, 500),
        note=tidy(note, 500),
        opened_by=opened_by,
        created_at=tx.now,
    )
    said = {"about": about, "asked": str(asked) if asked else None, "opened_by": opened_by}
    tx.note("claim.opened", claim_id, chain=shipment.return_id, after=said)
    await _tell(tx, NoticeKind.CLAIM_OPENED, await tx.claims.get(claim_id), "opened", said)
    detail = Detail.of("claim_to_file", about=about, goods=tidy(goods, 100))
    await tx.tasks.ask("claim_draft", f"claim:{claim_id}:draft", detail, shipment.return_id)
    return claim_id


async def _require_claimable(tx: Desk, shipment: Record, about: ClaimKind) -> None:
    if shipment.state not in CARRIED:
        raise Conflict(f"nothing is claimed of a shipment that is {shipment.state}", state=str(shipment.state))
    if _standing(await tx.claims.of_shipment(shipment.id), about):
        raise Conflict(f"its {about} is claimed already", state="claimed")


def _standing(known: Sequence[Record], about: str) -> Record | None:
    return next((one for one in known if one.about == about and one.state != ClaimState.WITHDRAWN), None)


def _currency(shipment: Record, worth: Money | None) -> str:
    request = shipment.request
    declared = request.insured_value or (request.customs.customs_value if request.customs else None) or worth
    return declared.currency if declared else "EUR"


async def _open_unless_known(tx: Desk, shipment: Record, about: ClaimKind, opened_by: str, **more: Any) -> None:
    """What is claimed, or was and was withdrawn by a person, is not opened again by itself."""
    known = await tx.claims.of_shipment(shipment.id)
    if all(one.about != about for one in known) and shipment.state in CARRIED:
        await open_claim(tx, shipment, about, opened_by=opened_by, **more)


async def told_by_scan(tx: Desk, shipment: Record, reason: ExceptionReason) -> None:
    """The carrier itself says that it is lost, or damaged."""
    about = rules.TOLD_BY.get(reason)
    if about is not None:
        await _open_unless_known(tx, await tx.shipments.get(shipment.id), about, "tracking")


async def stand(tx: Desk, shipment: Record, status: TrackingStatus) -> None:
    """Lost by its status; or found, after it was lost: a draft is then moot, and a person hears of what was filed."""
    if status in rules.IS_LOST:
        await _open_unless_known(tx, await tx.shipments.get(shipment.id), ClaimKind.LOSS, "tracking")
    elif shipment.state == ShipmentState.LOST:
        claim = _standing(await tx.claims.of_shipment(shipment.id), ClaimKind.LOSS)
        if claim is not None and claim.state == ClaimState.DRAFT:
            await withdraw(tx, claim.id, f"it was found: {status}")
        elif claim is not None:
            detail = Detail.of("claim_found", state=status, carrier=claim.carrier)
            await tx.tasks.ask("claim_found", f"claim:{claim.id}:found", detail, claim.return_id)


async def found_at_dock(tx: Desk, row: Record, record: AcceptanceRecord) -> None:
    """Goods that came damaged, or did not come: a draft, with what they are worth. Goods that came as agreed: none."""
    pieces = rules.suffered(record.inspections)
    if record.decision is AcceptanceDecision.ACCEPT and not pieces:
        for claim in await tx.claims.of_return(row.id):
            if (claim.about, claim.state, claim.opened_by) == (ClaimKind.DAMAGE, ClaimState.DRAFT, "tracking"):
                await withdraw(tx, claim.id, "it was accepted as agreed")
    came = [one for one in await tx.shipments.of_return(row.id) if one.state in CARRIED] if pieces else []
    if came:
        await _open_unless_known(tx, came[-1], ClaimKind.DAMAGE, "acceptance", pieces=pieces)


async def change(tx: Desk, claim_id: str, amount: Money, note: str | None) -> None:
    """What is asked for, of a draft."""
    claim = await _at(tx, claim_id, ClaimAct.CHANGE)
    changed = {"minor": amount.minor, "currency": amount.currency, "note": claim.note if note is None else note}
    await tx.claims.set(claim_id, **changed)
    before = str(Money.from_minor(claim.minor, claim.currency))
    tx.note("claim.changed", claim_id, chain=claim.return_id, before={"asked": before}, after={"asked": str(amount)})


async def file(tx: Desk, claim_id: str, reference: str) -> None:
    """A person has sent the document, and the carrier has it under this reference."""
    claim = await _at(tx, claim_id, ClaimAct.FILE)
    await require_ready(tx, claim)
    await filed(tx, claim, reference)


async def require_ready(tx: Desk, claim: Record) -> None:
    """Raises Conflict where nobody has said what is asked for, or the carrier would not hear it yet."""
    if claim.minor <= 0:
        raise Conflict("say first what is asked for", state=claim.state)
    clock = await tx.deadlines.of_clock(Clock.CLAIM, claim.shipment_id, claim.about)
    if clock is not None and clock.terms.opens_at is not None and tx.now < clock.terms.opens_at:
        raise Conflict(f"it is not heard before {clock.terms.opens_at.isoformat()}", state=claim.state)


async def filed(tx: Desk, claim: Record, number: str) -> None:
    """The carrier has it: its clock has ended."""
    await tx.claims.set(claim.id, reference=number)
    if rules.allows(ClaimAct.TAKEN, claim.state):
        await tx.claims.set(claim.id, state=ClaimState.FILED, filed_at=tx.now, reason=None)
    clock = await tx.deadlines.of_clock(Clock.CLAIM, claim.shipment_id, claim.about)
    if clock is not None and clock.state in OPEN:
        await prolonging.file_claim(tx, clock.id, number, filed_at=None)
    await tx.tasks.done(f"claim:{claim.id}:draft")
    tx.note("claim.filed", claim.id, chain=claim.return_id, before={"state": claim.state}, after={"reference": number})
    await _tell(tx, NoticeKind.CLAIM_FILED, claim, f"filed:{number}", {"reference": number})


async def accepted(tx: Desk, claim_id: str, amount: Money) -> None:
    """The carrier says that it will pay so much. Raises Conflict in another currency."""
    claim = await _at(tx, claim_id, ClaimAct.ACCEPT)
    _require_currency(claim, amount)
    await _answered(tx, claim, ClaimState.ACCEPTED, {"accepted_minor": amount.minor, "reason": None}, str(amount))


async def rejected(tx: Desk, claim_id: str, reason: str) -> None:
    claim = await _at(tx, claim_id, ClaimAct.REJECT)
    await _answered(tx, claim, ClaimState.REJECTED, {"accepted_minor": None, "reason": reason}, reason)


async def _answered(tx: Desk, claim: Record, state: ClaimState, changed: dict[str, Any], answer: str) -> None:
    await tx.claims.set(claim.id, state=state, answered_at=tx.now, **changed)
    said = {"state": state, "answer": answer}
    tx.note("claim.answered", claim.id, chain=claim.return_id, before={"state": claim.state}, after=said)
    await _tell(tx, NoticeKind.CLAIM_ANSWERED, claim, f"answered:{tx.now.isoformat()}", said)


async def pay(tx: Desk, claim_id: str, amount: Money, reference: str) -> None:
    """A person has seen the money; it is posted, unless the reference is a bill's number: what a bill brings is in the books
    with the bill. Raises Conflict in another currency."""
    claim = await _at(tx, claim_id, ClaimAct.PAY)
    _require_currency(claim, amount)
    if not await tx.invoices.those(number=reference):
        bears = await bearing.bears(tx, tx.now.date(), {claim.return_id})
        moves = ledger.paid_beside_bills(amount.minor, claim.currency, claim.return_id, bears)
        await tx.ledger.post(f"claim_paid:{claim.id}:{claim.paid_minor + amount.minor}", moves)
    await _paid(tx, claim, amount.minor, reference)


async def see_payments(tx: Desk, invoice: Record, lines: Sequence[BilledLine], verdicts: Sequence[Verdict]) -> None:
    """Credits for claims that a bill brings: to what was promised first, then the oldest."""
    given = [
        (line, verdict.booked.shipment_id)
        for line, verdict in zip(lines, verdicts, strict=True)
        if line.type is ChargeType.CREDIT_CLAIM and line.minor < 0 and verdict.booked and not line.informational
    ]
    if not given:
        return
    for line, shipment_id in given:
        known = [one for one in await tx.claims.of_shipment(shipment_id) if one.state in rules.PAYABLE]
        mine = sorted(
            (one for one in known if one.currency == line.currency), key=lambda one: one.state != ClaimState.ACCEPTED
        )
        if mine:
            await _paid(tx, mine[0], -line.minor, f"{invoice.carrier} {invoice.number}")


async def _paid(tx: Desk, claim: Record, minor: int, payment: str) -> None:
    """All that was promised, or all that was asked for where nothing was, closes it."""
    total, owed = claim.paid_minor + minor, claim.accepted_minor or claim.minor
    closed = total >= owed
    changed = {"state": ClaimState.PAID, "closed_at": tx.now} if closed else {}
    await tx.claims.set(claim.id, paid_minor=total, payment=payment, **changed)
    said = {"paid": str(Money.from_minor(minor, claim.currency)), "by": payment, "closed": closed}
    tx.note("claim.paid", claim.id, chain=claim.return_id, before={"state": claim.state}, after=said)
    await _tell(tx, NoticeKind.CLAIM_PAID, claim, f"paid:{total}", said)


async def withdraw(tx: Desk, claim_id: str, reason: str) -> None:
    """Nothing is asked for any more."""
    claim = await _at(tx, claim_id, ClaimAct.WITHDRAW)
    await tx.claims.set(claim_id, state=ClaimState.WITHDRAWN, reason=tidy(reason, 500), closed_at=tx.now)
    await tx.tasks.done_like(f"claim:{claim_id}:")
    tx.note("claim.withdrawn", claim_id, chain=claim.return_id, before={"state": claim.state}, after={"reason": reason})
    await _tell(tx, NoticeKind.CLAIM_WITHDRAWN, claim, "withdrawn", {"reason": reason})


async def _at(tx: Desk, claim_id: str, act: ClaimAct) -> Record:
    """The claim, held until the end. Raises Conflict where the act is not possible now."""
    claim = await tx.claims.get(claim_id, lock=True)
    rules.after(act, claim.state)
    return claim


def _require_currency(claim: Record, amount: Money) -> None:
    if amount.currency != claim.currency:
        raise Conflict(f"it is claimed in {claim.currency}", state=claim.state)


async def _tell(tx: Desk, kind: NoticeKind, claim: Record, cause: str, said: dict[str, Any]) -> None:
    told = {"claim_id": claim.id, "shipment_id": claim.shipment_id, "carrier": claim.carrier, "about": claim.about}
    await announce(tx, kind, {**told, **said}, cause=f"claim:{claim.id}:{cause}", return_id=claim.return_id)
