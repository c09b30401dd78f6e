"""The audit: append-only, and chained by hash, so that a changed or missing entry shows.

A chain is one return's history, or the exporter's for what concerns no return. Chains of their own keep unrelated returns
from waiting for each other; within one, entries are numbered without gaps.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, text

from gateway.store.database import Connection
from gateway.store.prepared import Prepared
from gateway.store.tables import audit
from gateway.store.types import EPOCH, MICROSECOND
from schemas.values import Json

GENESIS = "0" * 64
LOCKING = Prepared(text("SELECT pg_advisory_xact_lock(hashtextextended(:chain, 0))"))
ENDING = Prepared(
    select(audit.c.seq, audit.c.digest)
    .where(audit.c.chain == bindparam("this_chain"))
    .order_by(audit.c.seq.desc())
    .limit(literal_column("1"))
)
ADDING = Prepared(insert(audit))
SAID = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of state: who did what to what, before and after."""

    chain: str
    exporter_id: str
    at: datetime
    actor: str
    action: str
    subject_id: str
    before: Json | None
    after: Json | None


def digest(entry: Entry, seq: int, previous: str) -> str:
    """SHA-256 over everything the entry says and the digest before it."""
    said = [
        entry.chain,
        seq,
        entry.exporter_id,
        (entry.at - EPOCH) // MICROSECOND,
        entry.actor,
        entry.action,
        entry.subject_id,
        entry.before,
        entry.after,
        previous,
    ]
    return hashlib.sha256(SAID.encode(said).encode()).hexdigest()


async def append(
    connection: Connection, entries: Sequence[Entry], is_new: Callable[[str], bool], *, locks: bool
) -> None:
    """Write the entries at the ends of their chains. `locks` on databases with several writers; a chain whose return is new
    has no end yet, and nobody else to write to it."""
    memory = connection.memory
    ends: dict[str, tuple[int, str]] = {}
    for chain in sorted({entry.chain for entry in entries}):
        if is_new(chain):
            continue
        if memory is not None and chain in memory.ends:
            ends[chain] = memory.ends[chain]
            continue
        if locks:
            await lock(connection, [chain])
        end = (await ENDING.run(connection, {"this_chain": chain})).first()
        if end is not None:
            ends[chain] = (end.seq, end.digest)
    await ADDING.run(connection, list(_linked(entries, ends)))
    if memory is not None:
        for chain, said in ends.items():
            memory.end(chain, said)


async def lock(connection: Connection, chains: Iterable[str]) -> None:
    """Nobody else is at the ends of these chains until this transaction is over."""
    for chain in sorted(chains):
        await LOCKING.run(connection, {"chain": chain})


def _linked(entries: Iterable[Entry], ends: dict[str, tuple[int, str]]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        seq, previous = ends.get(entry.chain, (0, GENESIS))
        sealed = digest(entry, seq + 1, previous)
        ends[entry.chain] = (seq + 1, sealed)
        yield {
            "chain": entry.chain,
            "seq": seq + 1,
            "exporter_id": entry.exporter_id,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject_id": entry.subject_id,
            "before": entry.before,
            "after": entry.after,
            "previous": previous,
            "digest": sealed,
        }
