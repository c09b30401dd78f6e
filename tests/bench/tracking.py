"""Fetching from a carrier that takes 50 ms to answer, and reading what it said.

Fetches go the way a poll's do: open the account's adapter, its lane, the sender, the mapping. Beside them in the same run is
the bound, a bare loop of httpx2 on aiohttp with `json.loads` or lxml. `--peer PYTHON`: an interpreter that has karrio, which
is then measured on the same stub and on replies of the same size (`tests/bench/peer_tracking.py`).
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx2
import structlog
from httpx_aiohttp.httpx2 import AiohttpTransport
from lxml import etree

from adapters import registry
from adapters.seam import Reply
from gateway.config import Settings
from gateway.core import Gateway, open_gateway
from gateway.running import run, started
from schemas.values import Waybill
from tests.bench import load
from tests.bench.tracking_replies import NUMBER, json_reply, xml_reply

Fetch = Callable[[], Awaitable[object]]
AT_ONCE = 64
CARRIERS = {
    "sandbox_rest": {"client_id": "bench", "client_secret": "bench-secret"},
    "sandbox_soap": {"user": "bench", "password": "bench-secret"},
}


async def hammer(fetch: Fetch, times: int) -> tuple[float, float]:
    """Fetches a second, so many at once; and milliseconds of this process's own time for each."""
    left = iter(range(times))

    async def one() -> None:
        for _ in left:
            await fetch()

    started, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return times / (time.perf_counter() - started), (time.process_time() - worked) / times * 1000


def ours(gw: Gateway, carrier: str, address: str) -> Fetch:
    """One call of a poll's turn, without its transactions."""
    account = SimpleNamespace(
        id=f"acc_{carrier}",
        carrier=carrier,
        base_url=address,
        zone="Europe/Paris",
        lane=carrier,
        pace=None,
        credentials=gw.seal_credentials(
            f"acc_{carrier}", registry.carrier(carrier).profile.credentials.model_validate(CARRIERS[carrier])
        ),
    )

    carrier = gw.open_carrier(account)  # once a turn

    async def fetch() -> object:
        return await carrier.track([Waybill(NUMBER)])

    return fetch


def bare(client: httpx2.AsyncClient, carrier: str, address: str) -> Fetch:
    """Nothing around the client."""

    async def rest() -> object:
        return json.loads((await client.get(f"{address}/tracking", params={"waybills": NUMBER})).content)

    async def soap() -> object:
        return etree.fromstring((await client.post(address, content=b"x" * 600)).content)

    return rest if carrier == "sandbox_rest" else soap


def bare_client() -> httpx2.AsyncClient:
    """httpx2 as it stands on aiohttp; the certificates, which it would read each time, are not needed here."""

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200), cookie_jar=aiohttp.DummyCookieJar())

    return httpx2.AsyncClient(transport=AiohttpTransport(verify=False, client=session), timeout=30.0, trust_env=False)


async def counted(client: httpx2.AsyncClient, address: str) -> dict[str, int]:
    told: dict[str, int] = (await client.get(f"{address}/count")).json()
    return told


def resident() -> int:
    """Bytes of memory in use now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def fetching(gw: Gateway, carrier: str, address: str, fetches: int) -> dict[str, Any]:
    """Ours and the bound, one after the other; growth and connections are ours."""
    async with bare_client() as client:
        fetch = ours(gw, carrier, address)
        await hammer(fetch, 500)
        before, memory = await counted(client, address), resident()
        per_second, busy_ms = await hammer(fetch, fetches)
        after, grown = await counted(client, address), resident() - memory
        bound, bound_ms = await hammer(bare(client, carrier, address), fetches)
    asked = after["requests"] - before["requests"]
    return {
        "carrier": carrier,
        "per_second": round(per_second),
        "busy_ms": round(busy_ms, 3),
        "bound_per_second": round(bound),
        "bound_busy_ms": round(bound_ms, 3),
        "connections_per_request": round((after["connections"] - before["connections"]) / asked, 4),
        "grown_mib_per_5000": round(grown / 2**20 * 5000 / fetches, 2),
    }


def reading(seconds: float) -> dict[str, Any]:
    """Replies read and normalised in a second of this process's time."""
    measured: dict[str, Any] = {}
    for carrier, content in (("sandbox_rest", json_reply()), ("sandbox_soap", xml_reply())):
        reader = registry.carrier(carrier).readers["tracking"]
        done, started = 0, time.process_time()
        while time.process_time() - started < seconds:
            reader(Reply(200, content))
            done += 1
        measured[f"{carrier}_read_per_cpu_second"] = round(done / (time.process_time() - started))
        measured[f"{carrier}_bytes"] = len(content)
    return measured


async def measure(fetches: int, peer: str | None) -> list[dict[str, Any]]:
    port = load.free_port()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory() as folder, load.process("-m", "tests.bench.stub_tracking", str(port), port=port):
        async with open_gateway(Settings(data=Path(folder))) as gw:
            started()  # as a worker is
            measured = [await fetching(gw, carrier, f"http://127.0.0.1:{port}", fetches) for carrier in CARRIERS]
        return measured + (peer_of(peer, f"http://127.0.0.1:{port}", fetches) if peer else [])


def peer_of(interpreter: str, address: str, fetches: int) -> list[dict[str, Any]]:
    """What the peer's own process measured on the same stub."""
    asked = [interpreter, "-W", "ignore", "-m", "tests.bench.peer_tracking", address, str(fetches)]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in told.splitlines() if line.startswith("{")]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--fetches", type=int, default=5000)
    parser.add_argument("--peer", help="an interpreter that has karrio and its dhl_universal, dhl_poland")
    asked = parser.parse_args()
    for _ in range(asked.runs):
        for line in [*run(measure(asked.fetches, asked.peer)), reading(1.0)]:
            print(json.dumps(line), flush=True)
    print(json.dumps({"machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
