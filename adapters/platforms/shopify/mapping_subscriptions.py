"""What a shop tells us of. Source: Admin GraphQL 2026-01, WebhookSubscription (`uri` took the place of `callbackUrl`)."""

from adapters.platforms.shopify import mapping
from adapters.toolkit.http import Reply
from schemas.errors import Refused
from schemas.messages import Subscription


def topic_to(topic: str) -> str:
    """`returns/approve`, as webhooks write it, as GraphQL wants it."""
    return topic.upper().replace("/", "_")


def topic_of(wire: str, known: tuple[str, ...]) -> str:
    """Back again; one that we did not ask for stays as it is."""
    return next((topic for topic in known if topic_to(topic) == wire), wire)


def read_subscriptions(reply: Reply, known: tuple[str, ...]) -> tuple[list[Subscription], str | None]:
    """Those of one page, and where the next begins. One that does not lead to an address (a queue) is not told."""
    connection = mapping.node(mapping.read_data(reply), "webhookSubscriptions")
    found = []
    for one in mapping.nodes(connection, "nodes"):
        topic, uri = mapping.words(one.get("topic"), 100), mapping.words(one.get("uri"))
        if topic and uri and uri.startswith("https://"):
            found.append(Subscription(topic=topic_of(topic, known), url=uri))
    return found, mapping.cursor(connection)


def build_subscription(wanted: Subscription) -> mapping.Node:
    return {"topic": topic_to(wanted.topic), "wanted": {"uri": wanted.url, "format": "JSON"}}


def read_subscribed(reply: Reply) -> None:
    """Raises Refused. That it stands already is no refusal."""
    try:
        mapping.read_payload(reply, "webhookSubscriptionCreate")
    except Refused as refused:
        if "already been taken" not in (refused.wire_text or ""):
            raise
