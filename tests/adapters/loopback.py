"""A server on loopback that breaks a conversation at one named place. It counts the requests it has read whole."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Stub:
    """`port`, and what was read: one start line for each whole request."""

    def __init__(self, behave: Callable[["Stub", Reader, Writer], object]) -> None:
        self.behave, self.seen, self.over = behave, list[str](), asyncio.Event()
        self.heads = list[str]()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def read_request(self, reader: Reader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lengths = [line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length")]
        await reader.readexactly(int(lengths[0]) if lengths else 0)
        self.seen.append(head.split("\r\n")[0])
        self.heads.append(head)


@asynccontextmanager
async def serving(behave: Callable[[Stub, Reader, Writer], object]) -> AsyncIterator[Stub]:
    stub = Stub(behave)

    async def meet(reader: Reader, writer: Writer) -> None:
        try:
            await behave(stub, reader, writer)  # type: ignore[misc]
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        stub.over.set()
        server.close()
        await server.wait_closed()


def answer(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def close_before_read(stub: Stub, reader: Reader, writer: Writer) -> None:
    writer.transport.abort()


async def read_then_close(stub: Stub, reader: Reader, writer: Writer) -> None:
    await stub.read_request(reader)


async def read_then_reset(stub: Stub, reader: Reader, writer: Writer) -> None:
    await stub.read_request(reader)
    writer.transport.abort()


async def read_then_hang(stub: Stub, reader: Reader, writer: Writer) -> None:
    await stub.read_request(reader)
    await stub.over.wait()


async def half_body(stub: Stub, reader: Reader, writer: Writer) -> None:
    await stub.read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def close_under_the_second(stub: Stub, reader: Reader, writer: Writer) -> None:
    """Answers the first request of a connection, reads the second, and closes."""
    await stub.read_request(reader)
    writer.write(answer("200 OK"))
    await stub.read_request(reader)


async def drip(stub: Stub, reader: Reader, writer: Writer) -> None:
    """Never silent for long, never done: only a total limit ends it."""
    await stub.read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not stub.over.is_set():
        writer.write(b" ")
        await writer.drain()
        try:
            await asyncio.wait_for(stub.over.wait(), 0.02)
        except TimeoutError:
            continue


def saying(reply: bytes) -> Callable[[Stub, Reader, Writer], object]:
    """The same reply to each request of a connection."""

    async def behave(stub: Stub, reader: Reader, writer: Writer) -> None:
        while True:
            await stub.read_request(reader)
            writer.write(reply)
            await writer.drain()

    return behave
