"""Durable webhook intake, side by side: ours; the same handler without the store; FastAPI + uvicorn on the same store.

Each server on core 0, the load on core 1, 64 connections, a fresh embedded store each time. Every message is new: verified,
parsed, committed, and only then answered.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.bench import load, world

KINDS = ("ours", "no_store", "fastapi")


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


def measure(kind: str, requests: int) -> load.Measured:
    """One run of one server."""
    port = load.free_port()
    with tempfile.TemporaryDirectory() as folder:
        there = asyncio.run(world.settle_in(Path(folder), "http://127.0.0.1:9"))
        messages = _messages(there.source, requests)
        env = {"HOMEWARD_DATA": folder, "HOMEWARD_LOG_LEVEL": "error", "BENCH_SOURCE": there.source}
        with load.process("-m", "tests.bench.intake_servers", kind, str(port), port=port, core=0, env=env):
            time.sleep(0.3)
            return asyncio.run(load.hammer(port, messages))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {(os.cpu_count() and 1) or 0})
    found: dict[str, list[load.Measured]] = {kind: [] for kind in KINDS}
    for _ in range(asked.runs):
        for kind in KINDS:
            seen = measure(kind, asked.requests)
            found[kind].append(seen)
            print(
                json.dumps({"kind": kind, "per_second": round(seen.per_second), "p99_ms": round(seen.p99_ms, 1)}),
                flush=True,
            )
            assert seen.failed == 0, f"{kind}: {seen.failed} were not answered 2xx"
    median: dict[str, Any] = {
        kind: round(statistics.median(run.per_second for run in runs)) for kind, runs in found.items()
    }
    median["ours_over_fastapi"] = round(median["ours"] / median["fastapi"], 2)
    median["ours_over_no_store"] = round(median["ours"] / median["no_store"], 2)
    median["p99_ms"] = {kind: round(statistics.median(run.p99_ms for run in runs), 1) for kind, runs in found.items()}
    print(json.dumps({"median": median, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
