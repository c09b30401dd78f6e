"""An invoice in the terms of EN 16931, whichever syntax (UBL, CII) it was written in, and what it bills.

The identity (rules BR-CO-10 to BR-CO-16): lines - allowances + charges = without tax; + tax = with tax; - prepaid +
rounding = payable. Each step is held against what the document states. Tax is a line of its own for each rate, as are
rounding and what was paid before, which is no charge and waits for a person. A credit note writes no minus.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from adapters.toolkit.papers import Paper, carrier_of, currency_of, only, waybill_of
from adapters.toolkit.uncefact import CREDIT_NOTES, WAYBILL_REFERENCES, charge_type, type_of_text
from schemas.charges import CarrierInvoice, ChargeType, InvoiceProblem
from schemas.values import tidy

ZERO = Decimal(0)
WAYBILL_WORDS = re.compile(
    r"(?:air ?)?waybill|awb|hawb|tracking|consignment|parcel|shipment|sendungs?|paket|colis|lettre de voiture|envoi",
    re.I,
)
"""How texts and names of properties call the number of a consignment."""
NUMBER_BEHIND = re.compile(
    rf"\b(?:{WAYBILL_WORDS.pattern})[ -]?(?:number|nummer|num[eé]ro|code|id|nr|no|n°|#)?\.?[ :#]{{0,3}}"
    r"([A-Z0-9]{9,35})(?![A-Za-z0-9])",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """An amount as written: its text, its currency where it names one, its element."""

    text: str
    currency: str | None
    column: str


@dataclass(frozen=True, slots=True)
class Part:
    """An allowance or a charge, of a line or of the document."""

    charge: bool
    amount: Stated | None
    code: str = ""
    text: str = ""

    @property
    def sign(self) -> int:
        return 1 if self.charge else -1

    @property
    def type(self) -> ChargeType:
        return charge_type(self.code, self.text, allowance=not self.charge)


@dataclass(frozen=True, slots=True)
class Tax:
    """What one rate comes to."""

    amount: Stated | None
    category: str
    rate: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A number that a document or a line names, with the code that says what it is a number of (list 1153)."""

    number: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line."""

    amount: Stated | None
    code: str | None = None
    name: str = ""
    description: str = ""
    notes: Sequence[str] = ()
    objects: Sequence[Named] = ()
    """The objects that are invoiced; one is a waybill where its code, or the lack of one, allows it."""
    properties: Sequence[tuple[str, str]] = ()
    references: Sequence[str] = ()
    parts: Sequence[Part] = ()
    informational: bool = False
    shipped_on: date | None = None


@dataclass(slots=True)
class Totals:
    """What the document states, each as far as it does."""

    lines: Stated | None = None
    allowances: Stated | None = None
    charges: Stated | None = None
    net: Stated | None = None
    tax: Stated | None = None
    gross: Stated | None = None
    prepaid: Stated | None = None
    rounding: Stated | None = None
    payable: Stated | None = None


@dataclass(slots=True)
class Invoice:
    """One document."""

    number: str | None
    type: str
    seller: str
    currency: str | None
    account: str | None = None
    issued: str | None = None
    due: str | None = None
    corrects: Sequence[str] = ()
    """Numbers of the invoices that it corrects."""
    objects: Sequence[Named] = ()
    items: Sequence[Item] = ()
    parts: Sequence[Part] = ()
    taxes: Sequence[Tax] = ()
    totals: Totals = field(default_factory=Totals)


def billed(invoice: Invoice) -> tuple[CarrierInvoice | None, list[InvoiceProblem]]:
    """The bill with its lines, and all that is wrong with it. Rows count the lines, then the document's own parts."""
    number = tidy(invoice.number or "", 100)
    if not number:
        return None, [InvoiceProblem(code="invoice_number_missing", detail="a document without a number")]
    currency = currency_of(invoice.currency)
    if currency is None:
        detail = f"no currency is called {tidy(invoice.currency or '', 20)!r}"
        return None, [InvoiceProblem(code="currency_unknown", detail=detail, invoice=number)]
    bill = Paper(number, currency, carrier=carrier_of(invoice.seller))
    bill.sign = -1 if invoice.type in CREDIT_NOTES else 1
    bill.account = tidy(invoice.account or "") or None
    bill.issued_on = bill.day(invoice.issued, None, "issue date")
    bill.due_on = bill.day(invoice.due, None, "due date")
    return _Sums(invoice, bill).closed(), bill.problems


@dataclass(frozen=True, slots=True)
class _About:
    """What all charges of one line have in common."""

    waybill: str | None
    references: tuple[str, ...]
    shipped_on: date | None
    informational: bool


