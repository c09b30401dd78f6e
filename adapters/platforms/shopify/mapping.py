"""Shopify's JSON read as if anything could stand anywhere, and what the errors of its GraphQL answers mean."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.platforms.shopify import codes
from adapters.toolkit.http import Reply
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    OutcomeUnknown,
    RefusalCode,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from schemas.returns import ReturnStatus
from schemas.values import tidy

Node = Mapping[str, Any]


def node(value: object, *path: str) -> Node:
    """The object at the end of the path; empty where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def nodes(value: object, *path: str) -> list[Node]:
    """A connection's objects, by `nodes` or by `edges`, or a plain list's."""
    for step in path[:-1]:
        value = node(value, step)
    found = value.get(path[-1]) if isinstance(value, Mapping) and path else value
    if isinstance(found, Mapping):
        edges = found.get("edges")
        listed = [node(edge, "node") for edge in edges] if isinstance(edges, list) else None
        found = found.get("nodes", listed)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def words(value: object, limit: int = 200) -> str | None:
    """Text or a number as one tidy line; None where there is nothing."""
    given = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    return (tidy(value, limit) or None) if given else None


def whole(value: object) -> int:
    """A count; 0 for what is none."""
    text = words(value) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def instant(value: object) -> datetime | None:
    """ISO 8601 with an offset, in UTC."""
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def gid(kind: str, value: object) -> str | None:
    """Shopify's global id; a bare number becomes one of this kind."""
    text = words(value, 100)
    return f"gid://shopify/{kind}/{text}" if text and text.isascii() and text.isdigit() else text


def status_of(value: object) -> tuple[ReturnStatus, str | None]:
    """Ours, and theirs as it was written."""
    raw = words(value, 100)
    return codes.STATUS.get((raw or "").upper(), ReturnStatus.UNKNOWN), raw


def read_data(reply: Reply) -> Node:
    """The `data` of a GraphQL answer. Raises what its `errors` mean; a field withheld from us is not an error."""
    body = reply.json()
    data, errors = node(body, "data"), node(body).get("errors")
    if errors and not _only_withheld(data, errors):
        raise _error_of(errors, body, creates=reply.creates)
    if not data:
        raise Unintelligible("a GraphQL answer without data")
    return data


def _codes(errors: object) -> list[str]:
    return [words(node(error, "extensions").get("code")) or "" for error in nodes(errors)]


def _only_withheld(data: Node, errors: object) -> bool:
    # The buyer's address without protected-data approval: the answer is whole but for that.
    return bool(node(data, "return")) and set(_codes(errors)) == {"ACCESS_DENIED"}


def _error_of(errors: object, body: object, *, creates: bool) -> AdapterError:
    found = _codes(errors)
    text = next((words(error.get("message")) for error in nodes(errors)), None) or words(errors)
    first = next((code for code in found if code), None)
    if "THROTTLED" in found:
        return Throttled("over the cost limit", retry_after=_wait(body), wire_code="THROTTLED", wire_text=text)
    if shut := next((code for code in found if code in codes.SHUT), None):
        return CredentialsRejected("access denied", wire_code=shut, wire_text=text)
    if creates:
        return OutcomeUnknown("a GraphQL error after a mutation", wire_code=first, wire_text=text)
    if codes.FAULTS.intersection(found):
        return Unavailable("Shopify's own fault", wire_code=first, wire_text=text)
    return Unintelligible("a GraphQL error", wire_code=first, wire_text=text)


def _wait(body: object) -> float | None:
    """Seconds until the bucket holds what the query asked for."""
    cost = node(body, "extensions", "cost")
    bucket = node(cost, "throttleStatus")
    asked, has = number(cost.get("requestedQueryCost")), number(bucket.get("currentlyAvailable"))
    rate = number(bucket.get("restoreRate"))
    return float(max(asked - has, Decimal(0)) / rate) if asked is not None and has is not None and rate else None


def number(value: object) -> Decimal | None:
    try:
        found = Decimal(words(value) or "")
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal("1e12") else None


def read_error(reply: Reply) -> AdapterError | None:
    """A frozen or locked shop; every other status means what it means everywhere."""
    code = str(reply.status)
    return CredentialsRejected(f"status {code}", wire_code=code) if code in codes.SHUT else None


def read_payload(reply: Reply, mutation: str) -> None:
    """Whether a mutation acted. Raises Refused for a user error, OutcomeUnknown for one that may come afterwards."""
    payload = read_data(reply).get(mutation)
    if not isinstance(payload, Mapping):
        raise Unintelligible(f"no {mutation} in the answer")
    for error in nodes(payload, "userErrors"):
        code, text = words(error.get("code"), 100), words(error.get("message"))
        if code in codes.UNCERTAIN:
            raise OutcomeUnknown("the change may have been made", wire_code=code, wire_text=text)
        path = error.get("field")
        raise Refused(
            f"refused: {code}",
            code=codes.REFUSALS.get(code or "", RefusalCode.OTHER),
            wire_code=code,
            wire_text=text,
            field=words(".".join(map(str, path)) if isinstance(path, list) else path),
        )


def cursor(connection: Node) -> str | None:
    """Where the next page of a connection begins; None after the last."""
    page = node(connection, "pageInfo")
    return words(page.get("endCursor"), 500) if page.get("hasNextPage") is True else None
