"""What callers of our API may say: strict models, closed to unknown fields, in one lexical form per type."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from gateway.web.postal import fits
from schemas.acceptance import AcceptanceDecision, DeadlinePolicy, Inspection
from schemas.limits import ChannelLimits
from schemas.messages import NoticeKind
from schemas.returns import LabelProvider, ReturnItem, ReturnKind
from schemas.shipments import Parcel
from schemas.values import (
    Address,
    Country,
    Dimensions,
    Model,
    Money,
    Note,
    Party,
    ShortText,
    Text,
    Weight,
    to_utc,
)

RFC_3339 = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
ZONES = frozenset(available_timezones())


def _rfc_3339(value: object) -> object:
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        raise PydanticCustomError("instant", "an instant by RFC 3339")
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:  # the 30th of February
        raise PydanticCustomError("instant", "an instant by RFC 3339") from error


def _day(value: object) -> object:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise PydanticCustomError("format", "a day as 2026-03-01")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("format", "a day as 2026-03-01") from error


def _not_negative(value: Money) -> Money:
    if value.amount < 0:
        raise PydanticCustomError("range", "not negative", {"at": "amount"})
    return value


def _known_zone(value: str) -> str:
    if value not in ZONES:
        raise PydanticCustomError("zone", "an IANA time zone")
    return value


def _plain_url(value: str) -> str:
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise PydanticCustomError("url", "an address in plain ASCII")
    return value


AskedInstant = Annotated[
    datetime,
    BeforeValidator(_rfc_3339),
    AfterValidator(to_utc),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339 with zone, 2000 to 2099"}),
]
AskedDay = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Price = Annotated[Money, AfterValidator(_not_negative)]
Zone = Annotated[ShortText, AfterValidator(_known_zone)]


def id_form(prefix: str) -> str:
    return rf"^{prefix}_[0-9a-z]{{26}}$"


class AskedAddress(Address):
    """An address whose postal code fits its country."""

    @model_validator(mode="after")
    def postal_code_fits(self) -> Self:
        if self.postal_code and not fits(self.country, self.postal_code):
            raise PydanticCustomError("postal_code", "not of its country", {"at": "postal_code"})
        return self


class AskedParty(Party):
    address: AskedAddress


class AskedItem(ReturnItem):
    unit_price: Price | None = None


class AskedReturn(Model):
    """A return made by hand. It is approved as it comes; where the merchant provides the label, it is booked."""

    external_id: ShortText | None = None
    """Your own number for it, unique, and good in addresses as `ext:…`."""
    rma_id: ShortText | None = None
    """Unique among the returns made by hand; ours where you give none."""
    rma_number: Text | None = None
    order_id: Text | None = None
    order_number: Text | None = None
    kind: ReturnKind = ReturnKind.RETURN
    label_provider: LabelProvider = LabelProvider.MERCHANT
    items: Annotated[tuple[AskedItem, ...], Field(min_length=1, max_length=1000)]
    returner: AskedParty | None = None
    outbound_waybill: Annotated[Text | None, Field(max_length=100)] = None
    waybill: Annotated[Text | None, Field(max_length=100)] = None
    note: Note | None = None
    ordered_on: AskedDay | None = None
    requested_at: AskedInstant | None = None

    @model_validator(mode="after")
    def lines_are_told_apart(self) -> Self:
        seen: set[str] = set()
        for place, item in enumerate(self.items):
            if item.line_id in seen:
                raise PydanticCustomError("duplicate", "a line id twice", {"at": f"items/{place}/line_id"})
            seen.add(item.line_id)
        return self


class FreshBooking(AskedReturn):
    """A return made by hand, to be booked now. `collect_on` is the day on which the carrier collects at the returner's,
    where it takes one with a booking."""

    collect_on: AskedDay | None = None
    returner: AskedParty
    label_provider: Literal[LabelProvider.MERCHANT] = LabelProvider.MERCHANT


class KnownBooking(Model):
    """Book a return that is approved."""

    return_id: Annotated[str, Field(pattern=id_form("ret"))]


class AskedBooking(KnownBooking):
    collect_on: AskedDay | None = None
    """The day on which the carrier collects at the returner's, where it takes one with a booking."""


class SuppliedAddress(Model):
    """Where the goods are, when the platform did not tell."""

    returner: AskedParty


