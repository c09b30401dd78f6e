"""What a webhook says: ids, quantities and a status. The signature covers the body alone."""

import base64
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from adapters.platforms.shopify import codes
from adapters.platforms.shopify.mapping import Node, gid, instant, node, nodes, status_of, whole, words
from adapters.toolkit.auth import hmac_sha256
from schemas.errors import Unintelligible
from schemas.messages import InboundMessage
from schemas.returns import PlatformEvent, PlatformEventKind, ReturnItem, ReturnReason, ReturnStatus
from schemas.values import tidy

DEPTH = 6
"""How deep a body is searched for the return it is about."""


def header(message: InboundMessage, name: str) -> str | None:
    """`X-Shopify-<name>` or `Shopify-<name>`, stripped."""
    value = message.header(f"x-shopify-{name}", f"shopify-{name}")
    return value.strip() if value else None


def signatures(secrets: Iterable[str], body: bytes) -> list[str]:
    """What the header should say, for each secret that is not empty."""
    return [base64.b64encode(hmac_sha256(secret, body)).decode("ascii") for secret in secrets if secret]


def read_delivery_id(message: InboundMessage) -> str:
    """One event may be sent under several topics, so the topic is part of it."""
    topic = tidy(header(message, "topic") or "", 60)
    given = header(message, "event-id") or header(message, "webhook-id")
    return f"{topic}:{tidy(given, 100) if given else message.sha256}"


def read_webhook(message: InboundMessage) -> list[PlatformEvent]:
    """One event. Raises Unintelligible for what is not a JSON object or list."""
    body = _json(message.body)
    topic = (header(message, "topic") or "").lower()
    rma_id = _return_id(body, topic)
    kind = codes.TOPICS.get(topic, PlatformEventKind.IGNORED)
    if not topic and rma_id and node(body).get("admin_graphql_api_id") == rma_id:
        kind = PlatformEventKind.RETURN_CHANGED
    if rma_id is None or kind is PlatformEventKind.IGNORED:
        return [PlatformEvent(kind=PlatformEventKind.IGNORED, occurred_at=instant(header(message, "triggered-at")))]
    status, raw = status_of(node(body).get("status")) if topic.startswith("returns/") or not topic else _NO_STATUS
    if raw is None:
        status = codes.STATUS_OF_TOPIC.get(topic, ReturnStatus.UNKNOWN)
    return [
        PlatformEvent(
            kind=kind,
            rma_id=rma_id,
            order_id=_order_id(body),
            status=status,
            wire_status=raw,
            items=tuple(item for line in nodes(body, "return_line_items") if (item := _item(line)) is not None),
            occurred_at=instant(header(message, "triggered-at")),
            waybill=next((found for each in _below(body) if (found := words(each.get("tracking_number")))), None),
        )
    ]


_NO_STATUS = (ReturnStatus.UNKNOWN, None)
"""A reverse delivery's or disposition's own status is not the return's."""


def _json(body: bytes) -> Any:
    try:
        found = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unintelligible("the webhook is not JSON") from error
    if not isinstance(found, dict | list):
        raise Unintelligible("the webhook is neither an object nor a list")
    return found


def _below(value: object, depth: int = DEPTH) -> Iterator[Node]:
    """Every object of a body, outermost first."""
    if isinstance(value, dict):
        yield value
    if depth and isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _below(part, depth - 1)


def _return_id(body: object, topic: str) -> str | None:
    """The body's own id on returns/…, even without its global form; elsewhere the first return that it names."""
    for each in _below(body):
        found = words(each.get("admin_graphql_api_id"), 100)
        if found and found.startswith("gid://shopify/Return/"):
            return found
        if named := gid("Return", node(each, "return").get("id") or each.get("return_id")):
            return named
    return gid("Return", node(body).get("id")) if topic.startswith("returns/") else None


def _order_id(body: object) -> str | None:
    for each in _below(body):
        order = node(each, "order")
        if found := gid("Order", order.get("admin_graphql_api_id") or order.get("id") or each.get("order_id")):
            return found
    return None


def _item(line: Node) -> ReturnItem | None:
    line_id = gid("ReturnLineItem", line.get("admin_graphql_api_id") or line.get("id"))
    quantity = whole(line.get("quantity"))
    if line_id is None or not 0 < quantity <= 100_000:
        return None
    code = words(line.get("return_reason"), 100)
    return ReturnItem(
        line_id=line_id,
        quantity=quantity,
        reason=codes.REASONS.get((code or "").upper(), ReturnReason.UNKNOWN),
        reason_text=words(line.get("return_reason_note"), 500) or words(line.get("customer_note"), 500) or code,
    )
