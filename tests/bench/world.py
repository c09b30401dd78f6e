"""What the benches need: a data folder with an exporter, his account, shop and channel."""

import base64
from dataclasses import dataclass
from pathlib import Path

from adapters import registry
from gateway.config import Settings
from gateway.demo import props
from gateway.journeys import settling_in
from gateway.running import ready_gateway

SECRET = "whsec_" + base64.b64encode(b"bench" * 6).decode()


@dataclass(frozen=True, slots=True)
class World:
    data: Path
    exporter: str
    key: str
    source: str


async def settle_in(data: Path, carrier_url: str, db: str = "") -> World:
    """An exporter whose carrier is at `carrier_url`."""
    async with ready_gateway(Settings(data=data, private_endpoints=True, db=db)) as gw:
        exporter = await settling_in.add_exporter(gw, "Bench")
        key = await settling_in.add_key(gw, exporter, "bench")
        async with gw.store.transaction(exporter) as tx:
            credentials = {"client_id": "bench", "client_secret": "bench-secret"}
            account = await settling_in.add_account(gw, tx, "sandbox_rest", "bench", credentials, base_url=carrier_url)
            service = registry.carrier("sandbox_rest").profile.services[0].code
            await settling_in.add_channel(tx, account, "bench", service, props.CONSIGNEE, zone="Asia/Shanghai")
            source = await settling_in.add_source(gw, tx, "sandbox", "bench", {"webhook_secret": SECRET})
            await tx.sources.set(source, due_at=None)  # nobody is there to be asked for a list
            for sweep in await tx.all(tx.sweeps.mine()):
                await tx.sweeps.set(sweep.id, due_at=None)
    return World(data, exporter, key, source)
