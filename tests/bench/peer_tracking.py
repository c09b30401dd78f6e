"""The peer, in its own environment: `python -m tests.bench.peer_tracking ADDRESS FETCHES`, one JSON line for each protocol.

Needs karrio, karrio_dhl_universal (JSON) and karrio_dhl_poland (SOAP). Its addresses are constants of its settings, so two
settings are given ours instead; nothing else of it is changed. Threads, because its sender waits.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.tracking_replies import NUMBER, XML_EVENTS, peer_json, peer_xml

THREADS = 64


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _gateways(karrio: Any, address: str) -> dict[str, Any]:
    from karrio.mappers.dhl_poland.settings import Settings as Poland
    from karrio.mappers.dhl_universal.settings import Settings as Universal

    Universal.server_url = property(lambda self: address)
    Poland.server_url = property(lambda self: f"{address}/peer")
    known = {"consumer_key": "bench", "consumer_secret": "bench"}
    return {
        "json": karrio.gateway["dhl_universal"].create(known),
        "xml": karrio.gateway["dhl_poland"].create({"username": "bench", "password": "bench"}),
    }


def _fetch(karrio: Any, gateway: Any, events: int, number: int) -> None:
    asked = karrio.Tracking.fetch({"tracking_numbers": [NUMBER]})
    found, _ = asked.from_(gateway).parse()
    if len(found[0].events) != events:
        raise SystemExit(f"the peer read {len(found[0].events)} events of {events}")


def _read(gateway: Any, content: str, seconds: float = 1.0) -> float:
    from karrio.core.utils import DP, XP, Deserializable

    xml = content.startswith("<")
    done, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        reply = Deserializable(content, lambda res: {NUMBER: XP.to_xml(res)} if xml else [DP.to_dict(res)])
        found, _ = gateway.mapper.parse_tracking_response(reply)
        assert found[0].events
        done += 1
    return done / (time.process_time() - started)


def main(address: str, fetches: int) -> None:
    import karrio.sdk as karrio
    from loguru import logger

    logger.disable("karrio")  # it tells of every request
    replies = {
        "json": (peer_json(), len(json.loads(peer_json())["shipments"][0]["events"])),
        "xml": (peer_xml(), XML_EVENTS),
    }
    for form, gateway in _gateways(karrio, address).items():
        content, events = replies[form]
        fetch = partial(_fetch, karrio, gateway, events)
        told = {"peer": form, **_fetching(fetch, fetches), "bytes": len(content), "events": events}
        print(json.dumps({**told, "read_per_cpu_second": round(_read(gateway, content.decode()))}), flush=True)


def _fetching(fetch: Callable[[int], None], fetches: int) -> dict[str, float]:
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(fetch, range(THREADS)))
        memory, worked, started = _resident(), time.process_time(), time.perf_counter()
        list(threads.map(fetch, range(fetches)))
        took, busy, grown = time.perf_counter() - started, time.process_time() - worked, _resident() - memory
    each = {"per_second": round(fetches / took), "busy_ms": round(busy / fetches * 1000, 3)}
    return {**each, "grown_mib_per_5000": round(grown / 2**20 * 5000 / fetches, 2)}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
