"""Time limits and the act they guard: the exporter takes the returned goods over, in time, with evidence."""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.opting import OptIn
from schemas.starts import ClaimKind, ClockStart
from schemas.values import Country, Dimensions, DocumentId, Instant, Model, Money, Note, ShortText, Text, Weight


class Clock(StrEnum):
    """The five limits that one mechanism serves."""

    HAND_OVER = "hand_over"
    HOLD = "hold"
    ACCEPTANCE = "acceptance"
    CLAIM = "claim"
    CUSTOMS = "customs"


class LimitUnit(StrEnum):
    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"


class PolicySource(StrEnum):
    """Where a limit comes from, in the order of precedence."""

    LAW = "law"
    CARRIER_ANSWER = "carrier_answer"
    CONTRACT = "contract"
    EXPORTER = "exporter"
    CARRIER_TABLE = "carrier_table"
    DEFAULT = "default"


class ExpiryAction(StrEnum):
    """What happens at the end. All but `ESCALATE` spend or destroy something and need the exporter's written opt-in."""

    ESCALATE = "escalate"
    AUTO_ACCEPT = "auto_accept"
    RETURN_TO_SENDER = "return_to_sender"
    DISPOSE = "dispose"
    VOID = "void"


def without_zone(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a local time carries no zone: the place has one")
    return value


LocalTime = Annotated[time, AfterValidator(without_zone)]
Patience = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=3660))]
Weekend = Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(max_length=6)]
"""The closed days of a week, Monday is 0."""


class Facility(Model):
    """The place whose days a clock counts: its holiday calendar, with the place's own days on top."""

    calendar: Text | None = None
    """`CC` or `CC-REGION`, e.g. `CN`, `DE-BY`; replaces the policy's."""
    weekend: Weekend | None = None
    """Replaces the country's weekend, and with it the country's substituted working days."""
    opened: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()

    @model_validator(mode="after")
    def says_one_thing_of_a_day(self) -> Self:
        if set(self.opened) & set(self.closed):
            raise ValueError("a day is both opened and closed")
        return self


class WorkingHours(Model):
    """When somebody at the exporter reads a warning, in the exporter's own zone."""

    zone: ShortText
    opens: LocalTime = time(9)
    closes: LocalTime = time(17)
    calendar: Text | None = None
    weekend: Weekend | None = None

    @model_validator(mode="after")
    def opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("working hours open before they close, on one day")
        return self


class ExtensionTerms(Model):
    """How far a limit can be prolonged. One request may ask for up to `amount`, `times` times in all."""

    amount: Annotated[int, Field(gt=0, le=10_000)]
    unit: LimitUnit
    times: Annotated[int, Field(gt=0, le=100)] = 1
    ask_before: Patience = timedelta(0)
    """At least this long before the end; zero: to the last instant."""
    ask_after: Patience = timedelta(0)
    """Still possible for this long after the end; the new time then runs from the asking."""


class PriceBand(Model):
    """Above `over`, up to and including `up_to`, in one currency."""

    over: Money | None = None
    up_to: Money | None = None

    @model_validator(mode="after")
    def is_a_band(self) -> Self:
        ends = [end for end in (self.over, self.up_to) if end]
        if not ends or len({end.currency for end in ends}) > 1:
            raise ValueError("a price band has at least one end, and one currency")
        return self

    def holds(self, price: Money) -> bool:
        """Whether the price lies inside; a price in another currency does not."""
        ends = [end for end in (self.over, self.up_to) if end]
        if any(end.currency != price.currency for end in ends):
            return False
        return (self.over is None or price.amount > self.over.amount) and (
            self.up_to is None or price.amount <= self.up_to.amount
        )


