"""Who takes part: accounts, sources and channels of the exporter; carriers and platforms that there are adapters for."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from adapters import registry
from adapters.seam import CARRIER_CAPABILITIES, PLATFORM_CAPABILITIES, Carrier, Platform, capabilities
from gateway.core import Gateway, pace_of
from gateway.guard import check_url
from gateway.journeys import settling_in, verdicts
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.asked import AskedChannel, AskedSource
from gateway.web.asked_accounts import AskedAccount
from gateway.web.endpoint import Answer, Call
from gateway.web.problems import FieldError, Problem, invalid
from gateway.web.told import Page
from gateway.web.told_parties import (
    AccountTold,
    CarrierTold,
    ChannelTold,
    PaceTold,
    PlatformTold,
    RenewalTold,
    ServiceTold,
    SourceTold,
)


def _told(model: type[BaseModel], row: Record, also: Mapping[str, Any] | None = None) -> BaseModel:
    """A row as its model names it: what the model does not name (credentials) stays inside."""
    shown = {name: getattr(row, name) for name in model.model_fields if name in row._fields}
    return model.model_validate({**shown, **(also or {})})


def _one_of(there: Mapping[str, object], name: str, pointer: str) -> None:
    if name not in there:
        raise Problem("validation", errors=[FieldError(pointer, "choice", ", ".join(there))])


def _check_base(gw: Gateway, url: str | None) -> None:
    if url and check_url(url, private=gw.settings.private_endpoints):
        raise Problem("validation", errors=[FieldError("/base_url", "url")])


def _account(row: Record) -> BaseModel:
    pace = pace_of(row)
    told = PaceTold(per_second=pace.per_second, concurrency=pace.concurrency, daily=pace.daily)
    return _told(AccountTold, row, {"lane": settling_in.lane_name(row), "pace": told})


async def create_account(call: Call) -> Answer:
    asked = call.asked(AskedAccount)
    _one_of(registry.carriers(), asked.carrier, "/carrier")
    _check_base(call.gw, asked.base_url)
    try:
        account_id = await settling_in.add_account(
            call.gw,
            call.tx,
            asked.carrier,
            asked.name,
            asked.credentials,
            number=asked.number,
            base_url=asked.base_url,
            zone=asked.zone,
            lane=asked.lane,
            pace=asked.pace.model_dump(exclude_none=True) if asked.pace else None,
            hook_secret=asked.hook_secret,
        )
    except ValidationError as error:
        raise invalid(error, "/credentials") from error
    row = await call.tx.accounts.get(account_id)
    return Answer(_account(row), {"Location": f"/v1/accounts/{account_id}"})


async def list_accounts(call: Call) -> Answer:
    rows = await call.tx.accounts.listed()
    return Answer(Page[AccountTold].model_validate({"data": [_account(row) for row in rows]}))


async def get_account(call: Call) -> Answer:
    return Answer(_account(await call.tx.accounts.get(call.id("acc"))))


async def resume_account(call: Call) -> Answer:
    """Open a paused account again, once what paused it is put right."""
    account_id = call.id("acc")
    await verdicts.resume_account(call.tx, account_id)
    return Answer(_account(await call.tx.accounts.get(account_id)))


def _source(gw: Gateway, row: Record) -> BaseModel:
    hook = f"{gw.settings.address}/hooks/platforms/{row.platform}/{row.id}"
    return _told(SourceTold, row, {"hook_url": hook})


async def create_source(call: Call) -> Answer:
    asked = call.asked(AskedSource)
    _one_of(registry.platforms(), asked.platform, "/platform")
    _check_base(call.gw, asked.base_url)
    try:
        source_id = await settling_in.add_source(
            call.gw,
            call.tx,
            asked.platform,
            asked.name,
            asked.credentials,
            base_url=asked.base_url,
            mail=asked.mail,
            terms=asked.terms,
        )
    except ValidationError as error:
        raise invalid(error, "/credentials") from error
    row = await call.tx.sources.get(source_id)
    return Answer(_source(call.gw, row), {"Location": f"/v1/sources/{source_id}"})


async def list_sources(call: Call) -> Answer:
    rows = await call.tx.sources.listed()
    return Answer(Page[SourceTold].model_validate({"data": [_source(call.gw, row) for row in rows]}))


async def get_source(call: Call) -> Answer:
    return Answer(_source(call.gw, await call.tx.sources.get(call.id("src"))))


async def _check_papers(tx: Desk, asked: AskedChannel) -> None:
    """What was opted in to on a paper has that paper. Raises NotFound."""
    stated = asked.limits.policies if asked.limits else ()
    for policy in (asked.acceptance, *stated):
        if policy and policy.opt_in and policy.opt_in.document_id:
            await tx.documents.get(policy.opt_in.document_id)


async def create_channel(call: Call) -> Answer:
    asked = call.asked(AskedChannel)
    await _check_papers(call.tx, asked)
    for source_id in asked.platforms:
        await call.tx.sources.get(source_id)
    for fallback in asked.fallbacks:
        await call.tx.channels.get(fallback)
    try:
        channel_id = await settling_in.add_channel(
            call.tx,
            asked.account_id,
            asked.name,
            asked.service,
            asked.consignee,
            zone=asked.zone,
            acceptance=asked.acceptance,
            limits=asked.limits,
            countries=asked.countries,
            platforms=asked.platforms,
            rank=asked.rank,
            insure=asked.insure,
            fallbacks=asked.fallbacks,
            extras=asked.extras,
        )
    except ValidationError as error:
        raise invalid(error, "/extras") from error
    row = await call.tx.channels.get(channel_id)
    return Answer(_told(ChannelTold, row), {"Location": f"/v1/channels/{channel_id}"})


async def list_channels(call: Call) -> Answer:
    rows = await call.tx.channels.listed()
    return Answer(Page[ChannelTold].model_validate({"data": [_told(ChannelTold, row) for row in rows]}))


async def get_channel(call: Call) -> Answer:
    return Answer(_told(ChannelTold, await call.tx.channels.get(call.id("chn"))))


def carrier_told(adapter: type[Carrier]) -> CarrierTold:
    profile = adapter.profile
    return CarrierTold(
        id=profile.id,
        name=profile.name,
        protocol=profile.protocol,
        api_version=profile.api_version,
        documentation=profile.documentation,
        countries=profile.countries,
        services=tuple(ServiceTold(code=one.code, name=one.name) for one in profile.services),
        capabilities=tuple(sorted(capabilities(adapter, CARRIER_CAPABILITIES))),
        look_up=profile.look_up,
        look_up_proof=profile.look_up_proof,
        renewal=RenewalTold.model_validate(profile.renewal, from_attributes=True) if profile.renewal else None,
        live_checked_on=profile.live_checked_on,
        credentials=profile.credentials.model_json_schema(),
        extras=profile.extras.model_json_schema() if profile.extras else None,
    )


def platform_told(adapter: type[Platform]) -> PlatformTold:
    profile = adapter.profile
    return PlatformTold(
        id=profile.id,
        name=profile.name,
        documentation=profile.documentation,
        signature=profile.signature,
        capabilities=tuple(sorted(capabilities(adapter, PLATFORM_CAPABILITIES))),
        credentials=profile.credentials.model_json_schema(),
    )


async def list_carriers(call: Call) -> Answer:
    return Answer(Page[CarrierTold](data=tuple(map(carrier_told, registry.carriers().values()))))


async def list_platforms(call: Call) -> Answer:
    return Answer(Page[PlatformTold](data=tuple(map(platform_told, registry.platforms().values()))))
