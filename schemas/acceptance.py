"""Time limits and the act they guard: the exporter takes the returned goods over, in time, with evidence."""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.values import Dimensions, DocumentId, Instant, Model, Money, Note, ShortText, Text, Weight


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


class DeadlinePolicy(Model):
    """A time limit as data. `calendar` is `CC` or `CC-REGION` of the holiday calendar that business days follow."""

    clock: Clock
    amount: Annotated[int, Field(gt=0, le=10_000)]
    unit: LimitUnit
    source: PolicySource = PolicySource.DEFAULT
    calendar: Text | None = None
    start_day_counts: bool = False
    end_of_day: bool = True
    """Days end at local midnight; otherwise at the clock time of the start."""
    cutoff: time | None = None
    """A start after this local time counts as the next day."""
    roll: bool = False
    """A last day that is closed moves to the next open one."""
    grace: timedelta = timedelta(0)
    warn_at: tuple[Annotated[int, Field(gt=0, lt=100)], ...] = (50, 80, 95)
    """Warnings, in per cent of the window."""
    on_expiry: ExpiryAction = ExpiryAction.ESCALATE
    opted_in: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    because: Text = ""
    """Whose rule this is, with section and date."""


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


class Deadline(Model):
    """A running limit with the policy it was computed from. `due_by` is when it lapses; stages are in order of time."""

    policy: DeadlinePolicy
    start_at: Instant
    due_by: Instant
    zone: ShortText
    stages: tuple[Stage, ...]
    start_inferred: bool = False
    calendar_version: Text | None = None


class AcceptanceDecision(StrEnum):
    ACCEPT = "accept"
    ACCEPT_WITH_RESERVATION = "accept_with_reservation"
    PART = "part"
    REJECT = "reject"
    EXTEND = "extend"
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
