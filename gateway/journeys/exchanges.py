"""The calls of an attempt as they went over the wire, without secrets: what its return's timeline shows of them."""

from collections.abc import Sequence

from adapters.toolkit.redaction import Exchange
from gateway.store.store import Desk
from gateway.store.transaction import Record

KEPT_TEXT = 20_000


async def keep(tx: Desk, attempt: Record, exchanges: Sequence[Exchange]) -> None:
    for exchange in exchanges:
        await tx.exchanges.add(
            return_id=attempt.return_id,
            attempt_id=attempt.id,
            at=tx.now,
            name=exchange.name,
            method=exchange.method,
            url=exchange.url[:2000],
            request=exchange.request[:KEPT_TEXT],
            status=exchange.status,
            reply=exchange.reply[:KEPT_TEXT],
            error=exchange.error,
            milliseconds=int(exchange.seconds * 1000),
        )
