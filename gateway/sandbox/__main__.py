"""`python -m gateway.sandbox --port 8090 --ledger sandbox.jsonl`: the sandbox as its own process."""

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from gateway.sandbox.app import start_sandbox


async def serve(host: str, port: int, ledger: Path | None) -> None:
    """Run until SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    runner, bound = await start_sandbox(ledger, host=host, port=port)
    print(f"sandbox on http://{host}:{bound}", flush=True)  # noqa: T201 — the line a waiting test reads
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m gateway.sandbox")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--ledger", type=Path, default=None)
    told = parser.parse_args()
    asyncio.run(serve(told.host, told.port, told.ledger))


if __name__ == "__main__":
    main()
