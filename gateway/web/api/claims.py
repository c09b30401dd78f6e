"""Claims for goods: opened, filed once, answered, and over when the money is seen."""

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.journeys import claiming, claims, filing, proving
from gateway.papers import letter
from gateway.rules.claims import EVIDENCE
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.bookings import attempt_told
from gateway.web.api.proofs import headers
from gateway.web.asked import SaidFiling, SaidReason
from gateway.web.asked_claims import AskedClaim, ChangedClaim, SaidAccepted, SaidPaid, SaidRejected
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import Page
from gateway.web.told_claims import BoundTold, ClaimSummary, ClaimTold
from gateway.web.told_money import EvidenceTold
from schemas.acceptance import Clock
from schemas.starts import ClaimKind
from schemas.values import Money

SHOWN_BY: Mapping[str, frozenset[str]] = {
    "label": frozenset({"label"}),
    "photographs": frozenset({"photograph"}),
    "packaging": frozenset({"photograph"}),
    "dock_weight": frozenset({"photograph"}),
    "tracking": frozenset({"proof"}),
    "value_proof": frozenset({"paper"}),
}
"""Evidence, and the kinds of our documents that show it."""
MOST = 100
"""Files in a pack."""
NAMES = ("id", "return_id", "shipment_id", "carrier", "about", "state", "reference", "reason", "created_at")
INSTANTS = ("filed_at", "answered_at", "closed_at")


async def list_claims(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"claims:{call.caller.exporter_id}"
    rows = await call.tx.lists.claims(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[ClaimSummary](data=tuple(map(claim_summary, page)), next=more))


async def get_claim(call: Call) -> Answer:
    return Answer(await claim_told(call.tx, call.id("clm")))


async def open_claim(call: Call) -> Answer:
    asked = call.asked(AskedClaim)
    shipment = await call.tx.shipments.get(asked.shipment_id, lock=True)
    claim_id = await claims.open_claim(call.tx, shipment, asked.about, amount=asked.amount, note=asked.note)
    return Answer(await claim_told(call.tx, claim_id), {"Location": f"/v1/claims/{claim_id}"})


async def change_claim(call: Call) -> Answer:
    claim_id, asked = call.id("clm"), call.asked(ChangedClaim)
    await claims.change(call.tx, claim_id, asked.amount, asked.note)
    return Answer(await claim_told(call.tx, claim_id))


async def send_claim(call: Call) -> Answer:
    """With a reference: a person has sent the document. Without one: it goes through the carrier's door."""
    claim_id = call.id("clm")
    if isinstance(call.body, SaidFiling):
        await claims.file(call.tx, claim_id, call.body.reference)
    else:
        await claiming.send(call.tx, claim_id)
    return Answer(await claim_told(call.tx, claim_id))


async def answer_claim(call: Call) -> Answer:
    claim_id = call.id("clm")
    if isinstance(call.body, SaidRejected):
        await claims.rejected(call.tx, claim_id, call.body.reason)
    else:
        await claims.accepted(call.tx, claim_id, call.asked(SaidAccepted).accepted)
    return Answer(await claim_told(call.tx, claim_id))


async def pay_claim(call: Call) -> Answer:
    claim_id, said = call.id("clm"), call.asked(SaidPaid)
    await claims.pay(call.tx, claim_id, said.amount, said.reference)
    return Answer(await claim_told(call.tx, claim_id))


async def withdraw_claim(call: Call) -> Answer:
    claim_id = call.id("clm")
    await claims.withdraw(call.tx, claim_id, call.asked(SaidReason).reason)
    return Answer(await claim_told(call.tx, claim_id))


async def get_claim_pack(call: Call) -> Answer:
    claim_id = call.id("clm")
    content = await claim_pack(call.tx, claim_id, call.query.get("lang", "en"))
    return Answer(file=content, headers=headers(f"{claim_id}-claim"))


async def claim_pack(tx: Desk, claim_id: str, language: str) -> bytes:
    """Drawn on a thread: a page takes a tenth of a second."""
    row = await tx.claims.get(claim_id)
    ids = dict.fromkeys(one for proof in await _evidence(tx, row) for one in proof.document_ids)
    drawn = await claiming.letter(tx, row, [await proving.file_of(tx, one) for one in list(ids)[:MOST]])
    return await asyncio.to_thread(letter.pack, drawn, language)


def _summary(row: Record) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in (*NAMES, *INSTANTS)}
    accepted = row.accepted_minor
    return told | {
        "amount": Money.from_minor(row.minor, row.currency) if row.minor else None,
        "accepted": None if accepted is None else Money.from_minor(accepted, row.currency),
        "paid": Money.from_minor(row.paid_minor, row.currency),
    }


def claim_summary(row: Record) -> ClaimSummary:
    return ClaimSummary(**_summary(row))


async def claim_told(tx: Desk, claim_id: str) -> ClaimTold:
    row = await tx.claims.get(claim_id)
    shipment = await tx.shipments.get(row.shipment_id)
    clock = await tx.deadlines.of_clock(Clock.CLAIM, row.shipment_id, row.about)
    limits = await claiming.bounds_of(tx, row)
    tries = await tx.attempts.of_subject(claiming.CLAIM.word, claim_id)
    return ClaimTold(
        **_summary(row),
        waybill=shipment.waybill,
        goods=row.goods,
        note=row.note,
        opened_by=row.opened_by,
        payment=row.payment,
        file_by=clock.due_by if clock else None,
        zone=clock.terms.zone if clock else None,
        bounds=tuple(
            BoundTold(law=one.law, amount=str(one.amount), unit=one.unit, because=one.because) for one in limits
        ),
        evidence=await _evidence(tx, row),
        by_api=filing.taken_by(claiming.CLAIM, await tx.accounts.get(row.account_id)),
        attempts=tuple(map(attempt_told, tries)),
    )


async def _evidence(tx: Desk, row: Record) -> tuple[EvidenceTold, ...]:
    kinds = await tx.disputes.documents([row.return_id])
    told = []
    for what in EVIDENCE[ClaimKind(row.about)]:
        ids = tuple(document_id for document_id, kind in kinds if kind in SHOWN_BY.get(what, ()))
        told.append(EvidenceTold(what=what, document_ids=ids))
    return tuple(told)
