"""Cover bought apart from the booking: a policy of an insurer's, for the goods of one shipment."""

from schemas.filings import Filing
from schemas.values import ClientRef, Model, Money, Text, Waybill


class CoverRequest(Model):
    """Cover these goods, for so much, until they are delivered. Bound before the carrier has them, or not at all."""

    client_ref: ClientRef
    waybill: Waybill
    insured_value: Money
    goods: Text


class Policy(Filing):
    """What the insurer has bound. `state` is closed where it was cancelled."""

    premium: Money | None = None
