"""Where users may have us call: refused when they say it, and refused again on the address that is connected to."""

import asyncio
import ipaddress
import socket

import pytest

from adapters.toolkit.transport import NotSent, NotWritable, Request, open_client
from gateway.guard import check_url, guarded_socket, is_public
from tests.adapters.loopback import saying, serving

NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001:0:0:0:0:0:80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2a00:1450:4001::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_gets_no_socket(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(OSError, match="not public"):
        guarded_socket((family, socket.SOCK_STREAM, 0, "", (address, 443)))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_gets_one(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    guarded_socket((family, socket.SOCK_STREAM, 0, "", (address, 443))).close()


def test_a_zone_in_a_link_local_address_does_not_hide_it() -> None:
    with pytest.raises(OSError, match="not public"):
        guarded_socket((socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("fe80::1%eth0", 443, 0, 2)))


REFUSED = [
    # B73
    "http://example.com/hook",
    "ftp://example.com/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "//example.com/hook",
    "",
    "https://user:pass@example.com/",
    "https://user@example.com/",
    "https://example.com:22/",
    "https://example.com:6379/",
    "https://example.com:99999/",
    "https://example.com/#part",
    "https:///path",
    "https://[::1",
    # B74
    "https://localhost/",
    "https://localhost./",
    "https://any.localhost/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://127.1/",
    "https://１２７.０.０.１/",
    "https://%31%32%37.0.0.1/",
    "https://[64:ff9b::7f00:1]/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_may_not_be_called_is_refused_with_a_reason(url: str) -> None:
    assert check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?a=b",
        "https://example.com:8443/",
        "https://8.8.8.8/",
        "https://EXAMPLE.co.uk",
        "https://例え.jp/",
    ],
)
def test_a_public_url_is_taken(url: str) -> None:
    assert check_url(url) is None


def test_private_addresses_are_taken_only_where_the_operator_says_so() -> None:
    assert check_url("http://127.0.0.1:8090/sink/demo", private=True) is None
    assert check_url("ftp://127.0.0.1/", private=True)
    assert check_url("http://user:pass@127.0.0.1/", private=True)


def posted(url: str) -> Request:
    return Request("POST", url, {}, b"x", cap=100)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "127.1", "2130706433", "127.0.0.1."])
async def test_the_connect_itself_is_refused_whatever_the_host_is_called(host: str) -> None:
    async with serving(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")) as stub:
        async with open_client(socket_factory=guarded_socket, connect_seconds=2) as client:
            with pytest.raises((NotSent, NotWritable)):
                await asyncio.wait_for(client.exchange(posted(f"http://{host}:{stub.port}/hook")), 10)
        async with open_client() as unguarded:  # the same address answers where nobody guards it
            assert (await unguarded.exchange(posted(f"http://127.0.0.1:{stub.port}/hook"))).status == 200
    assert len(stub.seen) == 1
