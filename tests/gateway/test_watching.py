"""The watchdog: a shop that stops telling us is subscribed to again, and one that refuses is a person's task."""

import pytest

from adapters.platforms.sandbox.client import SandboxPlatform
from gateway.config import Settings
from gateway.core import Gateway
from gateway.journeys.listing import list_source
from gateway.journeys.watching import hook_of
from schemas.errors import Refused
from schemas.messages import Subscription
from tests.house.settled import Settled

pytestmark = pytest.mark.parametrize("carrier_kind", ["rest"], indirect=True)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"public_url": "https://returns.example"})


async def look(settled: Settled) -> None:
    """One turn of the shop's list."""
    gw = settled.gateway
    async with gw.store.transaction(settled.exporter) as tx:
        await tx.wake("list", settled.source)
    (job,) = await gw.store.due("list")
    await list_source(gw, job)


async def url_at_the_shop(settled: Settled) -> str:
    source = await settled.reading(lambda tx: tx.sources.get(settled.source))
    platform = settled.gateway.open_platform(source)
    assert isinstance(platform, SandboxPlatform)
    found = await platform.subscriptions()
    return found[0].url if found else ""


async def test_a_dropped_subscription_is_made_again(settled: Settled) -> None:
    await settled.bench.tell("platform/shop", url="")
    await look(settled)
    source = await settled.reading(lambda tx: tx.sources.get(settled.source))
    assert await url_at_the_shop(settled) == hook_of(settled.gateway, source)
    assert await said(settled) == [{"topics": ["return.changed"]}]
    await look(settled)
    assert len(await said(settled)) == 1  # it stands: nothing is made, nothing is said


async def said(settled: Settled) -> list[object]:
    rows = await settled.reading(lambda tx: tx.audit.of_chain(settled.exporter))
    return [row.after for row in rows if row.action == "source.subscribed"]


async def test_one_that_leads_elsewhere_is_not_ours(settled: Settled) -> None:
    await settled.bench.tell("platform/shop", url="https://elsewhere.example/hooks")
    await look(settled)
    assert (await url_at_the_shop(settled)).startswith("https://returns.example/hooks/platforms/sandbox/")


async def test_a_refusal_is_a_task_until_it_is_put_right(settled: Settled, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: SandboxPlatform, wanted: Subscription) -> None:
        raise Refused("the shop's plan takes no webhooks")

    await settled.bench.tell("platform/shop", url="")
    with monkeypatch.context() as refusing:
        refusing.setattr(SandboxPlatform, "subscribe", refuse)
        await look(settled)
        await look(settled)
    (task,) = await settled.reading(lambda tx: tx.tasks.open_ones())
    assert (task.kind, "takes no webhooks" in task.detail) == ("subscription_lost", True)
    await look(settled)
    assert await settled.reading(lambda tx: tx.tasks.open_ones()) == []


async def test_without_a_public_address_nothing_is_asked(gateway: Gateway, settled: Settled) -> None:
    object.__setattr__(gateway, "settings", gateway.settings.model_copy(update={"public_url": ""}))
    await settled.bench.tell("platform/shop", url="")
    await look(settled)
    assert await url_at_the_shop(settled) == ""
