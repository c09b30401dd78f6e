"""What callers may say of sales terms and applications."""

from typing import Annotated

from pydantic import Field

from gateway.web.asked import AskedDay, AskedReturn, Zone, id_form
from schemas.acceptance import Packaging
from schemas.terms import CostClause, PackagingClause, PaperKind, QualityClause, ReturnPeriod
from schemas.values import Model, Note, ShortText


class AskedPaper(Model):
    """A file that was uploaded before, and what it is handed in as. With `sha256` it must be that very file."""

    kind: PaperKind
    document_id: Annotated[str, Field(pattern=id_form("doc"))]
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None


class AskedTerms(Model):
    """Sales terms, as the next version of this name. A clause that you leave out was not agreed."""

    name: ShortText
    seller: ShortText
    buyer: ShortText
    valid_from: AskedDay
    valid_until: AskedDay | None = None
    zone: Zone
    period: ReturnPeriod | None = None
    quality: QualityClause | None = None
    packaging: PackagingClause | None = None
    costs: Annotated[tuple[CostClause, ...], Field(max_length=40)] = ()
    public: bool = False
    """Publish them as your return policy, at `/policies/{exporter}`: without the buyer and without what was signed."""
    signed: Annotated[tuple[AskedPaper, ...], Field(max_length=10)] = ()


class AskedApplication(AskedReturn):
    """A return that is applied for: checked against the terms, then decided by hand."""

    terms_id: Annotated[str | None, Field(pattern=id_form("trm"))] = None
    source_id: Annotated[str | None, Field(pattern=id_form("src"))] = None
    """The shop that the goods were sold by. Where its platform decides on applications, it is handed in there."""
    invoiced_on: AskedDay | None = None
    shipped_on: AskedDay | None = None
    delivered_on: AskedDay | None = None
    packaging: Packaging | None = None
    papers: Annotated[tuple[AskedPaper, ...], Field(max_length=50)] = ()
    despite: bool = False
    """Hand it in although something does not fit."""


class AskedPapers(Model):
    papers: Annotated[tuple[AskedPaper, ...], Field(min_length=1, max_length=50)]


class SaidWhy(Model):
    """In words that the applicant reads."""

    reason: Annotated[Note, Field(min_length=1)]
