"""The watchdog on subscriptions: some platforms stop telling after a few failures, and say nothing of it.

Each look at a shop's list also asks what the shop will tell us of; what is missing is subscribed again and written down.
Without `public_url` nobody knows where the webhooks should go, and nothing is asked.
"""

import structlog

from adapters.seam import ManagesSubscriptions, Platform
from gateway.core import Gateway
from gateway.rules.details import Detail
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import AdapterError
from schemas.messages import Subscription

log = structlog.get_logger(__name__)


def hook_of(gw: Gateway, source: Record) -> str:
    """Where this shop's webhooks come in."""
    return f"{gw.settings.address}/hooks/platforms/{source.platform}/{source.id}"


async def keep_subscribed(gw: Gateway, source: Record, platform: Platform) -> None:
    """Subscribe again to what the shop no longer tells us of. What it refuses is a task for a person."""
    if not gw.settings.public_url or not isinstance(platform, ManagesSubscriptions):
        return
    hook, refused = hook_of(gw, source), ""
    missing: list[str] = []
    try:
        here = {one.topic for one in await platform.subscriptions() if one.url == hook}
        missing = [topic for topic in platform.profile.topics if topic not in here]
        for topic in missing:
            await platform.subscribe(Subscription(topic=topic, url=hook))
    except AdapterError as error:
        refused = f"{type(error).__name__}: {error}"
        log.warning("source.not_subscribed", source=source.id, platform=source.platform, error=type(error).__name__)
    if missing:
        await _write_down(gw, source, missing, refused)


async def rejected(tx: Desk, source_id: str, return_id: str | None = None) -> None:
    """Its credentials are taken no more: a person is told, and told again where that was seen to before."""
    await tx.tasks.ask_anew("source_rejected", f"source:{source_id}", Detail.of("platform_rejects_us"), return_id)


async def _write_down(gw: Gateway, source: Record, missing: list[str], refused: str) -> None:
    cause = f"subscription:{source.id}"
    async with gw.store.transaction(source.exporter_id, actor=f"platform:{source.platform}") as tx:
        if refused:
            what = {"platform": source.platform, "topics": ", ".join(missing), "words": refused}
            await tx.tasks.ask("subscription_lost", cause, Detail.of("not_subscribed", **what))
            return
        await tx.tasks.done(cause)
        tx.note("source.subscribed", source.id, after={"topics": missing})
