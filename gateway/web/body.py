"""Bodies, read strictly: size first, then coding, media type, syntax; only then a model sees it.

The server's own unpacking is off (`auto_decompress=False` in `app.serve`), because unpacking comes before any limit there.
"""

import asyncio
import json
import zlib
from collections.abc import Mapping
from typing import Any, NoReturn

from aiohttp import ClientError, web
from aiohttp.helpers import parse_mimetype

from gateway.web.problems import Problem

PATIENCE = 15.0
BYTES_PER_SECOND = 50_000
"""A body may take 15 s, and a second more for each 50 KB that has come."""
DEEP = 100


def check_announced(request: web.Request, limit: int) -> None:
    """Refuse what says itself that it is too large, before anything of it is read."""
    if request.content_length is not None and request.content_length > limit:
        raise Problem("body-too-large", headers={"Connection": "close"})


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body, unpacked. Raises Problem: too large (packed or unpacked), too slow, badly packed."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip"):
        raise Problem("unsupported-media-type", headers={"Accept-Encoding": "gzip"})
    raw = await _received(request, limit)
    return _unpacked(raw, limit) if coding == "gzip" else raw


async def _received(request: web.Request, limit: int) -> bytes:
    if request.content.is_eof() and request.content.exception() is None:  # it came with its head: nothing to wait for
        raw = request.content.read_nowait()
        if len(raw) > limit:
            raise Problem("body-too-large", headers={"Connection": "close"})
        return raw
    parts: list[bytes] = []
    size = 0
    started = asyncio.get_running_loop().time()
    try:
        while True:
            async with asyncio.timeout_at(started + PATIENCE + size / BYTES_PER_SECOND):
                part = await request.content.readany()
            if not part:
                return b"".join(parts)
            size += len(part)
            if size > limit:
                raise Problem("body-too-large", headers={"Connection": "close"})
            parts.append(part)
    except TimeoutError as error:
        raise Problem("request-timeout", headers={"Connection": "close"}) from error
    except (web.RequestPayloadError, ClientError, ConnectionError) as error:
        raise Problem("malformed-body", headers={"Connection": "close"}) from error


def _unpacked(raw: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Problem("malformed-body") from error
    if len(unpacked) > limit:
        raise Problem("body-too-large", headers={"Connection": "close"})
    if not unpacker.eof or unpacker.unused_data:
        raise Problem("malformed-body")
    return unpacked


def require_json(headers: Mapping[str, str]) -> None:
    """`application/json`, and no other charset than UTF-8."""
    media = parse_mimetype(headers.get("Content-Type", ""))
    charset = media.parameters.get("charset", "utf-8").lower()
    if (media.type, media.subtype) != ("application", "json") or media.suffix or charset != "utf-8":
        raise Problem("unsupported-media-type", headers={"Accept": "application/json"})


def check_syntax(raw: bytes) -> Any:
    """One JSON value by RFC 8259, no laxer: the value as plain Python, for looking only."""
    try:
        text = raw.decode("utf-8")
        if text.startswith("\ufeff"):
            raise Problem("malformed-body")
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:  # an integer of more than 4,300 digits is a ValueError
        raise Problem("malformed-body") from error
    if isinstance(value, (dict, list)):
        _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if depth > DEEP:
            raise Problem("malformed-body")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number that no double holds")
    return number


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key twice")
    return found
