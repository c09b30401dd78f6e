"""The dry run of a return: a known one, or one as it would be made by hand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from adapters import registry
from gateway.journeys import channels, dry_run
from gateway.journeys.dry_run import DryRun, WouldStart
from gateway.journeys.pricing import ByTariff
from gateway.journeys.requests import Missing
from gateway.rules.deadlines import time_left
from gateway.rules.standing import Standing, percentile
from gateway.web.api.returns import authorization_of
from gateway.web.asked import AskedReturn, KnownBooking
from gateway.web.endpoint import Answer, Call
from gateway.web.told import Page
from gateway.web.told_tariffs import ByTariffTold
from gateway.web.told_validation import (
    AssumedTold,
    CarriedTold,
    CarrierStandingTold,
    ConsideredTold,
    FieldTold,
    LackTold,
    PriceTold,
    StandingTold,
    ValidationTold,
    WayTold,
    WouldStartTold,
)
from schemas.charges import ChargeType
from schemas.values import Money

COVER = frozenset({ChargeType.INSURANCE, ChargeType.DECLARED_VALUE, ChargeType.INSURANCE_TAX})


async def validate_return(call: Call) -> Answer:
    """What would become of it, from the books and from the carrier's own price."""
    owner = call.caller.exporter_id
    if isinstance(call.body, KnownBooking):
        found = await dry_run.of_return(call.gw, owner, call.body.return_id)
    else:
        asked = call.asked(AskedReturn)
        found = await dry_run.of_hypothesis(call.gw, owner, authorization_of(asked, asked.rma_id or "dry-run"))
    return Answer(told(found, call.gw.clock()))


def told(found: DryRun, now: datetime) -> ValidationTold:
    return ValidationTold(
        bookable=not found.missing,
        way=_way(found),
        considered=tuple(
            ConsideredTold(
                channel_id=row.id,
                name=row.name,
                carrier=found.accounts[row.account_id].carrier,
                why=why.value,
                record=standing_told(found.records[row.id]) if row.id in found.records else None,
                price=found.prices.get(row.id),
            )
            for row, why in found.considered
        ),
        price=_price(found),
        deadlines=tuple(_clock(one, now) for one in found.clocks),
        missing=tuple(map(_lack, found.missing)),
        assumed=tuple(AssumedTold(code=code, detail=detail) for code, detail in found.assumed),
        customs_fields=_carried(found),
    )


def _lack(missing: Missing) -> LackTold:
    fields = (FieldTold(**one.model_dump(mode="json")) for one in missing.lacks)
    return LackTold(code=missing.code, detail=str(missing), fields=tuple(fields))


def _carried(found: DryRun) -> tuple[CarriedTold, ...]:
    """The table of the carrier that would be asked."""
    if found.account is None:
        return ()
    table = registry.carrier(found.account.carrier).profile.customs_fields
    return tuple(CarriedTold(**one.model_dump(mode="json", exclude={"within"})) for one in table)


def standing_told(one: Standing) -> StandingTold:
    return StandingTold(**_counted(one))


def _counted(one: Standing) -> dict[str, Any]:
    days = {"transit_days_p50": (one.transit, 50), "transit_days_p90": (one.transit, 90)}
    days["booked_to_delivered_days_p90"] = (one.whole, 90)
    found = {name: percentile(values, share) for name, (values, share) in days.items()}
    return {
        **{name: None if value is None else round(value, 2) for name, value in found.items()},
        "booked": one.booked,
        "delivered": one.delivered,
        "enough": one.enough,
        "handed_over_in_time": round(one.in_time / one.with_limit, 4) if one.with_limit else None,
        "lost": one.lost,
        "damaged": one.damaged,
        "outcome_unknown": one.unknown,
        "billed_lines": one.lines,
        "wrong_lines": one.wrong_lines,
    }


async def list_standing(call: Call) -> Answer:
    """Of every carrier that something was booked with."""
    found = await channels.standing(call.tx, "carrier")
    return Answer(
        Page[CarrierStandingTold](
            data=tuple(CarrierStandingTold(carrier=name, **_counted(one)) for name, one in sorted(found.items()))
        )
    )


def _way(found: DryRun) -> WayTold | None:
    channel, account, request = found.channel, found.account, found.request
    if channel is None or account is None:
        return None
    why = next(why for row, why in found.considered if row.id == channel.id)
    return WayTold(
        channel_id=channel.id,
        name=channel.name,
        why=why.value,
        account_id=account.id,
        carrier=account.carrier,
        service=channel.service,
        consignee=channel.consignee,
        weight=request.parcels[0].weight if request else None,
        customs_value=request.customs.customs_value if request and request.customs else None,
        insured_value=request.insured_value if request else None,
    )


def _price(found: DryRun) -> PriceTold:
    """Of the service that would be booked, where the carrier prices several; by the tariff where the carrier gives none."""
    wanted = found.channel.service if found.channel else ""
    quote = next((one for one in found.quotes if one.service == wanted), next(iter(found.quotes), None))
    code = None if quote else found.no_price or "not_given"
    by_tariff = found.tariff.priced if found.tariff and code != "refused" else None
    told = quote or (by_tariff.quote if by_tariff else None)
    return PriceTold(
        source="carrier" if quote else "tariff" if told else None,
        available=told is not None,
        code=code,
        because=dry_run.NO_PRICE[code] + found.failed if code else None,
        total=told and (told.total or _sum(charge.money for charge in told.charges)),
        insurance=told and _sum(charge.money for charge in told.charges if charge.type in COVER),
        quotes=tuple(found.quotes),
        tariff=found.tariff and by_tariff_told(found.tariff),
    )


def by_tariff_told(one: ByTariff) -> ByTariffTold:
    return ByTariffTold(
        tariff_id=one.tariff_id,
        version=one.version,
        quote=one.priced.quote if one.priced else None,
        because=one.because or None,
        lacking=one.priced.lacking if one.priced else (),
    )


def _sum(amounts: Iterable[Money]) -> Money | None:
    """None where there is nothing to add, or where currencies differ."""
    found = list(amounts)
    if not found or len({one.currency for one in found}) > 1:
        return None
    return Money.from_minor(sum(one.minor for one in found), found[0].currency)


def _clock(one: WouldStart, now: datetime) -> WouldStartTold:
    return WouldStartTold(
        clock=one.clock,
        starts=one.starts,
        start_at=one.terms.start_at,
        due_at=one.terms.due_by,
        zone=one.terms.zone,
        seconds_left=int(time_left(one.terms, now).total_seconds()),
        source=one.terms.policy.source,
        because=one.terms.policy.because,
    )