class DeadlinePolicy(Model):
    """A time limit as data. `calendar` is `CC` or `CC-REGION` of the holiday calendar that business days follow."""

    clock: Clock
    amount: Annotated[int, Field(gt=0, le=10_000)]
    unit: LimitUnit
    source: PolicySource = PolicySource.DEFAULT
    starts: ClockStart | None = None
    """What sets it running; None: what its clock goes by."""
    about: ClaimKind | None = None
    """Of a claim's limit: for which kind; None is all kinds."""
    countries: tuple[Country, ...] = ()
    """The consignee's, where it does not hold everywhere."""
    stated_by: Instant | None = None
    """The end as the carrier's answer names it, as an instant: amount and unit are then not counted."""
    stated_on: date | None = None
    """The same where the answer names a day: the limit ends with that day at the facility."""
    not_before: Annotated[int, Field(gt=0, le=10_000)] | None = None
    """A claim is heard only when this many units have passed."""
    calendar: Text | None = None
    start_day_counts: bool = False
    """The day of the start is day one. Read only where days end at midnight."""
    end_of_day: bool = True
    """Days end at local midnight; otherwise at the clock time of the start."""
    cutoff: LocalTime | None = None
    """A start after this local time counts as the next day. Hours know no cut-off."""
    roll: bool = False
    """A last day that is closed moves to the next open one. Calendar days and months only."""
    grace: Patience = timedelta(0)
    grace_business_days: Annotated[int, Field(ge=0, le=365)] = 0
    """Counted first, `grace` then on top."""
    warn_at: tuple[Annotated[int, Field(gt=0, lt=100)], ...] = (50, 80, 95)
    """Warnings, in per cent of the window."""
    extension: ExtensionTerms | None = None
    price_band: PriceBand | None = None
    """The policy holds only for goods of this price."""
    on_expiry: ExpiryAction = ExpiryAction.ESCALATE
    opt_in: OptIn | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    because: Text = ""
    """Whose rule this is, with section and date."""

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        if self.stated_by and self.stated_on:
            raise ValueError("the end is stated as an instant or as a day, not as both")
        if self.not_before and self.not_before >= self.amount:
            raise ValueError("not_before lies inside the limit")
        return self


class DeadlineState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Stage(Model):
    """One moment of a deadline: a warning, or its end."""

    name: ShortText
    at: Instant


class MoveKind(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"


class Move(Model):
    """Something that moved a deadline after its start. `amount` belongs to an extension, in its terms' unit; `proof` is the
    document that shows why."""

    kind: MoveKind
    at: Instant
    amount: Annotated[int, Field(gt=0, le=10_000)] | None = None
    reason: Note | None = None
    proof: DocumentId | None = None


class Deadline(Model):
    """A running limit with the policy it was computed from: a snapshot that can be computed again.

    `due_by` is exclusive, the first instant that is too late. Stages are in strict order of time; `moves` in the order made.
    """

    policy: DeadlinePolicy
    start_at: Instant
    due_by: Instant
    zone: ShortText
    stages: tuple[Stage, ...]
    start_inferred: bool = False
    calendar_version: Text | None = None
    opens_at: Instant | None = None
    """Acting earlier than this does not count."""
    facility: Facility | None = None
    working_hours: WorkingHours | None = None
    paused_at: Instant | None = None
    """Set while the clock stands still."""
    moves: tuple[Move, ...] = ()


class AcceptanceDecision(StrEnum):
    ACCEPT = "accept"
    ACCEPT_WITH_RESERVATION = "accept_with_reservation"
    PART = "part"
    REJECT = "reject"
    DISPOSE = "dispose"


class Condition(StrEnum):
    NEW = "new"
    OPENED = "opened"
    USED = "used"
    DEFECTIVE = "defective"
    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG_ITEM = "wrong_item"


class Packaging(StrEnum):
    ORIGINAL_INTACT = "original_intact"
    ORIGINAL_OPENED = "original_opened"
    REPLACED = "replaced"
    DAMAGED = "damaged"
    MISSING = "missing"


class Inspection(Model):
    """What was found of one line."""

    line_id: ShortText
    quantity: Annotated[int, Field(ge=0, le=100_000)]
    condition: Condition
    packaging: Packaging
    serial: Text | None = None
    note: Note | None = None


class Evidence(Model):
    """A stored file that proves something, by its id and hash."""

    document_id: DocumentId
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: ShortText = "photograph"
    taken_at: Instant | None = None


class AcceptanceRecord(Model):
    """One version of the exporter's act. Never changed; a correction is a new version."""

    decision: AcceptanceDecision
    decided_at: Instant
    decided_by: ShortText
    inspections: tuple[Inspection, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    reservation: Note | None = None
    dock_weight: Weight | None = None
    dock_dimensions: Dimensions | None = None
    seal: Text | None = None
    deduction: Money | None = None
    source: ShortText = "api"
