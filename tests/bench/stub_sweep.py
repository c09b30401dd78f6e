"""A carrier that answers tracking about one waybill a call, and remembers when it was asked about which.

`python -m tests.bench.stub_sweep PORT SECONDS`, the seconds being how long it takes. `GET /log` tells every call so far as
[waybill, second it came, second its answer left]; a call whose caller was gone by then has no end. `GET /count` tells how
many there are, which may be asked all the time: writing a long log down would make the calls that come meanwhile look late.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from tests.bench.stub_tracking import JSON, TOKEN, Stub, _reply

LOG: list[list[str | float | None]] = []


class OneAtATime(Stub):
    """One connection."""

    seconds = 0.05

    def answer(self, start: list[bytes]) -> None:
        asked = urlsplit(start[1].decode())
        if asked.path == "/count":
            self.transport.write(_reply(str(len(LOG)).encode(), JSON))
        elif asked.path == "/log":
            self.transport.write(_reply(json.dumps(LOG).encode(), JSON))
        elif asked.path.endswith("/token"):
            self.transport.write(_reply(TOKEN, JSON))
        else:
            (waybill,) = parse_qs(asked.query)["waybills"]
            LOG.append([waybill, time.monotonic(), None])
            asyncio.get_running_loop().call_later(self.seconds, self.tell, LOG[-1])

    def tell(self, entry: list[str | float | None]) -> None:
        if not self.transport.is_closing():
            entry[2] = time.monotonic()
            told = {"waybill": entry[0], "events": []}
            body = json.dumps({"success": True, "shipments": [told], "unknown": []}).encode()
            self.transport.write(_reply(body, JSON))


async def main(port: int) -> None:
    with suppress(PermissionError):
        os.nice(-10)  # a carrier stands elsewhere: whatever keeps our two cores busy does not make it hear a call later
    server = await asyncio.get_running_loop().create_server(OneAtATime, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    OneAtATime.seconds = float(sys.argv[2])
    asyncio.run(main(int(sys.argv[1])))
