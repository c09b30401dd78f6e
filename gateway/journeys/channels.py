"""The designated channel of a return, from what stands in the books: channels, their accounts, their carriers."""

from dataclasses import dataclass

from adapters import registry
from gateway.rules.routing import Route, choose_channel
from gateway.store.store import Desk
from gateway.store.transaction import Record


@dataclass(frozen=True, slots=True)
class Choice:
    """`account` is the chosen channel's."""

    route: Route[Record]
    account: Record | None


async def choose(tx: Desk, source_id: str, country: str) -> Choice:
    """An account that a restore has paused keeps its returns: what was planned there may be booked there by now."""
    rows, accounts = await tx.channels.listed(), {row.id: row for row in await tx.accounts.listed()}
    paused = {row.id for row in accounts.values() if row.paused and row.doubted_until is None}
    route = choose_channel(
        rows,
        country=country,
        source_id=source_id,
        unserved={row.id for row in rows if not _serves(accounts[row.account_id].carrier, country)},
        paused={row.id for row in rows if row.account_id in paused},
    )
    return Choice(route, accounts[route.chosen.account_id] if route.chosen else None)


def _serves(carrier: str, country: str) -> bool:
    adapter = registry.carriers().get(carrier)
    return adapter is None or not adapter.profile.countries or country in adapter.profile.countries
