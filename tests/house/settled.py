"""A gateway that has moved in: an exporter with an account at the sandbox carrier, a shop, a channel and an endpoint."""

import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapters import registry
from gateway.core import Gateway
from gateway.journeys import intake, settling_in
from gateway.sandbox import start_sandbox
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.messages import InboundMessage
from schemas.values import Address, Party
from tests.house.waiting import eventually
from tests.sandbox.bench import CREDENTIALS, PATHS, Bench

API_KEY = "k-e-y"
CONSIGNEE = Party(
    name="Returns desk",
    company="Dongguan Linden",
    address=Address(lines=("No. 1 Road",), city="Dongguan", postal_code="523000", country="CN"),
    phone="+86 769 1234 5678",
)


@dataclass
class Settled:
    """Ids of everything that was set up, and the ways to use it. `bench` is the sandbox's control desk."""

    gateway: Gateway
    bench: Bench
    carrier: str
    exporter: str
    account: str
    source: str
    channel: str
    endpoint: str
    endpoint_secret: str
    webhook_secret: str

    async def authorise(self, rma_id: str = "R1", **changed: Any) -> Any:
        """Let the shop authorise a return; it sends its webhook by itself, and here it is received."""
        return await self.bench.tell("platform/shop/returns", **{"return": self.a_return(rma_id, **changed)})

    def a_return(self, rma_id: str = "R1", **changed: Any) -> dict[str, Any]:
        """A return as the sandbox shop writes it."""
        item = {
            "id": "1",
            "sku": "A-1",
            "title": "Jacket",
            "quantity": 1,
            "unit_price": {"amount": "79.90", "currency": "EUR"},
            "unit_grams": 900,
            "hs_code": "620140",
            "origin": "CN",
        }
        returner = {
            "name": "Marie Exemple",
            "lines": ["12 rue des Essais"],
            "city": "Lyon",
            "postal_code": "69003",
            "country": "FR",
            "phone": "+33 6 00 00 00 01",
            "email": "marie@example.com",
        }
        return {
            "id": rma_id,
            "number": f"{rma_id}-1001",
            "status": "approved",
            "kind": "return",
            "label": "merchant",
            "order": {"id": "O1", "number": "1001"},
            "items": [item],
            "returner": returner,
            "updated_at": self.gateway.clock().isoformat(),
        } | changed

    async def reading(self, ask: Callable[[Desk], Awaitable[Any]]) -> Any:
        """What the exporter's shelves answer."""
        async with self.gateway.store.reading(self.exporter) as tx:
            return await ask(tx)

    async def return_of(self, rma_id: str = "R1") -> Record | None:
        row: Record | None = await self.reading(lambda tx: tx.returns.by_rma(self.source, rma_id))
        return row

    async def shipments_of(self, rma_id: str = "R1") -> list[Record]:
        row = await self.return_of(rma_id)
        return list(await self.reading(lambda tx: tx.shipments.of_return(row.id))) if row else []

    async def booked(self, rma_id: str = "R1", *, within: float = 15.0) -> Record:
        """Wait for the return's one shipment to have its waybill. Somebody must be working."""

        async def waybilled() -> Record | None:
            rows = await self.shipments_of(rma_id)
            return rows[0] if rows and rows[0].waybill else None

        row = await eventually(waybilled, within=within)
        assert row is not None
        return row


@asynccontextmanager
async def settled_in(gateway: Gateway, bench: Bench, carrier: str, name: str = "Demo") -> AsyncIterator[Settled]:
    """Move an exporter in. `carrier` is `rest` or `soap`. Webhooks of the shop are received as the web door would."""
    adapter_id = f"sandbox_{carrier}"
    exporter = await settling_in.add_exporter(gateway, name)
    secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    async with gateway.store.transaction(exporter, "operator") as tx:
        account = await settling_in.add_account(
            gateway,
            tx,
            adapter_id,
            "demo",
            CREDENTIALS[adapter_id],
            number="demo",
            base_url=bench.base + PATHS[adapter_id],
            zone="Europe/Paris",
        )
        keys = {"webhook_secret": secret, "api_key": API_KEY}
        source = await settling_in.add_source(
            gateway, tx, "sandbox", "shop", keys, base_url=f"{bench.base}/platform/shop"
        )
        service = registry.carrier(adapter_id).profile.services[0].code
        channel = await settling_in.add_channel(tx, account, "CN desk", service, CONSIGNEE, zone="Asia/Shanghai")
        endpoint, endpoint_secret = await settling_in.add_endpoint(gateway, tx, f"{bench.base}/sink/demo")
    await bench.tell("sink/demo", secret=endpoint_secret)
    async with _door(gateway, source) as url:
        await bench.tell("platform/shop", url=url, secret=secret, api_key=API_KEY)
        yield Settled(gateway, bench, carrier, exporter, account, source, channel, endpoint, endpoint_secret, secret)


@asynccontextmanager
async def _door(gateway: Gateway, source: str) -> AsyncIterator[str]:
    async def receive(request: web.Request) -> web.Response:
        message = InboundMessage(
            body=await request.read(),
            headers={name.lower(): value for name, value in request.headers.items()},
            url=str(request.url),
            received_at=gateway.clock(),
        )
        return web.json_response({"new": await intake.receive(gateway, "sandbox", source, message)})

    app = web.Application()
    app.router.add_post("/hooks", receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running_sandbox(clock: Any) -> AsyncIterator[str]:
    """The address of a sandbox on the given clock."""
    runner, port = await start_sandbox(None, clock=clock)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
