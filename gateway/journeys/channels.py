"""The designated channel of a return, from what stands in the books: channels, accounts, carriers, and their record."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from zoneinfo import ZoneInfo

from adapters import registry
from gateway.journeys import pricing
from gateway.journeys.requests import Missing
from gateway.rules.customs import BY_ID, last_day
from gateway.rules.routing import Route, choose_channel
from gateway.rules.standing import Past, Standing, percentile, standings
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import DeadlineState
from schemas.customs_case import CustomsCase
from schemas.shipments import BookingRequest
from schemas.tracking import TrackingStatus
from schemas.values import Money

MEMORY = timedelta(days=180)
"""What is older says little of how a carrier does now."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`account` is the chosen channel's. `records` and `prices` are empty where nothing turned on them."""

    route: Route[Record]
    account: Record | None
    records: Mapping[str, Standing]
    prices: Mapping[str, Money]


Wanted = Callable[[Record, Record], BookingRequest]
"""What would be asked at a channel, with its account. Raises Missing where that cannot be said."""


async def choose(
    tx: Desk, source_id: str, country: str, case: CustomsCase | None = None, wanted: Wanted | None = None
) -> Choice:
    """An account that a restore has paused keeps its returns: what was planned there may be booked there by now.

    Record and price are looked up only where something turns on them: several channels of one rank; for the record also a
    period for the re-import.
    """
    rows, accounts = await tx.channels.listed(), {row.id: row for row in await tx.accounts.listed()}
    paused = {row.id for row in accounts.values() if row.paused and row.doubted_until is None}
    limited = case is not None and case.regime is not None
    tied = len({row.rank for row in rows if row.enabled}) < sum(bool(row.enabled) for row in rows)
    records = await standing(tx, "channel_id") if len(rows) > 1 and (limited or tied) else {}
    prices = await _prices(tx, [row for row in rows if row.enabled], accounts, wanted) if tied and wanted else {}
    route = choose_channel(
        rows,
        country=country,
        source_id=source_id,
        unserved={row.id for row in rows if not _serves(accounts[row.account_id].carrier, country)},
        paused={row.id for row in rows if row.account_id in paused},
        records={name: one.order for name, one in records.items() if one.enough},
        too_slow=_too_slow(tx, rows, records, case),
        prices={name: money.minor for name, money in prices.items()},
    )
    return Choice(route, accounts[route.chosen.account_id] if route.chosen else None, records, prices)


async def _prices(
    tx: Desk, rows: Sequence[Record], accounts: Mapping[str, Record], wanted: Wanted
) -> Mapping[str, Money]:
    """What each channel comes to by its account's tariff; none at all where they are of several currencies."""
    found: dict[str, Money] = {}
    for row in rows:
        with suppress(Missing):
            said = await pricing.by_tariff(tx, row.account_id, wanted(row, accounts[row.account_id]))
            if said and said.priced and said.priced.quote.total and not said.priced.lacking:
                found[row.id] = said.priced.quote.total
    return found if len({money.currency for money in found.values()}) == 1 else {}


async def standing(tx: Desk, group: str) -> Mapping[str, Standing]:
    """By `carrier` or by `channel_id`, of the last 180 days; one question, however many there are."""
    return standings(_past(row, getattr(row, group)) for row in await tx.past.since(tx.now - MEMORY))


def _past(row: Record, group: str) -> Past:
    in_time = {DeadlineState.MET: True, DeadlineState.EXPIRED: False}.get(row.limit)
    if row.handed_over_at is not None and row.due_by is not None:
        in_time = bool(row.handed_over_at < row.due_by)
    return Past(
        group=group,
        booked_at=row.booked_at,
        handed_over_at=row.handed_over_at,
        delivered_at=row.delivered_at,
        in_time=in_time,
        lost=row.status == TrackingStatus.LOST,
        damaged=bool(row.damaged),
        unknown=bool(row.unknown),
        lines=int(row.lines),
        wrong_lines=int(row.wrong_lines),
    )


def _too_slow(
    tx: Desk, rows: Sequence[Record], records: Mapping[str, Standing], case: CustomsCase | None
) -> Collection[str]:
    """Channels whose p90 from booking to delivery ends after the last day of the relief that a person confirmed."""
    relief = BY_ID[case.regime] if case and case.regime else None
    last = last_day(relief, case.facts) if relief and case else None
    if relief is None or last is None:
        return ()
    left = (last - tx.now.astimezone(ZoneInfo(relief.zone)).date()).days
    slow = {name: percentile(one.whole, 90) for name, one in records.items() if one.enough}
    return {row.id for row in rows if (days := slow.get(row.id)) is not None and ceil(days) > left}


def _serves(carrier: str, country: str) -> bool:
    adapter = registry.carriers().get(carrier)
    return adapter is None or not adapter.profile.countries or country in adapter.profile.countries
