"""What our API answers about claims."""

from datetime import datetime

from gateway.web.told import AttemptTold, Told
from gateway.web.told_money import EvidenceTold
from schemas.values import Money


class ClaimSummary(Told):
    """`amount` is what is asked for, none while nobody has said; `accepted` what the carrier promised, `paid` what was seen.
    It is over when it is `paid` or `withdrawn`."""

    id: str
    return_id: str
    shipment_id: str
    carrier: str
    about: str
    state: str
    amount: Money | None
    accepted: Money | None
    paid: Money
    reference: str | None
    reason: str | None
    filed_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    created_at: datetime


class BoundTold(Told):
    """What the carrier answers for at most, by the cover of the booking (`cover`) or by a convention that may hold on the leg
    on which it happened. `unit` is a currency, or SDR."""

    law: str
    amount: str
    unit: str
    because: str


class ClaimTold(ClaimSummary):
    """`file_by` is the end of the claim's clock, exclusive, in `zone`; `by_api` says that the carrier takes it through its
    door."""

    waybill: str | None
    goods: str
    note: str
    opened_by: str
    payment: str | None
    file_by: datetime | None
    zone: str | None
    bounds: tuple[BoundTold, ...]
    evidence: tuple[EvidenceTold, ...]
    by_api: bool
    attempts: tuple[AttemptTold, ...]
