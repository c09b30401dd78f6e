"""A claim through the carrier's door, or as the document to send."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any

from adapters import registry
from adapters.seam import Carrier, FilesClaims, FindsClaims
from gateway.core import Gateway
from gateway.journeys import claims, filing
from gateway.papers.evidence import File
from gateway.papers.letter import Letter
from gateway.rules import claims as rules
from gateway.rules.claims import ClaimAct
from gateway.rules.liability import Bound, bounds
from gateway.rules.references import client_ref
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.claims import ClaimState
from schemas.errors import Refused
from schemas.filings import ClaimRequest, Filing
from schemas.starts import ClaimKind
from schemas.values import ClientRef, Money, Waybill, tidy


async def run_claim(gw: Gateway, job: Job) -> None:
    """One turn of a claim that is to be filed."""
    await filing.run(gw, job, CLAIM, _rests)


async def _rests(tx: Desk, claim: Record) -> None:
    await tx.settle(CLAIM.word, claim)


async def send(tx: Desk, claim_id: str) -> None:
    """File it through the carrier's door, once. Asked again while it is under way, it is the same filing.

    Raises Conflict unless it is a draft that may be filed, Unsupported where the carrier takes no claims.
    """
    claim = await tx.claims.get(claim_id, lock=True)
    if claim.state == filing.UNDER_WAY:
        return
    rules.after(ClaimAct.SEND, claim.state)
    await claims.require_ready(tx, claim)
    await filing.ask(tx, CLAIM, claim, await tx.accounts.get(claim.account_id))


async def _request(tx: Desk, claim: Record) -> ClaimRequest:
    """Its reference follows from the shipment's, which a restored database gives it again."""
    shipment = await tx.shipments.get(claim.shipment_id)
    before = [one for one in await tx.claims.of_shipment(shipment.id) if one.about == claim.about]
    nth = [one.id for one in before].index(claim.id)
    return ClaimRequest(
        client_ref=client_ref(f"claim:{shipment.request.client_ref}:{claim.about}:{nth}", 1),
        waybill=Waybill(shipment.waybill or ""),
        about=ClaimKind(claim.about),
        amount=Money.from_minor(claim.minor, claim.currency),
        goods=claim.goods,
        handed_over_at=shipment.handed_over_at,
        delivered_at=shipment.delivered_at,
        note=claim.note,
    )


async def _send(carrier: Any, said: str) -> Filing:
    filed: Filing = await carrier.file_claim(ClaimRequest.model_validate_json(said))
    return filed


def _look_up(carrier: Carrier, reference: ClientRef) -> Awaitable[Sequence[Filing]] | None:
    return carrier.find_claims(reference) if isinstance(carrier, FindsClaims) else None


async def _refused(tx: Desk, claim: Record, error: Refused) -> None:
    """It is a draft again."""
    if rules.allows(ClaimAct.NOT_TAKEN, claim.state):
        await tx.claims.set(claim.id, state=ClaimState.DRAFT, reason=tidy(f"{error.code}: {error}", 500))


def _not_due(tx: Desk, claim: Record) -> datetime | None:
    return None


CLAIM = filing.Kind(
    word="claim",
    shelf=lambda tx: tx.claims,
    files=FilesClaims,
    send=_send,
    look_up=_look_up,
    request=_request,
    filed=lambda tx, row, filing: claims.filed(tx, row, filing.number),
    refused=_refused,
    due=_not_due,
)


async def bounds_of(tx: Desk, claim: Record) -> list[Bound]:
    """What the carrier answers for at most."""
    shipment = await tx.shipments.get(claim.shipment_id)
    request = shipment.request
    return bounds(
        grams=sum(parcel.weight.grams for parcel in request.parcels),
        packages=len(request.parcels),
        on=(shipment.handed_over_at or shipment.booked_at or shipment.created_at).date(),
        crosses_border=request.shipper.address.country != request.consignee.address.country,
        insured=request.insured_value,
    )


async def letter(tx: Desk, claim: Record, files: Sequence[File]) -> Letter:
    """The document to send where the carrier has no door."""
    shipment, exporter = await tx.shipments.get(claim.shipment_id), await tx.exporters.get(tx.exporter_id)
    account, adapter = await tx.accounts.get(claim.account_id), registry.carriers().get(claim.carrier)
    asked = str(Money.from_minor(claim.minor, claim.currency))
    return Letter(
        kind=CLAIM.word,
        id=claim.id,
        made_on=tx.now.date(),
        exporter=exporter.name,
        carrier=adapter.profile.name if adapter else claim.carrier,
        facts=(
            ("account", account.number or ""),
            ("waybill", shipment.waybill or ""),
            ("about", claim.about),
            ("handed_over", _day(shipment.handed_over_at)),
            ("delivered", _day(shipment.delivered_at)),
            ("asked_for", asked),
            ("note_of", claim.note),
        ),
        head=("waybill", "goods", "about", "sum"),
        rows=[(shipment.waybill or "", claim.goods, claim.about, asked)],
        widths=(0.25, 0.4, 0.15, 0.2),
        files=files,
    )


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
