"""Reads the interchange segment by segment, an invoice a message. What cannot be read is a problem with its place."""

import re
from dataclasses import dataclass, field

from adapters.invoices.edifact_invoic.reader_message import Message
from adapters.invoices.edifact_invoic.reader_sums import invoice_of
from adapters.seam import InvoiceProfile, InvoiceReader
from adapters.toolkit.edi import Segment, edifact
from schemas.charges import CarrierInvoice, InvoiceProblem, InvoiceReading
from schemas.values import tidy

START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:UNA.{6}\s*UNB|UNB[^A-Za-z0-9\s])", re.DOTALL)


class EdifactInvoic(InvoiceReader):
    profile = InvoiceProfile(
        id="edifact_invoic",
        name="UN/EDIFACT INVOIC (D.96A, D.01B)",
        carrier="any",
        identity="lines = MOA 79; with allowances, charges and tax = MOA 77; less prepaid = MOA 9; UNT counts the segments",
    )

    def recognises(self, head: bytes) -> bool:
        return START.match(head) is not None

    def read(self, document: bytes) -> InvoiceReading:
        """Raises Unintelligible where the file is no EDIFACT interchange at all, or is over a cap."""
        exchange = _Exchange()
        for segment in edifact(document):
            exchange.take(segment)
        return exchange.closed()


@dataclass(slots=True)
class _Exchange:
    """The file so far: messages, perhaps in groups, counted by the trailer."""

    invoices: list[CarrierInvoice] = field(default_factory=list)
    problems: list[InvoiceProblem] = field(default_factory=list)
    sender: str = ""
    open: Message | None = None
    messages: int = 0
    groups: int = 0
    ended: bool = False

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "UNB":
                self.sender, self.messages, self.groups, self.ended = segment.at(2), 0, 0, False
            case "UNG":
                self.groups += 1
            case "UNH":
                self._close(None)
                self.open, self.messages = Message(segment, self.sender), self.messages + 1
            case "UNT" if self.open:
                self.open.count += 1
                self._close(segment)
            case "UNZ":
                self._close(None)
                self._end(segment)
            case _ if self.open:
                self.open.take(segment)

    def closed(self) -> InvoiceReading:
        self._close(None)
        if not self.ended:
            self._tell(None, "UNZ", "file_cut", "the file ends before its interchange does")
        if not self.invoices and not self.problems:
            self._tell(None, "UNH", "invoice_missing", "no INVOIC message")
        invoices, problems = tuple(self.invoices), tuple(self.problems)
        carrier = next((invoice.carrier for invoice in invoices), tidy(self.sender))
        return InvoiceReading(format="edifact_invoic", carrier=carrier, invoices=invoices, problems=problems)

    def _close(self, end: Segment | None) -> None:
        finished, self.open = self.open, None
        if finished is None:
            return
        if finished.start.at(2) != "INVOIC":
            detail = f"message {tidy(finished.start.at(2), 20)} is no invoice"
            self._tell(finished.start.number, "UNH02", "message_unknown", detail)
            return
        invoice, problems = invoice_of(finished, end)
        self.invoices += [invoice] if invoice else []
        self.problems += problems

    def _end(self, segment: Segment) -> None:
        self.ended = True
        there = self.groups or self.messages
        if segment.at(1).lstrip("0") != str(there or ""):
            detail = f"{there} messages, the file says {tidy(segment.at(1), 20)}"
            self._tell(segment.number, "UNZ01", "count_error", detail)

    def _tell(self, row: int | None, column: str, code: str, detail: str) -> None:
        self.problems.append(InvoiceProblem(row=row, column=column, code=code, detail=detail))
