"""Unknown charges: what waits, what was decided, and the one decision that settles all of a code."""

from gateway.journeys.deciding import Saying, decide
from gateway.rules.charge_types import CODE, TEXT
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.asked_money import AskedChargeType
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import Page
from gateway.web.told_money import ChargeTypeTold, UnknownChargeTold
from schemas.values import Money


def told(row: Record) -> ChargeTypeTold:
    names = ("id", "carrier", "version", "type", "valid_from", "reason", "decided_by", "created_at")
    said = {"code": row.said if row.by == CODE else None, "text": row.said if row.by == TEXT else None}
    return ChargeTypeTold(**{name: getattr(row, name) for name in names}, **said)


async def waiting(tx: Desk) -> tuple[UnknownChargeTold, ...]:
    """What waits for a decision, the most lines first."""
    return tuple(
        UnknownChargeTold(
            carrier=row.carrier,
            code=row.code,
            text=row.text,
            lines=row.lines,
            total=Money.from_minor(int(row.minor), row.currency),
            first_on=row.first_on,
            last_on=row.last_on,
        )
        for row in await tx.charge_types.waiting()
    )


async def decided(tx: Desk, asked: AskedChargeType) -> str:
    """Keep what is said; the id of the version."""
    said = asked.code or asked.text or ""
    saying = Saying(asked.carrier, said, asked.type, asked.code is None, asked.valid_from, asked.reason)
    return await decide(tx, saying)


async def list_charge_types(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"charge_types:{call.caller.exporter_id}"
    rows = await call.tx.lists.charge_types(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[ChargeTypeTold](data=tuple(told(row) for row in page), next=more))


async def list_unknown_charges(call: Call) -> Answer:
    return Answer(Page[UnknownChargeTold](data=await waiting(call.tx)))


async def create_charge_type(call: Call) -> Answer:
    decision_id = await decided(call.tx, call.asked(AskedChargeType))
    return Answer(told(await call.tx.charge_types.get(decision_id)))
