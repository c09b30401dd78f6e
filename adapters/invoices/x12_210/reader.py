"""Reads the interchange segment by segment, an invoice a transaction set. What cannot be read is a problem with its place."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from adapters.invoices.x12_210 import codes
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.edi import Segment, x12
from adapters.toolkit.papers import Paper, amount_of, currency_of, date_of, implied, waybill_of
from schemas.charges import CarrierInvoice, ChargeType, InvoiceProblem, InvoiceReading
from schemas.values import Weight, tidy

ASSUMED = "USD"
SETS = ("110", "210")


class X12Freight(InvoiceReader):
    profile = InvoiceProfile(
        id="x12_210",
        name="ANSI X12 210 and 110 (freight invoice)",
        carrier="any",
        identity="sum of L1 charges = L3 total = B3 net amount; SE01 = segments from ST to SE",
    )

    def recognises(self, head: bytes) -> bool:
        return re.match(rb"(?:\xef\xbb\xbf)?\s*ISA[^A-Za-z0-9\s]", head) is not None

    def read(self, document: bytes) -> InvoiceReading:
        """Raises Unintelligible where the file is no X12 interchange at all, or is over a cap."""
        exchange = _Exchange()
        for segment in x12(document):
            exchange.take(segment)
        return exchange.closed()


@dataclass(slots=True)
class _Charge:
    """An L1, its amount still as written."""

    segment: Segment
    text: str
    references: tuple[str, ...]
    waybill: str | None
    weight: Weight | None


@dataclass(slots=True)
class _Loop:
    """What an LX loop has told so far, or the header before the first of them."""

    waybill: str | None = None
    references: list[str] = field(default_factory=list)
    text: str = ""
    weight: Weight | None = None


@dataclass(slots=True)
class _Set:
    """One transaction set as it grows."""

    start: Segment
    sender: str
    count: int = 1
    beginning: Segment | None = None
    total: Segment | None = None
    currency: Segment | None = None
    account: str | None = None
    shipped_on: date | None = None
    due: Segment | None = None
    header: _Loop = field(default_factory=_Loop)
    loop: _Loop | None = None
    charges: list[_Charge] = field(default_factory=list)

    def take(self, segment: Segment) -> None:
        self.count += 1
        here = self.loop or self.header
        match segment.tag:
            case "B3" if self.beginning is None:
                self.beginning = segment
            case "C3" if self.currency is None:
                self.currency = segment
            case "ITD":
                self.due = segment
            case "N1" if segment.at(1) in ("BT", "BN") and segment.at(4):
                self.account = self.account or tidy(segment.at(4))
            case "G62" if segment.at(1) in codes.SHIPPED:
                self.shipped_on = self.shipped_on or date_of(segment.at(2))
            case "N9":
                self._take_reference(here, segment)
            case "LX":
                self.loop = _Loop()
            case "L5":
                here.text = segment.at(2)
            case "L0":
                here.weight = self._weight(segment) or here.weight
            case "L1":
                self._take_charge(here, segment)
            case "L3":
                self.total = segment

    def _take_reference(self, here: _Loop, segment: Segment) -> None:
        if segment.at(1) in codes.WAYBILLS:
            here.waybill = here.waybill or waybill_of(segment.at(2))
        elif segment.at(2):
            here.references.append(segment.at(2))

    def _take_charge(self, here: _Loop, segment: Segment) -> None:
        stated = waybill_of(self.beginning.at(3)) if self.beginning else None
        self.charges.append(
            _Charge(
                segment,
                text=segment.at(12) or here.text,
                waybill=here.waybill or self.header.waybill or stated,
                references=tuple(here.references or self.header.references),
                weight=here.weight,
            )
        )

    def _weight(self, segment: Segment) -> Weight | None:
        """In the unit of the segment, else of the whole bill. One without a unit is left out: it moves no money."""
        unit = segment.at(11) or (self.beginning.at(5) if self.beginning else "")
        value, factor = amount_of(segment.at(4)), codes.GRAMS_PER_UNIT.get(unit)
        if value is None or factor is None:
            return None
        grams = int((value * Decimal(factor)).quantize(Decimal(1), ROUND_HALF_UP))
        return Weight(grams=grams) if 0 < grams <= 10_000_000 else None

    def closed(self, end: Segment | None) -> tuple[CarrierInvoice | None, list[InvoiceProblem]]:
        """The invoice, and all that is wrong with it. `end` is the SE, None where the file was cut."""
        start, first = self.start.number, self.beginning
        number = tidy(first.at(2), 100) if first else ""
        if first is None or not number:
            at = first.number if first else start
            return None, [_problem(at, "B302", "invoice_number_missing", "a transaction set without an invoice number")]
        named = tidy(self.currency.at(1), 20) if self.currency else ""
        known = currency_of(named)
        bill = Paper(number, known or ASSUMED, currency_assumed=known is None)
        if named and bill.currency_assumed and self.currency:
            bill.tell("currency_unknown", f"no currency is called {named}", self.currency.number, "C301")
        bill.carrier = codes.CARRIERS.get(first.at(11), tidy(first.at(11) or self.sender, 100))
        bill.account = self.account
        bill.issued_on = bill.day(first.at(6), first.number, "B306")
        bill.due_on = bill.day(self.due.at(6), self.due.number, "ITD06") if self.due else None
        self._check_end(bill, end)
        return self._charged(bill, first), bill.problems

    def _check_end(self, bill: Paper, end: Segment | None) -> None:
        if end is None:
            bill.tell("sum_error", "the file ends inside this transaction set", self.start.number, "ST")
        elif end.at(1).lstrip("0") != str(self.count):
            detail = f"{self.count} segments, the file says {tidy(end.at(1), 20)}"
            bill.tell("sum_error", detail, end.number, "SE01")
        elif end.at(2) != self.start.at(2):
            bill.tell("control_number", "SE02 is not ST02", end.number, "SE02")

    def _charged(self, bill: Paper, first: Segment) -> CarrierInvoice | None:
        stated = {"B307": (first, first.at(7)), "L305": (self.total, self.total.at(5) if self.total else "")}
        places = self._places(first.at(7) or stated["L305"][1])
        totals: dict[str, tuple[Decimal, int]] = {}
        for column, (segment, text) in stated.items():
            if segment is not None and text:
                amount = bill.amount(text, segment.number, column, places=places)
                if amount is not None:
                    totals[column] = (amount, segment.number)
        for charge in self.charges:
            self._bill(bill, charge, places)
        for column, (amount, row) in totals.items():
            bill.require(column, amount, bill.sum, "the L1 charges", row)
        total, row = totals.get("B307") or totals.get("L305") or (None, first.number)
        return bill.closed(total, "B307", row)

    def _bill(self, bill: Paper, charge: _Charge, places: int) -> None:
        segment = charge.segment
        if not segment.at(4):
            return  # a rate without a charge: another L1 has the money
        amount = bill.amount(segment.at(4), segment.number, "L104", places=places)
        if amount is None:
            return
        bill.add(
            segment.number,
            codes.CHARGES.get(segment.at(8), ChargeType.UNKNOWN),
            amount,
            code=segment.at(8),
            text=charge.text,
            waybill=charge.waybill,
            references=charge.references,
            shipped_on=self.shipped_on,
            service=tidy(self.beginning.at(13)) or None if self.beginning else None,
            billed_weight=charge.weight,
        )

    def _places(self, total: str) -> int:
        """Implied decimals of a number without a point: two by the standard, none where only that adds up."""
        texts = [charge.segment.at(4) for charge in self.charges if charge.segment.at(4)]
        if not any("." in text for text in (*texts, total)):
            return 2
        for places in (2, 0):
            amounts = [implied(text, places) for text in (*texts, total)]
            known = [amount for amount in amounts if amount is not None]
            if len(known) == len(amounts) and sum(known[:-1], Decimal(0)) == known[-1]:
                return places
        return 2


def _problem(row: int | None, column: str, code: str, detail: str) -> InvoiceProblem:
    return InvoiceProblem(row=row, column=column, code=code, detail=tidy(detail, 400))


@dataclass(slots=True)
class _Exchange:
    """The file so far: groups of transaction sets, each counted by its trailer."""

    invoices: list[CarrierInvoice] = field(default_factory=list)
    problems: list[InvoiceProblem] = field(default_factory=list)
    sender: str = ""
    open: _Set | None = None
    sets: int = 0
    groups: int = 0
    ended: bool = False

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "ISA":
                self.sender, self.groups, self.ended = segment.at(6), 0, False
            case "GS":
                self.groups, self.sets = self.groups + 1, 0
            case "ST":
                self._close(None)
                self.open, self.sets = _Set(segment, self.sender), self.sets + 1
            case "SE" if self.open:
                self.open.count += 1
                self._close(segment)
            case "GE":
                self._close(None)
                self._count(segment, self.sets, "GE01", "transaction sets")
            case "IEA":
                self.ended = True
                self._count(segment, self.groups, "IEA01", "groups")
            case _ if self.open:
                self.open.take(segment)

    def closed(self) -> InvoiceReading:
        self._close(None)
        if not self.ended:
            self.problems.append(_problem(None, "IEA", "file_cut", "the file ends before its interchange does"))
        if not self.invoices and not self.problems:
            self.problems.append(_problem(None, "ST", "invoice_missing", "no transaction set 110 or 210"))
        invoices, problems = tuple(self.invoices), tuple(self.problems)
        carrier = next((invoice.carrier for invoice in invoices), tidy(self.sender))
        return InvoiceReading(format="x12_210", carrier=carrier, invoices=invoices, problems=problems)

    def _close(self, end: Segment | None) -> None:
        finished, self.open = self.open, None
        if finished is None:
            return
        if finished.start.at(1) not in SETS:
            detail = f"transaction set {tidy(finished.start.at(1), 20)} is no freight invoice"
            self.problems.append(_problem(finished.start.number, "ST01", "message_unknown", detail))
            return
        invoice, problems = finished.closed(end)
        self.invoices += [invoice] if invoice else []
        self.problems += problems

    def _count(self, segment: Segment, there: int, column: str, what: str) -> None:
        if segment.at(1).lstrip("0") != str(there or ""):
            detail = f"{there} {what}, the file says {tidy(segment.at(1), 20)}"
            self.problems.append(_problem(segment.number, column, "count_error", detail))
