"""Small values everything else is made of: money, weight, places, people, and the rules for text.

Money is exact: a `Decimal` quantised to its currency's minor unit (ISO 4217). Weights are whole grams, lengths whole
millimetres: carriers disagree about units, integers do not. Instants are aware and normalised to UTC.
"""

import re
import unicodedata
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated, Any, NewType, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas.iso import COUNTRIES, CURRENCY_DIGITS, HINTS

ExporterId = NewType("ExporterId", str)
ReturnId = NewType("ReturnId", str)
ShipmentId = NewType("ShipmentId", str)
PickupId = NewType("PickupId", str)
AttemptId = NewType("AttemptId", str)
AccountId = NewType("AccountId", str)
DocumentId = NewType("DocumentId", str)
Waybill = NewType("Waybill", str)
"""The carrier's number for a shipment, as the carrier writes it."""
ClientRef = NewType("ClientRef", str)
"""Our number at the carrier, one per attempt: at most 20 characters of A-Z, 0-9 and '-'."""

MONEY_FORM = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?")
FORBIDDEN_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
FORBIDDEN_NOTE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


class Model(BaseModel):
    """Base of every canonical model: frozen, strict, and closed to unknown fields. Bytes are base64 in JSON: a label is
    no text."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    @classmethod
    def proved(cls, values: dict[str, Any]) -> Self:
        """Made without looking, in a fifth of the time: for readers of very many small things. `values` names every field,
        and each value is as validation would have left it (text through `tidy`, instants in UTC)."""
        made = cls.__new__(cls)
        _GIVEN(made, values)
        _NAMED(made, _names_of(cls))
        _EXTRA(made, None)
        _PRIVATE(made, None)
        return made


# What pydantic keeps of a model. Set past `__setattr__`, which a frozen model refuses.
_GIVEN, _NAMED, _EXTRA, _PRIVATE = (
    BaseModel.__dict__[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


@cache
def _names_of(model: type[BaseModel]) -> set[str]:
    """Shared by all that are made so: they are frozen, and a copy takes a copy of it."""
    return set(model.model_fields)


class Personal:
    """Marks a field as personal data: kept out of logs, erased when the return is long closed."""


def clean_text(value: str) -> str:
    """One line of text: NFC, no control characters, no bidirectional overrides."""
    if value.isascii() and value.isprintable():  # nearly everything; looking closer cannot find anything
        return value
    if FORBIDDEN_TEXT.search(value):
        raise ValueError("control characters, line breaks and direction overrides are not allowed")
    return unicodedata.normalize("NFC", value)


def clean_note(value: str) -> str:
    """Like `clean_text`, but line feeds are allowed."""
    if FORBIDDEN_NOTE.search(value):
        raise ValueError("control characters and direction overrides are not allowed")
    return unicodedata.normalize("NFC", value)


def tidy(value: object, limit: int = 200) -> str:
    """Foreign text made safe to keep as `Text`: controls become spaces, whitespace is folded, length is cut."""
    text = str(value)
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()[:limit]
    return unicodedata.normalize("NFC", " ".join(FORBIDDEN_TEXT.sub(" ", text).split()))[:limit]


def tidy_note(value: object, limit: int = 4000) -> str:
    """The same as a `Note`: lines stay lines, each of them tidied; no more than one empty line in a row."""
    lines = "\n".join(tidy(line, limit) for line in str(value).splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()[:limit].rstrip()


Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(clean_text)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(clean_text)]
Note = Annotated[str, StringConstraints(max_length=4000), AfterValidator(clean_note)]


def to_utc(value: datetime) -> datetime:
    """Aware instants only, in UTC."""
    if value.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(to_utc)]


def known_country(value: str) -> str:
    if value not in COUNTRIES:
        hint = HINTS.get(value.upper())
        raise ValueError(f"not an ISO 3166-1 alpha-2 country code{f'; did you mean {hint}?' if hint else ''}")
    return value


def known_currency(value: str) -> str:
    if value not in CURRENCY_DIGITS:
        hint = HINTS.get(value.upper())
        raise ValueError(f"not an ISO 4217 currency code{f'; did you mean {hint}?' if hint else ''}")
    return value


Country = Annotated[str, AfterValidator(known_country)]
Currency = Annotated[str, AfterValidator(known_currency)]


def exact_amount(value: object) -> Decimal:
    """A decimal string in one lexical form, or a Decimal. JSON numbers are refused: they were floats somewhere."""
    if isinstance(value, str) and MONEY_FORM.fullmatch(value):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise ValueError('money is a decimal string such as "19.90"')


class Money(Model):
    """An exact amount in one currency, e.g. `Money.of("19.90", "EUR")`."""

    amount: Annotated[Decimal, BeforeValidator(exact_amount)]
    currency: Currency

    @model_validator(mode="after")
    def fits_its_currency(self) -> Self:
        quantum = Decimal(1).scaleb(-CURRENCY_DIGITS[self.currency])
        quantised = self.amount.quantize(quantum)
        if quantised != self.amount:
            raise ValueError(f"{self.currency} has {CURRENCY_DIGITS[self.currency]} decimals")
        object.__setattr__(self, "amount", quantised if quantised else abs(quantised))
        return self

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Self:
        """Round half up to the currency's minor unit. Raises ValueError for anything that is not a finite number."""
        digits = CURRENCY_DIGITS.get(known_currency(currency), 2)
        try:
            exact = Decimal(amount).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        except InvalidOperation as error:
            raise ValueError("not an amount of money") from error
        return cls(amount=exact, currency=currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Self:
        """From whole minor units: cents, yen, fils."""
        return cls(amount=Decimal(minor).scaleb(-CURRENCY_DIGITS[known_currency(currency)]), currency=currency)

    @property
    def minor(self) -> int:
        """Whole minor units, as kept in the database."""
        return int(self.amount.scaleb(CURRENCY_DIGITS[self.currency]))

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __neg__(self) -> "Money":
        return Money(amount=-self.amount, currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@lru_cache(maxsize=10_000)
def said(minor: int, currency: str) -> str:
    """`str(Money.from_minor(minor, currency))`, a tenth as dear: every line of a bill says three amounts."""
    digits = CURRENCY_DIGITS[currency]
    if not digits:
        return f"{minor} {currency}"
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{digits}} {currency}"


class Weight(Model):
    """Mass in whole grams."""

    grams: Annotated[int, Field(gt=0, le=10_000_000)]

    @property
    def kg(self) -> Decimal:
        return Decimal(self.grams).scaleb(-3)


class Dimensions(Model):
    """Outer size in whole millimetres."""

    length_mm: Annotated[int, Field(gt=0, le=20_000)]
    width_mm: Annotated[int, Field(gt=0, le=20_000)]
    height_mm: Annotated[int, Field(gt=0, le=20_000)]

    def __str__(self) -> str:
        return f"{self.length_mm} × {self.width_mm} × {self.height_mm} mm"


class Address(Model):
    """Where something is. `lines` is street and house, one to three lines, in the order they are printed."""

    lines: Annotated[tuple[Annotated[ShortText, Personal()], ...], Field(min_length=1, max_length=3)]
    city: ShortText
    region: Text | None = None
    postal_code: Annotated[Text | None, Field(max_length=16)] = None
    country: Country


EMAIL_FORM = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,24}$"
PHONE_FORM = r"^\+?[0-9][0-9 ()./-]{3,28}[0-9]$"


class Party(Model):
    """A person or company at an address. Names are never split into first and last."""

    name: Annotated[ShortText, Personal()]
    company: Text | None = None
    address: Address
    phone: Annotated[str | None, Field(pattern=PHONE_FORM, max_length=32), Personal()] = None
    email: Annotated[str | None, Field(pattern=EMAIL_FORM, max_length=254), Personal()] = None
    tax_id: Annotated[Text | None, Field(max_length=40)] = None
    """VAT, EORI or the local number customs asks for."""


class ReferenceKind(StrEnum):
    RMA = "rma"
    ORDER = "order"
    EXPORTER = "exporter"
    OUTBOUND_WAYBILL = "outbound_waybill"
    COMMERCIAL_INVOICE = "commercial_invoice"
    MRN = "mrn"


class Reference(Model):
    """Somebody's number for this return."""

    kind: ReferenceKind
    value: ShortText


class Place(Model):
    """Where a scan happened, as far as the carrier says."""

    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None
    """ISO alpha-2 where the carrier's code is known, else the carrier's own word."""


Json = dict[str, Any]
