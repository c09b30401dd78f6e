"""Reads a UBL document into the terms of EN 16931. Only elements that bill or identify something are read."""

import re
from collections.abc import Iterator

from adapters.invoices.ubl import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit import xml
from adapters.toolkit.en16931 import Invoice, Item, Named, Part, Stated, Tax, Totals, billed
from adapters.toolkit.papers import date_of
from adapters.toolkit.uncefact import CREDIT_NOTES
from schemas.charges import InvoiceReading
from schemas.errors import Unintelligible

CAP = 30_000_000
"""Bytes: some 20,000 lines."""
MARKS = tuple(name.encode() for name in codes.NAMESPACES)


class Ubl(InvoiceReader):
    profile = InvoiceProfile(
        id="ubl",
        name="UBL 2.1 Invoice and CreditNote (Peppol BIS 3, EN 16931)",
        carrier="any",
        identity="lines - allowances + charges = without tax; + tax = with tax; - prepaid + rounding = payable",
    )

    def recognises(self, head: bytes) -> bool:
        """By the namespace of the root, in any encoding of one or two bytes a character."""
        plain = head.replace(b"\x00", b"")
        return b"<" in plain[:10] and any(re.search(re.escape(mark) + rb"[\"']", plain) for mark in MARKS)

    def read(self, document: bytes) -> InvoiceReading:
        """Raises Unintelligible where the file is no XML, or no UBL invoice, or is over the cap."""
        root = _root(xml.parse(document, CAP))
        invoice, problems = billed(_invoice(root))
        invoices = (invoice,) if invoice else ()
        carrier = invoice.carrier if invoice else "unknown"
        return InvoiceReading(format="ubl", carrier=carrier, invoices=invoices, problems=tuple(problems))


def _root(element: xml.Element) -> xml.Element:
    """The invoice itself, in an envelope or not."""
    known = next((xml.child(element, name) for name in codes.LINES if xml.child(element, name) is not None), None)
    if xml.name_of(element) in codes.LINES:
        return element
    if known is not None:
        return known
    raise Unintelligible(f"{xml.name_of(element)[:50]} is no UBL invoice")


def _invoice(root: xml.Element) -> Invoice:
    name = xml.name_of(root)
    kind = xml.text(root, codes.TYPES[name]) or ""
    if name == "CreditNote" and kind not in CREDIT_NOTES:
        kind = codes.CREDIT_NOTE
    seller = xml.child(root, "AccountingSupplierParty", "Party")
    legal = xml.text(seller, "PartyLegalEntity", "RegistrationName")
    currency = xml.text(root, "DocumentCurrencyCode")
    return Invoice(
        number=xml.text(root, "ID"),
        type=kind,
        seller=legal or xml.text(seller, "PartyName", "Name") or "",
        currency=currency,
        account=xml.text(root, "AccountingCustomerParty", "Party", "PartyIdentification", "ID"),
        issued=xml.text(root, "IssueDate"),
        due=xml.text(root, "DueDate") or xml.text(root, "PaymentMeans", "PaymentDueDate"),
        corrects=[number for one in xml.children(root, "BillingReference") if (number := _corrected(one))],
        objects=list(_objects(root, "AdditionalDocumentReference")),
        items=[_item(line) for line in xml.children(root, codes.LINES[name])],
        parts=list(_parts(root)),
        taxes=list(_taxes(root, currency)),
        totals=_totals(root, currency),
    )


def _corrected(reference: xml.Element) -> str | None:
    invoice = xml.text(reference, "InvoiceDocumentReference", "ID")
    return invoice or xml.text(reference, "CreditNoteDocumentReference", "ID")


def _stated(element: xml.Element | None, *path: str) -> Stated | None:
    found = None if element is None else xml.child(element, *path)
    text = xml.text(found)
    return None if found is None or text is None else Stated(text, found.get("currencyID"), path[-1])


def _objects(element: xml.Element, name: str) -> Iterator[Named]:
    for reference in xml.children(element, name):
        number = xml.child(reference, "ID")
        text = xml.text(number)
        if number is not None and text and xml.text(reference, "DocumentTypeCode") == codes.INVOICED_OBJECT:
            yield Named(text, number.get("schemeID"))


def _parts(element: xml.Element) -> Iterator[Part]:
    for part in xml.children(element, "AllowanceCharge"):
        yield Part(
            charge=(xml.text(part, "ChargeIndicator") or "").lower() in ("true", "1"),
            amount=_stated(part, "Amount"),
            code=xml.text(part, "AllowanceChargeReasonCode") or "",
            text=xml.text(part, "AllowanceChargeReason") or "",
        )


def _item(line: xml.Element) -> Item:
    goods = xml.child(line, "Item")
    notes = (xml.text(note) for note in xml.children(line, "Note"))
    properties = [] if goods is None else xml.children(goods, "AdditionalItemProperty")
    order = xml.text(line, "OrderLineReference", "OrderReference", "ID")
    return Item(
        amount=_stated(line, "LineExtensionAmount"),
        code=xml.text(goods, "SellersItemIdentification", "ID"),
        name=xml.text(goods, "Name") or "",
        description=xml.text(goods, "Description") or "",
        notes=[note for note in notes if note],
        objects=list(_objects(line, "DocumentReference")),
        properties=[(xml.text(one, "Name") or "", xml.text(one, "Value") or "") for one in properties],
        references=[order] if order else [],
        parts=list(_parts(line)),
        shipped_on=date_of(xml.text(line, "Delivery", "Despatch", "ActualDespatchDate") or ""),
    )


def _tax_total(root: xml.Element, currency: str | None) -> xml.Element | None:
    """The one in the document's currency; another may stand beside it in the accounting currency."""
    totals = list(xml.children(root, "TaxTotal"))
    for total in totals:
        amount = xml.child(total, "TaxAmount")
        if amount is not None and amount.get("currencyID") in (None, currency):
            return total
    return totals[0] if totals else None


def _taxes(root: xml.Element, currency: str | None) -> Iterator[Tax]:
    total = _tax_total(root, currency)
    for rate in [] if total is None else xml.children(total, "TaxSubtotal"):
        category = xml.child(rate, "TaxCategory")
        scheme, kind = xml.text(category, "TaxScheme", "ID"), xml.text(category, "ID")
        yield Tax(_stated(rate, "TaxAmount"), " ".join(filter(None, (scheme, kind))), xml.text(category, "Percent"))


def _totals(root: xml.Element, currency: str | None) -> Totals:
    stated = xml.child(root, "LegalMonetaryTotal")
    return Totals(
        lines=_stated(stated, "LineExtensionAmount"),
        allowances=_stated(stated, "AllowanceTotalAmount"),
        charges=_stated(stated, "ChargeTotalAmount"),
        net=_stated(stated, "TaxExclusiveAmount"),
        tax=_stated(_tax_total(root, currency), "TaxAmount"),
        gross=_stated(stated, "TaxInclusiveAmount"),
        prepaid=_stated(stated, "PrepaidAmount"),
        rounding=_stated(stated, "PayableRoundingAmount"),
        payable=_stated(stated, "PayableAmount"),
    )
