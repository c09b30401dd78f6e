"""What a finished message comes to, line by line and in all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.invoices.edifact_invoic import codes
from adapters.invoices.edifact_invoic.reader_message import Line, Message, Part
from adapters.toolkit.edi import Segment
from adapters.toolkit.papers import Paper, only
from adapters.toolkit.uncefact import CREDIT_NOTES, type_of_text
from schemas.charges import CarrierInvoice, ChargeType, InvoiceProblem
from schemas.values import tidy

ZERO = Decimal(0)
STANDARD = "parts within"
RESTS: Mapping[str, Callable[[Decimal | None, Decimal], Decimal]] = {
    STANDARD: lambda own, parts: ZERO if own is None else own - parts,
    "parts are all": lambda own, parts: ZERO if own is None or parts else own,
    "parts on top": lambda own, parts: ZERO if own is None else own,
}
"""What a line charges beside its ALC groups, under a reading of what its own amount says."""


def invoice_of(message: Message, end: Segment | None) -> tuple[CarrierInvoice | None, list[InvoiceProblem]]:
    """The invoice, and all that is wrong with it. `end` is the UNT, None where the file was cut."""
    bill, problems = message.opened(end)
    if bill is None or message.beginning is None:
        return None, problems
    return Sums(message, bill).closed(credit=message.beginning.at(1) in CREDIT_NOTES), problems


@dataclass(slots=True)
class Sums:
    """The message and its bill."""

    message: Message
    bill: Paper
    amounts: dict[int, Decimal | None] = field(default_factory=dict)
    """Every MOA by its number, read once."""

    def closed(self, *, credit: bool) -> CarrierInvoice | None:
        stated, row = self._stated(codes.LINES_TOTAL)
        self._add_lines(self._before_head() if stated is None else stated)
        if stated is not None:
            self.bill.require("MOA 79", stated, self.bill.sum, "the lines", row)
        about = self.message.head.waybill or only(line.waybill for line in self.message.lines)
        for part in self.message.head.parts:
            self._add_part(part, self.message.head, about)
        self._add_taxes(about)
        due, due_row = self._stated(codes.PAYABLE)
        prepaid, prepaid_row = self._stated(codes.PREPAID)
        total, total_row = self._stated(*codes.INVOICE_TOTALS)
        if total is not None and due is not None:
            self.bill.require("MOA 77", total, self.bill.sum, "lines, charges and tax", total_row)
        if due is not None and prepaid:
            self.bill.add(
                prepaid_row or 1,
                ChargeType.UNKNOWN,
                -prepaid,
                code=f"MOA {codes.PREPAID}",
                text="paid before",
                waybill=about,
            )
        payable = total if due is None else due
        self.bill.sign = -1 if credit and (payable is None or payable >= 0) else 1
        return self.bill.closed(payable, "MOA 77" if due is None else "MOA 9", total_row if due is None else due_row)

    def _before_head(self) -> Decimal | None:
        """What the lines must come to where only the whole is stated."""
        total, _ = self._stated(*codes.INVOICE_TOTALS)
        tax, _ = self._stated(codes.TAX_TOTAL, codes.TAX)
        taxes = sum((self._money(one.money) or ZERO for one in self.message.taxes), ZERO)
        return None if total is None else total - (taxes or tax or 0) - self._parts_money(self.message.head)

    def _money(self, segment: Segment | None) -> Decimal | None:
        """In the bill's own currency; one in another is a problem."""
        if segment is None:
            return None
        if segment.number not in self.amounts:
            currency = segment.at(1, 3)
            if currency and currency != self.bill.currency:
                self.bill.tell("currency_mixed", f"an amount in {tidy(currency, 20)}", segment.number, "MOA01-3")
                self.amounts[segment.number] = None
            else:
                text = segment.at(1, 2).replace(",", ".", 1)
                self.amounts[segment.number] = self.bill.amount(text, segment.number, "MOA01-2")
        return self.amounts[segment.number]

    def _stated(self, *kinds: str) -> tuple[Decimal | None, int | None]:
        """A total of the summary. It may be repeated in other currencies; those are not ours to check."""
        for kind in kinds:
            for segment in self.message.totals.get(kind, []):
                if segment.at(1, 3) in ("", self.bill.currency):
                    return self._money(segment), segment.number
        return None, None

    def _line_money(self, line: Line) -> Decimal | None:
        return self._money(next((line.money[kind] for kind in codes.LINE_AMOUNTS if kind in line.money), None))

    def _parts_money(self, line: Line) -> Decimal:
        return sum((part.sign * (self._money(part.money) or ZERO) for part in line.parts), ZERO)

    def _add_lines(self, stated: Decimal | None) -> None:
        """Under the first reading by which the lines come to what is stated; else as the standard reads them."""
        lines = [(line, self._line_money(line), self._parts_money(line)) for line in self.message.lines]
        sums = {
            reading: sum((rest(own, parts) + parts for _, own, parts in lines), ZERO) for reading, rest in RESTS.items()
        }
        fitting = next((reading for reading, billed in sums.items() if billed == stated), STANDARD)
        for line, own, parts in lines:
            rest = RESTS[fitting](own, parts)
            if own is None and not line.parts:
                self._tell_missing(line)
            elif rest or not line.parts:
                self._add(line, line.start.number, type_of_text(line.text), rest, text=line.text)
            for part in line.parts:
                self._add_part(part, line, None)

    def _tell_missing(self, line: Line) -> None:
        if not any(kind in line.money for kind in codes.LINE_AMOUNTS):
            self.bill.tell("amount_missing", "a line without an amount", line.start.number, "MOA")

    def _add_part(self, part: Part, line: Line, about: str | None) -> None:
        amount = self._money(part.money)
        if amount is not None:
            self._add(line, part.segment.number, part.type, part.sign * amount, part.text, part.code, about)

    def _add(
        self,
        line: Line,
        row: int,
        kind: ChargeType,
        amount: Decimal,
        text: str = "",
        code: str | None = None,
        about: str | None = None,
    ) -> None:
        head = self.message.head
        shipped = line.shipped or head.shipped
        self.bill.add(
            row,
            kind,
            amount,
            code=code,
            text=text,
            waybill=line.waybill or head.waybill or about,
            references=tuple(line.references or head.references),
            shipped_on=self.bill.day(shipped.at(1, 2), shipped.number, "DTM01-2") if shipped else None,
        )

    def _add_taxes(self, about: str | None) -> None:
        """A line for each TAX group that has an amount; else one for the total of them."""
        total, row = self._stated(codes.TAX_TOTAL, codes.TAX)
        added = ZERO
        for tax in self.message.taxes:
            amount = self._money(tax.money)
            if amount:
                rate = tax.segment.at(5, 4)
                text = f"{tax.segment.at(2)} {rate} %" if rate else tax.segment.at(2)
                self.bill.add(
                    tax.segment.number, ChargeType.TAX, amount, code=tax.segment.at(2), text=text, waybill=about
                )
                added += amount
        if total is not None and added:
            self.bill.require("MOA 176", total, added, "the taxes", row)
        elif total:
            self.bill.add(row or 1, ChargeType.TAX, total, code=f"MOA {codes.TAX_TOTAL}", text="tax", waybill=about)
