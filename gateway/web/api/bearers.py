"""Who bears which charge: versions of the rules."""

from gateway.journeys import bearing
from gateway.store.transaction import Record
from gateway.web.asked_money import AskedBearers
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import Page
from gateway.web.told_money import BearersTold
from schemas.bearers import BearerRules


def told(row: Record) -> BearersTold:
    names = ("id", "version", "valid_from", "decided_by", "created_at")
    return BearersTold(**{name: getattr(row, name) for name in names}, rules=row.rules.rules)


async def list_bearers(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"bearers:{call.caller.exporter_id}"
    rows = await call.tx.lists.bearers(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[BearersTold](data=tuple(told(row) for row in page), next=more))


async def create_bearers(call: Call) -> Answer:
    asked = call.asked(AskedBearers)
    rules_id = await bearing.decide(call.tx, BearerRules(valid_from=asked.valid_from, rules=asked.rules))
    return Answer(told(await call.tx.bearers.get(rules_id)))
