"""What our API answers about cover."""

from datetime import datetime

from gateway.web.told import AttemptTold, Told
from schemas.values import Money


class CoverTold(Told):
    """A policy. `state` is filing while it is being bound, then bound, refused or cancelled; `expected` is the premium by the
    account's own tariff, where that prices cover."""

    id: str
    return_id: str
    shipment_id: str
    insurer: str
    state: str
    insured: Money
    expected: Money | None
    premium: Money | None
    reference: str | None
    reason: str | None
    bound_at: datetime | None
    cancelled_at: datetime | None
    created_at: datetime
    attempts: tuple[AttemptTold, ...]


class CoversTold(Told):
    """`with_booking` is what the carrier's own booking covers: bound with it, and voided with it."""

    shipment_id: str
    with_booking: Money | None
    data: tuple[CoverTold, ...]
