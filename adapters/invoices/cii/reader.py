"""Reads a Cross Industry Invoice into the terms of EN 16931. Only elements that bill or identify something are read."""

import re
from collections.abc import Iterator

from adapters.invoices.cii import codes
from adapters.invoices.cii.reader_pdf import embedded
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit import xml
from adapters.toolkit.en16931 import Invoice, Item, Named, Part, Stated, Tax, Totals, billed
from adapters.toolkit.papers import date_of
from schemas.charges import InvoiceReading
from schemas.errors import Unintelligible

CAP = 30_000_000
"""Bytes: some 20,000 lines."""


class Cii(InvoiceReader):
    profile = InvoiceProfile(
        id="cii",
        name="Factur-X, ZUGFeRD 2, XRechnung (CII D16B; XML or PDF)",
        carrier="any",
        identity="lines - allowances + charges = without tax; + tax = with tax; - prepaid + rounding = payable",
    )

    def recognises(self, head: bytes) -> bool:
        """A PDF, or XML with the namespace of the root, in any encoding of one or two bytes a character."""
        plain = head.replace(b"\x00", b"")
        named = re.search(re.escape(codes.NAMESPACE.encode()) + rb"[\"']", plain)
        return head.startswith(b"%PDF-") or (b"<" in plain[:10] and named is not None)

    def read(self, document: bytes) -> InvoiceReading:
        """Raises Unintelligible where the file is no XML or PDF, or has no CII in it, or is over the cap; Unsupported for a
        PDF where the extra `pdf` is not installed."""
        root = xml.parse(embedded(document) if document.startswith(b"%PDF-") else document, CAP)
        if xml.name_of(root) != codes.ROOT:
            raise Unintelligible(f"{xml.name_of(root)[:50]} is no Cross Industry Invoice")
        invoice, problems = billed(_invoice(root))
        invoices = (invoice,) if invoice else ()
        carrier = invoice.carrier if invoice else "unknown"
        return InvoiceReading(format="cii", carrier=carrier, invoices=invoices, problems=tuple(problems))


def _invoice(root: xml.Element) -> Invoice:
    paper, trade = xml.child(root, "ExchangedDocument"), xml.child(root, "SupplyChainTradeTransaction")
    agreement = _child(trade, "ApplicableHeaderTradeAgreement")
    settlement = _child(trade, "ApplicableHeaderTradeSettlement")
    terms = _children(settlement, "SpecifiedTradePaymentTerms")
    due = (xml.text(one, "DueDateDateTime", "DateTimeString") for one in terms)
    buyer = _child(agreement, "BuyerTradeParty")
    currency = xml.text(settlement, "InvoiceCurrencyCode")
    corrected = (xml.text(one, "IssuerAssignedID") for one in _children(settlement, "InvoiceReferencedDocument"))
    return Invoice(
        number=xml.text(paper, "ID"),
        type=xml.text(paper, "TypeCode") or "",
        seller=xml.text(agreement, "SellerTradeParty", "Name") or "",
        currency=currency,
        account=xml.text(buyer, "ID") or xml.text(buyer, "GlobalID"),
        issued=xml.text(paper, "IssueDateTime", "DateTimeString"),
        due=next(filter(None, due), None),
        corrects=[number for number in corrected if number],
        objects=list(_objects(agreement)),
        items=[_item(line) for line in _children(trade, "IncludedSupplyChainTradeLineItem")],
        parts=[*_parts(settlement), *_logistics(settlement)],
        taxes=list(_taxes(settlement)),
        totals=_totals(settlement, currency),
    )


def _child(element: xml.Element | None, *path: str) -> xml.Element | None:
    return None if element is None else xml.child(element, *path)


def _children(element: xml.Element | None, name: str) -> Iterator[xml.Element]:
    return iter(()) if element is None else xml.children(element, name)


def _stated(element: xml.Element | None, *path: str) -> Stated | None:
    found = _child(element, *path)
    text = xml.text(found)
    return None if found is None or text is None else Stated(text, found.get("currencyID"), path[-1])


