"""The wire below the sender: aiohttp's client, and what its errors say about the other side.

A retry rule must know one thing: may the other side have read the request? So this module has one error for "no"
(`NotSent`: the request never left) and one for "maybe" (`NoWholeReply`). aiohttp's families do not fall that way by
themselves: a connection that is closed after the POST was read is a `ClientConnectionError` like one that was never made.
"""

import socket
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp

SocketFactory = Callable[[Any], socket.socket]
GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out. `url` with its query; `cap` is the most bytes of the reply's body, decoded."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes
    cap: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. Header names are lower case; one that came twice is joined by a comma."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class WireError(Exception):
    """Names the kind of thing that happened; never holds a part of the request."""


class NotWritable(WireError):
    """The address or a header cannot be written down. Nothing was sent."""


class NotSent(WireError):
    """No connection. Nothing was sent."""


class NoWholeReply(WireError):
    """The request may have been read; of a reply there is not enough."""


class TooLong(WireError):
    """The reply's body is over the cap. Its status is known."""

    def __init__(self, status: int) -> None:
        super().__init__("the reply is over the size limit")
        self.status = status


class Wire(Protocol):
    """Carries one request. Raises WireError, and nothing else for what the other side or the network does."""

    async def exchange(self, request: Request) -> Answer: ...


class Client:
    """One for everything that goes out: no redirects, no proxy from the environment, no cookies kept."""

    def __init__(self, timeout: aiohttp.ClientTimeout, connector: Callable[[], aiohttp.BaseConnector]) -> None:
        self._timeout, self._connector = timeout, connector
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def exchange(self, request: Request) -> Answer:
        """Raises WireError."""
        if not all(value.isascii() and value.isprintable() for value in request.headers.values()):
            raise NotWritable("a header takes printable ASCII only")
        session = self._session or self._open()
        try:
            async with session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.content or None,
                allow_redirects=False,
            ) as response:
                content = await _body(response, request.cap)
        except aiohttp.NonHttpUrlClientError as error:
            raise NotSent(type(error).__name__) from None
        except aiohttp.InvalidURL:
            raise NotWritable("no address") from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise NotSent(type(error).__name__) from error
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            raise NoWholeReply(type(error).__name__) from error
        return Answer(response.status, _headers(response), content)

    def _open(self) -> aiohttp.ClientSession:
        """At the first call: it belongs to the loop that runs then."""
        self._session = aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
            skip_auto_headers=("Content-Type",),
            trust_env=False,
        )
        return self._session


async def _body(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """Counted decoded, and stopped while it unpacks. gzip is all that we ask for."""
    packed = response.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
    unpacker = zlib.decompressobj(GZIP) if packed else None
    content = bytearray()
    while chunk := await response.content.readany():
        content += unpacker.decompress(chunk, cap + 1 - len(content)) if unpacker else chunk
        if len(content) > cap:
            raise TooLong(response.status)
    if unpacker is not None and content and not unpacker.eof:
        raise NoWholeReply("the compressed body breaks off")
    return bytes(content)


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for given, value in response.headers.items():
        name = given.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def open_client(
    *,
    connections: int = 200,
    connect_seconds: float = 5.0,
    read_seconds: float = 30.0,
    socket_factory: SocketFactory | None = None,
) -> Client:
    """`socket_factory` sees every address just before the connect, literals included: the place for an address guard."""
    timeout = aiohttp.ClientTimeout(connect=connect_seconds, sock_connect=connect_seconds, sock_read=read_seconds)

    def connector() -> aiohttp.BaseConnector:
        return aiohttp.TCPConnector(limit=connections, keepalive_timeout=15, socket_factory=socket_factory)

    return Client(timeout, connector)
