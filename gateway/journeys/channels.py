"""The designated channel of a return, from what stands in the books: channels, accounts, carriers, and their record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from zoneinfo import ZoneInfo

from adapters import registry
from gateway.rules.customs import BY_ID, last_day
from gateway.rules.routing import Route, choose_channel
from gateway.rules.standing import Past, Standing, percentile, standings
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import DeadlineState
from schemas.customs_case import CustomsCase
from schemas.tracking import TrackingStatus

MEMORY = timedelta(days=180)
"""What is older says little of how a carrier does now."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`account` is the chosen channel's. `records` are what was looked at: empty where nothing turned on them."""

    route: Route[Record]
    account: Record | None
    records: Mapping[str, Standing]


async def choose(tx: Desk, source_id: str, country: str, case: CustomsCase | None = None) -> Choice:
    """An account that a restore has paused keeps its returns: what was planned there may be booked there by now.

    The record is looked up only where something turns on it: several channels of one rank, or a period for the re-import.
    """
    rows, accounts = await tx.channels.listed(), {row.id: row for row in await tx.accounts.listed()}
    paused = {row.id for row in accounts.values() if row.paused and row.doubted_until is None}
    limited = case is not None and case.regime is not None
    tied = len({row.rank for row in rows if row.enabled}) < sum(bool(row.enabled) for row in rows)
    records = await standing(tx, "channel_id") if len(rows) > 1 and (limited or tied) else {}
    route = choose_channel(
        rows,
        country=country,
        source_id=source_id,
        unserved={row.id for row in rows if not _serves(accounts[row.account_id].carrier, country)},
        paused={row.id for row in rows if row.account_id in paused},
        records={name: one.order for name, one in records.items() if one.enough},
        too_slow=_too_slow(tx, rows, records, case),
    )
    return Choice(route, accounts[route.chosen.account_id] if route.chosen else None, records)


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