@dataclass(slots=True)
class _Sums:
    invoice: Invoice
    bill: Paper
    row: int = 0

    def closed(self) -> CarrierInvoice | None:
        totals = self.invoice.totals
        lines = self._add_items()
        about = only(self._of(item) for item in self.invoice.items) or _waybill(self.invoice.objects, (), ())
        allowances, charges = self._add_parts(about)
        before_tax = self.bill.sum
        tax = self._add_taxes(about)
        prepaid, rounding = self._amount(totals.prepaid) or ZERO, self._amount(totals.rounding) or ZERO
        if prepaid:
            self._add(ChargeType.UNKNOWN, -prepaid, "prepaid", "paid before", about)
        if rounding:
            self._add(ChargeType.CURRENCY_VARIANCE, rounding, "rounding", "rounding", about)
        self._require(totals.lines, lines, "the lines")
        self._require(totals.allowances, allowances, "the allowances")
        self._require(totals.charges, charges, "the charges")
        net = self._require(totals.net, before_tax, "lines, allowances and charges")
        gross = self._require(totals.gross, net + tax, "net amount and tax")
        self._require(totals.payable, gross - prepaid + rounding, "gross amount, prepayment and rounding")
        if not self.invoice.items:
            self.bill.tell("lines_missing", "a document without lines: its profile carries totals only")
        total = self._amount(totals.payable or totals.gross)
        return self.bill.closed(total, totals.payable.column if totals.payable else "payable amount")

    def _amount(self, stated: Stated | None, row: int | None = None) -> Decimal | None:
        if stated is None:
            return None
        if stated.currency and stated.currency != self.bill.currency:
            self.bill.tell("currency_mixed", f"an amount in {tidy(stated.currency, 20)}", row, stated.column)
            return None
        return self.bill.amount(stated.text, row, stated.column)

    def _require(self, stated: Stated | None, computed: Decimal, what: str) -> Decimal:
        """What is stated, once held against what it comes to; what it comes to, where nothing readable is stated."""
        amount = self._amount(stated)
        if stated is None or amount is None:
            return computed
        self.bill.require(stated.column, amount, computed, what)
        return amount

    def _add_items(self) -> Decimal:
        """Their sum, as the document counts it."""
        total = ZERO
        for item in self.invoice.items:
            self.row += 1
            if item.amount is None:
                self.bill.tell("amount_missing", "a line without an amount", self.row)
            amount = self._amount(item.amount, self.row)
            if amount is not None:
                self._add_item(item, amount)
                total += ZERO if item.informational else amount
        return total

    def _add_item(self, item: Item, amount: Decimal) -> None:
        """The line without its allowances and charges, then each of them: its amount holds them already."""
        waybill = self._of(item)
        text = ": ".join(dict.fromkeys(filter(None, (item.name, item.description))))
        parts = [(part, self._amount(part.amount, self.row)) for part in item.parts]
        readable = [(part, part.sign * value) for part, value in parts if value is not None]
        whole = len(readable) == len(parts)
        rest = amount - sum((value for _, value in readable), ZERO) if whole else amount
        about = _About(waybill, self._references(item, waybill), item.shipped_on, item.informational)
        if rest or not readable:
            kinds = (type_of_text(one) for one in (item.name, item.description))
            kind = next((kind for kind in kinds if kind is not ChargeType.UNKNOWN), ChargeType.UNKNOWN)
            self._write(kind, rest, item.code or item.name, text, about)
        for part, value in readable if whole else []:
            self._write(part.type, value, part.code, part.text, about)

    def _of(self, item: Item) -> str | None:
        """A line's waybill: its own, else the document's."""
        own = _waybill(item.objects, item.properties, (*item.notes, item.name, item.description))
        return own or _waybill(self.invoice.objects, (), ())

    def _write(self, kind: ChargeType, amount: Decimal, code: str | None, text: str, about: _About) -> None:
        self.bill.add(
            self.row,
            kind,
            amount,
            code=code,
            text=text,
            waybill=about.waybill,
            references=about.references,
            shipped_on=about.shipped_on,
            informational=about.informational,
        )

    def _references(self, item: Item, waybill: str | None) -> tuple[str, ...]:
        named = [one.number for one in item.objects if waybill_of(one.number) != waybill]
        valued = [value for name, value in item.properties if waybill_of(value) != waybill and _refers(name)]
        return (*named, *valued, *item.references, *self.invoice.corrects)

    def _add_parts(self, about: str | None) -> tuple[Decimal, Decimal]:
        """What the document's allowances and its charges come to."""
        sums = {False: ZERO, True: ZERO}
        for part in self.invoice.parts:
            amount = self._amount(part.amount, self.row + 1)
            if amount is not None:
                sums[part.charge] += amount
                self._add(part.type, part.sign * amount, part.code, part.text, about)
        return sums[False], sums[True]

    def _add_taxes(self, about: str | None) -> Decimal:
        """What the tax comes to: the sum of its rates, or the total where they are missing."""
        stated = self._amount(self.invoice.totals.tax)
        rates = [(tax, self._amount(tax.amount)) for tax in self.invoice.taxes]
        known = [(tax, amount) for tax, amount in rates if amount]
        for tax, amount in known:
            text = " ".join(filter(None, ("tax", tax.rate, "%" if tax.rate else None)))
            self._add(ChargeType.TAX, amount, tax.category, text, about)
        if stated and not known:
            self._add(ChargeType.TAX, stated, "", "tax", about)
            return stated
        total = sum((amount for _, amount in known), ZERO)
        return self._require(self.invoice.totals.tax, total, "the taxes")

    def _add(self, kind: ChargeType, amount: Decimal, code: str, text: str, about: str | None) -> None:
        self.row += 1
        references = tuple(self.invoice.corrects)
        self.bill.add(self.row, kind, amount, code=code, text=text, waybill=about, references=references)


def _refers(name: str) -> bool:
    return re.search(r"\b(?:ref|reference|referenz|référence|rma|order|return)", name, re.I) is not None


def _waybill(objects: Sequence[Named], properties: Sequence[tuple[str, str]], texts: Sequence[str]) -> str | None:
    """By a number with its meaning, then by the name of a property, then by the words before a number in a text."""
    return next(filter(None, _waybills(objects, properties, texts)), None)


def _waybills(
    objects: Sequence[Named], properties: Sequence[tuple[str, str]], texts: Sequence[str]
) -> Iterator[str | None]:
    yield from (waybill_of(one.number) for one in objects if one.code is None or one.code in WAYBILL_REFERENCES)
    yield from (waybill_of(value) for name, value in properties if WAYBILL_WORDS.match(name.strip()))
    for text in texts:
        found = NUMBER_BEHIND.search(tidy(text, 500))
        if found and re.search(r"[0-9].*[0-9].*[0-9].*[0-9].*[0-9]", found[1]):
            yield waybill_of(found[1])
