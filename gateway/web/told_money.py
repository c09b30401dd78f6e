"""What our API answers about a month's money."""

from datetime import date, datetime

from gateway.web.told import AttemptTold, Told
from schemas.bearers import BearerRule
from schemas.values import Money


class ConvertedTold(Told):
    """An amount in another currency, by whose rate of which day: units of it for one unit of the bill's."""

    money: Money
    rate: str
    rate_on: date
    source: str


class DisputedLine(Told):
    """One line of a bill that is in dispute, and why."""

    row: int
    waybill: str | None
    return_id: str | None
    billed: Money
    agreed: Money
    credited: Money
    state: str
    because: str | None


class EvidenceTold(Told):
    """What the dispute has to bring, and which documents of ours show it."""

    what: str
    document_ids: tuple[str, ...]


class DisputeSummary(Told):
    """`file_by` is the end of its window, exclusive, counted in `zone`; `because` says by whose rule. `credited` is what was
    seen on later invoices: all of it closes it."""

    id: str
    invoice_id: str
    carrier: str
    finding: str
    state: str
    amount: Money
    credited: Money
    file_by: datetime
    zone: str
    seconds_left: int
    because: str
    reference: str | None
    reason: str | None
    filed_at: datetime | None
    closed_at: datetime | None
    created_at: datetime


class DisputeTold(DisputeSummary):
    """`by_api`: the carrier takes it through its door; otherwise the document is sent. `attempts` are the tries to file it:
    while one is `unknown` it may be there already, and is being looked up."""

    lines: tuple[DisputedLine, ...]
    evidence: tuple[EvidenceTold, ...]
    by_api: bool
    attempts: tuple[AttemptTold, ...]


class ChargeTypeTold(Told):
    """A version of what a carrier's charge is: by its code, or else by its text. `valid_from` is the first day of bills that
    it is for; without one it is for all of them."""

    id: str
    carrier: str
    code: str | None
    text: str | None
    version: int
    type: str
    valid_from: date | None
    reason: str | None
    decided_by: str
    created_at: datetime


class UnknownChargeTold(Told):
    """Lines that are held because nobody knows what is charged: how many, what they come to, and on bills of which days.
    `text` is one of theirs."""

    carrier: str
    code: str | None
    text: str
    lines: int
    total: Money
    first_on: date | None
    last_on: date | None


class BearersTold(Told):
    """A version of who bears which charge, for bills from a day on."""

    id: str
    version: int
    valid_from: date
    rules: tuple[BearerRule, ...]
    decided_by: str
    created_at: datetime


class BorneTold(Told):
    """What somebody else than the exporter bears by the rules: returner, platform or carrier; duty stands apart."""

    bearer: str
    duty: bool
    money: Money


class StatementTotal(Told):
    """Billed = allocated + duty (the exporter's) + what others bear + disputed."""

    billed: Money
    allocated: Money
    duty: Money
    others: tuple[BorneTold, ...]
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
    others: tuple[BorneTold, ...]


class WaitingTold(Told):
    """An invoice of the month that nothing was posted of."""

    id: str
    number: str
    carrier: str
    state: str


class StatementTold(Told):
    """`holds` is the invariant, invoice by invoice: what carriers billed is what is allocated and what is disputed.
    `accrued` is what bookings of the last half year were agreed to cost and no bill has named by the month's end.
    `received` is what carriers paid on claims beside their bills, by the day (UTC) that somebody wrote it down."""

    month: str
    holds: bool
    totals: tuple[StatementTotal, ...]
    invoices: tuple[StatementRow, ...]
    returns: tuple[ShareTold, ...]
    waiting: tuple[WaitingTold, ...]
    accrued: tuple[Money, ...]
    received: tuple[Money, ...]
