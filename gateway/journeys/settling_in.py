"""Moving in: exporters, their keys, carrier accounts, shops, designated channels and webhook endpoints."""

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from adapters import registry
from adapters.seam import CarrierProfile, ListsBookings, ListsReturns
from gateway import mailing
from gateway.core import Gateway
from gateway.guard import check_url
from gateway.journeys.requests import COLLECT_ON
from gateway.rules.limits import DEFAULTS, usual_hours
from gateway.store.ids import new_id
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.acceptance import Clock, DeadlinePolicy, PolicySource
from schemas.errors import RefusalCode, Refused, Unsupported
from schemas.limits import ChannelLimits
from schemas.messages import NoticeKind
from schemas.values import EMAIL_FORM, Json, Party

SAFE_ACCEPTANCE = next(one for one in DEFAULTS if one.clock is Clock.ACCEPTANCE)
SCOPES = ("returns", "bookings", "tracking", "acceptances", "invoices", "endpoints", "admin")
HINT = 7
"""First characters of a key that are kept in clear: `hw_` and four of forty-three."""


async def add_exporter(gw: Gateway, name: str, *, language: str = "en", zone: str = "Asia/Shanghai") -> str:
    """A new tenant; its id."""
    exporter_id = new_id("exp", gw.clock())
    async with gw.store.transaction(exporter_id, "operator") as tx:
        await tx.exporters.add(name=name, language=language, zone=zone, created_at=tx.now)
        tx.note("exporter.added", exporter_id, after={"name": name})
        manual = tx.new_id("src")
        empty = gw.sealer.seal(manual, "{}")
        await tx.sources.add(
            id=manual, platform="manual", name="by hand", credentials=empty, enabled=True, created_at=tx.now
        )
    return exporter_id


def key_digest(key: str) -> str:
    """How a key is kept: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


async def add_key(gw: Gateway, exporter_id: str, name: str, scopes: Sequence[str] = SCOPES) -> str:
    """A new API key, shown this once."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise Refused(
            f"no such scope: {', '.join(unknown)}; there are: {', '.join(SCOPES)}", code=RefusalCode.DATA_INVALID
        )
    key = f"hw_{secrets.token_urlsafe(32)}"
    async with gw.store.transaction(exporter_id, "operator") as tx:
        key_id = await tx.keys.add(
            name=name, digest=key_digest(key), hint=key[:HINT], scopes=list(scopes), created_at=tx.now
        )
        tx.note("key.added", key_id, after={"name": name, "scopes": list(scopes)})
    return key


async def add_account(
    gw: Gateway,
    tx: Desk,
    carrier: str,
    name: str,
    credentials: Mapping[str, Any],
    *,
    number: str | None = None,
    base_url: str | None = None,
    zone: str = "UTC",
    lane: str | None = None,
    pace: Mapping[str, Any] | None = None,
    hook_secret: str | None = None,
) -> str:
    """An account with a carrier. Accounts of his that name the same `lane` share its pace and quota. `pace` is what the
    contract says otherwise than the carrier's profile, by the names of `Pace`. Raises NotFound for an unknown carrier,
    pydantic's ValidationError for its credentials, Refused where the lane says something else already."""
    profile = registry.carrier(carrier).profile
    checked = profile.credentials.model_validate_json(json.dumps(dict(credentials)))
    account_id = tx.new_id("acc")
    shared = await _shared(tx, f"{tx.exporter_id}:{lane}", carrier, zone, pace) if lane else None
    await tx.accounts.add(
        id=account_id,
        carrier=carrier,
        name=name,
        number=number,
        credentials=gw.seal_credentials(account_id, checked),
        base_url=base_url,
        zone=zone,
        lane=f"{tx.exporter_id}:{lane}" if lane else account_id,
        pace=shared.pace if shared else dict(pace) if pace else None,
        hook_secret=gw.sealer.seal(account_id, hook_secret) if hook_secret else None,
        created_at=tx.now,
    )
    if issubclass(registry.carrier(carrier), ListsBookings):
        await tx.sweeps.add(account_id=account_id, due_at=tx.now)
    tx.note("account.added", account_id, after={"carrier": carrier, "name": name})
    return account_id


async def _shared(tx: Desk, lane: str, carrier: str, zone: str, pace: Mapping[str, Any] | None) -> Record | None:
    """An account that has this lane already; what it says of the lane goes for the next one too."""
    for other in await tx.accounts.listed():
        if other.lane == lane:
            if (other.carrier, other.zone) != (carrier, zone):
                raise Refused(
                    "accounts of one lane have one carrier and one zone", code=RefusalCode.DATA_INVALID, field="lane"
                )
            if pace and dict(pace) != other.pace:
                raise Refused("the lane has another pace", code=RefusalCode.DATA_INVALID, field="pace")
            return other
    return None


def lane_name(account: Record) -> str:
    """As whoever added the account named its lane; the account's id where it has one of its own."""
    return str(account.lane).rpartition(":")[2]


