"""Writes invoices in the formats that we read, from one plain description: the other half of `parse(write(x)) = x`."""

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from schemas.iso import CURRENCY_DIGITS


@dataclass(frozen=True)
class Charge:
    code: str
    text: str
    amount: Decimal


@dataclass(frozen=True)
class Shipment:
    waybill: str
    reference: str
    shipped_on: date
    charges: tuple[Charge, ...]

    @property
    def net(self) -> Decimal:
        return sum((charge.amount for charge in self.charges), Decimal(0))


@dataclass(frozen=True)
class Written:
    """One invoice as somebody meant it."""

    number: str
    currency: str
    issued_on: date
    shipments: tuple[Shipment, ...]

    @cached_property
    def total(self) -> Decimal:
        return sum((shipment.net for shipment in self.shipments), Decimal(0))


@dataclass(frozen=True)
class Hand:
    """How it is written down."""

    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    ending: str = "\r\n"
    shuffle: int | None = None

    def amount(self, amount: Decimal, currency: str) -> str:
        return f"{amount:.{CURRENCY_DIGITS[currency]}f}".replace(".", self.decimal)

    def bytes(self, header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> bytes:
        rows = list(rows)
        if self.shuffle is not None:
            random.Random(self.shuffle).shuffle(rows)
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator=self.ending).writerows([*header, *rows])
        return out.getvalue().encode(self.encoding)


def placed(cells: dict[int, str], width: int) -> list[str]:
    """Cells by position from 1, as manuals count."""
    return [cells.get(position, "") for position in range(1, width + 1)]


def ups_billing(bills: Sequence[Written], hand: Hand) -> bytes:
    """Codes are `class/category/detail/code`."""
    rows = []
    for bill in bills:
        for one in bill.shipments:
            for charge in one.charges:
                kind, category, detail, code = charge.code.split("/")
                cells = {
                    1: f"2{hand.decimal}1",
                    2: "0000A0A0A0",
                    3: "0000A0A0A0",
                    4: "NL",
                    5: bill.issued_on.isoformat(),
                    6: bill.number,
                    7: "E",
                    10: bill.currency,
                    11: hand.amount(bill.total, bill.currency),
                    12: one.shipped_on.strftime("%d/%m/%Y"),
                    16: one.reference,
                    21: one.waybill,
                    35: category,
                    36: detail,
                    44: kind,
                    45: code,
                    46: charge.text,
                    51: bill.currency,
                    52: hand.amount(Decimal(7), bill.currency),
                    53: hand.amount(charge.amount, bill.currency),
                }
                rows.append(placed(cells, 250))
    return hand.bytes([], rows)


DHL_HEADER = [
    *("Line Type", "Invoice Number", "Invoice Date", "Billing Account", "Shipment Number", "Shipment Date"),
    *("Shipment Reference 1", "Currency", "Total amount (excl. VAT)", "Total amount (incl. VAT)", "Total Tax"),
    "Weight Charge",
    *(f"XC{n} {part}" for n in range(1, 10) for part in ("Code", "Name", "Charge", "Total")),
]


def dhl_mybill(bills: Sequence[Written], hand: Hand) -> bytes:
    """The first charge of a shipment is its carriage."""
    rows = []
    for bill in bills:
        total, issued_on = hand.amount(bill.total, bill.currency), bill.issued_on.strftime("%Y%m%d")
        none = hand.amount(Decimal(0), bill.currency)
        rows.append(["I", bill.number, issued_on, "909", "", "", "", bill.currency, total, total, none])
        for one in bill.shipments:
            net = hand.amount(one.net, bill.currency)
            head = ["S", bill.number, issued_on, "909", one.waybill, one.shipped_on.strftime("%Y%m%d"), one.reference]
            row = [*head, bill.currency, net, net, none, hand.amount(one.charges[0].amount, bill.currency)]
            for charge in one.charges[1:]:
                amount = hand.amount(charge.amount, bill.currency)
                row += [charge.code, charge.text, amount, amount]
            rows.append(row)
    return hand.bytes([DHL_HEADER], [row + [""] * (len(DHL_HEADER) - len(row)) for row in rows])


