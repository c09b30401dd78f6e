"""Billed lines against bookings, a million of each: ours beside bare polars, on the same two files, in turns.

Ours is `homeward invoice audit` without its command line: every verdict by the rules, with its reason. The peer
(`tests/bench/peer_reconcile.py`) says what the same machine needs at least. Each runs in a process of its own, so that its
memory is its own; `--runs`, `--lines`, `--bookings`, and `--data FOLDER` keeps the files for the next time.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tests.bench import load, reconcile_data


def ours(folder: Path) -> dict[str, Any]:
    """One run in this process."""
    from gateway.bulk.audit import audit

    started = time.perf_counter()
    found = audit(folder / "bookings.csv", folder / "lines.csv")
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    counts = found.lines["finding"].value_counts().sort("finding")
    return {
        "engine": "homeward",
        "seconds": round(seconds, 3),
        "cpu": round(used.ru_utime + used.ru_stime, 3),
        "peak_mib": round(used.ru_maxrss / 1024),
        "singly": found.singly,
        "counts": {str(finding): many for finding, many in counts.iter_rows()},
    }


def measured(*argv: str) -> dict[str, Any]:
    told = subprocess.run([sys.executable, "-m", *argv], check=True, capture_output=True, text=True).stdout
    line: dict[str, Any] = json.loads(told.splitlines()[-1])
    return line


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--bookings", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once:
        print(json.dumps(ours(asked.once)))
        return
    with tempfile.TemporaryDirectory() if asked.data is None else nullcontext(asked.data) as name:
        folder = Path(name)
        folder.mkdir(exist_ok=True)
        if not (folder / "lines.csv").exists():
            reconcile_data.write_apart(folder, asked.lines, asked.bookings)
        told: dict[str, list[dict[str, Any]]] = {}
        for _ in range(asked.runs):
            for argv in (("tests.bench.peer_reconcile", name), ("tests.bench.reconcile", "--once", name)):
                line = measured(*map(str, argv))
                told.setdefault(line["engine"], []).append(line)
                print(json.dumps(line), flush=True)
    summary = {
        engine: {key: statistics.median(line[key] for line in lines) for key in ("seconds", "cpu", "peak_mib")}
        for engine, lines in told.items()
    }
    peer, mine = summary["bare polars"], summary["homeward"]
    ratio = {key: round(mine[key] / peer[key], 2) for key in ("seconds", "cpu", "peak_mib")}
    print(json.dumps({"median": summary, "ratio": ratio, "machine": load.load_of_machine()}))


if __name__ == "__main__":
    main()
