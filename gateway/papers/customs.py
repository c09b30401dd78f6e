"""Customs papers of a return: the invoice for returned goods, the reason, and the statement of the same state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway.papers.pack import zipped
from gateway.papers.sheet import Sheet
from gateway.papers.words import Said
from schemas.customs import CustomsDeclaration, CustomsItem
from schemas.customs_case import CustomsCase, GoodsState
from schemas.values import Money, Party

SAME = frozenset({GoodsState.UNCHANGED, GoodsState.TRIED})


@dataclass(frozen=True, slots=True)
class Goods:
    """What the papers say: who sends what to whom, and what is known of the export."""

    return_id: str
    number: str
    made_on: date
    sender: Party
    recipient: Party
    declaration: CustomsDeclaration
    case: CustomsCase
    relief: str
    waybill: str | None


def pack(goods: Goods, language: str, face: Path | None = None) -> bytes:
    """The papers with their manifest, as a ZIP; the same state is stated only of goods that are said to be in it.

    Raises Conflict where the extra `pdf` is not installed.
    """
    files = {
        "commercial-invoice.pdf": invoice(goods, language, face),
        "reason-statement.pdf": statement(goods, language, "statement", face),
    }
    if goods.case.facts.state in SAME:  # nobody is handed a statement that is not so
        files["same-state-statement.pdf"] = statement(goods, language, "same_state", face)
    return zipped(files, {"return_id": goods.return_id, "number": goods.number, "made_on": goods.made_on.isoformat()})


def invoice(goods: Goods, language: str, face: Path | None = None) -> bytes:
    said, declared = Said(language), goods.declaration
    paper = Sheet(said("invoice"), f"{said('made')} · {goods.return_id}", face)
    paper.text(said("not_sale"))
    paper.pairs(
        [
            (said("number"), f"{declared.invoice_number or goods.number}, {goods.made_on.isoformat()}"),
            (said("from"), _party(goods.sender)),
            (said("to"), _party(goods.recipient)),
            (said("waybill"), goods.waybill or ""),
            (said("outbound"), declared.outbound_waybill or ""),
            (said("mrn"), declared.export_mrn or ""),
            (said("incoterm"), declared.incoterm),
            (said("reason"), said(f"why.{goods.case.facts.why}")),
        ]
    )
    head = [said(key) for key in ("goods", "hs", "origin", "quantity", "unit", "sum")]
    rows = [_priced(item) for item in declared.items]
    paper.gap()
    paper.table(head, rows, (0.34, 0.14, 0.1, 0.1, 0.16, 0.16))
    paper.pairs([(said("total"), str(declared.customs_value))])
    paper.gap(36)
    paper.hint(said("sign"))
    return paper.pdf()


def statement(goods: Goods, language: str, kind: str, face: Path | None = None) -> bytes:
    """Of the reason (`statement`), or of the same state (`same_state`)."""
    said, facts = Said(language), goods.case.facts
    paper = Sheet(said(kind), f"{said('made')} · {goods.return_id}", face)
    unstated = said("not_stated")
    paper.pairs(
        [
            (said("return"), goods.number),
            (said("from"), _party(goods.sender)),
            (said("to"), _party(goods.recipient)),
            (said("supervision"), facts.supervision or unstated),
            (said("declaration"), facts.declaration_number or unstated),
            (said("mrn"), facts.export_mrn or ""),
            (said("exported"), facts.exported_on.isoformat() if facts.exported_on else unstated),
            (said("zone_exit"), facts.zone_exit_on.isoformat() if facts.zone_exit_on else ""),
            (said("refund"), said(f"refund.{facts.refund}")),
            (said("relief"), goods.relief),
            (said("outbound"), goods.declaration.outbound_waybill or ""),
            (said("waybill"), goods.waybill or ""),
        ]
    )
    paper.gap()
    if kind == "statement":
        paper.text(said("why_words", why=said(f"why.{facts.why}")))
    else:
        paper.text(said("state_words", state=said(f"state.{facts.state}")))
    paper.gap(8)
    head = [said(key) for key in ("goods", "hs", "origin", "quantity")]
    paper.table(head, [_plain(item) for item in goods.declaration.items], (0.5, 0.2, 0.15, 0.15))
    paper.gap(48)
    paper.hint(said("sign"))
    return paper.pdf()


def _plain(item: CustomsItem) -> Sequence[str]:
    return (item.description, item.hs_code or "", item.origin, str(item.quantity))


def _priced(item: CustomsItem) -> Sequence[str]:
    whole = Money.of(item.unit_value.amount * item.quantity, item.unit_value.currency)
    return (*_plain(item), str(item.unit_value), str(whole))


def _party(party: Party) -> str:
    place = party.address
    lines = (party.name, party.company, *place.lines, f"{place.postal_code or ''} {place.city}".strip(), place.country)
    return ", ".join(line for line in lines if line)
