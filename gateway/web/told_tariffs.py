"""What our API answers about tariffs."""

from datetime import date, datetime

from gateway.web.told import Told
from schemas.charges import Quote
from schemas.tariffs import Tariff


class TariffSummary(Told):
    """A version of an account's tariff; the last one that is valid on a ship date prices it."""

    id: str
    account_id: str
    version: int
    valid_from: date
    valid_until: date | None
    sha256: str
    added_by: str
    created_at: datetime


class TariffTold(TariffSummary):
    tariff: Tariff


class TriedTold(Told):
    """What it comes to, line by line, each with the line of the tariff that it is from; without a quote `because` says why.
    `lacking` is what was asked for and has no price there."""

    quote: Quote | None
    because: str | None
    lacking: tuple[str, ...]


class ByTariffTold(TriedTold):
    """The same by a version that is kept."""

    tariff_id: str
    version: int
