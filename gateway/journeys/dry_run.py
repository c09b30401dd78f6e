"""A dry run: what would become of a return, with carrier, price, limits and what is missing. Nothing is written.

It goes the way of planning, with the same functions, and stops before the first row. The price is the carrier's own answer
where its adapter asks for one, else the tariff's that is in force; nothing that books is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from adapters.seam import QuotesCharges
from gateway.core import Gateway, twice_if_stale
from gateway.journeys import channels, following, planning, pricing
from gateway.journeys.pricing import ByTariff
from gateway.journeys.requests import ASSUMED_GRAMS, Missing, require_fields
from gateway.rules import deadlines
from gateway.rules.customs import BY_ID, policy_of
from gateway.rules.details import Detail
from gateway.rules.limits import policy_for
from gateway.rules.routing import Why
from gateway.rules.standing import Standing
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, Deadline
from schemas.charges import Quote
from schemas.customs_case import CustomsCase
from schemas.errors import AdapterError, Refused
from schemas.returns import LabelProvider, ReturnAuthorization, ReturnKind
from schemas.shipments import BookingRequest
from schemas.values import Money, Party

NOT_OURS = "not_booked_by_us"
NO_PRICE = {
    "missing": "something is missing",
    "paused": "the account is paused",
    "not_given": "the carrier gives no price beforehand",
    "refused": "the carrier refuses it",
    "no_answer": "the carrier gives no answer",
}
"""Why there is no price, for people."""


@dataclass(frozen=True, slots=True)
class WouldStart:
    """A clock that would start, and how it would run if it started now."""

    clock: str
    starts: str
    terms: Deadline


@dataclass
class DryRun:
    """`missing` would stop the booking; `assumed` would not, but is our own word and not the caller's."""

    considered: Sequence[tuple[Record, Why]] = ()
    accounts: dict[str, Record] = field(default_factory=dict)
    records: Mapping[str, Standing] = field(default_factory=dict)
    """By channel, where the choice turned on them."""
    prices: Mapping[str, Money] = field(default_factory=dict)
    """The same for what channels come to by their tariffs."""
    channel: Record | None = None
    account: Record | None = None
    request: BookingRequest | None = None
    missing: list[Missing] = field(default_factory=list)
    assumed: list[tuple[str, str]] = field(default_factory=list)
    clocks: list[WouldStart] = field(default_factory=list)
    quotes: Sequence[Quote] = ()
    no_price: str | None = None
    """Which of `NO_PRICE` it is; None where there is a price."""
    failed: str = ""
    """The error's name, where the carrier gave no answer."""
    tariff: ByTariff | None = None
    """What the tariff in force says of it, where there is one."""


async def of_return(gw: Gateway, exporter_id: str, return_id: str) -> DryRun:
    """Of a return that is known."""
    async with gw.store.reading(exporter_id) as tx:
        row = await tx.returns.get(return_id)
        found = await _looked_up(tx, row.source_id, row.authorization, row.customs)
    return await _priced(gw, found)


async def of_hypothesis(gw: Gateway, exporter_id: str, authorization: ReturnAuthorization) -> DryRun:
    """Of a return that would be made by hand."""
    async with gw.store.reading(exporter_id) as tx:
        source = await tx.sources.of_platform("manual")
        found = await _looked_up(tx, source.id if source else "", authorization)
    return await _priced(gw, found)


