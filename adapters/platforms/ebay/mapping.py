"""eBay's JSON read as if anything could stand anywhere, and what its errors mean."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from adapters.platforms.ebay import codes
from adapters.toolkit.auth import Token
from adapters.toolkit.http import Reply
from schemas.errors import AdapterError, CredentialsRejected, RefusalCode, Refused, Unintelligible
from schemas.values import Money, tidy

Node = Mapping[str, Any]
SPARE_SECONDS = 60.0
"""A token is renewed so long before it ends."""


def node(value: object, *path: str) -> Node:
    """The object at the end of the path; empty where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def nodes(value: object, *path: str) -> list[Node]:
    """The objects of the list at the end of the path; a lone object is a list of one."""
    found = node(value, *path[:-1]).get(path[-1])
    listed = found if isinstance(found, list) else [found]
    return [each for each in listed if isinstance(each, Mapping)]


def words(value: object, limit: int = 200) -> str | None:
    """Text or a number as one tidy line; None where there is nothing."""
    given = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    return (tidy(value, limit) or None) if given else None


def whole(value: object) -> int:
    """A count; 0 for what is none."""
    text = words(value) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def instant(value: object) -> datetime | None:
    """`{"value": "2026-03-01T20:00:00.000Z"}`, or the text alone, in UTC."""
    text = value.get("value") if isinstance(value, Mapping) else value
    try:
        found = datetime.fromisoformat(text.strip()) if isinstance(text, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def money(value: Node) -> Money | None:
    try:
        amount = Decimal(words(value.get("value")) or "")
        return Money.of(amount, words(value.get("currency")) or "")
    except (InvalidOperation, ValueError):
        return None


def read_object(reply: Reply) -> Node:
    """Raises Unintelligible for what is no JSON object."""
    found = reply.json()
    if not isinstance(found, Mapping):
        raise Unintelligible("not a JSON object")
    return found


def read_error(reply: Reply) -> AdapterError | None:
    """Refused for a number that the table knows and for a request that was not taken; the status says the rest.

    Errors come under `errorMessage.error`, as the manual has it, or under `error` alone.
    """
    try:
        body = reply.json()
    except Unintelligible:
        return None
    if reply.status >= 500:
        return None
    if (shut := words(node(body).get("error"), 40)) in codes.SHUT:
        return CredentialsRejected("no token is given", wire_code=shut)
    for error in [*nodes(body, "errorMessage", "error"), *nodes(body, "error")]:
        number, category = words(error.get("errorId"), 40), words(error.get("category"), 40)
        known = codes.REFUSALS.get(number or "")
        if known or category in codes.REQUEST_FAULTS:
            # What it says may repeat what we said, a message's words among it: the number is enough.
            return Refused(f"eBay's error {number}", code=known or RefusalCode.OTHER, wire_code=number)
    return None


def build_token_request(refresh_token: str) -> bytes:
    return urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token}).encode()


def read_token(reply: Reply, asked_at: float) -> Token:
    """The user token, to be renewed a minute before its end; `asked_at` is the monotonic second of asking."""
    body = read_object(reply)
    value = body.get("access_token")
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
        raise Unintelligible("no access token in the answer")
    return Token(value, asked_at + max(whole(body.get("expires_in")) - SPARE_SECONDS, 0.0))
