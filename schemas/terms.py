"""What seller and buyer agreed about returns, and what an exporter applies for under it, with papers."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.acceptance import LimitUnit, Packaging
from schemas.returns import ReturnReason
from schemas.values import DocumentId, Model, Note, ShortText, Text


class PeriodStart(StrEnum):
    """What sets the return period running."""

    ORDER = "order"
    INVOICE = "invoice"
    SHIPMENT = "shipment"
    DELIVERY = "delivery"


class ReturnPeriod(Model):
    """How long goods may be sent back. It ends with its last day in the terms' zone."""

    amount: Annotated[int, Field(gt=0, le=3660)]
    unit: LimitUnit
    starts: PeriodStart
    start_day_counts: bool = False
    calendar: Text | None = None
    """`CC` or `CC-REGION`, for business days."""
    clause: Text = ""
    """Where it stands in the contract."""

    @model_validator(mode="after")
    def counts_days(self) -> Self:
        if self.unit is LimitUnit.HOURS:
            raise ValueError("a return period is counted in days or months")
        return self


class QualityClause(Model):
    """For which reasons goods may be sent back."""

    reasons: Annotated[tuple[ReturnReason, ...], Field(min_length=1, max_length=20)]
    words: Note = ""
    clause: Text = ""


class PackagingClause(Model):
    """In which packaging goods must come back."""

    allowed: Annotated[tuple[Packaging, ...], Field(min_length=1, max_length=5)]
    words: Note = ""
    clause: Text = ""


class CostKind(StrEnum):
    FREIGHT = "freight"
    INSURANCE = "insurance"
    DUTY = "duty"
    HANDLING = "handling"


class Bearer(StrEnum):
    SELLER = "seller"
    BUYER = "buyer"
    PLATFORM = "platform"


class CostClause(Model):
    """Who bears a cost; for these reasons only, or for all."""

    cost: CostKind
    bearer: Bearer
    reasons: Annotated[tuple[ReturnReason, ...], Field(max_length=20)] = ()
    clause: Text = ""


class PaperKind(StrEnum):
    SALES_CONTRACT = "sales_contract"
    COMMERCIAL_INVOICE = "commercial_invoice"
    EXPORT_DECLARATION = "export_declaration"
    TAX_CERTIFICATE = "tax_certificate"
    INSPECTION = "inspection"
    CORRESPONDENCE = "correspondence"
    RETURN_STATEMENT = "return_statement"
    SAME_STATE_STATEMENT = "same_state_statement"
    PHOTOGRAPH = "photograph"
    OTHER = "other"


class Paper(Model):
    """A stored file, as what it is handed in. The type is by its bytes, the hash is of them."""

    kind: PaperKind
    document_id: DocumentId
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    media_type: ShortText
    size: Annotated[int, Field(ge=0)]


class SalesTerms(Model):
    """One version of what was agreed. A clause that is None was not agreed: nothing can be told from it."""

    seller: ShortText
    buyer: ShortText
    """A person, a company, or everybody who buys through a platform."""
    valid_from: date
    valid_until: date | None = None
    zone: ShortText
    """IANA name; days of the return period end at midnight there."""
    period: ReturnPeriod | None = None
    quality: QualityClause | None = None
    packaging: PackagingClause | None = None
    costs: Annotated[tuple[CostClause, ...], Field(max_length=40)] = ()
    signed: Annotated[tuple[Paper, ...], Field(max_length=10)] = ()
    """The contract itself, as it was signed."""
    public: bool = False
    """Whether they are the return policy that is published: without the buyer's name, and without what was signed."""

    @model_validator(mode="after")
    def begins_before_it_ends(self) -> Self:
        if self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("terms are valid from before they end")
        return self


class Application(Model):
    """What an exporter says when he applies for a return, beside the return itself."""

    ordered_on: date | None = None
    invoiced_on: date | None = None
    shipped_on: date | None = None
    delivered_on: date | None = None
    packaging: Packaging | None = None
    papers: Annotated[tuple[Paper, ...], Field(max_length=50)] = ()
    despite: bool = False
    """Handed in although the check found that something does not fit."""


class ApplicationState(StrEnum):
    SUBMITTED = "submitted"
    PAPERS_ASKED = "papers_asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Clause(StrEnum):
    """What a policy check looks at."""

    VALIDITY = "validity"
    PAPERS = "papers"
    PERIOD = "period"
    QUALITY = "quality"
    PACKAGING = "packaging"
    COSTS = "costs"


class Verdict(StrEnum):
    FITS = "fits"
    FAILS = "fails"
    CANNOT_TELL = "cannot_tell"


class Because(StrEnum):
    """Why a clause was judged so."""

    IN_TIME = "in_time"
    TOO_LATE = "too_late"
    AGREED = "agreed"
    NOT_AGREED = "not_agreed"
    COMPLETE = "complete"
    PAPER_MISSING = "paper_missing"
    CLAUSE_MISSING = "clause_missing"
    NO_TERMS = "no_terms"
    DATE_MISSING = "date_missing"
    REASON_MISSING = "reason_missing"
    PACKAGING_MISSING = "packaging_missing"


class Finding(Model):
    """One clause, judged. `about` is what it turned on: a line, a paper, a cost with its bearer."""

    clause: Clause
    verdict: Verdict
    because: Because
    about: tuple[Text, ...] = ()
    last_day: date | None = None
    """Of the return period."""
    agreed_in: Text = ""
    """The clause of the contract."""
