"""What our API answers of sales terms and applications."""

from datetime import date, datetime

from gateway.web.told import Told
from schemas.terms import Application, SalesTerms


class DutyTold(Told):
    """A right or a duty of one side. `kind`: send_back (with the period), for_reasons, pack, take_back, decide, bear."""

    side: str
    kind: str
    about: tuple[str, ...]
    clause: str
    amount: int | None
    unit: str | None
    starts: str | None


class TermsTold(Told):
    """One version; `sha256` is of its canonical JSON, and it never changes."""

    id: str
    name: str
    version: int
    sha256: str
    created_at: datetime
    terms: SalesTerms
    duties: tuple[DutyTold, ...]
    """What they come to for each side."""


class FindingTold(Told):
    """One clause, judged. `cannot_tell` names what is missing. `due_at` is the first instant that is too late."""

    clause: str
    verdict: str
    because: str
    about: tuple[str, ...]
    agreed_in: str
    last_day: date | None
    due_at: datetime | None
    zone: str | None
    seconds_left: int | None


class CheckTold(Told):
    """What an application would be told; nothing was written. `fits` is null where something cannot be told."""

    fits: bool | None
    findings: tuple[FindingTold, ...]


class HandedInTold(Told):
    """That it was handed in at a platform which decides on it. `state`: sending, unknown (it may be there: the same is asked
    again), live (the platform has it), refused (it is decided by hand). `version` grows with papers that came later."""

    platform: str
    source_id: str
    state: str
    version: int
    sent_at: datetime
    reason: str | None
    wire_code: str | None


class ApplicationTold(Told):
    id: str
    return_id: str
    state: str
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    created_at: datetime
    updated_at: datetime
    said: Application
    handed_in: HandedInTold | None
    """None where it is decided by hand."""
    terms: TermsTold | None
    """The version that holds for this return, as it was when it was applied for."""
    check: CheckTold


class ApplicationSummary(Told):
    id: str
    return_id: str
    terms_id: str | None
    state: str
    reason: str | None
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PolicyTold(Told):
    """One published version of sales terms, without the buyer. `words` are the contract's own, of quality and packaging."""

    name: str
    version: int
    seller: str
    valid_from: date
    valid_until: date | None
    zone: str
    duties: tuple[DutyTold, ...]
    words: tuple[str, ...]


class PoliciesTold(Told):
    exporter: str
    data: tuple[PolicyTold, ...]