class AskedPickup(Model):
    """Collect these shipments, or parcels that carry labels already, between two instants of one day."""

    account_id: Annotated[str, Field(pattern=id_form("acc"))]
    address: AskedAddress
    contact: AskedParty
    ready_at: AskedInstant
    close_at: AskedInstant
    zone: Zone
    shipment_ids: Annotated[tuple[Annotated[str, Field(pattern=id_form("shp"))], ...], Field(max_length=99)] = ()
    parcels: Annotated[tuple[Parcel, ...], Field(min_length=1, max_length=99)]
    consignee: AskedParty | None = None
    service: Text | None = None
    location: Text | None = None
    instructions: Note | None = None

    @model_validator(mode="after")
    def window_and_shipments(self) -> Self:
        if self.close_at <= self.ready_at:
            raise PydanticCustomError("window", "closes before it opens", {"at": "close_at"})
        if len(set(self.shipment_ids)) != len(self.shipment_ids):
            raise PydanticCustomError("duplicate", "a shipment twice", {"at": "shipment_ids"})
        return self


class AskedEvidence(Model):
    """A file that was uploaded before. With `sha256` it must be that very file."""

    document_id: Annotated[str, Field(pattern=id_form("doc"))]
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    kind: ShortText = "photograph"
    taken_at: AskedInstant | None = None


class AskedAcceptance(Model):
    """What the exporter decided on taking the goods over. A correction is recorded as another one. A reservation has words,
    a part has units that were inspected. More time is asked of the deadline, at `POST /v1/deadlines/{id}/extend`."""

    decision: AcceptanceDecision
    decided_at: AskedInstant
    decided_by: ShortText
    inspections: Annotated[tuple[Inspection, ...], Field(max_length=1000)] = ()
    evidence: Annotated[tuple[AskedEvidence, ...], Field(max_length=100)] = ()
    reservation: Note | None = None
    dock_weight: Weight | None = None
    dock_dimensions: Dimensions | None = None
    seal: Text | None = None
    deduction: Price | None = None

    @model_validator(mode="after")
    def says_what_its_decision_needs(self) -> Self:
        reserved = self.reservation is not None and self.reservation.strip()
        if self.decision is AcceptanceDecision.ACCEPT_WITH_RESERVATION and not reserved:
            raise PydanticCustomError("required", "a reservation without words", {"at": "reservation"})
        if self.decision is AcceptanceDecision.PART and not any(one.quantity for one in self.inspections):
            raise PydanticCustomError("required", "a part of nothing", {"at": "inspections"})
        return self


class AskedEndpoint(Model):
    """An address that is told: `https://…` by signed webhook, `mailto:…` by mail. No kinds: all of them."""

    url: Annotated[Text, Field(min_length=1), AfterValidator(_plain_url)]
    kinds: Annotated[tuple[NoticeKind, ...], Field(max_length=100)] = ()


class AskedReplay(Model):
    """From when to when: everything since then, if you do not say until when."""

    since: AskedInstant
    until: AskedInstant | None = None


Credentials = Annotated[dict[str, Any], Field(max_length=40)]
"""By the adapter's own model: see `/v1/carriers` and `/v1/platforms`."""


class AskedSource(Model):
    """`mail` is somebody's at the platform: messages of a return's thread go there where the platform takes none itself.
    `terms` is the name of the sales terms that its returns go by; where you name none, the only ones you published."""

    platform: ShortText
    name: ShortText
    credentials: Credentials
    base_url: Text | None = None
    mail: ShortText | None = None
    terms: ShortText | None = None


class AskedChannel(Model):
    """A designated channel: where returns go, with whom, and how long the acceptance may take."""

    account_id: Annotated[str, Field(pattern=id_form("acc"))]
    name: ShortText
    service: ShortText
    consignee: AskedParty
    zone: Zone
    acceptance: DeadlinePolicy | None = None
    limits: ChannelLimits | None = None
    countries: Annotated[tuple[Country, ...], Field(max_length=250)] = ()
    platforms: Annotated[tuple[Annotated[str, Field(pattern=id_form("src"))], ...], Field(max_length=100)] = ()
    rank: Annotated[int, Field(ge=0, le=10_000)] = 0
    insure: bool = True
    fallbacks: Annotated[tuple[Annotated[str, Field(pattern=id_form("chn"))], ...], Field(max_length=20)] = ()
    """Channels that take over, in this order, while the account of this one is paused."""
    extras: Annotated[dict[str, Any], Field(max_length=40)] = Field(default_factory=dict)
    """What only its carrier takes with a booking, by the adapter's own model: see `extras` of `/v1/carriers`."""


class SaidNumber(Model):
    """What a person at the carrier said: the waybill or confirmation it exists under."""

    number: ShortText


class SaidFiling(Model):
    """Under which number the carrier has it."""

    reference: ShortText


class SaidReason(Model):
    reason: ShortText


class AskedRenewal(Model):
    """So many calendar days more, counted by the carrier; `/v1/carriers` says how many it gives."""

    days: Annotated[int, Field(ge=1, le=366)]


class Nothing(Model):
    """An empty object, or no body at all."""
