"""What a dry run answers."""

from datetime import datetime

from gateway.web.told import Told
from gateway.web.told_tariffs import ByTariffTold
from schemas.charges import Quote
from schemas.values import Money, Party, Weight


class StandingTold(Told):
    """How a carrier has done for you, by your own shipments of the last 180 days; shares are of 1, null of nothing. `enough`:
    there are twenty or more, so that it may decide between channels of one rank."""

    booked: int
    delivered: int
    enough: bool
    handed_over_in_time: float | None
    transit_days_p50: float | None
    transit_days_p90: float | None
    booked_to_delivered_days_p90: float | None
    lost: int
    damaged: int
    outcome_unknown: int
    billed_lines: int
    wrong_lines: int


class ConsideredTold(Told):
    """`why`: chosen, better_record, cheaper, fallback, behind, off, other_country, other_platform, not_served, paused or
    too_slow. `record` and `price` (by your tariffs) are there where the choice turned on them."""

    channel_id: str
    name: str
    carrier: str
    why: str
    record: StandingTold | None
    price: Money | None


class WayTold(Told):
    channel_id: str
    name: str
    why: str
    account_id: str
    carrier: str
    service: str
    consignee: Party
    weight: Weight | None
    customs_value: Money | None
    insured_value: Money | None


class PriceTold(Told):
    """`available` is false where there is none. `source` is carrier, or tariff where the carrier gives none; why it gives
    none is `code`: missing, paused, not_given, refused or no_answer. `insurance` is what of the total covers loss."""

    source: str | None

    available: bool
    code: str | None
    because: str | None
    total: Money | None
    insurance: Money | None
    quotes: tuple[Quote, ...]
    tariff: ByTariffTold | None


class WouldStartTold(Told):
    """A limit that would start with `starts`; the rest is how it would run if that happened now."""

    clock: str
    starts: str
    start_at: datetime
    due_at: datetime
    zone: str
    seconds_left: int
    source: str
    because: str


class FieldTold(Told):
    """A field of the carrier's that would stay empty: `where` is its name there, `source` says who asks for it."""

    rule: str
    fact: str
    where: str
    source: str


class LackTold(Told):
    """`fields` are named where the carrier's own table forbids the booking."""

    code: str
    detail: str
    fields: tuple[FieldTold, ...]


class AssumedTold(Told):
    code: str
    detail: str


class CarriedTold(Told):
    """One row of the carrier's table of what customs asks: `carries` is needed, if_known or not_carried. What it does not
    carry, the papers say."""

    fact: str
    carries: str
    where: str
    source: str


class ValidationTold(Told):
    """What would become of it; nothing was written. `bookable`: nothing is missing."""

    bookable: bool
    way: WayTold | None
    considered: tuple[ConsideredTold, ...]
    price: PriceTold
    deadlines: tuple[WouldStartTold, ...]
    missing: tuple[LackTold, ...]
    assumed: tuple[AssumedTold, ...]
    customs_fields: tuple[CarriedTold, ...]


class CarrierStandingTold(StandingTold):
    carrier: str
