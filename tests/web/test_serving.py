"""As it is really served: slow callers, parsers' refusals, and stopping (bad-inputs.md B16 to B19)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from gateway.web import app, body
from gateway.web.state import DOORS
from tests.web.doors import House


@pytest.fixture
async def served(house: House) -> AsyncIterator[tuple[web.AppRunner, int]]:
    runner = await app.serve(house.gw, "127.0.0.1", 0)
    yield runner, int(runner.addresses[0][1])
    await runner.cleanup()


async def say(port: int, *parts: bytes) -> bytes:
    """Send, and read until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_b19_a_head_that_does_not_come_ends_the_connection(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "HEAD_SECONDS", 0.1)
    runner = await app.serve(house.gw, "127.0.0.1", 0)
    port = int(runner.addresses[0][1])
    assert await say(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
    async with ClientSession() as other, other.get(f"http://127.0.0.1:{port}/healthz") as answer:
        assert answer.status == 200
    await runner.cleanup()


async def test_a_connection_that_has_spoken_is_kept(served: tuple[web.AppRunner, int]) -> None:
    runner, port = served
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await reader.readexactly(len(b'{"status": "alive"}'))
        assert not runner.app[DOORS].unheard
    writer.close()
    await writer.wait_closed()


async def test_b19_a_body_that_does_not_come_is_a_408(
    house: House, served: tuple[web.AppRunner, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "PATIENCE", 0.1)
    head = f"POST /v1/returns HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.mine.key}\r\n"
    head += "Idempotency-Key: k-1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    reader, writer = await asyncio.open_connection("127.0.0.1", served[1])
    writer.write(head.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()
    await writer.wait_closed()


NO_HTTP = {
    "B16 two ways to say how long": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "B16 two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "B17 two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "B18 a header of 16 KB": b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 16_384 + b"\r\n\r\n",
    "B18 a line of 9 KB": b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "B18 200 headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(200)) + b"\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
}


@pytest.mark.parametrize("said", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_http_is_refused_and_closed(served: tuple[web.AppRunner, int], said: bytes) -> None:
    answer = await say(served[1], said)
    assert answer.split(b" ")[1] in (b"400", b"431"), answer[:100]
    assert b"Traceback" not in answer


async def test_not_ready_while_stopping(house: House, served: tuple[web.AppRunner, int]) -> None:
    runner, port = served
    async with ClientSession(f"http://127.0.0.1:{port}") as caller:
        async with caller.get("/readyz") as answer:
            assert answer.status == 200
        app.stop_taking(runner)
        async with caller.get("/readyz") as answer:
            assert answer.status == 503
        async with caller.get("/healthz") as answer:
            assert answer.status == 200
