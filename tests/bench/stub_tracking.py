"""A carrier that answers tracking after 50 ms, over REST and SOAP, and counts its connections.

`python -m tests.bench.stub_tracking PORT`. Its HTTP is the least that clients of ours speak, so that the stub is not what the
bench measures. `GET /count` tells requests and connections so far, at once.
"""

import asyncio
import json
import sys

from tests.bench.tracking_replies import json_reply, peer_json, peer_xml, xml_reply

LATENCY = 0.05
JSON, XML = "application/json", "text/xml; charset=utf-8"
TOKEN = json.dumps({"access_token": "bench", "token_type": "Bearer", "expires_in": 86400}).encode()


def _reply(body: bytes, media_type: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


REPLIES = {b"GET": _reply(json_reply(), JSON), b"POST": _reply(xml_reply(), XML)}
PEER = {b"GET": _reply(peer_json(), JSON), b"POST": _reply(peer_xml(), XML)}


class Stub(asyncio.Protocol):
    """One connection. Requests come one after the other, each with a Content-Length where it has a body."""

    connections = 0
    requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        Stub.connections += 1
        self.transport, self.heard = transport, b""

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, gap, rest = self.heard.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if gap and len(rest) >= length:
            self.heard = rest[length:]
            self.answer(head.split(b" ", 2))

    def answer(self, start: list[bytes]) -> None:
        method, path = start[0], start[1]
        if path == b"/count":
            told = json.dumps({"requests": Stub.requests, "connections": Stub.connections}).encode()
            self.transport.write(_reply(told, JSON))
            return
        Stub.requests += 1
        replies = PEER if path.startswith((b"/track/", b"/peer")) else REPLIES
        said = _reply(TOKEN, JSON) if path.endswith(b"/token") else replies[method]
        asyncio.get_running_loop().call_later(LATENCY, self.transport.write, said)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
