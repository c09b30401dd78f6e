"""Durable webhook intake, side by side: ours; the same handler without the store; FastAPI + uvicorn on the same store, with
the same care around each request, and bare.

Each server on core 0, the load on core 1, 64 connections, a fresh embedded store each time. Every message is new: verified,
parsed, committed, and only then answered. They are asked in turns of two thousand, so that a slow minute of the machine
is a slow minute of all.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from tests.bench import load, world

KINDS = ("ours", "no_store", "fastapi", "fastapi_bare")
TURN = 2000


def _messages(source: str, count: int) -> list[bytes]:
    """Signed messages of about 1 KB, each of another return."""
    signer, now, made = Webhook(world.SECRET), datetime.now(UTC), []
    item = {"id": "1", "sku": "A-1", "title": "Jacket", "quantity": 1, "unit_grams": 900, "hs_code": "620140"}
    for number in range(count):
        data = {"id": f"R{number}", "status": "requested", "label": "platform", "items": [item] * 3, "note": "x" * 500}
        body = json.dumps({"type": "return.changed", "occurred_at": now.isoformat(), "data": data})
        message_id = f"msg_{uuid.uuid4().hex}"
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(message_id, now, body),
        }
        made.append(load.request("POST", f"/hooks/platforms/sandbox/{source}", headers, body.encode()))
    return made


def measure(requests: int) -> dict[str, load.Measured]:
    """One run: all of them stand there, and are asked in turns."""
    with ExitStack() as stack:
        ports = {kind: load.free_port() for kind in KINDS}
        messages = {kind: _stood_up(stack, kind, port, requests) for kind, port in ports.items()}
        time.sleep(0.3)
        found = {kind: load.Measured() for kind in KINDS}
        for start in range(0, requests, TURN):
            for kind, port in ports.items():
                found[kind].add(asyncio.run(load.hammer(port, messages[kind][start : start + TURN])))
        return found


def _stood_up(stack: ExitStack, kind: str, port: int, requests: int) -> list[bytes]:
    """A server on a store of its own, and what it is to be sent."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    there = asyncio.run(world.settle_in(Path(folder), "http://127.0.0.1:9"))
    env = {"HOMEWARD_DATA": folder, "HOMEWARD_LOG_LEVEL": "error", "BENCH_SOURCE": there.source}
    stack.enter_context(load.process("-m", "tests.bench.intake_servers", kind, str(port), port=port, core=0, env=env))
    return _messages(there.source, requests)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {(os.cpu_count() and 1) or 0})
    runs = []
    for _ in range(asked.runs):
        found = measure(asked.requests)
        for kind, seen in found.items():
            assert seen.failed == 0, f"{kind}: {seen.failed} were not answered 2xx"
        runs.append(_told(found))
        print(json.dumps(runs[-1]), flush=True)
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(json.dumps({"median": median, "machine": load.load_of_machine()}))


def _told(found: dict[str, load.Measured]) -> dict[str, float]:
    told: dict[str, float] = {kind: round(seen.per_second) for kind, seen in found.items()}
    for other in KINDS[1:]:
        told[f"ours_over_{other}"] = round(told["ours"] / told[other], 2)
    return told | {f"p99_ms_{kind}": round(seen.p99_ms, 1) for kind, seen in found.items()}


if __name__ == "__main__":
    main()
