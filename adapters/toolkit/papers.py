"""A bill of a document format as its reader builds it up: exact amounts, problems with their place, sums held at the end.

For formats in which one message is one invoice and states what it comes to (UBL, CII, X12, EDIFACT); sheets, whose rows of
several bills may be mixed, have `bills`. Nothing here raises: a file from outside can only leave problems behind.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from schemas.charges import CarrierInvoice, ChargeType, InvoiceLine, InvoiceProblem
from schemas.iso import CURRENCY_DIGITS
from schemas.values import Money, Weight, tidy

AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[0-9]{4}|[0-9]{6}|Z|[+-][0-9]{2}:[0-9]{2}|T.*)?")
SELLERS: Mapping[str, str] = {
    "fedex": "fedex",
    "federal express": "fedex",
    "united parcel service": "ups",
    "ups ": "ups",
    "dhl express": "dhl_express",
    "dhl international": "dhl_express",
    "chronopost": "chronopost",
    "royal mail": "royal_mail",
    "sandbox": "sandbox",
}
"""How the names of sellers begin that are carriers we know by an id."""
REFERENCES = 20


def amount_of(text: str) -> Decimal | None:
    """An exact number with a point, no thousands, no exponent; None for anything else."""
    return Decimal(text) if AMOUNT.fullmatch(text) else None


def date_of(text: str) -> date | None:
    """The day in `2026-10-04` or `20261004`, whatever time or offset stands behind; None for what is no day."""
    found = DATE.fullmatch(text.strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def waybill_of(text: str | None) -> str | None:
    """Capital letters and digits only."""
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper())[:100] or None


def only(waybills: Iterable[str | None]) -> str | None:
    """The one and the same waybill of all lines, if it is so: what the whole bill is about."""
    named = set(waybills)
    return next(iter(named)) if len(named) == 1 else None


def carrier_of(name: str) -> str:
    """Our id of the carrier that a seller's name begins with, else the name itself."""
    known = tidy(name, 100)
    return next((carrier for start, carrier in SELLERS.items() if f"{known.casefold()} ".startswith(start)), known)


def currency_of(text: str | None) -> str | None:
    """None for what is no currency."""
    return text if text in CURRENCY_DIGITS else None


@dataclass(slots=True)
class Paper:
    """One invoice as it grows. Amounts are as the file signs them; `sign` is -1 where it writes credits without a minus."""

    number: str
    currency: str
    carrier: str = ""
    account: str | None = None
    issued_on: date | None = None
    due_on: date | None = None
    sign: int = 1
    currency_assumed: bool = False
    sum: Decimal = Decimal(0)
    """Of all lines that count, as the file signs them."""
    problems: list[InvoiceProblem] = field(default_factory=list)
    lines: list[dict[str, object]] = field(default_factory=list)

    def tell(self, code: str, detail: str, row: int | None = None, column: str | None = None) -> None:
        self.problems.append(
            InvoiceProblem(row=row, column=column, code=code, detail=tidy(detail, 400), invoice=self.number)
        )

    def amount(self, text: str, row: int | None, column: str, *, places: int = 0) -> Decimal | None:
        """None, and a problem, where the text is no amount of the bill's currency. `places` are implied decimals."""
        found = implied(text, places)
        if found is None or found != round(found, CURRENCY_DIGITS[self.currency]):
            self.tell("amount_unreadable", f"not an amount of {self.currency}: {tidy(text, 40)}", row, column)
            return None
        return found

    def day(self, text: str | None, row: int | None, column: str) -> date | None:
        """None where there is no text, and with a problem where it is no date."""
        found = date_of(text) if text else None
        if text and found is None:
            self.tell("date_unreadable", f"not a date: {tidy(text, 40)}", row, column)
        return found

    def add(
        self,
        row: int,
        kind: ChargeType,
        amount: Decimal,
        *,
        code: str | None = None,
        text: str = "",
        waybill: str | None = None,
        references: tuple[str, ...] = (),
        informational: bool = False,
        **facts: date | str | Weight | None,
    ) -> None:
        """A line. One of zero is information: it moves no money."""
        code, text = tidy(code or ""), tidy(text, 500)
        given = (tidy(one, 100) for one in references)
        self.sum += Decimal(0) if informational else amount
        self.lines.append(
            {
                "number": row,
                "type": kind,
                "money": amount,
                "waybill": waybill,
                "references": tuple(dict.fromkeys(one for one in given if one))[:REFERENCES],
                "wire_code": code or text[:200] or None,
                "description": text,
                "informational": informational or not amount,
                **facts,
            }
        )

    def require(
        self, column: str, stated: Decimal | None, computed: Decimal, what: str, row: int | None = None
    ) -> None:
        """One step of the format's identity, where the file states it."""
        if stated is not None and stated != computed:
            self.tell("sum_error", f"{what} come to {computed}, the file says {stated}", row, column)

    def closed(self, total: Decimal | None, column: str, row: int | None = None) -> CarrierInvoice | None:
        """The invoice, its lines held against `total`; None where nothing says what it comes to."""
        if total is None:
            self.tell("total_missing", "nothing says what the invoice comes to", row, column)
            return None
        if total != self.sum and not any(problem.code == "sum_error" for problem in self.problems):
            self.tell("sum_error", f"the lines come to {self.sum}, the invoice to {total}", row, column)
        return CarrierInvoice(
            carrier=self.carrier or "unknown",
            number=self.number,
            account=self.account,
            issued_on=self.issued_on,
            due_on=self.due_on,
            total=Money.of(total * self.sign, self.currency),
            lines=tuple(self._line(line) for line in self.lines),
            currency_assumed=self.currency_assumed,
        )

    def _line(self, line: dict[str, object]) -> InvoiceLine:
        amount = Decimal(str(line["money"])) * self.sign
        return InvoiceLine.model_validate({**line, "money": Money.of(amount, self.currency)})


def implied(text: str, places: int) -> Decimal | None:
    """A number whose point may be left out, `places` digits from its right."""
    found = amount_of(text)
    return found if found is None or "." in text else found.scaleb(-places)
