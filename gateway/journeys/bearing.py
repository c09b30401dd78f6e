"""Who bears a bill: by the version of the rules that counts on its day, and by what is known of each return."""

import hashlib
from collections.abc import Collection
from datetime import date
from functools import cache

from gateway.rules.bearers import Facts, bearer_of
from gateway.rules.ledger import Bears, the_exporter
from gateway.store.store import Desk
from schemas.bearers import BearerRules, By, ChargeBearer
from schemas.charges import ChargeType
from schemas.errors import RefusalCode, Refused

NOTHING = Facts()


async def decide(tx: Desk, rules: BearerRules) -> str:
    """Keep rules as the next version; its id. The same again are the last. Raises Refused where a channel is not his."""
    known = {row.id for row in await tx.channels.listed()}
    if any(not known.issuperset(rule.channels) for rule in rules.rules):
        raise Refused("no such channel", code=RefusalCode.DATA_INVALID, field="rules")
    sha256 = hashlib.sha256(rules.model_dump_json().encode()).hexdigest()
    last = await tx.bearers.last()
    if last is not None and last.sha256 == sha256:
        return str(last.id)
    version = last.version + 1 if last else 1
    said = {"version": version, "valid_from": rules.valid_from, "sha256": sha256}
    rules_id = await tx.bearers.add(**said, rules=rules, decided_by=tx.actor, created_at=tx.now)
    tx.note("bearers.decided", rules_id, after={**said, "valid_from": rules.valid_from.isoformat()})
    return rules_id


async def bears(tx: Desk, on: date, return_ids: Collection[str]) -> Bears:
    """Says of a charge and its return who bears it, on a bill of this day. Without rules it is the exporter."""
    row = await tx.bearers.in_force(on)
    if row is None:
        return the_exporter
    rules: BearerRules = row.rules
    ids = sorted(return_ids)
    by_terms = any(rule.by is By.TERMS for rule in rules.rules)
    channels = await tx.bearers.channels(ids) if any(rule.channels for rule in rules.rules) else {}
    reasons = await tx.bearers.reasons(ids) if by_terms or any(rule.reasons for rule in rules.rules) else {}
    costs = await tx.bearers.costs(ids) if by_terms else {}

    @cache
    def bearer(kind: ChargeType, return_id: str | None) -> ChargeBearer:
        if return_id is None:
            return bearer_of(rules, kind, NOTHING)
        said = frozenset(channels.get(return_id, ())), tuple(reasons.get(return_id, ())), costs.get(return_id, ())
        return bearer_of(rules, kind, Facts(*said))

    return bearer
