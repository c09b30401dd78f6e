"""What callers may say about cover."""

from typing import Annotated

from pydantic import Field

from gateway.web.asked import id_form
from gateway.web.asked_claims import Amount
from schemas.values import Model


class AskedCover(Model):
    """Cover the goods of a booked shipment for so much, by the insurer of this account; the carrier's own, without one."""

    insured_value: Amount
    account_id: Annotated[str, Field(pattern=id_form("acc"))] | None = None
