"""What our API answers about money, messages and who takes part."""

from datetime import date, datetime
from typing import Any

from gateway.web.told import Told
from schemas.acceptance import DeadlinePolicy
from schemas.limits import ChannelLimits
from schemas.values import Money, Party


class LineTold(Told):
    """One billed line. `agreed` is what is accepted of it, `notes` what else was found, `match_*` how its booking was."""

    row: int
    waybill: str | None
    type: str
    money: Money
    description: str
    state: str
    finding: str | None
    agreed: Money | None
    expected: Money | None
    because: str | None
    notes: tuple[str, ...]
    match_method: str | None
    match_key: str | None
    return_id: str | None
    informational: bool


class InvoiceSummary(Told):
    id: str
    carrier: str
    number: str
    format: str
    issued_on: date | None
    total: Money
    state: str
    reason: str | None
    created_at: datetime


class DifferenceTold(Told):
    """One charge that another file under the same number has otherwise; None where a file does not have it."""

    waybill: str | None
    type: str
    description: str
    was: Money | None
    now: Money | None


class InvoiceTold(InvoiceSummary):
    """`revises` is the invoice that had this number first, `differences` what this file has otherwise."""

    revises: str | None
    differences: tuple[DifferenceTold, ...]
    lines: tuple[LineTold, ...]


class ProblemTold(Told):
    row: int | None
    column: str | None
    code: str
    detail: str
    invoice: str | None


class ImportTold(Told):
    """What came of a file. `known` are invoices of this very file that were imported before."""

    format: str
    document_id: str | None
    invoice_ids: tuple[str, ...]
    known: tuple[str, ...]
    problems: tuple[ProblemTold, ...]


class EndpointTold(Told):
    id: str
    url: str
    kinds: tuple[str, ...]
    enabled: bool
    failing_since: datetime | None
    disabled_because: str | None
    created_at: datetime


class NewEndpointTold(EndpointTold):
    """The only answer that holds the secret; a mail address has none."""

    secret: str


class ReplayTold(Told):
    """`notices`: how many are told again."""

    endpoint_id: str
    notices: int


class DeliveryTold(Told):
    id: str
    notice_id: str
    kind: str
    return_id: str | None
    target: str
    target_id: str
    state: str
    occurred_at: datetime
    delivered_at: datetime | None
    tries: int
    next_try_at: datetime | None
    last_status: int | None
    last_error: str | None


class TaskTold(Told):
    """`detail` is English; `code` and `given` say the same for a reader of another language, where it is not somebody
    else's words."""

    id: str
    return_id: str | None
    kind: str
    detail: str
    code: str | None
    given: dict[str, str]
    created_at: datetime
    done_at: datetime | None
    done_by: str | None


class MessageTold(Told):
    """A message that came in. `repeats`: how often it came again."""

    id: str
    door: str
    source_id: str
    state: str
    reason: str | None
    repeats: int
    received_at: datetime


class PaceTold(Told):
    """Calls to the carrier: in a second, at once, and in a day where there is a quota."""

    per_second: float
    concurrency: int
    daily: int | None


class AccountTold(Told):
    """Never its credentials. `lane` is the account's id where it shares none."""

    id: str
    carrier: str
    name: str
    number: str | None
    base_url: str | None
    zone: str
    lane: str
    pace: PaceTold
    paused: str | None
    created_at: datetime


class SourceTold(Told):
    """`hook_url` is where its platform sends webhooks."""

    id: str
    platform: str
    name: str
    base_url: str | None
    mail: str | None
    terms_name: str | None
    """Of the sales terms that its returns go by."""
    enabled: bool
    hook_url: str
    created_at: datetime


class ChannelTold(Told):
    id: str
    account_id: str
    name: str
    service: str
    consignee: Party
    zone: str
    acceptance: DeadlinePolicy
    limits: ChannelLimits
    countries: tuple[str, ...]
    platforms: tuple[str, ...]
    rank: int
    insure: bool
    fallbacks: tuple[str, ...]
    extras: dict[str, Any]
    enabled: bool


class ServiceTold(Told):
    code: str
    name: str


class RenewalTold(Told):
    """How many calendar days a carrier renews an authorisation by at a time."""

    shortest: int
    longest: int
    only_expired: bool


class CarrierTold(Told):
    """An adapter's facts. `capabilities` are the verbs it has beside booking and tracking."""

    id: str
    name: str
    protocol: str
    api_version: str
    documentation: str
    countries: tuple[str, ...]
    services: tuple[ServiceTold, ...]
    capabilities: tuple[str, ...]
    look_up: str
    look_up_proof: str
    renewal: RenewalTold | None
    live_checked_on: date | None
    credentials: dict[str, Any]
    extras: dict[str, Any] | None
    """What only this carrier takes with a booking, as a JSON schema: a channel carries it, `collect_on` a booking."""


class PlatformTold(Told):
    id: str
    name: str
    documentation: str
    signature: str
    capabilities: tuple[str, ...]
    credentials: dict[str, Any]