async def _looked_up(
    tx: Desk, source_id: str, authorization: ReturnAuthorization, case: CustomsCase | None = None
) -> DryRun:
    found = DryRun(assumed=list(_assumed(authorization)))
    found.accounts = {row.id: row for row in await tx.accounts.listed()}
    if authorization.label_provider is not LabelProvider.MERCHANT or authorization.kind is ReturnKind.REFUND_ONLY:
        found.missing.append(Missing(NOT_OURS, "somebody else provides the label, or nothing comes back"))
    try:
        returner = planning.returner_of(authorization)
    except Missing as missing:
        found.missing.append(missing)
        return found
    wanted = planning.wanted_of(tx, authorization, returner, case)
    choice = await channels.choose(tx, source_id, returner.address.country, case, wanted)
    found.considered, found.channel, found.account = choice.route.considered, choice.route.chosen, choice.account
    found.records, found.prices = choice.records, choice.prices
    if found.channel is None or found.account is None:
        country = returner.address.country
        found.missing.append(Missing("no_channel", Detail.of("no_channel", country=country)))
        return found
    request: BookingRequest | None = None
    try:
        request = wanted(found.channel, found.account)
        require_fields(found.account.carrier, request)
        found.request = request
        found.tariff = await pricing.by_tariff(tx, found.account.id, request)
    except Missing as missing:
        found.missing.append(missing)
    price = following.worth(request) if request else None
    found.clocks = [*_clocks(found.channel, found.account, returner, tx.now, price), *_customs_clock(case)]
    return found


def _assumed(authorization: ReturnAuthorization) -> Sequence[tuple[str, str]]:
    """What planning fills in where nobody said it."""
    lines = authorization.items
    weights = ", ".join(item.line_id for item in lines if item.unit_weight is None)
    origins = ", ".join(item.line_id for item in lines if item.origin is None)
    codes = ", ".join(item.line_id for item in lines if item.hs_code is None)
    told = [
        ("weight", f"{ASSUMED_GRAMS} g each; lines {weights}" if weights else ""),
        ("origin", f"the country they go home to; lines {origins}" if origins else ""),
        ("hs_code", f"left to the carrier's broker; lines {codes}" if codes else ""),
    ]
    return [(what, why) for what, why in told if why]


def _clocks(
    channel: Record, account: Record, returner: Party, now: datetime, price: Money | None
) -> Sequence[WouldStart]:
    known, country = following.printed(channel, account.carrier), channel.consignee.address.country
    handing_in = following.hand_over_zone(channel, returner, now)
    starts = []
    for event, clock, zone, facility in (
        ("booking", Clock.HAND_OVER, handing_in, None),
        ("delivery", Clock.ACCEPTANCE, channel.zone, channel.limits.facility),
    ):
        policy = policy_for(clock, known, now.astimezone(ZoneInfo(zone)).date(), country=country, price=price)
        if policy is not None:
            starts.append(WouldStart(clock, event, deadlines.start(policy, now, zone, facility=facility)))
    return starts


def _customs_clock(case: CustomsCase | None) -> Sequence[WouldStart]:
    """The re-import limit of the relief that was confirmed; it runs from the export, whatever is booked."""
    relief = BY_ID[case.regime] if case and case.regime else None
    policy, day = (policy_of(relief), relief.starts(case.facts)) if relief and case else (None, None)
    if relief is None or policy is None or day is None:
        return ()
    start = datetime.combine(day, time(0), ZoneInfo(relief.zone))
    return [WouldStart(policy.clock, "export", deadlines.start(policy, start, relief.zone))]


async def _priced(gw: Gateway, found: DryRun) -> DryRun:
    """Ask for the price where it can be asked for. A refusal says what the booking would be refused for."""
    if found.request is None or found.account is None:
        found.no_price = "missing"
        return found
    if found.account.paused or gw.settings.carriers_paused:
        found.no_price = "paused"
        return found
    carrier = gw.open_carrier(found.account)
    if not isinstance(carrier, QuotesCharges):
        found.no_price = "not_given"
        return found
    request, ask = found.request, carrier.quote
    try:
        found.quotes = await twice_if_stale(lambda: ask(request))
    except Refused as error:
        found.missing.append(Missing(str(error.code), str(error) or "the carrier refuses it"))
        found.no_price = "refused"
    except AdapterError as error:
        found.no_price, found.failed = "no_answer", f": {type(error).__name__}"
    return found
