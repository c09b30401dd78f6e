"""A link that can be broken: a TCP proxy that passes, delays, cuts after some bytes, resets, swallows or drips."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from typing import Literal

Way = Literal["up", "down"]
CHUNK = 65_536


@dataclass
class Weather:
    """What happens on the link. It holds for open connections from their next bytes on, and for new ones at once."""

    delay: float = 0.0
    """Seconds that every chunk waits, either way."""
    swallow: bool = False
    """Nothing comes through and nobody is told."""
    reset: bool = False
    """New connections are reset."""
    cut_up: int | None = None
    cut_down: int | None = None
    """A connection is reset after so many bytes of its own, counted from its start."""
    drip: float = 0.0
    """Seconds between single bytes on the way down."""


@dataclass
class Proxy:
    """One link to `host:port`, or to a socket's path as `host`. `weather` changes at will; `passed` counts bytes by way."""

    host: str
    port: int
    weather: Weather = field(default_factory=Weather)
    own_port: int = 0
    connections: int = 0
    passed: dict[Way, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def calm(self) -> None:
        """Fair weather again."""
        for one in fields(Weather):
            setattr(self.weather, one.name, one.default)

    def cut(self) -> None:
        """Reset every open connection now."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            if self.weather.reset:
                return
            back, far = await self._reach()
            self._writers.add(far)
            pumps = [
                asyncio.create_task(self._pump("up", reader, far)),
                asyncio.create_task(self._pump("down", back, writer)),
            ]
            _, left = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in left:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            return
        finally:
            for one in (writer, far):
                if one is not None:
                    self._writers.discard(one)
                    one.transport.abort() if self.weather.reset else one.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.host.startswith("/"):
            return await asyncio.open_unix_connection(self.host)
        return await asyncio.open_connection(self.host, self.port)

    async def _pump(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = 0
        with suppress(OSError, asyncio.IncompleteReadError):
            while chunk := await reader.read(CHUNK):
                while self.weather.swallow:
                    await asyncio.sleep(0.02)
                if self.weather.delay:
                    await asyncio.sleep(self.weather.delay)
                limit = self.weather.cut_up if way == "up" else self.weather.cut_down
                if limit is not None and mine + len(chunk) >= limit:
                    writer.write(chunk[: max(0, limit - mine)])
                    await writer.drain()
                    self.cut()
                    return
                mine += len(chunk)
                self.passed[way] += len(chunk)
                await self._write(way, writer, chunk)

    async def _write(self, way: Way, writer: asyncio.StreamWriter, chunk: bytes) -> None:
        if way == "up" or not self.weather.drip:
            writer.write(chunk)
            await writer.drain()
            return
        for byte in chunk:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(self.weather.drip)


@asynccontextmanager
async def proxy_to(host: str, port: int) -> AsyncIterator[Proxy]:
    """A proxy on a free port of loopback."""
    proxy = Proxy(host, port)
    server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    proxy.own_port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.weather.swallow = False
        proxy.cut()
        while proxy._writers:
            await asyncio.sleep(0.01)
