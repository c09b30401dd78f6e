"""One INVOIC message as it grows: what its header and its groups say."""

from dataclasses import dataclass, field

from adapters.invoices.edifact_invoic import codes
from adapters.toolkit.edi import Segment
from adapters.toolkit.papers import Paper, carrier_of, currency_of, waybill_of
from adapters.toolkit.uncefact import (
    ALLOWANCE_REASONS,
    WAYBILL_REFERENCES,
    charge_type,
    type_of_text,
)
from schemas.charges import ChargeType, InvoiceProblem
from schemas.values import tidy

ASSUMED = "EUR"


@dataclass(slots=True)
class Part:
    """An ALC group: a charge, or an allowance, of its line or of the message."""

    segment: Segment
    money: Segment | None = None

    @property
    def sign(self) -> int:
        return -1 if self.segment.at(1) == "A" else 1

    @property
    def text(self) -> str:
        return " ".join(filter(None, (self.segment.at(5, 4), self.segment.at(5, 5))))

    @property
    def code(self) -> str:
        return self.segment.at(5) or self.segment.at(2, 2)

    @property
    def type(self) -> ChargeType:
        if self.segment.at(5, 3) in codes.SENDERS_OWN:
            return type_of_text(self.text)
        reason = ALLOWANCE_REASONS.get(self.segment.at(2, 2)) if self.sign < 0 else None
        own = codes.ALLOWANCES.get(self.segment.at(5)) if self.sign < 0 else None
        return reason or own or charge_type(self.segment.at(5), self.text)


@dataclass(slots=True)
class Line:
    """A LIN group, or the header of the message."""

    start: Segment
    waybill: str | None = None
    references: list[str] = field(default_factory=list)
    text: str = ""
    money: dict[str, Segment] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    shipped: Segment | None = None

    def refer(self, segment: Segment) -> None:
        if segment.at(1) in WAYBILL_REFERENCES:
            self.waybill = self.waybill or waybill_of(segment.at(1, 2))
        elif segment.at(1, 2):
            self.references.append(segment.at(1, 2))


@dataclass(slots=True)
class Tax:
    segment: Segment
    money: Segment | None = None


@dataclass(slots=True)
class Message:
    """UNH to UNT. `group` is the tag that opened the segment group we are in."""

    start: Segment
    sender: str
    head: Line = field(init=False)
    count: int = 1
    group: str = ""
    summary: bool = False
    beginning: Segment | None = None
    currency: Segment | None = None
    issued: Segment | None = None
    due: Segment | None = None
    account: str | None = None
    items: Segment | None = None
    sellers: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    totals: dict[str, list[Segment]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.head = Line(self.start)

    def take(self, segment: Segment) -> None:
        self.count += 1
        here = self.lines[-1] if self.lines else self.head
        if segment.tag in ("NAD", "CUX", "PAT", "ALC", "LIN", "TAX", "UNS"):
            self.group = segment.tag
        match segment.tag:
            case "BGM":
                self.beginning = self.beginning or segment
            case "DTM":
                self._take_date(here, segment)
            case "RFF":
                self._take_reference(here, segment)
            case "NAD":
                self.sellers.setdefault(segment.at(1), segment.at(4) or segment.at(3))
            case "CUX":
                self.currency = self.currency or segment
            case "LIN":
                self.lines.append(Line(segment))
            case "IMD":
                here.text = here.text or segment.at(3, 4)
            case "ALC" if not self.summary:
                here.parts.append(Part(segment))
            case "TAX" if self.summary:
                self.taxes.append(Tax(segment))
            case "MOA":
                self._take_money(here, segment)
            case "UNS":
                self.summary = True
            case "CNT" if segment.at(1) == "2":
                self.items = segment

    def _take_date(self, here: Line, segment: Segment) -> None:
        if segment.at(1) in codes.SHIPPED:
            here.shipped = segment
        elif segment.at(1) == codes.ISSUED and not self.lines:
            self.issued = segment
        elif segment.at(1) in codes.DUE and not self.lines:
            self.due = segment

    def _take_reference(self, here: Line, segment: Segment) -> None:
        if segment.at(1) in codes.ACCOUNTS and not self.lines:
            self.account = self.account or tidy(segment.at(1, 2)) or None
        elif self.group in ("", "CUX", "LIN", "ALC", "TAX"):  # those of a party say who it is, not what was carried
            here.refer(segment)

    def _take_money(self, here: Line, segment: Segment) -> None:
        what = segment.at(1)
        if not self.summary:
            if what in codes.PART_AMOUNTS and here.parts and here.parts[-1].money is None:
                here.parts[-1].money = segment
            elif self.lines:
                here.money.setdefault(what, segment)
        elif what == codes.TAX and self.taxes and self.group == "TAX":
            self.taxes[-1].money = self.taxes[-1].money or segment
        elif self.group != "ALC":
            self.totals.setdefault(what, []).append(segment)

    def opened(self, end: Segment | None) -> tuple[Paper | None, list[InvoiceProblem]]:
        """The bill without its lines, and all that is wrong so far. `end` is the UNT, None where the file was cut."""
        first = self.beginning
        number = tidy(first.at(2), 100) if first else ""
        if first is None or not number:
            row, detail = (first or self.start).number, "a message without an invoice number"
            return None, [InvoiceProblem(row=row, column="BGM02", code="invoice_number_missing", detail=detail)]
        named = self.currency.at(1, 2) if self.currency else ""
        bill = Paper(number, currency_of(named) or ASSUMED, currency_assumed=currency_of(named) is None)
        if named and bill.currency_assumed and self.currency:
            bill.tell("currency_unknown", f"no currency is called {tidy(named, 20)}", self.currency.number, "CUX01-2")
        seller = next((self.sellers[one] for one in codes.SELLERS if self.sellers.get(one)), self.sender)
        bill.carrier, bill.account = carrier_of(seller), self.account
        bill.issued_on = bill.day(self.issued.at(1, 2), self.issued.number, "DTM01-2") if self.issued else None
        bill.due_on = bill.day(self.due.at(1, 2), self.due.number, "DTM01-2") if self.due else None
        self._check_counts(bill, end)
        return bill, bill.problems

    def _check_counts(self, bill: Paper, end: Segment | None) -> None:
        if end is None:
            bill.tell("sum_error", "the file ends inside this message", self.start.number, "UNH")
        elif end.at(1).lstrip("0") != str(self.count):
            detail = f"{self.count} segments, the file says {tidy(end.at(1), 20)}"
            bill.tell("sum_error", detail, end.number, "UNT01")
        elif end.at(2) != self.start.at(1):
            bill.tell("control_number", "UNT02 is not UNH01", end.number, "UNT02")
        if self.items and self.items.at(1, 2).lstrip("0") != str(len(self.lines) or ""):
            detail = f"{len(self.lines)} lines, the file says {tidy(self.items.at(1, 2), 20)}"
            bill.tell("sum_error", detail, self.items.number, "CNT01-2")
