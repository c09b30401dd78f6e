"""What the demo's story needs at hand: people, goods, a photograph, and a free port."""

import base64
import hashlib
import socket
import struct
import zlib
from contextlib import AsyncExitStack
from typing import Any

from gateway.core import Gateway
from schemas.values import Address, Party

Json = dict[str, Any]
CONSIGNEE = Party(
    name="Returns desk",
    company="Linden & Vale Trading",
    address=Address(lines=("88 Xingye Road, Hall 3",), city="Dongguan", postal_code="523000", country="CN"),
    phone="+86 769 0000 1234",
    email="returns@linden-vale.example",
)
RETURNER = {
    "name": "Marie Exemple",
    "lines": ["12 rue des Essais"],
    "city": "Lyon",
    "postal_code": "69003",
    "country": "FR",
    "phone": "+33 6 00 00 00 01",
    "email": "marie@example.com",
}
CREDENTIALS = {
    "rest": {"client_id": "linden-rest", "client_secret": "demo-secret-rest"},
    "soap": {"user": "linden-soap", "password": "demo-secret-soap"},
}
STEPS = ("COL", "HUB", "CIN", "OFD", "DLV")


def free_port() -> int:
    """A port of loopback that nobody holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def open_doors(stack: AsyncExitStack, gw: Gateway) -> str:
    """Serve the API and the console of this gateway on a free port; the address."""
    from gateway.web.app import serve

    port = free_port()
    runner = await serve(gw, "127.0.0.1", port)
    stack.push_async_callback(runner.cleanup)
    return f"http://127.0.0.1:{port}"


def photograph() -> bytes:
    """A small PNG, 64 x 64, as a camera at the dock would give: here a grey parcel on white."""
    rows = b"".join(b"\x00" + bytes(120 if 12 < x < 52 and 16 < y < 48 else 250 for x in range(64)) for y in range(64))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def secret_of(kind: str) -> str:
    """What the shop signs with and the endpoint verifies with; the same in every run."""
    return "whsec_" + base64.b64encode(hashlib.sha256(kind.encode()).digest()).decode()


def item() -> Json:
    """A jacket, in the sandbox platform's own words."""
    return {
        "id": "1",
        "sku": "LV-JKT-M",
        "title": "Jacket, blue, M",
        "quantity": 1,
        "unit_price": {"amount": "79.90", "currency": "EUR"},
        "unit_grams": 900,
        "hs_code": "620140",
        "origin": "CN",
        "reason": "size_too_small",
    }


def by_hand(number: str) -> Json:
    """A return authorization in our own words, as an exporter gives it to the API."""
    return {
        "rma_id": number,
        "order_id": f"O-{number}",
        "items": [
            {
                "line_id": "1",
                "sku": "LV-SHO-42",
                "title": "Shoes, 42",
                "quantity": 1,
                "unit_price": {"amount": "49.00", "currency": "EUR"},
                "unit_weight": {"grams": 900},
                "hs_code": "640399",
                "origin": "CN",
            }
        ],
        "returner": contact(),
    }


def contact() -> Json:
    return {
        "name": "Jan Beispiel",
        "address": {"lines": ["5 Hafenstraße"], "city": "Hamburg", "postal_code": "20095", "country": "DE"},
        "phone": "+49 40 000 0001",
        "email": "jan@example.com",
    }


def documents(case: Json, kind: str) -> list[Json]:
    return [one for one in case["documents"] if one["kind"] == kind]


def clock(case: Json, name: str) -> Json:
    """The case's deadline of one clock; an empty one where it has not started."""
    return next((one for one in case["deadlines"] if one["clock"] == name), {"fired": []})


def account_number(kind: str) -> str:
    return CREDENTIALS[kind].get("client_id") or CREDENTIALS[kind]["user"]


def told_kinds(timeline: list[Json]) -> list[str]:
    """What the exporter's endpoint and the platform were told, in order, each kind once."""
    told = (one["kind"].removeprefix("told.") for one in timeline if one["kind"].startswith("told."))
    return list(dict.fromkeys(told))