ROYAL_HEADER = [
    *(
        "Royal Mail Address",
        "Document Type",
        "Document Number",
        "Account Number",
        "Total Net",
        "Total VAT",
        "Total Gross",
    ),
    *(
        "Invoice Date",
        "Pay By",
        "VAT Rate",
        "VAT Total",
        "VAT Rate",
        "VAT Total",
        "Docket Number",
        "Posting Date",
        "Poster",
    ),
    *("Senders Ref", "Format", "Service", "Quantity", "Weight (kg)", "Unit Cost", "Net Value", "VAT Code"),
]


def royal_mail(bills: Sequence[Written], hand: Hand) -> bytes:
    """A docket a charge; its text is the service. The waybill stands for the docket's number."""
    [bill] = bills
    net, none = hand.amount(bill.total, "GBP"), hand.amount(Decimal(0), "GBP")
    head = {2: "Invoice", 3: bill.number, 4: "0700", 5: net, 6: none, 7: net, 8: bill.issued_on.strftime("%d %b %Y")}
    rows = [placed(head, 24)]
    for one in bill.shipments:
        for charge in one.charges:
            value = hand.amount(charge.amount, "GBP")
            posted_on = one.shipped_on.strftime("%d/%m/%Y")
            docket = {14: one.waybill, 15: posted_on, 17: one.reference, 19: charge.text, 23: value, 24: "T"}
            rows.append(placed(docket, 24))
    return replace(hand, delimiter="|").bytes([ROYAL_HEADER], rows)


LONG_PROFILE = b"""
carrier: oddpost
dates: D.M.YYYY
columns:
  invoice: Rechnung
  currency: Waehrung
  issued_on: Vom
  total: Rechnungssumme
  waybill: Sendung
  references: [Zeichen]
  shipped_on: Tag
  code: Art
  description: Wort
  amount: Betrag
codes: {FR: FREIGHT, FU: FUEL}
"""
LONG_HEADER = ["Tag", "Rechnung", "Vom", "Waehrung", "Rechnungssumme", "Sendung", "Zeichen", "Art", "Wort", "Betrag"]


def mapped_long(bills: Sequence[Written], hand: Hand) -> bytes:
    def day(value: date) -> str:
        return f"{value.day}.{value.month}.{value.year}"

    rows = [
        [
            *(
                day(one.shipped_on),
                bill.number,
                day(bill.issued_on),
                bill.currency,
                hand.amount(bill.total, bill.currency),
            ),
            *(one.waybill, one.reference, charge.code, charge.text, hand.amount(charge.amount, bill.currency)),
        ]
        for bill in bills
        for one in bill.shipments
        for charge in one.charges
    ]
    return hand.bytes([LONG_HEADER], rows)


FEDEX_HEADER = [
    *("Bill to Account Number", "Invoice Date", "Invoice Number", "Original Amount Due", "Invoice Currency"),
    *("Express or Ground Tracking ID", "Service Type", "Shipment Date", "Original Customer Reference"),
    *("Transportation Charge Amount", "Net Charge Amount"),
    *["Tracking ID Charge Description", "Tracking ID Charge Amount"] * 4,
]


def fedex_billing(bills: Sequence[Written], hand: Hand) -> bytes:
    """A row a shipment. Its first charge is the transport, which has a column and no text; the names of the pairs repeat."""
    rows = []
    for bill in bills:
        due = hand.amount(bill.total, bill.currency)
        for one in bill.shipments:
            amounts = [hand.amount(charge.amount, bill.currency) for charge in one.charges]
            row = ["909", bill.issued_on.strftime("%Y%m%d"), bill.number, due, bill.currency, one.waybill, "Priority"]
            row += [one.shipped_on.strftime("%Y%m%d"), one.reference, amounts[0], hand.amount(one.net, bill.currency)]
            for charge, amount in zip(one.charges[1:], amounts[1:], strict=True):
                row += [charge.text, amount]
            rows.append(row + [""] * (len(FEDEX_HEADER) - len(row)))
    return hand.bytes([FEDEX_HEADER], rows)


WRITERS: dict[str, Callable[[Sequence[Written], Hand], bytes]] = {
    "ups_billing": ups_billing,
    "fedex_billing": fedex_billing,
    "dhl_mybill": dhl_mybill,
    "royal_mail": royal_mail,
    "mapped": mapped_long,
}
