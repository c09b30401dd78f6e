"""What callers may ask of a running limit. Instants are when it happened; now, if you say nothing."""

from typing import Annotated

from pydantic import Field

from gateway.web.asked import AskedInstant, id_form
from schemas.values import Model, Note, ShortText


class AskedPause(Model):
    """Why its clock stands still, and the document that proves it (`POST /v1/documents`)."""

    reason: Annotated[Note, Field(min_length=1)]
    proof: Annotated[str, Field(pattern=id_form("doc"))]
    at: AskedInstant | None = None


class AskedResume(Model):
    at: AskedInstant | None = None


class AskedExtension(Model):
    """So many of the unit of the limit's own extension terms."""

    amount: Annotated[int, Field(ge=1, le=10_000)]
    asked_at: AskedInstant | None = None


class SaidClaim(Model):
    """Under which number the carrier has the claim."""

    reference: ShortText
    filed_at: AskedInstant | None = None
