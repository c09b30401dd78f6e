"""What our API answers of one return, with all that hangs on it."""

from datetime import date
from typing import Any

from gateway.web.told import ChargeTold, DeadlineTold, DocumentTold, OpenTask, ShipmentTold, Told
from gateway.web.told_applying import DutyTold
from schemas.returns import ReturnAuthorization


class AgreedTold(Told):
    """The version of the sales terms that the return keeps, and what it comes to for each side. `missing` are clauses that
    it does not have: of those nothing can be told."""

    id: str
    name: str
    version: int
    sha256: str
    seller: str
    buyer: str
    valid_from: date
    valid_until: date | None
    zone: str
    duties: tuple[DutyTold, ...]
    missing: tuple[str, ...]


class AppliedTold(Told):
    """The application behind a return, and the version of the terms that it keeps."""

    id: str
    state: str
    terms_id: str | None
    terms_sha256: str | None


class ReturnTold(Told):
    """One return, with everything that hangs on it. `ledger` is minor units by currency, and should be zero."""

    id: str
    external_id: str | None
    status: str
    review: str | None
    authorization: ReturnAuthorization
    shipments: tuple[ShipmentTold, ...]
    deadlines: tuple[DeadlineTold, ...]
    acceptances: tuple[dict[str, Any], ...]
    charges: tuple[ChargeTold, ...]
    ledger: dict[str, int]
    documents: tuple[DocumentTold, ...]
    tasks: tuple[OpenTask, ...]
    notices: dict[str, int]
    application: AppliedTold | None
    agreed: AgreedTold | None
    """None where nobody can tell by which terms it goes."""