def _objects(element: xml.Element | None) -> Iterator[Named]:
    for reference in _children(element, "AdditionalReferencedDocument"):
        number = xml.text(reference, "IssuerAssignedID")
        if number and xml.text(reference, "TypeCode") == codes.INVOICED_OBJECT:
            yield Named(number, xml.text(reference, "ReferenceTypeCode"))


def _parts(element: xml.Element | None) -> Iterator[Part]:
    for part in _children(element, "SpecifiedTradeAllowanceCharge"):
        yield Part(
            charge=(xml.text(part, "ChargeIndicator", "Indicator") or "").lower() in ("true", "1"),
            amount=_stated(part, "ActualAmount"),
            code=xml.text(part, "ReasonCode") or "",
            text=xml.text(part, "Reason") or "",
        )


def _logistics(settlement: xml.Element | None) -> Iterator[Part]:
    for part in _children(settlement, "SpecifiedLogisticsServiceCharge"):
        yield Part(charge=True, amount=_stated(part, "AppliedAmount"), text=xml.text(part, "Description") or "")


def _item(line: xml.Element) -> Item:
    about, goods = xml.child(line, "AssociatedDocumentLineDocument"), xml.child(line, "SpecifiedTradeProduct")
    settlement, delivery = (
        xml.child(line, "SpecifiedLineTradeSettlement"),
        xml.child(line, "SpecifiedLineTradeDelivery"),
    )
    notes = (xml.text(note, "Content") for note in _children(about, "IncludedNote"))
    properties = _children(goods, "ApplicableProductCharacteristic")
    order = xml.text(line, "SpecifiedLineTradeAgreement", "BuyerOrderReferencedDocument", "IssuerAssignedID")
    event = ("ActualDespatchSupplyChainEvent", "OccurrenceDateTime", "DateTimeString")
    return Item(
        amount=_stated(settlement, "SpecifiedTradeSettlementLineMonetarySummation", "LineTotalAmount"),
        code=xml.text(goods, "SellerAssignedID"),
        name=xml.text(goods, "Name") or "",
        description=xml.text(goods, "Description") or "",
        notes=[note for note in notes if note],
        objects=list(_objects(settlement)),
        properties=[(xml.text(one, "Description") or "", xml.text(one, "Value") or "") for one in properties],
        references=[order] if order else [],
        parts=list(_parts(settlement)),
        informational=xml.text(about, "LineStatusReasonCode") in codes.NOT_SUMMED,
        shipped_on=date_of(xml.text(delivery, *event) or ""),
    )


def _taxes(settlement: xml.Element | None) -> Iterator[Tax]:
    for rate in _children(settlement, "ApplicableTradeTax"):
        category = " ".join(filter(None, (xml.text(rate, "TypeCode"), xml.text(rate, "CategoryCode"))))
        yield Tax(_stated(rate, "CalculatedAmount"), category, xml.text(rate, "RateApplicablePercent"))


def _totals(settlement: xml.Element | None, currency: str | None) -> Totals:
    stated = _child(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    return Totals(
        lines=_stated(stated, "LineTotalAmount"),
        allowances=_stated(stated, "AllowanceTotalAmount"),
        charges=_stated(stated, "ChargeTotalAmount"),
        net=_stated(stated, "TaxBasisTotalAmount"),
        tax=_tax_total(stated, currency),
        gross=_stated(stated, "GrandTotalAmount"),
        prepaid=_stated(stated, "TotalPrepaidAmount"),
        rounding=_stated(stated, "RoundingAmount"),
        payable=_stated(stated, "DuePayableAmount"),
    )


def _tax_total(stated: xml.Element | None, currency: str | None) -> Stated | None:
    """The one in the document's currency; another may stand beside it in the accounting currency."""
    for found in _children(stated, "TaxTotalAmount"):
        text = xml.text(found)
        if text and found.get("currencyID") in (None, currency):
            return Stated(text, found.get("currencyID"), "TaxTotalAmount")
    return None
