"""The wire below the sender: httpx2 on aiohttp, with an honest error map.

As shipped, httpx-aiohttp calls a POST that the carrier has already read a *connect time-out*; a retry rule built on that
books twice. Here only three errors mean "not sent": ConnectError, ConnectTimeout, PoolTimeout (stack.md 1b, seven cases).
"""

import functools
import logging
import socket
import ssl
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx2
from httpx_aiohttp.httpx2 import AiohttpTransport

SocketFactory = Callable[[Any], socket.socket]

# Most specific first: aiohttp's connector errors are subclasses of ClientConnectionError, which may mean anything.
HONEST: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.SocketTimeoutError, httpx2.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx2.ReadError),
)


class HonestTransport(AiohttpTransport):
    """AiohttpTransport whose errors tell whether the other side may have read the request."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await super().handle_async_request(request)
        except httpx2.TransportError as error:
            cause = error.__cause__
            for seen, honest in HONEST:
                if isinstance(cause, seen):
                    raise honest(str(error), request=request) from cause
            raise


@functools.cache
def trusted() -> ssl.SSLContext:
    """Whom we trust over TLS. Reading the certificates takes a twentieth of a second, so it is done once in a process."""
    return httpx2.create_ssl_context()


def open_client(
    *,
    connections: int = 200,
    connect_seconds: float = 5.0,
    read_seconds: float = 30.0,
    socket_factory: SocketFactory | None = None,
) -> httpx2.AsyncClient:
    """One client for everything that goes out: no redirects, no proxy from the environment, no cookies kept.

    `socket_factory` sees every address just before the connect, literals included: the place for an address guard.
    """

    logging.getLogger("httpx2").setLevel(
        logging.WARNING
    )  # it logs whole addresses, and some carriers' keys stand there

    def open_session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=15, socket_factory=socket_factory)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    timeout = httpx2.Timeout(connect=connect_seconds, read=read_seconds, write=read_seconds, pool=connect_seconds)
    return httpx2.AsyncClient(
        transport=HonestTransport(verify=trusted(), client=open_session),
        timeout=timeout,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
    )
