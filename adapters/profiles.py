"""Profiles: facts the gateway needs about an adapter without a call, and the account it speaks through. No behaviour."""

from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.acceptance import DeadlinePolicy
from schemas.customs_fields import CustomsField
from schemas.dispute_windows import DisputeWindow
from schemas.values import Country, Model, ShortText, Text


class Facts(Model):
    """Base of profiles: frozen facts, some of them types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class LookUp(StrEnum):
    """How an unknown booking is resolved at this carrier (reliability.md section 2, classes A to E)."""

    IDEMPOTENT = "A"
    UNIQUE_REFERENCE = "B"
    UPSERT = "C"
    SEARCHABLE = "D"
    NONE = "E"


class Pace(Facts):
    """How fast one account may be asked. Rates are calls, not waybills."""

    per_second: Annotated[float, Field(gt=0)] = 5.0
    concurrency: Annotated[int, Field(gt=0)] = 8
    daily: Annotated[int, Field(gt=0)] | None = None
    """Calls in one day of the account's zone; a tenth of them is kept for what creates and for last looks."""
    source: Text = "our own caution; the carrier publishes none"


class Service(Facts):
    """A product the carrier sells us."""

    code: ShortText
    name: ShortText


class StatedLimit(Facts):
    """A limit refused at our own door, with where it is stated."""

    field: ShortText
    maximum: int
    unit: ShortText
    source: Text


class RenewalTerms(Facts):
    """How far an authorisation can be prolonged, in calendar days at a time."""

    shortest: int
    longest: int
    only_expired: bool
    """The carrier prolongs nothing that is still good."""
    source: Text


class CarrierProfile(Facts):
    """What the gateway knows about a carrier without asking it."""

    id: ShortText
    name: ShortText
    protocol: ShortText
    """`rest` or `soap`."""
    api_version: Text
    oldest_version: Text = ""
    documentation: Text
    countries: tuple[Country, ...] = ()
    """Countries a return may start in; empty where the carrier serves practically all."""
    services: tuple[Service, ...]
    reference_length: int
    """Characters of our client_ref that the carrier keeps."""
    tracking_batch: int = 1
    page_limit: int = 10
    pace: Pace = Pace()
    look_up: LookUp
    look_up_proof: Text
    """The call that finds or repeats a booking, its lag, and where that is proved."""
    settle_seconds: int = 30
    """How long after a lost reply a look-up may still say "absent" wrongly."""
    total_seconds: float = 45.0
    hand_over: DeadlinePolicy | None = None
    acceptance: DeadlinePolicy | None = None
    holds: tuple[DeadlinePolicy, ...] = ()
    """How long a parcel waits at a collection point before it goes back."""
    claims: tuple[DeadlinePolicy, ...] = ()
    """How long a loss, a damage or a delay may be claimed, and from when."""
    bills_as: ShortText | None = None
    """What its invoices call the carrier, where that is not the adapter's id: several adapters may be one carrier."""
    limits: tuple[StatedLimit, ...] = ()
    customs_fields: tuple[CustomsField, ...] = ()
    """Where it is told what customs asks, and what it books nothing without."""
    renewal: RenewalTerms | None = None
    """Set by an adapter that `Renews`."""
    credentials: type[BaseModel]
    extras: type[BaseModel] | None = None
    live_checked_on: date | None = None
    """None: never run against the carrier's own systems by us."""


class CarrierAccount(Facts):
    """One exporter's account with one carrier. `credentials` is validated by the profile's model; `base_url` replaces the
    carrier's own address (sandbox, test system)."""

    id: ShortText
    carrier: ShortText
    credentials: BaseModel = Field(repr=False)
    base_url: Text | None = None
    zone: ShortText = "UTC"


class PlatformProfile(Facts):
    """What the gateway knows about a platform without asking it."""

    id: ShortText
    name: ShortText
    documentation: Text
    signature: Text
    """How a message is signed, in words; shown in the console."""
    secret_field: Text = ""
    """The credentials field that a lone secret belongs to."""
    reply_budget_ms: int = 5000
    total_seconds: float = 45.0
    settle_seconds: float = 10.0
    """Of an answer that was lost: so long after the call was sent, the same is asked again."""
    hears: bool = True
    """Whether there is somebody behind it who is told of bookings and decisions, by its API or by hand."""
    topics: tuple[ShortText, ...] = ()
    """What it must tell us of, in its own names, where it lets us subscribe."""
    credentials: type[BaseModel]
    pace: Pace = Pace()


class PlatformAccount(Facts):
    """One exporter's shop on one platform."""

    id: ShortText
    platform: ShortText
    credentials: BaseModel = Field(repr=False)
    base_url: Text | None = None


Own = TypeVar("Own", bound=BaseModel)


def credentials_of(account: CarrierAccount | PlatformAccount, model: type[Own]) -> Own:
    """An account's credentials as the adapter's own model, which they are already where the gateway opened them."""
    given = account.credentials
    return given if isinstance(given, model) else model.model_validate(given.model_dump())


class InvoiceProfile(Facts):
    """What a reader reads."""

    id: ShortText
    name: ShortText
    carrier: ShortText
    """The carrier's id, or `any`."""
    identity: Text
    """The arithmetic identity that every file of this format keeps."""
    disputes: tuple[DisputeWindow, ...] = ()
    """How long the carrier hears disputes about its bills."""