async def add_source(
    gw: Gateway,
    tx: Desk,
    platform: str,
    name: str,
    credentials: Mapping[str, Any],
    *,
    base_url: str | None = None,
    mail: str | None = None,
    terms: str | None = None,
) -> str:
    """A shop on a platform; its id is the last part of the webhook's address. `mail` is somebody's there, who is written to
    where the platform itself takes no messages; `terms` is the name of the sales terms that its returns go by. Raises Refused
    for a mail address while mail is off, and for terms that nobody has written down."""
    if mail is not None:
        require_mailbox(gw, mail, "mail")
    if terms is not None and not await tx.terms.of_name(terms):
        raise Refused("no sales terms have this name", code=RefusalCode.DATA_INVALID, field="terms")
    profile = registry.platform(platform).profile
    checked = profile.credentials.model_validate_json(json.dumps(dict(credentials)))
    source_id = tx.new_id("src")
    await tx.sources.add(
        id=source_id,
        platform=platform,
        name=name,
        credentials=gw.seal_credentials(source_id, checked),
        base_url=base_url,
        mail=mail,
        terms_name=terms,
        enabled=True,
        created_at=tx.now,
        due_at=tx.now if issubclass(registry.platform(platform), ListsReturns) else None,
    )
    tx.note("source.added", source_id, after={"platform": platform, "name": name})
    return source_id


async def add_channel(
    tx: Desk,
    account_id: str,
    name: str,
    service: str,
    consignee: Party,
    *,
    zone: str,
    acceptance: DeadlinePolicy | None = None,
    limits: ChannelLimits | None = None,
    countries: Sequence[str] = (),
    platforms: Sequence[str] = (),
    rank: int = 0,
    insure: bool = True,
    fallbacks: Sequence[str] = (),
    extras: Mapping[str, Any] | None = None,
) -> str:
    """A designated channel. Its limits are the exporter's contract, else the carrier's, else a safe default. Warnings are for
    his working hours; where he says nothing, nine to five on his zone's working days. Raises ValidationError for `extras`."""
    account = await tx.accounts.get(account_id)
    profile = _seller_of(service, account.carrier)
    channel_id = await tx.channels.add(
        account_id=account_id,
        name=name,
        service=service,
        consignee=consignee,
        zone=zone,
        acceptance=_agreed(acceptance) if acceptance else profile.acceptance or SAFE_ACCEPTANCE,
        limits=_as_agreed(await _with_hours(tx, limits or ChannelLimits())),
        countries=list(countries),
        platforms=list(platforms),
        rank=rank,
        insure=insure,
        fallbacks=list(fallbacks),
        extras=checked_extras(profile, extras or {}),
        enabled=True,
        created_at=tx.now,
    )
    tx.note("channel.added", channel_id, after={"name": name, "carrier": account.carrier, "service": service})
    return channel_id


def checked_extras(profile: CarrierProfile, extras: Mapping[str, Any]) -> Json:
    """What only this carrier takes, as it is kept. Raises Unsupported where it takes nothing of its own, and pydantic's
    ValidationError for what its model does not know."""
    if not extras:
        return {}
    if profile.extras is None:
        raise Unsupported(f"{profile.name} takes nothing of its own", field="extras")
    if COLLECT_ON in extras:
        raise Unsupported("a day of collection is of one booking", field=f"extras/{COLLECT_ON}")
    checked = profile.extras.model_validate_json(json.dumps(dict(extras)))
    return checked.model_dump(mode="json", exclude_unset=True)


def _seller_of(service: str, carrier: str) -> CarrierProfile:
    profile = registry.carrier(carrier).profile
    services = [known.code for known in profile.services]
    if service not in services:
        raise Unsupported(f"{profile.name} sells: {', '.join(services)}", field="service")
    return profile


async def _with_hours(tx: Desk, limits: ChannelLimits) -> ChannelLimits:
    if limits.working_hours is not None:
        return limits
    exporter = await tx.exporters.get(tx.exporter_id)
    return limits.model_copy(update={"working_hours": usual_hours(exporter.zone)})


def _as_agreed(limits: ChannelLimits) -> ChannelLimits:
    return limits.model_copy(update={"policies": tuple(map(_agreed, limits.policies))})


def _agreed(policy: DeadlinePolicy) -> DeadlinePolicy:
    """Who states a limit for his channel and not where it comes from has agreed it: it goes before the carrier's table."""
    if policy.source is not PolicySource.DEFAULT:
        return policy
    return policy.model_copy(update={"source": PolicySource.CONTRACT})


def require_mailbox(gw: Gateway, mailbox: str, field: str) -> None:
    """Raises Refused for what is no mail address, and while mail is off."""
    if not re.fullmatch(EMAIL_FORM, mailbox):
        raise Refused("no mail address", code=RefusalCode.DATA_INVALID, field=field)
    if gw.relay is None:
        raise Refused("mail is off: the operator has set no mail server", code=RefusalCode.UNSUPPORTED, field=field)


async def add_endpoint(
    gw: Gateway, tx: Desk, url: str, kinds: Sequence[str] = (), *, secret: str | None = None
) -> tuple[str, str]:
    """An address that is told; its id and its secret, shown this once and empty for a mail address. Raises Refused for an
    address that is not public, and for a mail address while mail is off."""
    mailbox = mailing.mailbox_of(url)
    if mailbox is not None:
        require_mailbox(gw, mailbox, "url")
    elif why := check_url(url, private=gw.settings.private_endpoints):
        raise Refused(f"the URL {why}", code=RefusalCode.DATA_INVALID, field="url")
    strange = sorted(set(kinds) - {kind.value for kind in NoticeKind})
    if strange:
        raise Refused(f"no such event: {', '.join(strange)}", code=RefusalCode.DATA_INVALID, field="kinds")
    shown = "" if mailbox else secret or "whsec_" + base64.b64encode(os.urandom(32)).decode()
    endpoint_id = tx.new_id("end")
    await tx.endpoints.add(
        id=endpoint_id,
        url=url,
        secret=gw.sealer.seal(endpoint_id, shown),
        kinds=list(kinds),
        enabled=True,
        created_at=tx.now,
    )
    tx.note("endpoint.added", endpoint_id, after={"url": url, "kinds": list(kinds)})
    return endpoint_id, shown
