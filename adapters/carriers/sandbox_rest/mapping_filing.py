"""Disputes, claims and covers: what we say to the sandbox carrier, and what it answers. Pure."""

from collections.abc import Sequence
from typing import Any

from adapters.carriers.sandbox_rest import codes
from adapters.carriers.sandbox_rest.mapping import Wire, Word, foreign, listed, said
from adapters.toolkit.http import Reply
from schemas.covers import CoverRequest, Policy
from schemas.filings import ClaimRequest, DisputeRequest, Filing, FilingState
from schemas.values import Money


class WireFiling(Wire):
    number: Word
    reference: Word | None = None
    state: Word


class WireMoney(Wire):
    amount: Word
    currency: Word


class WirePolicy(WireFiling):
    premium: WireMoney | None = None


def build_dispute(request: DisputeRequest) -> dict[str, Any]:
    """The body of POST /disputes."""
    return {
        "reference": request.client_ref,
        "invoice": request.invoice,
        "issued_on": request.issued_on.isoformat() if request.issued_on else None,
        "reason": request.finding.value,
        "amount": _money(request.amount),
        "lines": [
            {
                "row": line.row,
                "waybill": line.waybill,
                "code": line.wire_code,
                "billed": _money(line.billed),
                "agreed": _money(line.agreed),
                "text": line.because,
            }
            for line in request.lines
        ],
    }


def build_claim(request: ClaimRequest) -> dict[str, Any]:
    """The body of POST /claims."""
    return {
        "reference": request.client_ref,
        "waybill": request.waybill,
        "about": request.about.value,
        "amount": _money(request.amount),
        "goods": request.goods,
        "handed_over_at": request.handed_over_at.isoformat() if request.handed_over_at else None,
        "delivered_at": request.delivered_at.isoformat() if request.delivered_at else None,
        "text": request.note,
    }


def build_cover(request: CoverRequest) -> dict[str, Any]:
    """The body of POST /covers."""
    return {
        "reference": request.client_ref,
        "waybill": request.waybill,
        "value": _money(request.insured_value),
        "goods": request.goods,
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": str(money.amount), "currency": money.currency}


@foreign
def read_filing(reply: Reply) -> Filing:
    return _filing(WireFiling.model_validate(said(reply)))


@foreign
def read_filings(reply: Reply) -> Sequence[Filing]:
    return tuple(_filing(WireFiling.model_validate(one)) for one in listed(said(reply), "filed"))


@foreign
def read_policy(reply: Reply) -> Policy:
    return _policy(WirePolicy.model_validate(said(reply)))


@foreign
def read_policies(reply: Reply) -> Sequence[Policy]:
    return tuple(_policy(WirePolicy.model_validate(one)) for one in listed(said(reply), "filed"))


def _policy(wire: WirePolicy) -> Policy:
    premium = Money.of(wire.premium.amount, wire.premium.currency) if wire.premium else None
    return Policy(**dict(_filing(wire)), premium=premium)


def _filing(wire: WireFiling) -> Filing:
    return Filing(
        number=wire.number,
        state=codes.FILINGS.get(wire.state, FilingState.UNKNOWN),
        echoed_ref=wire.reference,
        wire_text=wire.state,
    )
