"""The address guard: where users may have us call, decided on the very address that is being connected to.

Names re-resolve and literal addresses bypass resolvers, so the place is the socket, not the URL. Deny by default: only
globally routable unicast passes, with embedded IPv4 forms unpacked first, because `ipaddress.is_global` says yes to
64:ff9b::7f00:1 and 2002:7f00:1:: on Python 3.11 (reliability.md finding 7).
"""

import ipaddress
import socket
import unicodedata
from typing import Any
from urllib.parse import urlsplit

NAT64 = ipaddress.ip_network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # for protocols, RFC 6890; Python calls a few of them global
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "fec0::/10",  # site-local, RFC 3879: deprecated, and still routed inside some sites
        "3fff::/20",  # documentation, RFC 9637
    )
)
PORTS = frozenset({443, 8443})
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else None


def is_public(address: Address) -> bool:
    """Globally routable unicast, and nothing private inside it."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := _embedded(address)) is not None:
        return is_public(inner)
    if any(address in network for network in NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def guarded_socket(address_info: Any) -> socket.socket:
    """aiohttp's socket factory: refuses to make a socket for an address that is not public."""
    family, kind, protocol, _, address = address_info
    if not is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])):
        raise OSError("the address is not public")
    return socket.socket(family, kind, protocol)


def check_url(url: str, *, private: bool = False) -> str | None:
    """Why an endpoint's URL cannot be taken, or None. The decisive check comes at each connect."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "not a URL"
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return "must be https"
    if parts.username or parts.password or parts.fragment or not parts.hostname:
        return "needs a host, and neither user nor fragment"
    if private:
        return None
    if port not in (None, *PORTS):
        return "the port must be 443 or 8443"
    return _check_host(parts.hostname)


def _check_host(host: str) -> str | None:
    host = unicodedata.normalize("NFKC", host).rstrip(".")  # as resolvers do: full-width digits, a final dot
    try:
        # inet_aton knows the forms that hide an address: 127.1, 0x7f.1, 2130706433.
        address: Address = ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            local = host.endswith(".localhost") or "." not in host or "%" in host
            return "needs a public host name" if local else None
    return None if is_public(address) else "the address is not public"
