"""What our API answers about a month's money."""

from datetime import date

from gateway.web.told import Told
from schemas.values import Money


class ConvertedTold(Told):
    """An amount in another currency, by whose rate of which day: units of it for one unit of the bill's."""

    money: Money
    rate: str
    rate_on: date
    source: str


class StatementTotal(Told):
    """Billed = allocated + duty + disputed."""

    billed: Money
    allocated: Money
    duty: Money
    disputed: Money


class StatementRow(StatementTotal):
    id: str
    carrier: str
    number: str
    issued_on: date
    converted: ConvertedTold | None


class ShareTold(Told):
    """What one return bears; without one, what belongs to no shipment."""

    return_id: str | None
    allocated: Money
    duty: Money


class WaitingTold(Told):
    """An invoice of the month that nothing was posted of."""

    id: str
    number: str
    carrier: str
    state: str


class StatementTold(Told):
    """`holds` is the invariant, invoice by invoice: what carriers billed is what is allocated and what is disputed."""

    month: str
    holds: bool
    totals: tuple[StatementTotal, ...]
    invoices: tuple[StatementRow, ...]
    returns: tuple[ShareTold, ...]
    waiting: tuple[WaitingTold, ...]
